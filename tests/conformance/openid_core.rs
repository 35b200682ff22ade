//! OpenID Connect Core 1.0.

use crate::harness::browser::Browser;
use crate::harness::client::{BASIC, ES256_ID, FIRST_PARTY, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Callback, Tokens};
use crate::harness::server::{Server, shared};
use crate::harness::{http, jwt, random};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("after 1970")
        .as_secs()
}

#[track_caller]
fn id_claims(request: &AuthorizationRequest, browser: &mut Browser) -> Value {
    jwt::read(request.tokens(shared(), browser).id()).1
}

/// One sign-in on a server of its own: every issuer in it is the server's.
pub(crate) fn code_flow_keeps_to_the_issuer(server: &Server) {
    let (mut browser, _) = flow::newcomer(server);
    let request = AuthorizationRequest::new(SPA);
    let callback = request.allow(server, &mut browser);
    assert_eq!(callback.get("iss"), Some(server.issuer.as_str()));
    let tokens = Tokens::of(&request.redeem(server, &callback.code()));
    jwt::verify(
        &tokens.access,
        &server.jwks(),
        &server.issuer,
        &server.issuer,
        Algorithm::ES256,
    );
    jwt::verify(
        tokens.id(),
        &server.jwks(),
        &server.issuer,
        "spa",
        Algorithm::RS256,
    );
    http::get(&server.endpoint("userinfo_endpoint"))
        .bearer(&tokens.access)
        .send()
        .assert_ok();
    SPA.refresh(server, tokens.refresh()).assert_ok();
}

#[test]
fn s2_id_token_claims() {
    let request = AuthorizationRequest::new(SPA);
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    let claims = jwt::verify(
        tokens.id(),
        &shared().jwks(),
        &shared().issuer,
        "spa",
        Algorithm::RS256,
    );
    assert_eq!(claims["nonce"], json!(request.value("nonce")));
    assert!(
        claims["sub"]
            .as_str()
            .is_some_and(|sub| (1..=255).contains(&sub.len()) && sub.is_ascii()),
        "{claims}"
    );
    let seconds = |name: &str| {
        claims[name]
            .as_u64()
            .unwrap_or_else(|| panic!("no {name} in {claims}"))
    };
    assert!(
        seconds("iat").abs_diff(now()) < 60 && seconds("exp") > now(),
        "{claims}"
    );
    assert!(seconds("auth_time") <= seconds("iat"), "{claims}");
    assert!(
        claims["amr"].as_array().is_none_or(|amr| !amr.is_empty()),
        "{claims}"
    );
    assert_eq!(claims["aud"], json!("spa"));
}

#[test]
fn s3_1_3_6_at_hash() {
    let tokens = flow::tokens_for(SPA);
    let claims = jwt::read(tokens.id()).1;
    if claims.get("at_hash").is_some() {
        assert_eq!(
            claims["at_hash"],
            json!(jwt::encode(&Sha256::digest(tokens.access.as_bytes())[..16]))
        );
    }
}

#[test]
fn s3_1_3_7_the_algorithm_is_the_one_that_the_client_registered() {
    let elliptic = flow::tokens_for(ES256_ID);
    jwt::verify(
        elliptic.id(),
        &shared().jwks(),
        &shared().issuer,
        "es256-id",
        Algorithm::ES256,
    );
    let default = flow::tokens_for(SPA);
    assert_eq!(jwt::read(default.id()).0["alg"], json!("RS256"));
}

#[test]
fn s3_1_2_1_without_openid_there_is_no_id_token() {
    let request = AuthorizationRequest::new(SPA).with("scope", "reports:read");
    assert_eq!(request.tokens(shared(), &mut flow::signed_in()).id, None);
}

#[test]
fn s3_1_2_1_without_a_nonce_there_is_none_in_the_id_token() {
    let claims = id_claims(
        &AuthorizationRequest::new(SPA).without("nonce"),
        &mut flow::signed_in(),
    );
    assert!(claims.get("nonce").is_none(), "{claims}");
}

