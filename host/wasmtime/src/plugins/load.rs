//! Loads the plugins that a configuration names.

use super::Plugins;
use super::plugin::{Plugin, PluginOptions};
use super::ports::Services;
use crate::config::provider::Provider;
use crate::config::{Config, ConfigError};
use crate::embedded;
use crate::engine::Runtime;
use crate::engine::sandbox::Allowance;
use doorward_plugins::PLUGIN_BYTES;
use doorward_plugins::digest::digest;
use doorward_plugins::lock::Lock;
use doorward_plugins::signature::{self, Key};
use std::borrow::Cow;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What a configuration lets in: its lockfile, and the keys that it trusts.
pub(crate) struct Admission {
    lock: Lock,
    keys: Vec<Key>,
    signed: bool,
    /// In development what is not let in is loaded all the same, and the log says so.
    development: bool,
}

impl Admission {
    /// That of a configuration.
    ///
    /// # Errors
    /// The lockfile is there and cannot be read.
    pub(crate) fn of(config: &Config) -> Result<Self, ConfigError> {
        let lock = Lock::load(&config.base)
            .map_err(|problem| ConfigError::entry(doorward_plugins::lock::FILE, problem))?;
        let plugins = &config.document.plugins;
        Ok(Self {
            lock,
            keys: plugins.keys()?,
            signed: plugins.require_signatures,
            development: config.development,
        })
    }

    /// Whether these bytes may run. Builtins came with the program.
    fn check(&self, config: &Config, provider: &Provider, wasm: &[u8]) -> Result<(), String> {
        let Some(component) = &provider.component else {
            return Ok(());
        };
        let file = config.path(component);
        match self.admits(&provider.id, &file, wasm) {
            Err(problem) if self.development => {
                tracing::warn!(provider = %provider.id, "`doorward serve` would refuse it: {problem}");
                Ok(())
            }
            checked => checked,
        }
    }

    /// It is what was let in, and signed by whom the configuration trusts now.
    fn admits(&self, id: &str, file: &Path, wasm: &[u8]) -> Result<(), String> {
        let mismatch = self.lock.check(id, file, wasm);
        mismatch.map_err(|mismatch| mismatch.to_string())?;
        if !self.signed {
            return Ok(());
        }
        let named = |problem: String| format!("{}: {problem}", file.display());
        let Some(signature) = signature::of(file)? else {
            return Err(named(unsigned(file)));
        };
        let signer = signature::verify(wasm, &signature, &self.keys);
        signer.map(drop).map_err(named)
    }
}

/// What is wrong with a plugin that is not signed but must be.
pub(crate) fn unsigned(file: &Path) -> String {
    format!(
        "it is not signed: there is no {}, and `require_signatures` of [plugins] or a --key asks for one",
        signature::beside(file).display()
    )
}

/// What plugins are loaded with, at the start and again later.
#[derive(Clone)]
pub(crate) struct Loader {
    /// The engine.
    pub(crate) runtime: Arc<Runtime>,
    /// What they may call.
    pub(crate) services: Arc<Services>,
    /// Whether there is a way to send mail: without, a plugin that sends some does not load.
    pub(crate) mail: bool,
}

/// A plugin that did not load.
pub(crate) struct Failed {
    /// Its id.
    pub(crate) id: String,
    /// SHA-256 of its bytes, if there were any.
    pub(crate) sha256: Option<String>,
    /// Why.
    pub(crate) reason: String,
}

impl Loader {
    /// Loads the plugins of a configuration, in the operator's order.
    ///
    /// # Errors
    /// The first that does not load, by its id.
    pub(crate) async fn all(&self, config: &Config) -> anyhow::Result<Plugins> {
        let admission = Admission::of(config)?;
        let mut loaded = Vec::new();
        for provider in &config.document.provider {
            let plugin = self.one(config, &admission, provider, None).await;
            let place = format!("[[provider]] {:?}", provider.id);
            loaded.push(plugin.map_err(|failed| ConfigError::entry(&place, failed.reason))?);
        }
        Ok(Plugins::new(loaded))
    }

