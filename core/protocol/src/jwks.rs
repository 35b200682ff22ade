//! The keys of others, as JWK Sets: RFC 7517 §5. Given by value, or fetched and kept.
//!
//! A set that is fetched is kept in the record `keys/<hash of its URL>`:
//! - it is fresh for as long as its `Cache-Control` says, between a minute and a day, ten minutes if it says nothing;
//! - a set that is no longer fresh is fetched again by whoever claims the record first, and stays in use for a day when that fails;
//! - a `kid` that is not in the set has it fetched again, at most once a minute;
//! - a first fetch that fails is not tried again for ten seconds, so that requests cannot make us knock as often as they come.
//!
//! What cannot be fetched is [`Refusal::Unreachable`]: never the fault of the one who presented a token.

use crate::fetches;
use crate::jwk::PublicJwk;
use crate::ports::{FetchFailure, Fetched, Host, Outgoing, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};
use crate::store;
use crate::strict_json;
use crate::time::UnixTime;
use fluent_uri::Uri;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Largest set that is given by value, bytes.
pub const MAX_INLINE: usize = 32 * 1024;
/// Most keys in a set that is given by value.
pub const MAX_INLINE_KEYS: usize = 16;
/// Largest set that is fetched, bytes.
pub const MAX_FETCHED: usize = 64 * 1024;
/// Most keys of a fetched set that are looked at.
pub const MAX_FETCHED_KEYS: usize = 64;
/// Longest URL of a set, bytes.
const MAX_URL: usize = 2048;
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

/// The keys of one party. Keys that cannot verify anything here are not in it (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Jwks(Vec<Key>);

/// One key and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// RFC 7517 §4.5
    kid: Option<String>,
    /// RFC 7517 §4.4
    alg: Option<String>,
    /// RFC 7517 §4.2, §4.3: it is not for encryption.
    signs: bool,
    /// The first certificate of `x5c` (RFC 7517 §4.7), base64 as it came.
    certificate: Option<String>,
    public: PublicJwk,
}

/// Why no key was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// There is none with this `kid`: perhaps a newer set has it.
    Unknown,
    /// There is one, but not for this algorithm or purpose.
    Unfit,
    /// The token names none, and several would fit.
    Ambiguous,
}

impl Missing {
    /// For logs.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "its key is not known",
            Self::Unfit => "its key is for something else",
            Self::Ambiguous => "it names no key, and several would fit",
        }
    }
}

impl Jwks {
    /// The keys of a JWK Set; those that are no use here are passed over.
    ///
    /// # Errors
    /// A sentence if it is no JWK Set.
    pub fn of(set: &Value) -> Result<Self, &'static str> {
        let keys = set.get("keys").and_then(Value::as_array);
        let keys = keys.ok_or("it is not a JWK Set")?;
        let usable = keys.iter().take(MAX_FETCHED_KEYS);
        Ok(Self(usable.filter_map(|jwk| Key::read(jwk).ok()).collect()))
    }

    /// The one key that verifies a token with this `kid` and `alg`.
    ///
    /// # Errors
    /// [`Missing`]
    pub fn find(&self, kid: Option<&str>, alg: &str) -> Result<PublicJwk, Missing> {
        let fit = |key: &&Key| key.verifies(alg);
        let Some(kid) = kid else {
            let mut fitting = self.0.iter().filter(fit);
            return match (fitting.next(), fitting.next()) {
                (Some(only), None) => Ok(only.public.clone()),
                (None, _) => Err(Missing::Unknown),
                (Some(_), Some(_)) => Err(Missing::Ambiguous),
            };
        };
        let mut named = self
            .0
            .iter()
            .filter(|key| key.kid.as_deref() == Some(kid))
            .peekable();
        if named.peek().is_none() {
            return Err(Missing::Unknown);
        }
        // RFC 7517 §4.5: keys of different kinds may share a kid.
        named
            .find(fit)
            .map(|key| key.public.clone())
            .ok_or(Missing::Unfit)
    }

    /// All keys, for those who compare them with something else than a signature.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.0
    }
}

