//! Signs as minisign does (its format "ED": Ed25519 over BLAKE2b-512 of the file).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use ed25519_dalek::{Signer as _, SigningKey};

pub(crate) struct Signer {
    key: SigningKey,
    id: [u8; 8],
}

impl Signer {
    /// The same key for the same seed. For tests.
    pub(crate) fn seeded(seed: u8) -> Self {
        Self {
            key: SigningKey::from_bytes(&[seed; 32]),
            id: [seed; 8],
        }
    }

    /// The public key, as it stands in a configuration.
    pub(crate) fn public(&self) -> String {
        let key = self.key.verifying_key().to_bytes();
        STANDARD.encode([&b"Ed"[..], &self.id, &key].concat())
    }

    /// The text of a `.minisig` file.
    pub(crate) fn sign(&self, bytes: &[u8]) -> String {
        let signature = self.key.sign(&Blake2b512::digest(bytes)).to_bytes();
        let comment = "timestamp:0 file:plugin.wasm";
        let global = self
            .key
            .sign(&[&signature[..], comment.as_bytes()].concat());
        format!(
            "untrusted comment: a test\n{}\ntrusted comment: {comment}\n{}\n",
            STANDARD.encode([&b"ED"[..], &self.id, &signature].concat()),
            STANDARD.encode(global.to_bytes())
        )
    }
}
