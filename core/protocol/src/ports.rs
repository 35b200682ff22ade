//! Everything the core asks of its host, as traits: the shapes of `wit/host`, `wit/provider` and `wit/policy`.
//!
//! Endpoints call ports; rules never do. The component implements these over WIT imports, unit tests over memory.

use crate::provider;
use crate::time::UnixTime;

/// A record as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The bytes.
    pub value: Vec<u8>,
    /// Changes with every write; given back to `replace` and `remove`.
    pub version: u64,
}

/// A record in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its whole key.
    pub key: String,
    /// The bytes.
    pub value: Vec<u8>,
    /// As in [`Entry`].
    pub version: u64,
}

/// Why a call to [`Records`] did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreFailure {
    /// The record is there (insert), is gone, or has another version. Nothing was written.
    Conflict,
    /// Key or value out of bounds.
    Invalid(String),
    /// An outage; never to be read as "absent".
    Unavailable(String),
}

/// `doorward:host/records`: versioned records, linearizable per key, durable, expired ones absent at once.
pub trait Records {
    /// Reads one live record.
    ///
    /// # Errors
    /// [`StoreFailure`]
    fn get(&self, key: &str) -> Result<Option<Entry>, StoreFailure>;
    /// Writes a record that is not there yet; returns its version.
    ///
    /// # Errors
    /// [`StoreFailure::Conflict`] if a live record is there.
    fn insert(
        &self,
        key: &str,
        value: &[u8],
        expires_at: Option<UnixTime>,
    ) -> Result<u64, StoreFailure>;
    /// Replaces a record whose version is still `version`; returns the new version.
    ///
    /// # Errors
    /// [`StoreFailure::Conflict`] if it is not.
    fn replace(
        &self,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<UnixTime>,
    ) -> Result<u64, StoreFailure>;
    /// Removes a record, if `version` is given only that version.
    ///
    /// # Errors
    /// [`StoreFailure::Conflict`] if the version is another.
    fn remove(&self, key: &str, version: Option<u64>) -> Result<(), StoreFailure>;
    /// Adds to a counter of a fixed window; returns the sum.
    ///
    /// # Errors
    /// [`StoreFailure`]
    fn increment(&self, key: &str, by: u64, expires_at: UnixTime) -> Result<u64, StoreFailure>;
    /// Live records by prefix, in byte order, after `after`, at most `limit` (1 to 1000).
    ///
    /// # Errors
    /// [`StoreFailure`]
    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed>, StoreFailure>;
}

/// Why a call to [`Keys`] or [`Signatures`] failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyFailure {
    /// No such key.
    UnknownKey,
    /// No such algorithm here, or not for that key.
    Unsupported(String),
    /// Not what was sealed.
    Forged,
    /// The keys cannot be reached.
    Unavailable(String),
}

/// `doorward:host/keys`.
pub trait Keys {
    /// The `kid` to sign with now, by JOSE algorithm name.
    ///
    /// # Errors
    /// [`KeyFailure`]
    fn current(&self, alg: &str) -> Result<String, KeyFailure>;
    /// A JWS signature (RFC 7518 §3), raw bytes.
    ///
    /// # Errors
    /// [`KeyFailure`]
    fn sign(&self, kid: &str, message: &[u8]) -> Result<Vec<u8>, KeyFailure>;
    /// The public JWK Set as JSON.
    ///
    /// # Errors
    /// [`KeyFailure`]
    fn jwks(&self) -> Result<String, KeyFailure>;
}

/// `doorward:host/sealing`.
pub trait Sealing {
    /// Encrypts and authenticates `plaintext`, and authenticates `associated_data`.
    ///
    /// # Errors
    /// [`KeyFailure`]
    fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, KeyFailure>;
    /// Undoes [`Sealing::seal`].
    ///
    /// # Errors
    /// [`KeyFailure::Forged`] if it is not what was sealed.
    fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, KeyFailure>;
}

