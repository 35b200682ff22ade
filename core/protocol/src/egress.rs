//! Where this server goes by itself: the one rule for the URLs of metadata documents, keys, logout endpoints.
//!
//! Whoever may name such a URL (a client that registers itself, a document from outside) chooses where we connect to: without a
//! rule, to what only this machine reaches (SSRF). The shell applies [`Rules::route`] to every [`crate::ports::Fetch`], so that no
//! caller can forget it; callers that want to say no early ask it too. In this order:
//!
//! 1. the URL is at most [`MAX_URL`] bytes, absolute, `https`, without user information and fragment;
//! 2. its host is a DNS name by the letter (RFC 1123 §2.1): an address, or what a lenient parser takes for one
//!    (`0x7f.1`, `2130706433`), is none;
//! 3. the name is one of the public DNS: two labels or more, and not below a name that means "here"
//!    ([`NOT_PUBLIC`], RFC 6761, RFC 6762, RFC 8375);
//! 4. the port is 443.
//!
//! [`Outbound::allow`] lifts 3 and 4 for hosts that the operator names. What a public name resolves to only a host can see: the
//! native server refuses addresses that are not public, elsewhere that is the platform's part (`docs/hosts.md`).

use crate::settings::Outbound;
use fluent_uri::Uri;
use fluent_uri::component::Host;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Longest URL that is looked at, bytes.
pub const MAX_URL: usize = 2048;

/// Names of this machine, of local networks, of clouds' own services, and names that never exist.
pub const NOT_PUBLIC: [&str; 16] = [
    "alt",
    "arpa",
    "corp",
    "domain",
    "home",
    "intern",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "onion",
    "private",
    "test",
];

/// The part of the section `server` that says where requests may go.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Rules {
    /// As in [`crate::settings::Server::outbound`].
    pub outbound: Outbound,
    /// As in [`crate::settings::Server::resolve`].
    pub resolve: BTreeMap<String, String>,
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// `http`: only ever to this machine, by [`Rules::resolve`].
    pub plain: bool,
    /// Host and, if it is not the scheme's own, port.
    pub authority: String,
    /// Begins with `/`.
    pub path_with_query: String,
}

impl Rules {
    /// Those of a section `server`; none lets nothing but public hosts through.
    #[must_use]
    pub fn of_section(section: Option<&str>) -> Self {
        section
            .and_then(|section| serde_json::from_str(section).ok())
            .unwrap_or_default()
    }

    /// Where to connect for `url`.
    ///
    /// # Errors
    /// What about the URL keeps us from going there, for the operator's log.
    pub fn route(&self, url: &str) -> Result<Route, &'static str> {
        if url.len() > MAX_URL {
            return Err("it is longer than 2048 bytes");
        }
        let uri = Uri::parse(url).map_err(|_| "it is no absolute URL")?;
        if uri.scheme().as_str() != "https" {
            return Err("it is not https");
        }
        if uri.has_fragment() {
            return Err("it has a fragment");
        }
        let authority = uri.authority().ok_or("it has no host")?;
        if authority.has_userinfo() {
            return Err("it has a user name");
        }
        let Host::RegName(name) = authority.host_parsed() else {
            return Err("its host is an address, not a name");
        };
        let host = name.as_str().to_ascii_lowercase();
        if !is_dns_name(&host) {
            return Err("its host is no DNS name");
        }
        let port = match authority.port().map(fluent_uri::pct_enc::EStr::as_str) {
            None => 443,
            Some(port) => port.parse().map_err(|_| "its port is no port")?,
        };
        let path_with_query = path_with_query(uri);
        if let Some(origin) = self.resolve.get(&origin_name(&host, port)) {
            return here(origin, path_with_query);
        }
        if !self.outbound.allows(&host, port) {
            if !is_public_name(&host) {
                return Err("its host is not a public one");
            }
            if port != 443 {
                return Err("its port is not 443");
            }
        }
        Ok(Route {
            plain: false,
            authority: origin_name(&host, port),
            path_with_query,
        })
    }
}

impl Outbound {
    /// Whether the operator named this host with this port.
    #[must_use]
    pub fn allows(&self, host: &str, port: u16) -> bool {
        let wanted = origin_name(host, port);
        self.allow.contains(&wanted)
    }
}

