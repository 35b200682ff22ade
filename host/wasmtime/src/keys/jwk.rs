//! Public keys as JWKs (RFC 7517, RFC 7518 §6, RFC 8037), and verification of JWS signatures by them.
//!
//! Strict on purpose: the kind of key decides which algorithm it verifies, and a key that says otherwise, is malformed,
//! weak or private is refused. `none` and symmetric algorithms do not exist here.

use super::Failure;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use std::borrow::Cow;

/// Longest JWK that is looked at, in bytes: an 8192-bit RSA key with a certificate chain fits.
const MAX_JWK_BYTES: usize = 16 * 1024;
/// Shortest and longest RSA modulus, in bytes (RFC 7518 §3.3: 2048 bits or larger).
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// The `y` coordinates of the points of small order on edwards25519, without the sign of `x`, also those that are not reduced:
/// by a key like this a signature can be right that nobody made (RFC 8032 §5.1.7 lets verifiers differ about them).
const SMALL_ORDER: [&str; 7] = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

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

/// What a public key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Material {
    /// The uncompressed point: `4 ‖ x ‖ y`.
    P256(Vec<u8>),
    /// The same on the curve P-384.
    P384(Vec<u8>),
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// RFC 8032.
    Ed25519(Vec<u8>),
}

/// Reads a public JWK for verifying signatures by `alg`.
///
/// # Errors
/// [`Failure::Unsupported`]: see the module.
pub(super) fn read(jwk: &str, alg: &str) -> Result<Material, Failure> {
    if !matches!(
        alg,
        "ES256" | "ES384" | "RS256" | "PS256" | "EdDSA" | "Ed25519"
    ) {
        return Err(unsupported(
            "the algorithm is not ES256, ES384, RS256, PS256 or EdDSA",
        ));
    }
    if jwk.len() > MAX_JWK_BYTES {
        return Err(unsupported("the JWK is too large"));
    }
    let members: Members<'_> =
        serde_json::from_str(jwk).map_err(|_| unsupported("the JWK is malformed"))?;
    check_purpose(&members, alg)?;
    match (members.kty.as_ref(), members.crv.as_deref(), alg) {
        ("EC", Some("P-256"), "ES256") => Ok(Material::P256(point(32, &members)?)),
        ("EC", Some("P-384"), "ES384") => Ok(Material::P384(point(48, &members)?)),
        ("OKP", Some("Ed25519"), "EdDSA" | "Ed25519") => ed25519(members.x.as_deref()),
        ("RSA", None, "RS256" | "PS256") => rsa(members.n.as_deref(), members.e.as_deref()),
        _ => Err(unsupported(
            "the key is not of the kind that the algorithm needs",
        )),
    }
}

/// What the key says it is for (RFC 7517 §4.2 to §4.4) must include verifying by `alg`.
fn check_purpose(members: &Members<'_>, alg: &str) -> Result<(), Failure> {
    if members.d.is_some() || members.k.is_some() {
        return Err(unsupported("the JWK holds a secret"));
    }
    // RFC 9864 §2.2 gives EdDSA over Ed25519 a second name.
    let same =
        |own: &str| own == alg || matches!((own, alg), ("EdDSA", "Ed25519") | ("Ed25519", "EdDSA"));
    if !members.alg.as_deref().is_none_or(same) {
        return Err(unsupported("the key is for another algorithm"));
    }
    let verifies = members
        .key_ops
        .as_ref()
        .is_none_or(|operations| operations.iter().any(|operation| operation == "verify"));
    if !verifies || members.usage.as_deref().is_some_and(|usage| usage != "sig") {
        return Err(unsupported("the key is not for signatures"));
    }
    Ok(())
}

/// The uncompressed point of a curve whose coordinates have `length` bytes.
fn point(length: usize, members: &Members<'_>) -> Result<Vec<u8>, Failure> {
    let mut point = vec![4];
    point.extend(exactly(length, members.x.as_deref())?);
    point.extend(exactly(length, members.y.as_deref())?);
    Ok(point)
}

