//! Redirect URIs: what may be registered, and when a presented one is the registered one.
//!
//! OAuth 2.1 §2.3.1 (exact comparison), RFC 8252 §7 (native applications), RFC 9700 §2.1. Nothing is ever normalised: two
//! spellings of one URI are two URIs, so that we and a browser cannot read one differently.

use crate::refusal::Refusal;
use fluent_uri::Uri;
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
    let port = parsed.authority().map(|authority| authority.port_to_u16());
    if port.is_some_and(|port| port.is_err()) {
        return Err("has a port above 65535");
    }
    let scheme = parsed.scheme().as_str();
    match (scheme, parsed.authority()) {
        ("https", Some(authority)) if authority.has_userinfo() => Err("must not hold a user name"),
        ("https", Some(authority)) if authority.host().is_empty() => Err("has no host"),
        ("https", Some(authority)) => Ok(Place::Web(
            authority.as_str().trim_end_matches(":443").to_owned(),
        )),
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

    proptest::proptest! {
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
