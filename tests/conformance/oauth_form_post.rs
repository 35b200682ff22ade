//! OAuth 2.0 Form Post Response Mode.

use crate::harness::client::{BASIC, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http;
use crate::harness::markup;
use crate::harness::server::shared;
use serde_json::json;

#[test]
fn s2_the_answer_is_a_form_that_goes_to_the_redirect_uri() {
    let mut browser = flow::signed_in();
    AuthorizationRequest::new(BASIC).allow(shared(), &mut browser);
    let request = AuthorizationRequest::new(BASIC).with("response_mode", "form_post");
    let visit = browser.get(&request.url(shared()));
    assert_eq!(visit.response.status, 200);
    assert_eq!(visit.response.header("cache-control"), Some("no-store"));
    let form = markup::forms(&visit.response.body).remove(0);
    assert_eq!(
        (form.method.as_str(), form.action.as_str()),
        ("post", BASIC.redirect_uri)
    );
    let field = |name: &str| {
        let control = form.controls.iter().find(|control| control.name == name);
        control.unwrap_or_else(|| panic!("no {name}")).value.clone()
    };
    assert_eq!(field("state"), request.value("state"));
    assert_eq!(field("iss"), shared().issuer);
    Tokens::of(&request.redeem(shared(), &field("code")));
}

/// One script, named by its digest; nothing else runs, and without it there is a button.
#[test]
fn s4_the_page_runs_its_own_script_and_no_other() {
    let request = AuthorizationRequest::new(SPA)
        .with("response_mode", "form_post")
        .with("prompt", "none");
    let visit = request.open(shared());
    let policy = visit
        .response
        .header("content-security-policy")
        .expect("a policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(policy.contains("script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert_eq!(visit.response.header("x-frame-options"), Some("DENY"));
    assert_eq!(
        visit.response.header("referrer-policy"),
        Some("no-referrer")
    );
    assert_eq!(visit.response.body.matches("<script").count(), 1);
    assert!(visit.response.body.contains("<button type=\"submit\""));
    assert!(visit.response.body.contains("login_required"));
}

/// What the application sends comes back as text, whatever it is.
#[test]
fn s4_nothing_in_an_answer_is_markup() {
    let state = "\"><script>alert(1)</script><input name='code' value='&quot;";
    let request = AuthorizationRequest::new(SPA)
        .with("response_mode", "form_post")
        .with("state", state)
        .with("prompt", "none");
    let visit = request.open(shared());
    assert_eq!(visit.response.body.matches("<script").count(), 1);
    let form = markup::forms(&visit.response.body).remove(0);
    let named = |name: &str| {
        let found = form.controls.iter().filter(|control| control.name == name);
        found
            .map(|control| control.value.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(named("state"), [state]);
    assert_eq!(
        (named("code").len(), named("error")),
        (0, vec!["login_required"])
    );
    assert_eq!(form.action, SPA.redirect_uri);
}

#[test]
fn s3_metadata_says_so() {
    let modes = &shared().metadata()["response_modes_supported"];
    assert_eq!(modes, &json!(["query", "form_post"]));
}

/// An upstream server posts from another site, to which the browser brings no cookies of ours: it comes back by a GET, and brings them.
#[test]
fn s2_what_an_upstream_server_posts_comes_back_as_a_get() {
    let callback = format!("{}/pin/callback", shared().issuer);
    let from_elsewhere = |fields: &[(&str, &str)]| {
        http::post(&callback)
            .header("origin", "https://upstream.example")
            .header("sec-fetch-site", "cross-site")
            .form(fields)
            .send()
    };
    let answer = from_elsewhere(&[("state", "x"), ("code", "a&b")]);
    assert_eq!(answer.status, 303);
    assert_eq!(answer.location(), Some("/pin/callback?state=x&code=a%26b"));
    assert_eq!(
        answer.header("set-cookie"),
        None,
        "the browser's own would be lost"
    );
    answer.assert_no_store();
    for ours in ["transaction", "csrf"] {
        let refused = from_elsewhere(&[("state", "x"), (ours, "AAAA")]);
        assert!(refused.status >= 400, "{refused:?}");
    }
}