#[test]
fn s3_1_2_1_prompt_none_shows_nothing() {
    let stranger = AuthorizationRequest::new(SPA)
        .with("prompt", "none")
        .open(shared());
    Callback::of(&stranger).assert_error("login_required");
    // Signed in, but this application was never allowed anything.
    let (mut browser, _) = flow::newcomer(shared());
    let request = AuthorizationRequest::new(BASIC).with("prompt", "none");
    Callback::of(&browser.get(&request.url(shared()))).assert_error("consent_required");
    AuthorizationRequest::new(BASIC).allow(shared(), &mut browser);
    let silent = Callback::of(&browser.get(&request.url(shared())));
    assert!(silent.get("code").is_some(), "{}", silent.url);
}

#[test]
fn s3_1_2_1_prompt_none_with_another_value_is_refused() {
    let visit = AuthorizationRequest::new(SPA)
        .with("prompt", "none login")
        .open(shared());
    Callback::of(&visit).assert_error("invalid_request");
}

#[test]
fn s3_1_2_1_prompt_login_signs_in_again() {
    let (mut browser, email) = flow::newcomer(shared());
    let before = id_claims(&AuthorizationRequest::new(SPA), &mut browser);
    let request = AuthorizationRequest::new(SPA).with("prompt", "login");
    let visit = browser.get(&request.url(shared()));
    assert!(
        visit.try_form("allow").is_none(),
        "no sign-in was asked for:\n{}",
        visit.response.body
    );
    std::thread::sleep(Duration::from_millis(1_100));
    let visit = flow::sign_in_by_pin(shared(), &mut browser, visit, &email);
    let code = flow::finish(&mut browser, &visit).code();
    let after = jwt::read(Tokens::of(&request.redeem(shared(), &code)).id()).1;
    assert_eq!(before["sub"], after["sub"]);
    assert!(
        after["auth_time"].as_u64() > before["auth_time"].as_u64(),
        "{before} {after}"
    );
}

#[test]
fn s3_1_2_1_prompt_consent_asks_again() {
    let (mut browser, _) = flow::newcomer(shared());
    AuthorizationRequest::new(BASIC).allow(shared(), &mut browser);
    let remembered = browser.get(&AuthorizationRequest::new(BASIC).url(shared()));
    assert!(
        remembered.left_for().is_some(),
        "the consent was not remembered:\n{}",
        remembered.text()
    );
    let asked = browser.get(
        &AuthorizationRequest::new(BASIC)
            .with("prompt", "consent")
            .url(shared()),
    );
    assert!(asked.try_form("allow").is_some(), "{asked:?}");
}

#[test]
fn s3_1_2_1_prompt_select_account_offers_a_choice() {
    let visit = flow::signed_in().get(
        &AuthorizationRequest::new(SPA)
            .with("prompt", "select_account")
            .url(shared()),
    );
    assert!(visit.left_for().is_none(), "{visit:?}");
}

#[test]
fn s3_1_2_1_prompt_select_account_goes_on_as_who_is_signed_in_or_as_another() {
    let (mut browser, email) = flow::newcomer(shared());
    let request = AuthorizationRequest::new(SPA).with("prompt", "select_account");
    let visit = browser.get(&request.url(shared()));
    assert!(visit.text().contains(&email), "{}", visit.text());
    let form = visit.form("continue");
    let on = browser.press(&visit, &form, "continue");
    let code = flow::finish(&mut browser, &on).code();
    let first = jwt::read(Tokens::of(&request.redeem(shared(), &code)).id()).1;
    let request = AuthorizationRequest::new(SPA).with("prompt", "select_account");
    let visit = browser.get(&request.url(shared()));
    let another = browser.get(&visit.link("/login"));
    let visit = flow::sign_in_by_pin(shared(), &mut browser, another, &random::email());
    let code = flow::finish(&mut browser, &visit).code();
    let second = jwt::read(Tokens::of(&request.redeem(shared(), &code)).id()).1;
    assert_ne!(first["sub"], second["sub"]);
}

