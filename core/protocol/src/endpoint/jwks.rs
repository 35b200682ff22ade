//! The JWK Set: RFC 7517 §5.

use super::Call;
use crate::http::{Answer, Body};
use crate::refusal::Refusal;

/// How long others may keep it, seconds. New keys are published long before they sign, so that this is never too long.
pub const MAX_AGE_S: u32 = 300;

/// Answers a request to `/.well-known/jwks.json`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    if let Some(answer) = call.request.turned_away("GET, HEAD, OPTIONS") {
        return answer;
    }
    match call.host.jwks() {
        // `application/json`: some relying parties take nothing else.
        Ok(jwks) => Answer {
            status: 200,
            headers: Vec::new(),
            body: Body::Json(jwks),
        }
        .with("cache-control", format!("public, max-age={MAX_AGE_S}"))
        .cors(),
        Err(failure) => {
            let refusal = Refusal::from(failure);
            call.log_refusal("jwks.refused", &refusal, "");
            Answer::refusal(&refusal).cors()
        }
    }
}
