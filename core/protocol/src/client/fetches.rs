//! How much is fetched of what strangers name: nobody can use us to send many requests somewhere.

use crate::ports::Host;
use crate::refusal::Refusal;
use crate::time::UnixTime;

/// What is counted in, seconds.
pub(super) const WINDOW_S: u32 = 60;
/// From one host.
const PER_HOST: u64 = 30;
/// At all.
const AT_ALL: u64 = 600;

/// Counts one more; whether it may be fetched from this host (with the port if it is not 443).
///
/// # Errors
/// Store failures.
pub(super) fn admit(from: &str, now: UnixTime, host: &dyn Host) -> Result<bool, Refusal> {
    let window_s = u64::from(WINDOW_S);
    let window = now.0 / window_s;
    let ends_at = UnixTime(window.saturating_add(1).saturating_mul(window_s));
    let from_it = format!("fetches/{window}/{from}");
    Ok(host.increment(&from_it, 1, ends_at)? <= PER_HOST
        && host.increment(&format!("fetches/{window}"), 1, ends_at)? <= AT_ALL)
}
