//! `register`: address and new password, a code by mail, and only then an account.
//!
//! 1. the form is well-formed
//! 2. the limits allow a mail, which is counted
//! 3. the password is hashed
//! 4. the hash waits in the record of the code, and becomes an account with the right code. If
//!    there is an account already, the mail says so instead of carrying a code; all else is the
//!    same.

use doorward_provider::codes::{Kind, Pending, Resent, Verdict};
use doorward_provider::email::EmailAddress;
use doorward_provider::services::{Level, event};
use doorward_provider::{Answer, Failure, Severity};
use serde::{Deserialize, Serialize};

use crate::account::Account;
use crate::texts;
use crate::{Answered, State, Visited, codes, letters, pages, unchanged};

const PURPOSE: &str = "register";

/// What waits for the code.
#[derive(Serialize, Deserialize)]
struct Application {
    phc: String,
}

pub(crate) fn register(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let Some(address) = EmailAddress::parse(visit.form("email").unwrap_or_default()) else {
        let page = pages::register(visit, None, Some(pages::not_an_address()), None);
        return Ok(unchanged(visit, page));
    };
    let password = match pages::new_password(visit, &address) {
        Ok(password) => password,
        Err(error) => {
            return Ok(unchanged(
                visit,
                pages::register(visit, Some(&address), None, Some(error)),
            ));
        }
    };
    let codes = codes(visit, PURPOSE);
    let admission = codes.admit(&address)?;
    let application = Application {
        phc: services.hash(password.as_bytes())?,
    };
    let kind = if Account::read(services, &address)?.is_none() {
        Kind::Code
    } else {
        Kind::Note
    };
    let pending = codes.send(admission, kind, &application, |code| {
        letters::register(visit, code)
    })?;
    Ok(Answer::page(code_page(visit, &pending, None)).remember(State::Register(pending)))
}

pub(crate) fn verify(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let Some(State::Register(pending)) = visit.state() else {
        return Ok(expired(visit));
    };
    let given = visit.form("code").unwrap_or_default();
    let proven = match codes(visit, PURPOSE).check::<Application>(pending, given)? {
        Verdict::Right(proven) => proven,
        Verdict::Gone => return Ok(expired(visit)),
        wrong => {
            let page = code_page(visit, pending, pages::code_error(&wrong));
            return Ok(unchanged(visit, page));
        }
    };
    let (address, application) = proven.into_parts();
    let Some(account) = Account::create(services, address.clone(), application.phc)? else {
        // Two registrations of one address at the same time: the other was completed first. Whoever reads this has
        // proved the address, so they may know.
        let exists = texts::text("register.exists");
        return Ok(Answer::page(
            pages::sign_in(Some(&address), None).message(Severity::Info, exists),
        ));
    };
    event(
        services,
        Level::Info,
        "password.registered",
        &[("subject", &account.subject)],
    );
    Ok(Answer::authenticated(account.identity().amr(["pwd"])))
}

pub(crate) fn resend(visit: &Visited<'_>) -> Answered {
    let Some(State::Register(pending)) = visit.state() else {
        return Ok(expired(visit));
    };
    let resent = again(visit, pending)?;
    if resent == Resent::Gone {
        return Ok(expired(visit));
    }
    Ok(unchanged(
        visit,
        pages::after_resend(code_page(visit, pending, None), resent),
    ))
}

fn again(visit: &Visited<'_>, pending: &Pending) -> Result<Resent, Failure> {
    codes(visit, PURPOSE).resend::<Application>(pending, |code| letters::register(visit, code))
}

fn code_page(
    visit: &Visited<'_>,
    pending: &Pending,
    error: Option<doorward_provider::Text>,
) -> doorward_provider::Page {
    pages::code(visit, "register", pending.address(), error)
}

/// Leaves the sign-in as it was: the person may just have gone back too far.
fn expired(visit: &Visited<'_>) -> Answer<State> {
    unchanged(
        visit,
        pages::register(visit, None, None, None).message(Severity::Error, pages::start_again()),
    )
}
