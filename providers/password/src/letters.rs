//! The mails. Each says who sent it and what to do if one did not ask for it.

use doorward_provider::codes::Letter;
use doorward_provider::email::EmailAddress;
use doorward_provider::services::{Level, event};

use crate::Visited;
use crate::texts::TEXTS;

/// To register: the code, or that there is an account already.
pub(crate) fn register(visit: &Visited<'_>, code: Option<&str>) -> Letter {
    match code {
        Some(code) => letter(visit, "mail.register", code),
        None => letter(visit, "mail.exists", ""),
    }
}

/// To reset a password: the code, or that there is no account.
pub(crate) fn reset(visit: &Visited<'_>, code: Option<&str>) -> Letter {
    match code {
        Some(code) => letter(visit, "mail.reset", code),
        None => letter(visit, "mail.absent", ""),
    }
}

/// Tells the owner that the password is another now. The change is done: if the mail fails, it stays done.
pub(crate) fn tell_of_change(visit: &Visited<'_>, address: &EmailAddress) {
    let told = letter(visit, "mail.changed", "");
    if told.deliver(visit.services(), address).is_err() {
        event(
            visit.services(),
            Level::Warning,
            "password.notice_failed",
            &[],
        );
    }
}

/// The letter of this name, in the language of the pages.
fn letter(visit: &Visited<'_>, name: &str, code: &str) -> Letter {
    let context = visit.context();
    let minutes = visit.settings().codes.lifetime_s / 60;
    let say = |part: &str| {
        let text = TEXTS
            .text(&format!("{name}.{part}"))
            .arg("service", &context.service_name)
            .arg("code", code)
            .arg("minutes", minutes);
        TEXTS.say(&context.language, &text)
    };
    Letter::new(&say("subject"), say("text"))
}
