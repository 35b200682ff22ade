//! The URL of a document: OAuth Client ID Metadata Document §3.

use fluent_uri::Uri;

/// Longest URL, bytes: it stands in tokens, logs and pages.
pub const MAX_URL: usize = 512;

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
    } else if !authority.port().is_none_or(|port| is_port(port.as_str())) {
        Err("must have a port from 1 to 65535 without zeros in front, if any")
    } else {
        host_of(url).ok_or("has no host")
    }
}

/// In its only spelling: what is counted for each host and port must not have several names.
fn is_port(port: &str) -> bool {
    port.parse::<u16>()
        .is_ok_and(|number| number != 0 && number.to_string() == port)
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
