//! Redirect URIs: what may be registered, and when a presented one is the registered one.
//!
//! OAuth 2.1 §2.3.1 (exact comparison), RFC 8252 §7 (native applications), RFC 9700 §2.1. Nothing is ever normalised: two
//! spellings of one URI are two URIs, so that we and a browser cannot read one differently.

use crate::egress;
use crate::refusal::Refusal;
use fluent_uri::Uri;
use fluent_uri::component::Host;
use serde::{Deserialize, Serialize};

/// Longest redirect URI, bytes.
pub const MAX_LENGTH: usize = 2048;

/// Parameters of our own answer, which a redirect URI must not already carry (CVE-2026-9689).
const ANSWER_PARAMETERS: [&str; 6] = [
    "code",
    "state",
    "iss",
    "error",
    "error_description",
    "response",
];

/// Hosts that name this device (RFC 8252 §7.3; `localhost` too, because clients in the field register it).
const LOOPBACK_HOSTS: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// Private-use schemes without an owner that well-known applications have all the same. Like every such scheme they lead
/// to whatever program took them on a device, and are treated so.
const LEGACY_SCHEMES: [&str; 3] = ["cursor", "vscode", "vscode-insiders"];

/// A redirect URI that is registered for the client at hand. Only [`find`] builds one; nothing else may be redirected to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegisteredRedirectUri(String);

/// What kind of place a redirect URI is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// `https`: host, with the port if it is not 443.
    Web(String),
    /// `http` on this device.
    Loopback,
    /// A private-use scheme (RFC 8252 §7.1).
    PrivateUse(String),
}

impl RegisteredRedirectUri {
    /// The URI as the client presented it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What kind of place it is.
    #[must_use]
    pub fn place(&self) -> Option<Place> {
        place(&self.0).ok()
    }

    /// The URI with parameters appended to its query; what was there stays.
    #[must_use]
    pub fn with(&self, parameters: &[(&str, &str)]) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in parameters {
            query.append_pair(name, value);
        }
        let joint = match self.0.split_once('?') {
            None => "?",
            Some((_, "")) => "",
            Some(_) => "&",
        };
        format!("{}{joint}{}", self.0, query.finish())
    }
}

/// Why a URI cannot be registered. Plain words: operators read them.
pub type Unfit = &'static str;

/// Checks a URI that a client wants to register, and says what kind of place it is.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn place(uri: &str) -> Result<Place, Unfit> {
    if uri.len() > MAX_LENGTH {
        return Err("is longer than 2048 bytes");
    }
    if uri.contains('*') {
        return Err("must not contain `*`: redirect URIs are compared exactly");
    }
    let parsed = Uri::parse(uri).map_err(|_| "is not an absolute URI (RFC 3986)")?;
    if parsed.has_fragment() {
        return Err("must not have a fragment");
    }
    if let Some(query) = parsed.query()
        && form_urlencoded::parse(query.as_str().as_bytes())
            .any(|(name, _)| ANSWER_PARAMETERS.contains(&name.as_ref()))
    {
        return Err("must not carry a parameter that the answer carries (code, state, iss, error)");
    }
    // The grammar of RFC 3986 has ports that no network has.
    let port = match parsed.authority().map(|authority| authority.port_to_u16()) {
        Some(Err(_)) => return Err("has a port above 65535"),
        Some(Ok(port)) => port.filter(|port| *port != 443),
        None => None,
    };
    let scheme = parsed.scheme().as_str();
    match (scheme, parsed.authority()) {
        ("https", Some(authority)) if authority.has_userinfo() => Err("must not hold a user name"),
        ("https", Some(authority)) if authority.host().is_empty() => Err("has no host"),
        // RFC 3986 has names that a browser decodes or reads as a number: people would be shown one host and sent to another.
        ("https", Some(authority)) if !is_host(&authority.host_parsed()) => {
            Err("has a host that is neither a DNS name nor an IP address")
        }
        ("https", Some(authority)) => Ok(Place::Web(match port {
            None => authority.host().to_owned(),
            Some(port) => format!("{}:{port}", authority.host()),
        })),
        ("http", Some(authority)) if authority.has_userinfo() => Err("must not hold a user name"),
        ("http", Some(authority)) if LOOPBACK_HOSTS.contains(&authority.host()) => {
            Ok(Place::Loopback)
        }
        ("http", _) => Err("must use https, except on 127.0.0.1, [::1] or localhost"),
        // RFC 8252 §7.1: a reversed domain name, so that it has an owner. Rules out javascript:, data: and their kin.
        (scheme, None) if scheme.contains('.') => Ok(Place::PrivateUse(scheme.to_owned())),
        (scheme, Some(authority))
            if (scheme.contains('.') || LEGACY_SCHEMES.contains(&scheme))
                && !authority.has_userinfo() =>
        {
            Ok(Place::PrivateUse(scheme.to_owned()))
        }
        _ => Err(
            "must be https, http on loopback, or a private-use scheme that is a reversed domain name",
        ),
    }
}

