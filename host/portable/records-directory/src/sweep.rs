//! Tidying: removes what has expired and what crashes left behind. Expired records are absent without it.
//!
//! No host runs anything in the background here, so one write in sixteen looks at a small random sample. With 64 keys per
//! sample, four for each write, garbage settles well below the number of live records. Errors are nobody's business here:
//! the write is done, and the next sweep meets the same.

use crate::disk::{self, Done};
use crate::store::Directory;
use crate::{head::Head, name, value};
use doorward_portable_records::{Answer, fresh};
use std::path::{Path, PathBuf};

/// One write in so many sweeps.
const RATE: u64 = 16;
/// Keys that one sweep looks at.
const KEYS: usize = 64;
/// Values that one sweep looks at.
const VALUES: usize = 16;
/// Names that one sweep reads to choose from, so that a directory of millions holds nobody up.
const NAMES: u64 = 20_000;
/// How long after its expiry, in seconds, a record is removed: clocks of several machines may differ.
const GRACE_S: u64 = 60;
/// Age, in seconds, from which a value that no head names is a leftover. Writers give up long before.
const LEFTOVER_S: u64 = 3600;

impl Directory {
    /// Sweeps after one write in sixteen.
    pub(crate) fn sweep_sometimes(&self, now: u64) {
        if fresh().is_ok_and(|random| random % RATE == 0) {
            let _ = self.sweep(now);
        }
    }

    /// Looks at one sample of everything.
    pub(crate) fn sweep(&self, now: u64) -> Answer<()> {
        self.sweep_keys(now)?;
        self.sweep_values(now)?;
        self.sweep_staging(now)
    }

    fn sweep_keys(&self, now: u64) -> Answer<()> {
        let Some((segment, _)) = pick(&self.keys(), 1, |name| name.starts_with('+'))?.pop() else {
            return Ok(());
        };
        let mut directory = segment;
        // Long keys continue below; each step is one choice, so that every key can be met.
        loop {
            for (path, _) in pick(&directory, KEYS, |name| name.starts_with('='))? {
                self.sweep_key(now, path)?;
            }
            match pick(&directory, 1, |name| !name.starts_with('='))?.pop() {
                Some((below, _)) => directory = below,
                None => return Ok(()),
            }
        }
    }

    fn sweep_key(&self, now: u64, path: PathBuf) -> Answer<()> {
        let cell = crate::cell::Cell::new(path);
        let Some(head) = cell.head()? else {
            return Ok(());
        };
        let over = !head.is_live(now.saturating_sub(GRACE_S));
        if over && cell.forget(&head)? {
            self.drop_value(&head);
        }
        Ok(())
    }

    fn sweep_values(&self, now: u64) -> Answer<()> {
        let Some((directory, _)) = pick(&self.root.join("values"), 1, |_| true)?.pop() else {
            return Ok(());
        };
        for (path, name) in pick(&directory, VALUES, |_| true)? {
            let Some(file) = disk::read(&path)? else {
                continue;
            };
            // What cannot be read was never flushed, or is damaged; in the second case it must stay for the error.
            let Some(value) = value::decode(&file) else {
                continue;
            };
            let old = now.saturating_sub(value.written_at) > LEFTOVER_S;
            if old && name == format!("{:016x}", value.version) && !self.is_named(&value)? {
                disk::unlink(&path)?;
            }
        }
        Ok(())
    }

    fn is_named(&self, value: &value::Value) -> Answer<bool> {
        let mut named = false;
        let cell = self.keys().join(name::path(&value.key));
        disk::each_name(&cell, |name| {
            named |= Head::parse(name).is_some_and(|head| head.version == value.version);
            true
        })?;
        Ok(named)
    }

    /// Staged directories of writers that are no more. Moved first: a writer that is still there finds nothing to move.
    fn sweep_staging(&self, now: u64) -> Answer<()> {
        let tmp = self.root.join("tmp");
        for (path, name) in pick(&tmp, VALUES, |_| true)? {
            let begun = name
                .get(..16)
                .and_then(|digits| u64::from_str_radix(digits, 16).ok());
            let Some(begun) = begun.filter(|begun| now.saturating_sub(*begun) > LEFTOVER_S) else {
                continue;
            };
            // The same age, so that it is found again if this stops half-way.
            let grave = tmp.join(format!("{begun:016x}-{:016x}", fresh()?));
            if disk::rename(&path, &grave)? != Done::Yes {
                continue;
            }
            for (leftover, _) in pick(&grave, 1, |_| true)? {
                disk::unlink(&leftover)?;
            }
            disk::rmdir(&grave)?;
        }
        Ok(())
    }
}

/// At most `count` random entries of a directory with their names.
fn pick(
    directory: &Path,
    count: usize,
    wanted: impl Fn(&str) -> bool,
) -> Answer<Vec<(PathBuf, String)>> {
    let (mut chosen, mut seen) = (Vec::<String>::new(), 0_u64);
    let mut randomness = Ok(());
    disk::each_name(directory, |name| {
        if !wanted(name) {
            return seen < NAMES;
        }
        seen += 1;
        if chosen.len() < count {
            chosen.push(name.to_owned());
        } else {
            // Each of those seen so far has the same chance to be among the chosen.
            match fresh() {
                Ok(random) => {
                    let place = usize::try_from(random % seen).ok();
                    if let Some(slot) = place.and_then(|place| chosen.get_mut(place)) {
                        name.clone_into(slot);
                    }
                }
                Err(failure) => randomness = Err(failure),
            }
        }
        seen < NAMES
    })?;
    randomness.map(|()| {
        let place = |name: String| (directory.join(&name), name);
        chosen.into_iter().map(place).collect()
    })
}
