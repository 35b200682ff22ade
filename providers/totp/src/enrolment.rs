//! What is kept of somebody: one record with the key, the last step that was used and the recovery codes, so that using a code of
//! either kind is one conditional write.

use doorward_provider::document::{self, Change, Document};
use doorward_provider::secret::{equal, hex, sha256};
use doorward_provider::{Failure, Services};
use serde::{Deserialize, Serialize};

use crate::key::Sealed;
use crate::recovery;

/// The record `account/<hash of the account's id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Enrolment {
    pub(crate) key: Sealed,
    /// The last time step of which a code was used: it and those before are over.
    pub(crate) last_step: u64,
    /// Hashes of the recovery codes that are left.
    recovery: Vec<String>,
    /// Seconds since the epoch.
    pub(crate) enrolled_at: u64,
}

/// What became of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    Right,
    Wrong,
    /// It was right, and used before.
    Used,
}

/// A segment of record keys: the SHA-256 of the account's id.
pub(crate) fn segment(account: &str) -> String {
    hex(&sha256(&[b"account", account.as_bytes()]))
}

fn record(account: &str) -> String {
    format!("account/{}", segment(account))
}

fn hashes(account: &str, codes: &[String]) -> Vec<String> {
    let parsed = codes.iter().filter_map(|code| recovery::parse(code));
    parsed.map(|code| recovery::hash(account, &code)).collect()
}

impl Enrolment {
    /// That of an account.
    pub(crate) fn of(services: &dyn Services, account: &str) -> Result<Option<Self>, Failure> {
        let read: Option<Document<Self>> = document::read(services, &record(account))?;
        Ok(read.map(|read| read.value))
    }

    /// How many recovery codes are left.
    pub(crate) fn recovery_left(&self) -> usize {
        self.recovery.len()
    }

    /// Keeps the first key of an account. `false`: it has one, which stays.
    pub(crate) fn create(
        services: &dyn Services,
        account: &str,
        key: Sealed,
        step: u64,
        codes: &[String],
    ) -> Result<bool, Failure> {
        let enrolment = Self {
            key,
            last_step: step,
            recovery: hashes(account, codes),
            enrolled_at: services.now(),
        };
        document::create(services, &record(account), &enrolment, None)
    }

    /// Puts another key in the place of `old`. `false`: that is not there any more.
    pub(crate) fn replace_key(
        services: &dyn Services,
        account: &str,
        old: &Sealed,
        key: &Sealed,
        step: u64,
    ) -> Result<bool, Failure> {
        let now = services.now();
        let changed = document::update(services, &record(account), None, |mut one: Self| {
            if one.key != *old {
                return Change::Leave(false);
            }
            one.key = key.clone();
            one.last_step = step;
            one.enrolled_at = now;
            Change::Write(one, true)
        })?;
        Ok(changed.unwrap_or(false))
    }

    /// Uses the code of a step: of any number of parallel uses, one is right.
    pub(crate) fn use_step(
        services: &dyn Services,
        account: &str,
        key: &Sealed,
        step: u64,
    ) -> Result<Tried, Failure> {
        let used = document::update(services, &record(account), None, |mut one: Self| {
            if one.key != *key {
                return Change::Leave(Tried::Wrong);
            }
            if step <= one.last_step {
                return Change::Leave(Tried::Used);
            }
            one.last_step = step;
            Change::Write(one, Tried::Right)
        })?;
        Ok(used.unwrap_or(Tried::Wrong))
    }

    /// Uses a recovery code, as [`recovery::parse`] gives it: of any number of parallel uses, one is right.
    pub(crate) fn use_recovery(
        services: &dyn Services,
        account: &str,
        code: &str,
    ) -> Result<Tried, Failure> {
        let hash = recovery::hash(account, code);
        let used = document::update(services, &record(account), None, |mut one: Self| {
            let before = one.recovery.len();
            one.recovery
                .retain(|kept| !equal(kept.as_bytes(), hash.as_bytes()));
            if one.recovery.len() == before {
                Change::Leave(Tried::Wrong)
            } else {
                Change::Write(one, Tried::Right)
            }
        })?;
        Ok(used.unwrap_or(Tried::Wrong))
    }

    /// Replaces all recovery codes. `false`: there is nothing to recover.
    pub(crate) fn replace_recovery(
        services: &dyn Services,
        account: &str,
        codes: &[String],
    ) -> Result<bool, Failure> {
        let hashes = hashes(account, codes);
        let changed = document::update(services, &record(account), None, |mut one: Self| {
            one.recovery.clone_from(&hashes);
            Change::Write(one, ())
        })?;
        Ok(changed.is_some())
    }

    /// Forgets it.
    pub(crate) fn forget(services: &dyn Services, account: &str) -> Result<(), Failure> {
        Ok(services.remove(&record(account), None)?)
    }
}

#[cfg(test)]
mod tests {
    use doorward_provider::testing::Host;

    use super::*;

    /// What parallel requests do, one after the other: all of them have read the record before any of them writes.
    #[test]
    fn a_step_is_used_once_whoever_read_the_record_before() {
        let host = Host::seeded(1);
        let key = Sealed::draw(&host, "a").unwrap();
        assert!(Enrolment::create(&host, "a", key.clone(), 1, &[]).unwrap());
        let uses = |step| Enrolment::use_step(&host, "a", &key, step).unwrap();
        assert_eq!(
            [uses(2), uses(2), uses(1)],
            [Tried::Right, Tried::Used, Tried::Used]
        );
    }

    #[test]
    fn a_code_of_a_key_that_was_replaced_meanwhile_is_wrong() {
        let host = Host::seeded(1);
        let [old, new] = [(); 2].map(|()| Sealed::draw(&host, "a").unwrap());
        assert!(Enrolment::create(&host, "a", old.clone(), 1, &[]).unwrap());
        assert!(Enrolment::replace_key(&host, "a", &old, &new, 1).unwrap());
        assert_eq!(
            Enrolment::use_step(&host, "a", &old, 2).unwrap(),
            Tried::Wrong
        );
        assert_eq!(
            Enrolment::use_step(&host, "b", &new, 2).unwrap(),
            Tried::Wrong
        );
        assert_eq!(
            Enrolment::use_step(&host, "a", &new, 2).unwrap(),
            Tried::Right
        );
    }
}
