//! Sign in with a passkey: Web Authentication Level 3 with discoverable credentials, and whoever uses one proves to its
//! authenticator who they are (`userVerification: required`).
//!
//! | path | asked for | GET | POST |
//! |---|---|---|---|
//! | `authorize` | sign-in | asks for any passkey | signs in |
//! | | confirm | asks for one of theirs, or `unenrolled` | confirms |
//! | | link | asks to make one | `create`, or `use` one that they made before |
//! | `enroll` | confirm | likewise | likewise |
//! | `register` | sign-in, if `allow_sign_up` | asks to make one | a new account |
//! | `manage` | manage | all of theirs | `create`, `rename`, `remove`, `done` |
//!
//! The subject, the user handle (§5.4.3) and the name of the person's record are one: the `account.id` of whoever linked it, or
//! random for who came by a passkey alone. So what somebody sets up as a second step signs them in too, and to the same account.

mod add;
mod bytes;
mod ceremony;
mod challenge;
mod credentials;
mod manage;
mod options;
mod pages;
mod settings;
mod sign_in;
#[cfg(test)]
mod tests;
mod texts;

use doorward_provider::services::{Level, event};
use doorward_provider::{
    Answer, Description, Failure, Identity, Leaver, Provider, Purpose, Services, Visit,
    export_provider,
};

use ceremony::{Refused, RelyingParty};
use challenge::Challenge;
use credentials::Credential;
pub use settings::Settings;

/// The provider.
#[derive(Debug)]
pub struct Passkey;

export_provider!(Passkey, signatures);

type Answered = Result<Answer<Challenge>, Failure>;
type Visited<'a> = Visit<'a, Passkey>;

/// Why something does not go on.
#[derive(Debug)]
enum Stop {
    /// By the rules: the person may try again.
    Refused(Refused),
    /// It cannot be known now.
    Failed(Failure),
}

impl Provider for Passkey {
    type Settings = Settings;
    type State = Challenge;

    fn describe() -> Description {
        Description::new(texts::text("label"))
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
        if let Some(subject) = &leaver.subject {
            credentials::forget(services, subject)?;
        }
        credentials::forget(services, &leaver.account_id)
    }

    fn get(visit: &Visited<'_>) -> Answered {
        match (visit.path(), visit.purpose()) {
            ("authorize", Purpose::SignIn) => sign_in::ask(visit, None),
            ("authorize", Purpose::Confirm) => sign_in::ask_to_confirm(visit, None),
            ("authorize", Purpose::Link) | ("enroll", Purpose::Confirm) => add::ask(visit, None),
            ("register", Purpose::SignIn) if visit.settings().allow_sign_up => {
                add::ask_newcomer(visit, None)
            }
            ("manage", Purpose::Manage) => manage::list(visit, None),
            _ => Err(Failure::NotFound),
        }
    }

    fn post(visit: &Visited<'_>) -> Answered {
        match (visit.path(), visit.purpose()) {
            ("authorize", Purpose::SignIn) => sign_in::sign_in(visit),
            ("authorize", Purpose::Confirm) => sign_in::confirm(visit),
            ("authorize", Purpose::Link) | ("enroll", Purpose::Confirm) => add::add(visit),
            ("register", Purpose::SignIn) if visit.settings().allow_sign_up => add::newcomer(visit),
            ("manage", Purpose::Manage) => manage::manage(visit),
            _ => Err(Failure::NotFound),
        }
    }
}

/// Who we are to the browser.
fn party(visit: &Visited<'_>) -> Result<RelyingParty, Failure> {
    RelyingParty::of(&visit.context().base_url).ok_or_else(|| {
        Failure::Unavailable(
            "passkeys need a host name, and the issuer has an IP address: use a name, on this machine `localhost`"
                .to_owned(),
        )
    })
}

/// The user handle of whoever is known.
fn handle<'a>(visit: &Visited<'a>) -> Result<&'a str, Failure> {
    let account = visit
        .account()
        .ok_or_else(|| Failure::BadRequest("nobody is known".to_owned()))?;
    let handle = account.subject.as_deref().unwrap_or(&account.id);
    if handle.is_empty() || handle.len() > 64 {
        return Err(Failure::Unavailable(
            "a handle has 1 to 64 bytes".to_owned(),
        ));
    }
    Ok(handle)
}

fn identity(handle: &str, credential: &Credential) -> Identity {
    Identity::new(handle).amr(credential.amr())
}

/// Tells the operator why a ceremony was refused.
fn log(visit: &Visited<'_>, refused: Refused) {
    let fields = [("reason", refused.as_str())];
    event(visit.services(), Level::Warning, "passkey.refused", &fields);
}
