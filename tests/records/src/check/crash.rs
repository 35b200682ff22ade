//! What survives: reopening, death in the middle of a call, an outage.

use super::{NOW, Stage, Verdict, read, same};
use crate::{Failure, Store};
use anyhow::{Context as _, ensure};

pub(super) async fn acknowledged_writes_survive_reopening(stage: Stage) -> anyhow::Result<()> {
    let Stage {
        one,
        two,
        deployment,
        ..
    } = stage;
    let kept = one.insert("kept", b"v".to_vec(), Some(NOW + 60)).await?;
    let first = two.insert("replaced", b"1".to_vec(), None).await?;
    let second = one.replace("replaced", first, b"2".to_vec(), None).await?;
    let gone = two.insert("removed", vec![], None).await?;
    one.remove("removed", Some(gone)).await?;
    two.increment("counted", 7, NOW + 60).await?;
    drop((one, two));
    let store = deployment.open()?;
    same("kept", read(&*store, "kept").await?.version, kept)?;
    let entry = read(&*store, "replaced").await?;
    same(
        "replaced",
        (entry.value, entry.version),
        (b"2".to_vec(), second),
    )?;
    same("removed", store.get("removed").await, Ok(None))?;
    same(
        "counted",
        store.increment("counted", 1, NOW + 60).await,
        Ok(8),
    )?;
    same("listed", store.list("", None, 10).await?.len(), 3)
}

/// At how many points of each kind of write the process dies.
const DEATHS: u32 = 24;

pub(super) async fn a_death_in_the_middle_leaves_a_whole_record(
    stage: Stage,
) -> anyhow::Result<Verdict> {
    let mut deaths = 0;
    for step in 0..=DEATHS {
        let fraction = f64::from(step) / f64::from(DEATHS);
        for case in [Case::Insert, Case::Replace, Case::Remove, Case::Increment] {
            let Some(dying) = stage.deployment.dying(fraction) else {
                return Ok(Verdict::NotRun(
                    "the subject has no process that can be made to die",
                ));
            };
            let died = die(&*stage.one, &*dying?, &format!("k/{step}"), case).await;
            deaths +=
                u32::from(died.with_context(|| format!("{case:?} that ended at {fraction:.2}"))?);
        }
    }
    ensure!(
        deaths > 0,
        "nothing died; the subject's `dying` does not do what it says"
    );
    same("listed", stage.two.list("", None, 1000).await?.len(), 0)?;
    Ok(Verdict::Kept)
}

#[derive(Debug, Clone, Copy)]
enum Case {
    Insert,
    Replace,
    Remove,
    Increment,
}

/// One write by a process that dies of it; whether it did. Then the key must be whole, as it was or as it was to be, and
/// serve as if nothing had happened.
async fn die(store: &dyn Store, dying: &dyn Store, key: &str, case: Case) -> anyhow::Result<bool> {
    const OLD: &[u8] = b"11";
    const NEW: &[u8] = b"33";
    let before = match case {
        Case::Insert => None,
        Case::Replace | Case::Remove => Some(store.insert(key, OLD.to_vec(), None).await?),
        Case::Increment => {
            store.increment(key, 11, NOW + 60).await?;
            Some(read(store, key).await?.version)
        }
    };
    let version = before.unwrap_or_default();
    let answer = match case {
        Case::Insert => dying
            .insert(key, NEW.to_vec(), None)
            .await
            .map(|_version| ()),
        Case::Replace => dying
            .replace(key, version, NEW.to_vec(), None)
            .await
            .map(|_version| ()),
        Case::Remove => dying.remove(key, Some(version)).await,
        Case::Increment => dying.increment(key, 22, NOW + 60).await.map(|_sum| ()),
    };
    ensure!(
        matches!(answer, Ok(()) | Err(Failure::Unavailable(_))),
        "the answer of a dying process was {answer:?}"
    );
    let after = store.get(key).await?;
    let unchanged = after.as_ref().map(|entry| entry.version) == before;
    let old = before.map(|_version| OLD.to_vec());
    let new = (!matches!(case, Case::Remove)).then(|| NEW.to_vec());
    let expected = if unchanged { old } else { new };
    same(
        "what is left",
        after.as_ref().map(|entry| entry.value.clone()),
        expected,
    )?;
    ensure!(
        answer.is_err() || !unchanged,
        "it answered ok and changed nothing"
    );
    serve_on(store, key, after.map(|entry| entry.version)).await?;
    Ok(answer.is_err())
}

/// The key can be read, written, listed and removed.
async fn serve_on(store: &dyn Store, key: &str, version: Option<u64>) -> anyhow::Result<()> {
    let version = match version {
        Some(version) => store.replace(key, version, b"on".to_vec(), None).await?,
        None => store.insert(key, b"on".to_vec(), None).await?,
    };
    let entry = read(store, key).await?;
    same(
        "afterwards",
        (entry.value, entry.version),
        (b"on".to_vec(), version),
    )?;
    same("listed", store.list(key, None, 10).await?.len(), 1)?;
    store.remove(key, Some(version)).await?;
    same("removed", store.get(key).await, Ok(None))
}

pub(super) async fn an_outage_is_never_absence(stage: Stage) -> anyhow::Result<Verdict> {
    let version = stage.one.insert("k", b"v".to_vec(), None).await?;
    let Some(outage) = stage.deployment.outage() else {
        return Ok(Verdict::NotRun(
            "the subject's backend cannot be broken from here",
        ));
    };
    let store = &*stage.two;
    unavailable("get", store.get("k").await)?;
    unavailable("get of what never was", store.get("other").await)?;
    unavailable("list", store.list("", None, 10).await)?;
    unavailable("insert", store.insert("other", vec![], None).await)?;
    unavailable("insert over it", store.insert("k", vec![], None).await)?;
    unavailable(
        "replace",
        store.replace("k", version, b"w".to_vec(), None).await,
    )?;
    unavailable("remove", store.remove("k", Some(version)).await)?;
    unavailable(
        "remove of what never was",
        store.remove("other", None).await,
    )?;
    unavailable("increment", store.increment("c", 1, NOW + 1).await)?;
    drop(outage);
    // What was asked meanwhile may have been written, or may not.
    if let Some(entry) = stage.two.get("k").await? {
        let old = (b"v".to_vec(), version);
        ensure!(
            entry.value == b"w" || (entry.value, entry.version) == old,
            "the record came back changed"
        );
    }
    stage.one.insert("after", vec![], None).await?;
    read(&*stage.two, "after").await?;
    Ok(Verdict::Kept)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "answers come straight from the call"
)]
fn unavailable<T: std::fmt::Debug>(call: &str, answer: Result<T, Failure>) -> anyhow::Result<()> {
    let right = matches!(answer, Err(Failure::Unavailable(_)));
    ensure!(
        right,
        "{call} during an outage: {answer:?} instead of `unavailable`"
    );
    Ok(())
}
