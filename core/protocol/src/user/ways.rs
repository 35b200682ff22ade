//! Ways into an account: linked, taken away.
//!
//! A way is its entry in the person's record and an index that leads to them. It is opened by the index first, so that it is nobody
//! else's, and closed by the record first, by which two requests at once cannot close the last two.

use super::{MAX_IDENTITIES, Pointer, User, change, claim, follow, identity_key};
use crate::ports::{Host, Level, StoreFailure};
use crate::provider::Identity;
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};
use crate::store;
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// Ways in that were taken away, of which is known that they were; the oldest are forgotten.
const MAX_LEFT: usize = 50;

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

/// What a way in is called on pages, and remembered by when it was taken away: 22 characters of base64url.
#[must_use]
pub fn name(provider: &str, subject: &str) -> String {
    let digest = sha256_of(&[provider.as_bytes(), subject.as_bytes()]);
    base64url(digest.first_chunk::<16>().unwrap_or(&[0; 16]))
}

/// Links an identity to a user. `None`: someone linked it elsewhere in between; look again.
///
/// # Errors
/// [`Refusal::UserDisabled`]; [`Refusal::LoginUnknown`] if everything of theirs was ended since they were read; store failures.
pub(super) fn link(
    read: &User,
    provider: &str,
    identity: &Identity,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<User>, Refusal> {
    if read.disabled {
        return Err(Refusal::UserDisabled);
    }
    if read.identities.len() >= MAX_IDENTITIES {
        return Err(Refusal::Contention);
    }
    let pointer = Pointer {
        sub: read.sub.clone(),
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
    let gone = name(provider, &identity.subject);
    let user = change(&read.sub, host, |user| {
        if !user.is_as_read(read) {
            return;
        }
        user.left.retain(|one| *one != gone);
        user.identities
            .retain(|known| !known.is(&linked.provider, &linked.subject) || !known.leaving);
        let known = user
            .identities
            .iter()
            .any(|known| known.is(&linked.provider, &linked.subject));
        if !known {
            user.identities.push(linked.clone());
        }
    })?;
    if !user.has(provider, &identity.subject) {
        drop_index(provider, &identity.subject, &read.sub, host)?;
        return Err(Refusal::LoginUnknown);
    }
    let fields = [("sub", user.sub.as_str()), ("provider", provider)];
    host.emit(Level::Info, "user.linked", &fields);
    Ok(Some(user))
}

/// Links an identity to somebody who is signed in and wants it.
///
/// # Errors
/// [`Refusal::AnotherPerson`]: it is somebody else's way in. Otherwise as for every link.
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
            drop_index(provider, &identity.subject, &owner.value.sub, host)?;
        } else if owner.value.sub != user.sub {
            return Err(Refusal::AnotherPerson);
        }
    }
    link(user, provider, identity, now, host)?.ok_or(Refusal::AnotherPerson)
}

/// Removes the index of a way in if it leads to `sub`; whether it did.
pub(super) fn drop_index(
    provider: &str,
    subject: &str,
    sub: &str,
    host: &dyn Host,
) -> Result<bool, Refusal> {
    let key = identity_key(provider, subject);
    let Some(index) = store::get::<Pointer>(host, &key)? else {
        return Ok(true);
    };
    if index.value.sub != sub {
        return Ok(false);
    }
    match host.remove(&key, Some(index.version)) {
        Ok(()) => Ok(true),
        // Somebody took it over in between.
        Err(StoreFailure::Conflict) => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

/// Takes a way in away from an account: from now on nobody comes in by it, nor by the address that it brings, until they link it
/// again themselves. [`forgotten`] then removes its last trace. Whether it led here: if not, it is somebody else's by now, and their
/// provider must not forget them.
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
) -> Result<bool, Refusal> {
    let others = |user: &User| {
        let mut others = user.identities.iter();
        others.any(|one| !one.is(provider, subject) && !one.leaving && is_way_in(one))
    };
    let gone = name(provider, subject);
    let user = change(sub, host, |user| {
        let may = others(user);
        for one in &mut user.identities {
            one.leaving |= may && one.is(provider, subject);
        }
        if user.is_losing(provider, subject) && !user.left.contains(&gone) {
            user.left.push(gone.clone());
            let beyond = user.left.len().saturating_sub(MAX_LEFT);
            user.left.drain(..beyond);
        }
    })?;
    if user.has(provider, subject) {
        return Err(Refusal::LastWayIn);
    }
    if !user.is_losing(provider, subject) {
        return Err(Refusal::ProviderNotFound);
    }
    drop_index(provider, subject, sub, host)
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
