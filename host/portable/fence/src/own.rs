//! What is a provider's own: keys and names of events behind its id, and the hosts that it may reach.

use alloc::{
    collections::BTreeMap,
    format,
    string::{String, ToString as _},
    vec::Vec,
};
use miniserde::{Deserialize, json};

/// What `doorward compose` put into the artefact for this provider.
#[derive(Debug, Deserialize)]
struct Baked {
    provider: String,
    outbound_hosts: Vec<String>,
    resolve: Option<BTreeMap<String, String>>,
}

/// The names of one provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    id: String,
    /// `provider/<id>/`
    prefix: String,
    hosts: Vec<String>,
    resolve: BTreeMap<String, String>,
}

impl Own {
    /// Reads the document that `doorward compose` wrote: `{"provider": <id>, "outbound_hosts": [<host>, …], "resolve": {<host>: <authority>}}`.
    ///
    /// # Errors
    /// It is no such document, or the id is none that the configuration takes (letters, digits, hyphens): nothing may pass
    /// through such a fence, because its prefix could be that of someone else.
    pub fn read(document: &str) -> Result<Self, String> {
        let baked: Baked = json::from_str(document)
            .map_err(|_| "the provider's fence does not know whose it is".to_string())?;
        let id = baked.provider;
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if id.is_empty() || !id.bytes().all(letter) {
            return Err(format!("{id:?} is no id of a provider"));
        }
        let prefix = format!("provider/{id}/");
        let hosts = baked.outbound_hosts;
        let resolve = baked.resolve.unwrap_or_default();
        Ok(Self {
            id,
            prefix,
            hosts,
            resolve,
        })
    }

    /// The key in the store.
    ///
    /// # Errors
    /// The empty key: it would be the prefix itself.
    pub fn key(&self, key: &str) -> Result<String, String> {
        if key.is_empty() {
            return Err("the key is empty".to_string());
        }
        Ok(self.prefixed(key))
    }

    /// A prefix of keys, or a place in a listing, in the store. Here the empty one is all that the provider has.
    #[must_use]
    pub fn prefixed(&self, start: &str) -> String {
        format!("{}{start}", self.prefix)
    }

    /// A key of the store as the provider knows it. `None`: it is not under its prefix, so not its own.
    #[must_use]
    pub fn stripped<'a>(&self, key: &'a str) -> Option<&'a str> {
        key.strip_prefix(self.prefix.as_str())
    }

    /// Associated data of what it seals: bound to its id, so that no other opens it. Nothing that the core seals begins like this.
    #[must_use]
    pub fn bound(&self, associated_data: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), associated_data].concat()
    }

    /// Whether a request may go there: over HTTPS, to port 443 of a host that it was granted, as in the native server. Nothing
    /// but the host and that port may stand in `authority`.
    #[must_use]
    pub fn reaches(&self, https: bool, authority: &str) -> bool {
        let host = authority.strip_suffix(":443").unwrap_or(authority);
        let granted = |granted: &String| granted.eq_ignore_ascii_case(host);
        https && !host.is_empty() && self.hosts.iter().any(granted)
    }

    /// Where a host that it reaches leads to on this machine, by plain HTTP: in development alone.
    #[must_use]
    pub fn here(&self, authority: &str) -> Option<&str> {
        let host = authority.strip_suffix(":443").unwrap_or(authority);
        self.resolve.get(host).map(String::as_str)
    }

    /// The name of one of its events in the log.
    #[must_use]
    pub fn event(&self, name: &str) -> String {
        format!("provider.{}.{name}", self.id)
    }

    /// The fields of one of its events in the log. The first says who speaks, and whatever the provider calls `source` comes
    /// after it and is a detail: otherwise its events would be the core's, or those of whom it names.
    #[must_use]
    pub fn fields(&self, fields: Vec<(String, String)>) -> Vec<(String, String)> {
        let mut signed = Vec::with_capacity(fields.len().saturating_add(1));
        signed.push(("source".to_string(), self.id.clone()));
        signed.extend(fields);
        signed
    }
}

#[cfg(test)]
mod tests {
    use super::Own;
    use alloc::{borrow::ToOwned as _, vec};

    fn own(id: &str) -> Own {
        Own::read(&format!(r#"{{"provider":"{id}","outbound_hosts":[]}}"#)).unwrap()
    }

    #[test]
    fn keys_go_behind_the_id_and_come_back_without_it() {
        let one = own("one");
        assert_eq!(one.key("code/a").unwrap(), "provider/one/code/a");
        assert_eq!(
            one.key("../../grant/x").unwrap(),
            "provider/one/../../grant/x"
        );
        assert_eq!(one.prefixed(""), "provider/one/");
        assert_eq!(one.stripped("provider/one/code/a"), Some("code/a"));
        for other in ["provider/one-more/a", "provider/on", "grant/x", "code/a"] {
            assert_eq!(one.stripped(other), None, "{other}");
        }
    }

    #[test]
    fn the_empty_key_is_invalid() {
        assert!(own("one").key("").is_err());
    }

    #[test]
    fn what_is_sealed_is_bound_to_the_id() {
        assert_eq!(own("one").bound(b"a"), b"provider/one/a");
        assert_ne!(own("one").bound(b"more/a"), own("one-more").bound(b"a"));
    }

    #[test]
    fn requests_go_to_granted_hosts_over_https_and_nowhere_else() {
        let document = r#"{"provider":"one","outbound_hosts":["api.github.com"]}"#;
        let one = Own::read(document).unwrap();
        for granted in ["api.github.com", "api.github.com:443", "API.GitHub.com"] {
            assert!(one.reaches(true, granted), "{granted}");
            assert!(!one.reaches(false, granted), "{granted}");
        }
        for other in [
            "",
            ":443",
            "github.com",
            "evil-api.github.com",
            "api.github.com.evil.example",
            "api.github.com:8443",
            "api.github.com:443:443",
            "api.github.com@evil.example",
            "me@api.github.com",
            "api.github.com.",
            "api.github.com/x",
            "169.254.169.254",
            "[::1]",
        ] {
            assert!(!one.reaches(true, other), "{other}");
        }
        assert!(!own("one").reaches(true, "api.github.com"));
        assert_eq!(one.here("api.github.com"), None);
        let document = r#"{"provider":"one","outbound_hosts":["a.example"],"resolve":{"a.example":"127.0.0.1:9000"}}"#;
        let developed = Own::read(document).unwrap();
        assert_eq!(developed.here("a.example:443"), Some("127.0.0.1:9000"));
        assert_eq!(developed.here("b.example"), None);
    }

    #[test]
    fn events_carry_the_id() {
        assert_eq!(own("one").event("code.sent"), "provider.one.code.sent");
    }

    #[test]
    fn an_event_says_first_whose_it_is_whatever_the_provider_says() {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let one = field("source", "one");
        let forged = field("source", "core");
        assert_eq!(own("one").fields(vec![forged.clone()]), [one, forged]);
    }

    #[test]
    fn without_an_id_nothing_passes() {
        for document in [
            "",
            "{}",
            r#"{"provider":"one"}"#,
            r#"{"provider":"","outbound_hosts":[]}"#,
            r#"{"provider":"a/b","outbound_hosts":[]}"#,
            r#"{"provider":"..","outbound_hosts":[]}"#,
            r#"{"provider":"One","outbound_hosts":[]}"#,
        ] {
            assert!(Own::read(document).is_err(), "{document}");
        }
    }
}
