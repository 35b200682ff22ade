//! The clock of the host.

use crate::{Answer, unavailable};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The current second since the Unix epoch, UTC.
///
/// # Errors
/// [`crate::Failure::Unavailable`] before 1970: every record would look alive.
pub fn now() -> Answer<u64> {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map(|since| since.as_secs())
        .map_err(|_before| unavailable("the clock of this machine stands before 1970; set it"))
}

/// Lets others go first: about `attempt` × 4 ms, spread at random so that those who wait do not meet again.
pub fn pause(attempt: u32) {
    let spread = crate::fresh().map_or(0, |random| random % 4);
    std::thread::sleep(Duration::from_millis(u64::from(attempt) * 4 + spread));
}
