//! JWK Thumbprint.

use doorward_protocol::jwk::PublicJwk;
use doorward_public_keys::PublicKey;
use serde_json::{Value, json};

/// The modulus of §3.1.
pub(crate) const MODULUS: &str = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";

/// By the core, and by what the hosts read keys with.
#[track_caller]
pub(crate) fn assert_thumbprint(jwk: &Value, alg: &str, thumbprint: &str) {
    assert_eq!(PublicJwk::read(jwk).unwrap().thumbprint(), thumbprint);
    let read = PublicKey::read(&jwk.to_string(), alg).unwrap();
    assert_eq!(read.thumbprint(), thumbprint);
}

#[test]
fn s3_1_the_thumbprint_leaves_out_what_is_not_the_key() {
    let jwk =
        json!({ "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29", "n": MODULUS });
    assert_thumbprint(&jwk, "RS256", "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}
