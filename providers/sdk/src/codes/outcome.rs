//! What becomes of codes: sent, sent again, tried, proved.

use serde::{Deserialize, Serialize};

use crate::email::EmailAddress;

/// One more mail to this address may be sent: [`super::Codes::admit`] has counted it.
#[derive(Debug)]
#[must_use = "the mail has been counted"]
pub struct Admission(pub(super) EmailAddress);

/// A code that was sent and not yet given back. Belongs into the provider's state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub(super) id: String,
    pub(super) address: EmailAddress,
}

impl Pending {
    /// The address to which it was sent.
    #[must_use]
    pub fn address(&self) -> &EmailAddress {
        &self.address
    }

    pub(super) fn key(&self) -> String {
        format!("code/{}", self.id)
    }
}

/// Whether a mail carries a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// It carries a code.
    Code,
    /// It carries none, and no code will be right: to do the same, and show the same, for an address that may not.
    Note,
}

/// What became of asking for another code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    /// It was sent; the one before is void.
    Sent,
    /// Too early: this many seconds yet.
    Wait(u64),
    /// There is nothing to replace: expired or used. The person starts again.
    Gone,
}

/// What a try was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict<T> {
    /// The person has the code that was sent to the address; it is used up.
    Right(Proven<T>),
    /// A wrong code.
    Wrong,
    /// Not six digits: not counted as a try.
    Malformed,
    /// All tries of this code are used up; another may be asked for.
    Exhausted,
    /// There is no such code: expired, used or replaced.
    Gone,
}

/// Proof that whoever asks reads the mail of this address. Only [`super::Codes::check`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven<T> {
    pub(super) address: EmailAddress,
    pub(super) payload: T,
}

impl<T> Proven<T> {
    /// The address, and what was stored with the code when it was sent.
    #[must_use]
    pub fn into_parts(self) -> (EmailAddress, T) {
        (self.address, self.payload)
    }
}
