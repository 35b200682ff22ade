//! The revocation endpoint: RFC 7009.
//!
//! In order: 1. POST, form encoding; 2. client authentication; 3. whose token it is: another client's stays as it is; 4. a refresh token takes
//! its whole grant along, an access token itself and what was made of it (RFC 8693): it is noted as revoked until it would have expired,
//! and an opaque one is gone. An unknown token is answered as a revoked one (§2.2), an ID token by `unsupported_token_type`.

use super::Call;
use super::token::authenticate_client;
use crate::client::Client;
use crate::grant;
use crate::http::Answer;
use crate::ports::Level;
use crate::refusal::Refusal;
use crate::token::{access, id};

/// Answers a request to `/revoke`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    if let Some(answer) = call.request.turned_away("POST, OPTIONS") {
        return answer;
    }
    match revoke(call) {
        Ok(()) => Answer::empty(200).no_store().cors(),
        Err(refusal) => {
            call.log_refusal("revocation.refused", &refusal, "");
            Answer::refusal(&refusal).cors()
        }
    }
}

fn revoke(call: &Call<'_>) -> Result<(), Refusal> {
    let params = call.request.form()?;
    let client = authenticate_client(call, &params)?;
    let token = params.require("token")?;
    // Nothing would come of it: whoever is shown one never asks us (§2.2.1).
    match id::hint(token, call.server, call.host) {
        Ok(_) => return Err(Refusal::UnsupportedTokenType),
        Err(Refusal::HintInvalid) => {}
        Err(refusal) => return Err(refusal),
    }
    // The token's own form says what it is; `token_type_hint` could only say it wrongly (§2.1).
    let revoked = if access::looks_like_one(token) {
        access::revoke(token, &client.client().client_id, call.host)?
    } else {
        revoke_refresh_token(call, token, client.client())?
    };
    if revoked {
        call.host.emit(
            Level::Info,
            "token.revoked",
            &[("client_id", &client.client().client_id)],
        );
    }
    Ok(())
}

fn revoke_refresh_token(call: &Call<'_>, token: &str, client: &Client) -> Result<bool, Refusal> {
    let Some(presented) = grant::parse_refresh_token(token) else {
        return Ok(false);
    };
    let Some(stored) = grant::find(presented.grant_id, call.host)? else {
        return Ok(false);
    };
    // Any token of the family will do, also one rotated since: the client wants it over.
    let of_family = stored
        .value
        .refresh
        .as_ref()
        .is_some_and(|refresh| refresh.family_sha256.matches(presented.family));
    if !of_family || stored.value.client_id != client.client_id {
        return Ok(false);
    }
    grant::revoke(presented.grant_id, call.host)?;
    Ok(true)
}
