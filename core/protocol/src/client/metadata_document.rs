//! Clients whose id is the URL of a document that says who they are: OAuth Client ID Metadata Document, draft 02 (July 2026).
//!
//! In order: 1. documents are on; 2. the URL (§3); 3. its host, if the operator listed some; 4. the copy that is kept, while it is fresh;
//! 5. how much is fetched of one host and at all; 6. one fetch at a time of one URL, by a lease in its record; 7. the answer: 200, JSON;
//! 8. the document (§4), whose `client_id` is the URL byte for byte.
//!
//! A failure to fetch is ours, not the client's: a copy of the last week serves on, then the pinned one, then 503. A document that was
//! fetched and is none ends that: it and its copies are good for nothing.
//!
//! One id stands for every installation of a program: nothing is ever revoked by it alone.

use super::registration::{self, Offer};
use super::{AuthMethod, Client, Trust};
use crate::ports::{Fetched, Host, Level, Outgoing};
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};
use crate::settings::{self, Server};
use crate::store::{self, Stored};
use crate::strict_json;
use crate::time::UnixTime;
use fluent_uri::Uri;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Longest URL, bytes: it stands in tokens, logs and pages.
pub const MAX_URL: usize = 512;
/// Longest document, bytes (§8.7 recommends to take 5 KB at least).
pub const MAX_DOCUMENT: usize = 64 * 1024;
/// Until a document is there, seconds.
const TIMEOUT_S: u32 = 5;
/// How long nobody else fetches what is being fetched, seconds.
const LEASE_S: u64 = 8;
/// How long a failure is not tried again, seconds.
const RETRY_S: u64 = 30;
/// How long a document is fresh, seconds, whatever its host says (§5.2).
const FRESH_S: std::ops::RangeInclusive<u64> = 60..=86_400;
/// The same where its host says nothing.
const FRESH_DEFAULT_S: u64 = 300;
/// How long a document serves on that cannot be fetched again, seconds.
const STALE_S: u64 = 7 * 86_400;
/// Documents that are fetched from one host in a minute.
const PER_HOST_PER_MINUTE: u64 = 30;
/// Documents that are fetched in a minute at all.
const PER_MINUTE: u64 = 600;

/// Documents of well-known clients, as their owners published them.
const WELL_KNOWN: &str = include_str!("well_known.json");

/// A document as it is kept under `document/<hash of its URL>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    /// For whoever looks at the record.
    url: String,
    /// What was fetched last, if it is good for anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    document: Option<Map<String, Value>>,
    /// When.
    #[serde(default)]
    fetched_at: UnixTime,
    /// It need not be fetched again before.
    #[serde(default)]
    fresh_until: UnixTime,
    /// Nobody tries to before.
    #[serde(default)]
    retry_at: UnixTime,
    /// What was fetched last was no document; why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    invalid: Option<String>,
}

/// Why there is no document.
enum Failed {
    /// Now; why.
    Unreachable(String),
    /// It was taken away.
    Gone,
    /// It is none; why.
    Invalid(String),
}

/// Whether a `client_id` is to be read as the URL of a document. Nobody else has one that begins so.
#[must_use]
pub fn is_url(client_id: &str) -> bool {
    client_id.starts_with("https://")
}

/// The host of such an id, with the port if it is not 443.
#[must_use]
pub fn host_of(client_id: &str) -> Option<&str> {
    let authority = client_id.strip_prefix("https://")?.split('/').next()?;
    Some(authority.strip_suffix(":443").unwrap_or(authority))
}

/// Checks the URL (§3), and returns the host.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn check_url(url: &str) -> Result<&str, &'static str> {
    if url.len() > MAX_URL {
        return Err("is longer than 512 bytes");
    }
    let parsed = Uri::parse(url).map_err(|_| "is not a URL (RFC 3986)")?;
    let authority = parsed.authority().ok_or("has no host")?;
    let path = parsed.path().as_str();
    let segments = || path.split('/').map(str::to_ascii_lowercase);
    let is_dots = |segment: String| matches!(segment.replace("%2e", ".").as_str(), "." | "..");
    if parsed.scheme().as_str() != "https" {
        Err("must be https")
    } else if authority.has_userinfo() {
        Err("must not hold a user name")
    } else if parsed.has_fragment() {
        Err("must not have a fragment")
    } else if parsed.query().is_some() {
        Err("must not have a query")
    } else if path.len() < 2 {
        Err("must have a path")
    } else if segments().any(is_dots) {
        Err("must not have `.` or `..` in its path")
    } else if !is_public_name(authority.host()) {
        Err("must have a host name that is in the public DNS, in lower case")
    } else if authority.port_to_u16().is_err() || authority.as_str().ends_with(':') {
        Err("has no good port")
    } else {
        host_of(url).ok_or("has no host")
    }
}

