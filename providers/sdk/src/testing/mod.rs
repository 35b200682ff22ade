//! A host in memory, for the tests of plugins: every service with a fake clock, an outbox, and outages on demand.
//!
//! [`Host`] is shared between threads, so that races can be tested as well; [`Browser`] plays the core and a person.

mod browser;
mod flaw;
mod openid;
mod records;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use browser::Browser;
pub use flaw::{Flaw, fell_for};
pub use openid::OpenIdServer;

use crate::secret::{hex, sha256};
use crate::services::{
    Clock, Event, Events, Fetch, FetchFailure, Mail, MailFailure, Outgoing, PasswordFailure,
    Passwords, Post, Random, Response, Sealing, SealingFailure, SignatureFailure, Signatures,
    Verdict,
};
use records::Memory;

/// The time at which a [`Host`] starts: a full day, so that no window of a limit ends by surprise.
pub const START: u64 = 86_400 * 20_000;

/// How often each service was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calls {
    /// `records.get`
    pub get: u64,
    /// `records.insert`
    pub insert: u64,
    /// `records.replace`
    pub replace: u64,
    /// `records.remove`
    pub remove: u64,
    /// `records.increment`
    pub increment: u64,
    /// `records.list`
    pub list: u64,
    /// `passwords.hash`
    pub hash: u64,
    /// `passwords.verify`
    pub verify: u64,
    /// `mail.deliver`
    pub mail: u64,
    /// `events.emit`
    pub event: u64,
    /// Requests to other servers.
    pub fetch: u64,
    /// `signatures.verify`
    pub verified: u64,
}

/// Another server, as a test plays it.
type Upstream = Box<dyn Fn(&Outgoing) -> Result<Response, FetchFailure> + Send + Sync>;

/// How signatures are verified, as a test does it: key, algorithm, message, signature.
type Verifier =
    Box<dyn Fn(&str, &str, &[u8], &[u8]) -> Result<bool, SignatureFailure> + Send + Sync>;

/// A signature by the key `jwk` as this host verifies it: a hash, so that tests tell keys, algorithms and messages apart
/// without any cryptography.
#[must_use]
pub fn signature(jwk: &str, alg: &str, message: &[u8]) -> Vec<u8> {
    sha256(&[jwk.as_bytes(), alg.as_bytes(), message]).to_vec()
}

/// A host in memory.
pub struct Host {
    now: AtomicU64,
    drawn: AtomicU64,
    seed: u64,
    parameters: AtomicU64,
    inner: Mutex<Inner>,
    upstream: Upstream,
    verifier: Verifier,
}

#[derive(Debug, Default)]
struct Inner {
    records: Memory,
    outbox: Vec<Mail>,
    events: Vec<Event>,
    calls: Calls,
    /// Calls that still succeed before the store fails.
    records_left: Option<u64>,
    mail_down: bool,
    passwords_busy: bool,
}

impl Host {
    /// A host whose randomness follows from `seed`.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            now: AtomicU64::new(START),
            drawn: AtomicU64::new(0),
            seed,
            parameters: AtomicU64::new(1),
            inner: Mutex::default(),
            upstream: Box::new(|_| Err(FetchFailure::Refused("no such host".to_owned()))),
            verifier: Box::new(|jwk, alg, message, signed| {
                Ok(signature(jwk, alg, message) == signed)
            }),
        }
    }

    /// Signatures are verified so, instead of by [`signature`]: `verifier` gets key, algorithm, message and signature.
    #[must_use]
    pub fn with_verifier(
        mut self,
        verifier: impl Fn(&str, &str, &[u8], &[u8]) -> Result<bool, SignatureFailure>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        self.verifier = Box::new(verifier);
        self
    }

    /// Other servers answer so.
    #[must_use]
    pub fn with_upstream(
        mut self,
        upstream: impl Fn(&Outgoing) -> Result<Response, FetchFailure> + Send + Sync + 'static,
    ) -> Self {
        self.upstream = Box::new(upstream);
        self
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the clock.
    pub fn set_time(&self, now: u64) {
        self.now.store(now, Ordering::SeqCst);
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: u64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    /// The mails accepted so far, oldest first.
    #[must_use]
    pub fn outbox(&self) -> Vec<Mail> {
        self.inner().outbox.clone()
    }

    /// The latest mail to `address`.
    #[must_use]
    pub fn last_mail(&self, address: &str) -> Option<Mail> {
        self.inner()
            .outbox
            .iter()
            .rev()
            .find(|mail| mail.to == address)
            .cloned()
    }

    /// The code in the latest mail to `address`.
    #[must_use]
    pub fn last_code(&self, address: &str) -> Option<String> {
        self.last_mail(address).and_then(|mail| mail.code)
    }

    /// The events emitted so far, oldest first.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.inner().events.clone()
    }

    /// How often each service was asked so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.inner().calls
    }

    /// Every live record as (key, value).
    #[must_use]
    pub fn records(&self) -> Vec<(String, Vec<u8>)> {
        self.inner().records.live(self.now())
    }

    /// The store answers this many calls and then none, until [`Host::heal`].
    pub fn records_fail_after(&self, calls: u64) {
        self.inner().records_left = Some(calls);
    }

    /// Mail is accepted no more, until [`Host::heal`].
    pub fn mail_fails(&self) {
        self.inner().mail_down = true;
    }

    /// Every call to hash or verify a password is answered `busy`, until [`Host::heal`].
    pub fn passwords_are_busy(&self) {
        self.inner().passwords_busy = true;
    }

    /// Ends every outage.
    pub fn heal(&self) {
        let mut inner = self.inner();
        inner.records_left = None;
        inner.mail_down = false;
        inner.passwords_busy = false;
    }

    /// Passwords hashed before this count as made with weaker parameters (`right-rehash`).
    pub fn strengthen_passwords(&self) {
        self.parameters.fetch_add(1, Ordering::SeqCst);
    }
}

