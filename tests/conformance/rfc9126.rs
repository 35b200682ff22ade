//! RFC 9126, OAuth 2.0 Pushed Authorization Requests.

use crate::harness::browser::Browser;
use crate::harness::client::{BASIC, Client, POST, PUSHING, SPA, SPA_TWO};
use crate::harness::flow::{self, AuthorizationRequest, Callback, Tokens};
use crate::harness::http;
use crate::harness::server::shared;
use serde_json::json;

#[test]
fn s2_2_a_reference_and_how_long_it_lives() {
    for client in [SPA, BASIC, POST] {
        let pushed = AuthorizationRequest::new(client).push(shared());
        assert_eq!(pushed.status, 201, "{pushed:?}");
        assert_eq!(pushed.header("cache-control"), Some("no-store"));
        let reference = pushed.text("request_uri");
        let secret = reference.strip_prefix("urn:ietf:params:oauth:request_uri:");
        assert!(
            secret.is_some_and(|secret| secret.len() >= 43),
            "{reference}"
        );
        assert_eq!(pushed.json()["expires_in"], json!(60));
    }
}

#[test]
fn s4_a_pushed_request_leads_to_tokens() {
    for client in [SPA, BASIC, POST] {
        let request = AuthorizationRequest::new(client);
        let url = request.pushed_url(shared());
        let mut browser = flow::signed_in();
        let visit = browser.get(&url);
        let callback = flow::finish(&mut browser, &visit);
        assert_eq!(callback.get("state"), Some(request.value("state")));
        Tokens::of(&request.redeem(shared(), &callback.code()));
    }
}

#[test]
fn s4_parameters_beside_the_reference_do_not_count() {
    let request = AuthorizationRequest::new(SPA);
    let url = format!(
        "{}&state=other&scope=openid&prompt=none",
        request.pushed_url(shared())
    );
    let mut browser = flow::signed_in();
    let visit = browser.get(&url);
    let callback = flow::finish(&mut browser, &visit);
    assert_eq!(callback.get("state"), Some(request.value("state")));
}

#[test]
fn s4_a_reference_is_used_once_but_a_reload_loses_nobody() {
    let request = AuthorizationRequest::new(SPA);
    let url = request.pushed_url(shared());
    let mut browser = Browser::new(&shared().issuer);
    browser.get(&url);
    Browser::new(&shared().issuer)
        .get(&url)
        .assert_error_page(400);
    let visit = browser.get(&url);
    let email = crate::harness::random::email();
    let visit = flow::sign_in_by_pin(shared(), &mut browser, visit, &email);
    let code = flow::finish(&mut browser, &visit).code();
    Tokens::of(&request.redeem(shared(), &code));
    browser.get(&url).assert_error_page(400);
}

#[test]
fn s4_a_reference_is_of_its_client() {
    let url = AuthorizationRequest::new(SPA).pushed_url(shared());
    let foreign = url.replace("client_id=spa&", &format!("client_id={}&", SPA_TWO.id));
    assert_ne!(url, foreign);
    Browser::new(&shared().issuer)
        .get(&foreign)
        .assert_error_page(400);
    let mine = Browser::new(&shared().issuer).get(&url);
    assert_eq!(mine.response.status, 200, "{mine:?}");
}

#[test]
fn s2_1_client_authentication_is_that_of_the_token_endpoint() {
    let request = AuthorizationRequest::new(BASIC);
    let fields = request.fields();
    let none = http::post(&shared().url("/par")).form(&fields).send();
    none.assert_error(401, "invalid_client");
    let wrong = Client {
        authentication: crate::harness::client::Authentication::Basic("wrong"),
        ..BASIC
    };
    wrong
        .request(&shared().url("/par"), &fields)
        .send()
        .assert_error(401, "invalid_client");
    let by_post = Client {
        authentication: crate::harness::client::Authentication::Post(
            "basic-secret-0123456789abcdef01234567",
        ),
        ..BASIC
    };
    let fields: Vec<_> = fields
        .into_iter()
        .filter(|(name, _)| *name != "client_id")
        .collect();
    by_post
        .request(&shared().url("/par"), &fields)
        .send()
        .assert_error(401, "invalid_client");
}

#[test]
fn s2_1_a_reference_in_a_push_is_refused() {
    let request =
        AuthorizationRequest::new(SPA).with("request_uri", "urn:ietf:params:oauth:request_uri:x");
    request.push(shared()).assert_error(400, "invalid_request");
}

#[test]
fn s2_3_errors_are_those_of_the_request() {
    for (request, error) in [
        (
            AuthorizationRequest::new(SPA).with("redirect_uri", "https://evil.example/"),
            "invalid_request",
        ),
        (
            AuthorizationRequest::new(SPA).without("code_challenge"),
            "invalid_request",
        ),
        (
            AuthorizationRequest::new(SPA).with("response_type", "token"),
            "unsupported_response_type",
        ),
        (
            AuthorizationRequest::new(SPA).with("scope", "unheard:of"),
            "invalid_scope",
        ),
        (
            AuthorizationRequest::new(SPA).with("resource", "https://unknown.example/"),
            "invalid_target",
        ),
    ] {
        request.push(shared()).assert_error(400, error);
    }
    assert_eq!(http::get(&shared().url("/par")).send().status, 405);
}

#[test]
fn s6_a_client_that_must_push_is_heard_in_no_other_way() {
    let request = AuthorizationRequest::new(PUSHING);
    Callback::of(&request.open(shared())).assert_error("invalid_request");
    let mut browser = flow::signed_in();
    let visit = browser.get(&request.pushed_url(shared()));
    let code = flow::finish(&mut browser, &visit).code();
    Tokens::of(&request.redeem(shared(), &code));
}

#[test]
fn s5_metadata_names_the_endpoint() {
    let metadata = shared().metadata();
    assert_eq!(
        metadata["pushed_authorization_request_endpoint"],
        json!(shared().url("/par"))
    );
    assert_eq!(
        metadata["require_pushed_authorization_requests"],
        json!(false)
    );
}
