//! Twenty tasks at once, half of them through either handle.

use super::{NOW, Stage, read, same};
use crate::{Failure, Store};
use anyhow::{Context as _, ensure};
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const WAYS: usize = 20;

/// Runs `action` in every way at once and returns what each got.
async fn race<T: Send + 'static, F: Future<Output = T> + Send + 'static>(
    stage: &Stage,
    action: impl Fn(Arc<dyn Store>, u8) -> F,
) -> anyhow::Result<Vec<T>> {
    let barrier = Arc::new(tokio::sync::Barrier::new(WAYS));
    let handles = [&stage.one, &stage.two].into_iter().cycle();
    let tasks: Vec<_> = handles
        .zip(0_u8..)
        .take(WAYS)
        .map(|(store, way)| {
            let (barrier, act) = (Arc::clone(&barrier), action(Arc::clone(store), way));
            tokio::spawn(async move {
                barrier.wait().await;
                act.await
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.context("a racer panicked")?);
    }
    Ok(results)
}

/// The one that won and what it got; all others must have met a conflict.
fn winner<T: Debug + Copy>(results: &[Result<T, Failure>]) -> anyhow::Result<(u8, T)> {
    let mut winners = (0_u8..)
        .zip(results)
        .filter_map(|(way, result)| Some((way, *result.as_ref().ok()?)));
    let first = winners
        .next()
        .with_context(|| format!("nobody won: {results:?}"))?;
    ensure!(winners.next().is_none(), "more than one won: {results:?}");
    let stray = results
        .iter()
        .find(|result| matches!(result, Err(failure) if *failure != Failure::Conflict));
    ensure!(stray.is_none(), "a loser got {stray:?}");
    Ok(first)
}

async fn inserts(stage: &Stage, key: &'static str) -> anyhow::Result<()> {
    let results = race(stage, |store, way| async move {
        store.insert(key, vec![way], None).await
    })
    .await?;
    let (way, version) = winner(&results)?;
    let entry = read(&*stage.two, key).await?;
    same(
        "the winner's",
        (entry.value, entry.version),
        (vec![way], version),
    )
}

pub(super) async fn racing_inserts_have_one_winner(stage: Stage) -> anyhow::Result<()> {
    for key in ["code/0", "code/1", "code/2"] {
        inserts(&stage, key).await?;
    }
    // Of a key that was there once.
    stage.one.remove("code/0", None).await?;
    inserts(&stage, "code/0").await
}

pub(super) async fn racing_inserts_over_an_expired_record_have_one_winner(
    stage: Stage,
) -> anyhow::Result<()> {
    for key in ["code/0", "code/1", "code/2"] {
        stage
            .one
            .insert(key, b"expired".to_vec(), Some(NOW))
            .await?;
        inserts(&stage, key).await?;
    }
    Ok(())
}

pub(super) async fn racing_replaces_have_one_winner(stage: Stage) -> anyhow::Result<()> {
    let mut version = stage.one.insert("grant", vec![], None).await?;
    for _round in 0..5 {
        let results = race(&stage, |store, way| async move {
            store.replace("grant", version, vec![way], None).await
        });
        let (way, won) = winner(&results.await?)?;
        let entry = read(&*stage.one, "grant").await?;
        same(
            "the winner's",
            (entry.value, entry.version),
            (vec![way], won),
        )?;
        version = won;
    }
    Ok(())
}

pub(super) async fn racing_removes_have_one_winner(stage: Stage) -> anyhow::Result<()> {
    for key in ["code/0", "code/1", "code/2"] {
        let version = stage.one.insert(key, vec![], None).await?;
        let results = race(&stage, |store, _| async move {
            store.remove(key, Some(version)).await
        });
        winner(&results.await?)?;
        same("removed", stage.two.get(key).await, Ok(None))?;
    }
    Ok(())
}

pub(super) async fn replace_and_remove_exclude_each_other(stage: Stage) -> anyhow::Result<()> {
    for key in ["grant/0", "grant/1", "grant/2", "grant/3", "grant/4"] {
        let version = stage.one.insert(key, vec![], None).await?;
        let results = race(&stage, |store, way| async move {
            if way % 4 < 2 {
                store.remove(key, Some(version)).await.map(|()| None)
            } else {
                store.replace(key, version, vec![way], None).await.map(Some)
            }
        });
        let (_, won) = winner(&results.await?)?;
        let left = stage.two.get(key).await?.map(|entry| entry.version);
        same("what is left", left, won)?;
    }
    Ok(())
}

pub(super) async fn racing_increments_lose_nothing(stage: Stage) -> anyhow::Result<()> {
    let results = race(&stage, |store, _| async move {
        (
            store.increment("c", 3, NOW + 60).await,
            store.increment("c", 3, NOW + 60).await,
        )
    });
    let mut sums = Vec::new();
    for (first, second) in results.await? {
        let (first, second) = (first?, second?);
        ensure!(first < second, "one task got {first} before {second}");
        sums.extend([first, second]);
    }
    sums.sort_unstable();
    let most = u64::try_from(WAYS * 2)?;
    same("sums", sums, (1..=most).map(|n| n * 3).collect())?;
    same(
        "at the end",
        read(&*stage.one, "c").await?.value,
        (most * 3).to_string().into_bytes(),
    )
}

/// Says that a writer has come to its end, however it ended.
struct Finished(Arc<AtomicBool>);

impl Drop for Finished {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

pub(super) async fn records_that_stay_are_in_every_listing(stage: Stage) -> anyhow::Result<()> {
    let staying: Vec<String> = (0..10).map(|n| format!("l/{n}")).collect();
    let mut versions = Vec::new();
    for key in &staying {
        versions.push(stage.one.insert(key, b"0".to_vec(), None).await?);
    }
    let over = Arc::new(AtomicBool::new(false));
    let (store, finished, keys) = (
        Arc::clone(&stage.one),
        Finished(Arc::clone(&over)),
        staying.clone(),
    );
    let writer = tokio::spawn(async move {
        let _finished = finished;
        for round in 0..6 {
            for (key, version) in keys.iter().zip(&mut versions) {
                *version = store
                    .replace(key, *version, round.to_string().into_bytes(), None)
                    .await?;
                let passing = format!("{key}/{round}");
                let passed = store.insert(&passing, vec![], None).await?;
                store.remove(&passing, Some(passed)).await?;
            }
        }
        anyhow::Ok(())
    });
    while !over.load(Ordering::SeqCst) {
        // A store that never waits would otherwise keep the writer from its thread.
        tokio::task::yield_now().await;
        let listed = stage.two.list("l/", None, 1000).await?;
        ensure!(
            listed.is_sorted_by(|a, b| a.key < b.key),
            "out of order: {listed:?}"
        );
        let missing = staying
            .iter()
            .find(|key| !listed.iter().any(|listed| listed.key == **key));
        ensure!(
            missing.is_none(),
            "{missing:?} was not listed while it was being replaced"
        );
    }
    writer.await.context("the writer panicked")?
}

pub(super) async fn reads_never_miss_a_record_that_is_being_replaced(
    stage: Stage,
) -> anyhow::Result<()> {
    /// Long enough to be written in several pieces: what is not one round throughout is torn.
    const LENGTH: usize = 20_000;
    let mut version = stage.one.insert("k", vec![0; LENGTH], None).await?;
    let over = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = [&stage.one, &stage.two, &stage.two]
        .map(|store| (Arc::clone(store), Arc::clone(&over)))
        .into_iter()
        .map(|(store, over)| {
            tokio::spawn(async move {
                let mut latest = 0;
                while !over.load(Ordering::SeqCst) {
                    tokio::task::yield_now().await;
                    let value = read(&*store, "k").await?.value;
                    let round = *value.first().context("an empty value")?;
                    ensure!(value == vec![round; LENGTH], "a torn value");
                    ensure!(round >= latest, "round {round} was read after {latest}");
                    latest = round;
                }
                anyhow::Ok(())
            })
        })
        .collect();
    let finished = Finished(over);
    for round in 1..60 {
        version = stage
            .one
            .replace("k", version, vec![round; LENGTH], None)
            .await?;
        if round % 8 == 0 {
            let seen = read(&*stage.two, "k").await?;
            same(
                "right after the write",
                (seen.version, seen.value.first().copied()),
                (version, Some(round)),
            )?;
        }
    }
    drop(finished);
    for reader in readers {
        reader.await.context("a reader panicked")??;
    }
    Ok(())
}
