//! `doorward.toml`: one file, read once, checked as a whole before anything starts.
//!
//! Unknown keys are errors that name the key, its line and the nearest key that exists. What the protocol says about
//! clients, resources, lifetimes and themes is not checked here: the core does that, by the same rules as for clients
//! that the command line adds ([`crate::application`] asks it).

pub(crate) mod client;
pub(crate) mod composable;
pub(crate) mod document;
pub(crate) mod error;
pub(crate) mod keys;
pub(crate) mod limits;
pub(crate) mod mail;
pub(crate) mod nearest;
pub(crate) mod outbound;
pub(crate) mod plugins;
pub(crate) mod protocol;
pub(crate) mod provider;
pub(crate) mod references;
pub(crate) mod registration;
pub(crate) mod safety;
pub(crate) mod secret;
pub(crate) mod server;
pub(crate) mod theme;

#[cfg(test)]
mod tests;

pub(crate) use document::Document;
pub(crate) use error::ConfigError;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A configuration and where it came from.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// What it says.
    pub(crate) document: Document,
    /// The file, if there is one: `dev` does without.
    pub(crate) file: Option<PathBuf>,
    /// Relative paths in it start here.
    pub(crate) base: PathBuf,
    /// Whether `[dev]` counts: `doorward dev` and the tests of other hosts say so, never the file.
    pub(crate) development: bool,
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML, has an unknown key or a value of the wrong kind.
    pub(crate) fn load(file: &Path) -> Result<Self, ConfigError> {
        let text =
            std::fs::read_to_string(file).map_err(|error| ConfigError::unreadable(file, &error))?;
        let document =
            Document::parse(&text).map_err(|error| ConfigError::syntax(file, &text, &error))?;
        let base = file
            .parent()
            .filter(|parent| !parent.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        Ok(Self {
            document,
            file: Some(file.to_owned()),
            base: base.to_owned(),
            development: false,
        })
    }

    /// The configuration of someone who wrote none: every default, relative to the current directory.
    pub(crate) fn none() -> Self {
        Self {
            document: Document::default(),
            file: None,
            base: PathBuf::from("."),
            development: false,
        }
    }

    /// Names that lead to this machine instead, in development; none otherwise.
    pub(crate) fn resolve(&self) -> BTreeMap<String, String> {
        match &self.document.dev {
            Some(dev) if self.development => dev.resolve.clone(),
            _ => BTreeMap::new(),
        }
    }

    /// A path of the file, made relative to the file.
    pub(crate) fn path(&self, path: &Path) -> PathBuf {
        self.base.join(path)
    }

    /// The directory of the database, the keys and the cache.
    pub(crate) fn data_directory(&self) -> PathBuf {
        self.path(&self.document.data)
    }

    /// The directory of compiled components: `cache`, or a directory in `data`.
    pub(crate) fn cache_directory(&self) -> PathBuf {
        match &self.document.cache {
            Some(directory) => self.path(directory),
            None => self.data_directory().join("compiled"),
        }
    }

    /// What to call it in a message.
    pub(crate) fn name(&self) -> String {
        self.file.as_ref().map_or_else(
            || String::from("the configuration"),
            |file| file.display().to_string(),
        )
    }
}
