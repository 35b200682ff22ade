//! Ways into an account: linked, taken away.
//!
//! A way is its entry in the person's record and an index that leads to them. It is opened by the index first, so that it is nobody
//! else's, and closed by the record first, by which two requests at once cannot close the last two.

use super::{MAX_IDENTITIES, Pointer, User, change, claim, follow, identity_key};
use crate::ports::{Host, Level};
use crate::provider::Identity;
use crate::refusal::Refusal;
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkedIdentity {
    /// Provider id.
    pub provider: String,
    /// Subject there.
    pub subject: String,
    /// Since when.
    pub linked_at: UnixTime,
    /// It is being taken away: nobody comes in by it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub leaving: bool,
}

impl LinkedIdentity {
    pub(super) fn is(&self, provider: &str, subject: &str) -> bool {
        self.provider == provider && self.subject == subject
    }
}

/// Links an identity to a user. `None`: someone linked it elsewhere in between; look again.
pub(super) fn link(
    user: &User,
    provider: &str,
    identity: &Identity,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<User>, Refusal> {
    if user.disabled {
        return Err(Refusal::UserDisabled);
    }
    if user.identities.len() >= MAX_IDENTITIES {
        return Err(Refusal::Contention);
    }
    let pointer = Pointer {
        sub: user.sub.clone(),
    };
    if !claim(&identity_key(provider, &identity.subject), &pointer, host)? {
        return Ok(None);
    }
    let linked = LinkedIdentity {
        provider: provider.to_owned(),
        subject: identity.subject.clone(),
        linked_at: now,
        leaving: false,
    };
    host.emit(
        Level::Info,
        "user.linked",
        &[("sub", &user.sub), ("provider", provider)],
    );
    change(&user.sub, host, |user| {
        user.identities
            .retain(|known| !known.is(&linked.provider, &linked.subject) || !known.leaving);
        let known = user
            .identities
            .iter()
            .any(|known| known.is(&linked.provider, &linked.subject));
        if !known {
            user.identities.push(linked.clone());
        }
    })
    .map(Some)
}

/// Links an identity to somebody who is signed in and wants it.
///
/// # Errors
/// [`Refusal::AnotherPerson`]: it is somebody else's way in. [`Refusal::UserDisabled`]; store failures.
pub fn link_to(
    user: &User,
    provider: &str,
    identity: &Identity,
    now: UnixTime,
    host: &dyn Host,
) -> Result<User, Refusal> {
    let index = identity_key(provider, &identity.subject);
    if let Some(owner) = follow(&index, host)? {
        if owner.value.is_losing(provider, &identity.subject) {
            host.remove(&index, None)?;
        } else if owner.value.sub != user.sub {
            return Err(Refusal::AnotherPerson);
        }
    }
    link(user, provider, identity, now, host)?.ok_or(Refusal::AnotherPerson)
}

/// Takes a way in away from an account: from now on nobody comes in by it. [`forgotten`] then removes the last trace of it.
///
/// # Errors
/// [`Refusal::LastWayIn`] if no other that `is_way_in` would be left; [`Refusal::ProviderNotFound`] if it is none of theirs; store
/// failures.
pub fn unlink(
    sub: &str,
    provider: &str,
    subject: &str,
    is_way_in: impl Fn(&LinkedIdentity) -> bool,
    host: &dyn Host,
) -> Result<User, Refusal> {
    let others = |user: &User| {
        let mut others = user.identities.iter();
        others.any(|one| !one.is(provider, subject) && !one.leaving && is_way_in(one))
    };
    let user = change(sub, host, |user| {
        let may = others(user);
        for one in &mut user.identities {
            one.leaving |= may && one.is(provider, subject);
        }
    })?;
    if user.has(provider, subject) {
        return Err(Refusal::LastWayIn);
    }
    if !user.is_losing(provider, subject) {
        return Err(Refusal::ProviderNotFound);
    }
    host.remove(&identity_key(provider, subject), None)?;
    Ok(user)
}

/// Removes the last trace of a way in that was taken away.
///
/// # Errors
/// Store failures.
pub fn forgotten(
    sub: &str,
    provider: &str,
    subject: &str,
    host: &dyn Host,
) -> Result<User, Refusal> {
    change(sub, host, |user| {
        user.identities
            .retain(|one| !(one.is(provider, subject) && one.leaving));
    })
}
