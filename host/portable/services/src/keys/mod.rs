//! Signing keys and encryption in software: what `doorward:host/keys` and `doorward:host/sealing` are where the host has none of its own.
//!
//! Private keys are made here and leave the component sealed only, in one record, under the operator's sealing key. A key is
//! published before it signs, and stays published until nothing that it signed can be valid any more. The rules are those of the
//! native server.

mod failure;
mod kept;
// The native server's own: when a key signs is decided in one place.
#[path = "../../../../wasmtime/src/keys/schedule.rs"]
mod schedule;
mod sealing;
mod set;
mod signing;
mod upkeep;

#[cfg(test)]
mod tests;

use crate::host::{Host, how_to_set};
use doorward_public_keys::{PublicKey, Unsupported};
use doorward_verification_portable::Verifier;
pub(crate) use failure::Failure;
use kept::Known;
use sealing::{Envelope, SealingKey};
pub(crate) use signing::Algorithm;
use std::cell::{OnceCell, RefCell};
use upkeep::Wanted;
use zeroize::Zeroizing;

/// Most bytes that [`Keyring::seal`] takes.
const MAX_PLAINTEXT_BYTES: usize = 64 * 1024;
/// How long an instance believes the keys that it read, in seconds; far less than a replaced key may go on signing.
const BELIEVED_S: u64 = 3;
const DAY_S: u64 = 86_400;

/// How keys are rotated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Options {
    /// What it signs by. Default: ES256 and RS256. Keys of others, made when they were configured, stay published until what they signed has
    /// expired.
    pub(crate) algorithms: Vec<Algorithm>,
    /// Age in days at which a key gets a successor; 0: never. Default: 90.
    pub(crate) rotation_days: u32,
    /// How long a successor is published before it signs, in seconds, at most 90 days. Default: one day.
    pub(crate) publish_lead_s: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            algorithms: Algorithm::DEFAULT.to_vec(),
            rotation_days: 90,
            publish_lead_s: DAY_S,
        }
    }
}

/// The keys as one instance knows them. Nothing is read before it is needed.
#[derive(Default)]
pub(crate) struct Keyring {
    envelopes: OnceCell<Envelopes>,
    known: RefCell<Option<Known>>,
}

struct Envelopes {
    /// Seals private keys.
    at_rest: Envelope,
    /// Seals what the core asks to be sealed.
    values: Envelope,
}

/// Whether `signature` is one of `message` by the public key `jwk`. `alg`: `ES256`, `ES384`, `RS256` or `PS256` (2048 to
/// 8192 bits), or `EdDSA` (Ed25519).
///
/// # Errors
/// [`Failure::Unsupported`]: another algorithm, or a key that is malformed, weak, private or for something else.
pub(crate) fn verify(
    jwk: &str,
    alg: &str,
    message: &[u8],
    signature: &[u8],
) -> Result<bool, Failure> {
    let key = PublicKey::read(jwk, alg)?;
    Ok(Verifier::new(&key, alg)?.verifies(message, signature))
}

impl From<Unsupported> for Failure {
    fn from(Unsupported(why): Unsupported) -> Self {
        Self::Unsupported(why.to_owned())
    }
}

impl Keyring {
    /// The `kid` that new signatures by `alg` must use. Makes the key if there is none yet.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: an algorithm that is not configured. [`Failure::Unavailable`].
    pub(crate) fn current(
        &self,
        alg: &str,
        options: &Options,
        host: &impl Host,
    ) -> Result<String, Failure> {
        let alg = Algorithm::named(alg, &options.algorithms)?;
        let known = self.kept(Wanted::One(alg), BELIEVED_S, options, host)?;
        known
            .set
            .current(alg, host.now().as_secs())
            .ok_or(Failure::UnknownKey)
    }

    /// The JWS signature of `message` by the key `kid`: for ES256 R ‖ S, 64 bytes, for ES384 96; for RS256 256 bytes.
    ///
    /// # Errors
    /// [`Failure::UnknownKey`]: there is no such key, or it does not sign yet or any more. [`Failure::Unavailable`].
    pub(crate) fn sign(
        &self,
        kid: &str,
        message: &[u8],
        host: &impl Host,
    ) -> Result<Vec<u8>, Failure> {
        let now = host.now().as_secs();
        let known = self.read(BELIEVED_S, host)?;
        if let Some(pair) = known.set.signer(kid, now) {
            return pair.sign(message);
        }
        // Another instance may just have made it.
        let known = self.read(0, host)?;
        let pair = known.set.signer(kid, now).ok_or(Failure::UnknownKey)?;
        pair.sign(message)
    }

    /// The public keys as a JWK Set. Always read anew, and complete: whoever keeps the answer for minutes must find in it every
    /// key that may sign in them, so that a key for each algorithm is made if there is none yet.
    ///
    /// # Errors
    /// [`Failure::Unavailable`].
    pub(crate) fn jwks(&self, options: &Options, host: &impl Host) -> Result<String, Failure> {
        let known = self.kept(Wanted::All, 0, options, host)?;
        Ok(known.set.jwks())
    }

    /// Encrypts and authenticates `plaintext`, and authenticates `associated_data`, each at most 64 KiB. The answer is 41
    /// bytes longer than the plaintext.
    ///
    /// # Errors
    /// [`Failure::Unsupported`]: too large. [`Failure::Unavailable`]: no sealing key.
    pub(crate) fn seal(
        &self,
        plaintext: &[u8],
        associated_data: &[u8],
        host: &impl Host,
    ) -> Result<Vec<u8>, Failure> {
        if plaintext.len().max(associated_data.len()) > MAX_PLAINTEXT_BYTES {
            return Err(Failure::Unsupported(format!(
                "more than {MAX_PLAINTEXT_BYTES} bytes cannot be sealed"
            )));
        }
        let envelopes = self.envelopes(host)?;
        envelopes.values.seal(plaintext, associated_data)
    }

    /// Undoes [`Keyring::seal`], for as long as the sealing key is the same.
    ///
    /// # Errors
    /// [`Failure::Forged`]. [`Failure::Unavailable`]: no sealing key.
    pub(crate) fn open(
        &self,
        sealed: &[u8],
        associated_data: &[u8],
        host: &impl Host,
    ) -> Result<Vec<u8>, Failure> {
        if sealed.len() > MAX_PLAINTEXT_BYTES + 64 {
            return Err(Failure::Forged);
        }
        self.envelopes(host)?
            .values
            .open(sealed, associated_data)
            .map(|mut plaintext| std::mem::take(&mut *plaintext))
    }

    fn envelopes(&self, host: &impl Host) -> Result<&Envelopes, Failure> {
        if let Some(envelopes) = self.envelopes.get() {
            return Ok(envelopes);
        }
        let unavailable = |why: &str| {
            Failure::Unavailable(format!(
                "the variable `sealing_key` {why}: {}, to 32 random bytes as 64 hexadecimal digits or as base64; `openssl rand \
                 -base64 32` makes them",
                how_to_set("sealing_key")
            ))
        };
        let text = host
            .variable("sealing_key")
            .map_err(|why| {
                Failure::Unavailable(format!("the variable `sealing_key` cannot be read: {why}"))
            })?
            .map(Zeroizing::new)
            .ok_or_else(|| unavailable("is not set"))?;
        let key = SealingKey::from_text(&text).ok_or_else(|| unavailable("is not 32 bytes"))?;
        Ok(self.envelopes.get_or_init(|| Envelopes {
            at_rest: Envelope::new(&key, "doorward signing keys at rest"),
            values: Envelope::new(&key, "doorward sealed values"),
        }))
    }
}
