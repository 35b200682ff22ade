//! From where the owner of an address has signed in before, so that strangers cannot lock them out.
//!
//! A limit per account is a weapon: whoever keeps failing on purpose keeps the owner out. So failures of strangers are
//! counted apart from failures on networks on which the owner has once proved who they are. Strangers can use up the
//! strangers' share for as long as they like; the owner at home, at work or on their phone does not notice. An owner
//! on a new network during an attack waits for the window to end, or signs in another way.

use crate::Failure;
use crate::email::EmailAddress;
use crate::network::Network;
use crate::services::{RecordFailure, Services};

/// How long a network stays familiar: 90 days, in seconds.
pub const FAMILIAR_FOR_S: u64 = 90 * 24 * 3_600;

/// Whose share of a limit a request uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// A segment of record keys.
    segment: String,
    /// Where to remember the network; none if it is familiar already, or unknown.
    record: Option<String>,
}

impl Share {
    /// The share of requests for `address` from `network`. Reads one record if the network is known, none otherwise.
    ///
    /// # Errors
    /// `unavailable` if the store did not answer.
    pub fn of(
        services: &dyn Services,
        address: &EmailAddress,
        network: Option<&Network>,
    ) -> Result<Self, Failure> {
        let stranger = "stranger".to_owned();
        let Some(network) = network else {
            return Ok(Self {
                segment: stranger,
                record: None,
            });
        };
        let record = format!("familiar/{}/{}", address.key(), network.key());
        Ok(match services.get(&record)? {
            Some(_) => Self {
                segment: network.key().to_owned(),
                record: None,
            },
            None => Self {
                segment: stranger,
                record: Some(record),
            },
        })
    }

    /// A segment of record keys: the same for all strangers, another for each familiar network.
    #[must_use]
    pub fn segment(&self) -> &str {
        &self.segment
    }

    /// Remembers the network, because the owner of the address has just proved who they are on it.
    ///
    /// # Errors
    /// `unavailable` if the store did not answer.
    pub fn remember(&self, services: &dyn Services) -> Result<(), Failure> {
        let Some(record) = &self.record else {
            return Ok(());
        };
        match services.insert(
            record,
            b"1",
            Some(services.now().saturating_add(FAMILIAR_FOR_S)),
        ) {
            Ok(_) | Err(RecordFailure::Conflict) => Ok(()),
            Err(failure) => Err(failure.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Host;

    #[test]
    fn a_network_is_familiar_for_90_days_to_one_address() {
        let host = Host::seeded(1);
        let ada = EmailAddress::parse("ada@example.org").unwrap();
        let bob = EmailAddress::parse("bob@example.org").unwrap();
        let home = Network::of("192.0.2.1");
        let share = Share::of(&host, &ada, Some(&home)).unwrap();
        assert_eq!(share.segment(), "stranger");
        share.remember(&host).unwrap();
        assert_eq!(
            Share::of(&host, &ada, Some(&home)).unwrap().segment(),
            home.key()
        );
        assert_eq!(
            Share::of(&host, &bob, Some(&home)).unwrap().segment(),
            "stranger"
        );
        host.advance(FAMILIAR_FOR_S);
        assert_eq!(
            Share::of(&host, &ada, Some(&home)).unwrap().segment(),
            "stranger"
        );
    }

    #[test]
    fn without_an_address_everybody_is_a_stranger() {
        let host = Host::seeded(1);
        let ada = EmailAddress::parse("ada@example.org").unwrap();
        let share = Share::of(&host, &ada, None).unwrap();
        share.remember(&host).unwrap();
        assert_eq!(Share::of(&host, &ada, None).unwrap().segment(), "stranger");
    }
}
