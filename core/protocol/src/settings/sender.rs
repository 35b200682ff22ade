//! What tokens are bound to: RFC 9449, RFC 8705.

use serde::{Deserialize, Serialize};

/// `dpop`: RFC 9449.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dpop {
    /// Default true.
    pub enabled: bool,
    /// Default `off`: proofs are dated by their `iat`.
    pub nonce: NonceRule,
}

impl Default for Dpop {
    fn default() -> Self {
        Self {
            enabled: true,
            nonce: NonceRule::Off,
        }
    }
}

/// Whether proofs carry a nonce of ours (RFC 9449 §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum NonceRule {
    /// None is given out. One that comes all the same is checked.
    #[default]
    Off,
    /// Answers carry one; a proof may go without.
    Offered,
    /// No proof without.
    Required,
}

/// `mutual_tls`: RFC 8705.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct MutualTls {
    /// The host sees client certificates: it ends TLS, or trusts a proxy that tells them. Default false.
    pub enabled: bool,
    /// An origin at which certificates are asked for, if not at the issuer's (§5): `https://mtls.id.example`. Browsers that hold
    /// certificates then never ask people which one to show.
    pub alias_origin: Option<String>,
}
