//! A store in memory that keeps every promise, unless it is told to break one.

use doorward_records_conformance::store::Outage;
use doorward_records_conformance::{
    Answer, Clock, Deployment, Entry, Failure, Listed, Store, Subject,
};
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex};

macro_rules! faults {
    ($($fault:ident,)*) => {
        /// One broken promise.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fault { $($fault,)* }

        /// All of them.
        pub(crate) const FAULTS: [Fault; [$(Fault::$fault),*].len()] = [$(Fault::$fault),*];
    };
}

faults! {
    ValuesAreCutAtZeroBytes,
    InsertOverwrites,
    InsertChecksFirstAndWritesLater,
    InsertOverExpiredChecksFirst,
    ReplaceIgnoresTheVersion,
    ReplaceChecksFirstAndWritesLater,
    RemoveIgnoresTheVersion,
    RemoveChecksFirstAndWritesLater,
    RemoveDoesNotExcludeReplace,
    VersionsBeginAnewAfterRemoval,
    AnyKeyIsTaken,
    LargeValuesAreCut,
    AnyLimitIsTaken,
    ExpiredIsSeenByGet,
    ExpiryIsASecondLate,
    ExpiredStopsInsert,
    ExpiredCanBeReplaced,
    ExpiredCanBeRemoved,
    ExpiredIsListed,
    ExpiredCountersGoOn,
    ReplaceKeepsTheExpiry,
    IncrementMovesTheWindow,
    RecordsCanBeIncremented,
    CountersWrap,
    IncrementLosesUpdates,
    ListingsAreOutOfOrder,
    PrefixesAreUnbounded,
    PrefixesArePatterns,
    AfterIsInclusive,
    ListingsShowNoVersions,
    ReplaceRemovesFirst,
    ReadsAreStale,
    ReplaceHidesFromListings,
    NothingIsPersistent,
    DeathTearsTheValue,
    DeathLocksTheKey,
    OutageIsAbsence,
}

#[derive(Debug, Clone)]
struct Row {
    value: Vec<u8>,
    version: u64,
    expires_at: Option<u64>,
    counter: bool,
}

#[derive(Default)]
struct State {
    rows: BTreeMap<String, Row>,
    hidden: HashSet<String>,
    locked: HashSet<String>,
    old: BTreeMap<String, Row>,
    version: u64,
    down: bool,
}

/// The subject.
pub(crate) struct Memory(pub(crate) Option<Fault>);

impl Subject for Memory {
    fn deploy(&self, clock: &Clock) -> anyhow::Result<Box<dyn Deployment>> {
        Ok(Box::new(Deployed {
            fault: self.0,
            clock: clock.clone(),
            state: Arc::default(),
        }))
    }
}

struct Deployed {
    fault: Option<Fault>,
    clock: Clock,
    state: Arc<Mutex<State>>,
}

impl Deployed {
    fn handle(&self, dies: bool) -> Arc<dyn Store> {
        Arc::new(Handle {
            fault: self.fault,
            clock: self.clock.clone(),
            state: Arc::clone(&self.state),
            dies,
        })
    }
}

impl Deployment for Deployed {
    fn open(&self) -> anyhow::Result<Arc<dyn Store>> {
        // The checks hold two handles from the beginning; a third is one after all others are gone.
        if self.fault == Some(Fault::NothingIsPersistent) && Arc::strong_count(&self.state) == 1 {
            *self.state.lock().unwrap() = State::default();
        }
        Ok(self.handle(false))
    }

    fn outage(&self) -> Option<Outage> {
        self.state.lock().unwrap().down = true;
        let state = Arc::clone(&self.state);
        Some(Outage::until(move || state.lock().unwrap().down = false))
    }

    fn dying(&self, fraction: f64) -> Option<anyhow::Result<Arc<dyn Store>>> {
        Some(Ok(self.handle(fraction < 0.9)))
    }
}

