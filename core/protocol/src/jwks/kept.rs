//! Where the keys of others come from, and what is kept of sets that are fetched.
//!
//! A set that is fetched is kept in the record `keys/<hash of its URL>`:
//! - it is fresh for as long as its `Cache-Control` says, between a minute and a day, ten minutes if it says nothing;
//! - a set that is no longer fresh is fetched again by whoever claims the record first, and stays in use for a day when that fails;
//! - a `kid` that is not in the set has it fetched again, at most once a minute;
//! - a first fetch that fails is not tried again for ten seconds, so that requests cannot make us knock as often as they come.
//!
//! What cannot be fetched is [`Refusal::Unreachable`]: never the fault of the one who presented a token.

use super::{Jwks, Key, MAX_FETCHED, check_uri};
use crate::fetches;
use crate::ports::{FetchFailure, Fetched, Host, Outgoing, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};
use crate::store;
use crate::strict_json;
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How long a fetch may take, seconds.
const TIMEOUT_S: u32 = 5;
/// A set is fresh at least so long, seconds.
const FRESH_MIN_S: u64 = 60;
/// And at most so long.
const FRESH_MAX_S: u64 = 86_400;
/// And so long if its server says nothing.
const FRESH_S: u64 = 600;
/// A set that cannot be fetched again stays in use for so long, seconds.
const STALE_S: u64 = 86_400;
/// Pause between two fetches for an unknown `kid`, seconds.
const AGAIN_S: u64 = 60;
/// Pause after a fetch that failed while an older set is in use, seconds.
const RETRY_S: u64 = 30;
/// Pause after a fetch that failed when there is no set, seconds.
const NEGATIVE_S: u64 = 10;

