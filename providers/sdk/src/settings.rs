//! Typed settings, and the JSON Schema that is made from their type.
//!
//! ```
//! use doorward_provider::settings::{Secret, schema};
//! use doorward_provider::schemars::{self, JsonSchema};
//!
//! #[derive(Default, serde::Deserialize, JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Settings {
//!     /// What the upstream calls this service.
//!     client_id: String,
//!     client_secret: Secret,
//!     /// Organisations whose members may come in; empty: everybody.
//!     #[serde(default)]
//!     #[schemars(length(max = 100))]
//!     organisations: Vec<String>,
//! }
//!
//! let schema: serde_json::Value = serde_json::from_str(&schema::<Settings>()).unwrap();
//! assert_eq!(schema["required"], serde_json::json!(["client_id", "client_secret"]));
//! assert_eq!(schema["properties"]["client_secret"]["format"], "secret");
//! assert_eq!(schema["additionalProperties"], false);
//! ```
//!
//! Hosts check settings by that schema before they start. They check the keywords of [`KEYWORDS`] and refuse a schema with others,
//! so keep to plain types: no maps, no enums with data, no comments on the variants of others. [`unchecked_keywords`] is for a plugin's own test.

use std::borrow::Cow;
use std::fmt;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;

/// A secret among the settings, e.g. the client secret at an upstream. It never prints itself; its schema says `"format": "secret"`,
/// so that tools mask it. Operators give it by reference (`{ env = "NAME" }`, `{ file = "PATH" }`), which the host resolves.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret from elsewhere, e.g. an access token.
    #[must_use]
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The secret itself. It belongs into requests to the one who knows it already, and nowhere else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "secret" })
    }
}

/// The JSON Schema (draft 2020-12) of a type of settings, in one piece: no references.
#[must_use]
pub fn schema<T: JsonSchema>() -> String {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    settings.meta_schema = None;
    let schema = settings.into_generator().into_root_schema_for::<T>();
    schema.to_value().to_string()
}

/// The keywords of JSON Schema that hosts check, or know to constrain nothing.
pub const KEYWORDS: [&str; 22] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "format",
    "type",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "const",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
];

/// The keywords of a schema that no host checks, each with its place: with any of them, the plugin does not load.
#[must_use]
pub fn unchecked_keywords(schema: &str) -> Vec<String> {
    let mut found = Vec::new();
    match serde_json::from_str::<Value>(schema) {
        Ok(schema) => walk(&schema, "settings", &mut found),
        Err(_) => found.push("it is no JSON".to_owned()),
    }
    found
}

fn walk(schema: &Value, place: &str, found: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        return;
    };
    for (keyword, argument) in keywords {
        match keyword.as_str() {
            "properties" => {
                for (name, property) in argument.as_object().into_iter().flatten() {
                    walk(property, &format!("{place}.{name}"), found);
                }
            }
            "items" => walk(argument, &format!("{place}[]"), found),
            "additionalProperties" if !argument.is_boolean() => {
                found.push(format!("{place}: additionalProperties that is no boolean"));
            }
            known if KEYWORDS.contains(&known) => {}
            unknown => found.push(format!("{place}: {unknown}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    struct Strange {
        map: std::collections::BTreeMap<String, u8>,
        choice: Choice,
    }

    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is of interest")]
    enum Choice {
        One,
        Other(u8),
    }

    #[test]
    fn secrets_do_not_print_themselves() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }

    #[test]
    fn what_no_host_checks_is_found() {
        let found = unchecked_keywords(&schema::<Strange>());
        assert!(
            found.iter().any(|one| one.starts_with("settings.map")),
            "{found:?}"
        );
        assert!(
            found.iter().any(|one| one.starts_with("settings.choice")),
            "{found:?}"
        );
    }
}