struct Handle {
    fault: Option<Fault>,
    clock: Clock,
    state: Arc<Mutex<State>>,
    dies: bool,
}

fn invalid<T>() -> Result<T, Failure> {
    Err(Failure::Invalid("out of bounds".into()))
}

impl Handle {
    fn has(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    fn live(&self, row: &Row) -> bool {
        let late = u64::from(self.has(Fault::ExpiryIsASecondLate));
        row.expires_at
            .is_none_or(|at| at.saturating_add(late) > self.clock.now())
    }

    /// Looks at the state as one call does.
    fn with<T>(
        &self,
        absent: T,
        act: impl FnOnce(&mut State) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut state = self.state.lock().unwrap();
        match (state.down, self.has(Fault::OutageIsAbsence)) {
            (true, true) => Ok(absent),
            (true, false) => Err(Failure::Unavailable("down".into())),
            (false, _) => act(&mut state),
        }
    }

    fn check_key(&self, key: &str) -> Result<(), Failure> {
        let right =
            (1..=512).contains(&key.len()) && key.bytes().all(|byte| (0x20..=0x7e).contains(&byte));
        if right || self.has(Fault::AnyKeyIsTaken) {
            Ok(())
        } else {
            invalid()
        }
    }

    fn check_value(&self, value: &mut Vec<u8>) -> Result<(), Failure> {
        if self.has(Fault::ValuesAreCutAtZeroBytes)
            && let Some(zero) = value.iter().position(|byte| *byte == 0)
        {
            value.truncate(zero);
        }
        if value.len() > 256 * 1024 && self.has(Fault::LargeValuesAreCut) {
            value.truncate(256 * 1024);
        }
        if value.len() <= 256 * 1024 {
            Ok(())
        } else {
            invalid()
        }
    }

    /// The gap between looking and writing, for faults that have one.
    async fn dawdle(&self, faults: &[Fault]) -> bool {
        let slow = self.fault.is_some_and(|fault| faults.contains(&fault));
        for _ in 0..if slow { 20 } else { 0 } {
            tokio::task::yield_now().await;
        }
        slow
    }

    /// Puts a row, or dies of it.
    fn put(&self, state: &mut State, key: &str, mut row: Row) -> Result<u64, Failure> {
        if state.locked.contains(key) {
            return Err(Failure::Unavailable("locked for ever".into()));
        }
        state.version += 1;
        row.version = state.version;
        if self.dies {
            if self.has(Fault::DeathTearsTheValue) {
                row.value.truncate(row.value.len() / 2);
                state.rows.insert(key.into(), row);
            } else if self.has(Fault::DeathLocksTheKey) {
                state.locked.insert(key.into());
            }
            return Err(Failure::Unavailable("died".into()));
        }
        let version = row.version;
        if let Some(old) = state.rows.insert(key.into(), row) {
            state.old.insert(key.into(), old);
        }
        Ok(version)
    }

    async fn write(
        &self,
        key: &str,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Result<u64, Failure> {
        let row = Row {
            value,
            version: 0,
            expires_at,
            counter: false,
        };
        if self.has(Fault::ReplaceRemovesFirst) || self.has(Fault::ReplaceHidesFromListings) {
            if self.has(Fault::ReplaceRemovesFirst) {
                self.state.lock().unwrap().rows.remove(key);
            }
            self.state.lock().unwrap().hidden.insert(key.into());
            self.dawdle(&[Fault::ReplaceRemovesFirst, Fault::ReplaceHidesFromListings])
                .await;
            self.state.lock().unwrap().hidden.remove(key);
        }
        self.put(&mut self.state.lock().unwrap(), key, row)
    }

    async fn do_insert(
        &self,
        key: &str,
        mut value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Result<u64, Failure> {
        use Fault::*;
        self.check_key(key)?;
        self.check_value(&mut value)?;
        let row = Row {
            value,
            version: 0,
            expires_at,
            counter: false,
        };
        let look = |state: &mut State| {
            let taken = state.rows.get(key);
            let expired = taken.is_some_and(|row| !self.live(row));
            let conflict = taken.is_some_and(|row| self.live(row) || self.has(ExpiredStopsInsert));
            if conflict && !self.has(InsertOverwrites) {
                Err(Failure::Conflict)
            } else {
                Ok(expired)
            }
        };
        let expired = self.with(false, look)?;
        let gap = if expired {
            InsertOverExpiredChecksFirst
        } else {
            InsertChecksFirstAndWritesLater
        };
        let checked = self.dawdle(&[gap]).await;
        self.with(0, |state| {
            if !checked {
                look(state)?;
            }
            self.put(state, key, row)
        })
    }

    async fn do_replace(
        &self,
        key: &str,
        version: u64,
        mut value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Result<u64, Failure> {
        use Fault::*;
        self.check_key(key)?;
        self.check_value(&mut value)?;
        let look = |state: &mut State| {
            let row = state.rows.get(key);
            let fits = |row: &&Row| {
                (row.version == version || self.has(ReplaceIgnoresTheVersion))
                    && (self.live(row) || self.has(ExpiredCanBeReplaced))
            };
            row.filter(fits)
                .map(|row| row.expires_at)
                .ok_or(Failure::Conflict)
        };
        let old = self.with(None, look)?;
        let expires_at = if self.has(ReplaceKeepsTheExpiry) {
            old
        } else {
            expires_at
        };
        if self.has(ReplaceRemovesFirst) || self.has(ReplaceHidesFromListings) {
            return self.write(key, value, expires_at).await;
        }
        let checked = self
            .dawdle(&[
                ReplaceChecksFirstAndWritesLater,
                RemoveDoesNotExcludeReplace,
            ])
            .await;
        // Two replaces still exclude each other where only a removal slips in between.
        let again = |state: &mut State| {
            let slipped = !state.rows.contains_key(key) && self.has(RemoveDoesNotExcludeReplace);
            if slipped { Ok(None) } else { look(state) }
        };
        self.with(0, |state| {
            if !checked || self.has(RemoveDoesNotExcludeReplace) {
                again(state)?;
            }
            self.put(
                state,
                key,
                Row {
                    value,
                    version: 0,
                    expires_at,
                    counter: false,
                },
            )
        })
    }

    async fn do_remove(&self, key: &str, version: Option<u64>) -> Result<(), Failure> {
        use Fault::*;
        self.check_key(key)?;
        let look = |state: &mut State| {
            let fits = |row: &Row| {
                let same = version == Some(row.version) || self.has(RemoveIgnoresTheVersion);
                same && (self.live(row) || self.has(ExpiredCanBeRemoved))
            };
            let allowed = version.is_none() || state.rows.get(key).is_some_and(fits);
            if allowed {
                Ok(())
            } else {
                Err(Failure::Conflict)
            }
        };
        self.with((), look)?;
        let checked = self.dawdle(&[RemoveChecksFirstAndWritesLater]).await;
        self.with((), |state| {
            if !checked {
                look(state)?;
            }
            if self.dies {
                return Err(Failure::Unavailable("died".into()));
            }
            state.rows.remove(key);
            if self.has(VersionsBeginAnewAfterRemoval) {
                state.version = 0;
            }
            Ok(())
        })
    }

    async fn do_increment(&self, key: &str, by: u64, expires_at: u64) -> Result<u64, Failure> {
        use Fault::*;
        self.check_key(key)?;
        if i64::try_from(by).is_err() && !self.has(CountersWrap) {
            return invalid();
        }
        let add = |state: &mut State| {
            let live = state
                .rows
                .get(key)
                .filter(|row| self.live(row) || self.has(ExpiredCountersGoOn));
            let (sum, at) = match live {
                None => (Some(by), expires_at),
                Some(row) if !row.counter && !self.has(RecordsCanBeIncremented) => {
                    return invalid();
                }
                Some(row) => {
                    let before: u64 = String::from_utf8_lossy(&row.value).parse().unwrap_or(0);
                    let sum = if self.has(CountersWrap) {
                        Some(before.wrapping_add(by))
                    } else {
                        before
                            .checked_add(by)
                            .filter(|sum| i64::try_from(*sum).is_ok())
                    };
                    let at = if self.has(IncrementMovesTheWindow) {
                        expires_at
                    } else {
                        row.expires_at.unwrap_or(u64::MAX)
                    };
                    (sum, at)
                }
            };
            Ok((sum.map_or_else(invalid, Ok)?, at))
        };
        let looked = self.with((by, expires_at), add)?;
        let stale = self.dawdle(&[IncrementLosesUpdates]).await;
        self.with(by, |state| {
            let (sum, at) = if stale { looked } else { add(state)? };
            let row = Row {
                value: sum.to_string().into_bytes(),
                version: 0,
                expires_at: Some(at),
                counter: true,
            };
            self.put(state, key, row).map(|_version| sum)
        })
    }

    fn do_get(&self, key: &str) -> Result<Option<Entry>, Failure> {
        self.check_key(key)?;
        self.with(None, |state| {
            let mut row = state.rows.get(key);
            if self.has(Fault::ReadsAreStale) && state.version % 3 == 0 {
                row = state.old.get(key).or(row);
            }
            let row = row.filter(|row| self.live(row) || self.has(Fault::ExpiredIsSeenByGet));
            Ok(row.map(|row| Entry {
                value: row.value.clone(),
                version: row.version,
            }))
        })
    }

    fn do_list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed>, Failure> {
        use Fault::*;
        let ascii = prefix.is_ascii() && after.is_none_or(str::is_ascii);
        if !ascii || (!(1..=1000).contains(&limit) && !self.has(AnyLimitIsTaken)) {
            return invalid();
        }
        let wanted = |key: &str| {
            let inside = if self.has(PrefixesAreUnbounded) {
                key >= prefix
            } else if self.has(PrefixesArePatterns) {
                let matches = |(letter, pattern): (char, char)| pattern == '_' || pattern == letter;
                key.len() >= prefix.len() && key.chars().zip(prefix.chars()).all(matches)
            } else {
                key.starts_with(prefix)
            };
            inside
                && after
                    .is_none_or(|after| key > after || (key == after && self.has(AfterIsInclusive)))
        };
        self.with(Vec::new(), |state| {
            let rows = state.rows.iter().filter(|(key, row)| {
                wanted(key)
                    && !state.hidden.contains(*key)
                    && (self.live(row) || self.has(ExpiredIsListed))
            });
            let listed = |(key, row): (&String, &Row)| Listed {
                key: key.clone(),
                value: row.value.clone(),
                version: if self.has(ListingsShowNoVersions) {
                    0
                } else {
                    row.version
                },
            };
            let mut all: Vec<Listed> = rows
                .map(listed)
                .take(usize::try_from(limit).unwrap())
                .collect();
            if self.has(ListingsAreOutOfOrder) {
                all.sort_by_key(|listed| listed.key.to_lowercase());
            }
            Ok(all)
        })
    }
}

impl Store for Handle {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        Box::pin(async move { self.do_get(key) })
    }

    fn insert<'a>(
        &'a self,
        key: &'a str,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        Box::pin(self.do_insert(key, value, expires_at))
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        Box::pin(self.do_replace(key, version, value, expires_at))
    }

    fn remove<'a>(&'a self, key: &'a str, version: Option<u64>) -> Answer<'a, ()> {
        Box::pin(self.do_remove(key, version))
    }

    fn increment<'a>(&'a self, key: &'a str, by: u64, expires_at: u64) -> Answer<'a, u64> {
        Box::pin(self.do_increment(key, by, expires_at))
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Answer<'a, Vec<Listed>> {
        Box::pin(async move { self.do_list(prefix, after, limit) })
    }
}