/// `doorward:host/signatures`.
pub trait Signatures {
    /// Whether `signature` is right, by a public JWK (JSON).
    ///
    /// # Errors
    /// [`KeyFailure`]
    fn verify(
        &self,
        jwk: &str,
        alg: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, KeyFailure>;
}

/// `doorward:host/settings`.
pub trait Settings {
    /// A section of the configuration as JSON.
    fn section(&self, name: &str) -> Option<String>;
}

/// How loud an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Expected.
    Info,
    /// A refusal.
    Warning,
    /// The operator must see to it.
    Error,
}

/// `doorward:host/events`.
pub trait Events {
    /// Emits one event. Fields never carry a code, token, secret or password.
    fn emit(&self, level: Level, name: &str, fields: &[(&str, &str)]);
}

/// WASI's wall clock.
pub trait Clock {
    /// Now.
    fn now(&self) -> UnixTime;
}

/// WASI's secure randomness.
pub trait Random {
    /// Fills `bytes` from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}

/// Why [`Logins::handle`] gave no outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginFailure {
    /// No provider has this id.
    UnknownProvider,
    /// What the provider said.
    Failed(provider::Failure),
    /// It trapped, timed out, or answered outside the contract.
    Crashed(String),
}

/// `doorward:provider/logins`.
pub trait Logins {
    /// The configured providers in the operator's order.
    fn providers(&self) -> Vec<provider::Listing>;
    /// What one of them is; none if there is none of this id.
    fn describe(&self, provider_id: &str) -> Option<provider::Description>;
    /// Its texts in one of its languages, by id.
    fn texts(&self, provider_id: &str, language: &str) -> Vec<(String, String)>;
    /// Has one of them forget somebody.
    ///
    /// # Errors
    /// [`LoginFailure`]
    fn forget(&self, leaver: &provider::Leaver) -> Result<(), LoginFailure>;
    /// Hands one request to one provider.
    ///
    /// # Errors
    /// [`LoginFailure`]
    fn handle(
        &self,
        provider_id: &str,
        context: &provider::Context,
        request: &provider::Request,
    ) -> Result<provider::Outcome, LoginFailure>;
}

/// `doorward:policy/engine`.
pub trait PolicyEngine {
    /// Decides; an error denies.
    ///
    /// # Errors
    /// A text for the operator's log.
    fn decide(&self, input: &crate::policy::Input) -> Result<crate::policy::Decision, String>;
}

/// A request to another server.
#[derive(Debug, Clone, Copy)]
pub struct Outgoing<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// An absolute URL, `https` (`http` only where [`crate::settings::Server::resolve`] leads to this machine).
    pub url: &'a str,
    /// Names in lower case.
    pub headers: &'a [(&'a str, &'a str)],
    /// Empty for `GET`.
    pub body: &'a [u8],
    /// Longest answer that is read, bytes; a longer one fails.
    pub max_bytes: usize,
    /// Until the whole answer is there, seconds.
    pub timeout_s: u32,
}

/// What another server answered. Redirects are never followed: they are answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Fetched {
    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether it says of itself that it is JSON: `application/json`, or `application/<something>+json`.
    #[must_use]
    pub fn is_json(&self) -> bool {
        let content_type = self.header("content-type").unwrap_or_default();
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let media_type = media_type.to_ascii_lowercase();
        media_type
            .strip_prefix("application/")
            .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
    }
}

/// Why [`Fetch::fetch`] brought no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FetchFailure {
    /// The host does not let us go there: an address that is not public, a name that is not allowed.
    Refused(String),
    /// Longer than `max_bytes`.
    TooLarge,
    /// No answer, or not in time.
    Unreachable(String),
}

/// `wasi:http/outgoing-handler`: other servers, by the host's rules about which may be reached. Answers are from outside: whoever
/// calls bounds and checks them.
pub trait Fetch {
    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// [`FetchFailure`]
    fn fetch(&self, request: &Outgoing<'_>) -> Result<Fetched, FetchFailure>;
}

/// All ports together: what an endpoint is given.
pub trait Host:
    Records
    + Keys
    + Sealing
    + Signatures
    + Settings
    + Events
    + Clock
    + Random
    + Logins
    + PolicyEngine
    + Fetch
{
}
impl<
    T: Records
        + Keys
        + Sealing
        + Signatures
        + Settings
        + Events
        + Clock
        + Random
        + Logins
        + PolicyEngine
        + Fetch,
> Host for T
{
}
