//! `DPoP` proofs (RFC 9449 §4.2), as a careful client makes them and as no client should.

use super::jwt::{self, SigningKey};
use super::random;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in seconds.
pub(crate) fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs()
}

/// A proof in the making.
pub(crate) struct Proof<'a> {
    key: &'a SigningKey,
    pub(crate) header: Value,
    pub(crate) claims: Value,
}

impl<'a> Proof<'a> {
    pub(crate) fn new(key: &'a SigningKey, method: &str, url: &str) -> Self {
        Self {
            key,
            header: json!({"typ": "dpop+jwt", "alg": "ES256", "jwk": key.jwk()}),
            claims: json!({"jti": random::token(), "htm": method, "htu": url, "iat": now()}),
        }
    }

    /// With another header member.
    pub(crate) fn header(mut self, name: &str, value: Value) -> Self {
        self.header[name] = value;
        self
    }

    /// With another claim.
    pub(crate) fn claim(mut self, name: &str, value: Value) -> Self {
        self.claims[name] = value;
        self
    }

    /// For a request with this access token.
    pub(crate) fn with_token(self, token: &str) -> Self {
        let ath = jwt::encode(&Sha256::digest(token.as_bytes()));
        self.claim("ath", json!(ath))
    }

    pub(crate) fn sign(self) -> String {
        self.key.sign(&self.header, &self.claims)
    }
}
