//! Counters.

use super::{NOW, Stage, read, same};
use crate::Failure;
use anyhow::ensure;

pub(super) async fn counters_are_fixed_windows(stage: Stage) -> anyhow::Result<()> {
    let Stage {
        one, two, clock, ..
    } = &stage;
    same("first", one.increment("c", 2, NOW + 10).await, Ok(2))?;
    clock.set(NOW + 9);
    same("second", two.increment("c", 40, NOW + 1000).await, Ok(42))?;
    same("get", read(&**one, "c").await?.value, b"42".to_vec())?;
    let listed = one.list("c", None, 1).await?;
    same(
        "listed",
        listed.first().map(|listed| listed.value.clone()),
        Some(b"42".to_vec()),
    )?;
    clock.set(NOW + 10);
    same("over", one.get("c").await, Ok(None))?;
    same("anew", one.increment("c", 0, NOW + 20).await, Ok(0))?;
    same("zero", read(&**two, "c").await?.value, b"0".to_vec())
}

pub(super) async fn counters_and_records_are_kept_apart(stage: Stage) -> anyhow::Result<()> {
    let Stage { one, two, .. } = &stage;
    one.increment("c", 0, NOW + 20).await?;
    same(
        "insert",
        two.insert("c", b"5".to_vec(), None).await,
        Err(Failure::Conflict),
    )?;
    one.insert("record", b"5".to_vec(), None).await?;
    let answer = two.increment("record", 1, NOW + 20).await;
    ensure!(
        matches!(answer, Err(Failure::Invalid(_))),
        "{answer:?} instead of `invalid`"
    );
    same("kept", read(&**one, "record").await?.value, b"5".to_vec())?;
    // By its version a counter can be replaced and removed like any record; then it is none.
    let version = read(&**one, "c").await?.version;
    two.replace("c", version, b"text".to_vec(), None).await?;
    let answer = one.increment("c", 1, NOW + 20).await;
    ensure!(
        matches!(answer, Err(Failure::Invalid(_))),
        "{answer:?} instead of `invalid`"
    );
    same("replaced", read(&**one, "c").await?.value, b"text".to_vec())
}

pub(super) async fn counters_end_at_63_bits(stage: Stage) -> anyhow::Result<()> {
    let Stage { one, two, .. } = &stage;
    let most = i64::MAX.unsigned_abs();
    same(
        "odd",
        one.increment("c", most - 1, NOW + 20).await,
        Ok(most - 1),
    )?;
    same("most", one.increment("c", 1, NOW + 20).await, Ok(most))?;
    for by in [1, most, u64::MAX] {
        let answer = two.increment("c", by, NOW + 20).await;
        ensure!(
            matches!(answer, Err(Failure::Invalid(_))),
            "{answer:?} instead of `invalid`"
        );
    }
    same(
        "kept",
        read(&**one, "c").await?.value,
        most.to_string().into_bytes(),
    )
}
