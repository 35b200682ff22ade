//! How often user codes may be typed (RFC 8628 §5.1): by network, by code, and in all.

use super::super::Call;
use crate::device::UserCode;
use crate::login;
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};

/// Codes that one network may try within [`login::STARTS_WINDOW_S`], ten minutes: of 25,600,000,000 that there are.
pub const MAX_TRIES_OF_NETWORK: u64 = 60;
/// The same for all whose network is not known, together, while nobody is asked to sign in for it.
pub const MAX_TRIES_OF_UNKNOWN: u64 = 1_000;
/// How often one code may be typed in that time, by anyone, whether there is such a code or not.
pub const MAX_TRIES_OF_CODE: u64 = 10;
/// Wrong codes in that time, from everywhere, after which only who is signed in may type one.
///
/// Networks are cheap: who has a /48 of IPv6 has 65,536 of them, and could try four million codes in ten minutes. A bound on all together
/// must not keep people out, or it would be a switch for anyone to turn this page off (RFC 8628 §5.1). So it asks of everyone what they do
/// next anyway, sign in, and then counts by person ([`MAX_TRIES_OF_PERSON`]): accounts are not had by the thousand. With a hundred
/// devices waiting, a year of guessing up to this bound finds one of them once in sixteen years; and all that comes of it is that a stranger's device
/// could be let in to the guesser's own account.
pub const MAX_WRONG: u64 = 300;
/// Codes that one person may try in that time, once wrong ones are that many.
pub const MAX_TRIES_OF_PERSON: u64 = 10;
/// The counters of one window of time.
pub(super) struct Tries<'a> {
    call: &'a Call<'a>,
    left_s: u64,
}

impl<'a> Tries<'a> {
    pub(super) const fn now(call: &'a Call<'a>) -> Self {
        let window_s = login::STARTS_WINDOW_S;
        let left_s = window_s.saturating_sub(call.now.0 % window_s);
        Self { call, left_s }
    }

    /// Counts one more of `what`.
    fn count(&self, what: &str) -> Result<u64, Refusal> {
        let key = format!("user-code-tries/{what}");
        let until = self.call.now.plus(self.left_s);
        Ok(self.call.host.increment(&key, 1, until)?)
    }

    /// Counts one more of `what`, of which there may be `most`.
    fn count_to(&self, most: u64, what: &str) -> Result<(), Refusal> {
        if self.count(what)? > most {
            let left_s = u32::try_from(self.left_s).unwrap_or(u32::MAX);
            return Err(Refusal::TooManyRequests(left_s));
        }
        Ok(())
    }

    fn network(&self) -> Option<String> {
        login::known_network(self.call.request.client_address)
    }

    /// Counts one more try, before anything is looked up: so that guessing in parallel gains nothing, and being stopped tells nothing.
    pub(super) fn admit(&self, code: Option<&UserCode>) -> Result<(), Refusal> {
        if let Some(network) = self.network() {
            self.count_to(MAX_TRIES_OF_NETWORK, &format!("network/{network}"))?;
        }
        let Some(code) = code else { return Ok(()) };
        let code = base64url(&sha256_of(&[b"user code", code.shown().as_bytes()]));
        self.count_to(MAX_TRIES_OF_CODE, &format!("code/{code}"))
    }

    /// Whether so many were wrong, or come from nobody knows where, that somebody must be guessing.
    pub(super) fn are_guesses(&self) -> Result<bool, Refusal> {
        if self.network().is_none() && self.count("network/unknown")? > MAX_TRIES_OF_UNKNOWN {
            return Ok(true);
        }
        let wrong = self.call.host.get("user-code-tries/wrong")?;
        let wrong = wrong.and_then(|counter| String::from_utf8(counter.value).ok());
        Ok(wrong.and_then(|digits| digits.parse().ok()).unwrap_or(0) >= MAX_WRONG)
    }

    pub(super) fn admit_person(&self, sub: &str) -> Result<(), Refusal> {
        let person = base64url(&sha256_of(&[b"user code", sub.as_bytes()]));
        self.count_to(MAX_TRIES_OF_PERSON, &format!("person/{person}"))
    }

    pub(super) fn count_wrong(&self) -> Result<(), Refusal> {
        self.count("wrong").map(drop)
    }
}
