//! How many clients register themselves: in an hour from one network, and how many unused ones there are.

use crate::endpoint::Call;
use crate::login::network_of;
use crate::ports::Level;
use crate::refusal::Refusal;
use std::net::IpAddr;

/// An hour in seconds.
const HOUR_S: u64 = 3_600;

/// Counts one more registration: in this hour from this network, and in this window from anyone.
pub(super) fn take(call: &Call<'_>) -> Result<(), Refusal> {
    let rules = &call.server.registration;
    let network = call
        .request
        .client_address
        .and_then(|address| address.parse::<IpAddr>().ok())
        .map_or_else(|| "unknown".to_owned(), network_of);
    let left_s = HOUR_S.saturating_sub(call.now.0 % HOUR_S);
    let key = format!("registrations/{network}");
    let here = call.host.increment(&key, 1, call.now.plus(left_s))?;
    if here > u64::from(rules.per_network_per_hour) {
        return Err(too_many(left_s));
    }
    // Those that were never used are gone after `unused_s`, so that this window and the one before hold all that are left.
    let unused_s = u64::from(rules.unused_days).saturating_mul(86_400).max(1);
    let window = call.now.0 / unused_s;
    let counted = |window: u64, by: u64| {
        let ends = window.saturating_add(2).saturating_mul(unused_s);
        call.host.increment(
            &format!("registrations-of-all/{unused_s}.{window}"),
            by,
            crate::time::UnixTime(ends),
        )
    };
    let before = counted(window.saturating_sub(1), 0)?;
    let most = u64::from(rules.max_unused).saturating_sub(before);
    // What is refused is not counted, or knocking alone would keep the door shut; of those that race for the last place one gets it.
    if counted(window, 0)? >= most || counted(window, 1)? > most {
        call.host.emit(
            Level::Error,
            "registration.full",
            &[("reason", "max_unused is reached")],
        );
        return Err(too_many(HOUR_S));
    }
    Ok(())
}

fn too_many(seconds: u64) -> Refusal {
    Refusal::TooManyRequests(u32::try_from(seconds).unwrap_or(u32::MAX))
}
