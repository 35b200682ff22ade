//! Addresses that may stand in a page: paths on our own origin, and https URLs of people we link to.

/// The longest address that is shown or linked.
const LONGEST: usize = 2048;

/// Whether `target` is a path (with or without query) on this origin. `//host`, `/\host`, schemes and anything that needs
/// quoting in HTML are not.
pub(crate) fn is_local(target: &str) -> bool {
    let mut bytes = target.bytes();
    target.len() <= LONGEST
        && bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && target.bytes().all(is_url_byte)
}

/// `target`, if it is a path on this origin; otherwise the front door, so that a link can be dead but never foreign.
pub(crate) fn local(target: &str) -> &str {
    if is_local(target) { target } else { "/" }
}

/// The host of an https URL that may be linked: no userinfo (RFC 3986 §3.2.1 warns of it), nothing outside ASCII.
pub(crate) fn https_host(url: &str) -> Option<&str> {
    let rest = url.strip_prefix("https://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let plausible = !authority.is_empty()
        && url.len() <= LONGEST
        && url.bytes().all(is_url_byte)
        && authority.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']')
        });
    plausible.then_some(authority)
}

/// The part of an issuer after its authority: empty, or `/t1`. RFC 8414 §2 forbids query and fragment.
pub(crate) fn path_of_issuer(issuer: &str) -> &str {
    let after_scheme = issuer.split_once("://").map_or("", |(_, rest)| rest);
    let path = after_scheme
        .find('/')
        .and_then(|at| after_scheme.get(at..))
        .unwrap_or("")
        .trim_end_matches('/');
    if is_local(path) { path } else { "" }
}

/// A path below a provider, as `doorward:provider` allows it.
pub(crate) fn is_provider_path(path: &str) -> bool {
    path.len() <= 128
        && !path.starts_with('/')
        && path
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/'))
}

/// The characters of RFC 3986 and `%`, without the quotes.
fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_graphic()
        && !matches!(
            byte,
            b'"' | b'\'' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}'
        )
}

#[cfg(test)]
mod tests {
    use super::{https_host, is_local, is_provider_path, local, path_of_issuer};

    #[test]
    fn only_paths_on_this_origin_are_local() {
        for good in ["/", "/pin/authorize?transaction=a-_b&x=%20", "/t1/consent"] {
            assert!(is_local(good), "{good}");
        }
        for bad in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example/",
            "javascript:x",
            "/a\"b",
            "/a b",
            "/é",
        ] {
            assert!(!is_local(bad), "{bad}");
            assert_eq!(local(bad), "/");
        }
    }

    #[test]
    fn only_plain_https_urls_are_linked() {
        assert_eq!(
            https_host("https://app.example:8443/terms?a#b"),
            Some("app.example:8443")
        );
        for bad in [
            "http://app.example/",
            "javascript:alert(1)",
            "https://",
            "https://good.example@evil.example/",
            "https://ex\u{430}mple/",
            "https://a.example/\"onclick=",
            "HTTPS://a.example/",
        ] {
            assert_eq!(https_host(bad), None, "{bad}");
        }
    }

    #[test]
    fn an_issuer_may_have_a_path() {
        assert_eq!(path_of_issuer("https://h"), "");
        assert_eq!(path_of_issuer("https://h/t1"), "/t1");
        assert_eq!(path_of_issuer("http://127.0.0.1:8787/a/b/"), "/a/b");
        assert_eq!(path_of_issuer("nonsense"), "");
    }

    #[test]
    fn a_provider_path_cannot_leave_its_provider() {
        assert!(is_provider_path("register/code"));
        for bad in ["/x", "..", "a?b", "a#b", "a%2fb", "a b", &"a".repeat(129)] {
            assert!(!is_provider_path(bad), "{bad}");
        }
    }
}
