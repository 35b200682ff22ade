//! JSON Web Signatures in compact form: RFC 7515 §3.1, §5.2. Taken apart strictly, and held against keys; what they sign is their reader's.
//!
//! In order: 1. size, three parts, base64url in its only spelling; 2. the header: one JSON object, no member twice, `alg`, no `crit`, nothing
//! that changes how the rest is read. What a header says of keys (`jku`, `jwk`, `x5u`, `x5c`) is never looked at here.

use crate::jwk::PublicJwk;
use crate::jwks::{Jwks, Missing};
use crate::ports::{KeyFailure, Signatures};
use crate::secret::from_base64url;
use crate::strict_json;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value};
use sha2::Sha256;

/// Longest one that is looked at, bytes.
pub const MAX_LENGTH: usize = 16 * 1024;
/// Longest `kid` and `typ`, bytes.
pub const MAX_ID: usize = 512;
/// Shortest secret of HS256, bytes: as long as the hash (RFC 7518 §3.2).
pub const MIN_SECRET: usize = 32;
/// How deep a header may nest.
const DEPTH: usize = 12;

/// A JWS that was taken apart. Nothing in it is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Jws<'a> {
    header: Map<String, Value>,
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    payload: Vec<u8>,
    signed: &'a str,
    signature: Vec<u8>,
}

/// Why a JWS is not by a key of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproven {
    /// No key of the set is its key.
    Missing(Missing),
    /// It is by another key, or of something else.
    Wrong,
    /// The host did not say.
    Failed(KeyFailure),
}

/// Takes a JWS apart. Whatever the text is, this ends soon and without a panic.
///
/// # Errors
/// What about it is not a JWS in compact form; says nothing of its contents.
pub fn parse(text: &str) -> Result<Jws<'_>, &'static str> {
    if text.len() > MAX_LENGTH {
        return Err("it is too long");
    }
    if text.split('.').count() == 5 {
        return Err("it is encrypted");
    }
    let (signed, signature) = text.rsplit_once('.').ok_or("it has not three parts")?;
    let (header, payload) = signed.split_once('.').ok_or("it has not three parts")?;
    if payload.contains('.') {
        return Err("it has not three parts");
    }
    let decode = |part: &str| from_base64url(part).ok_or("a part of it is not base64url");
    let header = strict_json::object(&decode(header)?, DEPTH).map_err(|_| "its header is wrong")?;
    // RFC 7515 §4.1.11: what we do not understand we must refuse, and we understand no extension. RFC 7797 has one that must
    // be in `crit`; the others are JWE's.
    if ["crit", "b64", "enc", "zip"]
        .iter()
        .any(|name| header.contains_key(*name))
    {
        return Err("its header has an extension");
    }
    let text = |name: &str| match header.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_ID => Ok(Some(text.clone())),
        Some(_) => Err("its header is wrong"),
    };
    let alg = text("alg")?.ok_or("its header has no alg")?;
    let (kid, typ) = (text("kid")?, text("typ")?);
    Ok(Jws {
        header,
        alg,
        kid,
        typ,
        payload: decode(payload)?,
        signed,
        signature: decode(signature)?,
    })
}

impl Jws<'_> {
    /// `alg`, as it says.
    #[must_use]
    pub fn alg(&self) -> &str {
        &self.alg
    }

    /// `kid`, as it says.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `typ`, as it says.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// A member of its header, as it says.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&Value> {
        self.header.get(name)
    }

    /// What it signs, as it says.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The JWS Signing Input (RFC 7515 §5.1): what the signature is of.
    #[must_use]
    pub const fn signing_input(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The signature or MAC.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Verifies it by the one key of `set` that is its own (RFC 7515 §6): by `kid`, fit for `alg`.
    ///
    /// # Errors
    /// [`Unproven`]
    pub fn verify(
        &self,
        set: &Jwks,
        signatures: &(impl Signatures + ?Sized),
    ) -> Result<(), Unproven> {
        let found = set.find(self.kid(), self.alg());
        let key = found.map_err(Unproven::Missing)?;
        match self.is_signed_by(&key, signatures) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Unproven::Wrong),
            Err(failure) => Err(Unproven::Failed(failure)),
        }
    }

    /// Whether it is signed by `key`, which verifies `alg` ([`PublicJwk::verifies`]).
    ///
    /// # Errors
    /// [`KeyFailure`]: the host takes no such key, or cannot say.
    pub fn is_signed_by(
        &self,
        key: &PublicJwk,
        signatures: &(impl Signatures + ?Sized),
    ) -> Result<bool, KeyFailure> {
        Ok(key.verifies(&self.alg)
            && signatures.verify(
                key.as_json(),
                &self.alg,
                self.signing_input(),
                &self.signature,
            )?)
    }

    /// Whether it is HS256 by one of these secrets (RFC 7518 §3.2). Tries each, in constant time; one that is too short is none.
    #[must_use]
    pub fn is_keyed_by(&self, secrets: &[Vec<u8>]) -> bool {
        let matches = |secret: &Vec<u8>| {
            secret.len() >= MIN_SECRET
                && Hmac::<Sha256>::new_from_slice(secret).is_ok_and(|mut mac| {
                    mac.update(self.signing_input());
                    mac.verify_slice(&self.signature).is_ok()
                })
        };
        self.alg == "HS256"
            && secrets
                .iter()
                .fold(false, |found, secret| matches(secret) | found)
    }
}
