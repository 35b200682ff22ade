//! How keys come and go: the first ones, their successors, and the end of those that nobody needs any more. When is the
//! schedule's to say. There is no task in the background here: whoever needs a key and finds something due, does it.

use super::schedule::{self, Term};
use super::set::{Held, Set};
use super::signing::{Algorithm, KeyPair};
use super::{DAY_S, Failure, Options};

/// How long a key stays published after it stopped signing, in seconds: one day, as long as anything signed may live.
const RETENTION_S: u64 = DAY_S;
/// Farthest that a rotation can be planned ahead, in seconds: 90 days.
const MAX_LEAD_S: u64 = 90 * DAY_S;

/// What has to be done to a set.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Algorithms without a key, which somebody waits for.
    pub(super) first: Vec<Algorithm>,
    /// Algorithms whose key is to be followed by another.
    pub(super) next: Vec<Algorithm>,
    /// Keys that nobody needs any more, by `kid`.
    pub(super) remove: Vec<String>,
}

impl Plan {
    /// What is due at `now`, if keys for `wanted` are needed. Others are left alone: to make a key for RSA takes its time, and
    /// only those who use one shall wait for it.
    pub(super) fn of(set: &Set, wanted: &[Algorithm], options: &Options, now: u64) -> Self {
        let rotation = u64::from(options.rotation_days) * DAY_S;
        let is_first = |alg: &Algorithm| set.terms(*alg).is_empty();
        let is_due = |alg: &Algorithm| schedule::rotation_due(&set.terms(*alg), now, rotation);
        let is_over = |key: &&Held| {
            schedule::retires_at(&set.terms(key.alg), &key.term, RETENTION_S)
                .is_some_and(|at| at <= now)
        };
        Self {
            first: wanted.iter().copied().filter(is_first).collect(),
            next: wanted.iter().copied().filter(is_due).collect(),
            remove: set
                .keys
                .iter()
                .filter(is_over)
                .map(|key| key.term.kid.clone())
                .collect(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The set after the plan was followed, and the keys that are new in it.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: no randomness.
    pub(super) fn follow(
        &self,
        set: &Set,
        made: &mut Made,
        options: &Options,
        now: u64,
    ) -> Result<Set, Failure> {
        let mut keys: Vec<Held> = set
            .keys
            .iter()
            .filter(|key| !self.remove.contains(&key.term.kid))
            .cloned()
            .collect();
        let lead = options.publish_lead_s.min(MAX_LEAD_S);
        let wanted = self
            .first
            .iter()
            .map(|alg| (*alg, now))
            .chain(self.next.iter().map(|alg| (*alg, now.saturating_add(lead))));
        for (alg, activates_at) in wanted {
            let pair = made.pair(alg)?;
            let number = set.keys.iter().map(|key| key.term.number).max();
            keys.push(Held {
                alg,
                term: Term {
                    activates_at,
                    number: number.unwrap_or_default().saturating_add(1),
                    kid: pair.public.thumbprint(),
                },
                created_at: now,
                pair,
            });
        }
        Ok(Set { keys })
    }
}

/// Keys that were made and may still be used, should the set have changed before they were in it.
#[derive(Default)]
pub(super) struct Made(Vec<(Algorithm, KeyPair)>);

impl Made {
    fn pair(&mut self, alg: Algorithm) -> Result<KeyPair, Failure> {
        if let Some((_, pair)) = self.0.iter().find(|(own, _)| *own == alg) {
            return Ok(pair.clone());
        }
        let pair = KeyPair::generate(alg)?;
        self.0.push((alg, pair.clone()));
        Ok(pair)
    }
}
