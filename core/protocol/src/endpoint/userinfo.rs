//! The userinfo endpoint: OpenID Connect Core §5.3, tokens as RFC 6750 §2.1 and RFC 9449 §7.1 say and in no other way.
//!
//! In order: 1. GET or POST; 2. one `Authorization: Bearer` or `DPoP`, and no token anywhere else; 3. the token is ours and alive; 4. it is for
//! us; 5. scope `openid`; 6. the key that it is bound to ([`super::sender::present`]); 7. a sign-in as strong and as recent as the operator
//! asks (RFC 9470).

use super::{Call, protected_resource, sender};
use crate::acr;
use crate::claims;
use crate::claims_parameter;
use crate::grant::Grant;
use crate::http::Answer;
use crate::refusal::Refusal;
use crate::settings::Server;
use crate::time::UnixTime;
use crate::token::access;
use serde_json::{Map, Value};

/// Answers a request to `/userinfo`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    if let Some(answer) = call.request.turned_away("GET, POST, OPTIONS") {
        return answer;
    }
    match userinfo(call) {
        Ok(claims) => sender::with_nonce(call, Answer::json(200, &claims)).cors(),
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
    let (scheme, token) = call
        .request
        .header("authorization")
        .and_then(sender::credentials)
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
    let (_, grant) = live.grant.as_ref().ok_or(Refusal::TokenInvalid)?;
    sender::present(call, scheme, token, &live)?;
    if !is_enough(grant, call.server, call.now) {
        return Err(Refusal::InsufficientUserAuthentication);
    }
    let mut told = Map::new();
    told.insert("sub".to_owned(), Value::from(live.text("sub")));
    told.extend(claims::about(user, &live.scope));
    // What one client asked for by name is no other's, whoever got a token from its grant.
    if grant.client_id == live.text("client_id") {
        let by_name = claims_parameter::of_grant(grant.claims.as_ref());
        told.extend(claims_parameter::about(user, &by_name.userinfo));
    }
    Ok(told)
}

/// Whether the sign-in behind a grant is what the operator asks of it: as its methods count now, not as the token says they did.
fn is_enough(grant: &Grant, server: &Server, now: UnixTime) -> bool {
    let asked = &server.userinfo;
    let contexts = &server.authentication_contexts;
    let reaches = |acr: &String| acr::reaches(&grant.amr, acr, contexts);
    let strong = asked.acr_values.is_empty() || asked.acr_values.iter().any(reaches);
    // One that came by an assertion may not know when it was, and says the beginning of time.
    let age_s = now.since(grant.auth_time);
    strong && asked.max_age_s.is_none_or(|most| age_s <= u64::from(most))
}

/// What to ask the authorization endpoint for (RFC 9470 §3).
fn step_up(server: &Server) -> String {
    let asked = &server.userinfo;
    let acr_values = match asked.acr_values.join(" ") {
        none if none.is_empty() => String::new(),
        values => format!(", acr_values=\"{values}\""),
    };
    let max_age = asked.max_age_s.map_or(String::new(), |max_age_s| {
        format!(", max_age=\"{max_age_s}\"")
    });
    acr_values + &max_age
}

/// RFC 6750 §3: without credentials the challenge carries no error. RFC 9728 §5.1: it says where to learn more.
fn challenge(call: &Call<'_>, refusal: &Refusal) -> Answer {
    let (status, error) = refusal.on_the_wire();
    if status >= 500 {
        return Answer::refusal(refusal).cors();
    }
    let metadata = protected_resource::of_issuer(&call.server.issuer);
    let realm = format!("Bearer realm=\"OAuth\", resource_metadata=\"{metadata}\"");
    let error_of = |error: &str| format!(", error=\"{error}\"");
    let (status, bearer, dpop) = match refusal {
        Refusal::BearerTokenMissing => {
            let answer = Answer::empty(401).no_store();
            return challenges(call, answer, realm + ", scope=\"openid\"", "").cors();
        }
        Refusal::InsufficientScope(scope) => {
            let error = format!("{}, scope=\"{scope}\"", error_of(error));
            (status, error.clone(), error)
        }
        Refusal::InsufficientUserAuthentication => {
            let error = error_of(error) + &step_up(call.server);
            (status, error.clone(), error)
        }
        // RFC 9449 §7.1: what is wrong with the proof, or with the token that it goes with.
        Refusal::DpopProofInvalid(_)
        | Refusal::DpopProofMissing
        | Refusal::DpopNonceRequired(_) => (401, String::new(), error_of(error)),
        Refusal::DpopKeyMismatch => (401, String::new(), error_of("invalid_token")),
        // RFC 8705 §3.
        Refusal::CertificateMismatch => (401, error_of("invalid_token"), String::new()),
        _ => (status, error_of(error), error_of(error)),
    };
    let error = match refusal {
        Refusal::DpopKeyMismatch | Refusal::CertificateMismatch => "invalid_token",
        _ => error,
    };
    let body = serde_json::json!({ "error": error, "error_description": refusal.description() });
    let answer = challenges(call, Answer::json(status, &body), realm + &bearer, &dpop);
    let answer = match refusal {
        Refusal::DpopNonceRequired(nonce) => answer.with("dpop-nonce", nonce.clone()),
        _ => answer,
    };
    sender::with_nonce(call, answer).cors()
}

/// One challenge for each scheme that is on.
fn challenges(call: &Call<'_>, answer: Answer, bearer: String, dpop_error: &str) -> Answer {
    let answer = answer.with("www-authenticate", bearer);
    if call.server.dpop.enabled {
        answer.with("www-authenticate", sender::challenge() + dpop_error)
    } else {
        answer
    }
}
