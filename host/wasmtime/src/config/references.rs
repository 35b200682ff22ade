//! Secrets among the settings of providers: `{ env = "NAME" }` or `{ file = "path" }` wherever a text could stand.
//!
//! Which settings are secrets, only a provider's schema says; a table with nothing but `env` or `file` is a reference in all of them.

use super::client::json_object;
use super::secret::Secret;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// The settings as the provider reads them, with secrets in the places of their references. One that cannot be read stays as
/// it is, which no schema takes for a text: [`unreadable`] says why. Relative files start at `base`.
pub(crate) fn resolved(settings: &toml::Table, base: &Path) -> Value {
    let mut settings = json_object(settings);
    walk(&mut settings, "settings", &mut |_, secret| {
        secret.read(base).ok().map(|text| text.as_str().to_owned())
    });
    settings
}

/// The references that cannot be read: where each is, and why.
pub(crate) fn unreadable(settings: &toml::Table, base: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    walk(
        &mut json_object(settings),
        "settings",
        &mut |place, secret| {
            found.extend(secret.read(base).err().map(|why| (place.to_owned(), why)));
            None
        },
    );
    found
}

/// Where references are.
pub(crate) fn places(settings: &toml::Table) -> Vec<String> {
    let mut found = Vec::new();
    walk(&mut json_object(settings), "settings", &mut |place, _| {
        found.push(place.to_owned());
        None
    });
    found
}

/// Calls `each` with every reference and its place, and puts there what it answers.
fn walk(value: &mut Value, place: &str, each: &mut dyn FnMut(&str, &Secret) -> Option<String>) {
    if let Some(secret) = reference(value) {
        if let Some(text) = each(place, &secret) {
            *value = Value::String(text);
        }
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                walk(member, &format!("{place}.{name}"), each);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, &format!("{place}[{index}]"), each);
            }
        }
        _ => {}
    }
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
        assert_eq!(resolved(&settings, directory.path()), expected);
        assert_eq!(places(&settings), ["settings.list[0]", "settings.secret"]);
        assert!(unreadable(&settings, directory.path()).is_empty());
    }

    #[test]
    fn what_cannot_be_read_is_named_and_replaced_by_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let settings = table("secret = { env = \"DOORWARD_TEST_NOT_SET\" }\n");
        let expected = json!({ "secret": { "env": "DOORWARD_TEST_NOT_SET" } });
        assert_eq!(resolved(&settings, directory.path()), expected);
        let found = unreadable(&settings, directory.path());
        let [(place, why)] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(place, "settings.secret");
        assert!(why.contains("DOORWARD_TEST_NOT_SET"), "{why}");
    }
}
