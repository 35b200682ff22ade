//! Public keys and signatures of strangers, as the two key stores read them: native code and software.

use crate::jwk::PublicJwk;
use crate::{first_line, secret};
use doorward_public_keys::PublicKey;
use doorward_verification_native as native;
use doorward_verification_portable as portable;
use std::str::from_utf8;

/// A line for a JWK, a line for a signature in base64url, the message. What the protocol reads strictly the key stores read the same way, and
/// both of them believe the same.
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
        let Ok(key) = PublicKey::read(jwk, alg) else {
            continue;
        };
        assert!(!["none", "HS256"].contains(&alg));
        if let Some(strict) = &strict {
            assert!(strict.verifies(alg), "{alg}");
            assert_eq!(key.required_members(), strict.as_json());
            assert_eq!(key.thumbprint(), strict.thumbprint());
        }
        let native = native::Verifier::new(&key, alg)
            .is_ok_and(|key| key.verifies(message.as_bytes(), &signature));
        let portable = portable::Verifier::new(&key, alg)
            .is_ok_and(|key| key.verifies(message.as_bytes(), &signature));
        assert_eq!(native, portable, "{alg}");
    }
}
