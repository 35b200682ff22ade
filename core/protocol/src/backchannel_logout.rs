//! `OpenID` Connect Back-Channel Logout 1.0: clients are told, server to server, that a session is over.
//!
//! A session remembers its [`Participant`]s: clients with a `backchannel_logout_uri` that were given something in it. When it ends,
//! one record `logout/<id>` for each is written down first, then the session ends, then each is tried at once, one after the other, for
//! [`AT_ONCE_S`] at most: nobody waits longer to be signed out. What is left is tried again by [`deliver_due`], which hosts call
//! beside requests: after [`RETRY_S`], then forgotten. `docs/decisions/0013-leaving.md` says why.
//!
//! Where a logout token goes is written in the client's record and checked there by [`check_uri`]; the host has rules of its own about
//! which addresses may be reached; redirects are not followed; of the answer only the status counts.

use crate::client::{self, Client, Trust};
use crate::fetches;
use crate::grant::Grant;
use crate::pairwise;
use crate::ports::{Host, Level, Outgoing, Records, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{base64url, random_id, sha256_of};
use crate::settings::Server;
use crate::store;
use crate::time::UnixTime;
use crate::token::jwt;
use fluent_uri::Uri;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Keeps logout tokens apart from all other JWTs (§2.4).
pub const TYP: &str = "logout+jwt";
/// The event that a logout token speaks of (§2.4).
const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
/// How long a logout token is good (§2.4 asks for two minutes at most).
const LIFETIME_S: u64 = 120;
/// How long a sign-out waits for clients, seconds.
const AT_ONCE_S: u64 = 3;
/// Longest wait for one client, seconds.
const ONE_S: u32 = 2;
/// Most clients that a sign-out tries at once.
const MAX_AT_ONCE: usize = 10;
/// When it is tried again, seconds after the last try.
const RETRY_S: [u64; 5] = [60, 300, 1_800, 7_200, 28_800];
/// When it is forgotten in any case, seconds: a day.
const KEPT_S: u64 = 86_400;
/// Longest answer that is read, bytes.
const MAX_ANSWER: usize = 1024;
/// Longest `backchannel_logout_uri`, bytes.
const MAX_URI: usize = 2048;
/// Records that one search for due ones reads at most.
const SEARCHED: u32 = 200;

/// A client that wants to know when a session ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// Which.
    pub client_id: String,
    /// Who was signed in, by their public name: the logout token has the one that the client knows.
    pub sub: String,
    /// The session of its ID tokens, likewise.
    pub sid: String,
}

impl Participant {
    /// The client of a grant, if it wants to be told.
    #[must_use]
    pub fn of(client: &Client, grant: &Grant) -> Option<Self> {
        client.backchannel_logout_uri.as_ref().map(|_| Self {
            client_id: client.client_id.clone(),
            sub: grant.sub.clone(),
            sid: grant.sid.clone(),
        })
    }
}

/// A client that is still to be told, as it is kept under `logout/<id>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Pending {
    participant: Participant,
    /// Tries so far, the one under way included.
    tries: usize,
    /// Not before this.
    next_at: UnixTime,
    written_at: UnixTime,
}

impl Pending {
    fn new(participant: &Participant, now: UnixTime) -> Self {
        Self {
            participant: participant.clone(),
            tries: 1,
            next_at: now.plus(RETRY_S.first().copied().unwrap_or(KEPT_S)),
            written_at: now,
        }
    }

    fn expiry(&self) -> UnixTime {
        self.written_at.plus(KEPT_S)
    }
}

fn key(id: &str) -> String {
    format!("logout/{id}")
}

