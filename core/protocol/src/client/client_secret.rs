//! `client_secret`: RFC 6749 §2.3.1.

use super::metadata::{ClientMetadata, Unfit};
use super::{AuthMethod, Trust};
use crate::secret::SecretHash;
use crate::time::UnixTime;
use crate::token::jws;
use serde::{Deserialize, Serialize};

/// Shortest client secret that an operator may choose, bytes.
const MIN_SECRET: usize = 16;

/// A client secret, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// SHA-256 of the secret.
    pub sha256: SecretHash,
    /// When it was made.
    #[serde(default)]
    pub created_at: UnixTime,
    /// When it stops working: set when it was rotated with an overlap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixTime>,
    /// The secret itself, sealed by the host, base64url: see [`super::client_secret_jwt`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

impl ClientSecret {
    /// One that was made at `now` and lasts.
    #[must_use]
    pub fn new(secret: &str, now: UnixTime) -> Self {
        Self {
            sha256: SecretHash::of(secret),
            created_at: now,
            expires_at: None,
            sealed: None,
        }
    }
}

/// The secret of a client: the one that the operator chose, `made_up`, or none.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn choose(
    metadata: &ClientMetadata,
    method: AuthMethod,
    made_up: String,
    trust: Trust,
) -> Result<Option<String>, Unfit> {
    match (method, &metadata.client_secret) {
        (method, Some(_)) if !method.has_secret() => {
            Err(format!("client_secret must not be there when token_endpoint_auth_method is `{}`", method.name()))
        }
        (method, None) if !method.has_secret() => Ok(None),
        (AuthMethod::ClientSecretJwt, Some(secret)) if secret.len() < jws::MIN_SECRET => {
            Err(format!("client_secret must be at least {} bytes for `client_secret_jwt` (RFC 7518 §3.2)", jws::MIN_SECRET))
        }
        (_, Some(secret)) if secret.len() < MIN_SECRET || secret.len() > 1024 => {
            Err(format!("client_secret must be {MIN_SECRET} to 1024 bytes; `openssl rand -hex 32` makes a good one"))
        }
        (_, Some(secret)) => Ok(Some(secret.clone())),
        (_, None) if trust == Trust::Declared => {
            Err("client_secret is missing: give it by reference, or set token_endpoint_auth_method to `none`".to_owned())
        }
        (_, None) => Ok(Some(made_up)),
    }
}
