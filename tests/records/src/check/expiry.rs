//! An expired record is absent from the very second of its expiry, for every call.

use super::{NOW, Stage, read, same};
use crate::Failure;

const AT: u64 = NOW + 10;

/// A record at `k` that has just expired, and its version.
async fn expired(stage: &Stage) -> anyhow::Result<u64> {
    let version = stage.one.insert("k", b"old".to_vec(), Some(AT)).await?;
    stage.clock.set(AT - 1);
    read(&*stage.two, "k").await?;
    same(
        "alive to the last second",
        stage.two.list("k", None, 1).await?.len(),
        1,
    )?;
    stage.clock.set(AT);
    Ok(version)
}

pub(super) async fn expired_records_cannot_be_read(stage: Stage) -> anyhow::Result<()> {
    expired(&stage).await?;
    same("get", stage.two.get("k").await, Ok(None))?;
    // Already over when it is written.
    stage.one.insert("past", b"x".to_vec(), Some(AT)).await?;
    stage
        .one
        .insert("long past", b"x".to_vec(), Some(0))
        .await?;
    same("get", stage.two.get("past").await, Ok(None))?;
    same("get", stage.two.get("long past").await, Ok(None))
}

pub(super) async fn expired_records_do_not_stop_an_insert(stage: Stage) -> anyhow::Result<()> {
    let old = expired(&stage).await?;
    let new = stage.two.insert("k", b"new".to_vec(), None).await?;
    let entry = read(&*stage.one, "k").await?;
    same(
        "inserted",
        (entry.value, entry.version),
        (b"new".to_vec(), new),
    )?;
    anyhow::ensure!(new != old, "version {old} came twice");
    same(
        "replace by the old version",
        stage.one.replace("k", old, vec![], None).await,
        Err(Failure::Conflict),
    )
}

pub(super) async fn expired_records_cannot_be_replaced(stage: Stage) -> anyhow::Result<()> {
    let version = expired(&stage).await?;
    let answer = stage.two.replace("k", version, b"new".to_vec(), None).await;
    same("replace", answer, Err(Failure::Conflict))?;
    same("get", stage.one.get("k").await, Ok(None))
}

pub(super) async fn expired_records_cannot_be_removed_by_version(
    stage: Stage,
) -> anyhow::Result<()> {
    let version = expired(&stage).await?;
    same(
        "remove by version",
        stage.two.remove("k", Some(version)).await,
        Err(Failure::Conflict),
    )?;
    same("remove", stage.two.remove("k", None).await, Ok(()))
}

pub(super) async fn expired_records_are_not_listed(stage: Stage) -> anyhow::Result<()> {
    expired(&stage).await?;
    stage
        .one
        .insert("l", b"alive".to_vec(), Some(AT + 1))
        .await?;
    let listed = stage.two.list("", None, 1).await?;
    let keys: Vec<&str> = listed.iter().map(|listed| listed.key.as_str()).collect();
    same("listed", keys, vec!["l"])
}

pub(super) async fn expired_counters_begin_anew(stage: Stage) -> anyhow::Result<()> {
    same("first", stage.one.increment("c", 5, AT).await, Ok(5))?;
    expired(&stage).await?;
    same("get", stage.two.get("c").await, Ok(None))?;
    same(
        "increment",
        stage.two.increment("c", 1, AT + 1).await,
        Ok(1),
    )?;
    same(
        "over a record",
        stage.two.increment("k", 2, AT + 1).await,
        Ok(2),
    )?;
    stage.clock.set(AT + 1);
    same("get", stage.two.get("c").await, Ok(None))?;
    stage
        .one
        .insert("c", b"no counter now".to_vec(), None)
        .await?;
    same(
        "inserted",
        read(&*stage.two, "c").await?.value,
        b"no counter now".to_vec(),
    )
}

pub(super) async fn replace_sets_the_expiry_anew(stage: Stage) -> anyhow::Result<()> {
    let Stage {
        one, two, clock, ..
    } = &stage;
    let version = one.insert("k", b"x".to_vec(), Some(NOW + 5)).await?;
    let version = one.replace("k", version, b"x".to_vec(), None).await?;
    clock.set(NOW + 100);
    same("for ever", read(&**two, "k").await?.version, version)?;
    one.replace("k", version, b"x".to_vec(), Some(NOW + 101))
        .await?;
    clock.set(NOW + 101);
    same("until then", two.get("k").await, Ok(None))?;
    one.insert("for ever", b"x".to_vec(), Some(u64::MAX))
        .await?;
    read(&**two, "for ever").await.map(|_entry| ())
}
