//! `[[client]]`: a declared client, in the names of RFC 7591 and our extensions. The core checks what they mean.

use super::secret::Secret;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::Path;

/// `[[client]]`
#[derive(Debug, Clone, Deserialize)]
#[expect(clippy::struct_field_names, reason = "the names of RFC 7591")]
pub(crate) struct Client {
    /// Its `client_id`.
    pub(crate) client_id: String,
    /// Its secret: literal (tests only), `{ env = "…" }` or `{ file = "…" }`.
    pub(crate) client_secret: Option<Secret>,
    /// All other members. Which exist is the core's to say.
    #[serde(flatten)]
    pub(crate) members: toml::Table,
}

impl Client {
    /// Whether its secret must be kept readable, sealed under the server's own key.
    pub(crate) fn needs_sealed_secret(&self) -> bool {
        let method = self.members.get("token_endpoint_auth_method");
        method.and_then(toml::Value::as_str) == Some("client_secret_jwt")
    }

    /// Its metadata as the core takes it, with the secret in it.
    ///
    /// # Errors
    /// The secret cannot be read.
    pub(crate) fn metadata(&self, base: &Path) -> Result<Value, String> {
        let mut metadata = Map::new();
        metadata.insert(
            String::from("client_id"),
            Value::String(self.client_id.clone()),
        );
        if let Some(secret) = &self.client_secret {
            let secret = secret
                .read(base)
                .map_err(|error| format!("client_secret: {error}"))?;
            metadata.insert(
                String::from("client_secret"),
                Value::String(secret.to_string()),
            );
        }
        for (name, value) in &self.members {
            metadata.insert(name.clone(), json(value));
        }
        Ok(Value::Object(metadata))
    }
}

/// TOML as JSON; dates become strings.
pub(crate) fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text.clone()),
        toml::Value::Integer(number) => Value::from(*number),
        toml::Value::Float(number) => Value::from(*number),
        toml::Value::Boolean(boolean) => Value::Bool(*boolean),
        toml::Value::Datetime(time) => Value::String(time.to_string()),
        toml::Value::Array(items) => items.iter().map(json).collect(),
        toml::Value::Table(table) => json_object(table),
    }
}

/// A TOML table as a JSON object.
pub(crate) fn json_object(table: &toml::Table) -> Value {
    Value::Object(
        table
            .iter()
            .map(|(name, value)| (name.clone(), json(value)))
            .collect(),
    )
}
