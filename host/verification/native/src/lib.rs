//! Verification of JWS signatures (RFC 7518 §3, RFC 8037 §3.1) by aws-lc. Its twin for hosts without aws-lc is `../portable`; both are held
//! against the same vectors in `tests/vectors`.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
};
use doorward_public_keys::{PublicKey, Unsupported, is_of_small_order};

/// A public key, ready for verifying by one algorithm. To make one takes longer than to use it.
#[derive(Debug, Clone)]
pub struct Verifier {
    key: ParsedPublicKey,
    ed25519: bool,
}

impl Verifier {
    /// Makes `key` ready for `alg`, one that [`PublicKey::read`] takes for it.
    ///
    /// # Errors
    /// [`Unsupported`]: no point on the curve.
    pub fn new(key: &PublicKey, alg: &str) -> Result<Self, Unsupported> {
        let parsed = match key {
            PublicKey::P256(point) => ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point),
            PublicKey::P384(point) => {
                ParsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point.as_slice())
            }
            PublicKey::Rsa { n, e } if alg == "PS256" => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PSS_2048_8192_SHA256)
            }
            PublicKey::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
            }
            PublicKey::Ed25519(bytes) => ParsedPublicKey::new(&ED25519, bytes),
        }
        .map_err(|_| Unsupported("the JWK is no valid public key"))?;
        Ok(Self {
            key: parsed,
            ed25519: matches!(key, PublicKey::Ed25519(_)),
        })
    }

    /// Whether `signature` is one of `message` by this key, and of exactly the length that it has.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        // As strict as the twin: no signer who draws a nonce ends at such a point (RFC 8032 §5.1.6).
        let degenerate = self.ed25519 && signature.first_chunk().is_some_and(is_of_small_order);
        !degenerate && self.key.verify_sig(message, signature).is_ok()
    }
}