/// Names with a dot, in lower case; no addresses, and none of the names that mean this machine or this network. What a name resolves
/// to is for the host to check, which does it for every connection.
fn is_public_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let reserved = [
        "localhost",
        "local",
        "internal",
        "lan",
        "home",
        "onion",
        "arpa",
    ];
    host.len() <= 253
        && host.contains('.')
        && host.split('.').all(is_label)
        // An address in any of the spellings that resolvers read ends in a number.
        && !last.starts_with(|c: char| c.is_ascii_digit())
        && !reserved.contains(&last)
}

/// Finds the client of a URL.
///
/// # Errors
/// [`Refusal::UnknownClient`] where documents are off or its host is not listed; [`Refusal::ClientDocumentInvalid`],
/// [`Refusal::ClientDocumentUnreachable`]; store failures.
pub fn find(url: &str, host: &dyn Host) -> Result<Client, Refusal> {
    let server = settings::server(host)?;
    if !server.client_id_metadata.enabled {
        return Err(Refusal::UnknownClient);
    }
    let invalid = |why: &str| Refusal::ClientDocumentInvalid(why.to_owned());
    let name = check_url(url).map_err(invalid)?;
    let allowed = &server.client_id_metadata.allowed_hosts;
    if !allowed.is_empty() && !allowed.iter().any(|allowed| allowed == name) {
        return Err(Refusal::UnknownClient);
    }
    let document = document(url, name, &server, host)?;
    client(&document, url, &server, host).map_err(|refusal| match refusal {
        Refusal::ClientMetadataInvalid(why) | Refusal::RedirectUriUnfit(why) => {
            Refusal::ClientDocumentInvalid(why)
        }
        Refusal::SoftwareStatementUnapproved => invalid("it holds a software statement"),
        other => other,
    })
}

fn key(url: &str) -> String {
    format!("document/{}", base64url(&sha256_of(&[url.as_bytes()])))
}

/// The document: the copy that is kept, or a new one.
fn document(
    url: &str,
    name: &str,
    server: &Server,
    host: &dyn Host,
) -> Result<Map<String, Value>, Refusal> {
    let (key, now) = (key(url), host.now());
    let stored = store::get::<Kept>(host, &key)?;
    if let Some(Stored { value: kept, .. }) = &stored {
        if let (Some(document), true) = (&kept.document, now < kept.fresh_until) {
            return Ok(document.clone());
        }
        if now < kept.retry_at {
            return instead(kept, server, now);
        }
    }
    let (mut kept, version) = match stored {
        Some(Stored { value, version }) => (value, Some(version)),
        None => (Kept::nothing(url), None),
    };
    if !may_fetch(name, now, host)? {
        return instead(&kept, server, now);
    }
    kept.retry_at = now.plus(LEASE_S);
    let Some(version) = lease(&key, &kept, version, host)? else {
        return instead(&kept, server, now); // Someone else is at it.
    };
    kept.learn(fetch(url, host), now, host);
    // Who changed it meanwhile outlived our lease, and knows better.
    match store::replace(host, &key, version, &kept, Some(kept.ends_at())) {
        Ok(_) | Err(crate::ports::StoreFailure::Conflict) => {}
        Err(failure) => return Err(failure.into()),
    }
    match &kept.document {
        Some(document) if now < kept.fresh_until => Ok(document.clone()),
        _ => instead(&kept, server, now),
    }
}

