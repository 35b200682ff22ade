//! Fetching a document: OAuth Client ID Metadata Document §5.

use super::check;
use crate::client::registration::MAX_DEPTH;
use crate::ports::{Fetched, Host, Outgoing};
use crate::strict_json;
use serde_json::{Map, Value};

/// Longest document, bytes (§8.7 recommends to take 5 KB at least).
pub const MAX_DOCUMENT: usize = 64 * 1024;
/// Until a document is there, seconds.
const TIMEOUT_S: u32 = 5;
/// How long a document is fresh, seconds, whatever its host says (§5.2).
const FRESH_S: std::ops::RangeInclusive<u64> = 60..=86_400;
/// The same where its host says nothing.
const FRESH_DEFAULT_S: u64 = 300;

/// Why there is no document.
pub(super) enum Failed {
    /// Now; why.
    Unreachable(String),
    /// It was taken away.
    Gone,
    /// It is none; why.
    Invalid(String),
}

/// Fetches a document; with it, for how many seconds it is fresh.
pub(super) fn fetch(url: &str, host: &dyn Host) -> Result<(Map<String, Value>, u64), Failed> {
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
    if !answer.is_json() {
        return Err(Failed::Unreachable("not JSON by its type".to_owned()));
    }
    let document = strict_json::object(&answer.body, MAX_DEPTH)
        .map_err(|why| Failed::Invalid(why.to_owned()))?;
    check(&document, url).map_err(|why| Failed::Invalid(why.to_owned()))?;
    Ok((document, fresh_s(&answer)))
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
