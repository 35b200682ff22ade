//! Writing and reading by one at a time.

use super::{Stage, read, same};
use crate::Failure;
use anyhow::ensure;
use std::collections::HashSet;

pub(super) async fn reads_what_was_written(stage: Stage) -> anyhow::Result<()> {
    let Stage { one, two, .. } = &stage;
    same("before", one.get("grant/a").await, Ok(None))?;
    let first = one.insert("grant/a", vec![0, 255, b'\''], None).await?;
    let entry = read(&**two, "grant/a").await?;
    same(
        "inserted",
        (entry.value, entry.version),
        (vec![0, 255, b'\''], first),
    )?;
    let second = two.replace("grant/a", first, Vec::new(), None).await?;
    let entry = read(&**one, "grant/a").await?;
    same(
        "replaced",
        (entry.value, entry.version),
        (Vec::new(), second),
    )?;
    one.remove("grant/a", Some(second)).await?;
    same("removed", two.get("grant/a").await, Ok(None))
}

pub(super) async fn insert_is_exclusive(stage: Stage) -> anyhow::Result<()> {
    let Stage { one, two, .. } = &stage;
    let version = one.insert("k", b"kept".to_vec(), None).await?;
    same(
        "second insert",
        two.insert("k", b"x".to_vec(), None).await,
        Err(Failure::Conflict),
    )?;
    let entry = read(&**one, "k").await?;
    same(
        "kept",
        (entry.value, entry.version),
        (b"kept".to_vec(), version),
    )
}

/// Versions that are not the one of the record.
fn wrong(version: u64) -> [u64; 4] {
    [
        0,
        version.wrapping_add(1),
        version.wrapping_sub(1),
        u64::MAX,
    ]
}

pub(super) async fn replace_needs_the_version(stage: Stage) -> anyhow::Result<()> {
    let Stage { one, two, .. } = &stage;
    let version = one.insert("k", b"kept".to_vec(), None).await?;
    for wrong in wrong(version) {
        let answer = two.replace("k", wrong, b"x".to_vec(), None).await;
        same(
            format_args!("replace of {wrong}"),
            answer,
            Err(Failure::Conflict),
        )?;
    }
    let answer = two.replace("absent", version, b"x".to_vec(), None).await;
    same("replace of nothing", answer, Err(Failure::Conflict))?;
    same("nothing", one.get("absent").await, Ok(None))?;
    let entry = read(&**one, "k").await?;
    same(
        "kept",
        (entry.value, entry.version),
        (b"kept".to_vec(), version),
    )
}

pub(super) async fn remove_needs_the_version(stage: Stage) -> anyhow::Result<()> {
    let Stage { one, two, .. } = &stage;
    let version = one.insert("k", b"kept".to_vec(), None).await?;
    for wrong in wrong(version) {
        let answer = two.remove("k", Some(wrong)).await;
        same(
            format_args!("remove of {wrong}"),
            answer,
            Err(Failure::Conflict),
        )?;
    }
    same(
        "remove of nothing",
        two.remove("absent", Some(version)).await,
        Err(Failure::Conflict),
    )?;
    same(
        "remove of whatever is not there",
        two.remove("absent", None).await,
        Ok(()),
    )?;
    let entry = read(&**one, "k").await?;
    same(
        "kept",
        (entry.value, entry.version),
        (b"kept".to_vec(), version),
    )?;
    same(
        "remove of whatever is there",
        two.remove("k", None).await,
        Ok(()),
    )?;
    same("removed", one.get("k").await, Ok(None))
}

pub(super) async fn versions_are_never_used_twice(stage: Stage) -> anyhow::Result<()> {
    let Stage {
        one, two, clock, ..
    } = &stage;
    let mut seen = HashSet::new();
    let mut unseen = |version: u64| {
        ensure!(seen.insert(version), "version {version} came twice");
        Ok(())
    };
    for round in 0..20 {
        let (a, b) = if round % 2 == 0 {
            (one, two)
        } else {
            (two, one)
        };
        let expires_at = (round % 3 == 0).then(|| clock.now() + 5);
        let version = a.insert("k", vec![], expires_at).await?;
        unseen(version)?;
        unseen(b.replace("k", version, vec![], expires_at).await?)?;
        if expires_at.is_some() {
            clock.advance(5);
        } else {
            a.remove("k", None).await?;
        }
        for _ in 0..2 {
            two.increment("k", 1, clock.now() + 5).await?;
            unseen(read(&**one, "k").await?.version)?;
        }
        a.remove("k", None).await?;
    }
    Ok(())
}
