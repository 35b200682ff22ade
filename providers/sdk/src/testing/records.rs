//! Records in memory, by the letter of `doorward:host/records`.

use std::collections::BTreeMap;

use super::{Calls, Host, Inner};
use crate::services::{Clock, Entry, Listed, RecordFailure, Records};

const KEY_MAX_BYTES: usize = 512;
const VALUE_MAX_BYTES: usize = 256 * 1024;

#[derive(Debug, Default)]
pub(super) struct Memory {
    stored: BTreeMap<String, Stored>,
    /// Versions count writes of all keys, so none comes twice.
    writes: u64,
}

#[derive(Debug, Clone)]
struct Stored {
    value: Vec<u8>,
    version: u64,
    expires_at: Option<u64>,
    counter: bool,
}

impl Memory {
    fn find(&self, key: &str, now: u64) -> Option<&Stored> {
        self.stored
            .get(key)
            .filter(|stored| stored.expires_at.is_none_or(|end| now < end))
    }

    fn write(&mut self, key: &str, value: &[u8], expires_at: Option<u64>, counter: bool) -> u64 {
        self.writes += 1;
        let stored = Stored {
            value: value.to_vec(),
            version: self.writes,
            expires_at,
            counter,
        };
        self.stored.insert(key.to_owned(), stored);
        self.writes
    }

    pub(super) fn live(&self, now: u64) -> Vec<(String, Vec<u8>)> {
        let keys = self
            .stored
            .keys()
            .filter_map(|key| self.find(key, now).map(|stored| (key, stored)));
        keys.map(|(key, stored)| (key.clone(), stored.value.clone()))
            .collect()
    }
}

impl Host {
    /// Counts the call, fails it during an outage, checks its key, and runs it on the store.
    fn on_store<R>(
        &self,
        key: &str,
        count: fn(&mut Calls) -> &mut u64,
        run: impl FnOnce(&mut Memory, u64) -> Result<R, RecordFailure>,
    ) -> Result<R, RecordFailure> {
        let now = self.now();
        let mut inner = self.inner();
        *count(&mut inner.calls) += 1;
        outage(&mut inner)?;
        if key.is_empty() || key.len() > KEY_MAX_BYTES || !key.is_ascii() {
            return Err(RecordFailure::Invalid("key".to_owned()));
        }
        run(&mut inner.records, now)
    }
}

fn outage(inner: &mut Inner) -> Result<(), RecordFailure> {
    match &mut inner.records_left {
        Some(0) => Err(RecordFailure::Unavailable("outage".to_owned())),
        Some(left) => {
            *left -= 1;
            Ok(())
        }
        None => Ok(()),
    }
}

fn within_bounds(value: &[u8]) -> Result<(), RecordFailure> {
    if value.len() > VALUE_MAX_BYTES {
        Err(RecordFailure::Invalid("value".to_owned()))
    } else {
        Ok(())
    }
}

impl Records for Host {
    fn get(&self, key: &str) -> Result<Option<Entry>, RecordFailure> {
        self.on_store(
            key,
            |calls| &mut calls.get,
            |memory, now| {
                let entry = |stored: &Stored| Entry {
                    value: stored.value.clone(),
                    version: stored.version,
                };
                Ok(memory.find(key, now).map(entry))
            },
        )
    }

    fn insert(
        &self,
        key: &str,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Result<u64, RecordFailure> {
        self.on_store(
            key,
            |calls| &mut calls.insert,
            |memory, now| {
                within_bounds(value)?;
                match memory.find(key, now) {
                    Some(_) => Err(RecordFailure::Conflict),
                    None => Ok(memory.write(key, value, expires_at, false)),
                }
            },
        )
    }

    fn replace(
        &self,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Result<u64, RecordFailure> {
        self.on_store(
            key,
            |calls| &mut calls.replace,
            |memory, now| {
                within_bounds(value)?;
                match memory.find(key, now) {
                    Some(stored) if stored.version == version => {
                        Ok(memory.write(key, value, expires_at, false))
                    }
                    _ => Err(RecordFailure::Conflict),
                }
            },
        )
    }

    fn remove(&self, key: &str, version: Option<u64>) -> Result<(), RecordFailure> {
        self.on_store(
            key,
            |calls| &mut calls.remove,
            |memory, now| {
                let found = memory.find(key, now).map(|stored| stored.version);
                if version.is_some() && version != found {
                    return Err(RecordFailure::Conflict);
                }
                memory.stored.remove(key);
                Ok(())
            },
        )
    }

    fn increment(&self, key: &str, by: u64, expires_at: u64) -> Result<u64, RecordFailure> {
        self.on_store(
            key,
            |calls| &mut calls.increment,
            |memory, now| {
                let (sum, end) = match memory.find(key, now) {
                    None => (by, Some(expires_at)),
                    Some(stored) if stored.counter => {
                        let digits = String::from_utf8_lossy(&stored.value).into_owned();
                        (
                            digits.parse::<u64>().unwrap_or(u64::MAX).saturating_add(by),
                            stored.expires_at,
                        )
                    }
                    Some(_) => return Err(RecordFailure::Invalid("not a counter".to_owned())),
                };
                memory.write(key, sum.to_string().as_bytes(), end, true);
                Ok(sum)
            },
        )
    }

    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed>, RecordFailure> {
        self.on_store(
            "list",
            |calls| &mut calls.list,
            |memory, now| {
                if !(1..=1000).contains(&limit) {
                    return Err(RecordFailure::Invalid("limit".to_owned()));
                }
                let live = memory
                    .stored
                    .keys()
                    .filter_map(|key| memory.find(key, now).map(|stored| (key, stored)));
                Ok(live
                    .filter(|(key, _)| {
                        key.starts_with(prefix) && after.is_none_or(|after| key.as_str() > after)
                    })
                    .take(limit as usize)
                    .map(|(key, stored)| Listed {
                        key: key.clone(),
                        value: stored.value.clone(),
                        version: stored.version,
                    })
                    .collect())
            },
        )
    }
}
