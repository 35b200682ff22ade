//! `[[provider]]`: a way to sign in.

use super::references::Settings;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// `[[provider]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    /// The id under which it is reached (`/<id>/authorize`): lower-case letters, digits and hyphens.
    pub(crate) id: String,
    /// A plugin file, a component of world `doorward:worlds/provider`.
    pub(crate) component: Option<PathBuf>,
    /// Or one that is shipped inside: `github`, `google`, `magic-link`, `oauth2`, `oidc`, `passkey`, `password`, `pin`, `totp`.
    pub(crate) builtin: Option<String>,
    /// Its settings, by its own schema; secrets among them by reference ([`super::references`]).
    #[serde(default)]
    pub(crate) settings: toml::Table,
    /// Hosts that it may reach and send browsers to, out of those that it asks for. Default none.
    #[serde(default)]
    pub(crate) outbound_hosts: Vec<String>,
    /// Memory of one call. Default `limits.provider_memory_bytes`.
    pub(crate) memory_bytes: Option<usize>,
    /// Time of one call. Default `limits.provider_time_ms`.
    pub(crate) time_ms: Option<u64>,
}

/// First segments of paths that are the core's or this host's: no provider may be called so.
const RESERVED: [&str; 16] = [
    "account",
    "assets",
    "authorize",
    "consent",
    "dev",
    "device",
    "healthz",
    "introspect",
    "login",
    "logout",
    "par",
    "readyz",
    "register",
    "revoke",
    "token",
    "userinfo",
];

impl Provider {
    /// A builtin under its own name.
    pub(crate) fn builtin(name: &str) -> Self {
        Self {
            id: name.to_owned(),
            component: None,
            builtin: Some(name.to_owned()),
            settings: toml::Table::new(),
            outbound_hosts: Vec::new(),
            memory_bytes: None,
            time_ms: None,
        }
    }

    /// Its settings with every reference to a secret replaced by what it refers to. Relative files start at `base`.
    ///
    /// # Errors
    /// A secret that is not there, with the place of its reference.
    pub(crate) fn settings(&self, base: &Path) -> Result<Settings, String> {
        Settings::read(&self.settings, base)
    }

    /// What is wrong with its id or its origin.
    pub(crate) fn check(&self) -> Result<(), String> {
        let id = &self.id;
        let letters = id
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if id.is_empty() || id.len() > 32 || !letters {
            return Err(format!(
                "its id {id:?} must be 1 to 32 lower-case letters, digits and hyphens"
            ));
        }
        if RESERVED.contains(&id.as_str()) {
            return Err(format!("its id {id:?} is the name of a path of the server"));
        }
        match (&self.component, &self.builtin) {
            (Some(_), None) => Ok(()),
            (None, Some(name)) if crate::embedded::provider(name).is_some() => Ok(()),
            (None, Some(name)) => Err(format!(
                "there is no builtin {name:?}, only {}",
                crate::embedded::providers().join(", ")
            )),
            _ => Err(String::from(
                "it needs either `component = \"file.wasm\"` or `builtin = \"…\"`",
            )),
        }
    }
}
