//! The copy of a document that is kept, and what serves in its stead.

use super::fetch::{Failed, fetch};
use super::pinned::pinned;
use super::{By, is_url};
use crate::client::{arrivals, registration};
use crate::fetches;
use crate::ports::{Host, Level, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{base64url, sha256_of};
use crate::settings::Server;
use crate::store::{self, Stored};
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// How long nobody else fetches what is being fetched, seconds.
const LEASE_S: u64 = 8;
/// How long a failure is not tried again, seconds.
const RETRY_S: u64 = 30;
/// How long a document serves on that cannot be fetched again, seconds.
const STALE_S: u64 = 7 * 86_400;
/// How long one is kept that nobody let in, seconds: longer than any sign-in takes.
const UNUSED_S: u64 = 3_600;

/// The members that are read beside those of a registration; the others are not kept.
const READ: [&str; 2] = ["client_id", "token_endpoint_auth_methods_supported"];

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
    /// Somebody let it in: its client got tokens.
    #[serde(default)]
    used: bool,
}

fn key(url: &str) -> String {
    format!("document/{}", base64url(&sha256_of(&[url.as_bytes()])))
}

/// The document: the copy that is kept, or a new one.
pub(super) fn document(
    url: &str,
    name: &str,
    by: By<'_>,
    server: &Server,
    host: &dyn Host,
) -> Result<Map<String, Value>, Refusal> {
    let (key, now) = (key(url), host.now());
    let stored = store::get::<Kept>(host, &key)?;
    if matches!(by, By::Page) {
        let kept = stored.map_or_else(|| Kept::nothing(url), |stored| stored.value);
        return instead(&kept, server, now);
    }
    if let Some(Stored { value: kept, .. }) = &stored {
        if let (Some(document), true) = (&kept.document, now < kept.fresh_until) {
            return Ok(document.clone());
        }
        // A sign-in goes on with the document that it began with; each look at its page must not be a request to somewhere.
        let goes_on = matches!(by, By::Record) && !kept.used && kept.document.is_some();
        if now < kept.retry_at || goes_on {
            return instead(kept, server, now);
        }
    }
    if stored.as_ref().is_none_or(|stored| !stored.value.used) {
        count(url, by, server, now, host)?;
    }
    let (mut kept, version) = match stored {
        Some(Stored { value, version }) => (value, Some(version)),
        None => (Kept::nothing(url), None),
    };
    if !fetches::admit(name, now, host)? {
        return instead(&kept, server, now);
    }
    kept.retry_at = now.plus(LEASE_S);
    let Some(version) = lease(&key, &kept, version, host)? else {
        return instead(&kept, server, now); // Someone else is at it.
    };
    kept.learn(fetch(url, host), now, host);
    // Who changed it meanwhile outlived our lease, and knows better.
    match store::replace(host, &key, version, &kept, Some(kept.ends_at())) {
        Ok(_) | Err(StoreFailure::Conflict) => {}
        Err(failure) => return Err(failure.into()),
    }
    match &kept.document {
        Some(document) if now < kept.fresh_until => Ok(document.clone()),
        _ => instead(&kept, server, now),
    }
}

/// Counts one that nobody let in yet, if anybody at all may have named it.
fn count(
    url: &str,
    by: By<'_>,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<(), Refusal> {
    match by {
        By::Request(from) if !is_vouched_for(url, server) => {
            arrivals::admit(from, server, now, host)
        }
        By::Request(_) | By::Record | By::Page => Ok(()),
    }
}

/// Whether the operator, or this program, has the document at hand or vouches for it.
fn is_vouched_for(url: &str, server: &Server) -> bool {
    let trusted = &server.client_id_metadata.trusted;
    trusted.iter().any(|it| it == url) || pinned(url, server).is_some()
}

/// Whether a URL is that of a document which is known here: whoever it stands for, it is a client and nothing else. That somebody only named
/// it as one makes it none.
///
/// # Errors
/// Store failures.
pub fn is_known(url: &str, server: &Server, host: &dyn Host) -> Result<bool, Refusal> {
    if !server.client_id_metadata.enabled || !is_url(url) {
        return Ok(false);
    }
    let stored = store::get::<Kept>(host, &key(url))?;
    let is_kept = stored.is_some_and(|stored| stored.value.document.is_some());
    Ok(is_kept || is_vouched_for(url, server))
}

/// What is read of a record only to see whether it was used.
#[derive(Deserialize)]
struct Use {
    #[serde(default)]
    used: bool,
}

/// Notes that somebody let the client of a document in.
///
/// # Errors
/// Store failures; [`Refusal::Contention`] if somebody else changed the record.
pub fn used(url: &str, host: &dyn Host) -> Result<(), Refusal> {
    let key = key(url);
    if store::get::<Use>(host, &key)?.is_none_or(|stored| stored.value.used) {
        return Ok(());
    }
    let Some(mut stored) = store::get::<Kept>(host, &key)? else {
        return Ok(());
    };
    stored.value.used = true;
    let ends_at = Some(stored.value.ends_at());
    store::replace(host, &key, stored.version, &stored.value, ends_at)?;
    Ok(())
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
        Err(StoreFailure::Conflict) => Ok(None),
        Err(failure) => Err(failure.into()),
    }
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
            used: false,
        }
    }

    /// How long the document is of use, even if it cannot be fetched again.
    fn stale_at(&self) -> UnixTime {
        self.fetched_at
            .plus(if self.used { STALE_S } else { UNUSED_S })
    }

    /// How long the record is of use.
    fn ends_at(&self) -> UnixTime {
        let stale_at = self.document.as_ref().map(|_| self.stale_at());
        self.retry_at.max(stale_at.unwrap_or_default()).plus(1)
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
                let read = |name: &str| registration::reads(name) || READ.contains(&name);
                let document = document.into_iter().filter(|(name, _)| read(name));
                (self.document, self.invalid) = (Some(document.collect()), None);
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
    if let (Some(document), true) = (&kept.document, now < kept.stale_at()) {
        return Ok(document.clone());
    }
    pinned(&kept.url, server).ok_or_else(|| {
        Refusal::ClientDocumentUnreachable("it cannot be fetched, and no copy is kept".to_owned())
    })
}
