//! `[registration]`: clients that register themselves. Secrets are read here, the rest is the core's to say.

use super::client;
use super::secret::Secret;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::path::Path;

/// `[registration]`
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Registration {
    /// Initial access tokens beside those that are made by `doorward client token add`.
    #[serde(default)]
    pub(crate) initial_access_tokens: Vec<InitialAccessToken>,
    /// All other members: see `settings::Registration` of the core.
    #[serde(flatten)]
    pub(crate) members: toml::Table,
}

/// One of `initial_access_tokens`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InitialAccessToken {
    /// For the log: whom it was given to.
    pub(crate) name: String,
    /// Literal (tests only), `{ env = "…" }` or `{ file = "…" }`.
    pub(crate) token: Secret,
}

impl Registration {
    /// As the core takes it, with the tokens in it: it keeps their hashes.
    ///
    /// # Errors
    /// A token cannot be read.
    pub(crate) fn document(&self, base: &Path) -> Result<Value, String> {
        let mut members: Map<String, Value> = self
            .members
            .iter()
            .map(|(name, member)| (name.clone(), client::json(member)))
            .collect();
        let mut tokens = Vec::new();
        for declared in &self.initial_access_tokens {
            let token = declared.token.read(base).map_err(|problem| {
                format!(
                    "token of initial_access_tokens {:?}: {problem}",
                    declared.name
                )
            })?;
            tokens.push(json!({ "name": declared.name, "token": *token }));
        }
        if !tokens.is_empty() {
            members.insert(String::from("initial_access_tokens"), Value::Array(tokens));
        }
        Ok(Value::Object(members))
    }
}
