//! RFC 7636, Proof Key for Code Exchange; S256 only (OAuth 2.1 §4.1.1).

use crate::harness::client::{BASIC, NATIVE, POST, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Callback};
use crate::harness::random;
use crate::harness::server::shared;

#[track_caller]
fn assert_refused(request: &AuthorizationRequest) {
    let callback = Callback::of(&request.open(shared()));
    callback.assert_error("invalid_request");
    assert_eq!(callback.get("state"), Some(request.value("state")));
}

#[test]
fn s4_3_public_clients_must_send_a_challenge() {
    for client in [SPA, NATIVE] {
        assert_refused(
            &AuthorizationRequest::new(client)
                .without("code_challenge")
                .without("code_challenge_method"),
        );
        assert_refused(&AuthorizationRequest::new(client).with("code_challenge", ""));
    }
}

#[test]
fn s4_3_a_method_without_a_challenge_is_refused() {
    for client in [SPA, BASIC] {
        assert_refused(&AuthorizationRequest::new(client).without("code_challenge"));
    }
}

#[test]
fn s4_3_a_challenge_without_a_method_would_be_plain_and_is_refused() {
    for client in [SPA, BASIC] {
        assert_refused(&AuthorizationRequest::new(client).without("code_challenge_method"));
    }
}

#[test]
fn s4_4_1_methods_other_than_s256_are_refused() {
    for method in ["plain", "s256", "S512", "S256 ", "", "none", "S256,plain"] {
        assert_refused(&AuthorizationRequest::new(SPA).with("code_challenge_method", method));
    }
}

#[test]
fn s4_2_malformed_challenges_are_refused() {
    let short = "x".repeat(42);
    let long = "x".repeat(129);
    for challenge in [
        short.as_str(),
        &long,
        "ä".repeat(43).as_str(),
        &format!("{}=", "x".repeat(43)),
        &"+".repeat(43),
    ] {
        assert_refused(&AuthorizationRequest::new(SPA).with("code_challenge", challenge));
    }
}

#[test]
fn s4_6_wrong_verifier_is_invalid_grant() {
    for client in [SPA, BASIC, POST] {
        let request = AuthorizationRequest::new(client);
        let code = request.code(shared(), &mut flow::signed_in());
        let other = AuthorizationRequest {
            code_verifier: random::token(),
            ..request.clone()
        };
        other
            .redeem(shared(), &code)
            .assert_error(400, "invalid_grant");
        // The challenge itself is what an eavesdropper has.
        let echoed = AuthorizationRequest {
            code_verifier: request.value("code_challenge").to_owned(),
            ..request.clone()
        };
        echoed
            .redeem(shared(), &code)
            .assert_error(400, "invalid_grant");
    }
}

#[test]
fn s4_6_missing_verifier_is_invalid_grant() {
    for client in [SPA, BASIC, POST] {
        let request = AuthorizationRequest::new(client);
        let code = request.code(shared(), &mut flow::signed_in());
        let mut fields = request.redemption(&code);
        fields.retain(|field| field.0 != "code_verifier");
        client
            .token(shared(), &fields)
            .assert_error(400, "invalid_grant");
        let empty = AuthorizationRequest {
            code_verifier: String::new(),
            ..request.clone()
        };
        empty
            .redeem(shared(), &code)
            .assert_error(400, "invalid_grant");
    }
}

#[test]
fn s4_1_malformed_verifiers_are_refused() {
    for verifier in ["short", &"x".repeat(129), &"ä".repeat(43), &" ".repeat(43)] {
        let request = AuthorizationRequest::new(SPA);
        // The challenge matches, so that only the form of the verifier is wrong.
        let request = AuthorizationRequest {
            code_verifier: verifier.to_owned(),
            ..request
        }
        .with("code_challenge", &flow::s256(verifier));
        let code = request.code(shared(), &mut flow::signed_in());
        let answer = request.redeem(shared(), &code);
        assert_eq!(answer.status, 400, "{verifier:?}: {answer:?}");
        assert!(
            ["invalid_grant", "invalid_request"].contains(&answer.text("error").as_str()),
            "{answer:?}"
        );
    }
}

#[test]
fn s4_6_the_longest_and_shortest_verifiers_work() {
    for length in [43, 128] {
        let verifier = "aZ09-._~".chars().cycle().take(length).collect::<String>();
        let request = AuthorizationRequest::new(SPA).with("code_challenge", &flow::s256(&verifier));
        let request = AuthorizationRequest {
            code_verifier: verifier,
            ..request
        };
        let code = request.code(shared(), &mut flow::signed_in());
        request.redeem(shared(), &code).assert_ok();
    }
}

/// RFC 9700 §4.8.2: a verifier for a code that was asked for without a challenge means that someone removed it.
#[test]
fn rfc9700_s4_8_2_verifier_without_challenge_is_refused() {
    let request = AuthorizationRequest::new(BASIC)
        .without("code_challenge")
        .without("code_challenge_method");
    let mut browser = flow::signed_in();
    let visit = browser.get(&request.url(shared()));
    if visit.try_form("allow").is_none() && Callback::of(&visit).get("error").is_some() {
        // OAuth 2.1 lets a server demand it from everybody.
        Callback::of(&visit).assert_error("invalid_request");
        return;
    }
    let code = flow::finish(&mut browser, &visit).code();
    request
        .redeem(shared(), &code)
        .assert_error(400, "invalid_grant");
}
