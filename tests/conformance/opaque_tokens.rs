//! Access tokens that say nothing, by resource, and those whose algorithm and type a resource chooses.

use crate::harness::client::{MACHINE, OPAQUE_API, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http;
use crate::harness::jwt;
use crate::harness::server::{CONFIG, Server, assert_all_refused, shared};
use jsonwebtoken::Algorithm;
use serde_json::json;

fn opaque_tokens() -> Tokens {
    AuthorizationRequest::new(SPA)
        .with("scope", "openid offline_access opaque:read")
        .with("resource", "https://opaque.example/")
        .tokens(shared(), &mut flow::signed_in())
}

#[test]
fn introspection_says_what_the_token_does_not() {
    let tokens = opaque_tokens();
    assert!(!tokens.access.contains("eyJ"), "{}", tokens.access);
    let seen = OPAQUE_API
        .introspect(shared(), &tokens.access)
        .assert_ok()
        .json();
    assert_eq!(
        (&seen["active"], &seen["client_id"], &seen["aud"]),
        (
            &json!(true),
            &json!("spa"),
            &json!("https://opaque.example/")
        ),
        "{seen}"
    );
    assert!(!MACHINE.sees_active(shared(), &tokens.access));
    assert_eq!(
        http::get(&shared().url("/userinfo"))
            .bearer(&tokens.access)
            .send()
            .status,
        401,
        "it is not for the issuer"
    );
}

#[test]
fn a_revoked_one_is_gone_at_once_and_another_client_revokes_nothing() {
    let tokens = opaque_tokens();
    MACHINE.revoke(shared(), &tokens.access).assert_ok();
    assert!(OPAQUE_API.sees_active(shared(), &tokens.access));
    SPA.revoke(shared(), &tokens.access).assert_ok();
    assert!(!OPAQUE_API.sees_active(shared(), &tokens.access));
    SPA.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn one_ends_with_its_grant() {
    let tokens = opaque_tokens();
    let next = Tokens::of(&SPA.refresh(shared(), tokens.refresh()));
    assert!(OPAQUE_API.sees_active(shared(), &next.access));
    SPA.revoke(shared(), next.refresh()).assert_ok();
    for token in [&tokens.access, &next.access] {
        assert!(!OPAQUE_API.sees_active(shared(), token));
    }
}

#[test]
fn of_several_resources_all_take_the_same_kind() {
    let request = AuthorizationRequest::new(SPA)
        .with("scope", "openid opaque:read api:read")
        .with("resource", "https://opaque.example/")
        .and("resource", "https://api.example/");
    let code = request.code(shared(), &mut flow::signed_in());
    request
        .redeem(shared(), &code)
        .assert_error(400, "invalid_target");
    let fields = request.redemption(&code);
    let one = [fields.as_slice(), &[("resource", "https://api.example/")]].concat();
    SPA.token(shared(), &one).assert_ok();
}

/// What Convex asks of a token: RS256, no `at+jwt`, one audience.
#[test]
fn a_resource_chooses_algorithm_and_type() {
    let answer = MACHINE.client_credentials(shared(), &[("resource", "https://convex.example/")]);
    let token = answer.assert_ok().text("access_token");
    let (header, claims) = jwt::read(&token);
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&json!("RS256"), &json!("JWT"))
    );
    assert_eq!(claims["aud"], json!("https://convex.example/"));
    jwt::verify(
        &token,
        &shared().jwks(),
        &shared().issuer,
        "https://convex.example/",
        Algorithm::RS256,
    );
    assert!(OPAQUE_API.sees_active(shared(), &token));
    MACHINE.revoke(shared(), &token).assert_ok();
    assert!(!OPAQUE_API.sees_active(shared(), &token));
}

/// RFC 9068 §5: with the type that ID tokens have, a token is still no ID token here, and no ID token is one.
#[test]
fn an_access_token_of_the_common_type_is_no_id_token_and_the_other_way_round() {
    let config = CONFIG.replace(
        "client_id = \"spa-two\"",
        "client_id = \"spa-two\"\naccess_token_typ = \"JWT\"\naccess_token_signed_response_alg = \"RS256\"",
    );
    let server = Server::start(&config);
    let (mut browser, _) = flow::newcomer(&server);
    let tokens =
        AuthorizationRequest::new(crate::harness::client::SPA_TWO).tokens(&server, &mut browser);
    let status = |token: &str| {
        http::get(&server.url("/userinfo"))
            .bearer(token)
            .send()
            .status
    };
    assert_eq!((status(&tokens.access), status(tokens.id())), (200, 401));
    // As a hint it proves nothing: the person is asked before they are signed out.
    let visit = browser.get(&server.url(&format!("/logout?id_token_hint={}", tokens.access)));
    assert!(
        visit.try_form("sign_out").is_some(),
        "{}",
        visit.response.body
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    let resource = "[[resource]]\nuri = \"https://x.example/\"\n";
    let entries = [
        format!(
            "{resource}access_token_format = \"opaque\"\naccess_token_signing_alg = \"RS256\"\n"
        ),
        format!("{resource}access_token_format = \"paseto\"\n"),
        format!("{resource}access_token_signing_alg = \"HS256\"\n"),
        format!("{resource}access_token_signing_alg = \"none\"\n"),
        format!("{resource}access_token_typ = \"id\"\n"),
    ];
    assert_all_refused(entries.map(|entry| (entry.clone(), entry)));
}
