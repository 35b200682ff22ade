//! The mails. Each says who sent it and what to do if one did not ask for it.

use doorward_provider::Text;
use doorward_provider::codes::Letter;
use doorward_provider::email::EmailAddress;
use doorward_provider::services::{Level, event};

use crate::Visited;

/// To register: the code, or that there is an account already.
pub(crate) fn register(visit: &Visited<'_>, code: Option<&str>) -> Letter {
    match code {
        Some(code) => letter(
            visit,
            code,
            "{code} is your code for {service}",
            "{code}\n\nThis is your code to create an account at {service}. It is valid for {minutes} minutes and works \
             once, in the browser in which you asked for it.\n\nNobody from {service} will ever ask you for it. If you \
             did not ask for it, you need not do anything: without the code there will be no account.\n",
        ),
        None => letter(
            visit,
            "",
            "You already have an account at {service}",
            "Someone, probably you, wanted to create an account at {service} with this address. There is one already, \
             and it was not changed.\n\nTo use it, go back and choose \"Back to sign in\". If you do not remember your \
             password, choose \"Forgot password?\" there.\n\nIf it was not you, you need not do anything.\n",
        ),
    }
}

/// To reset a password: the code, or that there is no account.
pub(crate) fn reset(visit: &Visited<'_>, code: Option<&str>) -> Letter {
    match code {
        Some(code) => letter(
            visit,
            code,
            "{code} is your code for {service}",
            "{code}\n\nThis is your code to choose a new password at {service}. It is valid for {minutes} minutes and \
             works once, in the browser in which you asked for it.\n\nNobody from {service} will ever ask you for it. \
             If you did not ask for it, you need not do anything: your password stays as it is.\n",
        ),
        None => letter(
            visit,
            "",
            "You have no account at {service} under this address",
            "Someone, probably you, wanted to choose a new password at {service}. There is no account with this \
             address. Perhaps you used another one; or choose \"Create account\".\n\nIf it was not you, you need not do \
             anything.\n",
        ),
    }
}

/// Tells the owner that the password is another now. The change is done: if the mail fails, it stays done.
pub(crate) fn tell_of_change(visit: &Visited<'_>, address: &EmailAddress) {
    let told = letter(
        visit,
        "",
        "Your password for {service} was changed",
        "Your password for {service} was changed just now, and all other sessions were ended.\n\nIf it was not you, \
         choose \"Forgot password?\" at once to choose a new one, and look after your mailbox: whoever reads your mail \
         can do the same.\n",
    );
    if told.deliver(visit.services(), address).is_err() {
        event(
            visit.services(),
            Level::Warning,
            "password.notice_failed",
            &[],
        );
    }
}

fn letter(visit: &Visited<'_>, code: &str, subject: &str, body: &str) -> Letter {
    let minutes = visit.settings().codes.lifetime_s / 60;
    let fill = |english: &str| -> Text {
        visit
            .service_text("mail", english)
            .arg("code", code)
            .arg("minutes", minutes)
    };
    Letter::new(&fill(subject).to_english(), fill(body).to_english())
}
