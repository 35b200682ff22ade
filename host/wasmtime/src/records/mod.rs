//! Versioned records: what `doorward:host/records` asks of this host, as one trait with one implementation per backend.
//!
//! The meaning of every call is written in `wit/host/host.wit`. In short: each call is atomic and linearizable per key
//! across all processes on one store, an `Ok` survives a crash of the machine, and an expired record is absent from the
//! very second `expires_at`.

pub(crate) mod clock;
pub(crate) mod private_file;
pub(crate) mod sqlite;

use std::pin::Pin;

pub(crate) use clock::Clock;
pub(crate) use sqlite::{SqliteOptions, SqliteRecords};

/// Longest key, in bytes.
pub(crate) const MAX_KEY_BYTES: usize = 512;
/// Largest value, in bytes.
pub(crate) const MAX_VALUE_BYTES: usize = 256 * 1024;
/// Most records in one listing.
pub(crate) const MAX_LIST_LIMIT: u32 = 1000;

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Opaque bytes; of a counter, its decimal digits.
    pub(crate) value: Vec<u8>,
    /// Changes with every write of this key and is never used twice for it.
    pub(crate) version: u64,
}

/// A record in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listed {
    /// The whole key, prefix included.
    pub(crate) key: String,
    /// As in [`Entry`].
    pub(crate) value: Vec<u8>,
    /// As in [`Entry`].
    pub(crate) version: u64,
}

/// Why a call was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// A live record is there (`insert`), or it is gone or has another version (`replace`, `remove`). Nothing was written.
    Conflict,
    /// The key, the value, the limit or the counter is outside its bounds. Nothing was written.
    Invalid(String),
    /// The store did not answer, is full or is locked; a write may or may not have happened. The text is for the log only.
    Unavailable(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Conflict => f.write_str("the record was changed by someone else"),
            Self::Invalid(why) => write!(f, "invalid record: {why}"),
            Self::Unavailable(why) => write!(f, "the record store is unavailable: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

/// The answer of a store. A boxed future, so that stores stay exchangeable at run time; it holds no thread while it waits.
pub(crate) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// A store of versioned records. Dropping an answer before it is ready does not undo the write that was asked for.
pub(crate) trait Store: Send + Sync + 'static {
    /// Reads one record; `None`: there is no live record.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>>;

    /// Writes a record that is not there yet and returns its version. `expires_at` `None`: until it is removed.
    fn insert<'a>(
        &'a self,
        key: &'a str,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64>;

    /// Replaces a live record if its version is still `version`, sets its expiry anew and returns the new version.
    fn replace<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64>;

    /// Removes a record: with a version only if it is still that one, without whatever is there, even nothing.
    fn remove<'a>(&'a self, key: &'a str, version: Option<u64>) -> Answer<'a, ()>;

    /// Adds `by` to a counter and returns the sum. An absent counter starts at 0 and gets `expires_at`; a live one keeps its own.
    fn increment<'a>(&'a self, key: &'a str, by: u64, expires_at: u64) -> Answer<'a, u64>;

    /// At most `limit` (1 to [`MAX_LIST_LIMIT`]) live records whose key starts with `prefix`, in byte order, those after
    /// `after` (exclusive). An empty prefix lists everything.
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Answer<'a, Vec<Listed>>;

    /// Whether the store can read and write durably right now: one read and one small write.
    fn ready(&self) -> Answer<'_, ()>;
}

/// Refuses a key that is not 1 to [`MAX_KEY_BYTES`] bytes of printable ASCII (0x20 to 0x7e).
///
/// # Errors
/// [`Failure::Invalid`].
pub(crate) fn check_key(key: &str) -> Result<(), Failure> {
    if key.is_empty() {
        return Err(Failure::Invalid("the key is empty".into()));
    }
    check_key_part("key", key)
}

/// Refuses what can be neither a key nor the beginning of one; it may be empty.
///
/// # Errors
/// [`Failure::Invalid`].
pub(crate) fn check_key_part(what: &str, part: &str) -> Result<(), Failure> {
    if part.len() > MAX_KEY_BYTES {
        return Err(Failure::Invalid(format!(
            "the {what} is longer than {MAX_KEY_BYTES} bytes"
        )));
    }
    if !part.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        return Err(Failure::Invalid(format!(
            "the {what} holds something other than printable ASCII"
        )));
    }
    Ok(())
}

/// Refuses a value above [`MAX_VALUE_BYTES`].
///
/// # Errors
/// [`Failure::Invalid`].
pub(crate) fn check_value(value: &[u8]) -> Result<(), Failure> {
    if value.len() > MAX_VALUE_BYTES {
        return Err(Failure::Invalid(format!(
            "the value is larger than {MAX_VALUE_BYTES} bytes"
        )));
    }
    Ok(())
}

/// Refuses a listing of nothing or of more than [`MAX_LIST_LIMIT`] records.
///
/// # Errors
/// [`Failure::Invalid`].
pub(crate) fn check_limit(limit: u32) -> Result<(), Failure> {
    if (1..=MAX_LIST_LIMIT).contains(&limit) {
        return Ok(());
    }
    Err(Failure::Invalid(format!(
        "the limit is not between 1 and {MAX_LIST_LIMIT}"
    )))
}
