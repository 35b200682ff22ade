//! RFC 9068, JWT Profile for OAuth 2.0 Access Tokens.

use crate::harness::client::{API, MACHINE, SPA};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::server::{refused, shared};
use crate::harness::{http, jwt};
use jsonwebtoken::Algorithm;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn s2_1_header() {
    let token = MACHINE
        .client_credentials(shared(), &[])
        .assert_ok()
        .text("access_token");
    let (header, _) = jwt::read(&token);
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("at+jwt"), &json!("ES256"))
    );
    assert!(header["kid"].is_string(), "{header}");
    for absent in ["jwk", "jku", "x5u", "x5c", "crit"] {
        assert!(header.get(absent).is_none(), "{header}");
    }
}

#[test]
fn s2_2_claims() {
    let request = AuthorizationRequest::new(SPA)
        .with("resource", "https://api.example/")
        .with("scope", "openid offline_access api:read");
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    let claims = jwt::verify(
        &tokens.access,
        &shared().jwks(),
        &shared().issuer,
        "https://api.example/",
        Algorithm::ES256,
    );
    assert_eq!(claims["client_id"], json!("spa"));
    assert!(
        claims["jti"].as_str().is_some_and(|jti| jti.len() >= 16),
        "{claims}"
    );
    let seconds = |name: &str| {
        claims[name]
            .as_u64()
            .unwrap_or_else(|| panic!("no {name} in {claims}"))
    };
    let lifetime = seconds("exp") - seconds("iat");
    assert_eq!(Some(lifetime), tokens.response["expires_in"].as_u64());
    assert!((30..=3600).contains(&lifetime), "{lifetime}");
    assert!(
        claims["scope"]
            .as_str()
            .is_some_and(|scope| scope.split(' ').any(|one| one == "api:read")),
        "{claims}"
    );
    // §2.2.1 and RFC 9700 §2.3: what the resource does not need is not in it.
    assert!(
        claims.get("email").is_none() && claims.get("nonce").is_none(),
        "{claims}"
    );
}

#[test]
fn s2_2_every_token_has_its_own_jti() {
    let jti = || {
        jwt::read(
            &MACHINE
                .client_credentials(shared(), &[])
                .text("access_token"),
        )
        .1["jti"]
            .to_string()
    };
    let all = (0..20).map(|_| jti()).collect::<BTreeSet<_>>();
    assert_eq!(all.len(), 20);
}

#[test]
fn s2_2_client_tokens_name_the_client_as_their_subject() {
    let token = MACHINE
        .client_credentials(shared(), &[])
        .assert_ok()
        .text("access_token");
    let claims = jwt::verify(
        &token,
        &shared().jwks(),
        &shared().issuer,
        &shared().issuer,
        Algorithm::ES256,
    );
    assert_eq!(claims["client_id"], json!("machine"));
    assert!(claims["sub"].is_string(), "{claims}");
}

/// RFC 9700 §4.15: a client that is named like a person's `sub` must not become that person.
#[test]
fn s5_the_subject_of_a_client_never_is_a_persons() {
    let tokens = flow::tokens_for(SPA);
    let person = jwt::read(&tokens.access).1["sub"]
        .as_str()
        .expect("a sub")
        .to_owned();
    let log = refused(&format!(
        "[[client]]\nclient_id = \"{person}\"\nclient_secret = \"named-alike-0123456789abcdef0123456789\"\n\
         grant_types = [\"client_credentials\"]\ntoken_endpoint_auth_method = \"client_secret_basic\"\nscope = \"openid email\"\n"
    ));
    assert!(log.contains("client_id"), "{log}");
    let claims = jwt::read(
        &MACHINE
            .client_credentials(shared(), &[])
            .text("access_token"),
    )
    .1;
    assert_eq!(claims["sub"], json!("machine"));
}

#[test]
fn s4_an_id_token_is_no_access_token() {
    let tokens = flow::tokens_for(SPA);
    assert_eq!(
        http::get(&shared().url("/userinfo"))
            .bearer(tokens.id())
            .send()
            .status,
        401
    );
    assert!(!API.sees_active(shared(), tokens.id()));
}

#[test]
fn s4_a_refresh_token_is_no_access_token() {
    let tokens = flow::tokens_for(SPA);
    assert_eq!(
        http::get(&shared().url("/userinfo"))
            .bearer(tokens.refresh())
            .send()
            .status,
        401
    );
    SPA.refresh(shared(), &tokens.access)
        .assert_error(400, "invalid_grant");
}

/// RFC 9700 §2.3: userinfo is not what a token for another audience was made for.
#[test]
fn s4_a_token_for_another_audience_is_refused_at_userinfo() {
    let request = AuthorizationRequest::new(SPA)
        .with("resource", "https://api.example/")
        .with("scope", "openid email api:read");
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    let answer = http::get(&shared().url("/userinfo"))
        .bearer(&tokens.access)
        .send();
    assert!(matches!(answer.status, 401 | 403), "{answer:?}");
}

#[test]
fn s4_a_clients_own_token_has_no_userinfo() {
    let token = MACHINE
        .client_credentials(shared(), &[])
        .assert_ok()
        .text("access_token");
    let answer = http::get(&shared().url("/userinfo")).bearer(&token).send();
    assert!(matches!(answer.status, 401 | 403), "{answer:?}");
}
