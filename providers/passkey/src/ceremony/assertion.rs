//! Verifying an assertion (§7.2).

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::authenticator_data::AuthenticatorData;
use super::{Refused, RelyingParty, client_data};
use crate::bytes::Bytes;

/// Longest answer of a browser, bytes.
const MAX_BYTES: usize = 16 * 1024;

/// `AuthenticationResponseJSON` (§5.1), as far as it is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assertion {
    raw_id: Bytes,
    r#type: String,
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    #[serde(rename = "clientDataJSON")]
    client_data: Bytes,
    authenticator_data: Bytes,
    signature: Bytes,
    #[serde(default)]
    user_handle: Option<Bytes>,
}

/// What an assertion says, once its signature has been verified.
pub(crate) struct Said {
    /// What is signed.
    pub(crate) message: Vec<u8>,
    /// Where the counter stands.
    pub(crate) sign_count: u32,
    /// Whether the credential is backed up now.
    pub(crate) backed_up: bool,
    /// Whether it may be; never changes (step 19).
    pub(crate) backup_eligible: bool,
}

impl Assertion {
    /// Reads one; nothing of it is believed yet.
    pub(crate) fn parse(json: &str) -> Result<Self, Refused> {
        if json.len() > MAX_BYTES {
            return Err(Refused::Malformed);
        }
        let assertion: Self = serde_json::from_str(json).map_err(|_| Refused::Malformed)?;
        if assertion.r#type == "public-key" {
            Ok(assertion)
        } else {
            Err(Refused::Malformed)
        }
    }

    /// Which credential it says it is by.
    pub(crate) const fn id(&self) -> &Bytes {
        &self.raw_id
    }

    /// Whose it says it is, if it does: always where nobody was known before (step 6).
    pub(crate) fn user_handle(&self) -> Option<&str> {
        let handle = self.response.user_handle.as_ref()?;
        std::str::from_utf8(&handle.0).ok()
    }

    /// Whether it names anybody at all, readable or not.
    pub(crate) const fn names_somebody(&self) -> bool {
        self.response.user_handle.is_some()
    }

    /// The authenticator's signature, as it wrote it.
    pub(crate) fn signature(&self) -> &[u8] {
        &self.response.signature.0
    }

    /// Steps 7 to 18 and 20.
    pub(crate) fn check(&self, challenge: &[u8], party: &RelyingParty) -> Result<Said, Refused> {
        let client_data = &self.response.client_data.0;
        client_data::check(client_data, "webauthn.get", challenge, party)?;
        let raw = &self.response.authenticator_data.0;
        let data = AuthenticatorData::parse(raw)?;
        data.check(party)?;
        let mut message = raw.clone();
        message.extend_from_slice(&Sha256::digest(client_data));
        Ok(Said {
            message,
            sign_count: data.sign_count,
            backed_up: data.is_backed_up(),
            backup_eligible: data.is_backup_eligible(),
        })
    }
}

/// Where a counter stands now (step 22): it goes up, or there is none and never was.
pub(crate) const fn advance(stored: u32, said: u32) -> Result<u32, Refused> {
    if (stored == 0 && said == 0) || said > stored {
        Ok(said)
    } else {
        Err(Refused::Cloned)
    }
}
