//! `[outbound]`: other servers that the core may reach; `[dev]`: names that lead to this machine while developing.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// `[outbound]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Outbound {
    /// Hosts that may be reached although they are not public, or not on port 443: `["idp.corp.internal", "idp.example:8443"]`.
    /// Exact names, always https. Default none.
    pub(crate) allow: Vec<String>,
    /// PEM file of certificate authorities that are believed beside the system's.
    pub(crate) ca: Option<PathBuf>,
}

/// `[dev]`: for `doorward dev` alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dev {
    /// Host names, and where on this machine to look for them instead: `"app.example" = "http://127.0.0.1:9000"`.
    pub(crate) resolve: BTreeMap<String, String>,
}
