//! The operator's way in: `doorward:host/administration`.

use crate::Component;
use crate::bindings::exports::doorward::host::administration::{Failure, Guest};
use crate::host::WitHost;
use crate::pages;
use doorward_protocol::administration;
use doorward_protocol::settings::Theme;
use serde::Deserialize;

impl Guest for Component {
    fn run(command: String) -> Result<String, Failure> {
        let answer = administration::run(&command, &WitHost).map_err(failure)?;
        if let Some(theme) = checked_theme(&command, &answer) {
            // Which texts there are is known here only.
            pages::check_texts(&theme, &WitHost).map_err(Failure::Refused)?;
        }
        Ok(answer)
    }
}

/// The theme that a `theme.check` was about.
fn checked_theme(command: &str, answer: &str) -> Option<Theme> {
    #[derive(Deserialize)]
    struct Asked<'a> {
        command: &'a str,
    }
    #[derive(Deserialize)]
    struct Checked {
        theme: Theme,
    }
    let asked: Asked<'_> = serde_json::from_str(command).ok()?;
    if asked.command != "theme.check" {
        return None;
    }
    let checked: Checked = serde_json::from_str(answer).ok()?;
    Some(checked.theme)
}

fn failure(failure: administration::Failure) -> Failure {
    match failure {
        administration::Failure::Refused(why) => Failure::Refused(why),
        administration::Failure::Absent => Failure::Absent,
        administration::Failure::Unavailable(why) => Failure::Unavailable(why),
    }
}
