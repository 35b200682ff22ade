//! Records as values: JSON in the store, types here.

use crate::ports::{Records, StoreFailure};
use crate::refusal::Refusal;
use crate::time::UnixTime;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// How often a change is tried again when someone else changed the record in between.
pub const MAX_TRIES: usize = 64;

/// A value as it was read.
#[derive(Debug, Clone)]
pub struct Stored<T> {
    /// The value.
    pub value: T,
    /// Its version, for [`replace`].
    pub version: u64,
}

/// Reads a record.
///
/// # Errors
/// A store failure; [`Refusal::RecordUnreadable`] if it is not a `T`.
pub fn get<T: DeserializeOwned>(
    records: &(impl Records + ?Sized),
    key: &str,
) -> Result<Option<Stored<T>>, Refusal> {
    let Some(entry) = records.get(key)? else {
        return Ok(None);
    };
    let value = serde_json::from_slice(&entry.value)
        .map_err(|error| Refusal::RecordUnreadable(format!("{}: {error}", kind(key))))?;
    Ok(Some(Stored {
        value,
        version: entry.version,
    }))
}

/// Inserts a record that is not there yet.
///
/// # Errors
/// [`StoreFailure::Conflict`] if it is there.
pub fn insert<T: Serialize>(
    records: &(impl Records + ?Sized),
    key: &str,
    value: &T,
    expires_at: Option<UnixTime>,
) -> Result<u64, StoreFailure> {
    records.insert(key, &json(value)?, expires_at)
}

/// Replaces a record that is still as it was read.
///
/// # Errors
/// [`StoreFailure::Conflict`] if it is not.
pub fn replace<T: Serialize>(
    records: &(impl Records + ?Sized),
    key: &str,
    version: u64,
    value: &T,
    expires_at: Option<UnixTime>,
) -> Result<u64, StoreFailure> {
    records.replace(key, version, &json(value)?, expires_at)
}

fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreFailure> {
    serde_json::to_vec(value).map_err(|error| StoreFailure::Invalid(error.to_string()))
}

/// The first segment of a key: the rest may name people.
fn kind(key: &str) -> &str {
    key.split('/').next().unwrap_or_default()
}