/// Whether a text can be a `backchannel_logout_uri` (§2.2): https, with a host, no user name, no fragment. A client that nobody vouches
/// for is told only where it also sends people, so that it cannot make us knock at other people's doors.
///
/// # Errors
/// What is wrong with it.
pub fn check_uri(uri: &str, redirect_uris: &[String], trust: Trust) -> Result<(), String> {
    let refuse = |why: &str| Err(format!("backchannel_logout_uri: `{uri}` {why}"));
    let Ok(parsed) = Uri::parse(uri) else {
        return refuse("is not an absolute URI");
    };
    let Some(authority) = parsed.authority().filter(|one| !one.host().is_empty()) else {
        return refuse("names no host");
    };
    if uri.len() > MAX_URI {
        return refuse("is longer than 2048 bytes");
    }
    if parsed.scheme().as_str() != "https" {
        return refuse("is not https");
    }
    if authority.has_userinfo() || parsed.has_fragment() {
        return refuse("must have no user name and no fragment");
    }
    let is_own = |redirect_uri: &String| {
        Uri::parse(redirect_uri.as_str()).is_ok_and(|own| {
            own.scheme().as_str() == "https"
                && own
                    .authority()
                    .is_some_and(|own| own.host().eq_ignore_ascii_case(authority.host()))
        })
    };
    let vouched_for = matches!(trust, Trust::Declared | Trust::Registered);
    if !vouched_for && !redirect_uris.iter().any(is_own) {
        return refuse("must be on the host of one of redirect_uris");
    }
    Ok(())
}

/// Writes down whom to tell. Returns the ids of what was written, for [`tell`].
///
/// # Errors
/// Store failures.
pub fn write_down(
    participants: &[Participant],
    now: UnixTime,
    host: &dyn Host,
) -> Result<Vec<String>, Refusal> {
    let mut ids = Vec::new();
    for participant in participants {
        // The same for the same, so that whoever signs out twice, because the first time failed half way, tells once.
        let id = base64url(&sha256_of(&[
            b"logout",
            participant.client_id.as_bytes(),
            participant.sub.as_bytes(),
            participant.sid.as_bytes(),
        ]));
        let pending = Pending::new(participant, now);
        match store::insert(host, &key(&id), &pending, Some(pending.expiry())) {
            Ok(_) | Err(StoreFailure::Conflict) => ids.push(id),
            Err(failure) => return Err(failure.into()),
        }
    }
    Ok(ids)
}

/// Tries to tell these, for as long as a person can be kept waiting. What fails stays written down.
pub fn tell(ids: &[String], server: &Server, host: &dyn Host) {
    let deadline = host.now().plus(AT_ONCE_S);
    for id in ids.iter().take(MAX_AT_ONCE) {
        let left = deadline.since(host.now());
        if left == 0 {
            return;
        }
        let timeout_s = u32::try_from(left).unwrap_or(ONE_S).min(ONE_S);
        match store::get::<Pending>(host, &key(id)) {
            Ok(Some(pending)) => attempt(id, &pending.value.participant, timeout_s, server, host),
            Ok(None) => {}
            Err(refusal) => failed(host, "", &format!("{refusal:?}")),
        }
    }
}

/// Tries again what is due, at most `limit`. For hosts, beside requests. Returns how many it tried.
///
/// # Errors
/// Store failures.
pub fn deliver_due(limit: usize, server: &Server, host: &dyn Host) -> Result<usize, Refusal> {
    let mut tried = 0_usize;
    let mut after: Option<String> = None;
    loop {
        let listed = Records::list(host, "logout/", after.as_deref(), SEARCHED)?;
        for record in &listed {
            let now = host.now();
            let Ok(pending) = serde_json::from_slice::<Pending>(&record.value) else {
                continue;
            };
            if now < pending.next_at {
                continue;
            }
            if tried >= limit {
                return Ok(tried);
            }
            let participant = pending.participant.clone();
            if claim(record, pending, now, host)? {
                tried = tried.saturating_add(1);
                let id = record.key.strip_prefix("logout/").unwrap_or_default();
                attempt(id, &participant, ONE_S, server, host);
            }
        }
        match listed.last() {
            Some(last) if listed.len() >= SEARCHED as usize => after = Some(last.key.clone()),
            _ => return Ok(tried),
        }
    }
}

