//! A store as the checks see it.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Opaque bytes; of a counter, its decimal digits.
    pub value: Vec<u8>,
    /// Changes with every write of this key and is never used twice for it.
    pub version: u64,
}

/// A record in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The whole key, prefix included.
    pub key: String,
    /// As in [`Entry`].
    pub value: Vec<u8>,
    /// As in [`Entry`].
    pub version: u64,
}

/// Why a call was not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// A live record is there (`insert`), or it is gone or has another version (`replace`, `remove`).
    Conflict,
    /// Out of bounds. Nothing was written.
    Invalid(String),
    /// The store did not answer; a write may or may not have happened.
    Unavailable(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict => f.write_str("conflict"),
            Self::Invalid(why) => write!(f, "invalid: {why}"),
            Self::Unavailable(why) => write!(f, "unavailable: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

/// The answer of a store.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// A handle to a store, as one process holds it. The meaning of every call is in `wit/host/host.wit`.
pub trait Store: Send + Sync + 'static {
    /// Reads one record; `None`: there is no live record.
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>>;

    /// Writes a record that is not there yet and returns its version.
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

    /// Adds to a counter and returns the sum.
    fn increment<'a>(&'a self, key: &'a str, by: u64, expires_at: u64) -> Answer<'a, u64>;

    /// Live records by prefix, in byte order, those after `after` (exclusive).
    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Answer<'a, Vec<Listed>>;
}

/// A clock that stands still until a check moves it: whole seconds since the Unix epoch. Every clone is the same clock.
#[derive(Debug, Clone)]
pub struct Clock(Arc<AtomicU64>);

impl Clock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: u64) -> Self {
        Self(Arc::new(AtomicU64::new(now)))
    }

    /// The second that it shows.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    /// Moves it to `now`, never back.
    pub fn set(&self, now: u64) {
        self.0.fetch_max(now, Ordering::SeqCst);
    }

    /// Moves it on.
    pub fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// What is put to the test: a way to make new, empty stores.
pub trait Subject: Send + Sync + 'static {
    /// A new, empty store whose time is `clock`.
    ///
    /// # Errors
    /// It cannot be made; no check can say anything then.
    fn deploy(&self, clock: &Clock) -> anyhow::Result<Box<dyn Deployment>>;
}

/// One store, until it is dropped.
pub trait Deployment: Send + Sync {
    /// A handle as a process of its own would hold it. What one handle wrote, the others see; when all are dropped and
    /// another is made, everything is still there.
    ///
    /// # Errors
    /// It cannot be made.
    fn open(&self) -> anyhow::Result<Arc<dyn Store>>;

    /// Breaks the backend, so that it cannot be read or written, until the guard is dropped. `None`: cannot be done here,
    /// and the check of outages is reported as not run.
    fn outage(&self) -> Option<Outage> {
        None
    }

    /// A handle of which the process dies in the middle of the first call, at `fraction` (0 to 1) of the time that the call
    /// would take; the call may also come through. `None`: cannot be done here, and the check is reported as not run.
    ///
    /// # Errors
    /// It cannot be made.
    fn dying(&self, fraction: f64) -> Option<anyhow::Result<Arc<dyn Store>>> {
        let _ = fraction;
        None
    }
}

/// An outage that lasts until this is dropped.
pub struct Outage(Option<Box<dyn FnOnce() + Send>>);

impl Outage {
    /// An outage that `mend` ends.
    pub fn until(mend: impl FnOnce() + Send + 'static) -> Self {
        Self(Some(Box::new(mend)))
    }
}

impl Drop for Outage {
    fn drop(&mut self) {
        if let Some(mend) = self.0.take() {
            mend();
        }
    }
}
