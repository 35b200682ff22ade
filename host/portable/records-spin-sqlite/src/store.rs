//! The calls of the contract as statements.

use crate::database::{Database, Value};
use crate::statements;
use doorward_portable_records::{
    Answer, Entry, Failure, Listed, Store, Variable, fresh, no_counter, unavailable,
};

/// The label that Spin has without further configuration.
const DEFAULT_LABEL: &str = "default";
/// One write in so many sweeps.
const RATE: u64 = 64;
/// Most records that one sweep removes, so that no write waits long.
const SWEPT: i64 = 256;
/// How long after its expiry, in seconds, a record is removed: clocks of several machines may differ.
const GRACE_S: u64 = 60;
/// Past every key, since keys are ASCII.
const END: &str = "\u{7f}";

/// Records in Spin's SQLite.
#[derive(Debug)]
pub struct Sqlite(Database);

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

/// Times past what SQLite can hold are after all time.
fn time(at: u64) -> Value {
    Value::Integer(i64::try_from(at).unwrap_or(i64::MAX))
}

fn expiry(at: Option<u64>) -> Value {
    time(at.unwrap_or(u64::MAX))
}

/// Versions that no record has, because they do not fit, match nothing.
fn version(version: u64) -> Value {
    i64::try_from(version).map_or(Value::Null, Value::Integer)
}

/// A row that is not as it was written.
fn foreign() -> Failure {
    unavailable(
        "the table `doorward_record` holds what Doorward did not write; restore it from a backup",
    )
}

fn unsigned(value: &Value) -> Answer<u64> {
    match value {
        Value::Integer(number) => u64::try_from(*number).map_err(|_negative| foreign()),
        _ => Err(foreign()),
    }
}

/// The value of a record: its bytes, or the digits of a counter.
fn bytes(value: Value, counter: &Value) -> Answer<Vec<u8>> {
    match (counter, value) {
        (Value::Null, Value::Blob(bytes)) => Ok(bytes),
        (Value::Integer(sum), _) => Ok(sum.to_string().into_bytes()),
        _ => Err(foreign()),
    }
}

impl Sqlite {
    /// A write that answers the first column of its only row; `None` if it changed nothing.
    fn write(&self, now: u64, statement: &str, parameters: &[Value]) -> Answer<Option<u64>> {
        let rows = self.0.run(statement, parameters)?;
        let written = rows
            .first()
            .and_then(|row| row.first())
            .map(unsigned)
            .transpose()?;
        if written.is_some() {
            self.sweep_sometimes(now);
        }
        Ok(written)
    }

    /// The write is done whatever becomes of the sweep, and the next one meets the same.
    fn sweep_sometimes(&self, now: u64) {
        if fresh().is_ok_and(|random| random % RATE == 0) {
            let until = time(now.saturating_sub(GRACE_S));
            let _ = self
                .0
                .run(statements::SWEEP, &[until, Value::Integer(SWEPT)]);
        }
    }
}

impl Store for Sqlite {
    fn open(variable: Variable<'_>) -> Answer<Self> {
        let label = variable("sqlite_database")?;
        Database::open(label.unwrap_or_else(|| DEFAULT_LABEL.to_owned())).map(Self)
    }

    fn get(&self, now: u64, key: &str) -> Answer<Option<Entry>> {
        let rows = self.0.run(statements::GET, &[text(key), time(now)])?;
        let Some(row) = rows.into_iter().next() else {
            return Ok(None);
        };
        let [value, version, counter] =
            <[Value; 3]>::try_from(row).map_err(|_columns| foreign())?;
        Ok(Some(Entry {
            value: bytes(value, &counter)?,
            version: unsigned(&version)?,
        }))
    }

    fn insert(&self, now: u64, key: &str, value: &[u8], expires_at: Option<u64>) -> Answer<u64> {
        let new = fresh()?;
        let row = [
            text(key),
            Value::Blob(value.to_vec()),
            version(new),
            expiry(expires_at),
            time(now),
        ];
        self.write(now, statements::INSERT, &row)?
            .ok_or(Failure::Conflict)
    }

    fn replace(
        &self,
        now: u64,
        key: &str,
        old: u64,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Answer<u64> {
        let new = fresh()?;
        let row = [
            text(key),
            Value::Blob(value.to_vec()),
            version(new),
            expiry(expires_at),
            time(now),
            version(old),
        ];
        self.write(now, statements::REPLACE, &row)?
            .ok_or(Failure::Conflict)
    }

    fn remove(&self, now: u64, key: &str, old: Option<u64>) -> Answer<()> {
        match old {
            None => self
                .write(now, statements::REMOVE, &[text(key)])
                .map(|_removed| ()),
            Some(old) => self
                .write(
                    now,
                    statements::REMOVE_VERSION,
                    &[text(key), version(old), time(now)],
                )?
                .map(|_removed| ())
                .ok_or(Failure::Conflict),
        }
    }

    fn increment(&self, now: u64, key: &str, by: i64, expires_at: u64) -> Answer<u64> {
        let row = [
            text(key),
            Value::Integer(by),
            version(fresh()?),
            time(expires_at),
            time(now),
        ];
        self.write(now, statements::INCREMENT, &row)?
            .ok_or_else(no_counter)
    }

    fn list(
        &self,
        now: u64,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Answer<Vec<Listed>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let range = [
            text(prefix),
            Value::Text(format!("{prefix}{END}")),
            text(after.unwrap_or_default()),
            time(now),
            Value::Integer(limit),
        ];
        let rows = self.0.run(statements::LIST, &range)?;
        rows.into_iter()
            .map(|row| {
                let [key, value, version, counter] =
                    <[Value; 4]>::try_from(row).map_err(|_columns| foreign())?;
                let Value::Text(key) = key else {
                    return Err(foreign());
                };
                Ok(Listed {
                    key,
                    value: bytes(value, &counter)?,
                    version: unsigned(&version)?,
                })
            })
            .collect()
    }
}
