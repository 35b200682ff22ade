//! A host in memory: variables, one store that several instances share, and a clock that stands still.

use crate::bindings::doorward::host::records::{Entry, Failure};
use crate::bindings::exports::doorward::host::events::Event;
use crate::host::Host;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Records of several instances: value and version by key, and the version that comes next.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) records: BTreeMap<String, (Vec<u8>, u64)>,
    pub(crate) writes: u64,
}

#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) variables: RefCell<BTreeMap<String, String>>,
    /// The names of variables that were asked for.
    pub(crate) asked: RefCell<Vec<String>>,
    pub(crate) baked: RefCell<String>,
    pub(crate) store: Arc<Mutex<Store>>,
    pub(crate) reads: Cell<u32>,
    pub(crate) now: Cell<u64>,
    pub(crate) events: RefCell<Vec<Event>>,
    /// Neither variables nor records answer.
    pub(crate) outage: Cell<bool>,
    /// Records are read and cannot be written.
    pub(crate) read_only: Cell<bool>,
}

impl Fake {
    pub(crate) fn set(&self, name: &str, value: &str) {
        self.variables
            .borrow_mut()
            .insert(name.to_owned(), value.to_owned());
    }

    fn write(&self, key: &str, version: Option<u64>, value: &[u8]) -> Result<u64, Failure> {
        if self.outage.get() || self.read_only.get() {
            return Err(Failure::Unavailable("no answer".into()));
        }
        let mut store = self.store.lock().unwrap();
        if store.records.get(key).map(|(_, version)| *version) != version {
            return Err(Failure::Conflict);
        }
        store.writes += 1;
        let version = store.writes;
        store
            .records
            .insert(key.to_owned(), (value.to_vec(), version));
        Ok(version)
    }
}

impl Host for Fake {
    fn variable(&self, name: &str) -> Result<Option<String>, String> {
        if self.outage.get() {
            return Err("no answer".to_owned());
        }
        self.asked.borrow_mut().push(name.to_owned());
        Ok(self.variables.borrow().get(name).cloned())
    }

    fn baked(&self) -> String {
        self.baked.borrow().clone()
    }

    fn read(&self, key: &str) -> Result<Option<Entry>, Failure> {
        if self.outage.get() {
            return Err(Failure::Unavailable("no answer".into()));
        }
        self.reads.set(self.reads.get() + 1);
        let store = self.store.lock().unwrap();
        Ok(store.records.get(key).map(|(value, version)| Entry {
            value: value.clone(),
            version: *version,
        }))
    }

    fn insert(&self, key: &str, value: &[u8]) -> Result<u64, Failure> {
        self.write(key, None, value)
    }

    fn replace(&self, key: &str, version: u64, value: &[u8]) -> Result<u64, Failure> {
        self.write(key, Some(version), value)
    }

    fn now(&self) -> Duration {
        Duration::from_secs(self.now.get())
    }

    fn emit(&self, event: &Event) {
        self.events.borrow_mut().push(event.clone());
    }
}
