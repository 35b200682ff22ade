//! Who we are to browsers: the origin of our pages, and its host, under which credentials are kept.

use std::net::IpAddr;

/// A relying party.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelyingParty {
    /// As browsers write it (RFC 6454 §6.2): scheme, host, and the port if it is not the scheme's.
    pub(crate) origin: String,
    /// The host alone (§5.1.2 `rpId`). Credentials of one host are not of its parent's: names above it may be others'.
    pub(crate) id: String,
}

impl RelyingParty {
    /// That of a URL. `None` if its host is an IP address: browsers keep no credentials for these (§5.1.3 step 8).
    pub(crate) fn of(base_url: &str) -> Option<Self> {
        let (scheme, rest) = base_url.split_once("://")?;
        let authority = rest.split('/').next()?.to_ascii_lowercase();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (authority.as_str(), None),
        };
        if host.is_empty() || host.starts_with('[') || host.parse::<IpAddr>().is_ok() {
            return None;
        }
        let port =
            port.filter(|port| !matches!((scheme, *port), ("https", "443") | ("http", "80")));
        let origin = match port {
            Some(port) => format!("{scheme}://{host}:{port}"),
            None => format!("{scheme}://{host}"),
        };
        Some(Self {
            origin,
            id: host.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origin_and_id_are_those_of_the_base_url() {
        for (url, origin, id) in [
            (
                "https://id.example/passkey",
                "https://id.example",
                "id.example",
            ),
            (
                "https://ID.example:443/a/passkey",
                "https://id.example",
                "id.example",
            ),
            (
                "https://id.example:8443/x",
                "https://id.example:8443",
                "id.example",
            ),
            (
                "http://localhost:8787/passkey",
                "http://localhost:8787",
                "localhost",
            ),
        ] {
            let party = RelyingParty::of(url).unwrap();
            assert_eq!((party.origin.as_str(), party.id.as_str()), (origin, id));
        }
    }

    #[test]
    fn an_address_is_no_relying_party() {
        for url in [
            "http://127.0.0.1:8787/passkey",
            "http://[::1]:8787/passkey",
            "https://192.0.2.1/x",
            "passkey",
            "https:///x",
        ] {
            assert_eq!(RelyingParty::of(url), None, "{url}");
        }
    }
}
