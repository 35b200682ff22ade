//! The contract of records, by the checks that every store runs: `tests/records`.

use super::{directory, fresh, quick};
use crate::records::sqlite::{SqliteOptions, SqliteRecords};
use crate::records::{self, Clock};
use doorward_records_conformance as checks;
use doorward_records_conformance::{Answer, Deployment, Entry, Listed, Outage, Store, Subject};
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn keeps_the_contract_of_records() {
    let report = checks::everything(Arc::new(Files(directory())))
        .await
        .unwrap();
    // Death is in `tests/durability`, where there is a process that can die.
    assert_eq!(
        report.not_run(),
        ["a_death_in_the_middle_leaves_a_whole_record"]
    );
}

struct Files(TempDir);

impl Subject for Files {
    fn deploy(&self, clock: &checks::Clock) -> anyhow::Result<Box<dyn Deployment>> {
        let path = fresh(&self.0);
        let clock = clock.clone();
        Ok(Box::new(File {
            path,
            clock: Clock::from_fn(move || clock.now()),
        }))
    }
}

struct File {
    path: PathBuf,
    clock: Clock,
}

impl Deployment for File {
    fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        let options = SqliteOptions {
            clock: self.clock.clone(),
            busy_timeout: Duration::from_secs(20),
            ..quick()
        };
        Ok(Arc::new(Checked(SqliteRecords::open(&self.path, options)?)))
    }

    fn outage(&self) -> Option<Outage> {
        let rename = |from: &str, to: &str, path: &PathBuf| {
            let other = Connection::open(path).unwrap();
            other
                .execute_batch(&format!("ALTER TABLE {from} RENAME TO {to}"))
                .unwrap();
        };
        let path = self.path.clone();
        rename("record", "elsewhere", &path);
        Some(Outage::until(move || rename("elsewhere", "record", &path)))
    }
}

/// The store as the checks know it.
struct Checked(Arc<SqliteRecords>);

fn failure(failure: records::Failure) -> checks::Failure {
    match failure {
        records::Failure::Conflict => checks::Failure::Conflict,
        records::Failure::Invalid(why) => checks::Failure::Invalid(why),
        records::Failure::Unavailable(why) => checks::Failure::Unavailable(why),
    }
}

/// An answer of the store as one for the checks.
fn answer<'a, T: 'a, U>(
    answer: records::Answer<'a, T>,
    told: impl Fn(T) -> U + Send + 'a,
) -> Answer<'a, U> {
    Box::pin(async move { answer.await.map(told).map_err(failure) })
}

impl Store for Checked {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        answer(records::Store::get(&*self.0, key), |entry| {
            entry.map(|entry| Entry {
                value: entry.value,
                version: entry.version,
            })
        })
    }

    fn insert<'a>(
        &'a self,
        key: &'a str,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        answer(
            records::Store::insert(&*self.0, key, value, expires_at),
            |version| version,
        )
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        answer(
            records::Store::replace(&*self.0, key, version, value, expires_at),
            |version| version,
        )
    }

    fn remove<'a>(&'a self, key: &'a str, version: Option<u64>) -> Answer<'a, ()> {
        answer(records::Store::remove(&*self.0, key, version), |()| ())
    }

    fn increment<'a>(&'a self, key: &'a str, by: u64, expires_at: u64) -> Answer<'a, u64> {
        answer(
            records::Store::increment(&*self.0, key, by, expires_at),
            |sum| sum,
        )
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Answer<'a, Vec<Listed>> {
        answer(
            records::Store::list(&*self.0, prefix, after, limit),
            |listed| {
                let told = |listed: records::Listed| Listed {
                    key: listed.key,
                    value: listed.value,
                    version: listed.version,
                };
                listed.into_iter().map(told).collect()
            },
        )
    }
}
