//! What a backend of Convex asks of its issuer: both kinds of entry of its `auth.config.ts`, by the rules of its own verifier.
//!
//! An OIDC entry is verified with the crate `openidconnect` 4, as Convex does; a `customJwt` entry by the rules written down
//! here. `docs/recipes/convex.md` tells which tokens to send.

use crate::harness::client::{CONVEX, SPA};
use crate::harness::flow::{self, Tokens};
use crate::harness::http;
use crate::harness::jwt;
use crate::harness::server::shared;
use jsonwebtoken::Algorithm;
use openidconnect::core::{CoreIdToken, CoreJwsSigningAlgorithm, CoreProviderMetadata};
use openidconnect::{ClientId, IssuerUrl, Nonce};
use serde_json::Value;
use std::str::FromStr as _;

/// What it requests over the network must not be ours to shape: the same exchange as in `third_party`.
use super::third_party::exchange;

fn convex_tokens() -> Tokens {
    flow::tokens_for(CONVEX)
}

/// `{ domain, applicationID }`: discovery at every verification, RS256 or `EdDSA` alone, no nonce.
fn oidc_entry(token: &str, application_id: &str) -> Result<Value, String> {
    // It picks the entry by the unverified `iss` and `aud`.
    let (_, unverified) = jwt::read(token);
    let issuer = unverified["iss"].as_str().ok_or("no iss")?;
    if issuer.trim_end_matches('/') != shared().issuer.trim_end_matches('/') {
        return Err(String::from("another issuer"));
    }
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|error| error.to_string())?;
    let metadata = CoreProviderMetadata::discover(&issuer, &exchange)
        .map_err(|error| format!("discovery: {error}"))?;
    let verifier = openidconnect::core::CoreIdTokenVerifier::new_public_client(
        ClientId::new(application_id.to_owned()),
        issuer,
        metadata.jwks().clone(),
    )
    .set_allowed_algs([
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::EdDsa,
    ]);
    let token = CoreIdToken::from_str(token).map_err(|error| error.to_string())?;
    let claims = token
        .claims(&verifier, |_: Option<&Nonce>| Ok(()))
        .map_err(|error| error.to_string())?;
    serde_json::to_value(claims).map_err(|error| error.to_string())
}

/// `{ type: "customJwt", issuer, jwks, algorithm, applicationID }`
fn custom_jwt_entry(
    token: &str,
    algorithm: Algorithm,
    application_id: &str,
) -> Result<Value, String> {
    let jwks_uri = shared().endpoint("jwks_uri");
    let answer = http::get(&jwks_uri).send();
    let kind = answer.header("content-type").unwrap_or_default();
    let kinds = [
        "application/json",
        "application/json; charset=utf-8",
        "application/jwk-set+json",
        "application/jwk-set+json; charset=utf-8",
    ];
    if answer.status != 200 || !kinds.contains(&kind) {
        return Err(format!("the JWK Set is {} {kind}", answer.status));
    }
    let (header, claims) = jwt::read(token);
    if header["kid"].as_str().is_none_or(str::is_empty) {
        return Err(String::from("no kid"));
    }
    if header["alg"] != format!("{algorithm:?}") {
        return Err(format!("alg is {}", header["alg"]));
    }
    for claim in ["iat", "exp"] {
        if claims[claim].as_u64().is_none() {
            return Err(format!("no {claim}: its browser client cannot schedule"));
        }
    }
    Ok(jwt::verify(
        token,
        &answer.json(),
        &shared().issuer,
        application_id,
        algorithm,
    ))
}

#[test]
fn an_oidc_entry_takes_the_id_token() {
    let tokens = convex_tokens();
    let claims = oidc_entry(tokens.id(), CONVEX.id).expect("an ID token that Convex takes");
    assert_eq!(claims["iss"], shared().issuer);
    assert!(claims["email"].is_string(), "{claims}");
}

#[test]
fn an_oidc_entry_takes_the_id_token_of_a_refresh() {
    let tokens = convex_tokens();
    let refreshed = Tokens::of(&CONVEX.refresh(shared(), tokens.refresh()));
    let before = oidc_entry(tokens.id(), CONVEX.id).expect("claims");
    let after = oidc_entry(refreshed.id(), CONVEX.id).expect("claims");
    // `tokenIdentifier` is issuer and subject: a new one would be a new person.
    assert_eq!(
        (&before["iss"], &before["sub"]),
        (&after["iss"], &after["sub"])
    );
}

#[test]
fn an_oidc_entry_refuses_tokens_of_other_applications() {
    let tokens = flow::tokens_for(SPA);
    assert!(oidc_entry(tokens.id(), CONVEX.id).is_err());
}

/// ES256 is refused there, and so is the `typ` of RFC 9068.
#[test]
fn an_oidc_entry_does_not_take_the_access_token() {
    let tokens = convex_tokens();
    let refused = oidc_entry(&tokens.access, CONVEX.id).expect_err("an access token");
    assert!(
        refused.contains("at+jwt") || refused.contains("not allowed"),
        "{refused}"
    );
}

#[test]
fn a_custom_jwt_entry_takes_the_access_token() {
    let tokens = convex_tokens();
    let claims = custom_jwt_entry(&tokens.access, Algorithm::ES256, CONVEX.id)
        .expect("an access token that Convex takes");
    assert_eq!(claims["aud"], CONVEX.id);
    assert_eq!(claims["properties"]["id"], claims["sub"]);
}

#[test]
fn a_custom_jwt_entry_takes_the_id_token_too() {
    let tokens = convex_tokens();
    custom_jwt_entry(tokens.id(), Algorithm::RS256, CONVEX.id).expect("an ID token that it takes");
}

/// Its browser client schedules the next token by `iat` and `exp`: they are those of the token, and more than two seconds apart.
#[test]
fn lifetimes_are_what_the_browser_client_can_schedule() {
    let tokens = convex_tokens();
    for token in [tokens.id(), &tokens.access] {
        let (_, claims) = jwt::read(token);
        let (iat, exp) = (claims["iat"].as_u64(), claims["exp"].as_u64());
        let lifetime = exp.expect("exp") - iat.expect("iat");
        assert!((300..=3600).contains(&lifetime), "{lifetime} s");
    }
}