/// Takes a due record for one try: of two that want to, one gets it.
fn claim(
    record: &crate::ports::Listed,
    mut pending: Pending,
    now: UnixTime,
    host: &dyn Host,
) -> Result<bool, Refusal> {
    let Some(wait_s) = RETRY_S.get(pending.tries) else {
        failed(host, &pending.participant.client_id, "given up");
        return match host.remove(&record.key, Some(record.version)) {
            Ok(()) | Err(StoreFailure::Conflict) => Ok(false),
            Err(failure) => Err(failure.into()),
        };
    };
    pending.tries = pending.tries.saturating_add(1);
    pending.next_at = now.plus(*wait_s);
    let expires_at = Some(pending.expiry());
    match store::replace(host, &record.key, record.version, &pending, expires_at) {
        Ok(_) => Ok(true),
        Err(StoreFailure::Conflict) => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

/// One try. What it leads to is in the record and in the log, and nowhere else: nobody waits for it to succeed.
fn attempt(id: &str, participant: &Participant, timeout_s: u32, server: &Server, host: &dyn Host) {
    let done = || {
        // If someone claimed it meanwhile, they find it done: telling twice is no harm.
        if let Err(failure) = host.remove(&key(id), None) {
            failed(host, &participant.client_id, &format!("{failure:?}"));
        }
    };
    let client = match client::find(&participant.client_id, host) {
        Ok(client) => client,
        // Nobody is left to tell.
        Err(Refusal::UnknownClient) => return done(),
        Err(refusal) => return failed(host, &participant.client_id, &format!("{refusal:?}")),
    };
    let Some(uri) = client.backchannel_logout_uri.as_deref() else {
        return done();
    };
    let now = host.now();
    // Whose host it is, such a client need not have shown: redirect URIs cost nothing.
    if client.came_by_itself() {
        let admitted = fetches::admit_host(&fetches::authority(uri), now, host);
        if !matches!(admitted, Ok(true)) {
            return failed(host, &participant.client_id, "too much is sent there");
        }
    }
    let token = match token(&client, participant, server, now, host) {
        Ok(token) => token,
        Err(refusal) => return failed(host, &participant.client_id, &format!("{refusal:?}")),
    };
    // A JWT needs no encoding.
    let body = format!("logout_token={token}");
    let request = Outgoing {
        method: "POST",
        url: uri,
        headers: &[("content-type", "application/x-www-form-urlencoded")],
        body: body.as_bytes(),
        max_bytes: MAX_ANSWER,
        timeout_s,
    };
    match host.fetch(&request) {
        Ok(answer) if matches!(answer.status, 200 | 204) => {
            done();
            let fields = [("client_id", participant.client_id.as_str())];
            host.emit(Level::Info, "logout.told", &fields);
        }
        Ok(answer) => failed(
            host,
            &participant.client_id,
            &format!("status {}", answer.status),
        ),
        Err(failure) => failed(host, &participant.client_id, &format!("{failure:?}")),
    }
}

fn failed(host: &dyn Host, client_id: &str, reason: &str) {
    let fields = [("client_id", client_id), ("reason", reason)];
    host.emit(Level::Warning, "logout.not_told", &fields);
}

/// A logout token (§2.4), signed as the client's ID tokens are. Never with a `nonce`, so that it cannot pass for one.
fn token(
    client: &Client,
    participant: &Participant,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<String, Refusal> {
    let claims: Value = json!({
        "iss": server.issuer,
        "aud": client.client_id,
        "iat": now,
        "exp": now.plus(LIFETIME_S),
        "jti": random_id(host),
        "sub": pairwise::sub(client, &participant.sub, host)?,
        "sid": pairwise::sid(client, &participant.sid, host)?,
        "events": { EVENT: {} },
    });
    jwt::sign(TYP, client.id_token_signed_response_alg, &claims, host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s2_2_where_logout_tokens_go() {
        let redirects = ["https://app.example/cb".to_owned()];
        let check = |uri: &str, trust| check_uri(uri, &redirects, trust);
        assert_eq!(check("https://app.example/bye?x=1", Trust::Dynamic), Ok(()));
        assert_eq!(check("https://rp.example:8443/", Trust::Declared), Ok(()));
        for bad in [
            "http://app.example/",
            "https://app.example/#x",
            "https://app.example/#",
            "https://user@app.example/",
            "https:///x",
            "https:app.example",
            "//app.example/",
            "/bye",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "",
            &format!("https://app.example/{}", "x".repeat(MAX_URI)),
        ] {
            check(bad, Trust::Registered).unwrap_err();
        }
        for foreign in [
            "https://victim.example/",
            "https://app.example.evil.example/",
        ] {
            check(foreign, Trust::Dynamic).unwrap_err();
            check(foreign, Trust::MetadataDocument).unwrap_err();
        }
    }
}
