//! What an operator is told about a backend that is not there, and that it passes.

use crate::component;
use doorward_records_conformance::backend::{ComponentSubject, Grants};
use doorward_records_conformance::component::Compiled;
use doorward_records_conformance::{Failure, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A store of the package with those variables, and where its things are.
fn store(package: &str, variables: &[(&str, &str)]) -> (ComponentSubject, Arc<Grants>, impl Store) {
    let subject = component(package, false);
    let mut grants = subject.grants().unwrap();
    grants.variables = variables
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect::<BTreeMap<_, _>>();
    let grants = Arc::new(grants);
    let compiled = Compiled::load(&crate::build::component(package), false).unwrap();
    let store = compiled.store(Arc::clone(&grants), None, 0);
    (subject, grants, store)
}

async fn told(store: &impl Store, words: &[&str]) {
    for failure in [
        store.get("k").await.map(|_entry| ()),
        store.insert("k", vec![], None).await.map(|_version| ()),
    ] {
        let Err(Failure::Unavailable(why)) = failure else {
            panic!("{failure:?}");
        };
        let missing = words.iter().find(|word| !why.contains(**word));
        assert_eq!(missing, None, "{why}");
        assert!(!why.contains("hidden"), "a password is in {why:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_without_an_address_says_how_to_set_it() {
    let (_subject, _grants, store) = store("doorward-portable-records-spin-redis", &[]);
    told(&store, &["redis_address", "spin.toml"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_at_a_wrong_address_is_an_outage_that_tells_no_password() {
    let package = "doorward-portable-records-spin-redis";
    // Port 1 of this machine: nothing listens.
    let (_subject, _grants, nobody) =
        store(package, &[("redis_address", "redis://:hidden@127.0.0.1:1")]);
    told(&nobody, &["Redis"]).await;
    let (_subject, _grants, forbidden) =
        store(package, &[("redis_address", "http://:hidden@example.com")]);
    told(&forbidden, &["redis_address", "allowed_outbound_hosts"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_under_another_label_says_what_to_grant() {
    let package = "doorward-portable-records-spin-sqlite";
    let (_subject, _grants, store) = store(package, &[("sqlite_database", "other")]);
    told(&store, &["`other`", "sqlite_databases"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_sqlite_is_an_outage_that_passes() {
    let (_subject, grants, store) = store("doorward-portable-records-spin-sqlite", &[]);
    let version = store.insert("kept", b"v".to_vec(), None).await.unwrap();
    let other = rusqlite::Connection::open(grants.place.join("records.db")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    told(&store, &["locked"]).await;
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(store.get("kept").await.unwrap().unwrap().version, version);
    store.insert("k", vec![], None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_is_not_there_says_how_to_give_one() {
    let package = "doorward-portable-records-directory";
    let (_subject, _grants, store) = store(package, &[("data_directory", "/data/nowhere")]);
    told(&store, &["/data/nowhere", "--dir", "data_directory"]).await;
}
