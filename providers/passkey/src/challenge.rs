//! Challenges: 32 random bytes, kept in the sign-in's state on the server, good for one answer.
//!
//! Drawing one writes nothing. Using one inserts a record of its hash, which of any number of parallel answers succeeds
//! once; the record lives exactly as long as the challenge could be used.

use doorward_provider::document;
use doorward_provider::secret::{hex, sha256};
use doorward_provider::{Failure, Services};
use serde::{Deserialize, Serialize};

use crate::Stop;
use crate::bytes::Bytes;
use crate::ceremony::Refused;

/// How long a challenge can be answered: ten minutes, in seconds (§15.1 of Web Authentication: five to ten, since people prove who they are).
pub(crate) const LIFETIME_S: u64 = 600;

/// What a sign-in remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    pub(crate) value: Bytes,
    given_at: u64,
    /// Whose credential is to be made, if it is somebody's whom nobody knows yet.
    pub(crate) newcomer: Option<String>,
}

impl Challenge {
    /// A new one.
    pub(crate) fn draw(services: &dyn Services) -> Self {
        Self {
            value: Bytes(services.bytes(32)),
            given_at: services.now(),
            newcomer: None,
        }
    }

    /// For a newcomer, who gets an unguessable name.
    pub(crate) fn for_newcomer(services: &dyn Services) -> Self {
        Self {
            newcomer: Some(Bytes(services.bytes(32)).encode()),
            ..Self::draw(services)
        }
    }

    fn ends_at(&self) -> u64 {
        self.given_at.saturating_add(LIFETIME_S)
    }

    /// Its bytes, while it can be answered.
    pub(crate) fn live(&self, services: &dyn Services) -> Result<&[u8], Refused> {
        if services.now() < self.ends_at() {
            Ok(&self.value.0)
        } else {
            Err(Refused::Expired)
        }
    }

    /// Uses it up.
    ///
    /// # Errors
    /// [`Refused::Replayed`] if it was; `unavailable` if the store did not answer.
    pub(crate) fn spend(&self, services: &dyn Services) -> Result<(), Stop> {
        let key = format!("used/{}", hex(&sha256(&[b"challenge", &self.value.0])));
        if document::create(services, &key, &(), Some(self.ends_at()))? {
            Ok(())
        } else {
            Err(Refused::Replayed.into())
        }
    }
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}
