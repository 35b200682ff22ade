//! What an operator may set.

use doorward_provider::settings::Secret;
use doorward_provider::upstream::{Algorithm, ClientAuthMethod, Parameter};
use schemars::JsonSchema;
use serde::Deserialize;

/// The settings of this provider. `preset` answers most of them for servers that we know; what is set here goes before.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// A server that we know the peculiarities of.
    #[serde(default)]
    pub preset: PresetName,
    /// What people call the server, on pages. Default: the preset's name, or the issuer's host.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub name: String,
    /// The issuer, exactly as its discovery document says it: an https URL. Needed without a preset, and with `cognito` and `keycloak`.
    #[serde(default)]
    #[schemars(length(max = 1024))]
    pub issuer: String,
    /// What the server calls this service.
    #[schemars(length(min = 1, max = 1024))]
    pub client_id: String,
    /// The secret that goes with it; none with `client_auth = "none"` and with Apple.
    #[serde(default)]
    pub client_secret: Secret,
    /// How this service proves who it is at the token endpoint. Default: the preset's way, otherwise `client_secret_basic`.
    #[serde(default)]
    pub client_auth: ClientAuthMethod,
    /// What to ask for; `openid` is added. Default: the preset's, otherwise `openid email profile`.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub scopes: Vec<String>,
    /// How the answer comes back. Default: the preset's way, otherwise in the query.
    #[serde(default)]
    pub response_mode: ResponseMode,
    /// More parameters of the authorization request.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub parameters: Vec<Parameter>,
    /// The algorithms of ID tokens to take, of those that the issuer names. Default: all four.
    #[serde(default)]
    #[schemars(length(max = 4))]
    pub algorithms: Vec<AlgorithmName>,
    /// Whether to ask the `UserInfo` endpoint too. Default: the preset's way, otherwise never.
    #[serde(default)]
    pub userinfo: AskUserInfo,
    /// Whether to believe the server that people control their addresses (`email_verified`). Accounts may be merged by them: say `never` of
    /// a server that lets people type in what they like.
    #[serde(default)]
    pub email_verified: EmailVerified,
    /// Claims to pass on. Default: those of OpenID Connect Core §5.1.
    #[serde(default)]
    #[schemars(length(max = 50))]
    pub claims: Vec<String>,
    /// Who may come in: for each entry, the claim must be or list one of the values.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub require: Vec<Require>,
    /// Values of the claim `amr` to believe and pass on. Default: none.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub amr: Vec<String>,
    /// What values of the claim `acr` mean as `amr`.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub acr: Vec<Acr>,
    /// Microsoft: the tenant's id (a UUID), `organizations`, `consumers` or `common`.
    #[serde(default)]
    #[schemars(length(max = 36))]
    pub tenant: String,
    /// Apple: the team's id.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub team_id: String,
    /// Apple: the id of the key.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub key_id: String,
    /// Apple: the text of the .p8 file.
    #[serde(default)]
    pub private_key: Secret,
}

/// Servers with peculiarities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[expect(
    missing_docs,
    reason = "they are names; `preset.rs` says what each means"
)]
pub enum PresetName {
    #[default]
    None,
    Apple,
    Cognito,
    JumpCloud,
    Keycloak,
    Microsoft,
    Slack,
    Twitch,
    Yahoo,
}

/// How the answer comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(
    missing_docs,
    reason = "they are the names of OAuth 2.0 Form Post Response Mode"
)]
pub enum ResponseMode {
    #[default]
    Default,
    Query,
    FormPost,
}

/// Whether `UserInfo` is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum AskUserInfo {
    #[default]
    Default,
    Never,
    Always,
}

/// Whether `email_verified` is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum EmailVerified {
    #[default]
    Default,
    Never,
}

/// Algorithms of ID tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[expect(missing_docs, reason = "they are the names of RFC 7518")]
pub enum AlgorithmName {
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "ES384")]
    Es384,
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "EdDSA")]
    EdDsa,
}

/// A condition on a claim.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Require {
    /// The claim.
    #[schemars(length(min = 1, max = 200))]
    pub claim: String,
    /// One of these is needed.
    #[schemars(length(min = 1, max = 100))]
    pub values: Vec<String>,
}

/// What an `acr` means.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Acr {
    /// The value of `acr`.
    #[schemars(length(min = 1, max = 200))]
    pub acr: String,
    /// The methods that it stands for (RFC 8176).
    #[schemars(length(min = 1, max = 20))]
    pub amr: Vec<String>,
}

impl From<AlgorithmName> for Algorithm {
    fn from(name: AlgorithmName) -> Self {
        match name {
            AlgorithmName::Es256 => Self::Es256,
            AlgorithmName::Es384 => Self::Es384,
            AlgorithmName::Rs256 => Self::Rs256,
            AlgorithmName::EdDsa => Self::EdDsa,
        }
    }
}
