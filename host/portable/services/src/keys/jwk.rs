//! Public keys as JWKs (RFC 7517, RFC 7518 §6, RFC 8037), and verification of JWS signatures by them.
//!
//! Strict on purpose, and by the same rules as the native server: the kind of key decides which algorithm it verifies, and a
//! key that says otherwise, is malformed, weak or private is refused. `none` and symmetric algorithms do not exist here.

use super::Failure;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier as _;
use rsa::BoxedUint;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use std::borrow::Cow;

/// Longest JWK that is looked at, in bytes: an 8192-bit RSA key with a certificate chain fits.
const MAX_JWK_BYTES: usize = 16 * 1024;
/// Shortest and longest RSA modulus, in bytes (RFC 7518 §3.3: 2048 bits or larger).
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

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
    P256([u8; 65]),
    /// The same on the curve P-384.
    P384(Box<[u8; 97]>),
    /// Modulus and exponent, big-endian, without leading zeros.
    Rsa { n: Vec<u8>, e: Vec<u8> },
    /// RFC 8032.
    Ed25519([u8; 32]),
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
        ("EC", Some("P-256"), "ES256") => Ok(Material::P256(point::<32, 65>(&members)?)),
        ("EC", Some("P-384"), "ES384") => Ok(Material::P384(Box::new(point::<48, 97>(&members)?))),
        ("OKP", Some("Ed25519"), "EdDSA" | "Ed25519") => {
            Ok(Material::Ed25519(coordinate(members.x.as_deref())?))
        }
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

/// The uncompressed point, `WHOLE` being one more than twice `HALF`.
fn point<const HALF: usize, const WHOLE: usize>(
    members: &Members<'_>,
) -> Result<[u8; WHOLE], Failure> {
    let mut point = [4; WHOLE];
    let (x, y) = (
        coordinate::<HALF>(members.x.as_deref())?,
        coordinate::<HALF>(members.y.as_deref())?,
    );
    for (to, from) in point.iter_mut().skip(1).zip(x.into_iter().chain(y)) {
        *to = from;
    }
    Ok(point)
}

fn coordinate<const LENGTH: usize>(member: Option<&str>) -> Result<[u8; LENGTH], Failure> {
    decode(member)
        .and_then(|bytes| bytes.try_into().ok())
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
    /// Whether `signature` is one of `message` by this key and `alg`, one that [`read`] takes for it, and of exactly the length
    /// that it has.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: no point on the curve, or no modulus.
    pub(super) fn verifies(
        &self,
        alg: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, Failure> {
        match self {
            Self::P256(point) => {
                let key =
                    p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map_err(|_| no_key())?;
                Ok(p256::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok()))
            }
            Self::P384(point) => {
                let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(point.as_slice())
                    .map_err(|_| no_key())?;
                Ok(p384::ecdsa::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify(message, &signature).is_ok()))
            }
            Self::Rsa { n, e } => {
                let length = n.len();
                let key = rsa_public_key(n, e).ok_or_else(no_key)?;
                if alg == "PS256" {
                    // RFC 7518 §3.5: the salt is as long as the hash.
                    let key = rsa::pss::VerifyingKey::<Sha256>::new_with_salt_len(key, 32);
                    return Ok(signature.len() == length
                        && rsa::pss::Signature::try_from(signature)
                            .is_ok_and(|signature| key.verify(message, &signature).is_ok()));
                }
                let key = rsa::pkcs1v15::VerifyingKey::<Sha256>::new(key);
                Ok(signature.len() == length
                    && rsa::pkcs1v15::Signature::try_from(signature)
                        .is_ok_and(|signature| key.verify(message, &signature).is_ok()))
            }
            Self::Ed25519(bytes) => {
                let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| no_key())?;
                // A key of small order verifies what nobody signed.
                if key.is_weak() {
                    return Err(no_key());
                }
                Ok(ed25519_dalek::Signature::from_slice(signature)
                    .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()))
            }
        }
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
            Self::P384(point) => ec("P-384", point.as_slice()),
            Self::Rsa { n, e } => format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, text(e), text(n)),
            Self::Ed25519(x) => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, text(x)),
        }
    }

    /// The JWK thumbprint (RFC 7638) in base64url.
    pub(super) fn thumbprint(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.required_members().as_bytes()))
    }
}

/// The public key of a modulus and an exponent, both big-endian.
fn rsa_public_key(n: &[u8], e: &[u8]) -> Option<rsa::RsaPublicKey> {
    let bits = u32::try_from(n.len()).ok()?.checked_mul(8)?;
    let n = BoxedUint::from_be_slice(n, bits).ok()?;
    let e = BoxedUint::from_be_slice(e, 64).ok()?;
    rsa::RsaPublicKey::new_with_size_limits(n, e, 2048..=8192).ok()
}

fn no_key() -> Failure {
    unsupported("the JWK is no valid public key")
}
