//! RFC 7009, Token Revocation.

use crate::harness::client::{API, BASIC, POST, SPA, SPA_TWO};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http;
use crate::harness::server::shared;

fn tokens_for_the_api() -> Tokens {
    AuthorizationRequest::new(SPA)
        .with("scope", "openid offline_access api:read")
        .with("resource", "https://api.example/")
        .tokens(shared(), &mut flow::signed_in())
}

#[test]
fn s2_1_revoking_a_refresh_token_ends_the_grant() {
    let tokens = tokens_for_the_api();
    assert!(API.sees_active(shared(), &tokens.access));
    assert_eq!(SPA.revoke(shared(), tokens.refresh()).status, 200);
    SPA.refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_grant");
    assert!(!API.sees_active(shared(), &tokens.access));
}

#[test]
fn s2_1_an_older_refresh_token_of_the_grant_ends_it_as_well() {
    let tokens = tokens_for_the_api();
    let successor = SPA
        .refresh(shared(), tokens.refresh())
        .assert_ok()
        .text("refresh_token");
    assert_eq!(SPA.revoke(shared(), tokens.refresh()).status, 200);
    SPA.refresh(shared(), &successor)
        .assert_error(400, "invalid_grant");
}

#[test]
fn s2_1_an_access_token_is_revoked_or_said_to_be_irrevocable() {
    let tokens = tokens_for_the_api();
    let answer = SPA.revoke(shared(), &tokens.access);
    if answer.status == 200 {
        assert!(
            !API.sees_active(shared(), &tokens.access),
            "it said 200 and revoked nothing"
        );
    } else {
        answer.assert_error(400, "unsupported_token_type");
        assert!(API.sees_active(shared(), &tokens.access));
    }
}

#[test]
fn s2_1_only_the_owner_can_revoke() {
    let tokens = tokens_for_the_api();
    for other in [SPA_TWO, BASIC, POST] {
        for token in [tokens.refresh(), &tokens.access] {
            let answer = other.revoke(shared(), token);
            assert!(matches!(answer.status, 200 | 400), "{answer:?}");
        }
    }
    assert!(API.sees_active(shared(), &tokens.access));
    SPA.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn s2_1_confidential_clients_authenticate() {
    let tokens = flow::tokens_for(BASIC);
    let endpoint = shared().url("/revoke");
    let fields = [("token", tokens.refresh()), ("client_id", "basic")];
    http::post(&endpoint)
        .form(&fields)
        .send()
        .assert_error(401, "invalid_client");
    http::post(&endpoint).form(&fields[..1]).send();
    BASIC.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn s2_1_a_wrong_hint_changes_nothing() {
    let tokens = tokens_for_the_api();
    for (hint, token) in [
        ("access_token", tokens.refresh()),
        ("unheard_of", tokens.refresh()),
    ] {
        let fields = [("token", token), ("token_type_hint", hint)];
        let answer = SPA.request(&shared().url("/revoke"), &fields).send();
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    SPA.refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_grant");
}

#[test]
fn s2_2_unknown_tokens_are_revoked_already() {
    for token in [
        "x",
        "x.y",
        "..",
        "x.y.z",
        "grant/../x.y",
        &"x".repeat(3_000),
    ] {
        let answer = SPA.revoke(shared(), token);
        assert_eq!(answer.status, 200, "{token}: {answer:?}");
    }
    let tokens = flow::tokens_for(SPA);
    assert_eq!(SPA.revoke(shared(), tokens.refresh()).status, 200);
    assert_eq!(SPA.revoke(shared(), tokens.refresh()).status, 200, "twice");
}

#[test]
fn s2_1_requests_without_a_token_or_with_two_are_invalid_request() {
    let endpoint = shared().url("/revoke");
    SPA.request(&endpoint, &[])
        .send()
        .assert_error(400, "invalid_request");
    SPA.request(&endpoint, &[("token", "x"), ("token", "y")])
        .send()
        .assert_error(400, "invalid_request");
    SPA.request(&endpoint, &[("token", "x"), ("client_id", "spa")])
        .send()
        .assert_error(400, "invalid_request");
    assert_eq!(
        http::get(&format!("{endpoint}?token=x&client_id=spa"))
            .send()
            .status,
        405
    );
    http::post(&endpoint)
        .body("application/json", "{}")
        .send()
        .assert_error(400, "invalid_request");
}

/// An answer of 200 would say that it is worth nothing from now on.
#[test]
fn s2_2_1_id_tokens_cannot_be_revoked() {
    let tokens = flow::tokens_for(SPA);
    SPA.revoke(shared(), tokens.id())
        .assert_error(400, "unsupported_token_type");
    SPA.refresh(shared(), tokens.refresh()).assert_ok();
}
