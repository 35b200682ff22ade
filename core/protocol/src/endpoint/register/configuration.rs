//! The configuration endpoint of a client that registered itself: RFC 7592.
//!
//! In order: 1. registration is on; 2. GET, PUT or DELETE; 3. the registration access token, which says no more of a client that there is
//! than of one that there is not; 4. for a PUT the software statement, which who registered with one sends again; 5. what belongs to the server
//! is not in it; 6. the metadata and the policy, as at the registration; 7. one conditional write, with a new registration access token.

use super::{bearer, body, log, new_secret, new_token, read, refuse, told, voucher};
use crate::client::registration::{Said, room};
use crate::client::{self, AuthMethod, Client, ClientSecret, Trust, arrivals, is_client_id};
use crate::endpoint::Call;
use crate::http::Answer;
use crate::ports::StoreFailure;
use crate::refusal::Refusal;
use crate::settings::RegistrationMode;
use crate::store::{self, MAX_TRIES, Stored};
use serde_json::{Map, Value};

/// Answers a request to `/register/<client_id>`.
#[must_use]
pub fn manage(client_id: &str, call: &Call<'_>) -> Answer {
    if call.server.registration.mode == RegistrationMode::Off {
        return Answer::refusal(&Refusal::NotFound).cors();
    }
    if let Some(answer) = call.request.turned_away("GET, PUT, DELETE, OPTIONS") {
        return answer;
    }
    let answer = match call.request.method {
        "PUT" => change(client_id, call),
        "DELETE" => remove(client_id, call),
        _ => show(client_id, call),
    };
    answer.unwrap_or_else(|refusal| refuse(call, &refusal))
}

/// RFC 7592 §2.1
fn show(client_id: &str, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (stored, token) = own(client_id, call)?;
    Ok(told(call, 200, &stored.value, None, &token))
}

