//! `user.sessions`, `user.grants`, `user.sign_out`, `grant.revoke`, `logout.deliver`: what people see and end on the account page, for
//! operators.

use super::{Failure, PAGE, users};
use crate::backchannel_logout;
use crate::grant;
use crate::granted;
use crate::ports::{Host, Level};
use crate::secret::is_base64url;
use crate::session;
use crate::settings::Server;
use crate::user::User;
use serde_json::{Value, json};

/// Most clients that one `logout.deliver` tries: each may take two seconds.
const MAX_TRIED: usize = 3;

fn server(host: &dyn Host) -> Result<Server, Failure> {
    let section = host
        .section("server")
        .ok_or_else(|| Failure::Unavailable("section `server` is missing".to_owned()))?;
    serde_json::from_str(&section).map_err(|error| Failure::Unavailable(error.to_string()))
}

/// Live sessions; without the hashes of their cookies.
pub(super) fn sessions(user: &str, after: Option<&str>, host: &dyn Host) -> Result<Value, Failure> {
    let user = users::find(user, host)?;
    let server = server(host)?;
    let after = after.filter(|after| is_base64url(after, 22));
    let part = granted::sessions(&user.sub, after, PAGE, host)?;
    let mut sessions = Vec::new();
    for (sid, one) in part.found {
        let Some(alive) = session::alive(&sid, one, &server, host.now(), host)? else {
            continue;
        };
        sessions.push(json!({
            "sid": sid,
            "device": alive.session.device,
            "provider": alive.session.provider,
            "auth_time": alive.session.auth_time,
            "last_used": alive.session.last_used,
        }));
    }
    Ok(json!({ "sessions": sessions, "next": part.next }))
}

/// Live grants; without the hashes of their tokens.
pub(super) fn grants(user: &str, after: Option<&str>, host: &dyn Host) -> Result<Value, Failure> {
    let user = users::find(user, host)?;
    let part = granted::grants(&user.sub, None, after, PAGE, host.now(), host)?;
    let shown = part
        .found
        .iter()
        .filter(|given| given.grant.stands(Some(&user)).is_ok())
        .map(|given| {
            let grant = &given.grant;
            json!({
                "grant": given.id,
                "client_id": grant.client_id,
                "scope": grant.scope,
                "resources": grant.resources,
                "device": grant.device,
                "sid": grant.sid,
                "created_at": grant.created_at,
                "last_used": grant.last_used(),
            })
        });
    Ok(json!({ "grants": shown.collect::<Vec<_>>(), "next": part.next }))
}

pub(super) fn sign_out(user: &str, apps: bool, host: &dyn Host) -> Result<Value, Failure> {
    let user = users::find(user, host)?;
    let pending = session::end_everywhere(&user.sub, apps, host.now(), host)?;
    backchannel_logout::tell(&pending, &server(host)?, host);
    Ok(json!({ "user": users::find(&user.sub, host)? }))
}

pub(super) fn revoke(grant_id: &str, host: &dyn Host) -> Result<Value, Failure> {
    if !is_base64url(grant_id, 22) {
        return Err(Failure::Absent);
    }
    let grant = grant::find(grant_id, host)?.ok_or(Failure::Absent)?.value;
    grant::revoke(grant_id, host)?;
    let fields = [("grant", grant_id), ("client_id", &grant.client_id)];
    host.emit(Level::Info, "grant.revoked", &fields);
    Ok(json!({ "grant": grant_id, "client_id": grant.client_id, "sub": grant.sub }))
}

/// Tells the clients of a person whose sessions have just ended.
pub(super) fn tell_of_the_end(
    sub: &str,
    user: Option<&User>,
    host: &dyn Host,
) -> Result<(), Failure> {
    let pending = session::clear_ended(sub, user, host.now(), host)?;
    backchannel_logout::tell(&pending, &server(host)?, host);
    Ok(())
}

pub(super) fn deliver(host: &dyn Host) -> Result<Value, Failure> {
    let tried = backchannel_logout::deliver_due(MAX_TRIED, &server(host)?, host)?;
    Ok(json!({ "tried": tried }))
}
