//! `sector_identifier_uri` of a client that nobody vouches for: OpenID Connect Registration §5. What lies there says which redirect URIs are of
//! the sector, so that nobody joins one by naming it.
//!
//! In order: 1. the URL is one that we go to at all ([`crate::egress`]); 2. how much is fetched of one host and at all;
//! 3. 200, JSON, 64 KiB, 5 s, no redirect followed; 4. an array of strings. That it holds every redirect URI of the client
//! [`SectorDocument::covers`] says later, when these are known.

use super::metadata::Unfit;
use crate::egress::Rules;
use crate::fetches;
use crate::ports::{Host, Outgoing};
use crate::redirect_uri::{self, Place};
use crate::refusal::Refusal;
use crate::strict_json;
use crate::time::UnixTime;
use serde_json::Value;

/// Longest document, bytes.
const MAX_DOCUMENT: usize = 64 * 1024;
/// Until it is there, seconds.
const TIMEOUT_S: u32 = 5;

/// What lies at a `sector_identifier_uri`. Only [`fetch`] builds one.
#[derive(Debug, Clone)]
pub struct SectorDocument {
    uri: String,
    redirect_uris: Vec<String>,
}

impl SectorDocument {
    /// Whether it makes a client with these redirect URIs one of its sector. Only places on the web: where an answer reaches some program on a
    /// device, it reaches a stranger's as well, and a sector that lists its own application would list theirs.
    ///
    /// # Errors
    /// A sentence that names the member and what is wrong.
    pub fn covers(&self, uri: &str, redirect_uris: &[String]) -> Result<(), Unfit> {
        if self.uri != uri {
            return Err("sector_identifier_uri: another was read".to_owned());
        }
        if redirect_uris.is_empty() {
            return Err("subject_type `pairwise` needs redirect_uris".to_owned());
        }
        for redirect_uri in redirect_uris {
            if !matches!(redirect_uri::place(redirect_uri), Ok(Place::Web(_))) {
                return Err(format!(
                    "subject_type `pairwise` needs redirect_uris on the web, and `{redirect_uri}` is not"
                ));
            }
            if !self.redirect_uris.contains(redirect_uri) {
                return Err(format!(
                    "sector_identifier_uri: what lies there does not hold `{redirect_uri}`"
                ));
            }
        }
        Ok(())
    }
}

/// Fetches what lies at `uri`.
///
/// # Errors
/// [`Refusal::ClientMetadataInvalid`] if it cannot be had or is no such document (§5: the registration must fail);
/// [`Refusal::TooManyRequests`]; store failures.
pub fn fetch(uri: &str, now: UnixTime, host: &dyn Host) -> Result<SectorDocument, Refusal> {
    let invalid =
        |why: &str| Refusal::ClientMetadataInvalid(format!("sector_identifier_uri: {why}"));
    let rules = Rules::of_section(host.section("server").as_deref());
    let route = rules.route(uri).map_err(invalid)?;
    if !fetches::admit(&route.authority, now, host)? {
        return Err(Refusal::TooManyRequests(fetches::WINDOW_S));
    }
    let request = Outgoing {
        method: "GET",
        url: uri,
        headers: &[("accept", "application/json")],
        body: &[],
        max_bytes: MAX_DOCUMENT,
        timeout_s: TIMEOUT_S,
    };
    let answer = host
        .fetch(&request)
        .map_err(|_| invalid("it cannot be fetched"))?;
    let is_good = answer.status == 200 && answer.is_json() && answer.body.len() <= MAX_DOCUMENT;
    if !is_good {
        return Err(invalid("there is no JSON document of at most 64 KiB"));
    }
    let Ok(Value::Array(listed)) = strict_json::parse(&answer.body, 1) else {
        return Err(invalid("there is no array of strings"));
    };
    let redirect_uris = listed
        .into_iter()
        .map(|item| item.as_str().map(str::to_owned))
        .collect::<Option<Vec<_>>>()
        .ok_or_else(|| invalid("there is no array of strings"))?;
    Ok(SectorDocument {
        uri: uri.to_owned(),
        redirect_uris,
    })
}
