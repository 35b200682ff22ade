//! Verification of JWS signatures (RFC 7518 §3, RFC 8037 §3.1) in software, for hosts that have no keys of their own: no aws-lc runs inside
//! WebAssembly. Its twin for the native server is `../native`; both are held against the same vectors in `tests/vectors`.

use doorward_public_keys::{PublicKey, Unsupported};
use p256::ecdsa::signature::Verifier as _;
use rsa::BoxedUint;
use sha2::Sha256;

/// A public key, ready for verifying by one algorithm.
#[derive(Debug, Clone)]
pub struct Verifier(Key);

#[derive(Debug, Clone)]
enum Key {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    /// RSASSA-PKCS1-v1_5, and how long a signature is, in bytes.
    Pkcs1(rsa::pkcs1v15::VerifyingKey<Sha256>, usize),
    /// RSASSA-PSS, likewise.
    Pss(rsa::pss::VerifyingKey<Sha256>, usize),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl Verifier {
    /// Makes `key` ready for `alg`, one that [`PublicKey::read`] takes for it.
    ///
    /// # Errors
    /// [`Unsupported`]: no point on the curve, or no modulus.
    pub fn new(key: &PublicKey, alg: &str) -> Result<Self, Unsupported> {
        match key {
            PublicKey::P256(point) => p256::ecdsa::VerifyingKey::from_sec1_bytes(point)
                .ok()
                .map(Key::P256),
            PublicKey::P384(point) => p384::ecdsa::VerifyingKey::from_sec1_bytes(point.as_slice())
                .ok()
                .map(Key::P384),
            PublicKey::Rsa { n, e } => rsa_public_key(n, e).map(|key| {
                if alg == "PS256" {
                    // RFC 7518 §3.5: the salt is as long as the hash.
                    Key::Pss(rsa::pss::VerifyingKey::new_with_salt_len(key, 32), n.len())
                } else {
                    Key::Pkcs1(rsa::pkcs1v15::VerifyingKey::new(key), n.len())
                }
            }),
            PublicKey::Ed25519(bytes) => ed25519_dalek::VerifyingKey::from_bytes(bytes)
                .ok()
                .map(Key::Ed25519),
        }
        .map(Self)
        .ok_or(Unsupported("the JWK is no valid public key"))
    }

    /// Whether `signature` is one of `message` by this key, and of exactly the length that it has.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.0 {
            Key::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Key::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            Key::Pkcs1(key, length) => {
                signature.len() == *length
                    && rsa::pkcs1v15::Signature::try_from(signature)
                        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            Key::Pss(key, length) => {
                signature.len() == *length
                    && rsa::pss::Signature::try_from(signature)
                        .is_ok_and(|signature| key.verify(message, &signature).is_ok())
            }
            // Strict: no point of small order in the signature either.
            Key::Ed25519(key) => ed25519_dalek::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
        }
    }
}

/// The public key of a modulus and an exponent, both big-endian.
fn rsa_public_key(n: &[u8], e: &[u8]) -> Option<rsa::RsaPublicKey> {
    let bits = u32::try_from(n.len()).ok()?.checked_mul(8)?;
    let n = BoxedUint::from_be_slice(n, bits).ok()?;
    let e = BoxedUint::from_be_slice(e, 64).ok()?;
    rsa::RsaPublicKey::new_with_size_limits(n, e, 2048..=8192).ok()
}
