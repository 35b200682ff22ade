//! RFC 8693, OAuth 2.0 Token Exchange.

use crate::harness::client::{AGENT, API, Client, MACHINE, OPAQUE_API, OTHER_API, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http::Response;
use crate::harness::jwt;
use crate::harness::server::{CONFIG, Server, refused, shared};
use serde_json::{Value, json};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

fn exchange(caller: Client, token: &str, more: &[(&str, &str)]) -> Response {
    let fields = [
        ("grant_type", GRANT_TYPE),
        ("subject_token", token),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    caller.token(shared(), &[&fields, more].concat())
}

/// Tokens of `spa` for this resource, with `api:read` and `reports:read`.
fn tokens_at(resource: &str) -> Tokens {
    AuthorizationRequest::new(SPA)
        .with(
            "scope",
            "openid offline_access api:read reports:read opaque:read",
        )
        .with("resource", resource)
        .tokens(shared(), &mut flow::signed_in())
}

fn claims(answer: &Response) -> Value {
    jwt::read(&answer.assert_ok().text("access_token")).1
}

#[test]
fn s2_2_1_who_may_exchange_acts_for_the_person_and_is_named() {
    let tokens = tokens_at("https://api.example/");
    let answer = exchange(
        AGENT,
        &tokens.access,
        &[("resource", "https://api.example/")],
    );
    let told = answer.assert_ok().json();
    answer.assert_no_store();
    assert_eq!(
        (
            &told["issued_token_type"],
            &told["token_type"],
            &told["refresh_token"]
        ),
        (&json!(ACCESS_TOKEN), &json!("Bearer"), &Value::Null),
        "{told}"
    );
    let (old, new) = (jwt::read(&tokens.access).1, claims(&answer));
    assert_eq!(
        (&new["sub"], &new["client_id"]),
        (&old["sub"], &json!("agent"))
    );
    assert_eq!(
        (&new["scope"], &new["act"]),
        (&json!("api:read"), &json!({"sub": "agent"}))
    );
    assert!(new["exp"].as_u64() <= old["exp"].as_u64(), "{new}");
    assert!(API.sees_active(shared(), &answer.text("access_token")));
}

#[test]
fn s4_1_servers_pass_a_request_on_and_the_chain_tells() {
    let tokens = tokens_at("https://opaque.example/");
    let first = exchange(
        OPAQUE_API,
        &tokens.access,
        &[("resource", "https://api.example/")],
    );
    assert_eq!(claims(&first)["act"], json!({"sub": "opaque-api"}));
    // `audience` names the same resources.
    let again = exchange(
        OPAQUE_API,
        &first.text("access_token"),
        &[("audience", "https://opaque.example/")],
    );
    assert_eq!(
        again.status, 400,
        "a token of its own it only narrows: {again:?}"
    );
}

#[test]
fn s2_1_others_learn_nothing() {
    let tokens = tokens_at("https://api.example/");
    let to = [("resource", "https://api.example/")];
    exchange(OPAQUE_API, &tokens.access, &to).assert_error(400, "invalid_request");
    let (others, dead) = (
        exchange(OPAQUE_API, &tokens.access, &to),
        exchange(OPAQUE_API, "ey.x.y", &to),
    );
    assert_eq!(others.body, dead.body);
    for caller in [MACHINE, OTHER_API] {
        exchange(caller, &tokens.access, &to).assert_error(400, "unauthorized_client");
    }
    exchange(SPA, &tokens.access, &to).assert_error(401, "invalid_client");
}

#[test]
fn s2_2_2_nothing_is_widened() {
    let tokens = tokens_at("https://api.example/");
    for (more, code) in [
        (
            vec![("resource", "https://api.example/"), ("scope", "api:write")],
            "invalid_scope",
        ),
        (
            vec![
                ("resource", "https://api.example/"),
                ("scope", "reports:read"),
            ],
            "invalid_scope",
        ),
        (
            vec![("resource", "https://unknown.example/")],
            "invalid_target",
        ),
        (
            vec![("resource", shared().issuer.as_str())],
            "invalid_target",
        ),
        (vec![], "invalid_request"),
        (
            vec![
                ("resource", "https://api.example/"),
                (
                    "requested_token_type",
                    "urn:ietf:params:oauth:token-type:refresh_token",
                ),
            ],
            "invalid_request",
        ),
    ] {
        exchange(AGENT, &tokens.access, &more).assert_error(400, code);
    }
}

#[test]
fn s2_1_other_tokens_are_not_taken() {
    let tokens = tokens_at("https://api.example/");
    let own = MACHINE
        .client_credentials(shared(), &[])
        .text("access_token");
    for token in [tokens.id(), tokens.refresh(), &own] {
        exchange(AGENT, token, &[("resource", "https://api.example/")])
            .assert_error(400, "invalid_request");
    }
}

#[test]
fn what_ends_the_grant_ends_what_was_exchanged() {
    let tokens = tokens_at("https://api.example/");
    let to = [("resource", "https://api.example/")];
    let token = exchange(AGENT, &tokens.access, &to)
        .assert_ok()
        .text("access_token");
    assert!(API.sees_active(shared(), &token));
    SPA.revoke(shared(), tokens.refresh()).assert_ok();
    assert!(!API.sees_active(shared(), &token));
    exchange(AGENT, &tokens.access, &to).assert_error(400, "invalid_request");
}

/// RFC 7009 §2.1 leaves it open: here what is made of a token ends with it, and the token does not end with what is made of it.
#[test]
fn what_is_made_of_a_token_ends_with_it_and_not_the_other_way_round() {
    let tokens = tokens_at("https://opaque.example/");
    let to = [("resource", "https://api.example/")];
    let made = |caller, token: &str| {
        exchange(caller, token, &to)
            .assert_ok()
            .text("access_token")
    };
    let (jwt, sibling) = (
        made(OPAQUE_API, &tokens.access),
        made(AGENT, &tokens.access),
    );
    let of_it = made(OPAQUE_API, &jwt);
    OPAQUE_API.revoke(shared(), &jwt).assert_ok();
    let alive = |token: &str| API.sees_active(shared(), token);
    assert_eq!(
        [&jwt, &of_it, &sibling].map(|token| alive(token)),
        [false, false, true]
    );
    assert!(OPAQUE_API.sees_active(shared(), &tokens.access));
    // An opaque one leaves no less behind.
    SPA.revoke(shared(), &tokens.access).assert_ok();
    assert!(!alive(&sibling));
    SPA.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn metadata_and_configuration() {
    let types = shared().metadata()["grant_types_supported"].clone();
    assert!(
        types
            .as_array()
            .is_some_and(|types| types.contains(&json!(GRANT_TYPE))),
        "{types}"
    );
    let server = Server::start(&format!("{CONFIG}\n[token_exchange]\nenabled = false\n"));
    let types = server.metadata()["grant_types_supported"].clone();
    assert!(!types.to_string().contains("token-exchange"), "{types}");
    let fields = [
        ("grant_type", GRANT_TYPE),
        ("subject_token", "x"),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    AGENT
        .token(&server, &fields)
        .assert_error(400, "unsupported_grant_type");
    let public = format!(
        "[[client]]\nclient_id = \"x\"\ntoken_endpoint_auth_method = \"none\"\ngrant_types = [\"{GRANT_TYPE}\"]\n"
    );
    assert!(refused(&public).contains("token exchange"));
}