/// Whether every reader reads this host alike.
fn is_host(host: &Host<'_>) -> bool {
    match host {
        Host::Ipv4 { .. } | Host::Ipv6 { .. } => true,
        Host::RegName(name) => egress::is_dns_name(name.as_str()),
        Host::IpvFuture { .. } => false,
    }
}

/// Finds the presented URI among the registered ones.
///
/// Exact comparison of bytes; on loopback any port (RFC 8252 §7.3). With `any_loopback_path`, which only `doorward dev`
/// registers, a registered loopback host stands for every path on it.
///
/// # Errors
/// [`Refusal::RedirectUriNotRegistered`]; the caller must then not redirect anywhere.
pub fn find(
    presented: &str,
    registered: &[String],
    any_loopback_path: bool,
) -> Result<RegisteredRedirectUri, Refusal> {
    let fits =
        |known: &String| known == presented || same_loopback(known, presented, any_loopback_path);
    if place(presented).is_ok() && registered.iter().any(fits) {
        Ok(RegisteredRedirectUri(presented.to_owned()))
    } else {
        Err(Refusal::RedirectUriNotRegistered)
    }
}

/// Whether both are http on the same loopback host and differ in nothing but the port (or the path, if `any_path`).
fn same_loopback(registered: &str, presented: &str, any_path: bool) -> bool {
    let (Some((host, rest)), Some((other_host, other_rest))) =
        (loopback(registered), loopback(presented))
    else {
        return false;
    };
    host == other_host && (any_path || rest == other_rest)
}

