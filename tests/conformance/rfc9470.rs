//! RFC 9470, OAuth 2.0 Step Up Authentication Challenge Protocol: the part of the authorization server.

use crate::harness::client::{API, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Callback, Tokens};
use crate::harness::http;
use crate::harness::jwt;
use crate::harness::server::{CONFIG, Server, shared};
use serde_json::json;

const CODE: &str = "urn:example:code";
const PASSWORD: &str = "urn:example:password";

#[test]
fn s5_tokens_and_introspection_say_how_strong_and_how_old_the_sign_in_is() {
    let request = AuthorizationRequest::new(SPA)
        .with("scope", "openid api:read")
        .with("resource", "https://api.example/");
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    let (id, access) = (jwt::read(tokens.id()).1, jwt::read(&tokens.access).1);
    let introspected = API.introspect(shared(), &tokens.access).assert_ok().json();
    for claims in [&id, &access, &introspected] {
        assert_eq!(claims["acr"], json!(CODE), "{claims}");
        assert_eq!(claims["auth_time"], id["auth_time"], "{claims}");
    }
}

#[test]
fn s4_a_stronger_sign_in_is_asked_for_and_tokens_say_that_it_was_reached() {
    let (mut browser, email) = flow::newcomer(shared());
    let request = AuthorizationRequest::new(SPA).with("acr_values", PASSWORD);
    let visit = browser.get(&request.url(shared()));
    assert!(visit.url.path().starts_with("/password/"), "{}", visit.url);
    let visit = flow::register_password(shared(), &mut browser, visit, &email, flow::PASSWORD);
    let code = flow::finish(&mut browser, &visit).code();
    let claims = jwt::read(Tokens::of(&request.redeem(shared(), &code)).id()).1;
    assert_eq!(claims["acr"], json!(PASSWORD));
    // Whoever reached the stronger one has reached the weaker one too, and tokens name the one that was asked for.
    let request = AuthorizationRequest::new(SPA).with("acr_values", CODE);
    let claims = jwt::read(request.tokens(shared(), &mut browser).id()).1;
    assert_eq!(claims["acr"], json!(CODE));
}

#[test]
fn s4_what_cannot_be_reached_in_silence_is_only_tried_for() {
    let mut browser = flow::signed_in();
    AuthorizationRequest::new(crate::harness::client::BASIC).allow(shared(), &mut browser);
    let request = AuthorizationRequest::new(crate::harness::client::BASIC)
        .with("acr_values", PASSWORD)
        .with("prompt", "none");
    let callback = Callback::of(&browser.get(&request.url(shared())));
    let tokens = Tokens::of(&request.redeem(shared(), &callback.code()));
    assert_eq!(jwt::read(tokens.id()).1["acr"], json!(CODE));
}

/// The userinfo endpoint is a resource of ours: what it asks for is what the authorization endpoint then gives.
#[test]
fn s3_userinfo_asks_for_a_stronger_and_a_newer_sign_in() {
    let config = format!("{CONFIG}\n[userinfo]\nacr_values = [\"{PASSWORD}\"]\nmax_age_s = 7200\n");
    let server = Server::start(&config);
    let (mut browser, email) = flow::newcomer(&server);
    let userinfo = |tokens: &Tokens| {
        let request = http::get(&server.url("/userinfo"));
        request.bearer(&tokens.access).send()
    };
    let refused = userinfo(&AuthorizationRequest::new(SPA).tokens(&server, &mut browser));
    refused.assert_error(401, "insufficient_user_authentication");
    let challenge = refused.header("www-authenticate").unwrap_or_default();
    let parameter = |name: &str| {
        let (_, rest) = challenge.split_once(&format!("{name}=\"")).expect(name);
        rest.split('"').next().expect("a value").to_owned()
    };
    assert!(challenge.starts_with("Bearer "), "{challenge}");
    assert_eq!(parameter("error"), "insufficient_user_authentication");
    let (acr_values, max_age) = (parameter("acr_values"), parameter("max_age"));
    let request = AuthorizationRequest::new(SPA)
        .with("acr_values", &acr_values)
        .with("max_age", &max_age);
    let visit = browser.get(&request.url(&server));
    let visit = flow::register_password(&server, &mut browser, visit, &email, flow::PASSWORD);
    let code = flow::finish(&mut browser, &visit).code();
    let tokens = Tokens::of(&request.redeem(&server, &code));
    userinfo(&tokens).assert_ok();
}

#[test]
fn s7_metadata_lists_the_values() {
    let metadata = shared().metadata();
    assert_eq!(metadata["acr_values_supported"], json!([CODE, PASSWORD]));
}