fn ed25519(x: Option<&str>) -> Result<Material, Failure> {
    let key = exactly(32, x)?;
    let mut y = key.clone();
    if let Some(last) = y.last_mut() {
        *last &= 0x7f; // The top bit is the sign of x.
    }
    if SMALL_ORDER.iter().any(|point| is_hex_of(point, &y)) {
        return Err(unsupported("the JWK is a point of small order"));
    }
    Ok(Material::Ed25519(key))
}

/// Whether `hex` (lower case) spells `bytes`.
fn is_hex_of(hex: &str, bytes: &[u8]) -> bool {
    hex.len() == bytes.len().saturating_mul(2)
        && hex
            .as_bytes()
            .chunks(2)
            .zip(bytes)
            .all(|(digits, byte)| format!("{byte:02x}").as_bytes() == digits)
}

fn exactly(length: usize, member: Option<&str>) -> Result<Vec<u8>, Failure> {
    decode(member)
        .filter(|bytes| bytes.len() == length)
        .ok_or_else(|| unsupported("a member of the JWK is missing or has the wrong length"))
}

fn rsa(n: Option<&str>, e: Option<&str>) -> Result<Material, Failure> {
    let (Some(n), Some(e)) = (decode(n), decode(e)) else {
        return Err(unsupported("a member of the JWK is missing or malformed"));
    };
    // RFC 7518 §2, Base64urlUInt: no leading zeros.
    let (Some(&top), Some(&low)) = (n.first(), e.last()) else {
        return Err(unsupported("a member of the JWK is empty"));
    };
    if top == 0 || !RSA_MODULUS_BYTES.contains(&n.len()) || (n.len() == 256 && top < 0x80) {
        return Err(unsupported("the RSA modulus is not 2048 to 8192 bits"));
    }
    // An exponent of 1 signs everything; a huge one is only there to be slow.
    if e.len() > 4 || e.first() == Some(&0) || low % 2 == 0 || e == [1] {
        return Err(unsupported(
            "the RSA exponent is not an odd number from 3 to 2^32",
        ));
    }
    Ok(Material::Rsa { n, e })
}

fn decode(member: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(member?).ok()
}

fn unsupported(why: &str) -> Failure {
    Failure::Unsupported(why.into())
}

impl Material {
    /// The key ready for verifying by `alg`, one that [`read`] takes for it.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: no point on the curve.
    pub(super) fn parse(&self, alg: &str) -> Result<ParsedPublicKey, Failure> {
        match self {
            Self::P256(point) => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point),
            Self::P384(point) => ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point),
            Self::Rsa { n, e } if alg == "PS256" => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PSS_2048_8192_SHA256)
            }
            Self::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            }
            Self::Ed25519(bytes) => ParsedPublicKey::new(&ED25519, bytes),
        }
        .map_err(|_| unsupported("the JWK is no valid public key"))
    }

    /// The members that the JWK must have, in the order of RFC 7638 §3.2, as JSON without white space: what the
    /// thumbprint is taken of.
    pub(super) fn required_members(&self) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let ec = |crv: &str, point: &[u8]| {
            let (x, y) = point.get(1..).unwrap_or_default().split_at(point.len() / 2);
            let (x, y) = (text(x), text(y));
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
        };
        match self {
            Self::P256(point) => ec("P-256", point),
            Self::P384(point) => ec("P-384", point),
            Self::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n)),
            Self::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x)),
        }
    }

    /// The JWK thumbprint (RFC 7638) in base64url.
    pub(super) fn thumbprint(&self) -> String {
        let digest = aws_lc_rs::digest::digest(
            &aws_lc_rs::digest::SHA256,
            self.required_members().as_bytes(),
        );
        URL_SAFE_NO_PAD.encode(digest.as_ref())
    }
}
