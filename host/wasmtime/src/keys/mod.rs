//! Signing keys and encryption: what `doorward:host/keys` asks of this host.
//!
//! Private keys are made here, lie in the database sealed under the operator's [`SealingKey`], and leave the process
//! never. A key is published before it signs, and stays published until nothing that it signed can be valid any more.

mod rotation;
mod schedule;
mod sealing;
mod signing;
mod snapshot;
mod table;

#[cfg(test)]
mod tests;

use crate::records::Clock;
use anyhow::Context as _;
use doorward_public_keys::{PublicKey, Unsupported};
use doorward_verification_native::Verifier;
pub(crate) use rotation::LEAST_LEAD_S;
pub(crate) use schedule::State;
use sealing::Envelope;
pub(crate) use sealing::SealingKey;
use snapshot::Snapshot;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use table::Table;

/// Most bytes that [`Keyring::seal`] takes.
pub(crate) const MAX_PLAINTEXT_BYTES: usize = 64 * 1024;
const DAY_S: u64 = 86_400;

/// Why a call was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No key of that `kid` that may sign now, or no current key for that algorithm.
    UnknownKey,
    /// The algorithm is not offered, or does not fit the key, or the key is malformed or weak, or the plaintext is too large.
    Unsupported(String),
    /// The ciphertext, its associated data or its key is not the one sealed.
    Forged,
    /// The keys cannot be reached. The text is for the log only, and holds no secret.
    Unavailable(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::UnknownKey => f.write_str("there is no such signing key"),
            Self::Unsupported(why) => write!(f, "unsupported: {why}"),
            Self::Forged => f.write_str("the ciphertext is not one that was sealed here"),
            Self::Unavailable(why) => write!(f, "the keys are unavailable: {why}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Unsupported> for Failure {
    fn from(Unsupported(why): Unsupported) -> Self {
        Self::Unsupported(why.to_owned())
    }
}

/// Whether `signature` is one of `message` by the public key `jwk`, which is nobody's that this host knows: see
/// [`Keyring::verify`].
///
/// # Errors
/// As there.
pub(crate) fn verify(
    jwk: &str,
    alg: &str,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, Failure> {
    let key = PublicKey::read(jwk, alg)?;
    Ok(Verifier::new(&key, alg)?.verifies(message, signature))
}

/// How keys are rotated. Every field has a default.
#[derive(Debug, Clone)]
pub(crate) struct KeyOptions {
    /// What it signs by, JOSE names. Default: `ES256` and `RS256`. Keys of others, made when they were configured, sign no more and stay
    /// published for the retention.
    pub(crate) algorithms: Vec<String>,
    /// Age in days at which [`Keyring::maintain`] makes a successor; 0: never. Default: 90.
    pub(crate) rotation_days: u32,
    /// How long such a successor is published before it signs, in seconds. Default: one day.
    pub(crate) publish_lead_s: u64,
    /// How long a key stays published after it stopped signing, in seconds. Default: one day.
    pub(crate) retention_s: u64,
    /// The longest life of anything signed, in seconds; `retention_s` never counts for less. Default: one day.
    pub(crate) max_token_life_s: u64,
    /// How long to wait for another process that holds the database. Default: 5 s.
    pub(crate) busy_timeout: Duration,
    /// The time that rotation goes by. Default: the machine's.
    pub(crate) clock: Clock,
}

impl Default for KeyOptions {
    fn default() -> Self {
        Self {
            algorithms: ["ES256", "RS256"].map(String::from).to_vec(),
            rotation_days: 90,
            publish_lead_s: DAY_S,
            retention_s: DAY_S,
            max_token_life_s: DAY_S,
            busy_timeout: Duration::from_secs(5),
            clock: Clock::system(),
        }
    }
}

impl KeyOptions {
    fn signs_by(&self, alg: &str) -> bool {
        self.algorithms.iter().any(|own| own == alg)
    }

    fn retention(&self) -> u64 {
        self.retention_s.max(self.max_token_life_s)
    }
}

/// A signing key as an operator sees it. Times are seconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct KeyInfo {
    /// RFC 7638 thumbprint.
    pub(crate) kid: String,
    /// JOSE name.
    pub(crate) alg: String,
    pub(crate) state: State,
    pub(crate) created_at: u64,
    /// From when on it signs.
    pub(crate) activates_at: u64,
    /// When it is deleted; `None` while it signs or will, and no other key is there to follow it.
    pub(crate) retires_at: Option<u64>,
}

/// The signing keys of one database. Everything but [`Keyring::open`], [`Keyring::rotate`] and [`Keyring::maintain`]
/// (which write, and may generate an RSA key) takes microseconds and may be called on any thread.
pub(crate) struct Keyring {
    table: Mutex<Table>,
    snapshot: RwLock<Arc<Snapshot>>,
    /// Seals private keys.
    at_rest: Envelope,
    /// Seals what the core asks to be sealed.
    values: Envelope,
    options: KeyOptions,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring")
            .field("generation", &self.snapshot().generation)
            .finish_non_exhaustive()
    }
}

