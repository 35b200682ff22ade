//! JSON Web Tokens, read without trust and verified by keys from the JWK Set.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[track_caller]
pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD
        .decode(text)
        .unwrap_or_else(|error| panic!("no base64url ({error}): {text}"))
}

/// Header and claims, unverified.
#[track_caller]
pub(crate) fn read(token: &str) -> (Value, Value) {
    let parts = token.split('.').collect::<Vec<_>>();
    assert_eq!(parts.len(), 3, "no JWS in compact form: {token}");
    let part = |index: usize| serde_json::from_slice(&decode(parts[index])).expect("JSON");
    (part(0), part(1))
}

/// The claims of a token whose signature, issuer, audience and times hold under the server's JWK Set.
#[track_caller]
pub(crate) fn verify(
    token: &str,
    jwks: &Value,
    issuer: &str,
    audience: &str,
    alg: Algorithm,
) -> Value {
    let header = jsonwebtoken::decode_header(token).expect("a JOSE header");
    let kid = header.kid.expect("a kid");
    let keys: JwkSet = serde_json::from_value(jwks.clone()).expect("a JWK Set");
    let key = keys
        .find(&kid)
        .unwrap_or_else(|| panic!("no key {kid} in {jwks}"));
    let mut rules = Validation::new(alg);
    rules.leeway = 0;
    rules.set_issuer(&[issuer]);
    rules.set_audience(&[audience]);
    rules.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let key = DecodingKey::from_jwk(key).expect("a key that can be used");
    jsonwebtoken::decode::<Value>(token, &key, &rules)
        .expect("a token that verifies")
        .claims
}

/// A token with another header or other claims and whatever signature is given.
pub(crate) fn forge(header: &Value, claims: &Value, signature: &str) -> String {
    format!(
        "{}.{}.{signature}",
        encode(header.to_string().as_bytes()),
        encode(claims.to_string().as_bytes())
    )
}

/// A P-256 key of someone other than the server.
pub(crate) struct SigningKey(EcdsaKeyPair);

impl SigningKey {
    pub(crate) fn new() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"))
    }

    /// Its public half (RFC 7517).
    pub(crate) fn jwk(&self) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        serde_json::json!({"kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y)})
    }

    /// RFC 7638
    pub(crate) fn thumbprint(&self) -> String {
        let jwk = self.jwk();
        let required = format!(
            r#"{{"crv":"P-256","kty":"EC","x":{},"y":{}}}"#,
            jwk["x"], jwk["y"]
        );
        encode(&Sha256::digest(required.as_bytes()))
    }

    /// A JWT by ES256, whatever its header says.
    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let signed = forge(header, claims, "");
        let signed = signed.trim_end_matches('.');
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        format!(
            "{signed}.{}",
            encode(signature.expect("a signature").as_ref())
        )
    }
}
