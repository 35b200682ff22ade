//! Pushed authorization requests: RFC 9126. A client says at [`crate::endpoint::par`] what it wants, and sends the person with a
//! reference to that.
//!
//! What is kept is what the client sent, not what came of it: at the authorization endpoint every check runs once more, so that what
//! the operator changed in between counts. The reference is good for one sign-in. The browser that began it may come back with
//! the same reference (people reload pages) and finds its sign-in again; to everyone else it is used up.

use crate::client::{Client, Trust};
use crate::params::Params;
use crate::ports::{Host, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{base64url, is_base64url, random_secret, sha256_of};
use crate::settings::Server;
use crate::store::{self, Stored};
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// Starts every `request_uri` of ours (RFC 9126 §2.2); 256 random bits follow.
pub const PREFIX: &str = "urn:ietf:params:oauth:request_uri:";
/// Most bytes of names and values in one pushed request.
pub const MAX_BYTES: usize = 32 * 1024;

/// Parameters that say who pushes, not what is asked for (RFC 9126 §2.1).
const OF_THE_CLIENT: [&str; 3] = ["client_secret", "client_assertion", "client_assertion_type"];

/// A pushed request, as it is kept under `pushed/<hash>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// Whose.
    client_id: String,
    /// What it sent, without what authenticated it.
    params: Vec<(String, String)>,
    #[serde(default)]
    pushed_at: UnixTime,
    /// The sign-in that it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    transaction: Option<String>,
}

/// A pushed request that nobody has used yet. Only [`find`] builds one.
#[derive(Debug)]
pub struct Pushed {
    key: String,
    version: u64,
    record: Record,
}

/// What a `request_uri` of ours refers to.
#[derive(Debug)]
pub enum Found {
    /// A request that nobody has used yet.
    Fresh(Pushed),
    /// One that began this sign-in.
    Used(String),
}

/// Whether a `request_uri` is one of ours, or was made to look so.
#[must_use]
pub fn is_ours(request_uri: &str) -> bool {
    request_uri.starts_with(PREFIX)
}

/// Only the hash of what follows the prefix is kept.
fn key(request_uri: &str) -> Option<String> {
    let secret = request_uri.strip_prefix(PREFIX)?;
    is_base64url(secret, 43)
        .then(|| format!("pushed/{}", base64url(&sha256_of(&[secret.as_bytes()]))))
}

/// Whether a client's pushes are counted: anyone can push in the name of a public client, and register another.
#[must_use]
pub fn is_counted(client: &Client) -> bool {
    let vouched_for = matches!(client.trust, Trust::Declared | Trust::Registered);
    !(vouched_for && client.is_confidential())
}

/// Keeps a request that was checked; returns its `request_uri`.
///
/// # Errors
/// [`Refusal::MalformedForm`] if it is too large; store failures.
pub fn push(
    client: &Client,
    params: &Params,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<String, Refusal> {
    let params = params.without(&OF_THE_CLIENT);
    let bytes: usize = params
        .iter()
        .map(|(name, value)| name.len().saturating_add(value.len()))
        .sum();
    if bytes > MAX_BYTES {
        return Err(Refusal::MalformedForm);
    }
    let request_uri = format!("{PREFIX}{}", random_secret(host));
    let key = key(&request_uri).ok_or(Refusal::RequestUriInvalid)?;
    let record = Record {
        client_id: client.client_id.clone(),
        params,
        pushed_at: now,
        transaction: None,
    };
    let lifetime_s = server.pushed_authorization_requests.lifetime_s;
    let expires_at = now.plus(u64::from(lifetime_s));
    store::insert(host, &key, &record, Some(expires_at))?;
    Ok(request_uri)
}

/// Finds what a `request_uri` refers to. Changes nothing.
///
/// # Errors
/// [`Refusal::RequestUriInvalid`] if it is unknown, expired, or another client's, also one of the same name that was removed since; store
/// failures.
pub fn find(request_uri: &str, client: &Client, host: &dyn Host) -> Result<Found, Refusal> {
    let key = key(request_uri).ok_or(Refusal::RequestUriInvalid)?;
    let Stored { value, version } =
        store::get::<Record>(host, &key)?.ok_or(Refusal::RequestUriInvalid)?;
    if value.client_id != client.client_id || !client.was_there(value.pushed_at) {
        return Err(Refusal::RequestUriInvalid);
    }
    Ok(match value.transaction {
        Some(transaction) => Found::Used(transaction),
        None => Found::Fresh(Pushed {
            key,
            version,
            record: value,
        }),
    })
}

impl Pushed {
    /// What the client pushed.
    #[must_use]
    pub fn params(&self) -> Params {
        Params::of(self.record.params.clone())
    }

    /// Uses the request up, before it is answered. Of two who want to, one succeeds.
    ///
    /// # Errors
    /// [`Refusal::RequestUriInvalid`] for the other; store failures.
    pub fn spend(&self, host: &dyn Host) -> Result<(), Refusal> {
        host.remove(&self.key, Some(self.version)).map_err(lost)
    }

    /// Uses the request up for a sign-in, by which its browser finds it again as long as a sign-in lasts.
    ///
    /// # Errors
    /// [`Refusal::RequestUriInvalid`] if someone else was faster; store failures.
    pub fn begins(
        &self,
        transaction: &str,
        server: &Server,
        now: UnixTime,
        host: &dyn Host,
    ) -> Result<(), Refusal> {
        let record = Record {
            client_id: self.record.client_id.clone(),
            params: Vec::new(),
            pushed_at: self.record.pushed_at,
            transaction: Some(transaction.to_owned()),
        };
        let expires_at = now.plus(u64::from(server.lifetimes.login_s));
        store::replace(host, &self.key, self.version, &record, Some(expires_at))
            .map(drop)
            .map_err(lost)
    }
}

fn lost(failure: StoreFailure) -> Refusal {
    match failure {
        StoreFailure::Conflict => Refusal::RequestUriInvalid,
        failure => failure.into(),
    }
}
