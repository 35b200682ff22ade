//! Plugins read again while the server runs. In this order:
//!
//! 1. the `[[provider]]` entries of the configuration are read again; in `doorward dev` they stay as they are;
//! 2. what changed is loaded beside what runs, by the rules of a start: what does not pass stays out, and what ran under its
//!    id goes on;
//! 3. the core checks the configuration with them;
//! 4. requests that begin from now on find them. Those under way end with what they began with.

use super::service::Service;
use crate::config::{Config, safety};
use crate::declared;
use crate::engine::bindings::core::doorward::host::events::{Event, Level};
use crate::engine::core_ports::CorePorts;
use crate::events;
use crate::plugins::Plugins;
use crate::plugins::load::{Failed, Loader};
use crate::sections::Sections;
use anyhow::bail;
use std::sync::Arc;

/// What it takes to read plugins again.
pub(crate) struct Reload {
    /// The configuration with which the server started.
    pub(crate) config: Config,
    /// What loads plugins.
    pub(crate) loader: Loader,
    /// Where they are to be found.
    pub(crate) service: Arc<Service>,
}

impl Reload {
    /// Reads them again. Whatever goes wrong, the server goes on, and the log says so.
    pub(crate) async fn run(&self) {
        match self.replace().await {
            Ok(failures) => {
                for failed in failures {
                    emit_failure(&failed);
                }
            }
            Err(error) => emit(
                Level::Error,
                "reload_failed",
                &[("reason", &format!("{error:#}"))],
            ),
        }
    }

    async fn replace(&self) -> anyhow::Result<Vec<Failed>> {
        let config = self.current()?;
        let running = self.service.ports();
        let (plugins, failures) = self.loader.again(&config, &running.plugins).await?;
        let plugins = Arc::new(plugins);
        let unchecked = CorePorts {
            sections: Sections::default(),
            plugins: Arc::clone(&plugins),
            ..declared::copy(&running)
        };
        declared::check(&self.service.core, unchecked, &config).await?;
        emit_changes(&running.plugins, &plugins);
        self.service.replace_ports(Arc::new(CorePorts {
            plugins,
            ..declared::copy(&running)
        }));
        Ok(failures)
    }

    /// The configuration of the start, with the providers of now.
    fn current(&self) -> anyhow::Result<Config> {
        let mut config = self.config.clone();
        let Some(file) = config.file.as_deref().filter(|_| !config.development) else {
            return Ok(config);
        };
        config.document.provider = Config::load(file)?.document.provider;
        if let Some(refusal) = safety::providers(&config).into_iter().next() {
            bail!(refusal);
        }
        Ok(config)
    }
}

fn emit_changes(before: &Plugins, after: &Plugins) {
    for listed in after.list() {
        let Some(plugin) = after.find(&listed.id) else {
            continue;
        };
        let same = before.find(&listed.id);
        if same.is_none_or(|old| !Arc::ptr_eq(old, plugin)) {
            let fields = [("provider", plugin.id()), ("sha256", plugin.sha256())];
            emit(Level::Info, "reloaded", &fields);
        }
    }
    for listed in before.list() {
        if after.find(&listed.id).is_none() {
            emit(Level::Info, "taken_out", &[("provider", &listed.id)]);
        }
    }
}

fn emit_failure(failed: &Failed) {
    let mut fields = vec![("provider", failed.id.as_str())];
    fields.extend(failed.sha256.as_deref().map(|sha256| ("sha256", sha256)));
    fields.push(("reason", &failed.reason));
    emit(Level::Error, "reload_failed", &fields);
}

fn emit(level: Level, name: &str, fields: &[(&str, &str)]) {
    let fields = fields.iter();
    let event = Event {
        level,
        name: format!("provider.{name}"),
        fields: fields
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
    };
    events::emit("host", &event);
}
