//! One-time codes by mail: the whole of it, so that no plugin gets a part of it wrong.
//!
//! - A code is six digits of an unbiased generator, valid for ten minutes, for one sign-in, one purpose and one
//!   address. The browser holds no part of it: [`Pending`] belongs into the provider's state, which the core keeps.
//! - What is stored is a salted SHA-256. That keeps codes out of sight of whoever glances at the store; whoever can
//!   compute on a copy of it within the ten minutes finds six digits, whatever the hash.
//! - Every try is counted before it is compared: of any number of parallel tries, five are looked at. The right one
//!   removes the record by its version: of any number of parallel right tries, one wins.
//! - Sending is limited per address and network, and wrong tries per address and day over all codes, so that neither
//!   a mailbox can be flooded nor codes be guessed by asking for ever new ones. Limits for an address are counted
//!   apart on networks where its owner has proved it before ([`crate::familiar`]).
//! - A code need not be real ([`Kind::Note`]): the same records, the same mail count, and no try is ever right. So a
//!   page need not show whether an address is known.
//!
//! ```
//! use doorward_provider::codes::{Codes, Kind, Letter, Limits, Verdict};
//! use doorward_provider::{email::EmailAddress, network::Network, testing::Host, Failure};
//!
//! # fn main() -> Result<(), Failure> {
//! let host = Host::seeded(1);
//! let ada = EmailAddress::parse("ada@example.org").unwrap();
//! let codes = Codes::new(&host, "sign-in", Limits::default(), Some(Network::of("192.0.2.1")));
//! let admission = codes.admit(&ada)?;
//! let letter = |code: Option<&str>| Letter::new("Your code", format!("It is {}.", code.unwrap_or("none")));
//! let pending = codes.send(admission, Kind::Code, &(), letter)?;
//!
//! let code = host.last_code("ada@example.org").unwrap();
//! assert!(matches!(codes.check::<()>(&pending, &code)?, Verdict::Right(_)));
//! assert!(matches!(codes.check::<()>(&pending, &code)?, Verdict::Gone));
//! # Ok(())
//! # }
//! ```

mod letter;
mod limits;
mod outcome;
mod stored;
#[cfg(test)]
mod tests;

use serde::{Serialize, de::DeserializeOwned};

pub use letter::Letter;
pub use limits::{DIGITS, LIMITS_SCHEMA, Limits};
pub use outcome::{Admission, Kind, Pending, Proven, Resent, Verdict};
use stored::{Binding, Stored};

use crate::email::EmailAddress;
use crate::familiar::Share;
use crate::limit::{Budget, Limit};
use crate::network::Network;
use crate::services::{Level, event};
use crate::{Failure, Services, document, random};

const HOUR_S: u64 = 3_600;
const DAY_S: u64 = 24 * HOUR_S;

/// One-time codes for one purpose, for the browser that is asking.
pub struct Codes<'a> {
    services: &'a dyn Services,
    purpose: &'static str,
    limits: Limits,
    network: Option<Network>,
}

impl<'a> Codes<'a> {
    /// Codes for `purpose` (part of what a code is bound to), asked for from `network`.
    #[must_use]
    pub fn new(
        services: &'a dyn Services,
        purpose: &'static str,
        limits: Limits,
        network: Option<Network>,
    ) -> Self {
        Self {
            services,
            purpose,
            limits,
            network,
        }
    }

    /// Counts one more mail to `address`. Comes before any work that costs.
    ///
    /// # Errors
    /// `too-many-requests` for this network or this address; `unavailable` if the store did not answer.
    pub fn admit(&self, address: &EmailAddress) -> Result<Admission, Failure> {
        // The network first: who has used up their own limit must not go on using up that of an address.
        if let Some(network) = &self.network {
            let key = format!("send/network/{}", network.key());
            Limit::new(
                self.services,
                &key,
                self.limits.per_network_per_hour,
                HOUR_S,
            )
            .count(self.services)
            .inspect_err(|_| self.refused("network_limit"))?;
        }
        let share = Share::of(self.services, address, self.network.as_ref())?;
        let key = format!("send/address/{}/{}", address.key(), share.segment());
        Limit::new(
            self.services,
            &key,
            self.limits.per_address_per_hour,
            HOUR_S,
        )
        .count(self.services)
        .inspect_err(|_| self.refused("address_limit"))?;
        Ok(Admission(address.clone()))
    }

    /// Stores a new code with `payload` and mails what `letter` makes of it (of `None` for a [`Kind::Note`]).
    ///
    /// # Errors
    /// `unavailable` if the store or the mail did not do its part; then there is no valid code that anyone knows.
    pub fn send<T: Serialize>(
        &self,
        admission: Admission,
        kind: Kind,
        payload: &T,
        letter: impl FnOnce(Option<&str>) -> Letter,
    ) -> Result<Pending, Failure> {
        let pending = Pending {
            id: random::id(self.services),
            address: admission.0,
        };
        let (stored, secret) = Stored::draw(self.services, &self.binding(&pending), kind, payload);
        if !document::create(
            self.services,
            &pending.key(),
            &stored,
            Some(self.expiry(stored.sent_at)),
        )? {
            return Err(Failure::Unavailable("codes: an id came twice".to_owned()));
        }
        self.post(&pending.address, kind, secret, letter)?;
        Ok(pending)
    }

