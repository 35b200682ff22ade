//! The token endpoint: OAuth 2.1 §3.2.
//!
//! In order: 1. POST; 2. form encoding, no parameter twice; 3. client authentication; 4. the key that the sender shows
//! ([`super::sender`]); 5. the client's grant type; 6. the code, refresh token or other proof, its owner, its state; 7. resource and scope;
//! 8. the user; 9. the policy; 10. signatures; 11. one conditional write; 12. the answer. Nothing of the grant has changed before the
//! eleventh, so that a refused request leaves code and token usable.
//!
//! One module for each grant type, on what they share: [`of_grant`] for tokens from a [`Grant`](crate::grant::Grant), and
//! [`issuance`] for what all of them do at their end.

mod authorization_code;
mod client_credentials;
mod device_code;
pub(super) mod issuance;
mod jwt_bearer;
mod of_grant;
mod refresh_token;
mod token_exchange;

use super::Call;
use super::sender::{self, Sender};
use crate::client::authenticate::{
    AuthenticatedClient, Credentials, authenticate, by_refresh_token,
};
use crate::client::{Client, registration};
use crate::grant::{self, Presented};
use crate::http::Answer;
use crate::params::Params;
use crate::ports::Level;
use crate::refusal::Refusal;
use issuance::TokenResponse;

/// A token request whose client is known.
#[derive(Clone, Copy)]
struct TokenRequest<'a> {
    call: &'a Call<'a>,
    params: &'a Params,
    client: &'a AuthenticatedClient,
    sender: &'a Sender,
}

/// Answers a request to `/token`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    if let Some(answer) = call.request.turned_away("POST, OPTIONS") {
        return answer;
    }
    let mut client_id = String::new();
    match token(call, &mut client_id) {
        Ok(response) => sender::with_nonce(call, Answer::json(200, &response)).cors(),
        Err(refusal) => {
            call.log_refusal("token.refused", &refusal, &client_id);
            sender::with_nonce(call, Answer::refusal(&refusal)).cors()
        }
    }
}

fn token(call: &Call<'_>, client_id: &mut String) -> Result<TokenResponse, Refusal> {
    let params = call.request.form()?;
    let client = match named_by_refresh_token(call, &params)? {
        Some(client) => client,
        None => authenticate_client(call, &params)?,
    };
    client.client().client_id.clone_into(client_id);
    let grant_type = params.require("grant_type")?;
    let sender = Sender::of(call, client.client())?;
    let request = TokenRequest {
        call,
        params: &params,
        client: &client,
        sender: &sender,
    };
    let takes_details = ["authorization_code", "refresh_token", "client_credentials"];
    if params.get("authorization_details").is_some() && !takes_details.contains(&grant_type) {
        return Err(Refusal::AuthorizationDetailsInvalid(
            "is not for this grant type",
        ));
    }
    let response = match grant_type {
        "authorization_code" => authorization_code::issue(&request),
        "refresh_token" => refresh_token::issue(&request),
        "client_credentials" => client_credentials::issue(&request),
        "urn:ietf:params:oauth:grant-type:device_code" => device_code::issue(&request),
        "urn:ietf:params:oauth:grant-type:token-exchange" => token_exchange::issue(&request),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => jwt_bearer::issue(&request),
        // One arm for each module of `crate::grant`.
        _ => Err(Refusal::UnsupportedGrantType),
    }?;
    registration::used(client.client(), call.server, call.now, call.host);
    let fields = [
        ("client_id", client_id.as_str()),
        ("grant_type", grant_type),
        ("scope", &response.scope.to_string()),
    ];
    call.host.emit(Level::Info, "token.issued", &fields);
    Ok(response)
}

/// Authenticates the client; an `Authorization` header that comes twice or is not text counts as wrong.
pub(super) fn authenticate_client(
    call: &Call<'_>,
    params: &Params,
) -> Result<AuthenticatedClient, Refusal> {
    let header = call.request.header("authorization");
    if header.is_none() && call.request.has_header("authorization") {
        return Err(Refusal::ClientAuthenticationFailed { basic: true });
    }
    let credentials = Credentials {
        authorization: header,
        certificate: call.request.client_certificate,
        body: params,
        client_address: call.request.client_address,
    };
    authenticate(&credentials, call.server, call.now, call.host)
}

/// The public client that refreshes without naming itself, if this is such a request.
fn named_by_refresh_token(
    call: &Call<'_>,
    params: &Params,
) -> Result<Option<AuthenticatedClient>, Refusal> {
    if call.request.has_header("authorization") {
        return Ok(None);
    }
    by_refresh_token(params, call.host)
}

/// A code or refresh token that came back: whoever has it, the grant is no longer safe (RFC 6749 §4.1.2, RFC 9700 §4.14.2).
fn revoke_on_replay(
    call: &Call<'_>,
    refusal: &Refusal,
    presented: &Presented<'_>,
    client: &Client,
) {
    if !matches!(
        refusal,
        Refusal::CodeReplayed | Refusal::RefreshTokenReplayed
    ) {
        return;
    }
    let outcome = match grant::revoke(presented.grant_id, call.host) {
        Ok(()) => "revoked",
        Err(_) => "the store failed; the next replay tries again",
    };
    let fields = [
        ("reason", format!("{refusal:?}")),
        ("client_id", client.client_id.clone()),
        ("grant", outcome.to_owned()),
    ];
    let fields = fields
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    call.host.emit(Level::Warning, "grant.replayed", &fields);
}