/// The loopback host of a URI, and all that follows its port.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let parsed = Uri::parse(uri).ok()?;
    let authority = parsed
        .authority()
        .filter(|authority| !authority.has_userinfo())?;
    let host = LOOPBACK_HOSTS
        .into_iter()
        .find(|host| *host == authority.host())?;
    if parsed.scheme().as_str() != "http" || parsed.has_fragment() {
        return None;
    }
    let rest = uri
        .strip_prefix("http://")?
        .strip_prefix(authority.as_str())?;
    Some((host, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::strategy::Strategy as _;

    fn matches(registered: &str, presented: &str) -> bool {
        find(presented, &[registered.to_owned()], false).is_ok()
    }

    #[test]
    fn oauth21_s2_3_1_comparison_is_exact() {
        let registered = "https://app.example/cb?x=1";
        assert!(matches(registered, registered));
        for other in [
            "https://app.example/cb",
            "https://app.example/cb?x=1&y=2",
            "https://app.example/CB?x=1",
            "https://APP.example/cb?x=1",
            "https://app.example/cb/?x=1",
            "https://app.example/%63b?x=1",
            "https://app.example/./cb?x=1",
            "https://app.example:443/cb?x=1",
            "https://user@app.example/cb?x=1",
            "https://app.example/cb;a?x=1",
            "https://app.example/cb?x=1#f",
            "https://app.example\\@evil.example/cb?x=1",
            "https:app.example/cb?x=1",
            "http://app.example/cb?x=1",
            " https://app.example/cb?x=1",
        ] {
            assert!(!matches(registered, other), "{other}");
        }
    }

    #[test]
    fn rfc8252_s7_3_loopback_takes_any_port_and_nothing_else() {
        for host in ["127.0.0.1", "[::1]", "localhost"] {
            let registered = format!("http://{host}/callback");
            assert!(matches(
                &registered,
                &format!("http://{host}:51004/callback")
            ));
            assert!(matches(&registered, &format!("http://{host}/callback")));
            assert!(matches(
                &format!("http://{host}:8080/callback"),
                &format!("http://{host}:51004/callback")
            ));
            assert!(!matches(&registered, &format!("http://{host}:51004/other")));
            assert!(!matches(
                &registered,
                &format!("https://{host}:51004/callback")
            ));
            assert!(!matches(
                &registered,
                &format!("http://{host}:51004/callback?x=1")
            ));
        }
        for evil in [
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1:80@evil.example/callback",
            "http://localhost.evil.example/callback",
            "http://127.0.0.2/callback",
            "http://127.1/callback",
            "http://0x7f.0.0.1/callback",
            "http://localhost:1/callback",
            "http://127.0.0.1:1:2/callback",
            "http://127.0.0.1:port/callback",
            "http://127.0.0.1:99999/callback",
        ] {
            assert!(!matches("http://127.0.0.1/callback", evil), "{evil}");
        }
    }

    #[test]
    fn dangerous_uris_cannot_be_registered() {
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "vbscript:x",
            "file:///etc/passwd",
            "mailto:a@b.example",
            "blob:https://a.example/x",
            "http://app.example/cb",
            "https://*.app.example/cb",
            "https://user:pw@app.example/cb",
            "https:///cb",
            "https://app.example/cb#x",
            "https://app.example/cb?code=x",
            "https://app.example/c b",
            "https://app.example/\u{9}cb",
            "//app.example/cb",
            "/cb",
            "",
            "steam://anything",
            "cursor:anything",
            "CURSOR://anything",
        ] {
            assert!(place(bad).is_err(), "{bad:?}");
        }
    }

    /// WHATWG URL §3.5: a browser decodes a host, and takes one that ends in a number for an address.
    #[test]
    fn a_host_that_a_browser_reads_as_another_cannot_be_registered() {
        for bad in [
            "https://bank.example%2eevil%2eexample/cb",
            "https://%65vil.example/cb",
            "https://2130706433/cb",
            "https://0x7f.1/cb",
            "https://127.0.0.01/cb",
            "https://a.example.0x7f/cb",
            "https://app.example;evil.example/cb",
            "https://app.example,evil.example/cb",
            "https://[v1.x]/cb",
        ] {
            assert!(place(bad).is_err(), "{bad:?}");
        }
        for good in [
            "https://app.example/cb",
            "https://APP.example:8443/cb",
            "https://intranet/cb",
            "https://xn--bcher-kva.example/cb",
            "https://192.0.2.7/cb",
            "https://[2001:db8::7]:8443/cb",
        ] {
            assert!(matches!(place(good), Ok(Place::Web(_))), "{good:?}");
        }
    }

    #[test]
    fn people_are_shown_the_port_that_a_browser_goes_to() {
        for (uri, shown) in [
            ("https://app.example/cb", "app.example"),
            ("https://app.example:/cb", "app.example"),
            ("https://app.example:443/cb", "app.example"),
            ("https://app.example:00443/cb", "app.example"),
            ("https://app.example:8443/cb", "app.example:8443"),
            ("https://app.example:08443/cb", "app.example:8443"),
        ] {
            assert_eq!(place(uri), Ok(Place::Web(shown.to_owned())), "{uri}");
        }
    }

    #[test]
    fn rfc8252_s7_1_private_use_schemes_are_reversed_domains() {
        assert_eq!(
            place("com.example.app:/cb"),
            Ok(Place::PrivateUse("com.example.app".into()))
        );
        assert!(matches("com.example.app:/cb", "com.example.app:/cb"));
    }

    #[test]
    fn schemes_of_well_known_applications_are_private_use() {
        let uri = "cursor://anysphere.cursor-retrieval/oauth/callback";
        assert_eq!(place(uri), Ok(Place::PrivateUse("cursor".into())));
        assert!(!matches(
            uri,
            "cursor://anysphere.cursor-retrieval/oauth/other"
        ));
    }

    #[test]
    fn parameters_are_appended_and_what_was_there_stays() {
        let with = |uri: &str| {
            find(uri, &[uri.to_owned()], false)
                .unwrap()
                .with(&[("code", "a b"), ("state", "&=")])
        };
        assert_eq!(
            with("https://a.example/cb"),
            "https://a.example/cb?code=a+b&state=%26%3D"
        );
        assert_eq!(
            with("https://a.example/cb?x=1"),
            "https://a.example/cb?x=1&code=a+b&state=%26%3D"
        );
        assert_eq!(
            with("https://a.example/cb?"),
            "https://a.example/cb?code=a+b&state=%26%3D"
        );
    }

    /// URIs of every kind that may be registered.
    fn registrable() -> impl proptest::strategy::Strategy<Value = String> {
        let after = "(/[a-zA-Z0-9._~-]{0,6}){1,3}(\\?[a-z]{1,4}=[a-z0-9%2e]{0,4})?";
        (
            "https://([a-z]{1,6}\\.){1,2}example(:8443)?|http://(localhost|127\\.0\\.0\\.1|\\[::1\\])(:8080)?|com\\.example\\.[a-z]{1,6}:",
            after,
        )
            .prop_map(|(place, rest)| format!("{place}{rest}"))
            .prop_filter("registrable", |uri| place(uri).is_ok())
    }

    proptest::proptest! {
        /// OAuth 2.1 §2.3.1: any other byte makes another URI; on loopback only those of the port do not.
        #[test]
        fn oauth21_s2_3_1_one_changed_byte_is_another_uri(registered in registrable(), at in 0_usize..100, byte in "[ -~]", insert: bool) {
            let at = at % registered.len();
            let mut presented = registered.clone();
            presented.replace_range(at..at + usize::from(!insert), &byte);
            let same = presented == registered;
            let port_alone = place(&presented).is_ok() && loopback(&registered).is_some() && loopback(&presented) == loopback(&registered);
            proptest::prop_assert_eq!(find(&presented, std::slice::from_ref(&registered), false).is_ok(), same || port_alone);
        }

        /// RFC 8252 §7.3
        #[test]
        fn rfc8252_s7_3_on_loopback_and_nowhere_else_any_port_is_taken(registered in registrable(), port: u16) {
            let parsed = Uri::parse(registered.as_str()).unwrap();
            let Some(authority) = parsed.authority() else { return Ok(()) };
            let elsewhere = registered.replacen(authority.as_str(), &format!("{}:{port}", authority.host()), 1);
            let is_loopback = registered.starts_with("http://");
            let same = elsewhere == registered;
            proptest::prop_assert_eq!(find(&elsewhere, std::slice::from_ref(&registered), false).is_ok(), is_loopback || same);
        }

        /// RFC 6749 §4.1.2: whatever the answer says, the client reads it, and still has its own query.
        #[test]
        fn rfc6749_s4_1_2_an_answer_is_read_as_it_was_written(registered in registrable(), state in ".{0,40}", code in "[ -~]{1,40}") {
            let found = find(&registered, std::slice::from_ref(&registered), false).unwrap();
            let sent = found.with(&[("code", &code), ("state", &state)]);
            proptest::prop_assert!(Uri::parse(sent.as_str()).is_ok(), "{}", sent);
            let (place, query) = sent.split_once('?').unwrap();
            let read: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
            let (before, own) = registered.split_once('?').unwrap_or((&registered, ""));
            let mut expected: Vec<(String, String)> = form_urlencoded::parse(own.as_bytes()).into_owned().collect();
            expected.extend([("code".to_owned(), code), ("state".to_owned(), state)]);
            proptest::prop_assert_eq!((place, read), (before, expected));
        }

        #[test]
        fn nothing_but_a_registered_uri_is_ever_accepted(presented in ".{0,80}") {
            let registered = ["https://app.example/cb".to_owned()];
            proptest::prop_assert_eq!(find(&presented, &registered, false).is_ok(), presented == registered[0]);
        }

        #[test]
        fn a_scheme_with_an_owner_or_https_or_loopback(scheme in "[a-zA-Z][a-zA-Z0-9+-]{0,12}", rest in "[:/]{0,3}[a-z./%0-9]{0,20}") {
            let uri = format!("{scheme}:{rest}");
            if place(&uri).is_ok() {
                proptest::prop_assert!(scheme == "https" || scheme == "http");
            }
        }
    }
}
