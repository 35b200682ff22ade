//! Clients that arrive by themselves: RFC 7591, Client ID Metadata Documents.

use crate::client::GrantType;
use crate::client::profile::Profile;
use crate::secret::SecretHash;
use serde::{Deserialize, Serialize};

/// `registration`: RFC 7591.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Registration {
    /// Default `off`.
    pub mode: RegistrationMode,
    /// What clients that register themselves may have. Default: every scope there is but `preregistered_scopes`.
    pub scopes: Option<Vec<String>>,
    /// What they may use the token endpoint for; others that they name are left out. Default: `authorization_code` and
    /// `refresh_token`.
    pub grant_types: Vec<GrantType>,
    /// What they are where they do not say otherwise: `strict`, `mcp`. Default `strict`.
    pub profile: Option<Profile>,
    /// Registrations from one network (an IPv4 address, an IPv6 /64) in an hour, where no initial access token comes with
    /// them: 100.
    pub per_network_per_hour: u32,
    /// Clients that registered themselves without an initial access token and were not used since: 10000.
    pub max_unused: u32,
    /// Days after which a client that registered itself is forgotten, since it was registered or last used: 30.
    pub unused_days: u32,
    /// Days until the secret of such a client expires; 0: with the client only. Default 0.
    pub client_secret_days: u32,
    /// Initial access tokens (RFC 7591 §3) beside those that are made by command: 64 at most.
    pub initial_access_tokens: Vec<InitialAccessToken>,
    /// Whose software statements are believed: 32 at most. Default: nobody's.
    pub software_statement_issuers: Vec<StatementIssuer>,
    /// Nobody registers without such a statement. Default false.
    pub software_statement_required: bool,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            mode: RegistrationMode::Off,
            scopes: None,
            grant_types: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            profile: None,
            per_network_per_hour: 100,
            max_unused: 10_000,
            unused_days: 30,
            client_secret_days: 0,
            initial_access_tokens: Vec::new(),
            software_statement_issuers: Vec::new(),
            software_statement_required: false,
        }
    }
}

/// Who may register clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    /// Nobody: there is no such endpoint.
    #[default]
    Off,
    /// Who has an initial access token (RFC 7591 §3).
    Token,
    /// Anyone.
    Open,
}

/// An initial access token that stands in the configuration: good for any number of clients.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InitialAccessToken {
    /// For the log: whom it was given to.
    pub name: String,
    /// Its SHA-256. `server.check` makes it of the member `token`, which is not kept.
    pub sha256: SecretHash,
}

/// Whose software statements are believed: RFC 7591 §2.3.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatementIssuer {
    /// Its `iss`.
    pub issuer: String,
    /// Its keys: the https URL of a JWK Set. Either this or `jwks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Its keys by value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// How its statements are signed; one at least. Default: all of [`crate::token::foreign::ALGORITHMS`].
    #[serde(default = "all_algorithms")]
    pub algorithms: Vec<String>,
}

fn all_algorithms() -> Vec<String> {
    crate::token::foreign::ALGORITHMS.map(str::to_owned).into()
}

/// `client_id_metadata`: Client ID Metadata Documents.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct ClientIdMetadata {
    /// Default false. It makes this server fetch URLs that strangers name: whatever it runs on must keep it from reaching
    /// addresses that are not public.
    pub enabled: bool,
    /// Hosts that documents are taken from, with the port if it is not 443. Default, an empty list: all.
    pub allowed_hosts: Vec<String>,
    /// URLs of documents that the operator vouches for: without the mark "unverified". Whole URLs, because one host can
    /// have clients of many kinds.
    pub trusted: Vec<String>,
    /// As in [`Registration::scopes`].
    pub scopes: Option<Vec<String>>,
    /// Documents by value, for when they cannot be fetched; each goes before one of ours for the same URL.
    pub pinned: Vec<serde_json::Map<String, serde_json::Value>>,
}
