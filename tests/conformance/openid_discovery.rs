//! OpenID Connect Discovery 1.0.

use crate::harness::http;
use crate::harness::server::shared;
use serde_json::{Value, json};

fn document() -> Value {
    http::get(&shared().url("/.well-known/openid-configuration"))
        .send()
        .assert_ok()
        .json()
}

#[test]
fn s3_what_is_required() {
    let metadata = document();
    for name in [
        "issuer",
        "authorization_endpoint",
        "token_endpoint",
        "jwks_uri",
        "userinfo_endpoint",
        "end_session_endpoint",
    ] {
        assert!(metadata[name].is_string(), "{name}: {metadata}");
    }
    assert_eq!(metadata["subject_types_supported"], json!(["public"]));
    let algorithms = metadata["id_token_signing_alg_values_supported"]
        .as_array()
        .expect("algorithms");
    assert!(
        algorithms.contains(&json!("RS256")) && algorithms.contains(&json!("ES256")),
        "{algorithms:?}"
    );
    assert!(
        !algorithms.contains(&json!("none")) && !algorithms.contains(&json!("HS256")),
        "{algorithms:?}"
    );
}

#[test]
fn s3_scopes_and_claims() {
    let metadata = document();
    let scopes = metadata["scopes_supported"].as_array().expect("scopes");
    for scope in ["openid", "profile", "email", "offline_access"] {
        assert!(scopes.contains(&json!(scope)), "{scopes:?}");
    }
    let claims = metadata["claims_supported"].as_array().expect("claims");
    for claim in ["sub", "iss", "email", "email_verified"] {
        assert!(claims.contains(&json!(claim)), "{claims:?}");
    }
}

#[test]
fn s3_what_is_not_supported_is_said_where_the_default_is_yes() {
    let metadata = document();
    // The default of request_uri_parameter_supported is true.
    assert_eq!(metadata["request_uri_parameter_supported"], json!(false));
    // The default of this one is false, and it is there (`openid_core::s5_5_claims_by_name`).
    assert_eq!(metadata["claims_parameter_supported"], json!(true));
}

#[test]
fn s4_both_documents_agree() {
    let (openid, oauth) = (document(), shared().metadata());
    for (name, value) in oauth.as_object().expect("an object") {
        assert!(
            openid.get(name).is_none_or(|other| other == value),
            "{name}: {value} is {}",
            openid[name]
        );
    }
}

#[test]
fn s4_methods() {
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
    ] {
        assert_eq!(
            http::method("HEAD", &shared().url(path)).send().status,
            200,
            "{path}"
        );
        let answer = http::post(&shared().url(path)).form(&[("x", "y")]).send();
        assert_eq!(answer.status, 405, "{path}");
        assert!(answer.list("allow").contains("GET"), "{answer:?}");
    }
}
