//! Loads the plugins that a configuration names.

use super::Plugins;
use super::plugin::{Plugin, PluginOptions};
use super::ports::Services;
use crate::config::provider::Provider;
use crate::config::{Config, ConfigError};
use crate::embedded;
use crate::engine::Runtime;
use crate::engine::sandbox::Allowance;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Largest plugin file: 32 MiB.
const PLUGIN_BYTES: u64 = 32 << 20;

/// Loads them in the operator's order. `mail` says whether there is a way to send mail: without, a plugin that sends some
/// does not load.
///
/// # Errors
/// The first that does not load, by its id.
pub(crate) async fn plugins(
    runtime: &Runtime,
    config: &Config,
    services: Arc<Services>,
    mail: bool,
) -> anyhow::Result<Plugins> {
    let mut loaded = Vec::new();
    for provider in &config.document.provider {
        let place = format!("[[provider]] {:?}", provider.id);
        let entry = |problem: String| ConfigError::entry(&place, problem);
        provider.check().map_err(entry)?;
        let wasm = bytes(config, provider).map_err(entry)?;
        let options = options(config, provider).map_err(entry)?;
        let plugin = Plugin::load(runtime, &wasm, options, Arc::clone(&services)).await;
        let plugin = plugin.map_err(|error| entry(format!("{error:#}")))?;
        if plugin.sends_mail() && !mail {
            let cure = "sends mail, and none is configured: add [mail] with from, and with host for `serve` or api for `compose`";
            return Err(entry(String::from(cure)).into());
        }
        loaded.push(plugin);
    }
    Ok(Plugins::new(loaded))
}

/// A file's bytes or a builtin's: from here on there is no difference.
///
/// # Errors
/// The file cannot be read or is too large.
pub(crate) fn bytes(config: &Config, provider: &Provider) -> Result<Cow<'static, [u8]>, String> {
    if let Some(builtin) = provider.builtin.as_deref().and_then(embedded::provider) {
        return Ok(Cow::Borrowed(builtin));
    }
    let path = config.path(provider.component.as_deref().ok_or("it has no component")?);
    let size = std::fs::metadata(&path)
        .map_err(|error| format!("{}: {error}", path.display()))?
        .len();
    if size > PLUGIN_BYTES {
        return Err(format!(
            "{} is larger than {PLUGIN_BYTES} bytes",
            path.display()
        ));
    }
    std::fs::read(&path)
        .map(Cow::Owned)
        .map_err(|error| format!("{}: {error}", path.display()))
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
