//! What an operator may set.

use serde::Deserialize;

/// The settings.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether whoever has no account may make one by a passkey alone: false. Such an account has no address: who loses the
    /// passkey loses the account.
    pub allow_sign_up: bool,
}

/// Their JSON Schema.
pub(crate) const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"properties":{"allow_sign_up":{"type":"boolean","default":false,"description":"Whoever has no account may make one by a passkey alone. It has no address: who loses the passkey loses the account."}}}"#;
