//! The userinfo endpoint: OpenID Connect Core §5.3, bearer tokens as RFC 6750 §2.1 says and in no other way.
//!
//! In order: 1. GET or POST; 2. one `Authorization: Bearer`, and no token anywhere else; 3. the token is ours and alive; 4. it is for us;
//! 5. scope `openid`.

use super::{Call, protected_resource};
use crate::claims;
use crate::http::Answer;
use crate::refusal::Refusal;
use crate::token::access;
use serde_json::{Map, Value};

const METHODS: &str = "GET, POST, OPTIONS";

/// Answers a request to `/userinfo`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    match call.request.method {
        "GET" | "HEAD" | "POST" => {}
        "OPTIONS" => return Answer::preflight(METHODS),
        _ => return Answer::refusal(&Refusal::WrongMethod { allow: METHODS }).cors(),
    }
    match userinfo(call) {
        Ok(claims) => Answer::json(200, &claims).cors(),
        Err(refusal) => {
            call.log_refusal("userinfo.refused", &refusal, "");
            challenge(call, &refusal)
        }
    }
}

fn userinfo(call: &Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let in_body = call
        .request
        .form()
        .is_ok_and(|form| form.get("access_token").is_some());
    if in_body || call.request.query()?.get("access_token").is_some() {
        return Err(Refusal::BearerTokenMisplaced);
    }
    let token = call
        .request
        .header("authorization")
        .and_then(bearer)
        .ok_or(Refusal::BearerTokenMissing)?;
    let live = access::verify(token, call.server, call.now, call.host)?;
    // A token for another resource is not for us: who was sent it there must not ask here with it (RFC 9068 §4).
    if !live.is_for(&call.server.issuer) {
        return Err(Refusal::TokenInvalid);
    }
    if !live.scope.has("openid") {
        return Err(Refusal::InsufficientScope("openid"));
    }
    let user = live.user.as_ref().ok_or(Refusal::TokenInvalid)?;
    let mut told = Map::new();
    told.insert("sub".to_owned(), Value::from(user.sub.as_str()));
    told.extend(claims::about(user, &live.scope));
    Ok(told)
}

/// The token of a `Bearer` header (RFC 6750 §2.1).
fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.trim())
}

/// RFC 6750 §3: without credentials the challenge carries no error. RFC 9728 §5.1: it says where to learn more.
fn challenge(call: &Call<'_>, refusal: &Refusal) -> Answer {
    let (status, error) = refusal.on_the_wire();
    if status >= 500 {
        return Answer::refusal(refusal).cors();
    }
    let metadata = protected_resource::of_issuer(&call.server.issuer);
    let realm = format!("Bearer realm=\"OAuth\", resource_metadata=\"{metadata}\"");
    let challenge = match refusal {
        Refusal::BearerTokenMissing => {
            return Answer::empty(401)
                .no_store()
                .with("www-authenticate", format!("{realm}, scope=\"openid\""))
                .cors();
        }
        Refusal::InsufficientScope(scope) => {
            format!("{realm}, error=\"{error}\", scope=\"{scope}\"")
        }
        _ => format!("{realm}, error=\"{error}\""),
    };
    let body = serde_json::json!({ "error": error, "error_description": refusal.description() });
    Answer::json(status, &body)
        .with("www-authenticate", challenge)
        .cors()
}
