//! How keys come and go: the first ones, their successors, and the end of those that nobody needs any more. When is the
//! schedule's to say. There is no task in the background here: whoever needs a key and finds something due, does it.

use super::schedule::{self, Note, Term};
use super::set::{Held, Set};
use super::signing::{Algorithm, KeyPair};
use super::{DAY_S, Failure, Options};
use std::borrow::Cow;

/// How long a key stays published after it stopped signing, in seconds: one day, as long as anything signed may live.
const RETENTION_S: u64 = DAY_S;
/// Farthest that a rotation can be planned ahead, in seconds: 90 days.
const MAX_LEAD_S: u64 = 90 * DAY_S;

/// What keys are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// To sign by this algorithm.
    One(Algorithm),
    /// To publish all.
    All,
}

impl Wanted {
    fn includes(self, alg: Algorithm) -> bool {
        match self {
            Self::One(own) => own == alg,
            Self::All => true,
        }
    }
}

/// What has to be done to a set.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Algorithms without a key, which somebody waits for.
    pub(super) first: Vec<Algorithm>,
    /// Algorithms whose key is to be followed by another.
    pub(super) next: Vec<Algorithm>,
    /// By `kid`.
    pub(super) note: Vec<(String, Note)>,
    /// Keys that nobody needs any more, by `kid`.
    pub(super) remove: Vec<String>,
}

impl Plan {
    /// What is due at `now`. Nothing is done for algorithms that are not wanted: to make a key for RSA takes its time, and only those who
    /// use one shall wait for it; and while instances of two configurations are up, they write their notes over each other's no more often
    /// than keys are published.
    pub(super) fn of(set: &Set, wanted: Wanted, options: &Options, now: u64) -> Self {
        let rotation = u64::from(options.rotation_days) * DAY_S;
        let is_first = |alg: &Algorithm| set.terms(*alg).is_empty();
        let is_due = |alg: &Algorithm| schedule::rotation_due(&set.terms(*alg), now, rotation);
        let algorithms = options.algorithms.iter().copied();
        let algorithms = algorithms.filter(|alg| wanted.includes(*alg));
        let note = |key: &Held| {
            let configured = options.algorithms.contains(&key.alg);
            let note = schedule::note(&key.term, configured, now)?;
            wanted
                .includes(key.alg)
                .then(|| (key.term.kid.clone(), note))
        };
        let note: Vec<_> = set.keys.iter().filter_map(note).collect();
        let set = if note.is_empty() {
            Cow::Borrowed(set)
        } else {
            Cow::Owned(set.noted(&note))
        };
        let is_over = |key: &&Held| {
            schedule::retires_at(&set.terms(key.alg), &key.term, RETENTION_S)
                .is_some_and(|at| at <= now)
        };
        Self {
            first: algorithms.clone().filter(is_first).collect(),
            next: algorithms.filter(is_due).collect(),
            note,
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
        let mut keys = set.noted(&self.note).keys;
        keys.retain(|key| !self.remove.contains(&key.term.kid));
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
                    dropped_at: None,
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