impl Keyring {
    /// Opens the keys in the database at `path`; makes the database and the first keys if they are not there. Processes
    /// that do so at once end up with the same keys.
    ///
    /// # Errors
    /// The database cannot be used, or its keys were sealed under another sealing key; nothing is overwritten then.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the caller has no business keeping the sealing key; it is wiped on return"
    )]
    pub(crate) fn open(
        path: &Path,
        sealing_key: SealingKey,
        options: KeyOptions,
    ) -> anyhow::Result<Arc<Self>> {
        let at_rest = Envelope::new(&sealing_key, "doorward signing keys at rest");
        let values = Envelope::new(&sealing_key, "doorward sealed values");
        let mut table = Table::open(path, options.busy_timeout)?;
        let wrong = || format!("cannot use the signing keys in {}", path.display());
        let mut snapshot = Snapshot::load(&mut table, &at_rest, None).with_context(wrong)?;
        if let Some(first) = rotation::first_keys(
            &options.algorithms,
            &snapshot,
            &at_rest,
            options.clock.now(),
        )? {
            table
                .change(|there| rotation::first_change(there, first, &options.algorithms))
                .context("cannot store the first signing keys")?;
            snapshot = Snapshot::load(&mut table, &at_rest, None).with_context(wrong)?;
        }
        Ok(Arc::new(Self {
            table: Mutex::new(table),
            snapshot: RwLock::new(Arc::new(snapshot)),
            at_rest,
            values,
            options,
        }))
    }

    /// The `kid` that new signatures by `alg` must use.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: an algorithm that is not configured.
    pub(crate) fn current(&self, alg: &str) -> Result<String, Failure> {
        if !self.options.signs_by(alg) {
            return Err(signing::not_offered(alg));
        }
        self.snapshot()
            .current(alg, self.options.clock.now())
            .map(|key| key.term.kid.clone())
            .ok_or(Failure::UnknownKey)
    }

    /// The JWS signature of `message` by the key `kid`: for ES256 R ‖ S, 64 bytes, for ES384 96; for RS256 256 bytes.
    ///
    /// # Errors
    /// [`Failure::UnknownKey`]: there is no such key, or it does not sign yet or any more.
    pub(crate) fn sign(&self, kid: &str, message: &[u8]) -> Result<Vec<u8>, Failure> {
        self.snapshot()
            .signer(kid, self.options.clock.now())
            .ok_or(Failure::UnknownKey)?
            .sign(message)
    }

    /// The public keys as a JWK Set (RFC 7517 §5).
    ///
    /// # Errors
    /// None today.
    #[expect(
        clippy::unnecessary_wraps,
        reason = "the contract lets keys be unreachable, and a host that asks for them elsewhere will be"
    )]
    pub(crate) fn jwks(&self) -> Result<Arc<str>, Failure> {
        Ok(Arc::clone(&self.snapshot().jwks))
    }

    /// Whether `signature` is one of `message` by the public key `jwk`. `alg`: `ES256`, `ES384`, `RS256` or `PS256`
    /// (2048 to 8192 bits), or `EdDSA` (Ed25519).
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: another algorithm, or a key that is malformed, weak, private or for something else.
    pub(crate) fn verify(
        &self,
        jwk: &str,
        alg: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, Failure> {
        let key = PublicKey::read(jwk, alg)?;
        let snapshot = self.snapshot();
        Ok(match snapshot.verifier(&key, alg) {
            Some(own) => own.verifies(message, signature),
            None => Verifier::new(&key, alg)?.verifies(message, signature),
        })
    }

    /// Encrypts and authenticates `plaintext`, and authenticates `associated_data`, each at most [`MAX_PLAINTEXT_BYTES`].
    /// The answer is 41 bytes longer than the plaintext.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: too large.
    pub(crate) fn seal(
        &self,
        plaintext: &[u8],
        associated_data: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        if plaintext.len().max(associated_data.len()) > MAX_PLAINTEXT_BYTES {
            return Err(Failure::Unsupported(format!(
                "more than {MAX_PLAINTEXT_BYTES} bytes cannot be sealed"
            )));
        }
        self.values.seal(plaintext, associated_data)
    }

    /// Undoes [`Keyring::seal`], for as long as the sealing key is the same.
    ///
    /// # Errors
    /// [`Failure::Forged`].
    pub(crate) fn open_sealed(
        &self,
        sealed: &[u8],
        associated_data: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        if sealed.len() > MAX_PLAINTEXT_BYTES + 64 {
            return Err(Failure::Forged);
        }
        self.values
            .open(sealed, associated_data)
            .map(|mut plaintext| std::mem::take(&mut *plaintext))
    }

    /// Every key, by algorithm and then in the order in which they sign.
    pub(crate) fn list(&self) -> Vec<KeyInfo> {
        self.snapshot()
            .list(self.options.clock.now(), self.options.retention())
    }

    /// Notices what another process changed (`doorward keys rotate`); whether it did. Cheap; to be called at least every
    /// minute.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: the database, or a key in it that this sealing key does not open. The keys known before
    /// stay in use.
    pub(crate) fn reload_if_changed(&self) -> Result<bool, Failure> {
        let mut table = self.table();
        let known = self.snapshot();
        if table.generation().map_err(|error| outage(&error))? == known.generation {
            return Ok(false);
        }
        let loaded = Snapshot::load(&mut table, &self.at_rest, Some(&known))
            .map_err(|error| Failure::Unavailable(format!("{error:#}")))?;
        *self
            .snapshot
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        Ok(true)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn outage(error: &rusqlite::Error) -> Failure {
    Failure::Unavailable(error.to_string())
}
