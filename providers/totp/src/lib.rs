//! Confirms who somebody is by the one-time codes of an authenticator app (RFC 6238), or by a recovery code. It is no way in: it is
//! asked about people whom another provider found, and keeps what it has under the id that the core gives their account.
//!
//! | path | asked for | GET | POST (`action`) |
//! |---|---|---|---|
//! | `authorize` | confirm | asks for a code, or `unenrolled` | confirms |
//! | `recovery` | confirm | asks for a recovery code | |
//! | `enroll` | confirm | shows a new key | `enroll` takes a code of it, then `done` confirms |
//! | `manage` | manage | shows a new key, or what there is | `enroll`; `recovery`, `replace`, `remove` with a right code; `done` |
//!
//! A key counts once a code of it was right. Who has one gets no other but for a right code, so that whoever has the first factor alone
//! sets up nothing.

mod confirm;
mod enroll;
mod enrolment;
mod key;
mod manage;
mod otp;
mod pages;
mod proof;
mod recovery;
mod settings;
#[cfg(test)]
mod tests;
mod texts;

use doorward_provider::{
    Account, Answer, Description, Failure, Identity, Leaver, Provider, Purpose, Services, Visit,
    export_provider,
};
use serde::{Deserialize, Serialize};

use enrolment::Enrolment;
use key::Sealed;
pub use settings::Settings;

/// The provider.
#[derive(Debug)]
pub struct Totp;

export_provider!(Totp);

/// What is under way in one sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// A key was shown.
    Shown {
        /// It.
        key: Sealed,
        /// What it is to replace: the code of that one was right.
        instead_of: Option<Sealed>,
    },
    /// A code of the first key was right, and the recovery codes are being written down.
    Enrolled,
}

type Answered = Result<Answer<State>, Failure>;
type Visited<'a> = Visit<'a, Totp>;

impl Provider for Totp {
    type Settings = Settings;
    type State = State;

    fn describe() -> Description {
        Description::new(texts::text("label"))
            .purposes([Purpose::Confirm])
            .manage(texts::text("manage.label"))
            .texts_of(&texts::TEXTS)
            .settings_schema(settings::SCHEMA)
    }

    fn texts(language: &str) -> Vec<(String, String)> {
        texts::TEXTS.of(language)
    }

    fn forget(
        services: &dyn Services,
        _settings: &Settings,
        leaver: &Leaver,
    ) -> Result<(), Failure> {
        Enrolment::forget(services, &leaver.account_id)
    }

    fn get(visit: &Visited<'_>) -> Answered {
        match (visit.path(), visit.purpose()) {
            ("authorize", Purpose::Confirm) => confirm::ask(visit, None),
            ("recovery", Purpose::Confirm) => confirm::ask_for_recovery(visit, None),
            ("enroll", Purpose::Confirm) => enroll::begin(visit),
            ("manage", Purpose::Manage) => manage::begin(visit),
            _ => Err(Failure::NotFound),
        }
    }

    fn post(visit: &Visited<'_>) -> Answered {
        match (visit.path(), visit.purpose(), visit.form("action")) {
            ("authorize", Purpose::Confirm, _) => confirm::confirm(visit),
            ("enroll", Purpose::Confirm, Some("enroll"))
            | ("manage", Purpose::Manage, Some("enroll")) => enroll::enroll(visit),
            ("enroll", Purpose::Confirm, Some("done")) => enroll::done(visit),
            ("manage", Purpose::Manage, Some(action)) => manage::manage(visit, action),
            ("enroll", Purpose::Confirm, _) | ("manage", Purpose::Manage, _) => {
                Err(Failure::BadRequest("unknown action".to_owned()))
            }
            _ => Err(Failure::NotFound),
        }
    }
}

/// Whoever it is about.
fn account<'a>(visit: &Visited<'a>) -> Result<&'a Account, Failure> {
    visit
        .account()
        .ok_or_else(|| Failure::BadRequest("nobody is known".to_owned()))
}

/// It is still them.
fn confirmed(account: &Account) -> Answer<State> {
    Answer::authenticated(Identity::new(account.id.as_str()).amr(["otp"]))
}