/// A consent covers what it showed: more scopes, another question.
#[test]
fn s3_1_2_4_more_than_was_allowed_is_asked_again() {
    let (mut browser, _) = flow::newcomer(shared());
    AuthorizationRequest::new(BASIC)
        .with("scope", "openid")
        .allow(shared(), &mut browser);
    let visit = browser.get(
        &AuthorizationRequest::new(BASIC)
            .with("scope", "openid reports:read")
            .url(shared()),
    );
    assert!(visit.try_form("allow").is_some(), "{visit:?}");
    let elsewhere = AuthorizationRequest::new(BASIC)
        .with("scope", "openid api:read")
        .with("resource", "https://api.example/");
    assert!(
        browser
            .get(&elsewhere.url(shared()))
            .try_form("allow")
            .is_some()
    );
}

#[test]
fn s3_1_2_4_the_operators_own_application_needs_no_consent() {
    let visit = flow::signed_in().get(
        &AuthorizationRequest::new(FIRST_PARTY)
            .with("scope", "openid")
            .url(shared()),
    );
    assert!(Callback::of(&visit).get("code").is_some());
}

#[test]
fn s3_1_2_1_max_age() {
    let (mut browser, email) = flow::newcomer(shared());
    std::thread::sleep(Duration::from_millis(2_100));
    let recent = AuthorizationRequest::new(SPA).with("max_age", "3600");
    let visit = browser.get(&recent.url(shared()));
    assert!(
        visit.try_form("allow").is_some(),
        "a recent sign-in was not enough:\n{}",
        visit.response.body
    );
    let none = AuthorizationRequest::new(SPA)
        .with("max_age", "1")
        .with("prompt", "none");
    Callback::of(&browser.get(&none.url(shared()))).assert_error("login_required");
    let request = AuthorizationRequest::new(SPA).with("max_age", "1");
    let visit = browser.get(&request.url(shared()));
    assert!(
        visit.try_form("allow").is_none(),
        "an old sign-in was enough"
    );
    let visit = flow::sign_in_by_pin(shared(), &mut browser, visit, &email);
    let code = flow::finish(&mut browser, &visit).code();
    let claims = jwt::read(Tokens::of(&request.redeem(shared(), &code)).id()).1;
    assert!(
        claims["auth_time"]
            .as_u64()
            .is_some_and(|time| time.abs_diff(now()) < 60),
        "{claims}"
    );
}

#[test]
fn s3_1_2_1_malformed_max_age_is_refused() {
    for max_age in ["-1", "soon", "1.5", "99999999999999999999999"] {
        let visit = AuthorizationRequest::new(SPA)
            .with("max_age", max_age)
            .open(shared());
        Callback::of(&visit).assert_error("invalid_request");
    }
}

#[test]
fn s3_1_2_1_login_hint_fills_the_address() {
    let (email, mut browser) = (random::email(), Browser::new(&shared().issuer));
    let visit = browser.get(
        &AuthorizationRequest::new(SPA)
            .with("login_hint", &email)
            .url(shared()),
    );
    let page = flow::choose(&mut browser, visit, "pin");
    let form = page.form_with("email");
    assert!(form.offers(&email), "{form:?}");
}

#[test]
fn s3_1_2_1_id_token_hint_of_someone_else_is_login_required() {
    let hint = flow::tokens_for(SPA);
    let (mut browser, _) = flow::newcomer(shared());
    let request = AuthorizationRequest::new(SPA)
        .with("prompt", "none")
        .with("id_token_hint", hint.id());
    // An application that they never agreed to learns no more than it would without.
    let stranger = Callback::of(&browser.get(&request.url(shared())));
    stranger.assert_error("consent_required");
    AuthorizationRequest::new(SPA).allow(shared(), &mut browser);
    let known = Callback::of(&browser.get(&request.url(shared())));
    known.assert_error("login_required");
}

