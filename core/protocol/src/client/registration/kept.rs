//! How long a client that registered itself is kept, and what of its registration beside its metadata (RFC 7592 §3).

use super::Said;
use super::room::{self, Place};
use crate::client::{Client, Trust, key, metadata_document};
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
    /// The place that it takes up among the unused, until it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unused_in: Option<Place>,
    /// The software statement that vouches for it, as it came (RFC 7591 §3.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_statement: Option<String>,
}

impl Registration {
    /// A new one at `now`. `unused_in`: the place that it took; none: it had an initial access token.
    #[must_use]
    pub fn new(
        access_token: &str,
        said: &Said,
        unused_in: Option<Place>,
        server: &Server,
        now: UnixTime,
    ) -> Self {
        Self {
            access_token: SecretHash::of(access_token),
            used_at: now,
            expires_at: expiry(server, now),
            unused_in,
            software_statement: said.statement().map(|it| it.jwt().to_owned()),
        }
    }

    /// Whether its use is to be noted.
    const fn is_due(&self, now: UnixTime) -> bool {
        self.unused_in.is_some() || now.since(self.used_at) >= DAY_S
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

/// Notes that a client that nobody registered is in use: the first time, and then at most once a day. If that fails, another time will do.
pub fn used(client: &Client, server: &Server, now: UnixTime, host: &dyn Host) {
    let noted = match (client.trust, &client.registration) {
        (Trust::MetadataDocument, _) => metadata_document::used(&client.client_id, host),
        (_, Some(registration)) if registration.is_due(now) => note(client, server, now, host),
        _ => Ok(()),
    };
    if let Err(refusal) = noted {
        let reason = format!("{refusal:?}");
        host.emit(
            Level::Warning,
            "client.use_not_noted",
            &[("reason", &reason)],
        );
    }
}

fn note(client: &Client, server: &Server, now: UnixTime, host: &dyn Host) -> Result<(), Refusal> {
    let key = key(&client.client_id);
    let Some(mut stored) = store::get::<Client>(host, &key)? else {
        return Ok(());
    };
    let place = stored.value.registration.as_mut().and_then(|kept| {
        kept.used_at = now;
        kept.expires_at = expiry(server, now);
        kept.unused_in.take()
    });
    let kept_until = stored.value.kept_until();
    store::replace(host, &key, stored.version, &stored.value, kept_until)?;
    place.map_or(Ok(()), |place| room::give_back(&place, host))
}
