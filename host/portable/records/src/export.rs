//! The component around a store: checks first, then the store.

use crate::bindings::doorward::portable::variables;
use crate::bindings::exports::doorward::host::records::Guest;
use crate::{
    Answer, Entry, Failure, Listed, Store, check_key, check_limit, check_part, check_value, now,
    unavailable,
};
use std::marker::PhantomData;

/// Reads a variable of the deployment.
///
/// The reader answers `None` if it is not set.
pub type Variable<'a> = &'a dyn Fn(&str) -> Answer<Option<String>>;

/// `doorward:host/records` over a store. Name an alias of it in the macro `bindings::export!`.
#[derive(Debug)]
pub struct Exported<S>(PhantomData<S>);

fn variable(name: &str) -> Answer<Option<String>> {
    variables::get(name)
        .map_err(|why| unavailable(format_args!("the variable `{name}` cannot be read: {why}")))
}

fn open<S: Store>() -> Answer<(S, u64)> {
    Ok((S::open(&variable)?, now()?))
}

impl<S: Store + 'static> Guest for Exported<S> {
    fn get(key: String) -> Answer<Option<Entry>> {
        check_key(&key)?;
        let (store, now) = open::<S>()?;
        store.get(now, &key)
    }

    fn insert(key: String, value: Vec<u8>, expires_at: Option<u64>) -> Answer<u64> {
        check_key(&key)?;
        check_value(&value)?;
        let (store, now) = open::<S>()?;
        store.insert(now, &key, &value, expires_at)
    }

    fn replace(key: String, version: u64, value: Vec<u8>, expires_at: Option<u64>) -> Answer<u64> {
        check_key(&key)?;
        check_value(&value)?;
        let (store, now) = open::<S>()?;
        store.replace(now, &key, version, &value, expires_at)
    }

    fn remove(key: String, version: Option<u64>) -> Answer<()> {
        check_key(&key)?;
        let (store, now) = open::<S>()?;
        store.remove(now, &key, version)
    }

    fn increment(key: String, by: u64, expires_at: u64) -> Answer<u64> {
        check_key(&key)?;
        let by = i64::try_from(by)
            .map_err(|_large| Failure::Invalid("a counter holds at most 2^63 - 1".into()))?;
        let (store, now) = open::<S>()?;
        store.increment(now, &key, by, expires_at)
    }

    fn list(prefix: String, after: Option<String>, limit: u32) -> Answer<Vec<Listed>> {
        check_part("prefix", &prefix)?;
        check_part("key to list after", after.as_deref().unwrap_or_default())?;
        let limit = check_limit(limit)?;
        let (store, now) = open::<S>()?;
        store.list(now, &prefix, after.as_deref(), limit)
    }
}
