//! The native server's key store.

use super::Read;

#[path = "../../../../host/wasmtime/src/keys/jwk.rs"]
mod jwk;

/// As far as it is needed here.
enum Failure {
    Unsupported(#[expect(dead_code, reason = "for logs")] String),
}

/// None: not a key for this algorithm.
pub(super) fn read(jwk: &str, alg: &str, message: &[u8], signature: &[u8]) -> Option<Read> {
    let material = jwk::read(jwk, alg).ok()?;
    let key = material.parse(alg);
    Some(Read {
        members: material.required_members(),
        thumbprint: material.thumbprint(),
        verifies: key.is_ok_and(|key| key.verify_sig(message, signature).is_ok()),
    })
}