/// Writes that a fetch is under way; `None` if someone else's is.
fn lease(
    key: &str,
    kept: &Kept,
    version: Option<u64>,
    host: &dyn Host,
) -> Result<Option<u64>, Refusal> {
    let ends_at = Some(kept.ends_at());
    let written = match version {
        Some(version) => store::replace(host, key, version, kept, ends_at),
        None => store::insert(host, key, kept, ends_at),
    };
    match written {
        Ok(version) => Ok(Some(version)),
        Err(crate::ports::StoreFailure::Conflict) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

/// Whether one more may be fetched from this host, and at all: nobody can use us to send many requests somewhere.
fn may_fetch(name: &str, now: UnixTime, host: &dyn Host) -> Result<bool, Refusal> {
    let minute = now.0 / 60;
    let ends_at = UnixTime(minute.saturating_add(1).saturating_mul(60));
    let from_it = format!("fetches/{minute}/{name}");
    Ok(host.increment(&from_it, 1, ends_at)? <= PER_HOST_PER_MINUTE
        && host.increment(&format!("fetches/{minute}"), 1, ends_at)? <= PER_MINUTE)
}

impl Kept {
    fn nothing(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            document: None,
            fetched_at: UnixTime(0),
            fresh_until: UnixTime(0),
            retry_at: UnixTime(0),
            invalid: None,
        }
    }

    /// How long the record is of use.
    fn ends_at(&self) -> UnixTime {
        let stale = self
            .document
            .as_ref()
            .map(|_| self.fetched_at.plus(STALE_S));
        self.retry_at.max(stale.unwrap_or_default()).plus(1)
    }

    /// Takes in what came of a fetch. An error is never kept as a document, it only holds off the next try.
    fn learn(
        &mut self,
        fetched: Result<(Map<String, Value>, u64), Failed>,
        now: UnixTime,
        host: &dyn Host,
    ) {
        let why = match fetched {
            Ok((document, fresh_s)) => {
                (self.document, self.invalid) = (Some(document), None);
                (self.fetched_at, self.fresh_until) = (now, now.plus(fresh_s));
                self.retry_at = UnixTime(0);
                return;
            }
            Err(Failed::Unreachable(why)) => why,
            Err(Failed::Gone) => {
                self.document = None;
                "it is gone".to_owned()
            }
            Err(Failed::Invalid(why)) => {
                self.document = None;
                self.invalid = Some(why.clone());
                why
            }
        };
        self.fresh_until = UnixTime(0);
        self.retry_at = now.plus(RETRY_S);
        let fields = [("client_id", self.url.as_str()), ("reason", &why)];
        host.emit(Level::Warning, "client_document.failed", &fields);
    }
}

/// What serves while there is no fresh document.
fn instead(kept: &Kept, server: &Server, now: UnixTime) -> Result<Map<String, Value>, Refusal> {
    if let Some(why) = &kept.invalid {
        return Err(Refusal::ClientDocumentInvalid(why.clone()));
    }
    if let (Some(document), true) = (&kept.document, now < kept.fetched_at.plus(STALE_S)) {
        return Ok(document.clone());
    }
    pinned(&kept.url, server).ok_or_else(|| {
        Refusal::ClientDocumentUnreachable("it cannot be fetched, and no copy is kept".to_owned())
    })
}

/// The pinned copy: the operator's, or ours.
fn pinned(url: &str, server: &Server) -> Option<Map<String, Value>> {
    let is_it = |document: &&Map<String, Value>| {
        document.get("client_id").and_then(Value::as_str) == Some(url)
    };
    let by_operator = server.client_id_metadata.pinned.iter().find(is_it);
    by_operator
        .cloned()
        .or_else(|| well_known().iter().find(is_it).cloned())
}

fn well_known() -> Vec<Map<String, Value>> {
    serde_json::from_str(WELL_KNOWN).unwrap_or_default()
}

/// Fetches a document; with it, for how many seconds it is fresh.
fn fetch(url: &str, host: &dyn Host) -> Result<(Map<String, Value>, u64), Failed> {
    let request = Outgoing {
        method: "GET",
        url,
        headers: &[("accept", "application/json")],
        body: &[],
        max_bytes: MAX_DOCUMENT,
        timeout_s: TIMEOUT_S,
    };
    let answer = host
        .fetch(&request)
        .map_err(|failure| Failed::Unreachable(format!("{failure:?}")))?;
    // §5: only 200 is success; a redirect is not followed.
    match answer.status {
        200 => {}
        404 | 410 => return Err(Failed::Gone),
        status => return Err(Failed::Unreachable(format!("status {status}"))),
    }
    if answer.body.len() > MAX_DOCUMENT {
        return Err(Failed::Unreachable("too large".to_owned()));
    }
    // Guards in front of real documents answer 200 with a page: no document, but no end of one either.
    if !is_json(answer.header("content-type").unwrap_or_default()) {
        return Err(Failed::Unreachable("not JSON by its type".to_owned()));
    }
    let document = strict_json::object(&answer.body, registration::MAX_DEPTH)
        .map_err(|why| Failed::Invalid(why.to_owned()))?;
    check(&document, url).map_err(|why| Failed::Invalid(why.to_owned()))?;
    Ok((document, fresh_s(&answer)))
}

/// `application/json`, or `application/<something>+json` (§5).
fn is_json(content_type: &str) -> bool {
    let media_type = content_type.split(';').next().unwrap_or_default().trim();
    let media_type = media_type.to_ascii_lowercase();
    media_type
        .strip_prefix("application/")
        .is_some_and(|subtype| subtype == "json" || subtype.ends_with("+json"))
}

/// What a document must say whoever reads it (§4).
fn check(document: &Map<String, Value>, url: &str) -> Result<(), &'static str> {
    if document.get("client_id").and_then(Value::as_str) != Some(url) {
        Err("its client_id is not its URL")
    } else if document.contains_key("client_secret")
        || document.contains_key("client_secret_expires_at")
    {
        Err("it holds a secret that everyone can read")
    } else {
        Ok(())
    }
}

