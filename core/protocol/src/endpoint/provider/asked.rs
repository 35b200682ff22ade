//! What a provider is asked for, and about whom: what the sign-in under way says, never what the browser says.

use super::super::Call;
use crate::confirmation::Pending;
use crate::login::{Errand, Goal, Transaction};
use crate::provider::{Listing, Purpose};
use crate::refusal::Refusal;
use crate::session::ActiveSession;
use crate::user::{self, User};

/// Whoever adds a way in or changes what proves who they are signed in this many seconds ago at most: otherwise, once more.
/// A browser left alone must not be enough to stay in an account for good.
const FRESH_S: u64 = 900;

/// What is asked of a provider.
pub(super) struct Asked {
    /// What for.
    pub(super) purpose: Purpose,
    /// About whom.
    pub(super) person: Option<User>,
}

/// What is asked of a provider by a request to `path`.
///
/// # Errors
/// [`Refusal::ProviderNotFound`]: it cannot be asked for that, or not now. [`Refusal::LoginUnknown`]: whoever it is about is
/// somebody else by now.
pub(super) fn of(
    provider: &Listing,
    path: &str,
    transaction: &Transaction,
    session: Option<&ActiveSession>,
    call: &Call<'_>,
) -> Result<Asked, Refusal> {
    let asked = match (&transaction.login.confirmation, &transaction.login.goal) {
        (Some(pending), _) => confirming(provider, path, pending, call)?,
        (None, Goal::Link(errand)) => errand_of(Purpose::Link, errand, provider, session, call)?,
        (None, Goal::Manage(errand)) => {
            errand_of(Purpose::Manage, errand, provider, session, call)?
        }
        (None, Goal::None | Goal::Account | Goal::UserCode) => signing_in(session),
    };
    if provider.is_for(asked.purpose) {
        Ok(asked)
    } else {
        Err(Refusal::ProviderNotFound)
    }
}

fn signing_in(session: Option<&ActiveSession>) -> Asked {
    Asked {
        purpose: Purpose::SignIn,
        person: session.map(|session| session.user.clone()),
    }
}

/// The person is who the first step said, whoever is signed in to this browser. `enroll` is for those who have nothing anywhere.
fn confirming(
    provider: &Listing,
    path: &str,
    pending: &Pending,
    call: &Call<'_>,
) -> Result<Asked, Refusal> {
    let enrolls = path == "enroll" || path.starts_with("enroll/");
    if !pending.may_ask(&provider.id) || (enrolls && !pending.is_enrolling()) {
        return Err(Refusal::ProviderNotFound);
    }
    let found = user::find(&pending.known.sub, call.host)?;
    let person = found
        .map(|stored| stored.value)
        .filter(|user| pending.known.is(user))
        .ok_or(Refusal::LoginUnknown)?;
    Ok(Asked {
        purpose: Purpose::Confirm,
        person: Some(person),
    })
}

/// First, somebody signs in who is fresh; then it is their errand or nobody's.
fn errand_of(
    purpose: Purpose,
    errand: &Errand,
    provider: &Listing,
    session: Option<&ActiveSession>,
    call: &Call<'_>,
) -> Result<Asked, Refusal> {
    let Some(fresh) = session.filter(|session| is_fresh(session, call)) else {
        return Ok(signing_in(session));
    };
    if fresh.user.sub != errand.sub {
        return Err(Refusal::LoginUnknown);
    }
    if provider.id != errand.provider {
        return Err(Refusal::ProviderNotFound);
    }
    Ok(Asked {
        purpose,
        person: Some(fresh.user.clone()),
    })
}

/// Whether somebody signed in a moment ago.
pub(in crate::endpoint) fn is_fresh(session: &ActiveSession, call: &Call<'_>) -> bool {
    call.now.since(session.session.auth_time) <= FRESH_S
}
