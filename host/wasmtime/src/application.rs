//! Everything put together: store, keys, engine, plugins, policy and core, from one configuration.

use crate::config::{Config, ConfigError};
use crate::declared;
use crate::embedded;
use crate::engine::Runtime;
use crate::engine::core::{AdministrationFailure, Core};
use crate::engine::core_ports::CorePorts;
use crate::keys::{KeyOptions, Keyring, SealingKey};
use crate::mail::Mailer;
use crate::outbound::Outbound;
use crate::passwords::Passwords;
use crate::plugins::load::Loader;
use crate::plugins::ports::Services;
use crate::policy::Policy;
use crate::records::{SqliteOptions, SqliteRecords, Store};
use crate::sections::Sections;
use crate::unopened::Unopened;
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The database in the data directory.
const DATABASE: &str = "doorward.db";

/// A server without its listener.
pub(crate) struct Application {
    /// The core.
    pub(crate) core: Core,
    /// What it calls.
    pub(crate) ports: Arc<CorePorts>,
    /// What loads its plugins.
    pub(crate) loader: Loader,
    /// The store, to be closed at the end.
    pub(crate) records: Arc<SqliteRecords>,
    /// The keys, to be rotated in the background.
    pub(crate) keys: Arc<Keyring>,
    /// Mail, to be finished at the end.
    pub(crate) mailer: Mailer,
}

impl Application {
    /// Opens store and keys in the data directory, loads core, policy and plugins, and has the core check the
    /// configuration.
    ///
    /// # Errors
    /// What does not open, load or pass the checks, with its place.
    pub(crate) async fn open(
        config: &Config,
        sealing_key: SealingKey,
        mailer: Mailer,
    ) -> anyhow::Result<Self> {
        let (records, keys) = open_store(config, sealing_key)?;
        let runtime = start_runtime(config, Some(&config.cache_directory()))?;
        let core = load_core(&runtime, config)?;
        let store: Arc<dyn Store> = Arc::<SqliteRecords>::clone(&records);
        let passwords = Arc::new(Passwords::new(&config.document.passwords.options())?);
        let mail = !matches!(mailer, Mailer::None);
        let outbound = Arc::new(outbound(config)?);
        let services = Services {
            records: Arc::clone(&store),
            keys: Some(Arc::clone(&keys)),
            passwords,
            mailer: mailer.clone(),
            outbound: Arc::clone(&outbound),
        };
        let policy = load_policy(&runtime, config)?;
        let loader = Loader {
            runtime: Arc::new(runtime),
            services: Arc::new(services),
            mail,
        };
        let plugins = loader.all(config).await?;
        let unchecked = CorePorts {
            records: store,
            keys: Some(Arc::clone(&keys)),
            sections: Sections::default(),
            plugins: Arc::new(plugins),
            policy: Arc::new(policy),
            outbound,
        };
        let ports = declared::check(&core, unchecked, config).await?;
        Ok(Self {
            core,
            ports: Arc::new(ports),
            loader,
            records,
            keys,
            mailer,
        })
    }

    /// Runs one command of the operator.
    ///
    /// # Errors
    /// The core's refusal, in its own words.
    pub(crate) async fn administer(
        &self,
        command: &serde_json::Value,
    ) -> anyhow::Result<serde_json::Value> {
        let answered = self
            .core
            .administer(&self.ports, &command.to_string())
            .await;
        match answered.map_err(|fault| anyhow::anyhow!("the core did not answer: {fault}"))? {
            Ok(answer) => serde_json::from_str(&answer).context("the core's answer is no JSON"),
            Err(AdministrationFailure::Refused(reason)) => bail!(reason),
            Err(AdministrationFailure::Absent) => bail!("there is no such thing"),
            Err(AdministrationFailure::Unavailable(reason)) => {
                bail!("not possible right now: {reason}")
            }
        }
    }

    /// Finishes what is still to be written.
    pub(crate) async fn close(self) {
        self.records.close().await;
    }
}