/// What is wrong with the entries of [`Outbound::allow`] and [`crate::settings::Server::resolve`], if anything.
///
/// # Errors
/// Names the entry and says what it must be.
pub fn check(outbound: &Outbound, resolve: &BTreeMap<String, String>) -> Result<(), String> {
    for entry in &outbound.allow {
        if !is_origin_name(entry) {
            return Err(format!(
                "outbound.allow: `{entry}` must be a host name in lower case, with a port only if that is not 443: \
                 \"idp.corp.internal\", \"idp.corp.internal:8443\""
            ));
        }
    }
    for (name, origin) in resolve {
        if !is_origin_name(name) {
            return Err(format!(
                "resolve: `{name}` must be a host name in lower case"
            ));
        }
        if here(origin, String::new()).is_err() {
            return Err(format!(
                "resolve: `{name}` leads to `{origin}`, but must lead to this machine: \"http://127.0.0.1:9000\""
            ));
        }
    }
    Ok(())
}

/// The route to a listener on this machine. Nothing else may ever come without TLS.
fn here(origin: &str, path_with_query: String) -> Result<Route, &'static str> {
    const ELSEWHERE: &str = "it is resolved to something else than this machine";
    let authority = origin.strip_prefix("http://").ok_or(ELSEWHERE)?;
    let (host, port) = authority.rsplit_once(':').ok_or(ELSEWHERE)?;
    let is_port = port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    if !is_port || !["127.0.0.1", "[::1]", "localhost"].contains(&host) {
        return Err(ELSEWHERE);
    }
    Ok(Route {
        plain: true,
        authority: authority.to_owned(),
        path_with_query,
    })
}

