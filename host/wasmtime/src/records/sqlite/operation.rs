//! The writes as SQL: each is one conditional statement, so that what it decides on is what it changes.

use crate::records::Failure;
use rusqlite::{Connection, OptionalExtension as _, params};

/// One write, checked against the bounds of the contract.
#[derive(Debug)]
pub(super) enum Operation {
    /// See [`crate::records::Store::insert`].
    Insert {
        key: String,
        value: Vec<u8>,
        expires_at: Option<u64>,
    },
    /// See [`crate::records::Store::replace`].
    Replace {
        key: String,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    },
    /// See [`crate::records::Store::remove`].
    Remove { key: String, version: Option<u64> },
    /// See [`crate::records::Store::increment`].
    Increment {
        key: String,
        by: u64,
        expires_at: u64,
    },
    /// Removes at most so many expired records; answers how many there were.
    Sweep { limit: u32 },
    /// Changes nothing that anyone can see, but is a write like any other.
    Probe,
}

impl Operation {
    /// How much memory waits with it, roughly, in bytes.
    pub(super) fn weight(&self) -> usize {
        const EACH: usize = 256;
        match self {
            Self::Insert { key, value, .. } | Self::Replace { key, value, .. } => {
                EACH + key.len() + value.len()
            }
            Self::Remove { key, .. } | Self::Increment { key, .. } => EACH + key.len(),
            Self::Sweep { .. } | Self::Probe => EACH,
        }
    }
}

/// What a single write came to inside its transaction. A number is a version, a sum or a count.
pub(super) type Outcome = Result<u64, Failure>;

/// Hands out versions inside one transaction. The sequence is global to the database, so that no key ever sees a version
/// twice, whoever wrote, removed or expired it; the write lock of the transaction makes it the only one.
#[derive(Debug)]
pub(super) struct Versions {
    first: i64,
    next: i64,
}

impl Versions {
    /// Reads where the sequence stands.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let first: i64 = connection
            .prepare_cached("SELECT next FROM sequence WHERE id = 1")?
            .query_row([], |row| row.get(0))?;
        Ok(Self { first, next: first })
    }

    /// The version for the write at hand, which [`Versions::settle`] makes its own. 2⁶³ of them last for ever.
    fn offer(&self) -> i64 {
        self.next
    }

    /// The write that was offered a version has changed so many rows: one that changed none leaves the version to the next.
    fn settle(&mut self, changed: usize) -> Outcome {
        if changed == 0 {
            return Err(Failure::Conflict);
        }
        let taken = self.next;
        self.next = self.next.saturating_add(1);
        Ok(taken.unsigned_abs())
    }

    /// Writes back how far the transaction came.
    pub(super) fn store(&self, connection: &Connection) -> rusqlite::Result<()> {
        if self.next != self.first {
            connection
                .prepare_cached("UPDATE sequence SET next = ?1 WHERE id = 1")?
                .execute([self.next])?;
        }
        Ok(())
    }
}

const INSERT: &str = "
    INSERT INTO record (key, value, version, expires_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE
    SET value = excluded.value, version = excluded.version, expires_at = excluded.expires_at, counter = NULL
    WHERE record.expires_at <= ?5";

const REPLACE: &str = "
    UPDATE record SET value = ?3, version = ?4, expires_at = ?5, counter = NULL
    WHERE key = ?1 AND version = ?2 AND (expires_at IS NULL OR expires_at > ?6)";

const REMOVE: &str = "DELETE FROM record WHERE key = ?1";

const REMOVE_VERSION: &str = "
    DELETE FROM record WHERE key = ?1 AND version = ?2 AND (expires_at IS NULL OR expires_at > ?3)";

// Right-hand sides of SET see the row as it was before the statement.
const INCREMENT: &str = "
    INSERT INTO record (key, value, version, expires_at, counter) VALUES (?1, x'', ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE
    SET value = x'', version = excluded.version,
        counter = CASE WHEN record.expires_at <= ?5 THEN excluded.counter ELSE record.counter + excluded.counter END,
        expires_at = CASE WHEN record.expires_at <= ?5 THEN excluded.expires_at ELSE record.expires_at END
    WHERE record.expires_at <= ?5 OR record.counter <= 9223372036854775807 - excluded.counter
    RETURNING counter";

const SWEEP: &str = "
    DELETE FROM record WHERE id IN (SELECT id FROM record WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";

/// Runs one write at the second `now`. The outer error means that the transaction can no longer be trusted.
pub(super) fn execute(
    connection: &Connection,
    operation: &Operation,
    versions: &mut Versions,
    now: i64,
) -> rusqlite::Result<Outcome> {
    match operation {
        Operation::Insert {
            key,
            value,
            expires_at,
        } => {
            let row = params![key, value, versions.offer(), stored_time(*expires_at), now];
            Ok(versions.settle(connection.prepare_cached(INSERT)?.execute(row)?))
        }
        Operation::Replace {
            key,
            version,
            value,
            expires_at,
        } => {
            let Ok(expected) = i64::try_from(*version) else {
                return Ok(Err(Failure::Conflict));
            };
            let row = params![
                key,
                expected,
                value,
                versions.offer(),
                stored_time(*expires_at),
                now
            ];
            Ok(versions.settle(connection.prepare_cached(REPLACE)?.execute(row)?))
        }
        Operation::Remove { key, version: None } => {
            connection.prepare_cached(REMOVE)?.execute([key])?;
            Ok(Ok(0))
        }
        Operation::Remove {
            key,
            version: Some(version),
        } => {
            let Ok(expected) = i64::try_from(*version) else {
                return Ok(Err(Failure::Conflict));
            };
            let changed = connection
                .prepare_cached(REMOVE_VERSION)?
                .execute(params![key, expected, now])?;
            Ok(if changed == 1 {
                Ok(0)
            } else {
                Err(Failure::Conflict)
            })
        }
        Operation::Increment {
            key,
            by,
            expires_at,
        } => increment(connection, key, *by, *expires_at, versions, now),
        Operation::Sweep { limit } => {
            let removed = connection
                .prepare_cached(SWEEP)?
                .execute(params![now, limit])?;
            Ok(Ok(removed as u64))
        }
        // Moves the sequence on, which `Versions::store` then writes.
        Operation::Probe => Ok(versions.settle(1)),
    }
}

fn increment(
    connection: &Connection,
    key: &str,
    by: u64,
    expires_at: u64,
    versions: &mut Versions,
    now: i64,
) -> rusqlite::Result<Outcome> {
    let Ok(by) = i64::try_from(by) else {
        return Ok(Err(Failure::Invalid(
            "a counter holds at most 2^63 - 1".into(),
        )));
    };
    let row = params![
        key,
        versions.offer(),
        stored_time(Some(expires_at)),
        by,
        now
    ];
    let sum: Option<i64> = connection
        .prepare_cached(INCREMENT)?
        .query_row(row, |row| row.get(0))
        .optional()?;
    let Some(sum) = sum else {
        return Ok(Err(Failure::Invalid(
            "the record is no counter, or the sum would pass 2^63 - 1".into(),
        )));
    };
    Ok(versions.settle(1).map(|_version| sum.unsigned_abs()))
}

/// Times beyond what SQLite can hold mean "in 292 billion years", which is as good as they get.
fn stored_time(at: Option<u64>) -> Option<i64> {
    at.map(|at| i64::try_from(at).unwrap_or(i64::MAX))
}
