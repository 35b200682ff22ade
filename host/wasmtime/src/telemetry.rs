//! Logging: to standard error, as text or JSON.

use crate::config::document::{Log, LogFormat};
use std::io::IsTerminal as _;
use tracing_subscriber::EnvFilter;

/// The variable that goes before the configuration.
const VARIABLE: &str = "DOORWARD_LOG";

/// Starts logging. Without a configured level, `default` holds.
///
/// # Errors
/// The filter is malformed.
pub(crate) fn start(log: &Log, default: &str) -> anyhow::Result<()> {
    let directives = std::env::var(VARIABLE)
        .ok()
        .or_else(|| log.level.clone())
        .unwrap_or_else(|| default.to_owned());
    let filter = EnvFilter::try_new(&directives)
        .map_err(|error| anyhow::anyhow!("log.level {directives:?} is no filter: {error}"))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    let started = match log.format {
        LogFormat::Text => builder
            .with_ansi(std::io::stderr().is_terminal())
            .try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("logging does not start: {error}"))
}
