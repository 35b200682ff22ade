//! A store that is not there: for `config check`, which must neither create nor change anything.

use crate::records::{Answer, Entry, Failure, Listed, Store};

/// Answers every call with [`Failure::Unavailable`].
pub(crate) struct Unopened;

fn unavailable<'a, T: Send + 'a>() -> Answer<'a, T> {
    Box::pin(async { Err(Failure::Unavailable(String::from("the store is not open"))) })
}

impl Store for Unopened {
    fn get<'a>(&'a self, _key: &'a str) -> Answer<'a, Option<Entry>> {
        unavailable()
    }

    fn insert<'a>(
        &'a self,
        _key: &'a str,
        _value: Vec<u8>,
        _expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        unavailable()
    }

    fn replace<'a>(
        &'a self,
        _key: &'a str,
        _version: u64,
        _value: Vec<u8>,
        _expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        unavailable()
    }

    fn remove<'a>(&'a self, _key: &'a str, _version: Option<u64>) -> Answer<'a, ()> {
        unavailable()
    }

    fn increment<'a>(&'a self, _key: &'a str, _by: u64, _expires_at: u64) -> Answer<'a, u64> {
        unavailable()
    }

    fn list<'a>(
        &'a self,
        _prefix: &'a str,
        _after: Option<&'a str>,
        _limit: u32,
    ) -> Answer<'a, Vec<Listed>> {
        unavailable()
    }

    fn ready(&self) -> Answer<'_, ()> {
        unavailable()
    }
}
