//! What is kept: one record per person with all of their credentials, so that a counter, a name and a removal are each one
//! conditional write; and one per credential's id, which says whose it is, so that an id is registered once (§7.1 step 27).
//!
//! Signing in reads the person's record alone: the authenticator says whose the credential is. An id without a person's record
//! behind it is worth nothing, so that what an outage leaves half done lets nobody in.

use doorward_provider::document::{self, Change, UPDATE_TRIES};
use doorward_provider::secret::{hex, sha256};
use doorward_provider::{Failure, Services};
use serde::{Deserialize, Serialize};

use crate::Stop;
use crate::bytes::Bytes;
use crate::ceremony::{PublicKey, Refused, Registration, advance};

/// Credentials of one person, at most.
pub(crate) const AT_MOST: usize = 20;

/// A credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credential {
    pub(crate) id: Bytes,
    pub(crate) key: PublicKey,
    pub(crate) sign_count: u32,
    pub(crate) backup_eligible: bool,
    pub(crate) backed_up: bool,
    pub(crate) transports: Vec<String>,
    /// What its owner calls it.
    pub(crate) name: Option<String>,
    /// Seconds since the epoch.
    pub(crate) created_at: u64,
    pub(crate) used_at: Option<u64>,
}

impl Credential {
    /// What forms call it.
    pub(crate) fn handle(&self) -> String {
        hex(&sha256(&[b"credential", &self.id.0]))
    }

    /// How somebody proves who they are by it (RFC 8176 §2). What cannot leave its device counts as kept by hardware, as far as
    /// an authenticator is to be believed that says so without attestation; `user`: they were there, and unlocked it.
    pub(crate) const fn amr(&self) -> [&'static str; 2] {
        [if self.backup_eligible { "swk" } else { "hwk" }, "user"]
    }
}

/// The record `person/<hash of the user handle>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Person {
    /// The user handle (§5.4.3): opaque, at most 64 bytes.
    handle: String,
    pub(crate) credentials: Vec<Credential>,
}

/// The record `credential/<hash of the id>`.
#[derive(Serialize, Deserialize)]
struct Index {
    handle: String,
}

fn person_key(handle: &str) -> String {
    format!("person/{}", hex(&sha256(&[b"person", handle.as_bytes()])))
}

fn index_key(id: &Bytes) -> String {
    format!("credential/{}", hex(&sha256(&[b"credential", &id.0])))
}

/// The credentials of somebody; none if they have none.
pub(crate) fn of(services: &dyn Services, handle: &str) -> Result<Vec<Credential>, Failure> {
    let read = document::read::<Person>(services, &person_key(handle))?;
    Ok(read.map_or_else(Vec::new, |read| read.value.credentials))
}

/// Changes one credential of somebody. [`Refused::Unknown`] if it is not there any more.
fn change<R>(
    services: &dyn Services,
    handle: &str,
    id: &Bytes,
    mut change: impl FnMut(&mut Person, usize) -> Result<R, Refused>,
) -> Result<R, Stop> {
    let changed = document::update(services, &person_key(handle), None, |mut person: Person| {
        let at = person.credentials.iter().position(|one| one.id == *id);
        match at
            .ok_or(Refused::Unknown)
            .and_then(|at| change(&mut person, at))
        {
            Ok(answer) => Change::Write(person, Ok(answer)),
            Err(refused) => Change::Leave(Err(refused)),
        }
    })?;
    Ok(changed.unwrap_or(Err(Refused::Unknown))?)
}

/// A credential was used: its counter goes up. Of parallel uses with one counter, one succeeds.
pub(crate) fn used(
    services: &dyn Services,
    handle: &str,
    id: &Bytes,
    sign_count: u32,
    backed_up: bool,
) -> Result<(), Stop> {
    let now = services.now();
    change(services, handle, id, |person, at| {
        let Some(credential) = person.credentials.get_mut(at) else {
            return Err(Refused::Unknown);
        };
        credential.sign_count = advance(credential.sign_count, sign_count)?;
        credential.backed_up = backed_up;
        credential.used_at = Some(now);
        Ok(())
    })
}

