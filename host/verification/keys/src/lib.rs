//! Public keys as JWKs (RFC 7517, RFC 7518 §6, RFC 8037), for verifying JWS signatures and nothing else. The native server and the portable
//! component read them by these rules, so that no key is good on one host and bad on another.
//!
//! Strict on purpose: the kind of key decides which algorithm it verifies, and a key that says otherwise, is malformed,
//! weak or private is refused. `none` and symmetric algorithms do not exist here.

mod edwards;

pub use edwards::is_of_small_order;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;

/// Longest JWK that is looked at, in bytes: an 8192-bit RSA key with a certificate chain fits.
const MAX_JWK_BYTES: usize = 16 * 1024;
/// Shortest and longest RSA modulus, in bytes (RFC 7518 §3.3: 2048 bits or larger).
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// Why a key is not taken, or not for this algorithm: a sentence without a capital and a full stop, of nothing that the key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unsupported(pub &'static str);

impl std::fmt::Display for Unsupported {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Unsupported {}

/// What a public key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// The uncompressed point: `4 ‖ x ‖ y`. Whether it is on the curve is for the one who computes with it.
    P256([u8; 65]),
    /// The same on the curve P-384.
    P384(Box<[u8; 97]>),
    /// 2048 to 8192 bits.
    Rsa {
        /// The modulus, big-endian, without leading zeros.
        n: Vec<u8>,
        /// The exponent, likewise, at most four bytes.
        e: Vec<u8>,
    },
    /// RFC 8032.
    Ed25519([u8; 32]),
}

/// The members that matter. A member that comes twice is an error.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    kty: Cow<'a, str>,
    #[serde(borrow)]
    crv: Option<Cow<'a, str>>,
    #[serde(borrow)]
    x: Option<Cow<'a, str>>,
    #[serde(borrow)]
    y: Option<Cow<'a, str>>,
    #[serde(borrow)]
    n: Option<Cow<'a, str>>,
    #[serde(borrow)]
    e: Option<Cow<'a, str>>,
    #[serde(borrow)]
    alg: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "use")]
    usage: Option<Cow<'a, str>>,
    #[serde(borrow)]
    key_ops: Option<Vec<Cow<'a, str>>>,
    d: Option<serde::de::IgnoredAny>,
    k: Option<serde::de::IgnoredAny>,
}

impl PublicKey {
    /// Reads a public JWK for verifying signatures by `alg`, a JOSE name.
    ///
    /// # Errors
    /// [`Unsupported`]: the algorithm is not `ES256`, `ES384`, `RS256`, `PS256` or `EdDSA` (`Ed25519`), or the key is malformed, weak, private
    /// or for something else.
    pub fn read(jwk: &str, alg: &str) -> Result<Self, Unsupported> {
        if !matches!(
            alg,
            "ES256" | "ES384" | "RS256" | "PS256" | "EdDSA" | "Ed25519"
        ) {
            return Err(Unsupported(
                "the algorithm is not ES256, ES384, RS256, PS256 or EdDSA",
            ));
        }
        if jwk.len() > MAX_JWK_BYTES {
            return Err(Unsupported("the JWK is too large"));
        }
        let members: Members<'_> =
            serde_json::from_str(jwk).map_err(|_| Unsupported("the JWK is malformed"))?;
        check_purpose(&members, alg)?;
        match (members.kty.as_ref(), members.crv.as_deref(), alg) {
            ("EC", Some("P-256"), "ES256") => Ok(Self::P256(point::<32, 65>(&members)?)),
            ("EC", Some("P-384"), "ES384") => Ok(Self::P384(Box::new(point::<48, 97>(&members)?))),
            ("OKP", Some("Ed25519"), "EdDSA" | "Ed25519") => {
                let key = exactly(members.x.as_deref())?;
                edwards::check(&key)?;
                Ok(Self::Ed25519(key))
            }
            ("RSA", None, "RS256" | "PS256") => rsa(members.n.as_deref(), members.e.as_deref()),
            _ => Err(Unsupported(
                "the key is not of the kind that the algorithm needs",
            )),
        }
    }

    /// The members that the JWK must have, in the order of RFC 7638 §3.2, as JSON without white space: what the
    /// thumbprint is taken of.
    #[must_use]
    pub fn required_members(&self) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let ec = |crv: &str, point: &[u8]| {
            let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
            let (x, y) = (text(x), text(y));
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
        };
        match self {
            Self::P256(point) => ec("P-256", point),
            Self::P384(point) => ec("P-384", point.as_slice()),
            Self::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n)),
            Self::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x)),
        }
    }

    /// The JWK thumbprint (RFC 7638) in base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.required_members().as_bytes()))
    }
}

/// What the key says it is for (RFC 7517 §4.2 to §4.4) must include verifying by `alg`.
fn check_purpose(members: &Members<'_>, alg: &str) -> Result<(), Unsupported> {
    if members.d.is_some() || members.k.is_some() {
        return Err(Unsupported("the JWK holds a secret"));
    }
    // RFC 9864 §2.2 gives EdDSA over Ed25519 a second name.
    let same =
        |own: &str| own == alg || matches!((own, alg), ("EdDSA", "Ed25519") | ("Ed25519", "EdDSA"));
    if !members.alg.as_deref().is_none_or(same) {
        return Err(Unsupported("the key is for another algorithm"));
    }
    let verifies = members
        .key_ops
        .as_ref()
        .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
    if !verifies || members.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err(Unsupported("the key is not for signatures"));
    }
    Ok(())
}

/// The uncompressed point, `WHOLE` being one more than twice `HALF`.
fn point<const HALF: usize, const WHOLE: usize>(
    members: &Members<'_>,
) -> Result<[u8; WHOLE], Unsupported> {
    let mut point = [4; WHOLE];
    let x: [u8; HALF] = exactly(members.x.as_deref())?;
    let y: [u8; HALF] = exactly(members.y.as_deref())?;
    for (to, from) in point.iter_mut().skip(1).zip(x.into_iter().chain(y)) {
        *to = from;
    }
    Ok(point)
}

fn exactly<const LENGTH: usize>(member: Option<&str>) -> Result<[u8; LENGTH], Unsupported> {
    decode(member)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(Unsupported(
            "a member of the JWK is missing or has the wrong length",
        ))
}

fn rsa(n: Option<&str>, e: Option<&str>) -> Result<PublicKey, Unsupported> {
    let (Some(n), Some(e)) = (decode(n), decode(e)) else {
        return Err(Unsupported("a member of the JWK is missing or malformed"));
    };
    // RFC 7518 §2, Base64urlUInt: no leading zeros.
    let (Some(&top), Some(&last), Some(&low)) = (n.first(), n.last(), e.last()) else {
        return Err(Unsupported("a member of the JWK is empty"));
    };
    if top == 0 || !RSA_MODULUS_BYTES.contains(&n.len()) || (n.len() == 256 && top < 0x80) {
        return Err(Unsupported("the RSA modulus is not 2048 to 8192 bits"));
    }
    // Half of it would be the other prime; libraries differ about taking one.
    if last % 2 == 0 {
        return Err(Unsupported("the RSA modulus is even"));
    }
    // An exponent of 1 signs everything; a huge one is only there to be slow.
    if e.len() > 4 || e.first() == Some(&0) || low % 2 == 0 || e == [1] {
        return Err(Unsupported(
            "the RSA exponent is not an odd number from 3 to 2^32",
        ));
    }
    Ok(PublicKey::Rsa { n, e })
}

fn decode(member: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member?).ok()
}
