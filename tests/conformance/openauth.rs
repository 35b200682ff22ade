//! What the client library of `OpenAuth` sends, on every host. The library itself runs in `tests/clients`.

use crate::harness::client::{CONVEX, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http::{self, Response};
use crate::harness::jwt;
use crate::harness::server::shared;
use jsonwebtoken::Algorithm;

fn unnamed_refresh(refresh_token: &str) -> Response {
    http::post(&shared().url("/token"))
        .form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh_token),
        ])
        .send()
}

/// It names no scope, and no client when it refreshes.
#[test]
fn a_refresh_token_alone_names_its_public_client() {
    let request = AuthorizationRequest::new(CONVEX).without("scope");
    let first = request.tokens(shared(), &mut flow::signed_in());
    let refreshed = Tokens::of(&unnamed_refresh(first.refresh()));
    let claims = jwt::verify(
        &refreshed.access,
        &shared().jwks(),
        &shared().issuer,
        CONVEX.id,
        Algorithm::ES256,
    );
    assert_eq!(claims["client_id"], CONVEX.id);
    assert_eq!(claims["mode"], "access");
    assert_eq!(claims["type"], "user");
    assert_eq!(claims["properties"]["id"], claims["sub"]);
    let again = Tokens::of(&unnamed_refresh(first.refresh()));
    assert_eq!(
        again.refresh(),
        refreshed.refresh(),
        "inside the window the successor is the same"
    );
}

#[test]
fn a_refresh_token_of_any_other_client_names_nobody() {
    let tokens = flow::tokens_for(SPA);
    unnamed_refresh(tokens.refresh()).assert_error(401, "invalid_client");
    SPA.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn a_dead_refresh_token_is_invalid_grant() {
    let tokens = flow::tokens_for(CONVEX);
    CONVEX.revoke(shared(), tokens.refresh()).assert_ok();
    unnamed_refresh(tokens.refresh()).assert_error(400, "invalid_grant");
    unnamed_refresh("usr_someone:0123456789").assert_error(401, "invalid_client");
}

#[test]
fn an_empty_verifier_is_none_and_does_not_do_without_pkce() {
    let request = AuthorizationRequest::new(CONVEX);
    let code = request.code(shared(), &mut flow::signed_in());
    let mut fields = request.redemption(&code);
    fields.retain(|(name, _)| *name != "code_verifier");
    fields.push(("code_verifier", ""));
    CONVEX
        .token(shared(), &fields)
        .assert_error(400, "invalid_grant");
    request.redeem(shared(), &code).assert_ok();
}