impl Passwords for Host {
    /// Not a password hash: fast, so that tests are.
    fn hash(&self, password: &[u8]) -> Result<String, PasswordFailure> {
        let mut inner = self.inner();
        inner.calls.hash += 1;
        if inner.passwords_busy {
            return Err(PasswordFailure::Busy);
        }
        if password.len() > 1024 {
            return Err(PasswordFailure::Invalid(
                "longer than 1024 bytes".to_owned(),
            ));
        }
        let parameters = self.parameters.load(Ordering::SeqCst);
        Ok(format!(
            "$test$v={parameters}${}",
            hex(&sha256(&[password]))
        ))
    }

    fn verify(&self, password: &[u8], phc: &str) -> Result<Verdict, PasswordFailure> {
        let mut inner = self.inner();
        inner.calls.verify += 1;
        if inner.passwords_busy {
            return Err(PasswordFailure::Busy);
        }
        if !phc.starts_with('$') {
            return Err(PasswordFailure::Invalid("not a PHC string".to_owned()));
        }
        let current = format!("$test$v={}$", self.parameters.load(Ordering::SeqCst));
        Ok(if !phc.ends_with(&hex(&sha256(&[password]))) {
            Verdict::Wrong
        } else if phc.starts_with(&current) {
            Verdict::Right
        } else {
            Verdict::RightRehash
        })
    }
}

impl Sealing for Host {
    /// Not encryption, but not the plaintext either: what was sealed is told from what was not, and a test may look for secrets in
    /// the records.
    fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, SealingFailure> {
        if plaintext.len().max(associated_data.len()) > 64 << 10 {
            return Err(SealingFailure::Unsupported("over 64 KiB".to_owned()));
        }
        let hidden: Vec<u8> = plaintext.iter().map(|byte| !byte).collect();
        let tag = sha256(&[b"sealed", plaintext, associated_data]);
        Ok([tag.as_slice(), hidden.as_slice()].concat())
    }

    fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, SealingFailure> {
        let (_, hidden) = sealed.split_at_checked(32).ok_or(SealingFailure::Forged)?;
        let plaintext: Vec<u8> = hidden.iter().map(|byte| !byte).collect();
        if self.seal(&plaintext, associated_data)? == sealed {
            Ok(plaintext)
        } else {
            Err(SealingFailure::Forged)
        }
    }
}

impl Signatures for Host {
    /// See [`signature`] and [`Host::with_verifier`].
    fn verify_signature(
        &self,
        jwk: &str,
        alg: &str,
        message: &[u8],
        signed: &[u8],
    ) -> Result<bool, SignatureFailure> {
        if !["ES256", "ES384", "RS256", "EdDSA"].contains(&alg) {
            return Err(SignatureFailure::Unsupported(alg.to_owned()));
        }
        self.inner().calls.verified += 1;
        (self.verifier)(jwk, alg, message, signed)
    }
}

impl Fetch for Host {
    fn fetch(&self, request: &Outgoing) -> Result<Response, FetchFailure> {
        self.inner().calls.fetch += 1;
        (self.upstream)(request)
    }
}

impl Post for Host {
    fn deliver(&self, mail: &Mail) -> Result<(), MailFailure> {
        let mut inner = self.inner();
        inner.calls.mail += 1;
        if inner.mail_down {
            return Err(MailFailure::Unavailable("outage".to_owned()));
        }
        if mail.subject.len() > 200
            || mail.subject.contains(['\n', '\r'])
            || mail.text.len() > 16 * 1024
        {
            return Err(MailFailure::Invalid("out of bounds".to_owned()));
        }
        inner.outbox.push(mail.clone());
        Ok(())
    }
}

impl Events for Host {
    fn emit(&self, event: &Event) {
        let mut inner = self.inner();
        inner.calls.event += 1;
        inner.events.push(event.clone());
    }
}

impl Clock for Host {
    fn now(&self) -> u64 {
        self.now.load(Ordering::SeqCst)
    }
}

impl Random for Host {
    /// SHA-256 of the seed and a counter: well mixed, repeatable, for tests only.
    fn bytes(&self, length: usize) -> Vec<u8> {
        let block = |_| {
            let drawn = self.drawn.fetch_add(1, Ordering::SeqCst);
            sha256(&[&self.seed.to_be_bytes(), &drawn.to_be_bytes()])
        };
        (0..length.div_ceil(32))
            .flat_map(block)
            .take(length)
            .collect()
    }
}
