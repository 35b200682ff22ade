//! How long a client that registered itself is kept, and what of its registration beside its metadata (RFC 7592 §3).

use super::Said;
use crate::client::{Client, key};
use crate::ports::{Host, Level};
use crate::refusal::Refusal;
use crate::secret::SecretHash;
use crate::settings::Server;
use crate::store;
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// A day in seconds: how exactly the last use is known.
const DAY_S: u64 = 86_400;

/// How a client that registered itself manages its registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// SHA-256 of its registration access token (RFC 7592 §3).
    pub access_token: SecretHash,
    /// When it was registered or last got a token, to the day.
    pub used_at: UnixTime,
    /// When it is forgotten.
    pub expires_at: UnixTime,
    /// The software statement that vouches for it, as it came (RFC 7591 §3.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_statement: Option<String>,
}

impl Registration {
    /// A new one, used at `now`.
    #[must_use]
    pub fn new(access_token: &str, said: &Said, server: &Server, now: UnixTime) -> Self {
        Self {
            access_token: SecretHash::of(access_token),
            used_at: now,
            expires_at: expiry(server, now),
            software_statement: said.statement().map(|it| it.jwt().to_owned()),
        }
    }

    /// The same after a change by its client, which manages itself by another token from then on.
    #[must_use]
    pub fn changed(self, access_token: &str, said: &Said) -> Self {
        Self {
            access_token: SecretHash::of(access_token),
            software_statement: said.statement().map(|it| it.jwt().to_owned()),
            ..self
        }
    }
}

fn expiry(server: &Server, used_at: UnixTime) -> UnixTime {
    used_at.plus(u64::from(server.registration.unused_days).saturating_mul(DAY_S))
}

/// Notes that a client that registered itself is in use, at most once a day. If that fails, another day will do.
pub fn used(client: &Client, server: &Server, now: UnixTime, host: &dyn Host) {
    let due = client
        .registration
        .as_ref()
        .is_some_and(|registration| now.since(registration.used_at) >= DAY_S);
    if !due {
        return;
    }
    let key = key(&client.client_id);
    let noted = store::get::<Client>(host, &key).and_then(|stored| {
        let Some(mut stored) = stored else {
            return Ok(());
        };
        if let Some(registration) = &mut stored.value.registration {
            registration.used_at = now;
            registration.expires_at = expiry(server, now);
        }
        let kept_until = stored.value.kept_until();
        store::replace(host, &key, stored.version, &stored.value, kept_until)
            .map(drop)
            .map_err(Refusal::from)
    });
    if let Err(refusal) = noted {
        host.emit(
            Level::Warning,
            "client.use_not_noted",
            &[("reason", &format!("{refusal:?}"))],
        );
    }
}
