//! What an operator may set.

use doorward_provider::settings::Secret;
use doorward_provider::upstream::{ClientAuthMethod, Parameter};
use schemars::JsonSchema;
use serde::Deserialize;

/// The settings of this provider. `preset` answers most of them for servers that we know; what is set here goes before. Pointers
/// are JSON pointers (RFC 6901) into what `profile_endpoint` answers, e.g. `/data/id`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A server that we know.
    #[serde(default)]
    pub preset: PresetName,
    /// What people call the server, on pages.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub name: String,
    /// Where people are sent (RFC 6749 §3.1): an https URL.
    #[serde(default)]
    #[schemars(length(max = 2048))]
    pub authorization_endpoint: String,
    /// Where codes become tokens (RFC 6749 §3.2): an https URL.
    #[serde(default)]
    #[schemars(length(max = 2048))]
    pub token_endpoint: String,
    /// Where the server says who a token is about: an https URL that answers JSON to `Authorization: Bearer`.
    #[serde(default)]
    #[schemars(length(max = 2048))]
    pub profile_endpoint: String,
    /// The `iss` that it sends with its answers, if it sends any (RFC 9207).
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub issuer: String,
    /// What the server calls this service.
    #[schemars(length(min = 1, max = 1024))]
    pub client_id: String,
    /// The secret that goes with it; none with `client_auth = "none"`.
    #[serde(default)]
    pub client_secret: Secret,
    /// How this service proves who it is at the token endpoint. Default: the preset's way, otherwise `client_secret_basic`.
    #[serde(default)]
    pub client_auth: ClientAuthMethod,
    /// What to ask for. Default: the preset's, otherwise nothing.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub scopes: Vec<String>,
    /// More parameters of the authorization request.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub parameters: Vec<Parameter>,
    /// Who it is: a text or a whole number that stays, and is never given to somebody else. Default: the preset's; needed otherwise.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub subject: String,
    /// Their e-mail address.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub email: String,
    /// `true` if the server knows that they control that address. Without it no address counts as verified: accounts may be merged by
    /// it, so point at nothing that people can set themselves.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub email_verified: String,
    /// Whether to believe that address verified at all.
    #[serde(default)]
    pub trust_email: TrustEmail,
    /// What they are called.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub full_name: String,
    /// The name that they chose there.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub username: String,
    /// The URL of a picture.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub picture: String,
    /// Who may come in: for each entry, what the pointer points at must be or list one of the values.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub require: Vec<Require>,
}

/// Servers that we know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(
    missing_docs,
    reason = "they are names; `preset.rs` says what each means"
)]
pub enum PresetName {
    #[default]
    None,
    Discord,
    Facebook,
    Spotify,
    X,
}

/// Whether an address can be verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the names say it")]
pub enum TrustEmail {
    #[default]
    Default,
    Never,
}

/// A condition on what the profile says.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Require {
    /// A JSON pointer.
    #[schemars(length(min = 1, max = 200))]
    pub pointer: String,
    /// One of these is needed.
    #[schemars(length(min = 1, max = 100))]
    pub values: Vec<String>,
}
