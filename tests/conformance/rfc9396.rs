//! RFC 9396, OAuth 2.0 Rich Authorization Requests.

use crate::harness::client::{API, PAYING};
use crate::harness::flow::{self, AuthorizationRequest, Callback, Tokens};
use crate::harness::jwt;
use crate::harness::server::shared;
use serde_json::{Value, json};

fn payment(actions: &[&str]) -> Value {
    json!([{ "type": "payment", "actions": actions, "amount": { "currency": "EUR", "value": "12.50" } }])
}

fn request(details: &Value) -> AuthorizationRequest {
    AuthorizationRequest::new(PAYING)
        .with("scope", "openid api:read")
        .with("resource", "https://api.example/")
        .with("authorization_details", &details.to_string())
}

#[test]
fn s7_s9_what_was_agreed_to_is_in_answer_token_and_introspection() {
    let details = payment(&["initiate"]);
    let tokens = request(&details).tokens(shared(), &mut flow::signed_in());
    assert_eq!(tokens.response["authorization_details"], details);
    let access = jwt::read(&tokens.access).1;
    assert_eq!(access["authorization_details"], details);
    let introspected = API.introspect(shared(), &tokens.access).assert_ok().json();
    assert_eq!(introspected["authorization_details"], details);
}

#[test]
fn s2_the_consent_page_says_it_in_words() {
    let visit = flow::signed_in().get(&request(&payment(&["initiate"])).url(shared()));
    let text = visit.text();
    for said in ["Pay from your account", "initiate", "12.50", "EUR"] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
}

#[test]
fn s5_what_is_unknown_is_refused_and_never_passed_over() {
    for details in [
        json!([{ "type": "unheard-of" }]),
        json!([{ "type": "payment" }]),
        payment(&["delete"]),
        json!({}),
        json!([]),
    ] {
        let visit = request(&details).open(shared());
        Callback::of(&visit).assert_error("invalid_authorization_details");
        request(&details)
            .push(shared())
            .assert_error(400, "invalid_authorization_details");
    }
    let another = AuthorizationRequest::new(crate::harness::client::SPA)
        .with("authorization_details", &payment(&["status"]).to_string());
    Callback::of(&another.open(shared())).assert_error("invalid_authorization_details");
}

#[test]
fn s6_1_a_token_request_narrows_and_never_widens() {
    let request = request(&payment(&["initiate", "status"]));
    let code = request.code(shared(), &mut flow::signed_in());
    let (wider, fewer) = (
        payment(&["initiate", "status", "cancel"]).to_string(),
        payment(&["status"]).to_string(),
    );
    let with = |details| {
        let mut fields = request.redemption(&code);
        fields.push(("authorization_details", details));
        PAYING.token(shared(), &fields)
    };
    with(&wider).assert_error(400, "invalid_authorization_details");
    let tokens = Tokens::of(&with(&fewer));
    assert_eq!(
        tokens.response["authorization_details"],
        payment(&["status"])
    );
}

#[test]
fn s10_metadata_lists_the_types() {
    let types = &shared().metadata()["authorization_details_types_supported"];
    assert_eq!(types, &json!(["payment"]));
}
