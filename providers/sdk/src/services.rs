//! What a plugin may ask of its host, as traits: the WIT imports implement them in the component
//! ([`crate::host::Imports`]), memory implements them in tests ([`crate::testing::Host`]).

pub use crate::bindings::doorward::host::events::{Event, Level};
pub use crate::bindings::doorward::host::mail::{Failure as MailFailure, Message as Mail};
pub use crate::bindings::doorward::host::passwords::{Failure as PasswordFailure, Verdict};
pub use crate::bindings::doorward::host::records::{Entry, Failure as RecordFailure, Listed};

pub use crate::bindings::doorward::host::sealing::Failure as SealingFailure;
pub use crate::bindings::doorward::host::signatures::Failure as SignatureFailure;
pub use doorward_fetch::Response;

use crate::Failure;

/// Versioned records of this provider; see `doorward:host/records` for what every host keeps.
pub trait Records {
    /// Reads one record; `None` if there is no live one.
    ///
    /// # Errors
    /// `invalid` for a key out of bounds, `unavailable` if the store did not answer.
    fn get(&self, key: &str) -> Result<Option<Entry>, RecordFailure>;
    /// Writes a record that is not there yet; answers its version.
    ///
    /// # Errors
    /// `conflict` if a live record is there; otherwise as [`Records::get`].
    fn insert(
        &self,
        key: &str,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Result<u64, RecordFailure>;
    /// Replaces the record if its version is still `version`; answers the new one.
    ///
    /// # Errors
    /// `conflict` if it is gone or another version; otherwise as [`Records::get`].
    fn replace(
        &self,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Result<u64, RecordFailure>;
    /// Removes a record: with a version, only that one.
    ///
    /// # Errors
    /// `conflict` if it is gone or another version; otherwise as [`Records::get`].
    fn remove(&self, key: &str, version: Option<u64>) -> Result<(), RecordFailure>;
    /// Adds to a fixed-window counter and answers the sum; a live counter keeps its expiry.
    ///
    /// # Errors
    /// `invalid` if the record is no counter; otherwise as [`Records::get`].
    fn increment(&self, key: &str, by: u64, expires_at: u64) -> Result<u64, RecordFailure>;
    /// Live records under `prefix`, in byte order, after `after` (exclusive), at most `limit` (1 to 1000).
    ///
    /// # Errors
    /// As [`Records::get`].
    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed>, RecordFailure>;
}

/// Hashing of passwords by the host (Argon2id).
pub trait Passwords {
    /// Hashes a password of at most 1024 bytes into a PHC string; tens of milliseconds, 19 MiB.
    ///
    /// # Errors
    /// `invalid` if it is longer, `busy` if too many wait.
    fn hash(&self, password: &[u8]) -> Result<String, PasswordFailure>;
    /// Whether `phc` was made from `password`.
    ///
    /// # Errors
    /// `invalid` if `phc` is no PHC string; otherwise as [`Passwords::hash`].
    fn verify(&self, password: &[u8], phc: &str) -> Result<Verdict, PasswordFailure>;
}

/// Authenticated encryption under a key of the host's, for secrets that must be kept readable. No other plugin opens what one sealed.
pub trait Sealing {
    /// Encrypts and authenticates `plaintext`, and authenticates `associated_data`, e.g. whose it is; each at most 64 KiB. At
    /// most 64 bytes longer than the plaintext.
    ///
    /// # Errors
    /// `unsupported` if it is longer, `unavailable` if the host cannot now.
    fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, SealingFailure>;
    /// Undoes [`Sealing::seal`].
    ///
    /// # Errors
    /// `forged` if it is not what was sealed, with the same associated data; otherwise as [`Sealing::seal`].
    fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, SealingFailure>;
}

/// Verification of signatures by keys of others.
pub trait Signatures {
    /// Whether `signature` (RFC 7518 §3) is one of `message` by a public JWK. `alg`: `ES256`, `ES384`, `RS256`, `EdDSA`.
    ///
    /// # Errors
    /// `unsupported`: another algorithm, or no such key.
    fn verify_signature(
        &self,
        jwk: &str,
        alg: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, SignatureFailure>;
}

/// A request to another server: HTTPS, to a host that the provider asks for and the operator granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// `GET` or `POST`.
    pub method: &'static str,
    /// An absolute https URL.
    pub url: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Empty for `GET`.
    pub body: Vec<u8>,
}

/// Why another server gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchFailure {
    /// The URL is none, or the host does not let us go there.
    Refused(String),
    /// The answer is longer than 1 MiB.
    TooLarge,
    /// No answer, or not within 4 seconds.
    Unreachable(String),
}

/// Other servers. Redirects are answers: they are not followed.
pub trait Fetch {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`FetchFailure`]
    fn fetch(&self, request: &Outgoing) -> Result<Response, FetchFailure>;
}

