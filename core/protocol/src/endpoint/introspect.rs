//! The introspection endpoint: RFC 7662.
//!
//! In order: 1. POST, form encoding; 2. client authentication, confidential clients only (§2.1); 3. is the token ours and alive; 4. may this
//! caller know: its own tokens, and those for a resource whose server it is. Anything else is `{"active": false}` and no more (§2.2).

use super::Call;
use super::token::authenticate_client;
use crate::grant;
use crate::http::Answer;
use crate::params::Params;
use crate::refusal::Refusal;
use crate::resource;
use crate::token::access::{self, LiveToken};
use crate::user;
use serde_json::{Map, Value, json};

/// Claims of an access token that introspection tells (§2.2, RFC 9068 §2.2).
const TOLD: [&str; 13] = [
    "iss",
    "sub",
    "aud",
    "client_id",
    "iat",
    "exp",
    "jti",
    "auth_time",
    "amr",
    "acr",
    "cnf",
    "act",
    "authorization_details",
];

/// Answers a request to `/introspect`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    if call.request.method != "POST" {
        return Answer::refusal(&Refusal::WrongMethod { allow: "POST" });
    }
    match introspect(call) {
        Ok(Some(told)) => Answer::json(200, &told),
        Ok(None) => Answer::json(200, &json!({ "active": false })),
        Err(refusal) => {
            call.log_refusal("introspection.refused", &refusal, "");
            Answer::refusal(&refusal)
        }
    }
}

fn introspect(call: &Call<'_>) -> Result<Option<Map<String, Value>>, Refusal> {
    let params: Params = call.request.form()?;
    let caller = authenticate_client(call, &params)?;
    let caller = caller.confidential()?.client_id.as_str();
    let token = params.require("token")?;
    if access::looks_like_jwt(token) {
        match access::verify(token, call.server, call.now, call.host) {
            Ok(live) if may_know(call, caller, &live) => Ok(Some(tell(&live))),
            Ok(_) | Err(Refusal::TokenInvalid) => Ok(None),
            Err(refusal) => Err(refusal),
        }
    } else {
        refresh_token(call, token, caller)
    }
}

/// The client to which it was issued, or the server of a resource that it is for.
fn may_know(call: &Call<'_>, caller: &str, live: &LiveToken) -> bool {
    let serves = |uri: &str| {
        resource::declared(uri, call.host)
            .is_some_and(|resource| resource.introspection_clients.iter().any(|id| id == caller))
    };
    live.text("client_id") == caller || live.audiences().any(serves)
}

fn tell(live: &LiveToken) -> Map<String, Value> {
    let mut told = Map::new();
    told.insert("active".to_owned(), Value::from(true));
    let confirmation = live.confirmation().ok().flatten();
    let token_type = access::token_type(confirmation.as_ref());
    told.insert("token_type".to_owned(), Value::from(token_type));
    told.insert("scope".to_owned(), Value::from(live.scope.to_string()));
    for name in TOLD {
        if let Some(value) = live.claims.get(name) {
            told.insert(name.to_owned(), value.clone());
        }
    }
    told
}

/// A refresh token is told of to its own client only.
fn refresh_token(
    call: &Call<'_>,
    token: &str,
    caller: &str,
) -> Result<Option<Map<String, Value>>, Refusal> {
    let Some(presented) = grant::parse_refresh_token(token) else {
        return Ok(None);
    };
    let Some(grant) = grant::find(presented.grant_id, call.host)?.map(|stored| stored.value) else {
        return Ok(None);
    };
    let Some(refresh) = &grant.refresh else {
        return Ok(None);
    };
    let genuine =
        refresh.family_sha256.matches(presented.family) && refresh.sha256.matches(presented.secret);
    let user = user::find(&grant.sub, call.host)?.map(|stored| stored.value);
    if !genuine
        || grant.client_id != caller
        || call.now >= refresh.expires_at
        || grant.stands(user.as_ref()).is_err()
    {
        return Ok(None);
    }
    let told = json!({
        "active": true,
        "token_type": "refresh_token",
        "client_id": grant.client_id,
        "sub": grant.sub,
        "scope": grant.scope,
        "iss": call.server.issuer,
        "iat": refresh.issued_at,
        "exp": refresh.expires_at,
    });
    Ok(told.as_object().cloned())
}
