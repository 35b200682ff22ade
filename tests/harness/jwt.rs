//! JSON Web Tokens, read without trust and verified by keys from the JWK Set.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::Value;

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
