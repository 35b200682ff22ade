//! Confirming by a code.

use doorward_provider::{Answer, Text};

use crate::enrolment::Enrolment;
use crate::proof::{self, Verdict};
use crate::{Answered, Visited, account, confirmed, pages};

/// Asks for a code, or says that there is nothing to confirm by.
pub(crate) fn ask(visit: &Visited<'_>, error: Option<Text>) -> Answered {
    if Enrolment::of(visit.services(), &account(visit)?.id)?.is_none() {
        return Ok(Answer::unenrolled());
    }
    Ok(Answer::page(pages::code(error)))
}

/// Asks for a recovery code.
pub(crate) fn ask_for_recovery(visit: &Visited<'_>, error: Option<Text>) -> Answered {
    if Enrolment::of(visit.services(), &account(visit)?.id)?.is_none() {
        return Ok(Answer::unenrolled());
    }
    Ok(Answer::page(pages::recovery(error)))
}

/// Confirms whoever gives a right one.
pub(crate) fn confirm(visit: &Visited<'_>) -> Answered {
    let account = account(visit)?;
    let recovers = visit.form("recovery").is_some();
    let given = visit.form("recovery").or_else(|| visit.form("code"));
    let verdict = proof::check(visit, &account.id, given.unwrap_or_default())?;
    let error = match verdict {
        Verdict::Right => return Ok(confirmed(account)),
        Verdict::Unenrolled => return Ok(Answer::unenrolled()),
        other => Some(pages::wrong(other, recovers)),
    };
    let page = if recovers {
        pages::recovery(error)
    } else {
        pages::code(error)
    };
    Ok(Answer::page(page))
}
