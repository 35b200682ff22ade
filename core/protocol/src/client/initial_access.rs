//! Initial access tokens: who may register clients where not everyone may (RFC 7591 §3). Made by command and counted, or declared in the
//! configuration; kept hashed.

use crate::ports::{Host, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{SecretHash, is_base64url, random_id, random_secret};
use crate::settings::Server;
use crate::store::{self, MAX_TRIES, Stored};
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// Starts every initial access token: `dwi_<id>.<secret>`.
const PREFIX: &str = "dwi_";
/// Shortest and longest token that an operator may choose, bytes.
const MIN_LENGTH: usize = 32;
const MAX_LENGTH: usize = 1024;
/// Prefix of their keys.
pub const KEYS: &str = "initial/";

/// An initial access token, as it is kept under `initial/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InitialAccessToken {
    /// SHA-256 of its secret part.
    pub sha256: SecretHash,
    /// For the operator: whom it was given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Registrations left; `None`: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses_left: Option<u32>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixTime>,
    /// When it was made.
    pub created_at: UnixTime,
}

/// The right to register one client. Only [`find`] builds one; [`Admission::take`] uses it up.
#[derive(Debug)]
pub struct Admission(Token);

/// What gives the right.
#[derive(Debug)]
enum Token {
    /// One of the configuration, of this name.
    Declared(String),
    /// One that was made by command.
    Made {
        id: String,
        stored: Stored<InitialAccessToken>,
    },
}

/// The key of a token's record.
#[must_use]
pub fn key(id: &str) -> String {
    format!("{KEYS}{id}")
}

/// Makes one; returns its id and the token, which is shown this once.
///
/// # Errors
/// Store failures.
pub fn make(
    name: Option<String>,
    uses: Option<u32>,
    lifetime_s: Option<u64>,
    host: &dyn Host,
) -> Result<(String, String, InitialAccessToken), StoreFailure> {
    let (id, secret, now) = (random_id(host), random_secret(host), host.now());
    let token = InitialAccessToken {
        sha256: SecretHash::of(&secret),
        name,
        uses_left: uses,
        expires_at: lifetime_s.map(|seconds| now.plus(seconds)),
        created_at: now,
    };
    store::insert(host, &key(&id), &token, token.expires_at)?;
    let shown = format!("{PREFIX}{id}.{secret}");
    Ok((id, shown, token))
}

/// Looks at a token that came with a request. Changes nothing.
///
/// # Errors
/// [`Refusal::TokenInvalid`] for one that is unknown, wrong, used up or expired; store failures.
pub fn find(token: &str, server: &Server, host: &dyn Host) -> Result<Admission, Refusal> {
    if token.len() > MAX_LENGTH {
        return Err(Refusal::TokenInvalid);
    }
    if let Some(name) = declared(token, server) {
        return Ok(Admission(Token::Declared(name)));
    }
    let (id, secret) = token
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('.'))
        .filter(|(id, secret)| is_base64url(id, 22) && is_base64url(secret, 43))
        .ok_or(Refusal::TokenInvalid)?;
    let stored = store::get::<InitialAccessToken>(host, &key(id))?.ok_or(Refusal::TokenInvalid)?;
    if !stored.value.sha256.matches(secret) || stored.value.uses_left == Some(0) {
        return Err(Refusal::TokenInvalid);
    }
    Ok(Admission(Token::Made {
        id: id.to_owned(),
        stored,
    }))
}

/// The name of the declared token that this is. Looks at every one, so that the time says nothing about which.
fn declared(token: &str, server: &Server) -> Option<String> {
    let all = server.registration.initial_access_tokens.iter();
    all.fold(None, |found, declared| {
        let it = declared.sha256.matches(token);
        found.or_else(|| it.then(|| declared.name.clone()))
    })
}

/// Whether an operator may declare this token: 32 to 1024 characters that fit into a header (RFC 6750 §2.1).
#[must_use]
pub fn can_be_declared(token: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    (MIN_LENGTH..=MAX_LENGTH).contains(&token.len()) && token.bytes().all(legal)
}

impl Admission {
    /// For the log: the name of a declared token, the id of another.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.0 {
            Token::Declared(name) => name,
            Token::Made { id, .. } => id,
        }
    }

    /// Uses it up, once: of two requests with a token for one registration, one gets it.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`] if nothing is left of it; store failures.
    pub fn take(self, host: &dyn Host) -> Result<(), Refusal> {
        let Token::Made { id, mut stored } = self.0 else {
            return Ok(());
        };
        let key = key(&id);
        for _ in 0..MAX_TRIES {
            let written = match stored.value.uses_left {
                None => return Ok(()),
                Some(0) => return Err(Refusal::TokenInvalid),
                Some(1) => host.remove(&key, Some(stored.version)),
                Some(left) => {
                    stored.value.uses_left = Some(left.saturating_sub(1));
                    let token = &stored.value;
                    store::replace(host, &key, stored.version, token, token.expires_at).map(drop)
                }
            };
            match written {
                Ok(()) => return Ok(()),
                Err(StoreFailure::Conflict) => {
                    stored = store::get(host, &key)?.ok_or(Refusal::TokenInvalid)?;
                }
                Err(failure) => return Err(failure.into()),
            }
        }
        Err(Refusal::Contention)
    }
}
