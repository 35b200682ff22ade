//! Setting up an app: a key is shown, and counts once a code of it is right.

use doorward_provider::services::{Level, event};
use doorward_provider::{Answer, Purpose, Severity, Text};

use crate::enrolment::Enrolment;
use crate::key::Sealed;
use crate::otp::{self, Checked};
use crate::{
    Answered, State, Visited, account, confirm, confirmed, manage, pages, proof, recovery,
};

/// Shows a new key to whoever has none.
pub(crate) fn begin(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let account = account(visit)?;
    if Enrolment::of(services, &account.id)?.is_some() {
        return already(visit);
    }
    let key = Sealed::draw(services, &account.id)?;
    show(visit, key, None, None)
}

/// Shows a key.
pub(crate) fn show(
    visit: &Visited<'_>,
    key: Sealed,
    instead_of: Option<Sealed>,
    error: Option<Text>,
) -> Answered {
    let clear = key.open(visit.services(), &account(visit)?.id)?;
    let page = pages::enroll(visit, account(visit)?, &clear, error);
    Ok(Answer::page(page).remember(State::Shown { key, instead_of }))
}

/// They have one: it is asked for.
fn already(visit: &Visited<'_>) -> Answered {
    match visit.purpose() {
        Purpose::Manage => manage::begin(visit),
        _ => confirm::ask(visit, None),
    }
}

/// Takes a code of the key that was shown.
pub(crate) fn enroll(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let account = account(visit)?;
    let Some(State::Shown { key, instead_of }) = visit.state() else {
        return begin(visit);
    };
    let again = |error| show(visit, key.clone(), instead_of.clone(), Some(error));
    let Some(code) = proof::six_digits(visit.form("code").unwrap_or_default()) else {
        return again(pages::malformed());
    };
    // Tries are not counted: whoever is here sees the key.
    let clear = key.open(services, &account.id)?;
    let Checked::Right(step) = otp::check(clear.bytes(), services.now(), None, &code) else {
        return again(pages::wrong_at_first());
    };
    if let Some(old) = instead_of {
        if !Enrolment::replace_key(services, &account.id, old, key, step)? {
            return already(visit);
        }
        event(services, Level::Info, "totp.replaced", &[]);
        return Ok(Answer::managed(true));
    }
    let codes = recovery::draw(services);
    if !Enrolment::create(services, &account.id, key.clone(), step, &codes)? {
        return already(visit);
    }
    event(services, Level::Info, "totp.enrolled", &[]);
    let page =
        pages::recovery_codes(visit.path(), codes).message(Severity::Success, pages::enrolled());
    Ok(Answer::page(page).remember(State::Enrolled))
}

/// The recovery codes are written down: the code that was right a moment ago confirms.
pub(crate) fn done(visit: &Visited<'_>) -> Answered {
    match visit.state() {
        Some(State::Enrolled) => Ok(confirmed(account(visit)?)),
        _ => begin(visit),
    }
}
