//! How often strangers lead us somewhere, be it for a document, a sector, keys, or to tell of a sign-out: nobody can use us to send many
//! requests to somebody.

use crate::ports::Host;
use crate::refusal::Refusal;
use crate::time::UnixTime;
use fluent_uri::Uri;

/// What is counted in, seconds.
pub(crate) const WINDOW_S: u32 = 60;
/// From one host.
const PER_HOST: u64 = 30;
/// At all.
const AT_ALL: u64 = 600;

/// Counts one more; whether it may be fetched from this host (with the port if it is not 443).
///
/// # Errors
/// Store failures.
pub(crate) fn admit(from: &str, now: UnixTime, host: &dyn Host) -> Result<bool, Refusal> {
    let (window, ends_at) = window(now);
    Ok(admit_host(from, now, host)?
        && host.increment(&format!("fetches/{window}"), 1, ends_at)? <= AT_ALL)
}

/// The same of what is sent because of somebody who signed in here: for this host alone.
///
/// # Errors
/// Store failures.
pub(crate) fn admit_host(to: &str, now: UnixTime, host: &dyn Host) -> Result<bool, Refusal> {
    let (window, ends_at) = window(now);
    let key = format!("fetches/{window}/{to}");
    Ok(host.increment(&key, 1, ends_at)? <= PER_HOST)
}

/// The window of a time, and its end.
const fn window(now: UnixTime) -> (u64, UnixTime) {
    let window_s = WINDOW_S as u64;
    let window = now.0 / window_s;
    let ends_at = UnixTime(window.saturating_add(1).saturating_mul(window_s));
    (window, ends_at)
}

/// Host of a URL, with the port if it names one: what is counted by.
pub(crate) fn authority(url: &str) -> String {
    let url = Uri::parse(url).ok();
    let authority = url.as_ref().and_then(Uri::authority);
    authority.map_or_else(String::new, |authority| {
        authority.as_str().to_ascii_lowercase()
    })
}