    /// Replaces a pending code by a new one of the same kind and payload, and mails it.
    ///
    /// # Errors
    /// As [`Codes::admit`] and [`Codes::send`].
    pub fn resend<T: Serialize + DeserializeOwned>(
        &self,
        pending: &Pending,
        letter: impl FnOnce(Option<&str>) -> Letter,
    ) -> Result<Resent, Failure> {
        let Some(old) = document::read::<Stored<T>>(self.services, &pending.key())? else {
            return Ok(Resent::Gone);
        };
        if !old.value.is_bound_to(&self.binding(pending)) {
            return Ok(Resent::Gone);
        }
        let earliest = old
            .value
            .sent_at
            .saturating_add(self.limits.resend_after_s.into());
        let wait = earliest.saturating_sub(self.services.now());
        if wait > 0 {
            return Ok(Resent::Wait(wait));
        }
        let Admission(address) = self.admit(&pending.address)?;
        let kind = old.value.kind;
        let (stored, secret) = Stored::draw(
            self.services,
            &self.binding(pending),
            kind,
            &old.value.payload,
        );
        let expiry = Some(self.expiry(stored.sent_at));
        if !document::replace(self.services, &pending.key(), old.version, &stored, expiry)? {
            // Another request of this sign-in was faster; its code is the valid one.
            return Ok(Resent::Wait(self.limits.resend_after_s.into()));
        }
        self.post(&address, kind, secret, letter)?;
        Ok(Resent::Sent)
    }

    /// Looks at a code that the person gave. Blanks and hyphens in it do not matter.
    ///
    /// # Errors
    /// `too-many-requests` if the address had too many wrong tries today; `unavailable` if the store did not answer.
    pub fn check<T: DeserializeOwned>(
        &self,
        pending: &Pending,
        given: &str,
    ) -> Result<Verdict<T>, Failure> {
        let Some(code) = six_digits(given) else {
            return Ok(Verdict::Malformed);
        };
        let key = pending.key();
        let Some(read) = document::read::<Stored<T>>(self.services, &key)? else {
            return Ok(Verdict::Gone);
        };
        let binding = self.binding(pending);
        if !read.value.is_bound_to(&binding) {
            return Ok(Verdict::Gone);
        }
        // Counted before anything is compared, so that parallel tries count as well.
        let tries =
            self.services
                .increment(&read.value.tries_key(), 1, self.expiry(read.value.sent_at))?;
        if tries > self.limits.tries.into() {
            self.refused("tries_used_up");
            return Ok(Verdict::Exhausted);
        }
        let share = Share::of(self.services, &pending.address, self.network.as_ref())?;
        let budget = self.guesses(&pending.address, &share);
        budget
            .spend(self.services)
            .inspect_err(|_| self.refused("guess_limit"))?;
        if !read.value.matches(&binding, &code) {
            self.refused("wrong_code");
            return Ok(Verdict::Wrong);
        }
        if !document::take(self.services, &key, read.version)? {
            return Ok(Verdict::Gone);
        }
        budget.give_back(self.services);
        // The code is used and was right. That the network could not be remembered must not undo this.
        let _ = share.remember(self.services);
        Ok(Verdict::Right(Proven {
            address: pending.address.clone(),
            payload: read.value.payload,
        }))
    }

    fn binding<'b>(&self, pending: &'b Pending) -> Binding<'b> {
        Binding {
            purpose: self.purpose,
            address: &pending.address,
            sign_in: &pending.id,
        }
    }

    fn expiry(&self, sent_at: u64) -> u64 {
        sent_at.saturating_add(self.limits.lifetime_s.into())
    }

    fn guesses(&self, address: &EmailAddress, share: &Share) -> Budget {
        let key = format!("guess/{}/{}", address.key(), share.segment());
        Budget::new(
            self.services,
            &key,
            self.limits.wrong_per_address_per_day,
            DAY_S,
        )
    }

    fn post(
        &self,
        address: &EmailAddress,
        kind: Kind,
        secret: String,
        letter: impl FnOnce(Option<&str>) -> Letter,
    ) -> Result<(), Failure> {
        let code = (kind == Kind::Code).then_some(secret);
        let letter = letter(code.as_deref());
        self.services.deliver(&letter.addressed(address, code))?;
        event(
            self.services,
            Level::Info,
            "code.sent",
            &[("purpose", self.purpose)],
        );
        Ok(())
    }

    fn refused(&self, reason: &str) {
        let fields = [("purpose", self.purpose), ("reason", reason)];
        event(self.services, Level::Warning, "code.refused", &fields);
    }
}

/// The digits in `given`, if they are six and nothing else but blanks and hyphens is there.
fn six_digits(given: &str) -> Option<String> {
    let digits: String = given
        .chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '-'))
        .take(DIGITS as usize + 1)
        .collect();
    (digits.len() == DIGITS as usize && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some(digits)
}
