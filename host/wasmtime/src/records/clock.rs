//! The time that stores go by: whole seconds since the Unix epoch, replaceable in tests.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Answers "which second is it now" (Unix epoch, UTC). Cheap to clone; every clone is the same clock.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> u64 + Send + Sync>);

impl Clock {
    /// The clock of the machine. Before 1970 it answers 0.
    pub(crate) fn system() -> Self {
        Self::from_fn(|| {
            SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs())
        })
    }

    /// A clock that asks `now` each time.
    pub(crate) fn from_fn(now: impl Fn() -> u64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The current second.
    pub(crate) fn now(&self) -> u64 {
        (self.0)()
    }

    /// The current second as SQLite keeps numbers; a time past the year 292 billion stays there.
    pub(crate) fn now_i64(&self) -> i64 {
        i64::try_from(self.now()).unwrap_or(i64::MAX)
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}

/// A clock that stands still until a test moves it.
#[cfg(test)]
pub(crate) mod manual {
    use super::Clock;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[derive(Clone)]
    pub(crate) struct Manual(Arc<AtomicU64>);

    impl Manual {
        pub(crate) fn at(now: u64) -> Self {
            Self(Arc::new(AtomicU64::new(now)))
        }

        pub(crate) fn set(&self, now: u64) {
            self.0.store(now, Ordering::SeqCst);
        }

        pub(crate) fn advance(&self, seconds: u64) {
            self.0.fetch_add(seconds, Ordering::SeqCst);
        }

        pub(crate) fn now(&self) -> u64 {
            self.0.load(Ordering::SeqCst)
        }

        pub(crate) fn clock(&self) -> Clock {
            let this = self.clone();
            Clock::from_fn(move || this.now())
        }
    }
}