/// Checks a configuration as `open` does, without a store: nothing is created or changed, but in a `cache` that is there. `mail` says whether there is a way
/// to send mail. Returns the sections that the core reads.
///
/// # Errors
/// As [`Application::open`].
pub(crate) async fn check(config: &Config, mail: bool) -> anyhow::Result<Sections> {
    // Compiling is most of the work: what a server compiled before is good here too.
    let cache = config.document.cache.as_ref();
    let cache = cache.map(|cache| config.path(cache));
    let runtime = start_runtime(config, cache.as_deref().filter(|cache| cache.is_dir()))?;
    let core = load_core(&runtime, config)?;
    let store: Arc<dyn Store> = Arc::new(Unopened);
    let passwords = Arc::new(Passwords::new(&config.document.passwords.options())?);
    let outbound = Arc::new(outbound(config)?);
    let services = Services {
        records: Arc::clone(&store),
        keys: None,
        passwords,
        mailer: Mailer::None,
        outbound: Arc::clone(&outbound),
    };
    let policy = load_policy(&runtime, config)?;
    let loader = Loader {
        runtime: Arc::new(runtime),
        services: Arc::new(services),
        mail,
    };
    let plugins = loader.all(config).await?;
    let (plugins, policy) = (Arc::new(plugins), Arc::new(policy));
    let unchecked = CorePorts {
        records: store,
        keys: None,
        sections: Sections::default(),
        plugins,
        policy,
        outbound,
    };
    Ok(declared::check(&core, unchecked, config).await?.sections)
}

/// The database of a configuration.
pub(crate) fn database(config: &Config) -> PathBuf {
    config.data_directory().join(DATABASE)
}

/// How the keys of a configuration are rotated.
pub(crate) fn key_options(config: &Config) -> KeyOptions {
    let (keys, default) = (&config.document.keys, KeyOptions::default());
    KeyOptions {
        algorithms: keys.algorithms.clone().unwrap_or(default.algorithms),
        rotation_days: keys.rotation_days.unwrap_or(default.rotation_days),
        publish_lead_s: keys
            .publish_lead_s
            .map_or(default.publish_lead_s, u64::from),
        ..default
    }
}

fn open_store(
    config: &Config,
    sealing_key: SealingKey,
) -> anyhow::Result<(Arc<SqliteRecords>, Arc<Keyring>)> {
    let directory = config.data_directory();
    if !directory.is_dir() {
        bail!(
            "the data directory {} is not there: create it (mkdir -m 700), or set `data`",
            directory.display()
        );
    }
    let path = database(config);
    let records = SqliteRecords::open(&path, SqliteOptions::default())?;
    let keys = Keyring::open(&path, sealing_key, key_options(config))?;
    Ok((records, keys))
}

/// Where requests may go: of `[dev.resolve]` only in development.
fn outbound(config: &Config) -> anyhow::Result<Outbound> {
    let outbound = &config.document.outbound;
    let ca = outbound.ca.as_ref().map(|file| config.path(file));
    Outbound::new(outbound.allow.clone(), config.resolve(), ca.as_deref())
}

fn start_runtime(config: &Config, cache: Option<&Path>) -> anyhow::Result<Runtime> {
    let largest = config
        .document
        .provider
        .iter()
        .filter_map(|provider| provider.memory_bytes)
        .max();
    let limits = &config.document.limits;
    limits
        .check()
        .map_err(|problem| ConfigError::entry("[limits]", problem))?;
    let pool = limits.pool(largest.unwrap_or(0).max(limits.provider_memory_bytes));
    Runtime::start(pool, cache).map_err(|error| {
        anyhow::anyhow!("cannot set memory aside ({error:#}): lower limits.concurrent_requests, or raise `ulimit -v`")
    })
}

fn load_core(runtime: &Runtime, config: &Config) -> anyhow::Result<Core> {
    let core = Core::load(runtime, embedded::CORE, config.document.limits.core());
    core.map_err(|error| anyhow::anyhow!("cannot load the core: {error:#}"))
}

fn load_policy(runtime: &Runtime, config: &Config) -> anyhow::Result<Policy> {
    let policy = Policy::load(
        runtime,
        embedded::BASELINE_POLICY,
        config.document.limits.policy(),
    );
    policy.map_err(|error| anyhow::anyhow!("cannot load the policy: {error:#}"))
}
