//! What a plugin is, found out without trusting it: its bytes are read, and it is asked to describe itself, under limits
//! and with nothing around it. Nothing else of it runs.

use super::ports::Services;
use super::{outcome, plugin};
use crate::compose::part::{Part, list};
use crate::config::limits::Limits;
use crate::engine::bindings::core::doorward::provider::types::{Description, Purpose};
use crate::engine::{PoolLimits, Runtime};
use crate::mail::Mailer;
use crate::outbound::Outbound;
use crate::passwords::{PasswordOptions, Passwords};
use crate::unopened::Unopened;
use anyhow::{Context as _, bail};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The export that makes a component a login plugin, up to its version.
const EXPORT: &str = "doorward:provider/login-provider@";
/// Versions of the contract that this host calls.
pub(crate) const CONTRACTS: [&str; 1] = ["0.1.0"];

/// What a plugin is.
#[derive(Debug, Serialize)]
pub(crate) struct Inspection {
    /// What its button says, in English.
    pub(crate) label: String,
    /// The version of `doorward:provider` that it was built against.
    pub(crate) contract: String,
    /// SHA-256 of its bytes.
    pub(crate) sha256: String,
    /// Its bytes.
    pub(crate) size: usize,
    /// Interfaces that it imports.
    pub(crate) imports: Vec<String>,
    /// Hosts that it wants to reach; `*`: its settings say which.
    pub(crate) hosts: Vec<String>,
    /// What it can be asked for.
    pub(crate) purposes: Vec<&'static str>,
    /// Languages beside English.
    pub(crate) languages: Vec<String>,
    /// The JSON Schema of its settings; none if it takes none.
    pub(crate) settings_schema: Option<Value>,
}

/// Looks at a plugin.
///
/// # Errors
/// It is no plugin, was built against a contract that this host does not know, or does not describe itself.
pub(crate) async fn inspect(wasm: &[u8]) -> anyhow::Result<Inspection> {
    let part = Part::new("it", wasm.to_vec());
    let surface = part.surface()?;
    let mut exports = surface.exports.iter();
    let Some(contract) = exports.find_map(|export| export.strip_prefix(EXPORT)) else {
        bail!(
            "it is no login plugin: it does not export doorward:provider/login-provider, but {}",
            list(&surface.exports)
        );
    };
    if !CONTRACTS.contains(&contract) {
        bail!(
            "it was built against doorward:provider@{contract}; this doorward calls {}",
            CONTRACTS.join(" and ")
        );
    }
    let description = describe(wasm).await?;
    Ok(Inspection {
        contract: contract.to_owned(),
        sha256: part.digest(),
        size: wasm.len(),
        settings_schema: schema(&description)?,
        imports: surface.imports,
        label: description.label.english,
        hosts: description.outbound_hosts,
        purposes: description.purposes.into_iter().map(purpose).collect(),
        languages: description.languages,
    })
}

impl Inspection {
    /// Whether it imports an interface, whatever its version.
    pub(crate) fn imports(&self, interface: &str) -> bool {
        let mut names = self.imports.iter();
        names.any(|name| {
            name.strip_prefix(interface)
                .is_some_and(|rest| rest.starts_with('@'))
        })
    }
}

async fn describe(wasm: &[u8]) -> anyhow::Result<Description> {
    let limits = Limits::default();
    let pool = PoolLimits {
        guests: 2,
        ..limits.pool(limits.provider_memory_bytes)
    };
    let runtime = Runtime::start(pool, None)
        .map_err(|error| anyhow::anyhow!("cannot set memory aside: {error:#}"))?;
    let services = Services {
        records: Arc::new(Unopened),
        keys: None,
        passwords: Arc::new(Passwords::new(&PasswordOptions::default())?),
        mailer: Mailer::None,
        outbound: Arc::new(Outbound::new(Vec::new(), BTreeMap::new(), None)?),
    };
    let described = plugin::ask(&runtime, wasm, limits.provider(), Arc::new(services)).await;
    let description = described.map_err(|fault| anyhow::anyhow!("{fault}"))?;
    outcome::check_description(&description).map_err(anyhow::Error::msg)?;
    Ok(description)
}

fn schema(description: &Description) -> anyhow::Result<Option<Value>> {
    let text = description.settings_schema.trim();
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_str(text).context("the schema of its settings is no JSON")
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::SignIn => "sign-in",
        Purpose::Confirm => "confirm",
        Purpose::Link => "link",
        Purpose::Manage => "manage",
    }
}
