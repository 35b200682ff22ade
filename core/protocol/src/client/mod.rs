//! Clients: RFC 6749 §2. A client is a record; what a profile means is written in it, and no rule asks for more.

pub mod authenticate;
pub mod basic;
pub mod metadata;

use crate::ports::Host;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::SecretHash;
use crate::store;
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// `client_id` (RFC 6749 §2.2): 1 to 128 characters of `A-Z a-z 0-9 . _ ~ -`.
    pub client_id: String,
    /// What people are told that it is called. Untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// See [`crate::redirect_uri`].
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where to go after sign-out (OpenID Connect RP-Initiated Logout §2.1).
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// What it may use the token endpoint for.
    pub grant_types: Vec<GrantType>,
    /// How it proves who it is.
    pub token_endpoint_auth_method: AuthMethod,
    /// The scopes that it may have at all, and gets when it asks for none.
    pub scope: Scope,
    /// How its ID tokens are signed (OpenID Connect Registration §2): `RS256` unless it says otherwise.
    pub id_token_signed_response_alg: SigningAlg,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Whether a code must be asked for with PKCE. Always true for public clients; `false` only for confidential ones
    /// that cannot (OAuth 2.1 §7.5.1.1).
    #[serde(default = "yes")]
    pub require_pkce: bool,
    /// Whether people are asked.
    #[serde(default)]
    pub consent: ConsentRule,
    /// How long after its rotation a refresh token still answers with the same successor, seconds: 30 unless set here or
    /// for the server; 0 is strict; at most 3600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_reuse_window_s: Option<u32>,
    /// Lifetime of its access tokens, seconds, if not the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime_s: Option<u32>,
    /// Lifetime of its refresh tokens since their last rotation, seconds, if not the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime_s: Option<u32>,
    /// A registered loopback redirect URI stands for every path on that host. For `doorward dev` only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub loopback_any_path: bool,
    /// Its secrets, hashed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<ClientSecret>,
    /// Who vouches for it.
    pub trust: Trust,
    /// When it was registered.
    #[serde(default)]
    pub client_id_issued_at: UnixTime,
}

const fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

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
}

/// Grant types (RFC 7591 §2 `grant_types`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// OAuth 2.1 §4.1
    AuthorizationCode,
    /// OAuth 2.1 §4.3
    RefreshToken,
    /// OAuth 2.1 §4.2
    ClientCredentials,
}

impl GrantType {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 3] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
    ];

    /// The value of `grant_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
        }
    }
}

/// Client authentication at the token endpoint (RFC 7591 §2 `token_endpoint_auth_method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client.
    None,
    /// RFC 6749 §2.3.1, in the `Authorization` header.
    ClientSecretBasic,
    /// RFC 6749 §2.3.1, in the body.
    ClientSecretPost,
}

impl AuthMethod {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 3] = [Self::ClientSecretBasic, Self::ClientSecretPost, Self::None];

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
        }
    }
}

/// JOSE algorithms that we sign with (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SigningAlg {
    /// ECDSA P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl SigningAlg {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 2] = [Self::Rs256, Self::Es256];

    /// The JOSE name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
        }
    }
}

/// Whether people are asked before a client gets anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ConsentRule {
    /// They are.
    #[default]
    Explicit,
    /// The operator answers for them: the client is the operator's own.
    Implicit,
}

/// Who vouches for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// It stands in the configuration.
    Declared,
    /// The operator registered it by command.
    Registered,
    /// It registered itself (RFC 7591).
    Dynamic,
}

impl Trust {
    /// As policies see it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Registered => "registered",
            Self::Dynamic => "dynamic",
        }
    }
}

impl Client {
    /// Whether it can keep a secret (RFC 6749 §2.1).
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.token_endpoint_auth_method != AuthMethod::None
    }

    /// Whether it registered for a grant type.
    #[must_use]
    pub fn may(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// As policies see it.
    #[must_use]
    pub fn facts(&self) -> crate::policy::ClientFacts {
        crate::policy::ClientFacts {
            id: self.client_id.clone(),
            kind: if self.is_confidential() {
                "confidential"
            } else {
                "public"
            }
            .to_owned(),
            trust: self.trust.name().to_owned(),
            name: self.client_name.clone(),
            scopes: self.scope.tokens().to_vec(),
            redirect_uris: self.redirect_uris.clone(),
        }
    }
}

/// Whether a text can be a `client_id` here: it becomes part of a key.
#[must_use]
pub fn is_client_id(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(legal)
}

/// The key of a registered client's record.
#[must_use]
pub fn key(client_id: &str) -> String {
    format!("client/{client_id}")
}

/// Finds a client: those declared in the configuration first, then those registered.
///
/// # Errors
/// [`Refusal::UnknownClient`], or a store failure.
pub fn find(client_id: &str, host: &dyn Host) -> Result<Client, Refusal> {
    if !is_client_id(client_id) {
        return Err(Refusal::UnknownClient);
    }
    if let Some(json) = host.section(&key(client_id)) {
        return serde_json::from_str(&json)
            .map_err(|error| Refusal::Misconfigured(format!("client {client_id}: {error}")));
    }
    store::get::<Client>(host, &key(client_id))?
        .map(|stored| stored.value)
        .ok_or(Refusal::UnknownClient)
}
