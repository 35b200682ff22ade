//! `doorward compose`: the server for another host, out of the same components.
//!
//! [`picture`] says what is wired to what, [`offers`] who may import what, [`wiring`] does it. Around the component come what
//! its host needs to run it ([`spin`], [`script`]) and a record of what went in ([`manifest`]). The same inputs give the same
//! bytes: nothing here reads a clock, and nothing is in the order of a hash.

pub(crate) mod artefact;
mod generated;
mod manifest;
mod offers;
pub(crate) mod part;
pub(crate) mod picture;
mod script;
mod settings;
mod spin;
mod template;
mod wiring;

#[cfg(test)]
mod tests;

use crate::application;
use crate::config::{Config, ConfigError};
use crate::plugins::load;
use artefact::Artefact;
use clap::ValueEnum;
use part::Part;
use picture::{Pieces, Provider};
use std::collections::BTreeMap;

/// The host that a composition is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Target {
    /// Spin.
    Spin,
    /// `wasmtime serve`.
    Wasmtime,
    /// Cloudflare Workers.
    Workers,
}

/// Where the settings of a composition come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SettingsSource {
    /// They lie inside the component.
    Baked,
    /// The variable `settings`.
    Variable,
}

/// Where a composition keeps its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// A directory: `wasmtime serve`.
    Directory,
    /// Spin's SQLite: one node, or libSQL.
    Sqlite,
    /// Redis through Spin: several nodes.
    Redis,
}

/// What to compose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    /// For which host.
    pub(crate) target: Target,
    /// With settings from where.
    pub(crate) settings: SettingsSource,
    /// With records where; the host's default if none.
    pub(crate) records: Option<Store>,
}

impl Options {
    /// Whether the settings lie in a component.
    fn baked(self) -> bool {
        self.settings == SettingsSource::Baked && self.target != Target::Workers
    }

    /// The store.
    ///
    /// # Errors
    /// The host cannot have it.
    fn store(self) -> anyhow::Result<Option<Store>> {
        match (self.target, self.records) {
            (Target::Wasmtime, None | Some(Store::Directory)) => Ok(Some(Store::Directory)),
            (Target::Spin, None | Some(Store::Sqlite)) => Ok(Some(Store::Sqlite)),
            (Target::Spin, Some(Store::Redis)) => Ok(Some(Store::Redis)),
            (Target::Workers, None) => Ok(None),
            (Target::Wasmtime, Some(_)) => {
                anyhow::bail!("`wasmtime serve` keeps records in a directory: leave --records out")
            }
            (Target::Spin, Some(Store::Directory)) => {
                anyhow::bail!("Spin components cannot write files: use --records sqlite or redis")
            }
            (Target::Workers, Some(_)) => {
                anyhow::bail!("Workers keeps records in Durable Objects: leave --records out")
            }
        }
    }
}

/// Checks a configuration and composes what it describes.
///
/// # Errors
/// What the configuration or a plugin lacks, by name.
pub(crate) async fn compose(
    config: &Config,
    options: Options,
    pieces: &Pieces,
) -> anyhow::Result<Artefact> {
    let store = options.store()?;
    let providers = providers(config)?;
    // Once with nothing in it: what a plugin lacks is better said in these words than in the native engine's.
    picture::server(pieces, &providers, options.target, "{}")?;
    let mail = config.document.mail.is_some();
    let checked = application::check(config, mail).await?;
    let settings = settings::document(config, &checked, options.target, options.baked())?;
    artefact::build(config, options, store, pieces, &providers, &settings)
}

fn providers(config: &Config) -> anyhow::Result<Vec<Provider>> {
    let admission = load::Admission::of(config)?;
    let mut providers = Vec::new();
    let origins = config.resolve().into_iter();
    let resolve: BTreeMap<_, _> = origins
        .filter_map(|(name, origin)| Some((name, origin.strip_prefix("http://")?.to_owned())))
        .collect();
    for provider in &config.document.provider {
        let place = format!("[[provider]] {:?}", provider.id);
        let wasm = load::bytes(config, &admission, provider)
            .map_err(|problem| ConfigError::entry(&place, problem))?;
        let hosts = provider.outbound_hosts.iter();
        providers.push(Provider {
            id: provider.id.clone(),
            part: Part::new(format!("provider {:?}", provider.id), wasm),
            outbound_hosts: provider.outbound_hosts.clone(),
            resolve: hosts
                .filter_map(|host| resolve.get_key_value(host))
                .map(|(name, authority)| (name.clone(), authority.clone()))
                .collect(),
        });
    }
    Ok(providers)
}
