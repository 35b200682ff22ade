//! Public keys and signatures of strangers, as the two key stores read them: native code and software.

use crate::jwk::PublicJwk;
use crate::{first_line, secret};
use std::str::from_utf8;

mod native;
mod portable;

/// What a key store reads: what the key is made of, its thumbprint, and whether it verifies the signature.
#[derive(Debug, PartialEq)]
struct Read {
    members: String,
    thumbprint: String,
    verifies: bool,
}

/// A line for a JWK, a line for a signature in base64url, the message. Both key stores read the key alike and believe the same; what the
/// protocol reads strictly they read the same way.
pub fn verification_key(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let (jwk, rest) = first_line(text);
    let (signature, message) = first_line(rest);
    let signature = secret::from_base64url(signature).unwrap_or_default();
    let strict = serde_json::from_str(jwk).ok();
    let strict = strict.and_then(|jwk| PublicJwk::read(&jwk).ok());
    for alg in [
        "none", "HS256", "ES256", "ES384", "RS256", "PS256", "EdDSA", "Ed25519",
    ] {
        let native = native::read(jwk, alg, message.as_bytes(), &signature);
        let portable = portable::read(jwk, alg, message.as_bytes(), &signature);
        if native.is_some() && portable.is_some() {
            assert_eq!(native, portable, "{alg}");
        }
        assert!(!["none", "HS256"].contains(&alg) || native.is_none() && portable.is_none());
        let Some(key) = &strict else { continue };
        for read in [native, portable].into_iter().flatten() {
            assert!(key.verifies(alg), "{alg}");
            assert_eq!(read.members, key.as_json());
            assert_eq!(read.thumbprint, key.thumbprint());
        }
    }
}
