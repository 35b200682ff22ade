//! How keys come and go: the first ones, their successors, and the end of those that nobody needs any more. When is the
//! schedule's to say; here it is done, so that several processes on one database never do it twice.

use super::schedule::{self, Note};
use super::sealing::Envelope;
use super::signing::{SigningKey, not_offered};
use super::snapshot::{self, Snapshot};
use super::table::{Change, Stored};
use super::{DAY_S, Failure, KeyInfo, Keyring, outage};

/// Most keys of one algorithm that are published at a time.
pub(super) const MAX_KEYS: usize = 16;
/// The least that `publish_lead_s` may be, in seconds: relying parties keep the JWK Set for five minutes, and who answers them may not have
/// noticed a new key for five more ([`schedule::RELOAD_SLACK_S`]).
pub(crate) const LEAST_LEAD_S: u64 = 600;
/// Farthest that a rotation can be planned ahead, in seconds: 90 days.
const MAX_LEAD_S: u64 = 90 * DAY_S;

impl Keyring {
    /// Makes a new key for `alg`: published at once, signing in `activate_in_s` seconds (at most 90 days). The key that it
    /// replaces stays published for the retention. May take a second: not for a thread that serves requests.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: an algorithm that is not configured, or too far ahead. [`Failure::Unavailable`]: the database, or too
    /// many keys are published already.
    pub(crate) fn rotate(&self, alg: &str, activate_in_s: u64) -> Result<KeyInfo, Failure> {
        if activate_in_s > MAX_LEAD_S {
            return Err(Failure::Unsupported(format!(
                "a key can be planned at most {MAX_LEAD_S} seconds ahead"
            )));
        }
        if !self.options.signs_by(alg) {
            return Err(not_offered(alg));
        }
        let new = generate(alg, &self.at_rest, self.options.clock.now(), activate_in_s)?;
        let kid = new.kid.clone();
        let added = self.table().change(|there| Change {
            add: if there.iter().filter(|key| key.alg == new.alg).count() < MAX_KEYS {
                vec![new]
            } else {
                Vec::new()
            },
            ..Change::default()
        });
        if !added.map_err(|error| outage(&error))? {
            return Err(Failure::Unavailable(format!(
                "{MAX_KEYS} keys for {alg} are published already; wait until the oldest are deleted"
            )));
        }
        self.reload_if_changed()?;
        self.list()
            .into_iter()
            .find(|key| key.kid == kid)
            .ok_or(Failure::UnknownKey)
    }

    /// Makes successors for keys that are too old, notes which are of algorithms that are not configured any more, and deletes those that
    /// nobody needs; whether anything changed.
    /// To be called every few minutes, not on a thread that serves requests.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: the database.
    pub(crate) fn maintain(&self, now: u64) -> Result<bool, Failure> {
        self.reload_if_changed()?;
        let rotation = u64::from(self.options.rotation_days) * DAY_S;
        let snapshot = self.snapshot();
        let due = |terms: &[schedule::Term]| schedule::rotation_due(terms, now, rotation);
        let new = self
            .options
            .algorithms
            .iter()
            .filter(|alg| due(&snapshot.terms(alg)))
            .map(|alg| {
                generate(
                    alg,
                    &self.at_rest,
                    now,
                    self.options.publish_lead_s.min(MAX_LEAD_S),
                )
            })
            .collect::<Result<Vec<_>, _>>()?;
        let retention = self.options.retention();
        let configured = |alg: &str| self.options.signs_by(alg);
        let changed = self.table().change(|there| {
            let note = notes(there, configured, now);
            Change {
                // Another process may have been faster.
                add: new
                    .into_iter()
                    .filter(|key| due(&table_terms(there, &key.alg)))
                    .collect(),
                remove: expired(&noted(there, &note), now, retention),
                note,
            }
        });
        let changed = changed.map_err(|error| outage(&error))?;
        self.reload_if_changed()?;
        Ok(changed)
    }
}

/// Makes a key and seals it.
fn generate(
    alg: &str,
    at_rest: &Envelope,
    now: u64,
    activate_in_s: u64,
) -> Result<Stored, Failure> {
    let (key, pkcs8) = SigningKey::generate(alg)?;
    let kid = key.public()?.thumbprint();
    let sealed = at_rest.seal(&pkcs8, &snapshot::associated_data(alg, &kid))?;
    Ok(Stored {
        number: 0,
        kid,
        alg: alg.into(),
        sealed,
        created_at: now,
        activates_at: now.saturating_add(activate_in_s),
        dropped_at: None,
    })
}

/// New keys for those of `algorithms` that have none; `None` if there is nothing to do for any of them.
pub(super) fn first_keys(
    algorithms: &[String],
    snapshot: &Snapshot,
    at_rest: &Envelope,
    now: u64,
) -> Result<Option<Vec<Stored>>, Failure> {
    let missing = algorithms
        .iter()
        .filter(|alg| snapshot.terms(alg).is_empty());
    let keys = missing
        .map(|alg| generate(alg, at_rest, now, 0))
        .collect::<Result<Vec<_>, _>>()?;
    Ok((!keys.is_empty() || snapshot.drops_one_of(algorithms)).then_some(keys))
}

/// Of the keys made for algorithms without one, those that another process has not made meanwhile; and the keys of algorithms that are
/// configured again, which sign from now on.
pub(super) fn first_change(there: &[Stored], made: Vec<Stored>, algorithms: &[String]) -> Change {
    let add = made
        .into_iter()
        .filter(|new| there.iter().all(|key| key.alg != new.alg))
        .collect();
    let again = there
        .iter()
        .filter(|row| row.dropped_at.is_some() && algorithms.contains(&row.alg));
    Change {
        add,
        note: again
            .map(|row| (row.kid.clone(), Note::Configured))
            .collect(),
        ..Change::default()
    }
}

/// What is to be noted of keys whose algorithm is `configured` or not.
fn notes(rows: &[Stored], configured: impl Fn(&str) -> bool, now: u64) -> Vec<(String, Note)> {
    let note = |row: &Stored| {
        let note = schedule::note(&row.term(), configured(&row.alg), now)?;
        Some((row.kid.clone(), note))
    };
    rows.iter().filter_map(note).collect()
}

/// The rows as they are once that is noted.
fn noted(rows: &[Stored], notes: &[(String, Note)]) -> Vec<Stored> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        if let Some((_, note)) = notes.iter().find(|(kid, _)| *kid == row.kid) {
            row.dropped_at = note.dropped_at();
        }
    }
    rows
}

fn table_terms(rows: &[Stored], alg: &str) -> Vec<schedule::Term> {
    rows.iter()
        .filter(|row| row.alg == alg)
        .map(Stored::term)
        .collect()
}

/// The keys whose time is over.
fn expired(rows: &[Stored], now: u64, retention: u64) -> Vec<String> {
    let over = |row: &&Stored| {
        schedule::retires_at(&table_terms(rows, &row.alg), &row.term(), retention)
            .is_some_and(|at| at <= now)
    };
    rows.iter()
        .filter(over)
        .map(|row| row.kid.clone())
        .collect()
}
