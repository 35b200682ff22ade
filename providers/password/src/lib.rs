//! Sign in by e-mail address and password.
//!
//! | path | GET | POST (`action`) |
//! |---|---|---|
//! | `authorize` | address and password | signs in |
//! | `register` | address and new password | `register` mails a code, `verify` creates the account, `resend` |
//! | `change`, signed in | current and new password | `change`; or `code` as below |
//! | `change` | address | `code` mails a code, `verify` takes it, `update` sets the new password, `resend` |
//!
//! No answer tells whether an account exists, neither by what it says nor by the work that it takes: an unknown address
//! gets a mail as well (that there is no account, or that there is one already), the same records are written, and a
//! password is verified against a hash that nobody knows the password of. The owner of the address learns it, nobody else.

mod account;
mod change;
mod letters;
mod pages;
mod register;
mod reset;
mod rules;
mod settings;
mod sign_in;
#[cfg(test)]
mod tests;
mod texts;
mod throttle;

use doorward_provider::codes::{Codes, Pending};
use doorward_provider::email::EmailAddress;
use doorward_provider::{
    Answer, Description, Failure, Leaver, Provider, Services, Visit, export_provider,
};
use serde::{Deserialize, Serialize};

use account::Account;
pub use settings::{Settings, SignInLimits};

/// The provider.
#[derive(Debug)]
pub struct Password;

export_provider!(Password);

/// What is under way in one sign-in. Passwords are not part of it, not even hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// A code to create an account was sent.
    Register(Pending),
    /// A code to reset a password was sent.
    Reset(Pending),
    /// The code to reset a password was right; the new one may be chosen.
    Update(reset::Ticket),
}

type Answered = Result<Answer<State>, Failure>;
type Visited<'a> = Visit<'a, Password>;

impl Provider for Password {
    type Settings = Settings;
    type State = State;

    fn describe() -> Description {
        Description::new(texts::text("label"))
            .manage(texts::text("manage.label"))
            .texts_of(&texts::TEXTS)
            .settings_schema(settings::schema())
    }

    fn texts(language: &str) -> Vec<(String, String)> {
        texts::TEXTS.of(language)
    }

    fn forget(
        services: &dyn Services,
        _settings: &Settings,
        leaver: &Leaver,
    ) -> Result<(), Failure> {
        match &leaver.subject {
            Some(subject) => Account::forget(services, subject),
            None => Ok(()),
        }
    }

    /// Shows the first form of a path. What is under way stays so: the person may go back to its page.
    fn get(visit: &Visited<'_>) -> Answered {
        let page = match visit.path() {
            "authorize" => pages::sign_in(hint(visit).as_ref(), None),
            "register" => pages::register(visit, hint(visit).as_ref(), None, None),
            "change" | "manage" => change::first_page(visit)?,
            _ => return Err(Failure::NotFound),
        };
        Ok(Answer::page(page).keep(visit.state().cloned()))
    }

    fn post(visit: &Visited<'_>) -> Answered {
        match (visit.path(), visit.form("action")) {
            ("authorize", _) => sign_in::sign_in(visit),
            ("register", Some("register")) => register::register(visit),
            ("register", Some("verify")) => register::verify(visit),
            ("register", Some("resend")) => register::resend(visit),
            ("change", Some("change")) => change::change(visit),
            ("change", Some("code")) => reset::code(visit),
            ("change", Some("verify")) => reset::verify(visit),
            ("change", Some("resend")) => reset::resend(visit),
            ("change", Some("update")) => reset::update(visit),
            ("register" | "change", _) => Err(Failure::BadRequest("unknown action".to_owned())),
            _ => Err(Failure::NotFound),
        }
    }
}

/// Shows `page` and leaves the sign-in as it was.
fn unchanged(visit: &Visited<'_>, page: doorward_provider::Page) -> Answer<State> {
    Answer::page(page).keep(visit.state().cloned())
}

/// The address that the application suggests, if it is one.
fn hint(visit: &Visited<'_>) -> Option<EmailAddress> {
    visit
        .context()
        .login_hint
        .as_deref()
        .and_then(EmailAddress::parse)
}

fn codes<'a>(visit: &Visited<'a>, purpose: &'static str) -> Codes<'a> {
    Codes::new(
        visit.services(),
        purpose,
        visit.settings().codes,
        visit.network(),
    )
}
