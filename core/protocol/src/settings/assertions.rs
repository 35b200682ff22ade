//! Assertions: of clients about themselves (RFC 7523 §2.2), and of other issuers about people (§2.1).

use serde::{Deserialize, Serialize};

/// `client_assertions`: RFC 7523 §2.2.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientAssertions {
    /// How far away `exp` may be, seconds: 300, 30 to 3600.
    pub max_lifetime_s: u32,
    /// Clients may register `client_secret_jwt`, for which their secrets are kept readable, sealed. Default false.
    pub client_secret_jwt: bool,
}

impl Default for ClientAssertions {
    fn default() -> Self {
        Self {
            max_lifetime_s: 300,
            client_secret_jwt: false,
        }
    }
}

/// An issuer whose assertions are grants: RFC 7523 §2.1, ID-JAG.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssertionIssuer {
    /// Its `iss`.
    pub issuer: String,
    /// Its keys: the https URL of a JWK Set. Either this or `jwks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// Its keys by value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// What its assertions must be. Default `id_jag`.
    #[serde(default)]
    pub profile: AssertionProfile,
    /// The clients that may present them, by `client_id`; at least one.
    pub clients: Vec<String>,
    /// The provider whose subjects its `sub` names: a person who signed in by it before is known again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// It is believed about verified addresses at these domains, in lower case: `email` with `email_verified` names the person
    /// who has that address verified here. Default: none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub email_domains: Vec<String>,
    /// The most scope that it can give. Default: what the client may have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<crate::scope::Scope>,
    /// The only resources that it can give access to. Default: all that are known here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// How far away `exp` of an assertion may be, seconds: 300, 30 to 3600; for `id_jag` at most 300.
    #[serde(default = "default_assertion_lifetime")]
    pub max_lifetime_s: u32,
    /// Upper bound on the lifetime of access tokens, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime_s: Option<u32>,
}

const fn default_assertion_lifetime() -> u32 {
    300
}

/// What the assertions of an issuer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AssertionProfile {
    /// `draft-ietf-oauth-identity-assertion-authz-grant`: made for one confidential client.
    #[default]
    IdJag,
    /// RFC 7523 §3 and no more.
    Generic,
}
