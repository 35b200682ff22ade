//! What the services ask of what is outside of them, so that their rules run against a fake in tests.

use crate::bindings::doorward::host::records;
use crate::bindings::doorward::portable::{baked, variables};
use crate::bindings::exports::doorward::host::events::Event;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The imports of the component.
pub(crate) trait Host {
    /// A variable of the deployment; `none` if it is not set. `err`: the source did not answer.
    fn variable(&self, name: &str) -> Result<Option<String>, String>;
    /// The settings document that was composed in.
    fn baked(&self) -> String;
    /// Reads a record.
    fn read(&self, key: &str) -> Result<Option<records::Entry>, records::Failure>;
    /// Writes a record that is not there yet, until it is removed; its version.
    fn insert(&self, key: &str, value: &[u8]) -> Result<u64, records::Failure>;
    /// Replaces a record of this version, until it is removed; its new version.
    fn replace(&self, key: &str, version: u64, value: &[u8]) -> Result<u64, records::Failure>;
    /// Since the Unix epoch.
    fn now(&self) -> Duration;
    /// Writes an event to the log.
    fn emit(&self, event: &Event);
}

/// The component's own imports. It holds nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WitHost;

impl Host for WitHost {
    fn variable(&self, name: &str) -> Result<Option<String>, String> {
        // Empty counts as not set, whatever the source thinks of it.
        Ok(variables::get(name)?.filter(|value| !value.is_empty()))
    }

    fn baked(&self) -> String {
        baked::document()
    }

    fn read(&self, key: &str) -> Result<Option<records::Entry>, records::Failure> {
        records::get(key)
    }

    fn insert(&self, key: &str, value: &[u8]) -> Result<u64, records::Failure> {
        records::insert(key, value, None)
    }

    fn replace(&self, key: &str, version: u64, value: &[u8]) -> Result<u64, records::Failure> {
        records::replace(key, version, value, None)
    }

    fn now(&self) -> Duration {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
    }

    fn emit(&self, event: &Event) {
        crate::events::write(&crate::events::line(event, self.now()));
    }
}

/// How an operator sets a variable, for messages.
pub(crate) fn how_to_set(name: &str) -> String {
    format!(
        "set `DOORWARD_{upper}` in the environment, or under Spin the variable `{name}` (`SPIN_VARIABLE_{upper}`)",
        upper = name.to_ascii_uppercase()
    )
}
