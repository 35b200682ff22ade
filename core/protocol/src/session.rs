//! Browser sessions: who is signed in to this browser. `<id>.<secret>` in a cookie, only the secret's hash in the record.

use crate::acr;
use crate::backchannel_logout::{self, Participant};
use crate::confirmation::Known;
use crate::consent;
use crate::cookie::{Cookies, Kind};
use crate::endpoint::Call;
use crate::grant;
use crate::granted;
use crate::http::Request;
use crate::ports::{Host, Level, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{SecretHash, is_base64url, random_id, random_secret};
use crate::settings::Server;
use crate::store::{self, MAX_TRIES, Stored};
use crate::time::UnixTime;
use crate::user::{self, User};
use serde::{Deserialize, Serialize};

/// `last_used` is written at most this often, seconds.
const TOUCH_EVERY_S: u64 = 300;
/// Most grants that a session remembers, for sign-out; beyond it the oldest is revoked.
const MAX_GRANTS: usize = 500;
/// Most clients of a session that are told of its end; beyond it the oldest is not.
const MAX_PARTICIPANTS: usize = 100;

/// A session, as it is kept under `session/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// SHA-256 of the cookie's secret.
    pub sha256: SecretHash,
    /// Who.
    pub sub: String,
    /// Belongs to this generation of the user: see [`User::generation`].
    pub generation: u32,
    /// And to this one: see [`User::session_generation`].
    #[serde(default)]
    pub session_generation: u32,
    /// When they proved it.
    pub auth_time: UnixTime,
    /// How.
    #[serde(default)]
    pub amr: Vec<String>,
    /// By which provider.
    pub provider: String,
    /// When the session was last seen, give or take five minutes.
    pub last_used: UnixTime,
    /// On what: see [`crate::user_agent`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Until when its entry in the index of its person is kept.
    #[serde(default)]
    pub listed_until: UnixTime,
    /// The grants given in it that end with it: those without `offline_access` (OpenID Connect Core §11).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grants: Vec<String>,
    /// The clients that are told when it ends (OpenID Connect Back-Channel Logout §2.4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<Participant>,
    /// The session that took its place in the browser. Its own cookie is worth nothing any more; only a sign-in in the same
    /// browser that led to it may still finish with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub superseded_by: Option<String>,
}

/// A session that is alive, and its user. Only [`current`] and [`begin`] build one.
#[derive(Debug, Clone)]
pub struct ActiveSession {
    /// The public id: `sid` in ID tokens.
    pub id: String,
    /// The session.
    pub session: Session,
    /// Who.
    pub user: User,
}

impl ActiveSession {
    /// As policies see it.
    #[must_use]
    pub fn facts(
        &self,
        client_address: Option<&str>,
        server: &Server,
    ) -> crate::policy::SessionFacts {
        let contexts = &server.authentication_contexts;
        crate::policy::SessionFacts {
            acr: acr::strongest(&self.session.amr, contexts).map(str::to_owned),
            amr: self.session.amr.clone(),
            auth_time: self.session.auth_time.0,
            provider: self.session.provider.clone(),
            client_address: client_address.map(str::to_owned),
        }
    }
}

fn key(id: &str) -> String {
    format!("session/{id}")
}

/// When a session dies if nobody uses it again: a superseded one with the last sign-in that may need it.
fn expiry(session: &Session, server: &Server) -> UnixTime {
    let idle_s = match session.superseded_by {
        None => server.lifetimes.session_idle_s,
        Some(_) => server.lifetimes.login_s,
    };
    let idle = session.last_used.plus(u64::from(idle_s));
    idle.min(
        session
            .auth_time
            .plus(u64::from(server.lifetimes.session_s)),
    )
}

/// Reads a session, alive or not.
///
/// # Errors
/// A store failure.
pub fn find(id: &str, host: &dyn Host) -> Result<Option<Stored<Session>>, Refusal> {
    store::get(host, &key(id))
}

