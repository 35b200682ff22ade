//! Records as JSON documents of a type, written by compare and swap.

use serde::{Serialize, de::DeserializeOwned};

use crate::Failure;
use crate::services::{RecordFailure, Records};

/// How often [`update`] tries before it gives up with `unavailable`. Each lost round means that another writer won.
pub const UPDATE_TRIES: u32 = 8;

/// A document as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document<T> {
    /// What it says.
    pub value: T,
    /// The version to give to [`replace`] and [`take`].
    pub version: u64,
}

/// What [`update`] is to do with what it read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<T, R> {
    /// Write this, then answer that.
    Write(T, R),
    /// Leave it, answer that.
    Leave(R),
}

/// Reads a document; `None` if there is none.
///
/// # Errors
/// `unavailable` if the store did not answer, or what it holds is not a `T`.
pub fn read<T: DeserializeOwned>(
    records: &(impl Records + ?Sized),
    key: &str,
) -> Result<Option<Document<T>>, Failure> {
    let Some(entry) = records.get(key)? else {
        return Ok(None);
    };
    let value = serde_json::from_slice(&entry.value).map_err(|error| unreadable(key, &error))?;
    Ok(Some(Document {
        value,
        version: entry.version,
    }))
}

/// Writes a document that is not there yet. `false`: there is one, and it was left alone.
///
/// # Errors
/// `unavailable` if the store did not answer.
pub fn create<T: Serialize>(
    records: &(impl Records + ?Sized),
    key: &str,
    value: &T,
    expires_at: Option<u64>,
) -> Result<bool, Failure> {
    won(records
        .insert(key, &bytes(key, value)?, expires_at)
        .map(|_| ()))
}

/// Writes a document over the version that was read. `false`: someone else was faster, nothing was written.
///
/// # Errors
/// `unavailable` if the store did not answer.
pub fn replace<T: Serialize>(
    records: &(impl Records + ?Sized),
    key: &str,
    version: u64,
    value: &T,
    expires_at: Option<u64>,
) -> Result<bool, Failure> {
    won(records
        .replace(key, version, &bytes(key, value)?, expires_at)
        .map(|_| ()))
}

/// Removes the version that was read: of many who take the same, exactly one gets `true`.
///
/// # Errors
/// `unavailable` if the store did not answer.
pub fn take(records: &(impl Records + ?Sized), key: &str, version: u64) -> Result<bool, Failure> {
    won(records.remove(key, Some(version)))
}

/// Reads, lets `change` decide and writes, again and again while others are faster, at most [`UPDATE_TRIES`] times.
/// `None`: there is no such document. `change` must have no effect of its own, since it may be asked several times.
///
/// # Errors
/// `unavailable` if the store did not answer or others were always faster.
pub fn update<T, R>(
    records: &(impl Records + ?Sized),
    key: &str,
    expires_at: Option<u64>,
    mut change: impl FnMut(T) -> Change<T, R>,
) -> Result<Option<R>, Failure>
where
    T: Serialize + DeserializeOwned,
{
    for _ in 0..UPDATE_TRIES {
        let Some(read) = read::<T>(records, key)? else {
            return Ok(None);
        };
        match change(read.value) {
            Change::Leave(answer) => return Ok(Some(answer)),
            Change::Write(value, answer) => {
                if replace(records, key, read.version, &value, expires_at)? {
                    return Ok(Some(answer));
                }
            }
        }
    }
    Err(Failure::Unavailable(format!(
        "records: lost {UPDATE_TRIES} races"
    )))
}

fn bytes<T: Serialize>(key: &str, value: &T) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(value).map_err(|error| unreadable(key, &error))
}

/// Names the kind of record only: the rest of a key tells about people.
fn unreadable(key: &str, error: &serde_json::Error) -> Failure {
    let kind = key.split('/').next().unwrap_or_default();
    Failure::Unavailable(format!(
        "records: a `{kind}` record: {:?} at column {}",
        error.classify(),
        error.column()
    ))
}

fn won(result: Result<(), RecordFailure>) -> Result<bool, Failure> {
    match result {
        Ok(()) => Ok(true),
        Err(RecordFailure::Conflict) => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Host;

    #[test]
    fn a_document_is_created_once() {
        let host = Host::seeded(1);
        assert!(create(&host, "a/1", &1, None).unwrap());
        assert!(!create(&host, "a/1", &2, None).unwrap());
        assert_eq!(read::<u8>(&host, "a/1").unwrap().unwrap().value, 1);
    }

    #[test]
    fn of_parallel_takers_one_wins() {
        let host = Host::seeded(1);
        create(&host, "a/1", &1, None).unwrap();
        let version = read::<u8>(&host, "a/1").unwrap().unwrap().version;
        let won = std::thread::scope(|scope| {
            let takers: Vec<_> = (0..20)
                .map(|_| scope.spawn(|| take(&host, "a/1", version).unwrap()))
                .collect();
            takers
                .into_iter()
                .map(|taker| taker.join().unwrap())
                .filter(|won| *won)
                .count()
        });
        assert_eq!(won, 1);
    }

    #[test]
    fn an_update_loses_no_other_update() {
        let host = Host::seeded(1);
        create(&host, "a/1", &0_u32, None).unwrap();
        let written: u32 = std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let add = |n: u32| Change::Write(n + 1, ());
                        (0..50)
                            .filter(|_| update(&host, "a/1", None, add).is_ok())
                            .map(|_| 1)
                            .sum::<u32>()
                    })
                })
                .collect();
            writers
                .into_iter()
                .map(|writer| writer.join().unwrap())
                .sum()
        });
        assert_eq!(read::<u32>(&host, "a/1").unwrap().unwrap().value, written);
    }

    #[test]
    fn an_outage_is_never_absence() {
        let host = Host::seeded(1);
        host.records_fail_after(0);
        assert!(matches!(
            read::<u8>(&host, "a/1"),
            Err(Failure::Unavailable(_))
        ));
        assert!(matches!(
            update(&host, "a/1", None, |n: u8| Change::Write(n, ())),
            Err(Failure::Unavailable(_))
        ));
    }

    #[test]
    fn a_document_of_another_shape_is_an_error_that_does_not_quote_it() {
        let host = Host::seeded(1);
        create(&host, "a/secret", &"secret", None).unwrap();
        let Err(Failure::Unavailable(why)) = read::<u8>(&host, "a/secret") else {
            panic!("no error")
        };
        assert!(!why.contains("secret"), "{why}");
    }
}
