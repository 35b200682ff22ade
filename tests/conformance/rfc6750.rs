//! RFC 6750, Bearer Token Usage, at the `UserInfo` endpoint.

use crate::harness::client::SPA;
use crate::harness::flow;
use crate::harness::http::{self, Response};
use crate::harness::server::shared;

fn userinfo() -> String {
    shared().url("/userinfo")
}

#[track_caller]
fn assert_challenge(answer: &Response, error: &str) {
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(
        challenge.starts_with("Bearer") && challenge.contains(error),
        "{answer:?}"
    );
}

#[test]
fn s2_1_authorization_header() {
    let tokens = flow::tokens_for(SPA);
    http::get(&userinfo())
        .bearer(&tokens.access)
        .send()
        .assert_ok();
    http::get(&userinfo())
        .header("authorization", &format!("bearer {}", tokens.access))
        .send()
        .assert_ok();
}

#[test]
fn s2_3_a_token_in_the_query_is_refused() {
    let tokens = flow::tokens_for(SPA);
    let answer = http::get(&format!("{}?access_token={}", userinfo(), tokens.access)).send();
    assert!(matches!(answer.status, 400 | 401), "{answer:?}");
}

#[test]
fn s3_no_token_is_401_without_an_error_code() {
    let answer = http::get(&userinfo()).send();
    assert_eq!(answer.status, 401, "{answer:?}");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(
        challenge.starts_with("Bearer") && !challenge.contains("error="),
        "{answer:?}"
    );
}

#[test]
fn s3_1_tokens_that_are_no_tokens_are_invalid_token() {
    for token in [
        "x",
        "x.y.z",
        "..",
        "e30.e30.",
        "a.b.c.d.e",
        &"A".repeat(5_000),
    ] {
        let answer = http::get(&userinfo()).bearer(token).send();
        assert_eq!(answer.status, 401, "{answer:?}");
        assert_challenge(&answer, "invalid_token");
    }
}

#[test]
fn s3_1_other_schemes_and_malformed_headers_are_refused() {
    let tokens = flow::tokens_for(SPA);
    for header in [
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        format!("Basic {}", tokens.access),
        format!("DPoP {}", tokens.access),
        format!("Bearer {0} {0}", tokens.access),
    ] {
        let answer = http::get(&userinfo())
            .header("authorization", &header)
            .send();
        assert!(matches!(answer.status, 400 | 401), "{header}: {answer:?}");
    }
    let twice = http::get(&userinfo())
        .bearer(&tokens.access)
        .bearer(&tokens.access)
        .send();
    assert!(matches!(twice.status, 400 | 401), "{twice:?}");
}

#[test]
fn s3_1_a_token_without_openid_is_insufficient_scope() {
    let request = flow::AuthorizationRequest::new(SPA).with("scope", "reports:read");
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    let answer = http::get(&userinfo()).bearer(&tokens.access).send();
    assert_eq!(answer.status, 403, "{answer:?}");
    assert_challenge(&answer, "insufficient_scope");
}

#[test]
fn s5_3_answers_with_personal_data_are_not_kept() {
    let tokens = flow::tokens_for(SPA);
    http::get(&userinfo())
        .bearer(&tokens.access)
        .send()
        .assert_no_store();
}
