//! What is refused before anything is written.

use super::{NOW, Stage, read, same};
use crate::Failure;
use anyhow::ensure;

#[expect(
    clippy::needless_pass_by_value,
    reason = "answers come straight from the call"
)]
fn refused<T: std::fmt::Debug>(what: &str, answer: Result<T, Failure>) -> anyhow::Result<()> {
    ensure!(
        matches!(answer, Err(Failure::Invalid(_))),
        "{what}: {answer:?} instead of `invalid`"
    );
    Ok(())
}

pub(super) async fn keys_have_bounds(stage: Stage) -> anyhow::Result<()> {
    let Stage { one, two, .. } = &stage;
    let longest = [
        "K".repeat(512),
        "/".repeat(512),
        format!("a/{}", "~".repeat(510)),
    ];
    for key in &longest {
        one.insert(key, key.as_bytes().to_vec(), None).await?;
    }
    for key in &longest {
        same(
            "longest key",
            read(&**two, key).await?.value,
            key.as_bytes().to_vec(),
        )?;
    }
    same("all", two.list("", None, 10).await?.len(), 3)?;
    for key in ["", &"k".repeat(513), "a\nb", "a\0", "é", "\u{7f}"] {
        let what = format!("key {key:?}");
        refused(&what, one.get(key).await)?;
        refused(&what, one.insert(key, vec![], None).await)?;
        refused(&what, one.replace(key, 1, vec![], None).await)?;
        refused(&what, one.remove(key, None).await)?;
        refused(&what, one.increment(key, 1, NOW + 1).await)?;
    }
    Ok(())
}

pub(super) async fn values_have_bounds(stage: Stage) -> anyhow::Result<()> {
    let Stage { one, two, .. } = &stage;
    let largest = vec![7; 256 * 1024];
    let version = one.insert("largest", largest.clone(), None).await?;
    ensure!(
        read(&**two, "largest").await?.value == largest,
        "the largest value came back changed"
    );
    let too_large = vec![0; 256 * 1024 + 1];
    refused("insert", one.insert("k", too_large.clone(), None).await)?;
    refused(
        "replace",
        one.replace("largest", version, too_large, None).await,
    )?;
    same("nothing", two.get("k").await, Ok(None))?;
    same("kept", read(&**two, "largest").await?.version, version)
}

pub(super) async fn listings_have_bounds(stage: Stage) -> anyhow::Result<()> {
    let Stage { one, .. } = &stage;
    for limit in [0, 1001, u32::MAX] {
        refused(&format!("limit {limit}"), one.list("", None, limit).await)?;
    }
    refused("prefix", one.list("é", None, 1).await)?;
    refused("after", one.list("", Some("é"), 1).await)?;
    same("nothing", one.list("", None, 1000).await, Ok(vec![]))
}
