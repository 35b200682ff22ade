//! Secrets among the settings of providers: `{ env = "NAME" }` or `{ file = "path" }` wherever a text could stand.
//!
//! Which settings are secrets, only a provider's schema says; a table with nothing but `env` or `file` is a reference in all of them.

use super::client::json_object;
use super::secret::Secret;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Settings of a provider as it reads them.
#[derive(Clone, PartialEq)]
pub(crate) struct Settings {
    /// A JSON object, with secrets in the places of their references.
    pub(crate) document: Value,
    /// Places of what was given by reference: `settings.client_secret`.
    pub(crate) referred: Vec<String>,
}

impl Settings {
    /// Reads what they refer to. Relative files start at `base`.
    ///
    /// # Errors
    /// A secret that cannot be read, with the place of its reference.
    pub(crate) fn read(settings: &toml::Table, base: &Path) -> Result<Self, String> {
        let mut read = Self {
            document: json_object(settings),
            referred: Vec::new(),
        };
        walk(&mut read.document, "settings", base, &mut read.referred)?;
        Ok(read)
    }
}

fn walk(
    value: &mut Value,
    place: &str,
    base: &Path,
    referred: &mut Vec<String>,
) -> Result<(), String> {
    if let Some(secret) = reference(value) {
        let secret = secret.read(base);
        let secret = secret.map_err(|problem| format!("{place}: {problem}"))?;
        *value = Value::String(secret.as_str().to_owned());
        referred.push(place.to_owned());
        return Ok(());
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                walk(member, &format!("{place}.{name}"), base, referred)?;
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, &format!("{place}[{index}]"), base, referred)?;
            }
        }
        _ => {}
    }
    Ok(())
}

fn reference(value: &Value) -> Option<Secret> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    let (name, target) = object.iter().next()?;
    let target = target.as_str()?;
    match name.as_str() {
        "env" => Some(Secret::Env(target.to_owned())),
        "file" => Some(Secret::File(PathBuf::from(target))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table(text: &str) -> toml::Table {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn references_are_replaced_wherever_they_are() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("key"), "one\ntwo\n").unwrap();
        let settings = table(
            "secret = { file = \"key\" }\nlist = [{ file = \"key\" }, { name = \"x\" }]\nplain = \"key\"\nmore = { file = \"key\", x = 1 }\n",
        );
        let expected = json!({
            "secret": "one\ntwo",
            "list": ["one\ntwo", { "name": "x" }],
            "plain": "key",
            "more": { "file": "key", "x": 1 },
        });
        let read = Settings::read(&settings, directory.path()).unwrap();
        assert_eq!(read.document, expected);
        assert_eq!(read.referred, ["settings.list[0]", "settings.secret"]);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let settings = table("more = { secret = { env = \"DOORWARD_TEST_NOT_SET\" } }\n");
        let Err(problem) = Settings::read(&settings, directory.path()) else {
            panic!("it was read")
        };
        assert!(problem.starts_with("settings.more.secret: "), "{problem}");
        assert!(problem.contains("DOORWARD_TEST_NOT_SET"), "{problem}");
    }
}
