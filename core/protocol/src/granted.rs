//! What a person gave, and where they are signed in: indexes, so that both can be shown and ended without reading everybody's.
//!
//! | key | points to | expires |
//! |---|---|---|
//! | `granted/<sub>/<app>/<grant_id>` | `grant/<grant_id>` | when the grant must have ended at the latest |
//! | `signed-in/<sub>/<sid>` | `session/<sid>` | likewise |
//!
//! `<app>` is a hash of the `client_id`, which may be a URL: the grants of one application lie beside each other.
//!
//! The truth stays in the records that these point to: an entry keeps no token and no session alive. It is written before what it
//! points to, so that a crash in between leaves an entry of nothing and never a grant that nobody can see. An entry of nothing is
//! passed over, and swept away once what it announced can no longer come.

use crate::client::{Client, GrantType};
use crate::grant::{self, Grant, refresh_token};
use crate::ports::{Host, Records, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};
use crate::session::{self, Session};
use crate::settings::Server;
use crate::store::{self, Stored};
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// After so many seconds, what an entry announced is there or never comes: no request takes as long.
const ANNOUNCED_S: u64 = 600;
/// Entries that are read at once where all of them are wanted.
const CHUNK: u32 = 200;
/// Chunks that one request reads at most: what lies beyond is another request's.
const MAX_CHUNKS: usize = 50;

/// What an entry says of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Announced {
    client_id: String,
    at: UnixTime,
}

/// A grant that is there.
#[derive(Debug, Clone)]
pub struct Given {
    /// Its application, as a segment of the key.
    pub app: String,
    /// Its id.
    pub id: String,
    /// The grant.
    pub grant: Grant,
}

/// A part of a listing.
#[derive(Debug, Clone)]
pub struct Part<T> {
    /// What is there.
    pub found: Vec<T>,
    /// Where to go on, if there may be more.
    pub next: Option<String>,
}

/// The segment of a key that stands for an application.
#[must_use]
pub fn app(client_id: &str) -> String {
    let hash = sha256_of(&[b"app", client_id.as_bytes()]);
    let (half, _) = hash.split_at(16);
    base64url(half)
}

fn grants_of(sub: &str) -> String {
    format!("granted/{sub}/")
}

fn sessions_of(sub: &str) -> String {
    format!("signed-in/{sub}/")
}

fn grant_entry(grant: &Grant, grant_id: &str) -> String {
    format!(
        "{}{}/{grant_id}",
        grants_of(&grant.sub),
        app(&grant.client_id)
    )
}

/// When a grant must have ended at the latest, by the lifetimes of now.
#[must_use]
pub fn latest_end(grant: &Grant, client: &Client, server: &Server) -> UnixTime {
    let lifetimes = &server.lifetimes;
    let access = client
        .access_token_lifetime_s
        .unwrap_or(lifetimes.access_token_s);
    // One whose code is spent and that has no refresh token by now gets none.
    let may_refresh = grant.refresh.is_some() || grant.code.redeemed_at.is_none();
    let refreshed = if client.may(GrantType::RefreshToken) && may_refresh {
        refresh_token::lifetimes(client, server, &grant.scope, None).grant_s
    } else {
        0
    };
    grant
        .created_at
        .plus(u64::from(lifetimes.authorization_code_s))
        .plus(u64::from(refreshed))
        .plus(u64::from(access))
}

/// Writes a new grant, its entry first.
///
/// # Errors
/// Store failures.
pub fn insert(
    grant_id: &str,
    mut grant: Grant,
    expires_at: UnixTime,
    client: &Client,
    server: &Server,
    host: &dyn Host,
) -> Result<Grant, Refusal> {
    grant.listed_until = latest_end(&grant, client, server).max(expires_at);
    announce(grant_id, &grant, host)?;
    store::insert(host, &grant::key(grant_id), &grant, Some(expires_at))?;
    Ok(grant)
}

/// Keeps the entry of a grant that is about to be kept longer than its entry: only where the operator lengthened lifetimes, or a
/// client's rights grew, after it was given. Returns the grant that knows of it, if there was something to do.
///
/// # Errors
/// A store failure.
pub fn keep_listed(
    grant_id: &str,
    grant: &Grant,
    kept_until: UnixTime,
    host: &dyn Host,
) -> Result<Option<Grant>, StoreFailure> {
    if kept_until <= grant.listed_until {
        return Ok(None);
    }
    let mut grant = grant.clone();
    grant.listed_until = kept_until;
    announce(grant_id, &grant, host)?;
    Ok(Some(grant))
}

fn announce(grant_id: &str, grant: &Grant, host: &dyn Host) -> Result<(), StoreFailure> {
    let entry = Announced {
        client_id: grant.client_id.clone(),
        at: grant.created_at,
    };
    put(
        &grant_entry(grant, grant_id),
        &entry,
        grant.listed_until,
        host,
    )
}

/// Writes an entry, over an older one if there is one.
fn put(
    key: &str,
    entry: &impl Serialize,
    until: UnixTime,
    host: &dyn Host,
) -> Result<(), StoreFailure> {
    for _ in 0..store::MAX_TRIES {
        let written = match store::insert(host, key, entry, Some(until)) {
            Err(StoreFailure::Conflict) => match host.get(key)? {
                Some(there) => store::replace(host, key, there.version, entry, Some(until)),
                None => continue,
            },
            written => written,
        };
        match written {
            Ok(_) => return Ok(()),
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure),
        }
    }
    Err(StoreFailure::Unavailable(
        "the entry keeps changing".to_owned(),
    ))
}