/// The live session of the browser that sent a request.
///
/// # Errors
/// Store failures; an unknown, forged or dead cookie is no error but no session.
pub fn current(
    request: &Request<'_>,
    cookies: &Cookies,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<ActiveSession>, Refusal> {
    let Some((id, secret)) = request
        .cookie(&cookies.name(Kind::Session))
        .and_then(|cookie| cookie.split_once('.'))
    else {
        return Ok(None);
    };
    if !is_base64url(id, 22) || !is_base64url(secret, 43) {
        return Ok(None);
    }
    let Some(stored) = store::get::<Session>(host, &key(id))? else {
        return Ok(None);
    };
    if !stored.value.sha256.matches(secret) || stored.value.superseded_by.is_some() {
        return Ok(None);
    }
    let Some(active) = alive(id, stored.value, server, now, host)? else {
        return Ok(None);
    };
    touch(active, stored.version, server, now, host).map(Some)
}

/// The session to which a sign-in in this browser led, though another may have taken its place there since: what happens in
/// one tab does not change who is asked in another.
///
/// # Errors
/// Store failures.
pub fn of_sign_in(
    id: &str,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<ActiveSession>, Refusal> {
    let Some(own) = store::get::<Session>(host, &key(id))?.map(|stored| stored.value) else {
        return Ok(None);
    };
    // Whoever signed out of this browser in the meantime signed out of all of it.
    let mut latest = own.clone();
    for _ in 0..MAX_TRIES {
        let Some(successor) = &latest.superseded_by else {
            return alive(id, own, server, now, host);
        };
        match store::get::<Session>(host, &key(successor))? {
            Some(stored) => latest = stored.value,
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// The session with its user, if both are alive.
///
/// # Errors
/// Store failures.
pub fn alive(
    id: &str,
    session: Session,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<ActiveSession>, Refusal> {
    if now >= expiry(&session, server) {
        return Ok(None);
    }
    let user = user::find(&session.sub, host)?.map(|stored| stored.value);
    let user = user.filter(|user| !user.disabled && is_of(&session, user));
    Ok(user.map(|user| ActiveSession {
        id: id.to_owned(),
        session,
        user,
    }))
}

/// Writes down that the session was seen, now and then.
fn touch(
    mut active: ActiveSession,
    version: u64,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<ActiveSession, Refusal> {
    if now.since(active.session.last_used) < TOUCH_EVERY_S {
        return Ok(active);
    }
    active.session.last_used = now;
    let expires_at = Some(expiry(&active.session, server));
    list(&active.id, &mut active.session, server, host)?;
    // Someone else touching it at the same time does as well.
    match store::replace(host, &key(&active.id), version, &active.session, expires_at) {
        Ok(_) | Err(StoreFailure::Conflict) => Ok(active),
        Err(failure) => Err(failure.into()),
    }
}

/// Announces a session in the index of its person, unless its entry is kept long enough already: only where the operator
/// lengthened sessions meanwhile is it written again.
fn list(
    id: &str,
    session: &mut Session,
    server: &Server,
    host: &dyn Host,
) -> Result<(), StoreFailure> {
    let latest = session
        .auth_time
        .plus(u64::from(server.lifetimes.session_s));
    if latest > session.listed_until {
        session.listed_until = latest;
        granted::announce_session(id, session, latest, host)?;
    }
    Ok(())
}

/// Begins a session: always with a new id and secret, so that nothing planted before sign-in is worth anything after it
/// (CVE-2026-7507). The cookie of the browser's previous session is worth nothing from then on. Its grants go over to the new
/// one, so that signing out of a browser ends all that was given in it.
///
/// Returns the session and the value of its cookie.
///
/// # Errors
/// Store failures.
pub fn begin(
    call: &Call<'_>,
    user: User,
    known: &Known,
    previous: Option<&ActiveSession>,
) -> Result<(ActiveSession, String), Refusal> {
    let (server, now, host) = (call.server, call.now, call.host);
    let (id, secret) = (random_id(host), random_secret(host));
    let mut session = Session {
        sha256: SecretHash::of(&secret),
        sub: user.sub.clone(),
        generation: user.generation,
        session_generation: user.session_generation,
        auth_time: known.auth_time,
        amr: known.amr.clone(),
        provider: known.provider.clone(),
        last_used: now,
        device: call.device(),
        listed_until: UnixTime(0),
        grants: Vec::new(),
        participants: Vec::new(),
        superseded_by: None,
    };
    if let Some(previous) = previous {
        (session.grants, session.participants) = supersede(&previous.id, &id, server, now, host)?;
    }
    list(&id, &mut session, server, host)?;
    store::insert(host, &key(&id), &session, Some(expiry(&session, server)))?;
    if let Some(previous) = previous {
        granted::forget_session(&previous.user.sub, &previous.id, host)?;
    }
    let cookie = format!("{id}.{secret}");
    Ok((ActiveSession { id, session, user }, cookie))
}

/// Puts `new` in the place of session `old`; returns the grants and participants that go over to it.
fn supersede(
    old: &str,
    new: &str,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<(Vec<String>, Vec<Participant>), Refusal> {
    for _ in 0..MAX_TRIES {
        let Some(stored) = store::get::<Session>(host, &key(old))? else {
            return Ok((Vec::new(), Vec::new()));
        };
        let mut session = stored.value;
        // Two sign-ins at once: the first one's successor keeps the grants.
        if session.superseded_by.is_some() {
            return Ok((Vec::new(), Vec::new()));
        }
        // They stay in the old record too: if the new one is never written, they are lost nowhere.
        let grants = (session.grants.clone(), session.participants.clone());
        session.superseded_by = Some(new.to_owned());
        session.last_used = now;
        let expires_at = Some(expiry(&session, server));
        match store::replace(host, &key(old), stored.version, &session, expires_at) {
            Ok(_) => return Ok(grants),
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

/// What a session is to remember of a grant given in it.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    /// The grant, if it ends with the session.
    pub grant_id: Option<&'a str>,
    /// Its client, if it is to be told of the end.
    pub participant: Option<&'a Participant>,
}

/// Remembers a grant in its session, so that it ends with it. Called before the grant is written: a name of a grant that
/// never came to be does no harm, a grant that sign-out does not know would.
///
/// # Errors
/// [`Refusal::LoginRequired`] if the session ended in between; store failures.
pub fn keep(id: &str, kept: Kept<'_>, server: &Server, host: &dyn Host) -> Result<(), Refusal> {
    let mut id = id.to_owned();
    for _ in 0..MAX_TRIES {
        let Some(Stored {
            value: mut session,
            version,
        }) = store::get::<Session>(host, &key(&id))?
        else {
            return Err(Refusal::LoginRequired);
        };
        // Sign-out will end the session that is in the browser then.
        if let Some(successor) = session.superseded_by {
            id = successor;
            continue;
        }
        let before = session.clone();
        if let Some(grant_id) = kept.grant_id {
            if session.grants.len() >= MAX_GRANTS {
                // What sign-out could no longer find must not outlive it.
                grant::revoke(&session.grants.remove(0), host)?;
            }
            session.grants.push(grant_id.to_owned());
        }
        if let Some(participant) = kept.participant
            && !session.participants.contains(participant)
        {
            if session.participants.len() >= MAX_PARTICIPANTS {
                session.participants.remove(0);
            }
            session.participants.push(participant.clone());
        }
        if session == before {
            return Ok(());
        }
        match store::replace(
            host,
            &key(&id),
            version,
            &session,
            Some(expiry(&session, server)),
        ) {
            Ok(_) => return Ok(()),
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

/// Ends a session and the grants that end with it. Who is to be told is written down first, then the grants end, then the
/// session: if the store fails in between, signing out again finishes the work.
///
/// Returns whom to tell: for [`backchannel_logout::tell`].
///
/// # Errors
/// Store failures.
pub fn end(id: &str, now: UnixTime, host: &dyn Host) -> Result<Vec<String>, Refusal> {
    for _ in 0..MAX_TRIES {
        let Some(Stored {
            value: session,
            version,
        }) = find(id, host)?
        else {
            return Ok(Vec::new());
        };
        let pending = backchannel_logout::write_down(&session.participants, now, host)?;
        for grant_id in &session.grants {
            grant::revoke(grant_id, host)?;
        }
        // Only if no grant was added in between; otherwise once more.
        match host.remove(&key(id), Some(version)) {
            Ok(()) => {
                granted::forget_session(&session.sub, id, host)?;
                return Ok(pending);
            }
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}

/// Clears away sessions of a person that ended together, by a raised generation or with the person, and writes down whom to tell of
/// it. For those who ended them, after that: what matters is done, and `user`, as they are now, says which sessions are not meant.
///
/// Returns whom to tell: for [`backchannel_logout::tell`].
///
/// # Errors
/// Store failures.
pub fn clear_ended(
    sub: &str,
    user: Option<&User>,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Vec<String>, Refusal> {
    let mut pending = Vec::new();
    for (id, session) in granted::all_sessions(sub, host)? {
        if user.is_some_and(|user| !user.disabled && is_of(&session, user)) {
            continue;
        }
        let told = backchannel_logout::write_down(&session.participants, now, host)?;
        pending.extend(told);
        host.remove(&key(&id), None)?;
        granted::forget_session(sub, &id, host)?;
    }
    Ok(pending)
}

/// Whether a session belongs to the generations of its user.
fn is_of(session: &Session, user: &User) -> bool {
    user.generation == session.generation && user.session_generation == session.session_generation
}

/// Ends all sessions of a person and what ends with them; with `apps` everything that they gave.
///
/// Returns whom to tell: for [`backchannel_logout::tell`].
///
/// # Errors
/// Store failures.
pub fn end_everywhere(
    sub: &str,
    apps: bool,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Vec<String>, Refusal> {
    let user = user::change(sub, host, |user| {
        if apps {
            user.generation = user.generation.wrapping_add(1);
        } else {
            user.session_generation = user.session_generation.wrapping_add(1);
        }
    })?;
    let fields = [("sub", sub), ("apps", if apps { "true" } else { "false" })];
    host.emit(Level::Info, "user.signed_out_everywhere", &fields);
    if apps {
        for (app, _) in consent::remembered(sub, 1_000, host)? {
            consent::forget(sub, &app, host)?;
        }
    }
    clear_ended(sub, Some(&user), now, host)
}
