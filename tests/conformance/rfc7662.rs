//! RFC 7662, Token Introspection.

use crate::harness::client::{API, BASIC, MACHINE, OTHER_API, SPA};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http;
use crate::harness::server::shared;
use serde_json::json;

fn token_for_the_api() -> String {
    MACHINE
        .client_credentials(
            shared(),
            &[("resource", "https://api.example/"), ("scope", "api:read")],
        )
        .assert_ok()
        .text("access_token")
}

#[test]
fn s2_1_callers_authenticate() {
    let endpoint = shared().url("/introspect");
    let token = token_for_the_api();
    for fields in [
        vec![("token", token.as_str())],
        vec![("token", &token), ("client_id", "api")],
        vec![("token", &token), ("client_id", "spa")],
    ] {
        let answer = http::post(&endpoint).form(&fields).send();
        assert!(matches!(answer.status, 401 | 403), "{answer:?}");
        assert!(!answer.body.contains("active"), "{answer:?}");
    }
    let answer = http::post(&endpoint)
        .bearer(&token)
        .form(&[("token", &token)])
        .send();
    assert!(matches!(answer.status, 400 | 401 | 403), "{answer:?}");
}

#[test]
fn s2_2_the_resource_server_sees_its_tokens() {
    let tokens = AuthorizationRequest::new(SPA)
        .with("scope", "openid offline_access api:read")
        .with("resource", "https://api.example/")
        .tokens(shared(), &mut flow::signed_in());
    let answer = API.introspect(shared(), &tokens.access);
    let seen = answer.assert_ok().json();
    answer.assert_no_store();
    assert_eq!(
        (&seen["active"], &seen["client_id"]),
        (&json!(true), &json!("spa")),
        "{seen}"
    );
    assert_eq!(seen["iss"], json!(shared().issuer));
    assert!(
        seen["scope"]
            .as_str()
            .is_some_and(|scope| scope.split(' ').any(|one| one == "api:read")),
        "{seen}"
    );
    assert!(
        seen["exp"].is_u64() && seen["iat"].is_u64() && seen["sub"].is_string(),
        "{seen}"
    );
    assert!(
        seen["aud"] == json!("https://api.example/")
            || seen["aud"] == json!(["https://api.example/"]),
        "{seen}"
    );
}

#[test]
fn s4_others_learn_nothing() {
    let token = token_for_the_api();
    let own = AuthorizationRequest::new(SPA).tokens(shared(), &mut flow::signed_in());
    for (caller, token) in [
        (OTHER_API, &token),
        (BASIC, &token),
        (API, &own.access),
        (OTHER_API, &own.access),
    ] {
        let answer = caller.introspect(shared(), token);
        assert_eq!(
            answer.assert_ok().json(),
            json!({"active": false}),
            "{}",
            caller.id
        );
    }
}

#[test]
fn s2_2_what_is_no_live_token_is_inactive_and_nothing_else() {
    let id_token = flow::tokens_for(SPA);
    for token in [
        "x",
        "x.y",
        "x.y.z",
        "..",
        &"x".repeat(3_000),
        id_token.id(),
        id_token.refresh(),
    ] {
        assert_eq!(
            API.introspect(shared(), token).assert_ok().json(),
            json!({"active": false}),
            "{token}"
        );
    }
}

#[test]
fn s2_1_the_hint_is_only_a_hint() {
    let token = token_for_the_api();
    for hint in ["refresh_token", "access_token", "unheard_of"] {
        let answer = API
            .request(
                &shared().url("/introspect"),
                &[("token", &token), ("token_type_hint", hint)],
            )
            .send();
        assert_eq!(answer.assert_ok().json()["active"], json!(true));
    }
}

#[test]
fn s2_1_malformed_requests() {
    let endpoint = shared().url("/introspect");
    API.request(&endpoint, &[])
        .send()
        .assert_error(400, "invalid_request");
    API.request(&endpoint, &[("token", "x"), ("token", "y")])
        .send()
        .assert_error(400, "invalid_request");
    assert_eq!(http::get(&format!("{endpoint}?token=x")).send().status, 405);
}
