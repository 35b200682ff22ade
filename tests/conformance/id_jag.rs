//! Identity assertions as grants: RFC 7523 §2.1 by `draft-ietf-oauth-identity-assertion-authz-grant`, as MCP's enterprise-managed
//! authorization uses it.

use crate::harness::client::{API, ASSERTOR, Client, MACHINE};
use crate::harness::dpop::Proof;
use crate::harness::flow;
use crate::harness::http::Response;
use crate::harness::jwt::{self, SigningKey};
use crate::harness::server::shared;
use crate::harness::signer::{JWT_BEARER, header, id_jag, id_jag_claims, sign, with};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Someone who signed in here once, by a mailed code.
static EMAIL: LazyLock<String> = LazyLock::new(|| flow::newcomer(shared()).1);

fn claims() -> Value {
    id_jag_claims(shared(), &EMAIL)
}

fn redeem(client: &Client, assertion: &str, more: &[(&str, &str)]) -> Response {
    let fields = [("grant_type", JWT_BEARER), ("assertion", assertion)];
    client.token(shared(), &[&fields, more].concat())
}

#[test]
fn an_id_jag_becomes_an_access_token_and_no_refresh_token() {
    let metadata = shared().metadata();
    assert!(
        metadata["grant_types_supported"]
            .to_string()
            .contains(JWT_BEARER)
    );
    assert_eq!(
        metadata["authorization_grant_profiles_supported"],
        json!(["urn:ietf:params:oauth:grant-profile:id-jag"])
    );
    let assertion = id_jag(&claims());
    let answer = redeem(&ASSERTOR, &assertion, &[]);
    let told = answer.assert_ok().json();
    assert_eq!(told["scope"], "api:read");
    assert!(told.get("refresh_token").is_none() && told.get("id_token").is_none());
    let access_token = answer.text("access_token");
    let (_, token) = jwt::read(&access_token);
    assert_eq!(token["aud"], "https://api.example/");
    assert_eq!(token["client_id"], "assertor");
    assert!(API.sees_active(shared(), &access_token));
    redeem(&ASSERTOR, &assertion, &[]).assert_error(400, "invalid_grant");
}

#[test]
fn each_mutated_claim_is_refused() {
    let issuer = shared().issuer.clone();
    let now = claims()["iat"].as_u64().expect("a time");
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!(issuer)),
        ("sub", Value::Null),
        ("aud", Value::Null),
        ("aud", json!([issuer])),
        ("aud", json!(format!("{issuer}/token"))),
        ("aud", json!("https://other.example")),
        ("client_id", Value::Null),
        ("client_id", json!("machine")),
        ("jti", Value::Null),
        ("iat", Value::Null),
        ("exp", Value::Null),
        ("exp", json!(now - 100)),
        ("exp", json!(now + 400)),
        ("email", json!("nobody-knows@example.test")),
        ("email_verified", json!(false)),
        ("authorization_details", json!([{"type": "x"}])),
        ("act", json!({"sub": "x"})),
        ("cnf", json!({"x5t#S256": "x"})),
    ] {
        let assertion = id_jag(&with(claims(), name, value.clone()));
        let answer = redeem(&ASSERTOR, &assertion, &[]);
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (400, "invalid_grant"),
            "{name} {value}"
        );
    }
    for typ in ["JWT", "at+jwt", "oauth-authz-req+jwt"] {
        redeem(&ASSERTOR, &sign(&header(typ), &claims()), &[]).assert_error(400, "invalid_grant");
    }
    let stranger = SigningKey::new().sign(&header("oauth-id-jag+jwt"), &claims());
    redeem(&ASSERTOR, &stranger, &[]).assert_error(400, "invalid_grant");
}

#[test]
fn scope_and_resource_are_only_ever_narrowed() {
    let wide = || {
        let claims = with(
            claims(),
            "scope",
            json!("api:read api:write other:read openid admin"),
        );
        id_jag(&with(
            claims,
            "resource",
            json!(["https://api.example/", "https://other.example/v1"]),
        ))
    };
    let answer = redeem(
        &ASSERTOR,
        &wide(),
        &[("resource", "https://api.example"), ("scope", "api:read")],
    );
    assert_eq!(answer.assert_ok().json()["scope"], "api:read");
    redeem(&ASSERTOR, &id_jag(&claims()), &[("scope", "api:write")])
        .assert_error(400, "invalid_scope");
    redeem(
        &ASSERTOR,
        &id_jag(&claims()),
        &[("resource", "https://other.example/v1")],
    )
    .assert_error(400, "invalid_target");
}

#[test]
fn only_clients_that_registered_for_it_may() {
    let assertion = id_jag(&with(claims(), "client_id", json!("machine")));
    redeem(&MACHINE, &assertion, &[]).assert_error(400, "unauthorized_client");
}

#[test]
fn cnf_forces_a_proof_by_that_key() {
    let key = SigningKey::new();
    let bound = || id_jag(&with(claims(), "cnf", json!({"jkt": key.thumbprint()})));
    redeem(&ASSERTOR, &bound(), &[]).assert_error(400, "invalid_dpop_proof");
    let url = shared().url("/token");
    let by = |holder: &SigningKey| {
        let assertion = bound();
        ASSERTOR
            .request(
                &url,
                &[("grant_type", JWT_BEARER), ("assertion", &assertion)],
            )
            .header("dpop", &Proof::new(holder, "POST", &url).sign())
            .send()
    };
    by(&SigningKey::new()).assert_error(400, "invalid_grant");
    let answer = by(&key);
    assert_eq!(answer.assert_ok().json()["token_type"], "DPoP");
}
