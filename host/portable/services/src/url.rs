//! Absolute `https` URLs, and `http` ones to this very machine: what the issuer and the mail service may be.

/// A URL that was found acceptable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HttpUrl<'a> {
    /// `http` to the loopback instead of `https`.
    pub(crate) plain: bool,
    /// Host and port.
    pub(crate) authority: &'a str,
    /// The path with its first slash, and the query; `/` if there is neither.
    pub(crate) path_with_query: &'a str,
}

/// Reads a URL. Deliberately narrow: no user name, no fragment, no white space, nothing beyond ASCII, and a host that is
/// written as a name or an address in lower case.
///
/// # Errors
/// What is wrong with it, to put after the name of what it is.
pub(crate) fn parse(url: &str) -> Result<HttpUrl<'_>, &'static str> {
    let (plain, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return Err("must be an `https` URL"),
    };
    if !url.bytes().all(|byte| byte.is_ascii_graphic()) || url.contains(['#', '\\', '"', '<', '>'])
    {
        return Err("must be an ASCII URL without fragment and white space");
    }
    let (authority, path_with_query) = rest
        .find(['/', '?'])
        .and_then(|at| rest.split_at_checked(at))
        .unwrap_or((rest, "/"));
    if path_with_query.starts_with('?') {
        return Err("must have a path in front of its query");
    }
    let host = host(authority).ok_or("must have a host in lower case, and no user name")?;
    if plain && !["127.0.0.1", "[::1]", "localhost"].contains(&host) {
        return Err("must be https (http only on 127.0.0.1, [::1] or localhost)");
    }
    Ok(HttpUrl {
        plain,
        authority,
        path_with_query,
    })
}

/// The host of `host[:port]`.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = if authority.starts_with('[') {
        let end = authority.find(']')?.checked_add(1)?;
        authority.split_at_checked(end)?
    } else {
        let end = authority.find(':').unwrap_or(authority.len());
        authority.split_at_checked(end)?
    };
    if !port.is_empty() {
        let digits = port.strip_prefix(':')?;
        digits.parse::<u16>().ok().filter(|port| *port != 0)?;
        digits
            .bytes()
            .all(|digit| digit.is_ascii_digit())
            .then_some(())?;
    }
    let name =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    let address = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
    let fits = match host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
    {
        Some(inside) => !inside.is_empty() && inside.bytes().all(address),
        None => !host.is_empty() && host.bytes().all(name),
    };
    fits.then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_goes_anywhere_and_http_stays_here() {
        assert_eq!(
            parse("https://api.example:8443/emails?x=1"),
            Ok(HttpUrl {
                plain: false,
                authority: "api.example:8443",
                path_with_query: "/emails?x=1"
            })
        );
        assert_eq!(
            parse("https://api.example").map(|url| url.path_with_query),
            Ok("/")
        );
        for here in [
            "http://127.0.0.1:1025/emails",
            "http://[::1]:1025",
            "http://localhost/",
        ] {
            assert!(parse(here).is_ok_and(|url| url.plain), "{here}");
        }
        for elsewhere in [
            "http://api.example/",
            "http://127.0.0.1.example/",
            "http://localhost.example/",
            "http://127.0.0.2/",
            "http://[::2]/",
        ] {
            assert!(parse(elsewhere).is_err(), "{elsewhere}");
        }
    }

    #[test]
    fn nothing_hides_another_host() {
        for odd in [
            "",
            "api.example",
            "//api.example",
            "ftp://api.example",
            "HTTPS://api.example",
            "https://",
            "https:///emails",
            "https://?x",
            "https://api.example?x",
            "https://ann@api.example/",
            "https://api.example:80@evil.example/",
            "https://localhost\\@evil.example/",
            "http://127.0.0.1@evil.example/",
            "https://api.example/#x",
            "https://api.example /",
            "https://api.example\r\nx: y",
            "https://API.example/",
            "https://\u{e4}.example/",
            "https://api.example:0/",
            "https://api.example:+1/",
            "https://api.example:65536/",
            "https://api.example:/",
            "https://[::1/",
            "https://[]/",
        ] {
            assert!(parse(odd).is_err(), "{odd:?}");
        }
    }
}