/// RFC 7592 §2.2
fn change(client_id: &str, call: &Call<'_>) -> Result<Answer, Refusal> {
    own(client_id, call)?;
    let plain = body(call)?;
    let from = call.request.client_address;
    let said = Said::in_request(&plain, from, call.server, call.now, call.host)?;
    for _ in 0..MAX_TRIES {
        let (old, _) = own(client_id, call)?;
        check_own_members(&plain, &old.value, call)?;
        check_statement(&said, &old.value)?;
        let made_up = (old.value.client_id.clone(), new_secret(call));
        let (mut client, mut secret) = read(call, &said, made_up)?;
        client.client_id_issued_at = old.value.client_id_issued_at;
        check_sector(&client, &old.value)?;
        if client.jwks_uri.is_some() && client.jwks_uri != old.value.jwks_uri {
            // One more place where we fetch something: counted, as a registration is.
            arrivals::admit(from, call.server, call.now, call.host)?;
        }
        // What was only hashed verifies no assertion.
        let can_keep = client.token_endpoint_auth_method != AuthMethod::ClientSecretJwt
            || old.value.token_endpoint_auth_method == AuthMethod::ClientSecretJwt;
        if secret.is_some() && can_keep && old.value.is_confidential() && !expires(&old.value) {
            // It keeps the secret that it has.
            (client.secrets, secret) = (old.value.secrets.clone(), None);
        }
        let token = new_token(call);
        client.registration = old
            .value
            .registration
            .map(|registration| registration.changed(&token, &said));
        let key = client::key(&client.client_id);
        match store::replace(call.host, &key, old.version, &client, client.kept_until()) {
            Ok(_) => {
                log(call, "client.changed", &client, &[voucher(&said)]);
                return Ok(told(call, 200, &client, secret.as_deref(), &token));
            }
            Err(StoreFailure::Conflict) => {} // Read again: perhaps the token is another now.
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

/// RFC 7592 §2.3. Without its record no token of the client is good: its codes and refresh tokens need it to authenticate, its
/// access tokens are refused by [`crate::token::access::verify`].
fn remove(client_id: &str, call: &Call<'_>) -> Result<Answer, Refusal> {
    for _ in 0..MAX_TRIES {
        let (stored, _) = own(client_id, call)?;
        match call
            .host
            .remove(&client::key(client_id), Some(stored.version))
        {
            Ok(()) => {}
            Err(StoreFailure::Conflict) => continue, // Read again: perhaps it was used.
            Err(failure) => return Err(failure.into()),
        }
        let registration = stored.value.registration.as_ref();
        if let Some(place) = registration.and_then(|it| it.unused_in.as_ref()) {
            room::give_back(place, call.host)?;
        }
        log(call, "client.removed", &stored.value, &[]);
        return Ok(Answer::empty(204).no_store().cors());
    }
    Err(Refusal::Contention)
}

/// The client whose registration access token came with the request, and that token. Nobody learns whether another client exists.
fn own(client_id: &str, call: &Call<'_>) -> Result<(Stored<Client>, String), Refusal> {
    let token = bearer(call)?.ok_or(Refusal::BearerTokenMissing)?;
    if !is_client_id(client_id) {
        return Err(Refusal::TokenInvalid);
    }
    let stored =
        store::get::<Client>(call.host, &client::key(client_id))?.ok_or(Refusal::TokenInvalid)?;
    let matches = stored.value.trust == Trust::Dynamic
        && stored
            .value
            .registration
            .as_ref()
            .is_some_and(|registration| registration.access_token.matches(token));
    if matches {
        Ok((stored, token.to_owned()))
    } else {
        Err(Refusal::TokenInvalid)
    }
}

/// RFC 7592 §2.2: the client names itself, and nothing that is the server's to say.
fn check_own_members(
    said: &Map<String, Value>,
    client: &Client,
    call: &Call<'_>,
) -> Result<(), Refusal> {
    let invalid = |why: &str| Err(Refusal::ClientMetadataInvalid(why.to_owned()));
    if said.get("client_id").and_then(Value::as_str) != Some(&client.client_id) {
        return invalid("client_id must be that of the client");
    }
    for name in [
        "registration_access_token",
        "registration_client_uri",
        "client_secret_expires_at",
        "client_id_issued_at",
    ] {
        if said.contains_key(name) {
            return invalid(&format!("{name} must not be sent (RFC 7592 2.2)"));
        }
    }
    let Some(secret) = said.get("client_secret") else {
        return Ok(());
    };
    let live = |kept: &&ClientSecret| kept.expires_at.is_none_or(|at| call.now < at);
    let own = secret.as_str().is_some_and(|secret| {
        client
            .secrets
            .iter()
            .filter(live)
            .fold(false, |found, kept| kept.sha256.matches(secret) | found)
    });
    if own {
        Ok(())
    } else {
        invalid("client_secret is not that of the client")
    }
}

/// Who was let in because somebody vouched for them does not go on without.
fn check_statement(said: &Said, old: &Client) -> Result<(), Refusal> {
    let registration = old.registration.as_ref();
    let was_vouched_for = registration.is_some_and(|it| it.software_statement.is_some());
    if was_vouched_for && said.statement().is_none() {
        return Err(Refusal::ClientMetadataInvalid(
            "software_statement must be sent again, or a newer one".to_owned(),
        ));
    }
    Ok(())
}

/// OpenID Connect Core §8.1. What a client was given where its answers went to a host of its own must not tell it the names of another's.
fn check_sector(client: &Client, old: &Client) -> Result<(), Refusal> {
    if client.sector_identifier.is_none() || client.sector_identifier == old.sector_identifier {
        return Ok(());
    }
    Err(Refusal::ClientMetadataInvalid(
        "the host of redirect_uris cannot change, nor can subject_type become `pairwise`: register anew".to_owned(),
    ))
}

/// Whether the secrets of a client expire, so that it is time for another.
fn expires(client: &Client) -> bool {
    client
        .secrets
        .iter()
        .all(|secret| secret.expires_at.is_some())
}
