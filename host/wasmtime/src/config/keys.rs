//! `[keys]`: signing keys, and the key that seals them.

use serde::Deserialize;
use std::path::PathBuf;

/// `[keys]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Keys {
    /// File with the sealing key, readable by its owner only. `dev` makes one in its data directory.
    pub(crate) sealing_key_file: Option<PathBuf>,
    /// Name of the environment variable that holds the sealing key.
    pub(crate) sealing_key_env: Option<String>,
    /// Days after which a new signing key takes over. Default 90.
    pub(crate) rotation_days: Option<u32>,
    /// Seconds that a key stands in the JWK Set before it signs. Default: see `keys`.
    pub(crate) publish_lead_s: Option<u32>,
    /// What may be signed by: `ES256`, `RS256`, `ES384`, `EdDSA`. Which lists make sense is the core's to say
    /// (`settings::Server::signing_algs`). Default: see `keys`.
    pub(crate) algorithms: Option<Vec<String>>,
}
