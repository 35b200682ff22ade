//! Looking after what there is: all of it by a right code, of the app or a recovery code.

use doorward_provider::services::{Level, event};
use doorward_provider::{Answer, Failure, Text};

use crate::enrolment::Enrolment;
use crate::key::Sealed;
use crate::proof::{self, Verdict};
use crate::{Answered, Visited, account, enroll, pages, recovery};

/// What there is, or a new key if there is nothing.
pub(crate) fn begin(visit: &Visited<'_>) -> Answered {
    overview(visit, None)
}

fn overview(visit: &Visited<'_>, error: Option<Text>) -> Answered {
    match Enrolment::of(visit.services(), &account(visit)?.id)? {
        Some(enrolment) => Ok(Answer::page(pages::manage(&enrolment, error))),
        None => enroll::begin(visit),
    }
}

/// Does what a button says.
pub(crate) fn manage(visit: &Visited<'_>, action: &str) -> Answered {
    match action {
        "done" => Ok(Answer::managed(false)),
        "recovery" | "replace" | "remove" => match proven(visit)? {
            Ok(old) => act(visit, action, old),
            Err(Some(error)) => overview(visit, Some(error)),
            Err(None) => begin(visit),
        },
        _ => Err(Failure::BadRequest("unknown action".to_owned())),
    }
}

/// The key that a right code was given for; or what was wrong with it, if there is one at all.
fn proven(visit: &Visited<'_>) -> Result<Result<Sealed, Option<Text>>, Failure> {
    let account = &account(visit)?.id;
    let Some(before) = Enrolment::of(visit.services(), account)? else {
        return Ok(Err(None));
    };
    let verdict = proof::check(visit, account, visit.form("code").unwrap_or_default())?;
    Ok(match verdict {
        Verdict::Right => Ok(before.key),
        Verdict::Unenrolled => Err(None),
        other => Err(Some(pages::wrong(other, false))),
    })
}

fn act(visit: &Visited<'_>, action: &str, old: Sealed) -> Answered {
    let services = visit.services();
    let account = &account(visit)?.id;
    match action {
        "replace" => {
            let key = Sealed::draw(services, account)?;
            enroll::show(visit, key, Some(old), None)
        }
        "remove" => {
            Enrolment::forget(services, account)?;
            event(services, Level::Info, "totp.removed", &[]);
            Ok(Answer::managed(true))
        }
        _ => {
            let codes = recovery::draw(services);
            if !Enrolment::replace_recovery(services, account, &codes)? {
                return begin(visit);
            }
            event(services, Level::Info, "totp.recovery_replaced", &[]);
            Ok(Answer::page(pages::recovery_codes("manage", codes)))
        }
    }
}