    /// Loads them anew. Those that are as they were stay; of those that do not load stays what is `running`.
    ///
    /// # Errors
    /// The lockfile cannot be read.
    pub(crate) async fn again(
        &self,
        config: &Config,
        running: &Plugins,
    ) -> anyhow::Result<(Plugins, Vec<Failed>)> {
        let admission = Admission::of(config)?;
        let (mut loaded, mut failures) = (Vec::new(), Vec::new());
        for provider in &config.document.provider {
            let old = running.find(&provider.id);
            match self.one(config, &admission, provider, old).await {
                Ok(plugin) => loaded.push(plugin),
                Err(failed) => {
                    failures.push(failed);
                    loaded.extend(old.map(Arc::clone));
                }
            }
        }
        Ok((Plugins::new(loaded), failures))
    }

    /// Loads one, or takes what runs if that is the same.
    async fn one(
        &self,
        config: &Config,
        admission: &Admission,
        provider: &Provider,
        old: Option<&Arc<Plugin>>,
    ) -> Result<Arc<Plugin>, Failed> {
        let failed = |sha256: Option<&str>, reason: String| Failed {
            id: provider.id.clone(),
            sha256: sha256.map(str::to_owned),
            reason,
        };
        provider.check().map_err(|reason| failed(None, reason))?;
        let wasm = find(config, provider).map_err(|reason| failed(None, reason))?;
        let sha256 = digest(&wasm);
        let known = |reason| failed(Some(&sha256), reason);
        admission.check(config, provider, &wasm).map_err(known)?;
        let options = options(config, provider).map_err(known)?;
        if let Some(old) = old.filter(|old| old.is(&sha256, &options)) {
            return Ok(Arc::clone(old));
        }
        let services = Arc::clone(&self.services);
        let plugin = Plugin::load(&self.runtime, &wasm, options, services).await;
        let plugin = plugin.map_err(|error| known(format!("{error:#}")))?;
        if plugin.sends_mail() && !self.mail {
            let cure = "sends mail, and none is configured: add [mail] with from, and with host for `serve` or api for `compose`";
            return Err(known(String::from(cure)));
        }
        Ok(Arc::new(plugin))
    }
}

/// The bytes of a plugin that was let in, or of a builtin: from here on there is no difference.
///
/// # Errors
/// The file cannot be read, is too large, or is not what was let in.
pub(crate) fn bytes(
    config: &Config,
    admission: &Admission,
    provider: &Provider,
) -> Result<Cow<'static, [u8]>, String> {
    let wasm = find(config, provider)?;
    admission.check(config, provider, &wasm)?;
    Ok(wasm)
}

fn find(config: &Config, provider: &Provider) -> Result<Cow<'static, [u8]>, String> {
    if let Some(builtin) = provider.builtin.as_deref().and_then(embedded::provider) {
        return Ok(Cow::Borrowed(builtin));
    }
    let component = provider.component.as_deref();
    read(&config.path(component.ok_or("it has no component")?)).map(Cow::Owned)
}

/// Reads the file of a plugin.
///
/// # Errors
/// It cannot be read, or is too large.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, String> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    let file = std::fs::File::open(path).map_err(named)?;
    let mut wasm = Vec::new();
    file.take(PLUGIN_BYTES + 1)
        .read_to_end(&mut wasm)
        .map_err(named)?;
    if wasm.len() as u64 > PLUGIN_BYTES {
        return Err(format!(
            "{} is larger than {PLUGIN_BYTES} bytes",
            path.display()
        ));
    }
    Ok(wasm)
}

fn options(config: &Config, provider: &Provider) -> Result<PluginOptions, String> {
    let default = config.document.limits.provider();
    Ok(PluginOptions {
        id: provider.id.clone(),
        settings: provider.settings(&config.base)?,
        literal_secrets: config.development || config.document.allow_literal_secrets,
        outbound_hosts: provider.outbound_hosts.clone(),
        allowance: Allowance {
            memory_bytes: provider.memory_bytes.unwrap_or(default.memory_bytes),
            time: provider.time_ms.map_or(default.time, Duration::from_millis),
        },
    })
}