/// Messages to people.
pub trait Post {
    /// Accepts a message for delivery.
    ///
    /// # Errors
    /// `unsupported` channel, `invalid` message, or `unavailable` now.
    fn deliver(&self, mail: &Mail) -> Result<(), MailFailure>;
}

/// Audit events out. They never carry a code, token, secret, password or address.
pub trait Events {
    /// Emits one event; never fails.
    fn emit(&self, event: &Event);
}

/// The time.
pub trait Clock {
    /// Seconds since the Unix epoch.
    fn now(&self) -> u64;
}

/// Unpredictable bytes.
pub trait Random {
    /// `length` bytes of a cryptographic generator.
    fn bytes(&self, length: usize) -> Vec<u8>;
}

/// What every plugin may ask of its host.
pub trait Services: Records + Sealing + Passwords + Post + Events + Clock + Random {}

impl<T: Records + Sealing + Passwords + Post + Events + Clock + Random> Services for T {}

/// What a plugin may ask of its host that has people sign in at another server. Apart from [`Services`], so that a component imports
/// it only if it says so in [`crate::export_provider!`]: operators see from its imports whether a plugin can reach other servers.
pub trait Upstream: Fetch + Signatures {}

impl<T: Fetch + Signatures> Upstream for T {}

/// Emits an event of this provider.
pub fn event(events: &dyn Services, level: Level, name: &str, fields: &[(&str, &str)]) {
    let fields = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    events.emit(&Event {
        name: name.to_owned(),
        level,
        fields,
    });
}

impl From<RecordFailure> for Failure {
    /// A plugin that meets `conflict` or `invalid` and did not expect it cannot go on any more than without a store.
    fn from(failure: RecordFailure) -> Self {
        Self::Unavailable(match failure {
            RecordFailure::Conflict => "records: conflict".to_owned(),
            RecordFailure::Invalid(why) => format!("records: invalid: {why}"),
            RecordFailure::Unavailable(why) => format!("records: {why}"),
        })
    }
}

impl From<PasswordFailure> for Failure {
    fn from(failure: PasswordFailure) -> Self {
        Self::Unavailable(match failure {
            PasswordFailure::Invalid(why) => format!("passwords: invalid: {why}"),
            PasswordFailure::Busy => "passwords: busy".to_owned(),
        })
    }
}

impl From<SealingFailure> for Failure {
    fn from(failure: SealingFailure) -> Self {
        Self::Unavailable(match failure {
            SealingFailure::Unsupported(why) => format!("sealing: unsupported: {why}"),
            SealingFailure::Forged => "sealing: what was kept is not what was sealed".to_owned(),
            SealingFailure::Unavailable(why) => format!("sealing: {why}"),
        })
    }
}

impl From<SignatureFailure> for Failure {
    fn from(failure: SignatureFailure) -> Self {
        Self::Unavailable(match failure {
            SignatureFailure::Unsupported(why) => format!("signatures: unsupported: {why}"),
            SignatureFailure::Unavailable(why) => format!("signatures: {why}"),
        })
    }
}

impl From<FetchFailure> for Failure {
    fn from(failure: FetchFailure) -> Self {
        Self::Unavailable(match failure {
            FetchFailure::Refused(why) => format!("request refused: {why}"),
            FetchFailure::TooLarge => "the answer is too large".to_owned(),
            FetchFailure::Unreachable(why) => format!("no answer: {why}"),
        })
    }
}

impl From<MailFailure> for Failure {
    fn from(failure: MailFailure) -> Self {
        Self::Unavailable(match failure {
            MailFailure::Unsupported(why) => format!("mail: unsupported: {why}"),
            MailFailure::Invalid(why) => format!("mail: invalid: {why}"),
            MailFailure::Unavailable(why) => format!("mail: {why}"),
        })
    }
}
