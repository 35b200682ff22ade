//! Looking after one's passkeys: one more, another name, one less.
//!
//! The last one stays: whether somebody may do without any is for their account page, which knows the other ways in.

use doorward_provider::services::{Level, event};
use doorward_provider::{Answer, Failure};

use crate::credentials::{self, Credential};
use crate::pages::{self, Notice, Trouble};
use crate::{Answered, Stop, Visited, add, handle};

/// Longest name of a passkey, characters.
pub(crate) const NAME_MAX: usize = 64;

/// All of theirs.
pub(crate) fn list(visit: &Visited<'_>, notice: Option<Notice>) -> Answered {
    let (challenge, create, theirs) = add::prepare(visit)?;
    let page = pages::manage(&theirs, create, notice);
    Ok(Answer::page(page).remember(challenge))
}

/// Does what a button says.
pub(crate) fn manage(visit: &Visited<'_>) -> Answered {
    match visit.form("action") {
        Some("create") => {
            let notice = match add::made(visit, handle(visit)?)? {
                Ok(_) => Notice::Added,
                Err(trouble) => Notice::Trouble(trouble),
            };
            list(visit, Some(notice))
        }
        Some("rename") => rename(visit),
        Some("remove") => match chosen(visit)? {
            Some(credential) => Ok(Answer::page(pages::remove(&credential))),
            None => list(visit, Some(Notice::Trouble(Trouble::Unknown))),
        },
        Some(action @ ("remove-now" | "remove-and-sign-out")) => {
            remove(visit, action == "remove-and-sign-out")
        }
        Some("done") => Ok(Answer::managed(false)),
        _ => Err(Failure::BadRequest("unknown action".to_owned())),
    }
}

/// The one of theirs that the form is about.
fn chosen(visit: &Visited<'_>) -> Result<Option<Credential>, Failure> {
    let named = visit.form("passkey").unwrap_or_default();
    let theirs = credentials::of(visit.services(), handle(visit)?)?;
    Ok(theirs.into_iter().find(|one| one.handle() == named))
}

fn rename(visit: &Visited<'_>) -> Answered {
    let name = visit.form("name").unwrap_or_default().trim();
    let length = name.chars().count();
    if !(1..=NAME_MAX).contains(&length) || name.chars().any(char::is_control) {
        return list(visit, Some(Notice::Trouble(Trouble::Name)));
    }
    let Some(credential) = chosen(visit)? else {
        return list(visit, Some(Notice::Trouble(Trouble::Unknown)));
    };
    let renamed = credentials::rename(visit.services(), handle(visit)?, &credential.id, name);
    told(visit, renamed, Notice::Renamed)
}

fn remove(visit: &Visited<'_>, sign_out: bool) -> Answered {
    let Some(credential) = chosen(visit)? else {
        return list(visit, Some(Notice::Trouble(Trouble::Unknown)));
    };
    match credentials::remove(visit.services(), handle(visit)?, &credential.id) {
        Ok(true) => {
            event(visit.services(), Level::Info, "passkey.removed", &[]);
            if sign_out {
                return Ok(Answer::managed(true));
            }
            list(visit, Some(Notice::Removed))
        }
        Ok(false) => list(visit, Some(Notice::Trouble(Trouble::Last))),
        Err(stop) => told(visit, Err(stop), Notice::Removed),
    }
}

fn told(visit: &Visited<'_>, done: Result<(), Stop>, notice: Notice) -> Answered {
    match done {
        Ok(()) => list(visit, Some(notice)),
        Err(Stop::Refused(refused)) => list(visit, Some(Notice::Trouble(Trouble::of(refused)))),
        Err(Stop::Failed(failure)) => Err(failure),
    }
}
