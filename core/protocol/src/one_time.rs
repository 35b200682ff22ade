//! Assertions that count once: RFC 7523 §3, RFC 9101 §10.2. Their `jti` is remembered until they expire.

use crate::ports::{Records, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};
use crate::time::UnixTime;

/// Who made it up: one issuer's `jti` never collides with another's, nor with the same issuer's of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `client_assertion` (RFC 7521 §4.2)
    ClientAssertion,
    /// `assertion` (RFC 7521 §4.1)
    Grant,
    /// RFC 9101
    RequestObject,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::ClientAssertion => "client",
            Self::Grant => "grant",
            Self::RequestObject => "request",
        }
    }
}

/// Uses a `jti` up: one insert, which of any number at the same instant one wins. The caller has checked everything else.
///
/// `Ok(false)`: it was used before.
///
/// # Errors
/// Store failures: then it counts as used.
pub fn consume(
    kind: Kind,
    issuer: &str,
    jti: &str,
    until: UnixTime,
    records: &(impl Records + ?Sized),
) -> Result<bool, Refusal> {
    let hash = base64url(&sha256_of(&[issuer.as_bytes(), jti.as_bytes()]));
    let key = format!("jti/{}/{hash}", kind.name());
    match records.insert(&key, b"1", Some(until)) {
        Ok(_) => Ok(true),
        Err(StoreFailure::Conflict) => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}