fn path_with_query(uri: Uri<&str>) -> String {
    let path = match uri.path().as_str() {
        "" => "/",
        path => path,
    };
    match uri.query() {
        Some(query) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

/// `host`, or `host:port` if the port is not 443.
fn origin_name(host: &str, port: u16) -> String {
    if port == 443 {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    }
}

fn is_origin_name(entry: &str) -> bool {
    let (host, port) = match entry.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (entry, None),
    };
    let is_port = |port: &str| {
        port.parse::<u16>()
            .is_ok_and(|number| number != 443 && number != 0 && number.to_string() == port)
    };
    is_dns_name(host)
        && !host.bytes().any(|byte| byte.is_ascii_uppercase())
        && port.is_none_or(is_port)
}

/// RFC 1123 §2.1. The last label begins with a letter: no parser takes such a name for a number.
pub(crate) fn is_dns_name(host: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253
        && host.split('.').all(is_label)
        && last.starts_with(|letter: char| letter.is_ascii_alphabetic())
}

/// `host` is a DNS name in lower case.
fn is_public_name(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && !NOT_PUBLIC.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::{Route, Rules, check};
    use crate::settings::Outbound;
    use std::collections::BTreeMap;

    fn rules(allow: &[&str], resolve: &[(&str, &str)]) -> Rules {
        let allow = allow.iter().map(|entry| (*entry).to_owned()).collect();
        let resolve = resolve
            .iter()
            .map(|(name, origin)| ((*name).to_owned(), (*origin).to_owned()));
        Rules {
            outbound: Outbound { allow },
            resolve: resolve.collect(),
        }
    }

    #[test]
    fn a_public_https_url_goes_where_it_says() {
        let route = Rules::default().route("https://App.example/a/b?c=d");
        let expected = Route {
            plain: false,
            authority: "app.example".to_owned(),
            path_with_query: "/a/b?c=d".to_owned(),
        };
        assert_eq!(route, Ok(expected));
        let route = Rules::default().route("https://app.example:443").unwrap();
        assert_eq!(
            (route.authority.as_str(), route.path_with_query.as_str()),
            ("app.example", "/")
        );
    }

    /// `draft-ietf-oauth-client-id-metadata-document` §6, RFC 6761, RFC 6890: what only this machine or its network reaches.
    #[test]
    fn cimd_s6_5_urls_that_are_not_public_are_refused() {
        for url in [
            "http://app.example/",
            "ftp://app.example/",
            "file:///etc/passwd",
            "https:app.example",
            "https:///path",
            "https://app.example/#fragment",
            "https://user@app.example/",
            "https://user:secret@app.example/",
            "https://app.example:8443/",
            "https://app.example:80/",
            "https://app.example:99999/",
            "https://localhost/",
            "https://LOCALHOST/",
            "https://db/",
            "https://x.localhost/",
            "https://printer.local/",
            "https://metadata.google.internal/computeMetadata/v1/",
            "https://instance-data.ec2.internal/",
            "https://router.home.arpa/",
            "https://1.0.0.127.in-addr.arpa/",
            "https://nas.lan/",
            "https://wiki.corp/",
            "https://hidden.onion/",
            "https://127.0.0.1/",
            "https://10.0.0.1/",
            "https://169.254.169.254/latest/meta-data/",
            "https://8.8.8.8/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[fd00::1]/",
            "https://[v1.x]/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0x7f.1/",
            "https://127.1/",
            "https://0177.0.0.1/",
            "https://a.0x7f/",
            "https://app.example./",
            "https://localhost./",
            "https://127%2e0%2e0%2e1/",
            "https://app.example%00.evil.example/",
            "https://-a.example/",
            "https://a_b.example/",
            "https://app..example/",
            "https://bücher.example/",
            "https://app.example\\@127.0.0.1/",
            "https://app.example/ x",
            "//app.example/",
            "",
        ] {
            assert!(Rules::default().route(url).is_err(), "{url}");
        }
        let long = format!("https://app.example/{}", "a".repeat(2048));
        assert!(Rules::default().route(&long).is_err());
    }

    #[test]
    fn the_operator_names_private_hosts_with_their_port() {
        let rules = rules(&["idp.corp.internal", "idp.example:8443", "vault"], &[]);
        for (url, authority) in [
            ("https://idp.corp.internal/keys", "idp.corp.internal"),
            ("https://idp.example:8443/keys", "idp.example:8443"),
            ("https://vault/keys", "vault"),
        ] {
            assert_eq!(rules.route(url).unwrap().authority, authority);
        }
        for url in [
            "https://idp.corp.internal:8443/keys",
            "https://x.idp.corp.internal/keys",
            "https://corp.internal/keys",
            "https://idp.example:8444/keys",
            "http://idp.corp.internal/keys",
        ] {
            assert!(rules.route(url).is_err(), "{url}");
        }
    }

    #[test]
    fn a_resolved_name_leads_to_this_machine_and_nowhere_else() {
        let rules = rules(&[], &[("app.example", "http://127.0.0.1:9000")]);
        let route = rules.route("https://app.example/client.json?a").unwrap();
        assert_eq!(
            (
                route.plain,
                route.authority.as_str(),
                route.path_with_query.as_str()
            ),
            (true, "127.0.0.1:9000", "/client.json?a")
        );
        assert!(
            rules.route("http://app.example/").is_err(),
            "the URL itself is still https"
        );
        assert!(!rules.route("https://x.app.example/").unwrap().plain);
        for origin in [
            "http://127.0.0.1",
            "http://127.0.0.1:9000/",
            "http://127.0.0.1:port",
            "http://127.0.0.1:+1",
            "http://127.0.0.1:99999",
            "https://127.0.0.1:9000",
            "http://10.0.0.1:9000",
            "http://user@127.0.0.1:9000",
            "http://127.0.0.1.evil.example:9000",
            "http://0.0.0.0:9000",
        ] {
            let resolve = BTreeMap::from([("app.example".to_owned(), origin.to_owned())]);
            assert!(check(&Outbound::default(), &resolve).is_err(), "{origin}");
            let rules = self::rules(&[], &[("app.example", origin)]);
            assert!(rules.route("https://app.example/").is_err(), "{origin}");
        }
    }

    #[test]
    fn entries_are_exact_names() {
        for good in ["idp.corp.internal", "vault", "idp.example:8443"] {
            let outbound = Outbound {
                allow: vec![good.to_owned()],
            };
            assert_eq!(check(&outbound, &BTreeMap::new()), Ok(()), "{good}");
        }
        for bad in [
            "",
            "*",
            "*.corp.internal",
            "IDP.corp.internal",
            "https://idp.corp.internal",
            "idp.corp.internal/",
            "idp.corp.internal:443",
            "idp.corp.internal:0",
            "idp.corp.internal:+8443",
            "10.0.0.1",
            "[::1]",
        ] {
            let outbound = Outbound {
                allow: vec![bad.to_owned()],
            };
            assert!(check(&outbound, &BTreeMap::new()).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_section_that_is_not_there_allows_public_hosts_only() {
        for section in [None, Some("no json"), Some("{}")] {
            let rules = Rules::of_section(section);
            assert!(rules.route("https://app.example/").is_ok());
            assert!(rules.route("https://idp.corp.internal/").is_err());
        }
        let section = r#"{"issuer":"https://id.example","outbound":{"allow":["vault"]}}"#;
        assert!(
            Rules::of_section(Some(section))
                .route("https://vault/")
                .is_ok()
        );
    }
}
