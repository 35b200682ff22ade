//! [`Events`] over `doorward:host/events`.

use crate::bindings::doorward::host::events;
use crate::host::WitHost;
use doorward_protocol::ports::{Events, Level};

impl Events for WitHost {
    fn emit(&self, level: Level, name: &str, fields: &[(&str, &str)]) {
        let level = match level {
            Level::Info => events::Level::Info,
            Level::Warning => events::Level::Warning,
            Level::Error => events::Level::Error,
        };
        let fields = fields
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        events::emit(&events::Event {
            name: name.to_owned(),
            level,
            fields,
        });
    }
}
