//! Consent: RFC 6749 §10.2, RFC 9700 §2. Asked explicitly, remembered only where nobody else can step into the client's place.

use crate::authorization::AuthorizationRequest;
use crate::client::{Client, ConsentRule, Trust, registration};
use crate::granted;
use crate::policy::Permit;
use crate::ports::{Host, Records, StoreFailure};
use crate::redirect_uri::Place;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::settings::Server;
use crate::store::{self, MAX_TRIES};
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// Proof that the person agreed, now or earlier, or that the operator did for them. Only this module builds one.
#[derive(Debug)]
pub struct ConsentGiven(());

/// What a person agreed to, as it is kept under `consent/<sub>/<app>`: see [`granted::app`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// With whom.
    pub client_id: String,
    /// To what.
    pub scope: Scope,
    /// Where.
    pub resources: Vec<String>,
    /// Claims that none of the scopes holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<String>,
    /// A consent is for one place to send the answer to; a changed one asks again.
    pub redirect_uri: String,
    /// See [`registration::consent_digest`]: a client that changed what matters asks again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// When.
    pub given_at: UnixTime,
}

/// The prefix of the keys of a person's consents.
#[must_use]
pub fn of(sub: &str) -> String {
    format!("consent/{sub}/")
}

fn key(sub: &str, client: &Client) -> String {
    format!("{}{}", of(sub), granted::app(&client.client_id))
}

/// What a person agreed to and need not be asked again, with the application's segment of the key, at most `limit`.
///
/// # Errors
/// Store failures.
pub fn remembered(
    sub: &str,
    limit: u32,
    host: &dyn Host,
) -> Result<Vec<(String, Remembered)>, Refusal> {
    let prefix = of(sub);
    let listed = Records::list(host, &prefix, None, limit)?;
    Ok(listed
        .iter()
        .filter_map(|record| {
            let app = record.key.strip_prefix(&prefix)?.to_owned();
            Some((app, serde_json::from_slice(&record.value).ok()?))
        })
        .collect())
}

/// Forgets what a person agreed to with one application.
///
/// # Errors
/// A store failure.
pub fn forget(sub: &str, app: &str, host: &dyn Host) -> Result<(), StoreFailure> {
    host.remove(&format!("{}{app}", of(sub)), None)
}

/// Whether a consent of this client may be remembered, or given by the operator: its answers go to an https host that only
/// it controls. On loopback and private-use schemes any program can pose as it (RFC 8252 §8.6), and nobody knows who a public
/// client is that registered itself.
fn has_a_place_of_its_own(request: &AuthorizationRequest, client: &Client) -> bool {
    let anyone = client.trust == Trust::Dynamic && !client.is_confidential();
    !anyone && matches!(request.redirect_uri.place(), Some(Place::Web(_)))
}

/// Looks for consent that need not be asked for.
///
/// # Errors
/// Store failures.
pub fn already_given(
    request: &AuthorizationRequest,
    permit: &Permit,
    client: &Client,
    sub: &str,
    host: &dyn Host,
) -> Result<Option<ConsentGiven>, Refusal> {
    if request.prompt.consent || !has_a_place_of_its_own(request, client) {
        return Ok(None);
    }
    if client.consent == ConsentRule::Implicit
        && matches!(client.trust, Trust::Declared | Trust::Registered)
    {
        return Ok(Some(ConsentGiven(())));
    }
    // What is asked for here in so many words is asked each time.
    if !request.authorization_details.is_empty() {
        return Ok(None);
    }
    let Some(remembered) =
        store::get::<Remembered>(host, &key(sub, client))?.map(|stored| stored.value)
    else {
        return Ok(None);
    };
    let covers = permit.scope.is_within(&remembered.scope)
        && permit
            .claims_by_name
            .beyond(&permit.scope)
            .iter()
            .all(|claim| remembered.claims.contains(claim))
        && request
            .resources
            .iter()
            .all(|resource| remembered.resources.contains(resource))
        && client.was_there(remembered.given_at)
        && remembered.redirect_uri == request.redirect_uri.as_str()
        && remembered.digest == registration::consent_digest(client);
    Ok(covers.then_some(ConsentGiven(())))
}

/// The person pressed "allow". Remembers it, where that is safe.
///
/// # Errors
/// Store failures.
pub fn give(
    request: &AuthorizationRequest,
    permit: &Permit,
    client: &Client,
    sub: &str,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<ConsentGiven, Refusal> {
    if !has_a_place_of_its_own(request, client) || server.lifetimes.consent_s == 0 {
        return Ok(ConsentGiven(()));
    }
    let key = key(sub, client);
    let new = Remembered {
        client_id: client.client_id.clone(),
        scope: permit.scope.clone(),
        claims: permit.claims_by_name.beyond(&permit.scope),
        resources: request.resources.clone(),
        redirect_uri: request.redirect_uri.as_str().to_owned(),
        digest: registration::consent_digest(client),
        given_at: now,
    };
    let expires_at = Some(now.plus(u64::from(server.lifetimes.consent_s)));
    for _ in 0..MAX_TRIES {
        let written = match host.get(&key)? {
            None => store::insert(host, &key, &new, expires_at),
            Some(entry) => store::replace(host, &key, entry.version, &new, expires_at),
        };
        match written {
            Ok(_) => return Ok(ConsentGiven(())),
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}