/// Gives a credential another name.
pub(crate) fn rename(
    services: &dyn Services,
    handle: &str,
    id: &Bytes,
    name: &str,
) -> Result<(), Stop> {
    change(services, handle, id, |person, at| {
        let Some(credential) = person.credentials.get_mut(at) else {
            return Err(Refused::Unknown);
        };
        credential.name = Some(name.to_owned());
        Ok(())
    })
}

/// Removes a credential, unless it is the last: `false`. Of parallel removals, one stays.
pub(crate) fn remove(services: &dyn Services, handle: &str, id: &Bytes) -> Result<bool, Stop> {
    let removed = change(services, handle, id, |person, at| {
        let others = person.credentials.len() > 1;
        if others {
            person.credentials.remove(at);
        }
        Ok(others)
    })?;
    if removed {
        // Lets nobody in by itself; left over, it keeps the id from others.
        services
            .remove(&index_key(id), None)
            .map_err(Failure::from)?;
    }
    Ok(removed)
}

/// Keeps a new credential of somebody. `false`: they have as many as there may be.
///
/// # Errors
/// [`Refused::Taken`] if its id is somebody's already; `unavailable` if the store did not answer.
pub(crate) fn add(
    services: &dyn Services,
    handle: &str,
    registration: &Registration,
) -> Result<Option<Credential>, Stop> {
    let credential = Credential {
        id: registration.id.clone(),
        key: registration.key.clone(),
        sign_count: registration.sign_count,
        backup_eligible: registration.backup_eligible,
        backed_up: registration.backed_up,
        transports: registration.transports.clone(),
        name: None,
        created_at: services.now(),
        used_at: None,
    };
    claim(services, handle, &credential.id)?;
    let key = person_key(handle);
    for _ in 0..UPDATE_TRIES {
        let read = document::read::<Person>(services, &key)?;
        let credentials = read
            .as_ref()
            .map_or(&[][..], |read| &read.value.credentials);
        if credentials.iter().any(|one| one.id == credential.id) {
            return Err(Refused::Taken.into());
        }
        if credentials.len() >= AT_MOST {
            services
                .remove(&index_key(&credential.id), None)
                .map_err(Failure::from)?;
            return Ok(None);
        }
        let person = Person {
            handle: handle.to_owned(),
            credentials: credentials.iter().chain([&credential]).cloned().collect(),
        };
        let written = match &read {
            Some(read) => document::replace(services, &key, read.version, &person, None)?,
            None => document::create(services, &key, &person, None)?,
        };
        if written {
            return Ok(Some(credential));
        }
    }
    Err(Failure::Unavailable(format!("records: lost {UPDATE_TRIES} races")).into())
}

/// Makes an id somebody's, if it is nobody else's.
fn claim(services: &dyn Services, handle: &str, id: &Bytes) -> Result<(), Stop> {
    let index = Index {
        handle: handle.to_owned(),
    };
    if document::create(services, &index_key(id), &index, None)? {
        return Ok(());
    }
    // An outage may have left it behind; who has it is the same person then.
    match document::read::<Index>(services, &index_key(id))? {
        Some(read) if read.value.handle == handle => Ok(()),
        _ => Err(Refused::Taken.into()),
    }
}

/// Forgets everything of somebody. The list goes last, so that what failed can be done again.
pub(crate) fn forget(services: &dyn Services, handle: &str) -> Result<(), Failure> {
    let key = person_key(handle);
    for _ in 0..UPDATE_TRIES {
        let Some(read) = document::read::<Person>(services, &key)? else {
            return Ok(());
        };
        for credential in &read.value.credentials {
            services.remove(&index_key(&credential.id), None)?;
        }
        if document::take(services, &key, read.version)? {
            return Ok(());
        }
    }
    Err(Failure::Unavailable(format!(
        "records: lost {UPDATE_TRIES} races"
    )))
}
