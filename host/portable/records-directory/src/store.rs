//! The calls of the contract over cells and values.

use crate::cell::{ATTEMPTS, Cell, contended, yield_to_others};
use crate::disk::{self, Done};
use crate::head::Head;
use crate::{listing, name, value};
use doorward_portable_records::{
    Answer, Entry, Failure, Listed, Store, Variable, fresh, no_counter, unavailable,
};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Where the data is unless the variable `data_directory` says otherwise.
const DEFAULT_ROOT: &str = "/data";
/// Says that a directory is a store of this kind; the last thing that a new store gets.
const FORMAT: (&str, &[u8]) = ("format", b"doorward records 1\n");
/// Longest time between writing a value and naming it, far below the age at which the sweeper takes it.
const PATIENCE: Duration = Duration::from_mins(10);

/// A store of records in a directory.
#[derive(Debug)]
pub struct Directory {
    pub(crate) root: PathBuf,
    opened: Instant,
}

impl Directory {
    pub(crate) fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            opened: Instant::now(),
        }
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    pub(crate) fn cell(&self, key: &str) -> Cell {
        Cell::new(self.keys().join(name::path(key)))
    }

    pub(crate) fn value_path(&self, version: u64) -> PathBuf {
        let directory = format!("{:02x}", version & 0xff);
        self.root
            .join("values")
            .join(directory)
            .join(format!("{version:016x}"))
    }

    /// The head of a key; that there is none is believed only if the store is there.
    pub(crate) fn head(&self, key: &str) -> Answer<Option<Head>> {
        let head = self.cell(key).head()?;
        if head.is_none() {
            self.check_there()?;
        }
        Ok(head)
    }

    /// Refuses to take a directory that has vanished for an empty store.
    pub(crate) fn check_there(&self) -> Answer<()> {
        if disk::exists(&self.keys())? {
            return Ok(());
        }
        let root = self.root.display();
        if !disk::exists(&self.root)? {
            return Err(unavailable(format_args!(
                "there is no directory {root}: start the host with one (wasmtime serve --dir HOST::{root}), or set the variable `data_directory`"
            )));
        }
        // `keys` comes before `format`: looked for again, it is there if somebody has only just created both.
        if disk::exists(&self.root.join(FORMAT.0))? && !disk::exists(&self.keys())? {
            return Err(unavailable(format_args!(
                "{root} has lost its directory `keys`: restore it from a backup"
            )));
        }
        Ok(())
    }

    /// Creates what a new store has. Several processes may do so at once.
    fn prepare(&self) -> Answer<()> {
        self.check_there()?;
        for directory in ["keys", "values", "tmp"] {
            disk::mkdir(&self.root.join(directory))?;
        }
        disk::create(&self.root.join(FORMAT.0), FORMAT.1)?;
        disk::sync(&self.root)?;
        Ok(())
    }

    fn write_value(&self, now: u64, key: &str, version: u64, bytes: &[u8]) -> Answer<()> {
        let path = self.value_path(version);
        let contents = value::encode(key, version, now, bytes);
        let directory = path.parent().unwrap_or(&self.root);
        let mut done = disk::create(&path, &contents);
        if let Ok(Done::Gone) = done {
            self.prepare()?;
            disk::mkdir(directory)?;
            disk::sync(&self.root.join("values"))?;
            done = disk::create(&path, &contents);
        }
        match done {
            Ok(Done::Yes) => disk::sync(directory).map(|_done| ()),
            Ok(Done::Gone | Done::Taken) => Err(unavailable(format_args!(
                "cannot create {}",
                path.display()
            ))),
            Err(failure) => {
                // Half of it may be there. If that cannot be removed either, the sweeper will.
                let _ = disk::unlink(&path);
                Err(failure)
            }
        }
    }

    fn read_value(&self, key: &str, head: &Head) -> Answer<Option<Vec<u8>>> {
        if let Some(sum) = head.counter {
            return Ok(Some(sum.to_string().into_bytes()));
        }
        let path = self.value_path(head.version);
        let Some(file) = disk::read(&path)? else {
            return Ok(None);
        };
        match value::decode(&file) {
            Some(value) if value.key == key && value.version == head.version => {
                Ok(Some(value.bytes))
            }
            _ => Err(unavailable(format_args!(
                "{} is damaged: restore it from a backup",
                path.display()
            ))),
        }
    }

    /// Removes the bytes behind a head that is none any more. What stays behind, the sweeper removes.
    pub(crate) fn drop_value(&self, head: &Head) {
        if head.counter.is_none() {
            let _ = disk::unlink(&self.value_path(head.version));
        }
    }

    /// What the key is, with its bytes, at one moment during the call.
    pub(crate) fn read(&self, now: u64, key: &str) -> Answer<Option<Entry>> {
        let mut missing = None;
        for attempt in 0..ATTEMPTS {
            let Some(head) = self.head(key)?.filter(|head| head.is_live(now)) else {
                return Ok(None);
            };
            if let Some(value) = self.read_value(key, &head)? {
                return Ok(Some(Entry {
                    value,
                    version: head.version,
                }));
            }
            // A value goes after its head. If the head is still the same, it went by itself.
            if missing.replace(head.version) == Some(head.version) {
                let path = self.value_path(head.version);
                return Err(unavailable(format_args!(
                    "{} is gone: restore it from a backup",
                    path.display()
                )));
            }
            yield_to_others(attempt);
        }
        Err(contended(key))
    }

    /// Makes `new` the head of the key if it is still what was read; takes the old value with it.
    fn exchange(&self, now: u64, key: &str, old: Option<&Head>, new: &Head) -> Answer<bool> {
        if self.opened.elapsed() > PATIENCE {
            return Err(unavailable(
                "the host was asleep in the middle of a write; nothing was written",
            ));
        }
        let cell = self.cell(key);
        let Some(old) = old else {
            return self.create(now, &cell, new);
        };
        let won = cell.change(old, new)?;
        if won {
            self.drop_value(old);
        }
        Ok(won)
    }

    fn create(&self, now: u64, cell: &Cell, new: &Head) -> Answer<bool> {
        let tmp = self.root.join("tmp");
        if !disk::exists(&tmp)? {
            self.prepare()?;
        }
        let staging = tmp.join(format!("{now:016x}-{:016x}", fresh()?));
        cell.create(&self.keys(), &staging, new)
    }
}