#[test]
fn s5_3_userinfo_says_who() {
    let (mut browser, email) = flow::newcomer(shared());
    let tokens = AuthorizationRequest::new(SPA).tokens(shared(), &mut browser);
    let url = shared().endpoint("userinfo_endpoint");
    let got = http::get(&url).bearer(&tokens.access).send();
    let claims = got.assert_ok().json();
    assert_eq!(claims["sub"], jwt::read(tokens.id()).1["sub"]);
    assert_eq!(
        (&claims["email"], &claims["email_verified"]),
        (&json!(email), &json!(true))
    );
    let posted = http::post(&url).bearer(&tokens.access).send();
    assert_eq!(posted.assert_ok().json(), claims);
}

#[test]
fn s5_4_scopes_decide_which_claims() {
    let (mut browser, email) = flow::newcomer(shared());
    let tokens = AuthorizationRequest::new(SPA)
        .with("scope", "openid")
        .tokens(shared(), &mut browser);
    let answer = http::get(&shared().url("/userinfo"))
        .bearer(&tokens.access)
        .send();
    assert!(!answer.assert_ok().body.contains(&email), "{}", answer.body);
    assert!(!jwt::read(tokens.id()).1.to_string().contains(&email));
}

/// Shown on the consent page by name, told where it was asked for.
#[test]
fn s5_5_claims_by_name() {
    let (mut browser, email) = flow::newcomer(shared());
    let claims = json!({ "userinfo": { "email": { "essential": true } }, "id_token": { "unheard_of": null } });
    let request = AuthorizationRequest::new(SPA)
        .with("scope", "openid")
        .with("claims", &claims.to_string());
    let visit = browser.get(&request.url(shared()));
    assert!(visit.text().contains("e-mail address"), "{}", visit.text());
    let code = flow::finish(&mut browser, &visit).code();
    let tokens = Tokens::of(&request.redeem(shared(), &code));
    let answer = http::get(&shared().url("/userinfo"))
        .bearer(&tokens.access)
        .send();
    assert_eq!(answer.assert_ok().json()["email"], json!(email));
    assert!(jwt::read(tokens.id()).1.get("email").is_none());
    let malformed = AuthorizationRequest::new(SPA).with("claims", "[]");
    Callback::of(&malformed.open(shared())).assert_error("invalid_request");
}

#[test]
fn s8_the_subject_is_stable_and_is_no_address() {
    let (mut browser, email) = flow::newcomer(shared());
    let first = id_claims(&AuthorizationRequest::new(SPA), &mut browser);
    let mut elsewhere = Browser::new(&shared().issuer);
    let request = AuthorizationRequest::new(BASIC);
    let visit = elsewhere.get(&request.url(shared()));
    let visit = flow::sign_in_by_pin(shared(), &mut elsewhere, visit, &email);
    let code = flow::finish(&mut elsewhere, &visit).code();
    let second = jwt::read(Tokens::of(&request.redeem(shared(), &code)).id()).1;
    assert_eq!(first["sub"], second["sub"]);
    assert!(!first["sub"].to_string().contains('@'), "{first}");
}

/// Both prove control of one address, so both are one person.
#[test]
fn s8_a_verified_address_is_one_person_by_whatever_provider() {
    let (mut browser, email) = flow::newcomer(shared());
    let by_pin = id_claims(&AuthorizationRequest::new(SPA), &mut browser);
    let mut elsewhere = Browser::new(&shared().issuer);
    let request = AuthorizationRequest::new(SPA);
    let visit = elsewhere.get(&request.url(shared()));
    let visit = flow::register_password(shared(), &mut elsewhere, visit, &email, flow::PASSWORD);
    let code = flow::finish(&mut elsewhere, &visit).code();
    let by_password = jwt::read(Tokens::of(&request.redeem(shared(), &code)).id()).1;
    assert_eq!(by_pin["sub"], by_password["sub"]);
}

#[test]
fn s15_7_form_post_or_query_only() {
    let request = AuthorizationRequest::new(SPA).with("response_mode", "query");
    request.code(shared(), &mut flow::signed_in());
}
