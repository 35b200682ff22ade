//! `private_key_jwt`: OpenID Connect Core §9, RFC 7523 §2.2. The client signs by a key of its own, and we hold nothing worth stealing.

use super::{Client, keys};
use crate::ports::Host;
use crate::time::UnixTime;
use crate::token::foreign::{Expected, Fault, Unverified, Verified};

/// Verifies an assertion by the client's own keys.
///
/// # Errors
/// [`Fault`]
pub fn verify(
    token: Unverified<'_>,
    client: &Client,
    expected: &Expected<'_>,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Verified, Fault> {
    let source = keys::source(client).ok_or(Fault::Invalid("the client has no keys"))?;
    token.verify(expected, source, now, host)
}
