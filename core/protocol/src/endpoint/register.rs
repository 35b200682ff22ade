//! The registration endpoint: RFC 7591, and below it the configuration endpoint of each client that used it: RFC 7592.
//!
//! Registration, in order: 1. registration is on; 2. POST, JSON of at most 64 KiB; 3. the initial access token, which mode `token` demands;
//! 4. the metadata ([`crate::client::registration`]); 5. the policy; 6. how many this network and all together registered; 7. the initial
//! access token is used up; 8. one record.
//!
//! Configuration, in order: 1. registration is on; 2. GET, PUT or DELETE; 3. the registration access token, which says no more of a client
//! that there is than of one that there is not; 4. for a PUT as above from 4 on, and what belongs to the server is not in it; 5. one
//! conditional write, with a new registration access token.

use super::Call;
use crate::client::initial_access::{self, Admission};
use crate::client::registration::{self, MAX_BODY, MAX_DEPTH, Offer, Registration};
use crate::client::{
    self, AuthMethod, Client, ClientSecret, Trust, client_secret_jwt, is_client_id,
};
use crate::http::Answer;
use crate::login::network_of;
use crate::policy;
use crate::ports::{Level, StoreFailure};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::{SecretHash, random_secret};
use crate::settings::RegistrationMode;
use crate::store::{self, MAX_TRIES, Stored};
use crate::strict_json;
use serde_json::{Map, Value, json};
use std::net::IpAddr;

/// Starts every registration access token.
const TOKEN_PREFIX: &str = "dwm_";
/// Starts every client secret that we make up.
const SECRET_PREFIX: &str = "dws_";

/// An hour in seconds.
const HOUR_S: u64 = 3_600;

/// Answers a request to `/register`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    const METHODS: &str = "POST, OPTIONS";
    if call.server.registration.mode == RegistrationMode::Off {
        return Answer::refusal(&Refusal::NotFound).cors();
    }
    match call.request.method {
        "POST" => {}
        "OPTIONS" => return Answer::preflight(METHODS),
        _ => return Answer::refusal(&Refusal::WrongMethod { allow: METHODS }).cors(),
    }
    register(call).unwrap_or_else(|refusal| refuse(call, &refusal))
}

fn register(call: &Call<'_>) -> Result<Answer, Refusal> {
    let said = body(call)?;
    let admission = admission(call)?;
    let made_up = (registration::new_id(call.host), new_secret(call));
    let (mut client, secret) = read(call, &said, made_up)?;
    let token = new_token(call);
    client.registration = Some(Registration::new(&token, call.server, call.now));
    match admission {
        Some(admission) => admission.take(call.host)?,
        None => count(call)?,
    }
    let key = client::key(&client.client_id);
    store::insert(call.host, &key, &client, client.kept_until())?;
    log(call, "client.registered", &client);
    Ok(told(call, 201, &client, secret.as_deref(), &token))
}

