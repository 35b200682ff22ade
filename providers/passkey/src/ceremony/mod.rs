//! The rules of Web Authentication Level 3 for whoever relies on it (§7), without any call to the outside.

mod assertion;
mod authenticator_data;
mod client_data;
mod public_key;
mod registration;
mod relying_party;

pub(crate) use assertion::{Assertion, advance};
pub(crate) use public_key::{ALGORITHMS, PublicKey};
pub(crate) use registration::{Registration, Signed};
pub(crate) use relying_party::RelyingParty;

/// Why a ceremony fails; for the operator's log. The person learns that it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Longer than an answer can be, not JSON, or not of its shape.
    Malformed,
    /// `type` is that of another ceremony.
    AnotherCeremony,
    /// The challenge is not the one that was given.
    Challenge,
    /// It was given too long ago.
    Expired,
    /// It was used already.
    Replayed,
    /// From another origin, or from inside a page of one.
    Origin,
    /// The authenticator did this for somebody else's name.
    RelyingPartyId,
    /// Nobody was there.
    NoUserPresence,
    /// Whoever was there did not prove who they are.
    NoUserVerification,
    /// Backed up without being able to, or able to only now.
    BackupFlags,
    /// A key of a kind that was not asked for, or that is none.
    PublicKey,
    /// The authenticator's statement about itself is none, or wrong.
    Attestation,
    /// An id that is empty, longer than 1023 bytes, or not the one in the authenticator's data.
    CredentialId,
    /// Somebody has it already.
    Taken,
    /// The credential is somebody else's, or belongs to nobody.
    Unknown,
    /// The signature does not match.
    Signature,
    /// The counter stands still or went back: there are two of it.
    Cloned,
}

impl Refused {
    /// As it stands in the log.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::AnotherCeremony => "another_ceremony",
            Self::Challenge => "challenge",
            Self::Expired => "expired",
            Self::Replayed => "replayed",
            Self::Origin => "origin",
            Self::RelyingPartyId => "relying_party_id",
            Self::NoUserPresence => "no_user_presence",
            Self::NoUserVerification => "no_user_verification",
            Self::BackupFlags => "backup_flags",
            Self::PublicKey => "public_key",
            Self::Attestation => "attestation",
            Self::CredentialId => "credential_id",
            Self::Taken => "taken",
            Self::Unknown => "unknown",
            Self::Signature => "signature",
            Self::Cloned => "cloned",
        }
    }
}
