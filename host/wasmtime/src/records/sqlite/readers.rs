//! Reads: on the caller's own thread, by whichever connection is free. A point read takes microseconds, less than handing it over.

use super::database::{self, Access, ConnectionOptions};
use crate::records::{Entry, Failure, Listed};
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

const GET: &str = "
    SELECT value, version, counter FROM record WHERE key = ?1 AND (expires_at IS NULL OR expires_at > ?2)";

/// From a key on, that key included.
const LIST_FROM: &str = "
    SELECT value, version, counter, key FROM record
    WHERE key >= ?1 AND key < ?2 AND (expires_at IS NULL OR expires_at > ?3) ORDER BY key LIMIT ?4";

/// From a key on, that key excluded.
const LIST_AFTER: &str = "
    SELECT value, version, counter, key FROM record
    WHERE key > ?1 AND key < ?2 AND (expires_at IS NULL OR expires_at > ?3) ORDER BY key LIMIT ?4";

/// Read connections that nobody uses at the moment. There is one per reading thread at most: a read never suspends.
pub(super) struct Readers {
    path: PathBuf,
    options: ConnectionOptions,
    /// How many to keep; more are opened when more threads read at once, and closed after use.
    keep: usize,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    /// Opens none yet.
    pub(super) fn new(path: PathBuf, options: ConnectionOptions, keep: usize) -> Self {
        Self {
            path,
            options,
            keep,
            idle: Mutex::new(Vec::new()),
        }
    }

    /// Closes what is idle.
    pub(super) fn close(&self) {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Reads one live record.
    pub(super) fn get(&self, key: &str, now: i64) -> Result<Option<Entry>, Failure> {
        self.with(|connection| {
            connection
                .prepare_cached(GET)?
                .query_row(params![key, now], entry)
                .optional()
        })
    }

    /// Reads the live records from `prefix` on; see [`crate::records::Store::list`].
    pub(super) fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
        now: i64,
    ) -> Result<Vec<Listed>, Failure> {
        // One bound, not two: SQLite would start at the prefix and read its way to `after`.
        let (query, from) = match after {
            Some(after) if after >= prefix => (LIST_AFTER, after),
            _ => (LIST_FROM, prefix),
        };
        let end = end_of(prefix);
        self.with(|connection| {
            let mut statement = connection.prepare_cached(query)?;
            let rows = statement.query_map(params![from, end, now, limit], |row| {
                let Entry { value, version } = entry(row)?;
                Ok(Listed {
                    key: row.get(3)?,
                    value,
                    version,
                })
            })?;
            rows.collect()
        })
    }

    /// Runs a read on a connection of its own; one that failed is not used again.
    fn with<T>(&self, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, Failure> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => Ok(connection),
            None => database::connect(&self.path, Access::Read, &self.options),
        };
        let (connection, answer) = connection
            .and_then(|connection| read(&connection).map(|answer| (connection, answer)))
            .map_err(|error| Failure::Unavailable(error.to_string()))?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < self.keep {
            idle.push(connection);
        }
        Ok(answer)
    }
}

/// The first three columns of every query here. A counter is kept as a number and read as its decimal digits.
fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let counter: Option<i64> = row.get(2)?;
    let version: i64 = row.get(1)?;
    Ok(Entry {
        value: match counter {
            Some(count) => count.to_string().into_bytes(),
            None => row.get(0)?,
        },
        version: version.unsigned_abs(),
    })
}

/// The least text that is above everything that starts with `prefix`. Keys are ASCII up to 0x7e, so that its last
/// character has a successor; without a prefix it is what no key reaches.
fn end_of(prefix: &str) -> String {
    let mut end = prefix.to_owned();
    let successor = end.pop().map_or('\u{7f}', |last| {
        char::from_u32(u32::from(last) + 1).unwrap_or(char::MAX)
    });
    end.push(successor);
    end
}
