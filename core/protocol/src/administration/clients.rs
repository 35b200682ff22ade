//! `client.*`

use super::{Failure, PAGE};
use crate::client::initial_access::{self, InitialAccessToken};
use crate::client::metadata::{self, ClientMetadata};
use crate::client::{
    self, AuthMethod, Client, ClientSecret, Trust, client_secret_jwt, is_client_id,
};
use crate::ports::{Host, Level, StoreFailure};
use crate::secret::{is_base64url, random_id, random_secret};
use crate::settings::Server;
use crate::store::{self, MAX_TRIES, Stored};
use crate::user;
use serde_json::{Value, json};

/// Starts every client secret that we make up, so that scanners for leaked secrets know one.
const SECRET_PREFIX: &str = "dws_";

fn parse(metadata: Value) -> Result<ClientMetadata, Failure> {
    serde_json::from_value(metadata).map_err(|error| Failure::Refused(error.to_string()))
}

fn made_up(host: &dyn Host) -> (String, String) {
    (
        random_id(host).trim_start_matches('-').to_owned(),
        format!("{SECRET_PREFIX}{}", random_secret(host)),
    )
}

/// The configuration, which clients must fit.
pub(super) fn server(host: &dyn Host) -> Result<Server, Failure> {
    let section = host
        .section("server")
        .ok_or_else(|| Failure::Unavailable("section `server` is missing".to_owned()))?;
    serde_json::from_str(&section)
        .map_err(|error| Failure::Unavailable(format!("section `server`: {error}")))
}

pub(super) fn add(metadata: Value, host: &dyn Host) -> Result<Value, Failure> {
    let metadata = parse(metadata)?;
    let server = server(host)?;
    let (mut client, secret) = metadata::check(
        metadata,
        Trust::Registered,
        &server,
        made_up(host),
        host.now(),
    )
    .map_err(Failure::Refused)?;
    allow_client_secret_jwt(&client, &server)?;
    client_secret_jwt::keep(&mut client, secret.as_deref(), host)?;
    refuse_subject(&client.client_id, host)?;
    let taken = || {
        Failure::Refused(format!(
            "client_id `{}` is taken; choose another, or remove that one first",
            client.client_id
        ))
    };
    if host.section(&client::key(&client.client_id)).is_some() {
        return Err(taken());
    }
    match store::insert(host, &client::key(&client.client_id), &client, None) {
        Ok(_) => {}
        Err(StoreFailure::Conflict) => return Err(taken()),
        Err(failure) => return Err(failure.into()),
    }
    host.emit(
        Level::Info,
        "client.added",
        &[("client_id", &client.client_id)],
    );
    Ok(json!({ "client": public(&client), "client_secret": secret }))
}

/// No client is called as a person is (RFC 9068 §5): people who came from another system have any name.
fn refuse_subject(client_id: &str, host: &dyn Host) -> Result<(), Failure> {
    match user::find(client_id, host)? {
        None => Ok(()),
        Some(_) => Err(Failure::Refused(format!(
            "client_id `{client_id}` is the sub of a person; choose another"
        ))),
    }
}

/// The method that needs readable secrets is one that the operator switched on.
fn allow_client_secret_jwt(client: &Client, server: &Server) -> Result<(), Failure> {
    match client.token_endpoint_auth_method {
        AuthMethod::ClientSecretJwt => client_secret_jwt::allowed(server).map_err(Failure::Refused),
        _ => Ok(()),
    }
}

pub(super) fn check(
    metadata: Value,
    without_keys: bool,
    host: &dyn Host,
) -> Result<Value, Failure> {
    let server = server(host)?;
    let (mut client, secret) = metadata::check(
        parse(metadata)?,
        Trust::Declared,
        &server,
        made_up(host),
        host.now(),
    )
    .map_err(Failure::Refused)?;
    allow_client_secret_jwt(&client, &server)?;
    if !without_keys {
        client_secret_jwt::keep(&mut client, secret.as_deref(), host)?;
    }
    serde_json::to_value(&client)
        .map(|client| json!({ "client": client }))
        .map_err(|error| Failure::Refused(error.to_string()))
}

/// A client as operators may see it: without its secrets' hashes.
fn public(client: &Client) -> Value {
    let mut shown = serde_json::to_value(client).unwrap_or_default();
    if let Some(members) = shown.as_object_mut() {
        members.remove("secrets");
        if let Some(registration) = members
            .get_mut("registration")
            .and_then(Value::as_object_mut)
        {
            registration.remove("access_token");
        }
        members.insert("secrets".to_owned(), Value::from(client.secrets.len()));
    }
    shown
}

pub(super) fn list(after: Option<&str>, host: &dyn Host) -> Result<Value, Failure> {
    let mut clients: Vec<Value> = Vec::new();
    if after.is_none() {
        let index: crate::settings::Index = host
            .section("index")
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default();
        for client_id in &index.clients {
            clients.push(public(&client::find(client_id, host)?));
        }
    }
    let after = after.map(client::key);
    let listed = crate::ports::Records::list(host, "client/", after.as_deref(), PAGE)?;
    let next = (listed.len() == PAGE as usize).then(|| {
        listed
            .last()
            .map(|last| last.key.replacen("client/", "", 1))
    });
    for record in &listed {
        if let Ok(client) = serde_json::from_slice::<Client>(&record.value) {
            clients.push(public(&client));
        }
    }
    Ok(json!({ "clients": clients, "next": next.flatten() }))
}

