//! OpenID Connect RP-Initiated Logout 1.0.

use crate::harness::browser::{Browser, Visit};
use crate::harness::client::{SPA, SPA_TWO};
use crate::harness::flow::{self, AuthorizationRequest, Callback};
use crate::harness::server::shared;
use crate::harness::{http, jwt};
use serde_json::json;

const BACK: &str = "https://spa.example/signed-out";

fn logout(parameters: &[(&str, &str)]) -> String {
    format!(
        "{}?{}",
        shared().endpoint_of_logout(),
        http::encode(parameters)
    )
}

impl crate::harness::server::Server {
    fn endpoint_of_logout(&self) -> String {
        http::get(&self.url("/.well-known/openid-configuration"))
            .send()
            .text("end_session_endpoint")
    }
}

fn is_signed_in(browser: &mut Browser) -> bool {
    let visit = browser.get(
        &AuthorizationRequest::new(SPA)
            .with("prompt", "none")
            .url(shared()),
    );
    Callback::of(&visit).get("error") != Some("login_required")
}

/// Confirms on the page that asks, if it asks.
fn confirm(browser: &mut Browser, visit: Visit) -> Visit {
    match visit.try_form("sign_out") {
        Some(form) => browser.press(&visit, &form, "sign_out"),
        None => visit,
    }
}

fn signed_in_with_id_token() -> (Browser, String) {
    let (mut browser, _) = flow::newcomer(shared());
    let tokens = AuthorizationRequest::new(SPA).tokens(shared(), &mut browser);
    (browser, tokens.id().to_owned())
}

#[test]
fn s2_with_a_hint_of_the_session_it_signs_out_and_comes_back() {
    let (mut browser, id_token) = signed_in_with_id_token();
    let url = logout(&[
        ("id_token_hint", &id_token),
        ("post_logout_redirect_uri", BACK),
        ("state", "a b&c"),
    ]);
    let visit = browser.get(&url);
    let visit = confirm(&mut browser, visit);
    let back = visit
        .left_for()
        .unwrap_or_else(|| panic!("not sent back:\n{}", visit.response.body));
    assert!(back.as_str().starts_with(BACK), "{back}");
    assert_eq!(
        back.query_pairs().collect::<Vec<_>>(),
        [("state".into(), "a b&c".into())]
    );
    assert!(!is_signed_in(&mut browser));
}

#[test]
fn s2_the_form_may_be_posted() {
    let (mut browser, id_token) = signed_in_with_id_token();
    let url = shared().endpoint_of_logout();
    let cookies = browser.jar.header("/logout").unwrap_or_default();
    let fields = [
        ("id_token_hint", id_token.as_str()),
        ("post_logout_redirect_uri", BACK),
        ("client_id", "spa"),
    ];
    let answer = http::post(&url)
        .header("cookie", &cookies)
        .form(&fields)
        .send();
    assert!(matches!(answer.status, 200 | 303), "{answer:?}");
    browser.jar.take(&answer);
    if answer.status == 303 {
        assert!(!is_signed_in(&mut browser));
    }
}

/// §3: without a hint, anyone's page could sign people out, so the person is asked.
#[test]
fn s3_without_a_hint_it_asks() {
    let (mut browser, _) = signed_in_with_id_token();
    let visit = browser.get(&logout(&[]));
    let form = visit.form("sign_out");
    assert!(is_signed_in(&mut browser), "a mere link signed out");
    let visit = browser.press(&visit, &form, "sign_out");
    assert_eq!(visit.left_for(), None);
    assert!(!is_signed_in(&mut browser));
}

#[test]
fn s3_staying_is_an_answer() {
    let (mut browser, _) = signed_in_with_id_token();
    let visit = browser.get(&logout(&[]));
    let form = visit.form("stay");
    browser.press(&visit, &form, "stay");
    assert!(is_signed_in(&mut browser));
}

