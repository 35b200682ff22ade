//! People from other systems, as `doorward user import` reads them.
//!
//! Only what the other system verified is taken: an address that is in the index signs in, by a mailed code, whoever controls it.

use anyhow::{Context as _, ensure};
use clap::ValueEnum;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What `OpenAuth` puts between the parts of a key.
const SEPARATOR: char = '\u{1f}';

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Source {
    /// Lines of JSON.
    Lines,
    /// The storage of `OpenAuth` 0.4.
    Openauth,
}

/// Someone to add.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Person {
    /// A verified address.
    pub(super) email: String,
    /// The subject identifier that applications know.
    #[serde(default)]
    sub: Option<String>,
    /// Full name.
    #[serde(default)]
    name: Option<String>,
}

impl Person {
    /// As the core's administration takes it.
    pub(super) fn command(&self) -> Value {
        json!({ "command": "user.add", "email": self.email, "name": self.name, "sub": self.sub })
    }
}

/// Reads a file.
///
/// # Errors
/// It is not what `source` says.
pub(super) fn read(
    text: &str,
    source: Source,
    properties_are_verified: bool,
) -> anyhow::Result<Vec<Person>> {
    match source {
        Source::Lines => lines(text),
        Source::Openauth => openauth(text, properties_are_verified),
    }
}

fn lines<T: for<'a> Deserialize<'a>>(text: &str) -> anyhow::Result<Vec<T>> {
    let filled = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    filled
        .map(|(index, line)| {
            serde_json::from_str(line).with_context(|| format!("line {}", index + 1))
        })
        .collect()
}

/// The entries of a storage: one JSON array of them, as `MemoryStorage` keeps it, or one on each line. An entry is `[key, value]`; the
/// value may be wrapped with its expiry.
fn entries(text: &str) -> anyhow::Result<Vec<(String, Value)>> {
    if let Ok(all) = serde_json::from_str::<Vec<(String, Value)>>(text) {
        return Ok(all);
    }
    lines(text)
}

/// - `email␟<address>␟password`: registered by password, which needs a mailed code: a verified address.
/// - `email␟<address>␟subject`: their subject, written at every sign-in by password.
/// - `oauth:refresh␟<subject>␟…`: the properties of a subject, perhaps with an address.
///
/// One address with several subjects is refused: properties that changed make a new subject there, and only the operator
/// knows which of them the applications keep.
fn openauth(text: &str, properties_are_verified: bool) -> anyhow::Result<Vec<Person>> {
    let (mut found, mut verified) = (BTreeMap::<String, Vec<String>>::new(), Vec::new());
    let mut exact = BTreeMap::new();
    for (key, value) in entries(text)? {
        let value = value.get("value").unwrap_or(&value);
        let parts: Vec<&str> = key.split(SEPARATOR).collect();
        match parts.as_slice() {
            ["email", email, "password"] => verified.push(email.to_lowercase()),
            ["email", email, "subject"] => {
                let subject = value.as_str().context("a subject that is no string")?;
                exact.insert(email.to_lowercase(), subject.to_owned());
            }
            ["oauth:refresh", subject, _] => {
                let email = value.pointer("/properties/email").and_then(Value::as_str);
                if let Some(email) = email {
                    let subjects = found.entry(email.to_lowercase()).or_default();
                    if !subjects.iter().any(|known| known == subject) {
                        subjects.push((*subject).to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    if properties_are_verified {
        verified.extend(found.keys().cloned());
    }
    verified.sort_unstable();
    verified.dedup();
    ensure!(
        !verified.is_empty(),
        "there is no verified address in it: no account by password{}",
        if found.is_empty() {
            ""
        } else {
            "; --properties-are-verified takes those of the subjects"
        }
    );
    let person = |email: String| {
        let subjects = found.get(&email).map(Vec::as_slice).unwrap_or_default();
        let sub = match (exact.get(&email), subjects) {
            (Some(exact), _) => Some(exact.clone()),
            (None, [one]) => Some(one.clone()),
            (None, []) => None,
            (None, several) => anyhow::bail!(
                "{email} has the subjects {}: take all but one out of the file",
                several.join(", ")
            ),
        };
        Ok(Person {
            email,
            sub,
            name: None,
        })
    };
    verified.into_iter().map(person).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(email: &str, sub: Option<&str>) -> Person {
        Person {
            email: email.to_owned(),
            sub: sub.map(str::to_owned),
            name: None,
        }
    }

    fn storage(entries: &[(&[&str], Value)]) -> String {
        let entries: Vec<Value> = entries
            .iter()
            .map(|(key, value)| json!([key.join("\u{1f}"), { "value": value, "expiry": null }]))
            .collect();
        Value::from(entries).to_string()
    }

    fn refresh(subject: &'static str, email: &str) -> (Vec<&'static str>, Value) {
        let value = json!({ "type": "user", "properties": { "email": email }, "subject": subject });
        (vec!["oauth:refresh", subject, "token"], value)
    }

    #[test]
    fn lines_are_people() {
        let text = "{\"email\":\"a@x.example\",\"sub\":\"42\"}\n\n{\"email\":\"b@x.example\",\"name\":\"B\"}\n";
        let people = read(text, Source::Lines, false).unwrap();
        assert_eq!(people[0], person("a@x.example", Some("42")));
        assert_eq!(people[1].name.as_deref(), Some("B"));
        for bad in [
            "[]",
            "{\"email\":1}",
            "{\"email\":\"a@x.example\",\"admin\":true}",
        ] {
            assert!(read(bad, Source::Lines, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn accounts_by_password_are_verified_and_keep_their_subject() {
        let text = storage(&[
            (
                &["email", "Ada@x.example", "password"],
                json!({ "hash": "…" }),
            ),
            (
                &["email", "ada@x.example", "subject"],
                json!("user:0123456789abcdef"),
            ),
            (&["email", "bob@x.example", "password"], json!({})),
            (&["signing:key", "1"], json!({ "privateKey": "…" })),
        ]);
        let expected = [
            person("ada@x.example", Some("user:0123456789abcdef")),
            person("bob@x.example", None),
        ];
        assert_eq!(read(&text, Source::Openauth, false).unwrap(), expected);
        let entries: Vec<Value> = serde_json::from_str(&text).unwrap();
        let lines: Vec<String> = entries.iter().map(Value::to_string).collect();
        assert_eq!(
            read(&lines.join("\n"), Source::Openauth, false).unwrap(),
            expected
        );
    }

    #[test]
    fn addresses_in_properties_count_only_if_the_operator_says_so() {
        let (key, value) = refresh("user:aa", "eve@x.example");
        let text = storage(&[(&key, value)]);
        assert!(read(&text, Source::Openauth, false).is_err());
        assert_eq!(
            read(&text, Source::Openauth, true).unwrap(),
            [person("eve@x.example", Some("user:aa"))]
        );
    }

    #[test]
    fn one_address_with_two_subjects_is_refused() {
        let ((one, first), (other, second)) = (
            refresh("user:aa", "a@x.example"),
            refresh("user:bb", "a@x.example"),
        );
        let text = storage(&[(&one, first), (&other, second)]);
        let error = read(&text, Source::Openauth, true).unwrap_err().to_string();
        assert!(error.contains("user:aa, user:bb"), "{error}");
    }
}
