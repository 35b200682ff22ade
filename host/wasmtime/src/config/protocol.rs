//! What the core reads: lifetimes and resources, passed on as they stand. The core knows defaults and bounds.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `[lifetimes]`, in seconds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_field_names,
    reason = "the unit stands in every name of the file"
)]
pub(crate) struct Lifetimes {
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_code_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grant_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_idle_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    login_s: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    consent_s: Option<u32>,
}

/// `resources`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResourceRule {
    /// Only those in the configuration.
    Declared,
    /// Any absolute URI without fragment.
    Any,
}

/// `[[resource]]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Resource {
    /// The resource indicator (RFC 8707 §2).
    pub(crate) uri: String,
    /// What people see on the consent page.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Its scopes with their description.
    #[serde(default)]
    scopes: BTreeMap<String, String>,
    /// Clients that may introspect tokens for it.
    #[serde(default)]
    introspection_clients: Vec<String>,
    /// Upper bound on the lifetime of access tokens for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_lifetime_s: Option<u32>,
    /// Serve its metadata (RFC 9728) although it lives at another origin.
    #[serde(default)]
    metadata: bool,
    /// `jwt` or `opaque`.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_format: Option<String>,
    /// How access tokens for it are signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_signing_alg: Option<String>,
    /// Their `typ`.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token_typ: Option<String>,
    /// It takes no other access tokens than those bound by `DPoP`.
    #[serde(default)]
    dpop_bound_access_tokens_required: bool,
    /// How the proofs may be signed that it takes.
    #[serde(default)]
    dpop_signing_alg_values_supported: Vec<String>,
    /// It knows access tokens that are bound to certificates.
    #[serde(default)]
    tls_client_certificate_bound_access_tokens: bool,
}
