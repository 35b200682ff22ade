//! Limits: how often something may happen in a while, counted by the store, so that parallel requests count too.
//!
//! Windows are aligned to the clock (a limit per hour starts anew at every full hour), so that how long to wait is
//! known without another read, and two counters of one limit always speak of the same window. Up to twice the limit
//! may therefore happen around the end of a window, never more.

use crate::Failure;
use crate::services::Services;

/// Something that may happen `limit` times per window.
#[derive(Debug, Clone)]
pub struct Limit {
    key: String,
    at_most: u64,
    now: u64,
    window_end: u64,
}

impl Limit {
    /// `limit` times per `window_s` seconds for whatever `key` names (ASCII, at most 400 bytes).
    #[must_use]
    pub fn new(services: &dyn Services, key: &str, limit: u32, window_s: u64) -> Self {
        let now = services.now();
        let window = now / window_s.max(1);
        let window_end = window.saturating_add(1).saturating_mul(window_s.max(1));
        Self {
            key: format!("limit/{key}/{window_s}/{window}"),
            at_most: limit.into(),
            now,
            window_end,
        }
    }

    /// Counts one more, and refuses it if it is one too many. The count is taken before the answer is known, so that
    /// of any number of parallel requests no more than the limit pass.
    ///
    /// # Errors
    /// `too-many-requests` with the seconds until the window ends; `unavailable` if the store did not answer.
    pub fn count(&self, services: &dyn Services) -> Result<(), Failure> {
        let counted = services.increment(&self.key, 1, self.window_end)?;
        if counted > self.at_most {
            Err(self.refusal())
        } else {
            Ok(())
        }
    }

    fn refusal(&self) -> Failure {
        let wait = self.window_end.saturating_sub(self.now).max(1);
        Failure::TooManyRequests(u32::try_from(wait).unwrap_or(u32::MAX))
    }
}

/// Something that may go wrong `limit` times per window: tries are counted before their outcome is known, and those
/// that went right are given back.
#[derive(Debug, Clone)]
pub struct Budget {
    tried: Limit,
    right: String,
}

impl Budget {
    /// `limit` failures per `window_s` seconds for whatever `key` names (ASCII, at most 400 bytes).
    #[must_use]
    pub fn new(services: &dyn Services, key: &str, limit: u32, window_s: u64) -> Self {
        let tried = Limit::new(services, key, limit, window_s);
        Self {
            right: format!("{}/right", tried.key),
            tried,
        }
    }

    /// Counts a try as failed, and refuses it if that is one failure too many. While tries run in parallel, those whose
    /// outcome is open count as failed.
    ///
    /// # Errors
    /// As [`Limit::count`].
    pub fn spend(&self, services: &dyn Services) -> Result<(), Failure> {
        let tried = services.increment(&self.tried.key, 1, self.tried.window_end)?;
        if tried <= self.tried.at_most {
            return Ok(());
        }
        // Those that went right are read only when it matters: the answer is the same.
        let right = services
            .get(&self.right)?
            .and_then(|entry| decimal(&entry.value))
            .unwrap_or(0);
        if tried.saturating_sub(right) > self.tried.at_most {
            Err(self.tried.refusal())
        } else {
            Ok(())
        }
    }

    /// Takes back what [`Budget::spend`] counted: the try went right. A store that does not answer only makes the
    /// limit stricter, so there is no error.
    pub fn give_back(&self, services: &dyn Services) {
        let _ = services.increment(&self.right, 1, self.tried.window_end);
    }
}

fn decimal(bytes: &[u8]) -> Option<u64> {
    std::str::from_utf8(bytes).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Host;

    #[test]
    fn a_limit_holds_until_its_window_ends() {
        let host = Host::seeded(1);
        host.set_time(7_200);
        for _ in 0..3 {
            Limit::new(&host, "x", 3, 3_600).count(&host).unwrap();
        }
        host.advance(600);
        let refused = Limit::new(&host, "x", 3, 3_600).count(&host);
        assert_eq!(refused, Err(Failure::TooManyRequests(3_000)));
        host.advance(3_000);
        Limit::new(&host, "x", 3, 3_600).count(&host).unwrap();
    }

    #[test]
    fn right_tries_are_free() {
        let host = Host::seeded(1);
        for _ in 0..50 {
            let budget = Budget::new(&host, "x", 3, 3_600);
            budget.spend(&host).unwrap();
            budget.give_back(&host);
        }
        let budget = Budget::new(&host, "x", 3, 3_600);
        for _ in 0..3 {
            budget.spend(&host).unwrap();
        }
        assert!(matches!(
            budget.spend(&host),
            Err(Failure::TooManyRequests(_))
        ));
    }

    #[test]
    fn what_went_right_in_one_window_buys_nothing_in_the_next() {
        let host = Host::seeded(1);
        host.set_time(0);
        let budget = Budget::new(&host, "x", 2, 100);
        budget.spend(&host).unwrap();
        host.advance(99);
        budget.give_back(&host);
        host.advance(1);
        let budget = Budget::new(&host, "x", 2, 100);
        assert_eq!((0..9).filter(|_| budget.spend(&host).is_ok()).count(), 2);
    }

    #[test]
    fn parallel_tries_never_pass_the_limit() {
        let host = Host::seeded(1);
        let budget = Budget::new(&host, "x", 10, 3_600);
        let passed = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..50)
                .map(|_| scope.spawn(|| budget.spend(&host).is_ok()))
                .collect();
            tries
                .into_iter()
                .map(|one| one.join().unwrap())
                .filter(|passed| *passed)
                .count()
        });
        assert_eq!(passed, 10);
    }
}
