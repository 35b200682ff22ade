//! How much one call of a provider may say.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Events of one call; more are dropped, and the log says so once.
pub const EVENTS_PER_CALL: u32 = 32;
/// Bytes of all names and values of one event; a larger one is dropped, and the log says so.
pub const EVENT_BYTES: usize = 4 << 10;
/// Messages of one call.
pub const MESSAGES_PER_CALL: u32 = 4;

/// What is left of one call.
#[derive(Debug)]
pub struct Left {
    events: AtomicU32,
    messages: AtomicU32,
}

/// What to do with an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// Pass it on.
    Pass,
    /// Drop it, and say why.
    DropLoudly(&'static str),
    /// Drop it; it has been said.
    Drop,
}

impl Left {
    /// At the beginning of a call.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            events: AtomicU32::new(EVENTS_PER_CALL),
            messages: AtomicU32::new(MESSAGES_PER_CALL),
        }
    }

    /// A call begins.
    pub fn begin(&self) {
        self.events.store(EVENTS_PER_CALL, Relaxed);
        self.messages.store(MESSAGES_PER_CALL, Relaxed);
    }

    /// Takes one event of `bytes`.
    pub fn event(&self, bytes: usize) -> Admission {
        match take(&self.events) {
            None => Admission::Drop,
            Some(0) => {
                Admission::DropLoudly("more than 31 events in one call; the rest is dropped")
            }
            Some(_) if bytes > EVENT_BYTES => {
                Admission::DropLoudly("an event of more than 4096 bytes is dropped")
            }
            Some(_) => Admission::Pass,
        }
    }

    /// Takes one message. `false`: there have been enough.
    pub fn message(&self) -> bool {
        take(&self.messages).is_some()
    }
}

impl Default for Left {
    fn default() -> Self {
        Self::new()
    }
}

/// One less, and what is left then. One instance is never entered by two callers at once, so that this is no race.
fn take(counter: &AtomicU32) -> Option<u32> {
    let left = counter.load(Relaxed).checked_sub(1)?;
    counter.store(left, Relaxed);
    Some(left)
}

#[cfg(test)]
mod tests {
    use super::{Admission, EVENT_BYTES, EVENTS_PER_CALL, Left, MESSAGES_PER_CALL};

    #[test]
    fn messages_end_and_begin_anew_with_the_next_call() {
        let left = Left::new();
        for _ in 0..2 {
            for _ in 0..MESSAGES_PER_CALL {
                assert!(left.message());
            }
            assert!(!left.message());
            assert!(!left.message());
            left.begin();
        }
    }

    #[test]
    fn events_end_are_reported_once_and_begin_anew() {
        let left = Left::new();
        for _ in 0..2 {
            for _ in 1..EVENTS_PER_CALL {
                assert_eq!(left.event(EVENT_BYTES), Admission::Pass);
            }
            assert!(matches!(left.event(1), Admission::DropLoudly(_)));
            assert_eq!(left.event(1), Admission::Drop);
            left.begin();
        }
    }

    #[test]
    fn a_large_event_is_dropped_and_counted() {
        let left = Left::new();
        for _ in 0..EVENTS_PER_CALL {
            assert!(matches!(
                left.event(EVENT_BYTES + 1),
                Admission::DropLoudly(_)
            ));
        }
        assert_eq!(left.event(EVENT_BYTES + 1), Admission::Drop);
    }
}