/// Answers a request to `/register/<client_id>`.
#[must_use]
pub fn manage(client_id: &str, call: &Call<'_>) -> Answer {
    const METHODS: &str = "GET, PUT, DELETE, OPTIONS";
    if call.server.registration.mode == RegistrationMode::Off {
        return Answer::refusal(&Refusal::NotFound).cors();
    }
    let answer = match call.request.method {
        "GET" | "HEAD" => show(client_id, call),
        "PUT" => change(client_id, call),
        "DELETE" => remove(client_id, call),
        "OPTIONS" => return Answer::preflight(METHODS),
        _ => return Answer::refusal(&Refusal::WrongMethod { allow: METHODS }).cors(),
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
    let said = body(call)?;
    for _ in 0..MAX_TRIES {
        let (old, _) = own(client_id, call)?;
        check_own_members(&said, &old.value, call)?;
        let made_up = (old.value.client_id.clone(), new_secret(call));
        let (mut client, mut secret) = read(call, &said, made_up)?;
        client.client_id_issued_at = old.value.client_id_issued_at;
        check_sector(&client, &old.value)?;
        // What was only hashed verifies no assertion.
        let can_keep = client.token_endpoint_auth_method != AuthMethod::ClientSecretJwt
            || old.value.token_endpoint_auth_method == AuthMethod::ClientSecretJwt;
        if secret.is_some() && can_keep && old.value.is_confidential() && !expires(&old.value) {
            // It keeps the secret that it has.
            (client.secrets, secret) = (old.value.secrets.clone(), None);
        }
        let token = new_token(call);
        client.registration = old.value.registration.map(|registration| Registration {
            access_token: SecretHash::of(&token),
            ..registration
        });
        let key = client::key(&client.client_id);
        match store::replace(call.host, &key, old.version, &client, client.kept_until()) {
            Ok(_) => {
                log(call, "client.changed", &client);
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
    let (stored, _) = own(client_id, call)?;
    call.host.remove(&client::key(client_id), None)?;
    log(call, "client.removed", &stored.value);
    Ok(Answer::empty(204).no_store().cors())
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

/// The client that metadata describes, as far as the policy lets it be.
fn read(
    call: &Call<'_>,
    said: &Map<String, Value>,
    made_up: (String, String),
) -> Result<registration::Read, Refusal> {
    let offer = Offer::to_dynamic_clients(call.server, call.host);
    let (mut client, secret) = registration::read(said, &offer, made_up, call.now)?;
    let days = u64::from(call.server.registration.client_secret_days);
    if days > 0 {
        let ends = call.now.plus(days.saturating_mul(86_400));
        for secret in &mut client.secrets {
            secret.expires_at = Some(ends);
        }
    }
    client_secret_jwt::keep(&mut client, secret.as_deref(), call.host)?;
    let input = policy::Input {
        stage: "registration".to_owned(),
        now: call.now.0,
        client: client.facts(),
        scopes: client.scope.tokens().to_vec(),
        ..policy::Input::default()
    };
    let permit = policy::permit(&input, call.host)?;
    if permit.scope.is_empty() && !client.scope.is_empty() {
        return Err(Refusal::PolicyDenied {
            reason: "scope".to_owned(),
        });
    }
    client.default_scope = client
        .default_scope
        .map(|default| default.within(&permit.scope))
        .filter(|default: &Scope| !default.is_empty());
    client.scope = permit.scope;
    Ok((client, secret))
}

/// The JSON object in the body.
fn body(call: &Call<'_>) -> Result<Map<String, Value>, Refusal> {
    let invalid = |why: &str| Refusal::ClientMetadataInvalid(why.to_owned());
    let media_type = call.request.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(invalid("the body must be application/json"));
    }
    if call.request.body.len() > MAX_BODY {
        return Err(invalid("the body is larger than 64 KiB"));
    }
    strict_json::object(call.request.body, MAX_DEPTH).map_err(|_| {
        invalid("the body is not a JSON object, nests too deeply or has a member twice")
    })
}

/// What the initial access token grants. Where everyone may register, one that comes must be good all the same.
fn admission(call: &Call<'_>) -> Result<Option<Admission>, Refusal> {
    match (bearer(call)?, call.server.registration.mode) {
        (Some(token), _) => initial_access::find(token, call.host).map(Some),
        (None, RegistrationMode::Open) => Ok(None),
        (None, RegistrationMode::Token | RegistrationMode::Off) => Err(Refusal::RegistrationClosed),
    }
}

/// The token of a `Bearer` header (RFC 6750 §2.1); `None` without a header.
fn bearer<'a>(call: &Call<'a>) -> Result<Option<&'a str>, Refusal> {
    if !call.request.has_header("authorization") {
        return Ok(None);
    }
    let token = call
        .request
        .header("authorization")
        .and_then(|header| header.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim());
    token
        .filter(|token| !token.is_empty())
        .map(Some)
        .ok_or(Refusal::TokenInvalid)
}

/// Counts one more registration: in this hour from this network, and in this window from anyone.
fn count(call: &Call<'_>) -> Result<(), Refusal> {
    let rules = &call.server.registration;
    let network = call
        .request
        .client_address
        .and_then(|address| address.parse::<IpAddr>().ok())
        .map_or_else(|| "unknown".to_owned(), network_of);
    let left_s = HOUR_S.saturating_sub(call.now.0 % HOUR_S);
    let key = format!("registrations/{network}");
    let here = call.host.increment(&key, 1, call.now.plus(left_s))?;
    if here > u64::from(rules.per_network_per_hour) {
        return Err(too_many(left_s));
    }
    // Those that were never used are gone after `unused_s`, so that this window and the one before hold all that are left.
    let unused_s = u64::from(rules.unused_days).saturating_mul(86_400).max(1);
    let window = call.now.0 / unused_s;
    let counted = |window: u64, by: u64| {
        let ends = window.saturating_add(2).saturating_mul(unused_s);
        call.host.increment(
            &format!("registrations-of-all/{unused_s}.{window}"),
            by,
            crate::time::UnixTime(ends),
        )
    };
    let before = counted(window.saturating_sub(1), 0)?;
    let most = u64::from(rules.max_unused).saturating_sub(before);
    // What is refused is not counted, or knocking alone would keep the door shut; of those that race for the last place one gets it.
    if counted(window, 0)? >= most || counted(window, 1)? > most {
        call.host.emit(
            Level::Error,
            "registration.full",
            &[("reason", "max_unused is reached")],
        );
        return Err(too_many(HOUR_S));
    }
    Ok(())
}

fn too_many(seconds: u64) -> Refusal {
    Refusal::TooManyRequests(u32::try_from(seconds).unwrap_or(u32::MAX))
}

fn new_secret(call: &Call<'_>) -> String {
    format!("{SECRET_PREFIX}{}", random_secret(call.host))
}

fn new_token(call: &Call<'_>) -> String {
    format!("{TOKEN_PREFIX}{}", random_secret(call.host))
}

/// The client information response (RFC 7591 §3.2.1, RFC 7592 §3).
fn told(
    call: &Call<'_>,
    status: u16,
    client: &Client,
    secret: Option<&str>,
    token: &str,
) -> Answer {
    let mut told = registration::information(client);
    if let Some(secret) = secret {
        told.insert("client_secret".to_owned(), json!(secret));
    }
    if client.is_confidential() && !client.secrets.is_empty() {
        let last = client.secrets.iter().map(|secret| {
            // 0: never (§3.2.1).
            secret.expires_at.map_or(0, |at| at.0)
        });
        told.insert("client_secret_expires_at".to_owned(), json!(last.max()));
    }
    told.insert("registration_access_token".to_owned(), json!(token));
    let uri = format!("{}/register/{}", call.server.issuer, client.client_id);
    told.insert("registration_client_uri".to_owned(), json!(uri));
    Answer::json(status, &told).cors()
}

fn log(call: &Call<'_>, event: &str, client: &Client) {
    let name = client.client_name.as_deref().unwrap_or_default();
    let fields = [
        ("client_id", client.client_id.as_str()),
        ("client_name", name),
        ("network", call.request.client_address.unwrap_or_default()),
    ];
    call.host.emit(Level::Info, event, &fields);
}

/// RFC 7591 §3.2.2; for tokens RFC 6750 §3.
fn refuse(call: &Call<'_>, refusal: &Refusal) -> Answer {
    call.log_refusal("registration.refused", refusal, "");
    let (status, error) = refusal.on_the_wire();
    let answer = match refusal {
        Refusal::PolicyDenied { .. } | Refusal::PolicyFailed(_) if status == 403 => {
            let body = json!({ "error": error, "error_description": refusal.description() });
            Answer::json(status, &body)
        }
        _ => Answer::refusal(refusal),
    };
    match refusal {
        Refusal::TokenInvalid => answer.with(
            "www-authenticate",
            "Bearer realm=\"OAuth\", error=\"invalid_token\"",
        ),
        Refusal::BearerTokenMissing | Refusal::RegistrationClosed => {
            answer.with("www-authenticate", "Bearer realm=\"OAuth\"")
        }
        _ => answer,
    }
    .cors()
}
