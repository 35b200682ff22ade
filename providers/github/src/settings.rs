//! What an operator may set.

use doorward_provider::settings::Secret;
use schemars::JsonSchema;
use serde::Deserialize;

/// The settings of this provider.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The client id of the OAuth app, or of the GitHub App.
    #[schemars(length(min = 1, max = 200))]
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// An Enterprise Server, e.g. `https://github.acme.example`, or an enterprise on GHE.com, e.g. `https://acme.ghe.com`. Default:
    /// github.com.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub base_url: String,
    /// Organisations by their names: only members of one of them may come in. None: everybody.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub organizations: Vec<String>,
    /// Whether to pass on the organisations that people are members of, as the claim `organizations`.
    #[serde(default)]
    pub organizations_claim: bool,
    /// Whether to pass on the teams that people are members of, as the claim `teams` (`organisation/team`).
    #[serde(default)]
    pub teams_claim: bool,
}

/// Where a GitHub is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its pages, without trailing slash.
    pub(crate) base: String,
    /// Its API, without trailing slash.
    pub(crate) api: String,
}

impl Settings {
    pub(crate) fn place(&self) -> Place {
        let base = match self.base_url.trim_end_matches('/') {
            "" => "https://github.com",
            base => base,
        };
        let name = base.strip_prefix("https://").unwrap_or_default();
        // docs.github.com, "Getting started with the REST API", per version: api.github.com; api.NAME.ghe.com; HOST/api/v3.
        let api = if name == "github.com" || name.ends_with(".ghe.com") {
            format!("https://api.{name}")
        } else {
            format!("{base}/api/v3")
        };
        Place {
            base: base.to_owned(),
            api,
        }
    }

    /// Least of what there is to ask for.
    pub(crate) fn scopes(&self) -> Vec<&'static str> {
        let mut scopes = vec!["read:user", "user:email"];
        if self.teams_claim || self.organizations_claim || !self.organizations.is_empty() {
            scopes.push("read:org");
        }
        scopes
    }
}
