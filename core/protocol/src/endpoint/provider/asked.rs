//! What a provider is asked for, and about whom: what the sign-in under way says, never what the browser says.

use super::super::Call;
use crate::confirmation::{self, Pending};
use crate::login::{About, Errand, Goal, Transaction};
use crate::provider::{Listing, Purpose};
use crate::refusal::Refusal;
use crate::session::{self, ActiveSession};
use crate::time::UnixTime;
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

impl Asked {
    /// For what, and about whom; a sign-in may turn out to be anybody's.
    pub(super) fn about(&self) -> About<'_> {
        About {
            purpose: self.purpose,
            sub: match self.purpose {
                Purpose::SignIn => None,
                _ => self.person.as_ref().map(|person| person.sub.as_str()),
            },
        }
    }
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
        (None, Goal::Link(errand)) => {
            errand_of(Purpose::Link, errand, provider, transaction, session, call)?
        }
        (None, Goal::Manage(errand)) => errand_of(
            Purpose::Manage,
            errand,
            provider,
            transaction,
            session,
            call,
        )?,
        (None, Goal::None | Goal::Account | Goal::UserCode | Goal::Unlink(_)) => {
            signing_in(session)
        }
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
    // What is set up must not be set up by whoever finds a browser that was left alone long ago.
    if pending.is_enrolling() && !is_recent(pending.known.auth_time, call) {
        return Err(Refusal::LoginUnknown);
    }
    if let Some(sid) = &pending.known.sid
        && session::of_sign_in(sid, call.server, call.now, call.host)?.is_none()
    {
        return Err(Refusal::LoginUnknown);
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
    transaction: &Transaction,
    session: Option<&ActiveSession>,
    call: &Call<'_>,
) -> Result<Asked, Refusal> {
    let Some(fresh) = session.filter(|session| is_fresh(session, call)) else {
        return Ok(signing_in(session));
    };
    // Where there are second factors, the first alone changes nothing.
    if !transaction.login.confirmed && !confirmation::all(call.server).is_empty() {
        return Err(Refusal::LoginUnknown);
    }
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
    is_recent(session.session.auth_time, call)
}

/// Whether that was a moment ago.
pub(super) fn is_recent(auth_time: UnixTime, call: &Call<'_>) -> bool {
    call.now.since(auth_time) <= FRESH_S
}