#[test]
fn s3_another_sites_form_cannot_sign_out() {
    let (mut browser, _) = signed_in_with_id_token();
    let visit = browser.get(&logout(&[]));
    let form = visit.form("sign_out").set("csrf", "forged");
    browser.press(&visit, &form, "sign_out");
    assert!(is_signed_in(&mut browser));
}

#[test]
fn s3_only_registered_addresses_are_gone_back_to() {
    for uri in [
        "https://evil.example/",
        "https://spa.example/signed-out/",
        "https://spa.example/signed-out?x=1",
        "https://spa.example/callback",
        "https://spa-two.example/signed-out",
        "javascript:alert(1)",
        "",
    ] {
        let (mut browser, id_token) = signed_in_with_id_token();
        let visit = browser.get(&logout(&[
            ("id_token_hint", &id_token),
            ("post_logout_redirect_uri", uri),
        ]));
        assert_eq!(visit.left_for(), None, "{uri}");
        let visit = confirm(&mut browser, visit);
        assert_eq!(visit.left_for(), None, "{uri}");
    }
}

#[test]
fn s2_a_client_id_that_contradicts_the_hint_is_refused() {
    let (mut browser, id_token) = signed_in_with_id_token();
    let url = logout(&[
        ("id_token_hint", &id_token),
        ("client_id", "spa-two"),
        (
            "post_logout_redirect_uri",
            "https://spa-two.example/signed-out",
        ),
    ]);
    let visit = browser.get(&url);
    assert_eq!(visit.left_for(), None);
}

#[test]
fn s4_a_hint_of_someone_else_asks() {
    let (mut browser, _) = signed_in_with_id_token();
    let other = flow::tokens_for(SPA);
    browser.get(&logout(&[
        ("id_token_hint", other.id()),
        ("post_logout_redirect_uri", BACK),
    ]));
    assert!(
        is_signed_in(&mut browser),
        "someone else's hint signed this person out"
    );
}

#[test]
fn s4_forged_and_foreign_hints_are_not_believed() {
    let (mut browser, id_token) = signed_in_with_id_token();
    let (header, claims) = jwt::read(&id_token);
    let none = jwt::forge(&json!({"alg": "none"}), &claims, "");
    let altered = jwt::forge(&header, &claims, &jwt::encode(&[1; 256]));
    let access_token = AuthorizationRequest::new(SPA)
        .tokens(shared(), &mut browser)
        .access;
    for hint in [none.as_str(), &altered, &access_token, "x", "x.y.z", ""] {
        let visit = browser.get(&logout(&[
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", BACK),
        ]));
        assert_eq!(visit.left_for(), None, "{hint}");
        assert!(is_signed_in(&mut browser), "{hint}");
    }
}

#[test]
fn s2_someone_who_is_not_signed_in_is_signed_out_already() {
    let (_, id_token) = signed_in_with_id_token();
    let mut stranger = Browser::new(&shared().issuer);
    let visit = stranger.get(&logout(&[
        ("id_token_hint", &id_token),
        ("post_logout_redirect_uri", BACK),
    ]));
    assert!(
        visit
            .left_for()
            .is_some_and(|url| url.as_str().starts_with(BACK))
            || visit.response.status == 200,
        "{visit:?}"
    );
    let visit = Browser::new(&shared().issuer).get(&logout(&[]));
    assert_eq!(visit.response.status, 200, "{visit:?}");
}

#[test]
fn the_cookie_of_a_session_that_ended_is_worth_nothing() {
    let (mut browser, _) = signed_in_with_id_token();
    let mut copy = browser.clone();
    let visit = browser.get(&logout(&[]));
    let form = visit.form("sign_out");
    browser.press(&visit, &form, "sign_out");
    assert!(
        !is_signed_in(&mut copy),
        "the session lives on behind its old cookie"
    );
    // A new sign-in of the same browser is for everybody.
    let visit = browser.get(&AuthorizationRequest::new(SPA_TWO).url(shared()));
    assert!(
        visit.try_form("allow").is_none(),
        "signed in without signing in"
    );
}