/// Where keys come from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Source<'a> {
    /// A JWK Set.
    Inline(&'a Value),
    /// The https URL of one.
    Uri(&'a str),
    /// The same, from a client that nobody registered: how often it leads us somewhere is bounded, see [`crate::fetches`].
    StrangersUri(&'a str),
}

/// The URL of a set.
#[derive(Debug, Clone, Copy)]
struct Place<'a> {
    uri: &'a str,
    /// Whether what is fetched there is counted.
    strangers: bool,
}

impl<'a> Place<'a> {
    /// Where a set lies that must be fetched.
    const fn of(source: Source<'a>) -> Result<Self, &'a Value> {
        match source {
            Source::Inline(set) => Err(set),
            Source::Uri(uri) => Ok(Self {
                uri,
                strangers: false,
            }),
            Source::StrangersUri(uri) => Ok(Self {
                uri,
                strangers: true,
            }),
        }
    }
}

/// The keys of a source.
///
/// # Errors
/// [`Refusal::Unreachable`] if they cannot be had now; store failures.
pub fn read(source: Source<'_>, now: UnixTime, host: &dyn Host) -> Result<Jwks, Refusal> {
    match Place::of(source) {
        Ok(place) => kept(place, now, host),
        Err(set) => Jwks::of(set).map_err(|why| unreachable("a client's own set", why)),
    }
}

/// The keys of a source, newer than those that [`read`] gave if there can be newer ones. `None`: there are none.
///
/// # Errors
/// As [`read`].
pub fn read_again(
    source: Source<'_>,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<Jwks>, Refusal> {
    let Ok(place) = Place::of(source) else {
        return Ok(None);
    };
    let uri = place.uri;
    for _ in 0..2 {
        let Some(stored) = store::get::<Kept>(host, &key(uri))? else {
            return Ok(None);
        };
        if now < stored.value.fetching_until {
            break;
        }
        if now.since(stored.value.tried_at) < AGAIN_S {
            // Someone may have fetched them since the caller read them.
            return Ok(stored.value.keys(uri));
        }
        if let Some(version) = claim(uri, &stored.value, stored.version, now, host)? {
            return refresh(place, stored.value, version, now, host)?.map(Some);
        }
    }
    Err(unreachable(uri, "they are being fetched"))
}

/// A fetched set, or the memory of a fetch that failed.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Kept {
    uri: String,
    /// None: it was never fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    set: Option<Value>,
    fresh_until: UnixTime,
    tried_at: UnixTime,
    /// Someone is fetching it, and is not expected to take longer than this.
    fetching_until: UnixTime,
}

impl Kept {
    fn keys(&self, uri: &str) -> Option<Jwks> {
        // Two URLs of one hash there are none; a record of another URL would be a fault of ours.
        let set = self.set.as_ref().filter(|_| self.uri == uri)?;
        Jwks::of(set).ok()
    }

    fn expires_at(&self) -> UnixTime {
        if self.set.is_some() {
            self.fresh_until.plus(STALE_S)
        } else {
            self.tried_at.plus(AGAIN_S)
        }
    }
}

fn key(uri: &str) -> String {
    format!("keys/{}", base64url(&sha256_of(&[uri.as_bytes()])))
}

fn unreachable(whose: &str, why: &str) -> Refusal {
    let whose: String = whose.chars().take(200).collect();
    Refusal::Unreachable(format!("keys of {whose}: {why}"))
}

fn kept(place: Place<'_>, now: UnixTime, host: &dyn Host) -> Result<Jwks, Refusal> {
    let uri = place.uri;
    let Some(stored) = store::get::<Kept>(host, &key(uri))? else {
        return first(place, now, host);
    };
    let (value, version) = (stored.value, stored.version);
    let since_try = now.since(value.tried_at);
    match value.keys(uri) {
        Some(keys) if now < value.fresh_until || since_try < RETRY_S => Ok(keys),
        None if since_try < NEGATIVE_S => Err(unreachable(uri, "a fetch failed a moment ago")),
        old => match claim(uri, &value, version, now, host)? {
            Some(version) => match refresh(place, value, version, now, host)? {
                Ok(keys) => Ok(keys),
                Err(refusal) => old.ok_or(refusal),
            },
            // Someone else fetches them just now.
            None => old.ok_or_else(|| unreachable(uri, "they are being fetched")),
        },
    }
}

/// Nobody has fetched this set lately. Several who find that at once all do: none of them has anything to work with.
fn first(place: Place<'_>, now: UnixTime, host: &dyn Host) -> Result<Jwks, Refusal> {
    let uri = place.uri;
    let (kept, result) = match fetch(place, now, host) {
        Ok((kept, keys)) => (kept, Ok(keys)),
        Err(refusal) => {
            let failed = Kept {
                uri: uri.to_owned(),
                set: None,
                fresh_until: now,
                tried_at: now,
                fetching_until: UnixTime(0),
            };
            (failed, Err(refusal))
        }
    };
    match store::insert(host, &key(uri), &kept, Some(kept.expires_at())) {
        Ok(_) | Err(StoreFailure::Conflict) => result,
        Err(failure) => Err(failure.into()),
    }
}

/// Takes it on oneself to fetch a set again. `None`: someone else did.
fn claim(
    uri: &str,
    value: &Kept,
    version: u64,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Option<u64>, Refusal> {
    let claimed = Kept {
        tried_at: now,
        fetching_until: now.plus(u64::from(TIMEOUT_S) + 1),
        ..value.clone()
    };
    // The record must outlive the fetch, or what comes back could not be written.
    let expires_at = claimed.expires_at().max(now.plus(AGAIN_S));
    match store::replace(host, &key(uri), version, &claimed, Some(expires_at)) {
        Ok(version) => Ok(Some(version)),
        Err(StoreFailure::Conflict) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// Fetches a set again and keeps it; on failure what was there stays.
fn refresh(
    place: Place<'_>,
    value: Kept,
    version: u64,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Result<Jwks, Refusal>, Refusal> {
    let (kept, result) = match fetch(place, now, host) {
        Ok((kept, keys)) => (kept, Ok(keys)),
        Err(refusal) => {
            let unchanged = Kept {
                tried_at: now,
                fetching_until: UnixTime(0),
                ..value
            };
            (unchanged, Err(refusal))
        }
    };
    let expires_at = kept.expires_at().max(now.plus(NEGATIVE_S));
    match store::replace(host, &key(place.uri), version, &kept, Some(expires_at)) {
        Ok(_) | Err(StoreFailure::Conflict) => Ok(result),
        Err(failure) => Err(failure.into()),
    }
}

fn fetch(place: Place<'_>, now: UnixTime, host: &dyn Host) -> Result<(Kept, Jwks), Refusal> {
    let uri = place.uri;
    check_uri(uri).map_err(|why| unreachable(uri, why))?;
    if place.strangers && !fetches::admit(&fetches::authority(uri), now, host)? {
        return Err(unreachable(uri, "too much is fetched just now"));
    }
    let request = Outgoing {
        method: "GET",
        url: uri,
        headers: &[("accept", "application/jwk-set+json, application/json")],
        body: &[],
        max_bytes: MAX_FETCHED,
        timeout_s: TIMEOUT_S,
    };
    let answer = host.fetch(&request).map_err(|failure| match failure {
        FetchFailure::Refused(why) | FetchFailure::Unreachable(why) => unreachable(uri, &why),
        FetchFailure::TooLarge => unreachable(uri, "the answer is too large"),
    })?;
    let keys = answered(&answer).map_err(|why| unreachable(uri, why))?;
    let set: Vec<Value> = keys.0.iter().map(Key::kept).collect();
    let kept = Kept {
        uri: uri.to_owned(),
        set: Some(serde_json::json!({ "keys": set })),
        fresh_until: now.plus(fresh_s(answer.header("cache-control"))),
        tried_at: now,
        fetching_until: UnixTime(0),
    };
    Ok((kept, keys))
}

fn answered(answer: &Fetched) -> Result<Jwks, &'static str> {
    if answer.status != 200 {
        return Err("the answer is not 200");
    }
    let media_type = answer.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    let media_type = media_type.to_ascii_lowercase();
    if media_type != "application/json" && !media_type.ends_with("+json") {
        return Err("the answer is not JSON");
    }
    if answer.body.len() > MAX_FETCHED {
        return Err("the answer is too large");
    }
    let set = strict_json::parse(&answer.body, 8).map_err(|_| "the answer is not JSON")?;
    Jwks::of(&set)
}

/// RFC 9111 §5.2.2, within our own bounds.
fn fresh_s(cache_control: Option<&str>) -> u64 {
    let directives = cache_control.unwrap_or_default().to_ascii_lowercase();
    let mut fresh = FRESH_S;
    for directive in directives.split(',').map(str::trim) {
        match directive.split_once('=') {
            None if directive == "no-store" || directive == "no-cache" => return FRESH_MIN_S,
            Some(("max-age", seconds)) => {
                fresh = seconds.trim_matches('"').parse().unwrap_or(FRESH_MIN_S);
            }
            _ => {}
        }
    }
    fresh.clamp(FRESH_MIN_S, FRESH_MAX_S)
}