impl Key {
    fn read(jwk: &Value) -> Result<Self, &'static str> {
        let public = PublicJwk::read(jwk)?;
        let text = |name: &str| match jwk.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= 512 => Ok(Some(text.clone())),
            Some(_) => Err("a member of the key is malformed"),
        };
        let verifies = match jwk.get("key_ops") {
            None => true,
            Some(Value::Array(operations)) => operations.iter().any(|name| name == "verify"),
            Some(_) => return Err("key_ops is not a list"),
        };
        let usage = text("use")?;
        let chain = jwk.get("x5c").and_then(Value::as_array);
        let certificate = chain
            .and_then(|chain| chain.first())
            .and_then(Value::as_str);
        Ok(Self {
            kid: text("kid")?,
            alg: text("alg")?,
            signs: verifies && usage.is_none_or(|usage| usage == "sig"),
            certificate: certificate.map(str::to_owned),
            public,
        })
    }

    /// Whether it verifies signatures by `alg`: by its kind, its curve, and by what it says of itself.
    fn verifies(&self, alg: &str) -> bool {
        // RFC 9864 §2.2 gives EdDSA over Ed25519 a second name.
        let same = |own: &str| own == alg || (own, alg) == ("Ed25519", "EdDSA");
        self.signs && self.public.verifies(alg) && self.alg.as_deref().is_none_or(same)
    }

    /// The key itself.
    #[must_use]
    pub const fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// The certificate that came with it, base64 of DER (RFC 7517 §4.7). Not believed here.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// As it is kept: what [`Key::read`] reads again.
    fn kept(&self) -> Value {
        let mut members: Map<String, Value> =
            serde_json::from_str(self.public.as_json()).unwrap_or_default();
        let texts = [("kid", &self.kid), ("alg", &self.alg)];
        for (name, text) in texts {
            if let Some(text) = text {
                members.insert(name.to_owned(), Value::from(text.as_str()));
            }
        }
        if !self.signs {
            members.insert("use".to_owned(), Value::from("enc"));
        }
        if let Some(certificate) = &self.certificate {
            members.insert(
                "x5c".to_owned(),
                Value::Array(vec![Value::from(certificate.as_str())]),
            );
        }
        Value::Object(members)
    }
}

/// Checks a set that is to be kept by value. Stricter than [`Jwks::of`]: whoever registers it can be told what is wrong.
///
/// # Errors
/// A sentence that says what is wrong, without the member's name in front.
pub fn check_inline(set: &Value) -> Result<(), String> {
    let size = serde_json::to_vec(set).map_or(usize::MAX, |bytes| bytes.len());
    if size > MAX_INLINE {
        return Err(format!("is larger than {MAX_INLINE} bytes"));
    }
    let Some(keys) = set.get("keys").and_then(Value::as_array) else {
        return Err("is not a JWK Set: {\"keys\": […]}".to_owned());
    };
    if !(1..=MAX_INLINE_KEYS).contains(&keys.len()) {
        return Err(format!("must hold 1 to {MAX_INLINE_KEYS} keys"));
    }
    let mut kids: Vec<(&str, &str)> = Vec::new();
    for (index, jwk) in keys.iter().enumerate() {
        Key::read(jwk).map_err(|why| format!("key {index}: {why}"))?;
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if let (Some(kid), Some(kty)) = (text("kid"), text("kty")) {
            if kids.contains(&(kid, kty)) {
                return Err(format!("key {index}: its kid is another key's too"));
            }
            kids.push((kid, kty));
        }
    }
    Ok(())
}

/// Checks the URL of a set. Where it leads is for the host to allow, whenever it is fetched.
///
/// # Errors
/// A sentence that says what is wrong, without the member's name in front.
pub fn check_uri(uri: &str) -> Result<(), &'static str> {
    if uri.len() > MAX_URL {
        return Err("is longer than 2048 bytes");
    }
    let parsed = Uri::parse(uri).map_err(|_| "is not a URL")?;
    if parsed.scheme().as_str() != "https" {
        Err("is not an https URL")
    } else if parsed
        .authority()
        .is_none_or(|authority| authority.host().is_empty() || authority.has_userinfo())
    {
        Err("has no host, or a user name")
    } else if parsed.has_fragment() {
        Err("has a fragment")
    } else {
        Ok(())
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
