//! Opaque access tokens: `dwa_<id>.<secret>`. What they mean is in a record, kept as long as they live; only introspection and our own
//! endpoints can read them, and a revoked one is gone at once.

use crate::ports::{Host, Records, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{SecretHash, is_base64url, random_id, random_secret};
use crate::store;
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

const PREFIX: &str = "dwa_";

/// An opaque token, as it is kept under `access/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OpaqueToken {
    /// SHA-256 of its secret.
    sha256: SecretHash,
    /// What a JWT in its place would say.
    claims: Map<String, Value>,
}

/// Whether a token has the shape of one.
#[must_use]
pub fn looks_like_one(token: &str) -> bool {
    token.starts_with(PREFIX)
}

fn key(id: &str) -> String {
    format!("access/{id}")
}

fn parse(token: &str) -> Option<(&str, &str)> {
    let (id, secret) = token.strip_prefix(PREFIX)?.split_once('.')?;
    (is_base64url(id, 22) && is_base64url(secret, 43)).then_some((id, secret))
}

/// Makes a token that stands for `claims` until `expires_at`. One write.
///
/// # Errors
/// Store failures.
pub fn issue(
    claims: &impl Serialize,
    expires_at: UnixTime,
    host: &dyn Host,
) -> Result<String, Refusal> {
    let (id, secret) = (random_id(host), random_secret(host));
    let Ok(Value::Object(claims)) = serde_json::to_value(claims) else {
        return Err(Refusal::Store("claims that are no object".to_owned()));
    };
    let token = OpaqueToken {
        sha256: SecretHash::of(&secret),
        claims,
    };
    store::insert(host, &key(&id), &token, Some(expires_at))?;
    Ok(format!("{PREFIX}{id}.{secret}"))
}

/// What a token stands for.
///
/// # Errors
/// [`Refusal::TokenInvalid`] if there is no such token; store failures.
pub fn find(token: &str, records: &(impl Records + ?Sized)) -> Result<Map<String, Value>, Refusal> {
    let (id, secret) = parse(token).ok_or(Refusal::TokenInvalid)?;
    let stored = store::get::<OpaqueToken>(records, &key(id))?.ok_or(Refusal::TokenInvalid)?;
    if stored.value.sha256.matches(secret) {
        Ok(stored.value.claims)
    } else {
        Err(Refusal::TokenInvalid)
    }
}

/// Ends a token that [`find`] knows.
///
/// # Errors
/// A store failure.
pub fn revoke(token: &str, host: &dyn Host) -> Result<(), StoreFailure> {
    parse(token).map_or(Ok(()), |(id, _)| host.remove(&key(id), None))
}
