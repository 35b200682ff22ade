//! How many clients one network brings that nobody registered here: by registering them, or by naming the URL of a document that is not known
//! yet. Each is a record, and often a request to somewhere.

use crate::login::network_of;
use crate::ports::Host;
use crate::refusal::Refusal;
use crate::settings::Server;
use crate::time::UnixTime;
use std::net::IpAddr;

/// What is counted in, seconds.
const WINDOW_S: u64 = 3_600;

/// Counts one more, from this address: at most `registration.per_network_per_hour`, whose default counts where nobody can register too.
///
/// # Errors
/// [`Refusal::TooManyRequests`]; store failures.
pub fn admit(
    client_address: Option<&str>,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<(), Refusal> {
    let network = client_address
        .and_then(|address| address.parse::<IpAddr>().ok())
        .map_or_else(|| "unknown".to_owned(), network_of);
    let left_s = WINDOW_S.saturating_sub(now.0 % WINDOW_S);
    let key = format!("registrations/{network}");
    let here = host.increment(&key, 1, now.plus(left_s))?;
    if here <= u64::from(server.registration.per_network_per_hour) {
        return Ok(());
    }
    let wait_s = u32::try_from(left_s).unwrap_or(u32::MAX);
    Err(Refusal::TooManyRequests(wait_s))
}
