//! What the vectors are held against: both verifiers of signatures, and the core over each of them.

pub mod wycheproof;

use doorward_protocol::ports::{KeyFailure, Signatures};
use doorward_public_keys::{PublicKey, Unsupported};
use doorward_verification_native as native;
use doorward_verification_portable as portable;

/// What `doorward:host/signatures` is on a host.
#[derive(Debug, Clone, Copy)]
pub struct Verifier {
    /// Which host's.
    pub name: &'static str,
    verify: Verify,
}

/// By a key and the JOSE algorithm that it was read for: a message, a signature.
type Verify = fn(&PublicKey, &str, &[u8], &[u8]) -> Result<bool, Unsupported>;

/// Both that there are: aws-lc in the native server; software everywhere else.
pub const VERIFIERS: [Verifier; 2] = [
    Verifier {
        name: "native",
        verify: |key, alg, message, signature| {
            Ok(native::Verifier::new(key, alg)?.verifies(message, signature))
        },
    },
    Verifier {
        name: "portable",
        verify: |key, alg, message, signature| {
            Ok(portable::Verifier::new(key, alg)?.verifies(message, signature))
        },
    },
];

impl Signatures for Verifier {
    fn verify(
        &self,
        jwk: &str,
        alg: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, KeyFailure> {
        PublicKey::read(jwk, alg)
            .and_then(|key| (self.verify)(&key, alg, message, signature))
            .map_err(|why| KeyFailure::Unsupported(why.to_string()))
    }
}