impl Store for Directory {
    fn open(variable: Variable<'_>) -> Answer<Self> {
        let root = variable("data_directory")?;
        Ok(Self::new(root.as_deref().unwrap_or(DEFAULT_ROOT)))
    }

    fn get(&self, now: u64, key: &str) -> Answer<Option<Entry>> {
        self.read(now, key)
    }

    fn insert(&self, now: u64, key: &str, value: &[u8], expires_at: Option<u64>) -> Answer<u64> {
        let new = record(expires_at)?;
        let mut written = false;
        for attempt in 0..ATTEMPTS {
            let old = self.head(key)?;
            if old.is_some_and(|head| head.is_live(now)) {
                if written {
                    self.drop_value(&new);
                }
                return Err(Failure::Conflict);
            }
            if !written {
                self.write_value(now, key, new.version, value)?;
                written = true;
            }
            if self.exchange(now, key, old.as_ref(), &new)? {
                self.sweep_sometimes(now);
                return Ok(new.version);
            }
            yield_to_others(attempt);
        }
        self.drop_value(&new);
        Err(contended(key))
    }

    fn replace(
        &self,
        now: u64,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Answer<u64> {
        let old = self.head(key)?;
        let Some(old) = old.filter(|head| head.version == version && head.is_live(now)) else {
            return Err(Failure::Conflict);
        };
        let new = record(expires_at)?;
        self.write_value(now, key, new.version, value)?;
        if self.exchange(now, key, Some(&old), &new)? {
            self.sweep_sometimes(now);
            return Ok(new.version);
        }
        self.drop_value(&new);
        Err(Failure::Conflict)
    }

    fn remove(&self, now: u64, key: &str, version: Option<u64>) -> Answer<()> {
        let cell = self.cell(key);
        for attempt in 0..ATTEMPTS {
            let head = self.head(key)?;
            let expected =
                |head: &Head| version.is_none_or(|it| it == head.version && head.is_live(now));
            match (head.filter(expected), version) {
                (Some(head), _) if cell.delete(&head)? => {
                    self.drop_value(&head);
                    return Ok(());
                }
                (_, Some(_)) => return Err(Failure::Conflict),
                // Whoever removed it may not have flushed that yet.
                (None, None) => return cell.flush_absence(),
                (Some(_), None) => yield_to_others(attempt),
            }
        }
        Err(contended(key))
    }

    fn increment(&self, now: u64, key: &str, by: i64, expires_at: u64) -> Answer<u64> {
        for attempt in 0..ATTEMPTS {
            let old = self.head(key)?;
            let (sum, expires_at) = match old.filter(|head| head.is_live(now)) {
                None => (by, expires_at),
                Some(live) => (
                    add(live.counter, by).ok_or_else(no_counter)?,
                    live.expires_at,
                ),
            };
            let sum = sum.unsigned_abs();
            let new = Head {
                version: fresh()?,
                expires_at,
                counter: Some(sum),
            };
            if self.exchange(now, key, old.as_ref(), &new)? {
                self.sweep_sometimes(now);
                return Ok(sum);
            }
            yield_to_others(attempt);
        }
        Err(contended(key))
    }

    fn list(
        &self,
        now: u64,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Answer<Vec<Listed>> {
        listing::list(self, now, prefix, after, limit)
    }
}

fn record(expires_at: Option<u64>) -> Answer<Head> {
    Ok(Head {
        version: fresh()?,
        expires_at: expires_at.unwrap_or(u64::MAX),
        counter: None,
    })
}

fn add(sum: Option<u64>, by: i64) -> Option<i64> {
    i64::try_from(sum?).ok()?.checked_add(by)
}
