//! JSON Web Key, Appendix A.

use doorward_protocol::jwk::PublicJwk;
use doorward_protocol::jwks::{Jwks, Missing, check_inline};
use doorward_protocol::ports::{KeyFailure, Signatures as _};
use doorward_vectors::VERIFIERS;
use serde_json::{Value, json};

fn public_keys() -> Value {
    json!({ "keys": [
        {
            "kty": "EC", "crv": "P-256", "use": "enc", "kid": "1",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        },
        { "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29", "n": crate::rfc7638::MODULUS },
    ]})
}

#[test]
fn appendix_a_1_each_public_key_is_for_what_it_says() {
    check_inline(&public_keys()).unwrap();
    let keys = Jwks::of(&public_keys()).unwrap();
    assert!(keys.find(Some("2011-04-29"), "RS256").is_ok());
    assert_eq!(
        keys.find(Some("2011-04-29"), "PS256"),
        Err(Missing::Unfit),
        "it says RS256"
    );
    assert_eq!(
        keys.find(Some("1"), "ES256"),
        Err(Missing::Unfit),
        "it is for encryption"
    );
}

#[test]
fn appendix_a_2_private_keys_are_refused() {
    let mut private = public_keys()["keys"][0].clone();
    private["use"] = json!("sig");
    private["d"] = json!("870MB6gfuTJ4HtUnUvYMyJpr5eUZNP4Bk43bVdj3eAE");
    assert_eq!(
        PublicJwk::read(&private),
        Err("the key must be a public one")
    );
    for verifier in VERIFIERS {
        let refused = verifier
            .verify(&private.to_string(), "ES256", b"", &[1; 64])
            .unwrap_err();
        assert_eq!(
            refused,
            KeyFailure::Unsupported("the JWK holds a secret".to_owned())
        );
    }
}
