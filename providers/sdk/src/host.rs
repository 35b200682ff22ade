//! [`Services`](crate::Services) over the imports of the component.

use crate::bindings::doorward::host::{events, mail, passwords, records, sealing, signatures};
use crate::services::{
    Clock, Entry, Event, Events, Fetch, FetchFailure, Listed, Mail, MailFailure, Outgoing,
    PasswordFailure, Passwords, Post, Random, RecordFailure, Records, Response, Sealing,
    SealingFailure, SignatureFailure, Signatures, Verdict,
};
use doorward_fetch::{Failure, send};

/// Longest answer of another server, bytes.
const MAX_ANSWER: usize = 1 << 20;
/// Until it is there, seconds: less than a host gives to one call (5 unless the operator says otherwise), so that there is time to
/// say which server it was.
const ANSWER_TIME_S: u32 = 4;

/// The host that called this component. Only works inside one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Imports;

impl Records for Imports {
    fn get(&self, key: &str) -> Result<Option<Entry>, RecordFailure> {
        records::get(key)
    }

    fn insert(
        &self,
        key: &str,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Result<u64, RecordFailure> {
        records::insert(key, value, expires_at)
    }

    fn replace(
        &self,
        key: &str,
        version: u64,
        value: &[u8],
        expires_at: Option<u64>,
    ) -> Result<u64, RecordFailure> {
        records::replace(key, version, value, expires_at)
    }

    fn remove(&self, key: &str, version: Option<u64>) -> Result<(), RecordFailure> {
        records::remove(key, version)
    }

    fn increment(&self, key: &str, by: u64, expires_at: u64) -> Result<u64, RecordFailure> {
        records::increment(key, by, expires_at)
    }

    fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: u32,
    ) -> Result<Vec<Listed>, RecordFailure> {
        records::list(prefix, after, limit)
    }
}

impl Passwords for Imports {
    fn hash(&self, password: &[u8]) -> Result<String, PasswordFailure> {
        passwords::hash(password)
    }

    fn verify(&self, password: &[u8], phc: &str) -> Result<Verdict, PasswordFailure> {
        passwords::verify(password, phc)
    }
}

impl Sealing for Imports {
    fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, SealingFailure> {
        sealing::seal(plaintext, associated_data)
    }

    fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, SealingFailure> {
        sealing::open(sealed, associated_data)
    }
}

impl Signatures for Imports {
    fn verify_signature(
        &self,
        jwk: &str,
        alg: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, SignatureFailure> {
        signatures::verify(jwk, alg, message, signature)
    }
}

/// The host of a component that verifies signatures and asks nobody: it imports no HTTP. Only works inside one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Verifier;

impl Signatures for Verifier {
    fn verify_signature(
        &self,
        jwk: &str,
        alg: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, SignatureFailure> {
        signatures::verify(jwk, alg, message, signature)
    }
}

impl Fetch for Verifier {
    fn fetch(&self, _request: &Outgoing) -> Result<Response, FetchFailure> {
        Err(FetchFailure::Refused(
            "it was exported without `upstream`".to_owned(),
        ))
    }
}

impl Fetch for Imports {
    fn fetch(&self, request: &Outgoing) -> Result<Response, FetchFailure> {
        let (authority, path) = split(&request.url)
            .ok_or_else(|| FetchFailure::Refused("it is no absolute https URL".to_owned()))?;
        let headers: Vec<(&str, &str)> = request
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        send(&doorward_fetch::Request {
            method: request.method,
            plain: false,
            authority,
            path_with_query: &path,
            headers: &headers,
            body: &request.body,
            max_bytes: MAX_ANSWER,
            timeout_s: ANSWER_TIME_S,
        })
        .map_err(|failure| match failure {
            Failure::Refused(why) => FetchFailure::Refused(why.to_owned()),
            Failure::TooLarge => FetchFailure::TooLarge,
            Failure::Unreachable(why) => FetchFailure::Unreachable(why.to_owned()),
        })
    }
}

/// Authority, and path with query, of an absolute https URL.
fn split(url: &str) -> Option<(&str, String)> {
    let rest = url.strip_prefix("https://")?;
    let rest = rest.split('#').next().unwrap_or_default();
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end)?;
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'@' | b'\\');
    if authority.is_empty() || !authority.bytes().all(plain) {
        return None;
    }
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("/{path}")
    };
    Some((authority, path))
}

impl Post for Imports {
    fn deliver(&self, mail: &Mail) -> Result<(), MailFailure> {
        mail::deliver(mail)
    }
}

impl Events for Imports {
    fn emit(&self, event: &Event) {
        events::emit(event);
    }
}

impl Clock for Imports {
    fn now(&self) -> u64 {
        wasip2::clocks::wall_clock::now().seconds
    }
}

impl Random for Imports {
    fn bytes(&self, length: usize) -> Vec<u8> {
        wasip2::random::random::get_random_bytes(length as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn urls_of_requests_are_absolute_https_without_user_information() {
        for (url, authority, path) in [
            ("https://a.example", "a.example", "/"),
            ("https://a.example?x=1", "a.example", "/?x=1"),
            ("https://a.example:8443/b?c#d", "a.example:8443", "/b?c"),
        ] {
            assert_eq!(split(url), Some((authority, path.to_owned())));
        }
        for bad in [
            "http://a.example/",
            "https://",
            "https:///b",
            "https://u@a.example/",
            "https://a.example\\@b.example/",
            "//a.example/",
        ] {
            assert_eq!(split(bad), None, "{bad}");
        }
    }
}
