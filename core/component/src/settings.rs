//! [`Settings`] over `doorward:host/settings`.

use crate::bindings::doorward::host::settings;
use crate::host::WitHost;
use doorward_protocol::ports::Settings;

impl Settings for WitHost {
    fn section(&self, name: &str) -> Option<String> {
        settings::section(name)
    }
}