pub(super) fn show(client_id: &str, host: &dyn Host) -> Result<Value, Failure> {
    Ok(public(&client::find(client_id, host)?))
}

pub(super) fn rotate_secret(
    client_id: &str,
    overlap_s: u32,
    host: &dyn Host,
) -> Result<Value, Failure> {
    let now = host.now();
    let secret = format!("{SECRET_PREFIX}{}", random_secret(host));
    for _ in 0..MAX_TRIES {
        let Stored {
            value: mut client,
            version,
        } = registered(client_id, host)?;
        if !client.token_endpoint_auth_method.has_secret() {
            return Err(Failure::Refused(format!(
                "`{client_id}` has no secret: its token_endpoint_auth_method is `{}`",
                client.token_endpoint_auth_method.name()
            )));
        }
        client
            .secrets
            .retain(|kept| kept.expires_at.is_none_or(|at| now < at));
        for kept in &mut client.secrets {
            let ends = now.plus(u64::from(overlap_s));
            kept.expires_at = Some(kept.expires_at.map_or(ends, |at| at.min(ends)));
        }
        client.secrets.push(ClientSecret::new(&secret, now));
        client_secret_jwt::keep(&mut client, Some(&secret), host)?;
        let kept_until = client.kept_until();
        match store::replace(host, &client::key(client_id), version, &client, kept_until) {
            Ok(_) => {
                host.emit(
                    Level::Info,
                    "client.secret_rotated",
                    &[("client_id", client_id)],
                );
                return Ok(json!({ "client_id": client_id, "client_secret": secret }));
            }
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Failure::Unavailable("the record keeps changing".to_owned()))
}

pub(super) fn remove(client_id: &str, host: &dyn Host) -> Result<Value, Failure> {
    registered(client_id, host)?;
    host.remove(&client::key(client_id), None)?;
    host.emit(Level::Info, "client.removed", &[("client_id", client_id)]);
    Ok(json!({ "client_id": client_id }))
}

/// A client that can be changed here: not one that stands in the configuration.
fn registered(client_id: &str, host: &dyn Host) -> Result<Stored<Client>, Failure> {
    if !is_client_id(client_id) {
        return Err(Failure::Absent);
    }
    if host.section(&client::key(client_id)).is_some() {
        return Err(Failure::Refused(format!(
            "`{client_id}` is declared in the configuration: change it there"
        )));
    }
    store::get(host, &client::key(client_id))?.ok_or(Failure::Absent)
}

pub(super) fn token_add(
    name: Option<String>,
    uses: Option<u32>,
    lifetime_s: Option<u64>,
    host: &dyn Host,
) -> Result<Value, Failure> {
    let bad_name = name
        .as_ref()
        .is_some_and(|name| name.len() > 200 || name.chars().any(char::is_control));
    if bad_name {
        return Err(Failure::Refused(
            "name must be at most 200 bytes without control characters".to_owned(),
        ));
    }
    if uses == Some(0) || lifetime_s == Some(0) {
        return Err(Failure::Refused(
            "uses and lifetime_s must be at least 1".to_owned(),
        ));
    }
    let (id, shown, token) = initial_access::make(name, uses, lifetime_s, host)?;
    host.emit(Level::Info, "client.token_added", &[("token", &id)]);
    let mut answer = json!({ "token": token_shown(&id, &token) });
    if let Some(members) = answer.as_object_mut() {
        members.insert("initial_access_token".to_owned(), json!(shown));
    }
    Ok(answer)
}

fn token_shown(id: &str, token: &InitialAccessToken) -> Value {
    json!({
        "id": id,
        "name": token.name,
        "uses_left": token.uses_left,
        "expires_at": token.expires_at,
        "created_at": token.created_at,
    })
}

pub(super) fn token_list(after: Option<&str>, host: &dyn Host) -> Result<Value, Failure> {
    let after = after.map(initial_access::key);
    let listed = crate::ports::Records::list(host, initial_access::KEYS, after.as_deref(), PAGE)?;
    let id = |key: &str| key.replacen(initial_access::KEYS, "", 1);
    let next = (listed.len() == PAGE as usize).then(|| listed.last().map(|last| id(&last.key)));
    let tokens: Vec<Value> = listed
        .iter()
        .filter_map(|record| {
            let token = serde_json::from_slice(&record.value).ok()?;
            Some(token_shown(&id(&record.key), &token))
        })
        .collect();
    Ok(json!({ "tokens": tokens, "next": next.flatten() }))
}

pub(super) fn token_remove(id: &str, host: &dyn Host) -> Result<Value, Failure> {
    if !is_base64url(id, 22) {
        return Err(Failure::Absent);
    }
    let key = initial_access::key(id);
    store::get::<InitialAccessToken>(host, &key)?.ok_or(Failure::Absent)?;
    host.remove(&key, None)?;
    host.emit(Level::Info, "client.token_removed", &[("token", id)]);
    Ok(json!({ "id": id }))
}
