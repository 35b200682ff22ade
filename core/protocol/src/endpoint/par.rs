//! The pushed authorization request endpoint: RFC 9126 §2.
//!
//! In order: 1. POST; 2. form encoding, no parameter twice; 3. client authentication, as at the token endpoint; 4. no `request_uri` inside;
//! a request object, if there is one ([`crate::request_object`]);
//! 5. the key that the code is to be bound to, if one is shown (RFC 9449 §10.1); 6. every check of an authorization request that needs no
//! person, [`crate::authorization`]; 7. how much one network may push; 8. one record; 9. its name.

use super::Call;
use super::sender::{self, Sender};
use super::token::authenticate_client;
use crate::authorization::{self, By};
use crate::client::Client;
use crate::grant::Confirmation;
use crate::http::Answer;
use crate::login;
use crate::params::Params;
use crate::ports::Level;
use crate::pushed;
use crate::refusal::Refusal;
use crate::request_object;
use serde_json::{Value, json};

/// Answers a request to `/par`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    if !call.server.pushed_authorization_requests.enabled {
        return Answer::refusal(&Refusal::NotFound).cors();
    }
    if let Some(answer) = call.request.turned_away("POST, OPTIONS") {
        return answer;
    }
    let mut client_id = String::new();
    match push(call, &mut client_id) {
        Ok(told) => sender::with_nonce(call, Answer::json(201, &told)).cors(),
        Err(refusal) => {
            call.log_refusal("authorization.push_refused", &refusal, &client_id);
            sender::with_nonce(call, Answer::refusal(&refusal)).cors()
        }
    }
}

/// A proof at the push stands for `dpop_jkt` (RFC 9449 §10.1); both must name one key.
fn bound(call: &Call<'_>, client: &Client, params: Params) -> Result<(Params, Sender), Refusal> {
    if !call.request.has_header("dpop") {
        return Ok((params, Sender::default()));
    }
    let sender = Sender::of(call, client)?;
    let params = match (sender.confirmation(), params.get("dpop_jkt")) {
        (Some(Confirmation::Jkt(shown)), Some(named)) if shown != named => {
            return Err(Refusal::MalformedParameter("dpop_jkt"));
        }
        (Some(Confirmation::Jkt(shown)), None) => params.and("dpop_jkt", shown),
        _ => params,
    };
    Ok((params, sender))
}

fn push(call: &Call<'_>, client_id: &mut String) -> Result<Value, Refusal> {
    let params = call.request.form()?;
    let client = authenticate_client(call, &params)?;
    let client = client.client();
    client.client_id.clone_into(client_id);
    if params.get("request_uri").is_some() {
        return Err(Refusal::MalformedParameter("request_uri"));
    }
    let unpacked = request_object::unpack(&params, client, call.server, call.now, call.host)?;
    let (params, sender) = bound(call, client, unpacked.params.clone())?;
    authorization::check(client.clone(), &params, By::Push, call.server, call.host)
        .map_err(|refused| refused.refusal)?;
    if pushed::is_counted(client) {
        login::admit("pushes", call)?;
    }
    sender.spend(call)?;
    unpacked.spend(call.host)?;
    let request_uri = pushed::push(client, &params, call.server, call.now, call.host)?;
    call.host.emit(
        Level::Info,
        "authorization.pushed",
        &[("client_id", client_id)],
    );
    Ok(json!({
        "request_uri": request_uri,
        "expires_in": call.server.pushed_authorization_requests.lifetime_s,
    }))
}
