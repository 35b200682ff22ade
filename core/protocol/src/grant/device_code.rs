//! Redeeming a device code: RFC 8628 §3.4, §3.5.
//!
//! In order: 1. the code's secret; 2. its client; 3. was it redeemed before; 4. has it expired. Nothing changes until all of them
//! passed. A device that polls twice at once is no thief: the second poll is refused, and what the first got stays good.

use super::{Grant, Presented};
use crate::client::authenticate::AuthenticatedClient;
use crate::device;
use crate::refusal::Refusal;
use crate::time::UnixTime;

/// Proof that a device code may become tokens.
#[derive(Debug)]
pub struct Redeemable(());

/// Decides whether the device code of `grant`, as it was read, may become tokens at `now`.
///
/// # Errors
/// [`Refusal::DeviceCodeUnknown`], which says the same for every code that is not the client's to redeem;
/// [`Refusal::DeviceCodeExpired`].
pub fn redeem(
    client: &AuthenticatedClient,
    presented: &Presented<'_>,
    grant: &Grant,
    now: UnixTime,
) -> Result<Redeemable, Refusal> {
    let code = &grant.code;
    if !device::matches(&code.sha256, presented.secret)
        || grant.client_id != client.client().client_id
        || code.redeemed_at.is_some()
    {
        return Err(Refusal::DeviceCodeUnknown);
    }
    if now >= code.expires_at {
        return Err(Refusal::DeviceCodeExpired);
    }
    Ok(Redeemable(()))
}

impl Redeemable {
    /// The grant with its code spent.
    #[must_use]
    pub fn spend(self, mut grant: Grant, now: UnixTime) -> Grant {
        let Self(()) = self;
        grant.code.redeemed_at = Some(now);
        grant
    }
}