/// Announces a session.
///
/// # Errors
/// A store failure.
pub fn announce_session(
    sid: &str,
    session: &Session,
    until: UnixTime,
    host: &dyn Host,
) -> Result<(), StoreFailure> {
    let key = format!("{}{sid}", sessions_of(&session.sub));
    put(&key, &session.auth_time, until, host)
}

/// Takes back the entry of a session that is over.
///
/// # Errors
/// A store failure.
pub fn forget_session(sub: &str, sid: &str, host: &dyn Host) -> Result<(), StoreFailure> {
    host.remove(&format!("{}{sid}", sessions_of(sub)), None)
}

/// Live grants of a person, at most `limit`, those after `after`: all, or those to one application.
///
/// # Errors
/// Store failures.
pub fn grants(
    sub: &str,
    of_app: Option<&str>,
    after: Option<&str>,
    limit: u32,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Part<Given>, Refusal> {
    let all = grants_of(sub);
    let prefix = of_app.map_or_else(|| all.clone(), |app| format!("{all}{app}/"));
    let after = after.map(|after| format!("{all}{after}"));
    let listed = Records::list(host, &prefix, after.as_deref(), limit)?;
    let full = listed.len() >= limit as usize;
    let mut part = Part {
        found: Vec::new(),
        next: None,
    };
    for record in listed {
        let place = record.key.strip_prefix(&all).unwrap_or_default();
        let Some((app, id)) = place.split_once('/') else {
            continue;
        };
        part.next = full.then(|| place.to_owned());
        match grant::find(id, host)?.map(|stored| stored.value) {
            // An entry proves nothing: whose grant it is stands in the grant.
            Some(grant) if grant.sub == sub => part.found.push(Given {
                app: app.to_owned(),
                id: id.to_owned(),
                grant,
            }),
            Some(_) => {}
            None => sweep(&record, now, host)?,
        }
    }
    Ok(part)
}

/// Removes an entry of a grant that is over. One that is young may be that of a grant on its way.
fn sweep(record: &crate::ports::Listed, now: UnixTime, host: &dyn Host) -> Result<(), Refusal> {
    let announced = serde_json::from_slice::<Announced>(&record.value).map(|entry| entry.at);
    if announced.is_ok_and(|at| now.since(at) < ANNOUNCED_S) {
        return Ok(());
    }
    match host.remove(&record.key, Some(record.version)) {
        Ok(()) | Err(StoreFailure::Conflict) => Ok(()),
        Err(failure) => Err(failure.into()),
    }
}

/// Sessions of a person that their browsers still hold, with their ids, at most `limit`. Whether the person may still use them
/// is [`session::alive`]'s to say.
///
/// # Errors
/// Store failures.
pub fn sessions(
    sub: &str,
    after: Option<&str>,
    limit: u32,
    host: &dyn Host,
) -> Result<Part<(String, Session)>, Refusal> {
    let prefix = sessions_of(sub);
    let after = after.map(|after| format!("{prefix}{after}"));
    let listed = Records::list(host, &prefix, after.as_deref(), limit)?;
    let full = listed.len() >= limit as usize;
    let mut part = Part {
        found: Vec::new(),
        next: None,
    };
    for record in listed {
        let sid = record.key.strip_prefix(&prefix).unwrap_or_default();
        part.next = full.then(|| sid.to_owned());
        if let Some(Stored { value, .. }) = session::find(sid, host)?
            && value.sub == sub
            && value.superseded_by.is_none()
        {
            part.found.push((sid.to_owned(), value));
        }
    }
    Ok(part)
}

/// All of a person's sessions, as far as one request reads.
///
/// # Errors
/// Store failures.
pub fn all_sessions(sub: &str, host: &dyn Host) -> Result<Vec<(String, Session)>, Refusal> {
    let mut all = Vec::new();
    let mut after: Option<String> = None;
    for _ in 0..MAX_CHUNKS {
        let part = sessions(sub, after.as_deref(), CHUNK, host)?;
        all.extend(part.found);
        after = part.next;
        if after.is_none() {
            break;
        }
    }
    Ok(all)
}

/// Revokes all grants of a person to one application; returns how many.
///
/// # Errors
/// Store failures; [`Refusal::Contention`] if there are more than one request removes: once more.
pub fn revoke_app(sub: &str, app: &str, now: UnixTime, host: &dyn Host) -> Result<usize, Refusal> {
    let mut count = 0_usize;
    let mut after: Option<String> = None;
    for _ in 0..MAX_CHUNKS {
        let part = grants(sub, Some(app), after.as_deref(), CHUNK, now, host)?;
        for given in &part.found {
            grant::revoke(&given.id, host)?;
            count = count.saturating_add(1);
        }
        after = part.next;
        if after.is_none() {
            return Ok(count);
        }
    }
    Err(Refusal::Contention)
}

/// Removes everything that is kept of a person who is gone: grants, sessions, consents, and the entries of all of them. Nothing
/// depends on it: without the person none of it is worth anything.
///
/// # Errors
/// Store failures.
pub fn sweep_person(sub: &str, host: &dyn Host) -> Result<(), StoreFailure> {
    for (prefix, points_to) in [
        (grants_of(sub), Some("grant/")),
        (sessions_of(sub), Some("session/")),
        (crate::consent::of(sub), None),
    ] {
        for _ in 0..MAX_CHUNKS {
            let listed = Records::list(host, &prefix, None, CHUNK)?;
            for record in &listed {
                let id = record.key.rsplit('/').next().unwrap_or_default();
                if let Some(kind) = points_to {
                    host.remove(&format!("{kind}{id}"), None)?;
                }
                host.remove(&record.key, None)?;
            }
            if listed.len() < CHUNK as usize {
                break;
            }
        }
    }
    Ok(())
}
