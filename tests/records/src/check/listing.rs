//! Listings of a store that stands still.

use super::{Stage, read, same};
use crate::Store;

/// In byte order; every character of SQL's and Redis's patterns, both ends of printable ASCII, prefixes of each other.
const KEYS: [&str; 22] = [
    " ", "A", "a", "a ", "a/", "a/%", "a/%1", "a/*", "a/1", "a/?", "a/B", "a/[b]", "a/_", "a/_x",
    "a/b", "a/~", "a/~~", "a0", "b/1", "b/10", "~", "~~",
];

async fn fill(store: &dyn Store) -> anyhow::Result<()> {
    for key in KEYS.iter().rev() {
        store.insert(key, key.as_bytes().to_vec(), None).await?;
    }
    Ok(())
}

async fn names(
    store: &dyn Store,
    prefix: &str,
    after: Option<&str>,
    limit: u32,
) -> anyhow::Result<Vec<String>> {
    let listed = store.list(prefix, after, limit).await?;
    Ok(listed.into_iter().map(|listed| listed.key).collect())
}

fn prefixes() -> impl Iterator<Item = &'static str> {
    KEYS.into_iter()
        .chain(["", "a/a", "c", "a/[", "a/%1~", "!"])
}

pub(super) async fn listings_are_in_byte_order(stage: Stage) -> anyhow::Result<()> {
    fill(&*stage.one).await?;
    same(
        "all",
        names(&*stage.two, "", None, 1000).await?,
        KEYS.map(String::from).to_vec(),
    )?;
    let first = KEYS.iter().take(5).map(ToString::to_string).collect();
    same(
        "the first five",
        names(&*stage.two, "", None, 5).await?,
        first,
    )
}

pub(super) async fn listings_keep_to_their_prefix(stage: Stage) -> anyhow::Result<()> {
    fill(&*stage.one).await?;
    for prefix in prefixes() {
        let mut got = names(&*stage.two, prefix, None, 1000).await?;
        got.sort_unstable();
        let expected = KEYS.iter().filter(|key| key.starts_with(prefix));
        same(
            format_args!("prefix {prefix:?}"),
            got,
            expected.map(ToString::to_string).collect(),
        )?;
    }
    Ok(())
}

pub(super) async fn listings_continue_after_a_key(stage: Stage) -> anyhow::Result<()> {
    fill(&*stage.one).await?;
    for prefix in ["", "a", "a/", "a/_", "b/1", "c"] {
        for after in prefixes() {
            let got = names(&*stage.two, prefix, Some(after), 3).await?;
            let expected = KEYS
                .iter()
                .filter(|key| key.starts_with(prefix) && **key > after);
            let expected = expected.take(3).map(ToString::to_string).collect();
            same(
                format_args!("prefix {prefix:?} after {after:?}"),
                got,
                expected,
            )?;
        }
    }
    Ok(())
}

pub(super) async fn listings_show_what_a_read_shows(stage: Stage) -> anyhow::Result<()> {
    fill(&*stage.one).await?;
    for listed in stage.two.list("", None, 1000).await? {
        let entry = read(&*stage.one, &listed.key).await?;
        same(
            &listed.key,
            (listed.value, listed.version),
            (entry.value, entry.version),
        )?;
    }
    Ok(())
}
