//! Those who sign JWTs for the server to read: the clients and issuers of `doorward.toml`, by the keys of `keys/`.

use super::dpop::now;
use super::jwt;
use super::random;
use super::server::Server;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

/// `client_assertion_type` (RFC 7523 §2.2).
pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// `grant_type` (RFC 7523 §2.1).
pub(crate) const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/// The algorithms, with the `kid` of the key for each.
pub(crate) const KEYS: [(&str, &str); 5] = [
    ("ES256", "es256"),
    ("ES384", "es384"),
    ("RS256", "rsa"),
    ("PS256", "rsa"),
    ("EdDSA", "ed25519"),
];

/// Signs by one of the keys, whatever the header says.
#[track_caller]
pub(crate) fn sign_by(kid: &str, alg: Algorithm, header: &Value, claims: &Value) -> String {
    let key = match kid {
        "es256" => EncodingKey::from_ec_pem(include_bytes!("keys/es256.pem")),
        "es384" => EncodingKey::from_ec_pem(include_bytes!("keys/es384.pem")),
        "rsa" => EncodingKey::from_rsa_pem(include_bytes!("keys/rsa.pem")),
        _ => EncodingKey::from_ed_pem(include_bytes!("keys/ed25519.pem")),
    };
    let signed = jwt::forge(header, claims, "");
    let signed = signed.trim_end_matches('.');
    let key = key.expect("a key");
    let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, alg).expect("a signature");
    format!("{signed}.{signature}")
}

/// Signs by ES256 under this header.
#[track_caller]
pub(crate) fn sign(header: &Value, claims: &Value) -> String {
    sign_by("es256", Algorithm::ES256, header, claims)
}

/// The header of a JWT by ES256 of this type.
pub(crate) fn header(typ: &str) -> Value {
    json!({"alg": "ES256", "kid": "es256", "typ": typ})
}

/// A claim set with one claim changed; `null` takes it away.
pub(crate) fn with(mut claims: Value, name: &str, value: Value) -> Value {
    if value.is_null() {
        claims.as_object_mut().expect("an object").remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

/// What a client says of itself (RFC 7523 §3).
pub(crate) fn client_claims(server: &Server, client_id: &str) -> Value {
    json!({
        "iss": client_id, "sub": client_id, "aud": server.issuer, "jti": random::token(), "iat": now(), "exp": now() + 60,
    })
}

/// An assertion by which a client authenticates.
pub(crate) fn client_assertion(server: &Server, client_id: &str) -> String {
    sign(&header("JWT"), &client_claims(server, client_id))
}

/// What an identity provider says for the client `assertor`.
pub(crate) fn id_jag_claims(server: &Server, email: &str) -> Value {
    json!({
        "iss": "https://idp.example", "sub": "at the IdP", "aud": server.issuer, "client_id": "assertor", "jti": random::token(),
        "iat": now(), "exp": now() + 300, "scope": "api:read", "resource": "https://api.example/",
        "email": email, "email_verified": true,
    })
}

/// An ID-JAG.
pub(crate) fn id_jag(claims: &Value) -> String {
    sign(&header("oauth-id-jag+jwt"), claims)
}

/// What a directory says of software (RFC 7591 §2.3).
pub(crate) fn statement_claims() -> Value {
    json!({ "iss": "https://directory.example", "iat": now(), "software_id": "4NRB1", "client_name": "Known to a Directory" })
}
