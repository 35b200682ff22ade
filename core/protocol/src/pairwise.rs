//! Pairwise subjects: OpenID Connect Core §8.1. A client that registered for them knows people, and their sessions, by names that no other
//! sector knows, so that two of them cannot tell that they met the same person.
//!
//! A name is HMAC-SHA256 over the sector and the public name, under a salt that is made once and kept in the record `pairwise/salt`. Keys
//! rotate, names must not: whoever lost the salt would make a stranger of everyone.
//!
//! Every name of a person that leaves for a client comes from here: `sub` and `sid` of ID tokens, `sub` of access tokens, userinfo and
//! introspection; and every one that comes back is compared by [`sub`] and [`sid`] again.

use crate::client::{Client, SubjectType};
use crate::ports::{Host, StoreFailure};
use crate::redirect_uri::{self, Place};
use crate::refusal::Refusal;
use crate::secret::{base64url, random_secret};
use crate::store;
use crate::user::SUB_PREFIX;
use fluent_uri::Uri;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The record of the salt: 256 random bits.
const SALT_KEY: &str = "pairwise/salt";

/// The `sub` by which a client knows the person with this public `sub`.
///
/// # Errors
/// Store failures; [`Refusal::RecordUnreadable`] for a pairwise client without a sector.
pub fn sub(client: &Client, sub: &str, host: &dyn Host) -> Result<String, Refusal> {
    // With the prefix of public ones: no `client_id` can have it, so that none can be a person's name.
    Ok(match known_as(client, "sub", sub, host)? {
        Some(name) => format!("{SUB_PREFIX}{name}"),
        None => sub.to_owned(),
    })
}

/// The `sid` by which a client knows the session with this public id.
///
/// # Errors
/// As [`sub`].
pub fn sid(client: &Client, sid: &str, host: &dyn Host) -> Result<String, Refusal> {
    Ok(known_as(client, "sid", sid, host)?.unwrap_or_else(|| sid.to_owned()))
}

/// A name for a pairwise client; none for others.
fn known_as(
    client: &Client,
    what: &str,
    name: &str,
    host: &dyn Host,
) -> Result<Option<String>, Refusal> {
    if client.subject_type == SubjectType::Public {
        return Ok(None);
    }
    let sector = client.sector_identifier.as_deref().ok_or_else(|| {
        Refusal::RecordUnreadable("a pairwise client without a sector".to_owned())
    })?;
    let salt = salt(host)?;
    let mut mac = Hmac::<Sha256>::new_from_slice(salt.as_bytes())
        .map_err(|error| Refusal::Keys(error.to_string()))?;
    for part in [what, sector, name] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Ok(Some(base64url(&mac.finalize().into_bytes())))
}

/// The salt, made by whoever needs it first.
fn salt(host: &dyn Host) -> Result<String, Refusal> {
    if let Some(stored) = store::get::<String>(host, SALT_KEY)? {
        return Ok(stored.value);
    }
    let salt = random_secret(host);
    match store::insert(host, SALT_KEY, &salt, None) {
        Ok(_) => Ok(salt),
        Err(StoreFailure::Conflict) => store::get::<String>(host, SALT_KEY)?
            .map(|stored| stored.value)
            .ok_or(Refusal::Contention),
        Err(failure) => Err(failure.into()),
    }
}

/// The sector of a client (§8.1): the host of its `sector_identifier_uri`, which its caller knows to be the client's, otherwise the one host
/// of its redirect URIs. The hosts of people's own devices are everyone's and no sector.
///
/// # Errors
/// A sentence with the cure.
pub fn sector(
    sector_identifier_uri: Option<&str>,
    redirect_uris: &[String],
) -> Result<String, String> {
    if let Some(uri) = sector_identifier_uri {
        let host = Uri::parse(uri)
            .ok()
            .filter(|uri| uri.scheme().as_str() == "https")
            .and_then(|uri| uri.authority().map(|authority| authority.host().to_owned()))
            .filter(|host| !host.is_empty() && uri.len() <= 2048);
        return host
            .map(|host| host.to_ascii_lowercase())
            .ok_or_else(|| format!("sector_identifier_uri: `{uri}` is not an https URL"));
    }
    let mut hosts = redirect_uris
        .iter()
        .map(|uri| match redirect_uri::place(uri) {
            Ok(Place::Web(_)) => Uri::parse(uri.as_str()).ok().and_then(|uri| {
                uri.authority()
                    .map(|authority| authority.host().to_ascii_lowercase())
            }),
            _ => None,
        });
    let first = hosts.next().flatten();
    match first {
        Some(first) if hosts.all(|host| host.as_ref() == Some(&first)) => Ok(first),
        _ => Err("subject_type `pairwise` needs redirect_uris that all have one and the same host on the web, or sector_identifier_uri".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_s8_1_the_sector_is_a_host_that_is_the_clients_own() {
        let uris = |uris: &[&str]| uris.iter().map(|uri| (*uri).to_owned()).collect::<Vec<_>>();
        for (sector_uri, redirects, expected) in [
            (
                None,
                vec!["https://a.example/1", "https://A.example/2"],
                Some("a.example"),
            ),
            (
                Some("https://s.example/uris"),
                vec!["https://a.example/", "https://b.example/"],
                Some("s.example"),
            ),
            (None, vec!["https://a.example/", "https://b.example/"], None),
            (None, vec!["http://127.0.0.1/cb"], None),
            (None, vec!["com.example.app:/cb"], None),
            (
                None,
                vec!["https://a.example/", "com.example.app:/cb"],
                None,
            ),
            (None, vec![], None),
            (Some("http://s.example/uris"), vec![], None),
            (Some("s.example"), vec![], None),
        ] {
            assert_eq!(
                sector(sector_uri, &uris(&redirects)).ok().as_deref(),
                expected,
                "{sector_uri:?} {redirects:?}"
            );
        }
    }
}
