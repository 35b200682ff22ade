//! Authenticator data (§6.1): what the authenticator signs about itself and whoever was there.

use coset::cbor::{Value, de::from_reader};
use sha2::{Digest, Sha256};

use super::{PublicKey, Refused, RelyingParty};
use crate::bytes::Bytes;

/// Longest id of a credential, bytes (§7.1 step 26).
const MAX_ID_BYTES: usize = 1023;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const HAS_CREDENTIAL: u8 = 1 << 6;
const HAS_EXTENSIONS: u8 = 1 << 7;

/// What an authenticator says.
pub(super) struct AuthenticatorData {
    party: [u8; 32],
    flags: u8,
    pub(super) sign_count: u32,
    pub(super) credential: Option<(Bytes, PublicKey)>,
}

impl AuthenticatorData {
    /// Reads all of `bytes`: what is left over is refused.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refused> {
        let (party, rest) = bytes.split_first_chunk::<32>().ok_or(Refused::Malformed)?;
        let ([flags], rest) = rest.split_first_chunk::<1>().ok_or(Refused::Malformed)?;
        let (count, mut rest) = rest.split_first_chunk::<4>().ok_or(Refused::Malformed)?;
        let mut data = Self {
            party: *party,
            flags: *flags,
            sign_count: u32::from_be_bytes(*count),
            credential: None,
        };
        if data.has(HAS_CREDENTIAL) {
            data.credential = Some(credential(&mut rest)?);
        }
        if data.has(HAS_EXTENSIONS) {
            // Asked for none and uses none; it must be one map all the same.
            match from_reader::<Value, _>(&mut rest) {
                Ok(Value::Map(_)) => {}
                _ => return Err(Refused::Malformed),
            }
        }
        if rest.is_empty() {
            Ok(data)
        } else {
            Err(Refused::Malformed)
        }
    }

    /// §7.1 steps 14 to 17 and §7.2 steps 15 to 18.
    pub(super) fn check(&self, party: &RelyingParty) -> Result<(), Refused> {
        if self.party != <[u8; 32]>::from(Sha256::digest(&party.id)) {
            return Err(Refused::RelyingPartyId);
        }
        if !self.has(USER_PRESENT) {
            return Err(Refused::NoUserPresence);
        }
        if !self.has(USER_VERIFIED) {
            return Err(Refused::NoUserVerification);
        }
        if self.is_backed_up() && !self.is_backup_eligible() {
            return Err(Refused::BackupFlags);
        }
        Ok(())
    }

    /// Whether the credential may be on several devices.
    pub(super) const fn is_backup_eligible(&self) -> bool {
        self.has(BACKUP_ELIGIBLE)
    }

    /// Whether it is.
    pub(super) const fn is_backed_up(&self) -> bool {
        self.has(BACKED_UP)
    }

    const fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

/// Attested credential data (§6.5.1), taken off the front of `rest`.
fn credential(rest: &mut &[u8]) -> Result<(Bytes, PublicKey), Refused> {
    let (_aaguid, after) = rest.split_first_chunk::<16>().ok_or(Refused::Malformed)?;
    let (length, after) = after.split_first_chunk::<2>().ok_or(Refused::Malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if !(1..=MAX_ID_BYTES).contains(&length) {
        return Err(Refused::CredentialId);
    }
    let (id, after) = after.split_at_checked(length).ok_or(Refused::Malformed)?;
    *rest = after;
    let key = from_reader::<Value, _>(&mut *rest).map_err(|_| Refused::Malformed)?;
    Ok((Bytes(id.to_vec()), PublicKey::from_cose(key)?))
}
