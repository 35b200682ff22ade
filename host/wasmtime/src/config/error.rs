//! What is wrong with a configuration: where, what, and how to cure it.

use super::nearest::nearest;
use std::fmt;
use std::path::Path;

/// A configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConfigError {
    /// `doorward.toml:12`, or the entry.
    place: String,
    /// What is wrong, and the cure.
    problem: String,
}

impl ConfigError {
    /// The file cannot be read.
    pub(crate) fn unreadable(file: &Path, error: &std::io::Error) -> Self {
        Self {
            place: file.display().to_string(),
            problem: format!("cannot be read: {error}"),
        }
    }

    /// The file is no TOML, or not what it should be.
    pub(crate) fn syntax(file: &Path, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        let line = text
            .get(..start)
            .map_or(1, |before| before.matches('\n').count() + 1);
        Self {
            place: format!("{}:{line}", file.display()),
            problem: explain(error.message()),
        }
    }

    /// An entry that is not as it must be.
    pub(crate) fn entry(place: impl Into<String>, problem: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            problem: problem.into(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.place, self.problem)
    }
}

impl std::error::Error for ConfigError {}

/// Serde's words, shorter: "unknown field `lisen`, expected one of …" gets its nearest key instead of all of them.
fn explain(message: &str) -> String {
    let Some(rest) = message.strip_prefix("unknown field ") else {
        return message.to_owned();
    };
    let mut names = rest.split('`').skip(1).step_by(2);
    let Some(unknown) = names.next() else {
        return message.to_owned();
    };
    let known: Vec<&str> = names.collect();
    match nearest(unknown, known.iter().copied()) {
        Some(near) => format!("unknown key `{unknown}`; did you mean `{near}`?"),
        None if known.is_empty() => format!("unknown key `{unknown}`"),
        None => format!(
            "unknown key `{unknown}`; here may stand: {}",
            known.join(", ")
        ),
    }
}