/// For how many seconds an answer is fresh (RFC 9111 §4.2), within our own bounds.
fn fresh_s(answer: &Fetched) -> u64 {
    let control = answer.header("cache-control").unwrap_or_default();
    let directive = |wanted: &str| {
        control.split(',').find_map(|directive| {
            let (name, value) = directive
                .trim()
                .split_once('=')
                .unwrap_or((directive.trim(), ""));
            name.eq_ignore_ascii_case(wanted)
                .then(|| value.trim_matches('"').to_owned())
        })
    };
    if directive("no-store").is_some() || directive("no-cache").is_some() {
        return *FRESH_S.start();
    }
    let age = answer.header("age").and_then(|age| age.parse().ok());
    let fresh = directive("max-age")
        .and_then(|seconds| seconds.parse::<u64>().ok())
        .map_or(FRESH_DEFAULT_S, |seconds| {
            seconds.saturating_sub(age.unwrap_or(0))
        });
    fresh.clamp(*FRESH_S.start(), *FRESH_S.end())
}

/// The client that a document describes.
///
/// # Errors
/// [`Refusal::ClientMetadataInvalid`], [`Refusal::RedirectUriUnfit`]
pub fn client(
    document: &Map<String, Value>,
    url: &str,
    server: &Server,
    host: &dyn Host,
) -> Result<Client, Refusal> {
    check(document, url).map_err(|why| Refusal::ClientMetadataInvalid(why.to_owned()))?;
    let offer = Offer::to_documents(server, host);
    let mut refused = None;
    for method in registration::methods_of_document(document)? {
        let mut said = document.clone();
        said.insert(
            "token_endpoint_auth_method".to_owned(),
            Value::from(method.name()),
        );
        if method == AuthMethod::None {
            // Keys that a public client does not use would only be one more thing to fetch.
            for member in ["jwks", "jwks_uri", "token_endpoint_auth_signing_alg"] {
                said.remove(member);
            }
        }
        let made_up = ("document".to_owned(), String::new());
        match registration::read(&said, &offer, made_up, UnixTime(0)) {
            Ok((mut client, _)) => {
                check_sector(&client, url)?;
                url.clone_into(&mut client.client_id);
                client.trust = Trust::MetadataDocument;
                client.secrets = Vec::new();
                return Ok(client);
            }
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    Err(refused.unwrap_or_else(|| Refusal::ClientMetadataInvalid("no method".to_owned())))
}

/// OpenID Connect Core §8.1. A redirect URI shows whose a sector is only while answers go there, and a document may change after a grant
/// was given: where it lies is what it cannot change.
fn check_sector(client: &Client, url: &str) -> Result<(), Refusal> {
    let Some(sector) = &client.sector_identifier else {
        return Ok(());
    };
    let parsed = Uri::parse(url).ok();
    let authority = parsed.as_ref().and_then(Uri::authority);
    if authority.is_some_and(|authority| authority.host() == sector) {
        Ok(())
    } else {
        Err(Refusal::ClientMetadataInvalid(
            "subject_type `pairwise` needs redirect_uris at the host of client_id".to_owned(),
        ))
    }
}
