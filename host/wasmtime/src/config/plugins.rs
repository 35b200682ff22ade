//! `[plugins]`: whom to believe about plugins that come from outside.

use super::ConfigError;
use doorward_plugins::signature::Key;
use serde::Deserialize;

/// `[plugins]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Plugins {
    /// Public keys of minisign (`RW…`), by any of which a plugin may be signed. Default none.
    pub(crate) trusted_keys: Vec<String>,
    /// Whether a plugin without a signature by one of them is refused. Default `false`.
    pub(crate) require_signatures: bool,
}

impl Plugins {
    /// The keys.
    ///
    /// # Errors
    /// One is no key, or signatures are required and there is no key.
    pub(crate) fn keys(&self) -> Result<Vec<Key>, ConfigError> {
        let place = "trusted_keys of [plugins]";
        if self.require_signatures && self.trusted_keys.is_empty() {
            let cure = "is empty, but signatures are required: name the public keys of those whose plugins you run";
            return Err(ConfigError::entry(place, cure));
        }
        let keys = self.trusted_keys.iter().map(|text| Key::parse(text));
        keys.collect::<Result<_, _>>()
            .map_err(|problem| ConfigError::entry(place, problem))
    }
}
