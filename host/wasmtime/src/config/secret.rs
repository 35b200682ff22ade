//! Secrets in the configuration: by reference, or literally where that is allowed. Never printed.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use std::fmt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Longest secret in a file or a variable.
const MAX_BYTES: u64 = 4096;

/// A secret, or where it is.
#[derive(Clone)]
pub(crate) enum Secret {
    /// It stands in the file.
    Literal(Zeroizing<String>),
    /// An environment variable holds it.
    Env(String),
    /// The first line of a file.
    File(PathBuf),
}

impl Secret {
    /// Reads it. Relative files start at `base`.
    ///
    /// # Errors
    /// The variable is not set, the file cannot be read, or it is empty.
    pub(crate) fn read(&self, base: &Path) -> Result<Zeroizing<String>, String> {
        let secret = match self {
            Self::Literal(secret) => secret.clone(),
            Self::Env(name) => std::env::var(name)
                .map(Zeroizing::new)
                .map_err(|_| format!("the environment variable {name} is not set"))?,
            Self::File(path) => read_file(&base.join(path))?,
        };
        if secret.is_empty() {
            Err(String::from("the secret is empty"))
        } else {
            Ok(secret)
        }
    }

    /// Whether it stands in the file.
    pub(crate) fn is_literal(&self) -> bool {
        matches!(self, Self::Literal(_))
    }
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, String> {
    let metadata =
        std::fs::metadata(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if metadata.len() > MAX_BYTES {
        return Err(format!(
            "{} is larger than {MAX_BYTES} bytes",
            path.display()
        ));
    }
    let text = std::fs::read_to_string(path).map(Zeroizing::new);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Zeroizing::new(
        text.trim_end_matches(['\r', '\n']).to_owned(),
    ))
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(_) => formatter.write_str("Literal(…)"),
            Self::Env(name) => formatter.debug_tuple("Env").field(name).finish(),
            Self::File(path) => formatter.debug_tuple("File").field(path).finish(),
        }
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SecretVisitor)
    }
}

struct SecretVisitor;

impl<'de> Visitor<'de> for SecretVisitor {
    type Value = Secret;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string, { env = \"NAME\" } or { file = \"path\" }")
    }

    fn visit_str<E>(self, text: &str) -> Result<Secret, E> {
        Ok(Secret::Literal(Zeroizing::new(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Secret, A::Error> {
        let Some((key, value)) = map.next_entry::<String, String>()? else {
            return Err(A::Error::custom("a secret needs `env` or `file`"));
        };
        if map.next_key::<String>()?.is_some() {
            return Err(A::Error::custom(
                "a secret has either `env` or `file`, not more",
            ));
        }
        match key.as_str() {
            "env" => Ok(Secret::Env(value)),
            "file" => Ok(Secret::File(PathBuf::from(value))),
            unknown => Err(A::Error::unknown_field(unknown, &["env", "file"])),
        }
    }
}
