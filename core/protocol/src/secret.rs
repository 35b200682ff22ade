//! Secrets: made from 256 random bits, kept as SHA-256, compared in constant time.
//!
//! A plain hash is enough because nothing here is chosen by people; what is, the passwords port hashes.

use crate::ports::Random;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// Base64url without padding (RFC 7515 §2).
#[must_use]
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Decodes base64url without padding; strict: no padding, no stray bits.
#[must_use]
pub fn from_base64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// SHA-256 of the parts, each preceded by its length so that no two lists of parts collide.
#[must_use]
pub fn sha256_of(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// The SHA-256 of a secret, as records keep it: base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SecretHash(String);

impl SecretHash {
    /// Hashes a secret.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        Self(base64url(&Sha256::digest(secret.as_bytes())))
    }

    /// Whether `secret` is the one that was hashed; takes the same time wherever they differ.
    #[must_use]
    pub fn matches(&self, secret: &str) -> bool {
        equal(&self.0, &Self::of(secret).0)
    }
}

/// Whether two texts are equal, in constant time for texts of one length.
#[must_use]
pub fn equal(a: &str, b: &str) -> bool {
    a.as_bytes().ct_eq(b.as_bytes()).into()
}

/// 256 random bits: 43 characters of base64url.
#[must_use]
pub fn random_secret(random: &dyn Random) -> String {
    let mut bytes = [0; 32];
    random.fill(&mut bytes);
    base64url(&bytes)
}

/// 128 random bits: 22 characters of base64url. For identifiers that need not be secret but must never collide.
#[must_use]
pub fn random_id(random: &dyn Random) -> String {
    let mut bytes = [0; 16];
    random.fill(&mut bytes);
    base64url(&bytes)
}

/// Whether a text looks like an identifier or secret of ours: base64url characters, at most `max`.
#[must_use]
pub fn is_base64url(text: &str, max: usize) -> bool {
    !text.is_empty()
        && text.len() <= max
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_matches_its_secret_only() {
        let hash = SecretHash::of("correct horse");
        assert!(hash.matches("correct horse"));
        assert!(!hash.matches("correct horsf"));
        assert!(!hash.matches(""));
    }

    #[test]
    fn parts_cannot_be_moved_between_each_other() {
        assert_ne!(sha256_of(&[b"ab", b"c"]), sha256_of(&[b"a", b"bc"]));
    }

    #[test]
    fn padding_and_foreign_characters_are_refused() {
        assert_eq!(from_base64url("AA=="), None);
        assert_eq!(from_base64url("A+"), None);
        assert_eq!(from_base64url("AA"), Some(vec![0]));
        assert_eq!(from_base64url("AB"), None, "stray bits");
    }
}
