//! The keys as they lie in the store: read, believed for a moment, and changed when something is due to them.

use super::set::{RECORD, Set};
use super::upkeep::{Made, Plan, Wanted};
use super::{Failure, Keyring, Options};
use crate::bindings::doorward::host::records;
use crate::bindings::exports::doorward::host::events::{Event, Level};
use crate::host::Host;
use std::rc::Rc;

/// How often others may be faster to change the keys before a call gives up.
const MAX_ATTEMPTS: usize = 8;

/// The keys as they were read last.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) set: Rc<Set>,
    /// Of the record; `none` if there was none.
    pub(super) version: Option<u64>,
    /// Seconds since the Unix epoch.
    pub(super) read_at: u64,
}

impl Keyring {
    /// The keys, those `wanted` among them, after what was due to them is done. Others may do the same at once: each writes over what
    /// it read only, and who comes too late reads what the other wrote.
    pub(super) fn kept(
        &self,
        wanted: Wanted,
        max_age_s: u64,
        options: &Options,
        host: &impl Host,
    ) -> Result<Known, Failure> {
        let mut made = Made::default();
        let mut known = self.read(max_age_s, host)?;
        for _ in 0..MAX_ATTEMPTS {
            let now = host.now().as_secs();
            let plan = Plan::of(&known.set, wanted, options, now);
            if plan.is_empty() {
                return Ok(known);
            }
            let changed = plan.follow(&known.set, &mut made, options, now)?;
            match self.write(&known, changed, now, host) {
                Ok(written) => {
                    report(host, &plan, &written.set, now);
                    return Ok(written);
                }
                Err(records::Failure::Conflict) => known = self.read(0, host)?,
                // What there is still does; the next call will try again.
                Err(why) if plan.first.is_empty() => {
                    host.emit(&event(
                        "keys.rotation_failed",
                        Level::Warning,
                        vec![("reason", text(why))],
                    ));
                    return Ok(known);
                }
                Err(why) => return Err(Failure::Unavailable(text(why))),
            }
        }
        Err(Failure::Unavailable(format!(
            "the record `{RECORD}` was changed by others {MAX_ATTEMPTS} times in a row"
        )))
    }

    fn write(
        &self,
        known: &Known,
        set: Set,
        now: u64,
        host: &impl Host,
    ) -> Result<Known, records::Failure> {
        let sealed = self
            .envelopes(host)
            .and_then(|envelopes| set.seal(&envelopes.at_rest))
            .map_err(|failure| records::Failure::Unavailable(failure.to_string()))?;
        let version = match known.version {
            None => host.insert(RECORD, &sealed),
            Some(version) => host.replace(RECORD, version, &sealed),
        }?;
        let known = Known {
            set: Rc::new(set),
            version: Some(version),
            read_at: now,
        };
        self.known.replace(Some(known.clone()));
        Ok(known)
    }

    /// The keys as they are, or were at most `max_age_s` seconds ago.
    pub(super) fn read(&self, max_age_s: u64, host: &impl Host) -> Result<Known, Failure> {
        let now = host.now().as_secs();
        let before = self.known.borrow().clone();
        if let Some(known) = &before
            && max_age_s > 0
            && (known.read_at..known.read_at.saturating_add(max_age_s)).contains(&now)
        {
            return Ok(known.clone());
        }
        let envelopes = self.envelopes(host)?;
        let record = host
            .read(RECORD)
            .map_err(|why| Failure::Unavailable(text(why)))?;
        let version = record.as_ref().map(|record| record.version);
        let set = match (record, before) {
            // Versions are never used twice for a key.
            (Some(_), Some(before)) if before.version == version => before.set,
            (Some(record), _) => Rc::new(Set::open(&record.value, &envelopes.at_rest)?),
            (None, _) => Rc::default(),
        };
        let known = Known {
            set,
            version,
            read_at: now,
        };
        self.known.replace(Some(known.clone()));
        Ok(known)
    }
}

/// Tells the operator which keys are new.
fn report(host: &impl Host, plan: &Plan, set: &Set, now: u64) {
    for alg in plan.first.iter().chain(&plan.next) {
        if let Some(term) = set.terms(*alg).into_iter().max() {
            host.emit(&event(
                "keys.generated",
                Level::Info,
                vec![
                    ("kid", term.kid),
                    ("alg", alg.name().to_owned()),
                    (
                        "signs_in_s",
                        term.activates_at.saturating_sub(now).to_string(),
                    ),
                ],
            ));
        }
    }
}

fn event(name: &str, level: Level, fields: Vec<(&str, String)>) -> Event {
    Event {
        name: name.to_owned(),
        level,
        fields: fields
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    }
}

fn text(failure: records::Failure) -> String {
    match failure {
        records::Failure::Conflict => "the record was changed meanwhile".to_owned(),
        records::Failure::Invalid(why) | records::Failure::Unavailable(why) => {
            format!("the store: {why}")
        }
    }
}
