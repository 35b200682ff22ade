//! Audit events of the core and of plugins, as structured log lines.

use crate::engine::bindings::core::doorward::host::events::{Event, Level};

/// The target of these lines, for filters: `doorward::audit`.
pub(crate) const TARGET: &str = "doorward::audit";

/// Writes one event. `source` is `core`, or the id of a provider.
pub(crate) fn emit(source: &str, event: &Event) {
    match event.level {
        Level::Info if tracing::enabled!(target: TARGET, tracing::Level::INFO) => {
            tracing::info!(target: TARGET, source, event = %event.name, "{}", Fields(&event.fields));
        }
        Level::Info => {}
        Level::Warning => {
            tracing::warn!(target: TARGET, source, event = %event.name, "{}", Fields(&event.fields));
        }
        Level::Error => {
            tracing::error!(target: TARGET, source, event = %event.name, "{}", Fields(&event.fields));
        }
    }
}

/// The details of an event as one JSON object: their names are not known when the program is built, which is what
/// tracing's own fields would need. JSON also keeps line breaks in a value from starting a line of the log.
struct Fields<'a>(&'a [(String, String)]);

impl std::fmt::Display for Fields<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("{")?;
        for (index, (name, value)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let name = serde_json::Value::String(name.clone());
            let value = serde_json::Value::String(value.clone());
            write!(formatter, "{comma}{name}:{value}")?;
        }
        formatter.write_str("}")
    }
}
