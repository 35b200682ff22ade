//! URLs of upstream servers.

use fluent_uri::Uri;

use crate::Failure;

/// Longest URL of an endpoint, bytes.
const MAX_BYTES: usize = 2048;

/// Whether it is an absolute https URL without user information and fragment, of at most 2048 bytes (RFC 6749 §3.1).
#[must_use]
pub fn is_https(url: &str) -> bool {
    url.len() <= MAX_BYTES
        && Uri::parse(url).is_ok_and(|uri| {
            uri.scheme().as_str() == "https"
                && uri.fragment().is_none()
                && uri.authority().is_some_and(|authority| {
                    !authority.has_userinfo() && !authority.host().is_empty()
                })
        })
}

/// Refuses anything but what [`is_https`] takes; `what` names it in the log.
pub(super) fn require_https(what: &str, url: &str) -> Result<(), Failure> {
    if is_https(url) {
        return Ok(());
    }
    Err(Failure::Unavailable(format!(
        "{what} must be an https URL without user information and fragment, at most {MAX_BYTES} bytes"
    )))
}

/// The host of a URL, for the log.
pub(super) fn host(url: &str) -> String {
    Uri::parse(url)
        .ok()
        .and_then(|uri| Some(uri.authority()?.host().to_owned()))
        .unwrap_or_default()
}

/// The URL with parameters added to its query (RFC 6749 §3.1: one that it has is retained).
pub(super) fn with_query(url: &str, parameters: &[(String, String)]) -> String {
    let encoded = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let separator = match url.split_once('?') {
        None => "?",
        Some((_, "")) => "",
        Some(_) => "&",
    };
    format!("{url}{separator}{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_https_without_user_information_or_fragment() {
        assert!(is_https("https://a.example/x?y=z"));
        let long = format!("https://a.example/{}", "x".repeat(MAX_BYTES));
        for bad in [
            "http://a.example/",
            "https://u@a.example/",
            "https://a.example/#f",
            "https:///x",
            "//a.example/",
            "javascript:alert(1)",
            "https://a.example\\@b.example/",
            &long,
        ] {
            assert!(!is_https(bad), "{bad}");
        }
    }

    #[test]
    fn rfc6749_s3_1_a_query_is_retained() {
        let parameters = [("a".to_owned(), "b c&d".to_owned())];
        for (url, with) in [
            ("https://x.example/a", "https://x.example/a?a=b+c%26d"),
            ("https://x.example/a?", "https://x.example/a?a=b+c%26d"),
            (
                "https://x.example/a?p=1",
                "https://x.example/a?p=1&a=b+c%26d",
            ),
        ] {
            assert_eq!(with_query(url, &parameters), with);
        }
    }
}
