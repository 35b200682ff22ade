//! The introspection endpoint: RFC 7662, answers as JWTs: RFC 9701.
//!
//! In order: 1. POST, form encoding; 2. client authentication, confidential clients only (§2.1); 3. is the token ours and alive; 4. may this
//! caller know: its own tokens, and those for a resource whose server it is. Anything else is `{"active": false}` and no more (§2.2).

use super::Call;
use super::token::authenticate_client;
use crate::client::{Client, SigningAlg};
use crate::grant;
use crate::http::{Answer, Body};
use crate::pairwise;
use crate::params::Params;
use crate::refusal::Refusal;
use crate::resource;
use crate::token::access::{self, LiveToken};
use crate::token::jwt;
use crate::user;
use serde_json::{Map, Value, json};

/// RFC 9701 §4
const JWT_MEDIA_TYPE: &str = "application/token-introspection+jwt";
/// RFC 9701 §5: no other JWT has it, so that none is taken for such an answer.
const JWT_TYP: &str = "token-introspection+jwt";

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
        Ok((caller, told)) => answer(call, &caller, told).unwrap_or_else(|refusal| {
            call.log_refusal("introspection.refused", &refusal, &caller.client_id);
            Answer::refusal(&refusal)
        }),
        Err(refusal) => {
            call.log_refusal("introspection.refused", &refusal, "");
            Answer::refusal(&refusal)
        }
    }
}

/// The answer in the form that the caller asks for: JSON, or a JWT for this caller alone (RFC 9701 §5).
fn answer(
    call: &Call<'_>,
    caller: &Client,
    told: Option<Map<String, Value>>,
) -> Result<Answer, Refusal> {
    let told = told.map_or_else(|| json!({ "active": false }), Value::Object);
    if !accepts_jwt(call.request.header("accept")) {
        return Ok(Answer::json(200, &told));
    }
    let claims = json!({
        "iss": call.server.issuer,
        "aud": caller.client_id,
        "iat": call.now,
        "token_introspection": told,
    });
    let alg = caller
        .introspection_signed_response_alg
        .unwrap_or_else(|| default_alg(call));
    let jwt = jwt::sign(JWT_TYP, alg, &claims, call.host)?;
    Ok(Answer {
        status: 200,
        headers: Vec::new(),
        body: Body::Typed(JWT_MEDIA_TYPE, jwt),
    }
    .no_store())
}

/// What RFC 9701 §6 says of whoever registered nothing; where there are no keys for that, what every server here signs by.
fn default_alg(call: &Call<'_>) -> SigningAlg {
    if call.server.signing_algs.contains(&SigningAlg::Rs256) {
        SigningAlg::Rs256
    } else {
        SigningAlg::Es256
    }
}

/// Whether `Accept` names the media type of RFC 9701 §4, and not only to refuse it (`q=0`, RFC 9110 §12.4.2).
fn accepts_jwt(accept: Option<&str>) -> bool {
    accept.unwrap_or_default().split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let named = parts
            .next()
            .is_some_and(|name| name.eq_ignore_ascii_case(JWT_MEDIA_TYPE));
        let refused = |parameter: &str| {
            parameter
                .strip_prefix("q=")
                .or_else(|| parameter.strip_prefix("Q="))
                .is_some_and(|weight| weight.bytes().all(|b| matches!(b, b'0' | b'.')))
        };
        named && !parts.any(refused)
    })
}

fn introspect(call: &Call<'_>) -> Result<(Client, Option<Map<String, Value>>), Refusal> {
    let params: Params = call.request.form()?;
    let caller = authenticate_client(call, &params)?;
    let caller = caller.confidential()?;
    let told = tell_of(call, params.require("token")?, caller)?;
    Ok((caller.clone(), told))
}

fn tell_of(
    call: &Call<'_>,
    token: &str,
    caller: &Client,
) -> Result<Option<Map<String, Value>>, Refusal> {
    if access::looks_like_one(token) {
        match access::verify(token, call.server, call.now, call.host) {
            Ok(live) if may_know(call, &caller.client_id, &live) => Ok(Some(tell(&live))),
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
    caller: &Client,
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
        || grant.client_id != caller.client_id
        || !caller.was_there(grant.created_at)
        || call.now >= refresh.expires_at
        || grant.stands(user.as_ref()).is_err()
    {
        return Ok(None);
    }
    let told = json!({
        "active": true,
        "token_type": "refresh_token",
        "client_id": grant.client_id,
        "sub": pairwise::sub(caller, &grant.sub, call.host)?,
        "scope": grant.scope,
        "iss": call.server.issuer,
        "iat": refresh.issued_at,
        "exp": refresh.expires_at,
    });
    Ok(told.as_object().cloned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc9701_s4_the_caller_asks_for_a_jwt_by_its_media_type() {
        for (accept, jwt) in [
            ("application/token-introspection+jwt", true),
            ("Application/Token-Introspection+JWT", true),
            (
                "application/json;q=0.5, application/token-introspection+jwt; q=0.1",
                true,
            ),
            ("application/token-introspection+jwt;q=0", false),
            ("application/token-introspection+jwt;q=0.000", false),
            ("application/json", false),
            ("application/jwt", false),
            ("*/*", false),
            ("", false),
        ] {
            assert_eq!(accepts_jwt(Some(accept)), jwt, "{accept}");
        }
        assert!(!accepts_jwt(None));
    }
}
