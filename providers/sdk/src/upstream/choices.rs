//! What the settings of several providers have in common.

use schemars::JsonSchema;
use serde::Deserialize;

use super::ClientAuth;
use crate::settings::Secret;

/// How a client proves who it is at the token endpoint, as an operator says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "they are the names of OpenID Connect Core §9")]
pub enum ClientAuthMethod {
    #[default]
    Default,
    ClientSecretBasic,
    ClientSecretPost,
    None,
}

impl ClientAuthMethod {
    /// The proof; `usual` by default.
    #[must_use]
    pub fn with(self, secret: &Secret, usual: ClientAuth) -> ClientAuth {
        match self {
            Self::Default => usual,
            Self::ClientSecretBasic => ClientAuth::Basic(secret.clone()),
            Self::ClientSecretPost => ClientAuth::Post(secret.clone()),
            Self::None => ClientAuth::None,
        }
    }
}

/// A parameter of the authorization request, as an operator says it.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name; none that the flow sets itself.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// Its value.
    #[schemars(length(max = 2048))]
    pub value: String,
}
