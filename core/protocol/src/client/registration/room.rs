//! How many clients there may be at once that registered themselves without an initial access token and that nobody used yet.
//!
//! A client that is never used is forgotten after `unused_days`, so that a window of this length and the one before hold all that are left. Of
//! each window two things are counted: who took a place, and who gave one back, by being used or by going away.

use crate::ports::{Host, Level};
use crate::refusal::Refusal;
use crate::settings::Server;
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// How long to wait where there is no room, seconds.
const WAIT_S: u32 = 3_600;

/// A place that an unused client takes up: its window. Only [`take`] makes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The length of the window, seconds.
    length_s: u64,
    /// Which one it is, counted from 1970.
    window: u64,
}

impl Place {
    /// Counts `by` more of what was done with places of this window, and returns how many these are now.
    fn count(&self, what: &str, by: u64, host: &dyn Host) -> Result<u64, Refusal> {
        let Self { length_s, window } = self;
        let ends_at = UnixTime(window.saturating_add(2).saturating_mul(*length_s));
        let key = format!("registrations-{what}/{length_s}.{window}");
        Ok(host.increment(&key, by, ends_at)?)
    }

    /// The window before.
    const fn before(&self) -> Self {
        Self {
            length_s: self.length_s,
            window: self.window.saturating_sub(1),
        }
    }
}

/// Takes a place for one more client.
///
/// # Errors
/// [`Refusal::TooManyRequests`] if there are `max_unused`; store failures.
pub fn take(server: &Server, now: UnixTime, host: &dyn Host) -> Result<Place, Refusal> {
    let rules = &server.registration;
    let length_s = u64::from(rules.unused_days).saturating_mul(86_400).max(1);
    let place = Place {
        length_s,
        window: now.0 / length_s,
    };
    let before = place.before();
    let unused_before =
        before
            .count("taken", 0, host)?
            .saturating_sub(before.count("given-back", 0, host)?);
    // What may be taken of this window: `max_unused`, without those of the one before, and those that were given back again.
    let most = u64::from(rules.max_unused)
        .saturating_sub(unused_before)
        .saturating_add(place.count("given-back", 0, host)?);
    // What is refused is not counted, or knocking alone would keep the door shut; of those that race for the last place one gets it.
    if place.count("taken", 0, host)? >= most || place.count("taken", 1, host)? > most {
        let reason = [("reason", "max_unused is reached")];
        host.emit(Level::Error, "registration.full", &reason);
        return Err(Refusal::TooManyRequests(WAIT_S));
    }
    Ok(place)
}

/// Gives a place back. Its caller has written, or removed, the record that held it, so that it is given back once.
///
/// # Errors
/// Store failures.
pub fn give_back(place: &Place, host: &dyn Host) -> Result<(), Refusal> {
    place.count("given-back", 1, host).map(drop)
}
