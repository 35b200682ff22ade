//! What is remembered while somebody is at the upstream.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::services::Random;

/// Bytes of a verifier and of a nonce: 256 bits, 43 characters (RFC 7636 §4.1 asks for 43 to 128).
const BYTES: usize = 32;

/// A sign-in at an upstream server: the state of a provider that uses [`OAuth`](super::OAuth) or [`OpenId`](super::OpenId). It stays with the core.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    verifier: String,
    pub(super) nonce: String,
    pub(super) begun_at: u64,
    /// The issuer, or the token endpoint: a code goes nowhere else, whatever the settings say by then.
    pub(super) at: String,
}

impl std::fmt::Debug for Pending {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Pending")
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl Pending {
    pub(super) fn new(random: &(impl Random + ?Sized), now: u64, at: &str) -> Self {
        Self {
            verifier: URL_SAFE_NO_PAD.encode(random.bytes(BYTES)),
            nonce: URL_SAFE_NO_PAD.encode(random.bytes(BYTES)),
            begun_at: now,
            at: at.to_owned(),
        }
    }

    /// RFC 7636 §4.1.
    pub(super) fn verifier(&self) -> &str {
        &self.verifier
    }

    /// RFC 7636 §4.2, `S256`.
    pub(super) fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}
