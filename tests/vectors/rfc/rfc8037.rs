//! Ed25519 in JOSE, Appendix A.

use crate::rfc7638::assert_thumbprint;
use doorward_protocol::jwk::PublicJwk;
use doorward_protocol::jwks::Jwks;
use doorward_protocol::token::jws::{self, Unproven};
use doorward_vectors::VERIFIERS;
use serde_json::{Value, json};

fn public_key() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

#[test]
fn appendix_a_1_the_private_key_is_refused() {
    let mut private = public_key();
    private["d"] = json!("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    assert!(PublicJwk::read(&private).is_err());
}

#[test]
fn appendix_a_3_the_thumbprint() {
    assert_thumbprint(
        &public_key(),
        "EdDSA",
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    );
}

#[test]
fn appendix_a_5_the_signature_of_appendix_a_4_verifies() {
    let text = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    let keys = Jwks::of(&json!({ "keys": [public_key()] })).unwrap();
    let other = text.replacen("RXhh", "RYhh", 1);
    for verifier in VERIFIERS {
        let verified = |text| jws::parse(text).unwrap().verify(&keys, &verifier);
        assert_eq!(verified(text), Ok(()), "{verifier:?}");
        assert_eq!(verified(&other), Err(Unproven::Wrong), "{verifier:?}");
    }
}
