//! `change` for whoever is signed in: the current password and a new one.
//!
//! 1. there is an account of the subject signed in
//! 2. the new password may be chosen
//! 3. the limits allow a try of the current one, which is counted like any sign-in
//! 4. it is right
//! 5. the account is still as it was read.

use doorward_provider::document::Document;
use doorward_provider::services::{Level, Verdict, event};
use doorward_provider::{Answer, Failure, Page, Purpose, Severity, Text};

use crate::account::Account;
use crate::texts;
use crate::{Answered, Visited, hint, letters, pages, rules, throttle, unchanged};

/// The first page of `change`: by the current password if somebody is signed in here, by mail otherwise.
pub(crate) fn first_page(visit: &Visited<'_>) -> Result<Page, Failure> {
    Ok(match signed_in(visit)? {
        Some(account) => pages::change(visit, &account.value.email, None),
        None => pages::reset(hint(visit).as_ref(), None),
    })
}

pub(crate) fn change(visit: &Visited<'_>) -> Answered {
    let services = visit.services();
    let Some(Document { value: account, .. }) = signed_in(visit)? else {
        let page = pages::reset(None, None).message(Severity::Error, pages::start_again());
        return Ok(unchanged(visit, page));
    };
    let refuse = |field: &'static str, error: Text| {
        Ok(unchanged(
            visit,
            pages::change(visit, &account.email, Some((field, error))),
        ))
    };
    let current = visit.form("current_password").unwrap_or_default();
    if current.is_empty() || rules::is_too_long(current) {
        return refuse("current_password", wrong());
    }
    let password = match pages::new_password(visit, &account.email) {
        Ok(password) => password,
        Err(error) => return refuse("password", error),
    };
    if password.as_bytes() == current.as_bytes() {
        return refuse("password", texts::text("password.same"));
    }
    let counted = throttle::count(visit, &account.email)?;
    let verdict = services
        .verify(current.as_bytes(), &account.phc)
        .inspect_err(|_| counted.was_not_verified(services))?;
    if verdict == Verdict::Wrong {
        event(
            services,
            Level::Warning,
            "password.refused",
            &[("reason", "wrong")],
        );
        return refuse("current_password", wrong());
    }
    counted.was_right(services);
    let phc = services.hash(password.as_bytes())?;
    let Some(changed) = Account::set_password(services, &account.email, account.version, &phc)?
    else {
        return refuse("current_password", wrong());
    };
    event(
        services,
        Level::Info,
        "password.changed",
        &[("subject", &changed.subject)],
    );
    letters::tell_of_change(visit, &changed.email);
    if visit.purpose() == Purpose::Manage {
        return Ok(Answer::managed(true));
    }
    Ok(Answer::authenticated(
        changed.identity().amr(["pwd"]).credential_changed(),
    ))
}

/// The account of whoever is signed in here.
pub(crate) fn signed_in(visit: &Visited<'_>) -> Result<Option<Document<Account>>, Failure> {
    match visit.signed_in_subject() {
        Some(subject) => Account::of_subject(visit.services(), subject),
        None => Ok(None),
    }
}

fn wrong() -> Text {
    texts::text("current_password.wrong")
}
