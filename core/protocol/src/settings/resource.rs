//! The resources: RFC 8707, RFC 9728.

use crate::client::{AccessTokenTyp, SigningAlg};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Which resources exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ResourceRule {
    /// Only those in the configuration.
    #[default]
    Declared,
    /// Any absolute URI without fragment.
    Any,
}

/// Section `resource/<uri>`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resource {
    /// The resource indicator (RFC 8707 §2): absolute, no fragment.
    pub uri: String,
    /// What people see on the consent page. Default: the URI.
    #[serde(default)]
    pub name: Option<String>,
    /// Its scopes with their description.
    #[serde(default)]
    pub scopes: BTreeMap<String, String>,
    /// Clients that may introspect tokens for it (RFC 7662 §2.1): the resource server's own credentials.
    #[serde(default)]
    pub introspection_clients: Vec<String>,
    /// Upper bound on the lifetime of access tokens for it.
    #[serde(default)]
    pub access_token_lifetime_s: Option<u32>,
    /// Serve its metadata (RFC 9728) although it lives at another origin. At our own it is always served.
    #[serde(default)]
    pub metadata: bool,
    /// `jwt` (default) or `opaque`: its server must introspect, and learns of a revocation at once.
    #[serde(default)]
    pub access_token_format: AccessTokenFormat,
    /// How access tokens for it are signed. Default: what the client's record says, otherwise ES256.
    #[serde(default)]
    pub access_token_signing_alg: Option<SigningAlg>,
    /// Their `typ`. Default: what the client's record says, otherwise `at+jwt`.
    #[serde(default)]
    pub access_token_typ: Option<AccessTokenTyp>,
    /// It takes no other access tokens than those bound by `DPoP` (RFC 9449): none is issued for it without a proof. Default false.
    #[serde(default)]
    pub dpop_bound_access_tokens_required: bool,
    /// How the proofs may be signed that it takes: names of RFC 7518, 16 at most. Default: it says nothing about it.
    #[serde(default)]
    pub dpop_signing_alg_values_supported: Vec<String>,
    /// It knows access tokens that are bound to certificates (RFC 8705). Default false.
    #[serde(default)]
    pub tls_client_certificate_bound_access_tokens: bool,
}

/// What access tokens are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenFormat {
    /// RFC 9068.
    #[default]
    Jwt,
    /// A reference to a record.
    Opaque,
}
