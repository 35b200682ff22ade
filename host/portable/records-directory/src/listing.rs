//! Listing: a walk over the directories that can hold keys with the prefix, then a read of each key in order.

use crate::disk;
use crate::name;
use crate::store::Directory;
use doorward_portable_records::{Answer, Listed};
use std::collections::BTreeSet;
use std::path::Path;

/// Keys that are kept in memory at once beyond the limit, since some turn out to be gone or expired.
const SPARE: usize = 256;

/// See [`doorward_portable_records::Store::list`].
pub(crate) fn list(
    store: &Directory,
    now: u64,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Answer<Vec<Listed>> {
    store.check_there()?;
    let mut listed = Vec::new();
    let mut after = after.map(str::to_owned);
    loop {
        let most = limit + SPARE;
        let mut search = Search {
            prefix: name::encode(prefix),
            after: after.as_deref(),
            most,
            found: BTreeSet::new(),
        };
        search.walk(&store.keys(), "")?;
        let found = search.found;
        let complete = found.len() < most;
        after = found.last().cloned().or(after);
        for key in found {
            if let Some(entry) = store.read(now, &key)? {
                listed.push(Listed {
                    key,
                    value: entry.value,
                    version: entry.version,
                });
            }
            if listed.len() == limit {
                return Ok(listed);
            }
        }
        if complete {
            return Ok(listed);
        }
    }
}

/// The smallest `most` keys with the prefix and after `after`.
struct Search<'a> {
    /// As written in paths.
    prefix: String,
    after: Option<&'a str>,
    most: usize,
    found: BTreeSet<String>,
}

impl Search<'_> {
    /// Looks through a directory; `above` is what of a key the way to it has said so far, as written.
    fn walk(&mut self, directory: &Path, above: &str) -> Answer<()> {
        let mut below = Vec::new();
        disk::each_name(directory, |name| {
            match (name.strip_prefix('+'), name.strip_prefix('=')) {
                (Some(part), _) => below.push((name.to_owned(), format!("{above}{part}"))),
                (_, Some(part)) => self.consider(&format!("{above}{part}")),
                // One of the 64; anything else is not ours and holds no key.
                (None, None) => below.push((name.to_owned(), above.to_owned())),
            }
            true
        })?;
        for (name, way) in below {
            if way.starts_with(&self.prefix) || self.prefix.starts_with(&way) {
                self.walk(&directory.join(name), &way)?;
            }
        }
        Ok(())
    }

    fn consider(&mut self, written: &str) {
        if !written.starts_with(&self.prefix) {
            return;
        }
        let Some(key) = name::decode(written) else {
            return;
        };
        if self.after.is_some_and(|after| key.as_str() <= after) {
            return;
        }
        self.found.insert(key);
        if self.found.len() > self.most {
            self.found.pop_last();
        }
    }
}
