//! What the stores for other hosts share: the bounds of the contract, versions, the clock, and the component around them.
//!
//! A store is a [`Store`]; `Exported<S>` checks every argument against `wit/host/host.wit` before the store sees it, opens
//! the store anew for each call (an instance serves one request, so that nothing is kept) and reads the clock once per call.

#[expect(
    missing_docs,
    clippy::pedantic,
    reason = "generated from the WIT, where the documentation is"
)]
pub mod bindings {
    wit_bindgen::generate!({
        world: "doorward:portable/store",
        path: ["../../../wit/host", "../../../wit/provider", "../../../wit/portable"],
        pub_export_macro: true,
        default_bindings_module: "doorward_portable_records::bindings",
        additional_derives: [PartialEq, Eq],
        generate_all,
    });
}
mod bounds;
mod export;
mod time;
mod version;

pub use bindings::exports::doorward::host::records::{Entry, Failure, Listed};
pub use bounds::{
    MAX_KEY_BYTES, MAX_LIST_LIMIT, MAX_VALUE_BYTES, check_key, check_limit, check_part, check_value,
};
pub use export::{Exported, Variable};
pub use time::{now, pause};
pub use version::fresh;

/// Short for what every call of a store answers.
pub type Answer<T> = Result<T, Failure>;

/// A store behind the bounds: keys, values and limits have been checked when it is called, and `now` is the current second
/// since the Unix epoch by the clock of the host. The meaning of every call is that of `doorward:host/records`.
pub trait Store: Sized {
    /// Reaches the store. `variable` reads what the operator has set for this deployment.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] with what is missing and how to set it.
    fn open(variable: Variable<'_>) -> Answer<Self>;

    /// Reads one record; `None`: there is no live record.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    fn get(&self, now: u64, key: &str) -> Answer<Option<Entry>>;

    /// Writes a record that is not there yet; returns its version. `expires_at` `None`: until it is removed.
    ///
    /// # Errors
    /// [`Failure::Conflict`] if a live record is there; [`Failure::Unavailable`].
    fn insert(&self, now: u64, key: &str, value: &[u8], expires_at: Option<u64>) -> Answer<u64>;

    /// Replaces a live record if its version is still `version`; returns the new version.
    ///
    /// # Errors
    /// [`Failure::Conflict`] if it is gone or has another version; [`Failure::Unavailable`].
    fn replace(
        &self,
        now: u64,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Answer<u64>;

    /// Removes a record; with a version only if it is still that one.
    ///
    /// # Errors
    /// [`Failure::Conflict`] as for [`Store::replace`]; [`Failure::Unavailable`].
    fn remove(&self, now: u64, key: &str, version: Option<u64>) -> Answer<()>;

    /// Adds `by` to a counter and returns the sum, at most [`i64::MAX`]. A live counter keeps its expiry.
    ///
    /// # Errors
    /// [`Failure::Invalid`] if the record is no counter or the sum would be too large; [`Failure::Unavailable`].
    fn increment(&self, now: u64, key: &str, by: i64, expires_at: u64) -> Answer<u64>;

    /// At most `limit` live records whose key starts with `prefix`, in byte order, those after `after` (exclusive).
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    fn list(
        &self,
        now: u64,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Answer<Vec<Listed>>;
}

/// A failure of the store for the operator's log.
#[must_use]
pub fn unavailable(text: impl std::fmt::Display) -> Failure {
    Failure::Unavailable(text.to_string())
}

/// What every store says when a counter cannot take an increment.
#[must_use]
pub fn no_counter() -> Failure {
    Failure::Invalid("the record is no counter, or the sum would pass 2^63 - 1".into())
}
