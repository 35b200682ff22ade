//! The key store in software.

use super::Read;

#[path = "../../../../host/portable/services/src/keys/jwk.rs"]
mod jwk;

/// As far as it is needed here.
enum Failure {
    Unsupported(#[expect(dead_code, reason = "for logs")] String),
}

/// None: not a key for this algorithm.
pub(super) fn read(jwk: &str, alg: &str, message: &[u8], signature: &[u8]) -> Option<Read> {
    let material = jwk::read(jwk, alg).ok()?;
    Some(Read {
        members: material.required_members(),
        thumbprint: material.thumbprint(),
        verifies: material.verifies(alg, message, signature).unwrap_or(false),
    })
}
