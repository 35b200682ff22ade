//! Which address a request came from: the peer of the connection, or, if that is a proxy that the operator trusts, what
//! the proxy says. Only the one header that the operator named is read: a proxy that sets one of them passes the other on
//! as the client wrote it.

// The core's own: how headers are read is decided in one place.
#[path = "../../../../core/component/src/client_address/forwarded.rs"]
mod forwarded;

use super::address_block::AddressBlock;
use forwarded::{address, forwarded_for, last_part};
use hyper::HeaderMap;
use serde::Deserialize;
use std::net::IpAddr;

/// Longest chain of proxies that is followed.
const MAX_HOPS: usize = 32;

/// The header in which trusted proxies say where a request came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ForwardedHeader {
    /// `X-Forwarded-For`, the default.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Whom to believe.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProxyRules {
    /// Addresses of proxies.
    pub(crate) trusted: Vec<AddressBlock>,
    /// What they write.
    pub(crate) header: ForwardedHeader,
}

impl ProxyRules {
    /// The address of the client: the last hop that is no trusted proxy. Each hop is told by the one after it; where one
    /// says something that is no address, or nothing, the hop itself is taken.
    pub(crate) fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut client = peer.to_canonical();
        if !self.trusts(client) {
            return client;
        }
        for hop in elements(headers, self.header) {
            let told = match self.header {
                ForwardedHeader::XForwardedFor => address(&hop),
                ForwardedHeader::Forwarded => forwarded_for(&hop),
            };
            let Some(told) = told else { return client };
            client = told.to_canonical();
            if !self.trusts(client) {
                return client;
            }
        }
        client
    }

    /// Whether an address is a proxy's that the operator trusts.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|block| block.contains(address))
    }
}

/// The comma-separated elements of all fields of the header, the last first, at most [`MAX_HOPS`]. Each field is read from its
/// end: what the proxy wrote there is told apart whatever the client wrote before it, a byte that is no text or a quotation
/// mark that it left open.
fn elements(headers: &HeaderMap, header: ForwardedHeader) -> Vec<String> {
    let name = match header {
        ForwardedHeader::XForwardedFor => "x-forwarded-for",
        ForwardedHeader::Forwarded => "forwarded",
    };
    let mut elements = Vec::new();
    for field in headers.get_all(name).iter().rev() {
        let text = String::from_utf8_lossy(field.as_bytes());
        let mut rest = Some(text.as_ref());
        while let Some(text) = rest.filter(|_| elements.len() < MAX_HOPS) {
            let (before, element) = match header {
                // There are no quoted strings in it.
                ForwardedHeader::XForwardedFor => text
                    .rsplit_once(',')
                    .map_or((None, text), |(before, element)| (Some(before), element)),
                ForwardedHeader::Forwarded => last_part(text, ','),
            };
            elements.push(element.trim().to_owned());
            rest = before;
        }
    }
    elements
}

#[cfg(test)]
mod tests {
    use super::{AddressBlock, ForwardedHeader, HeaderMap, IpAddr, ProxyRules};
    use hyper::header::HeaderValue;

    fn client(header: ForwardedHeader, peer: &str, fields: &[(&'static str, &str)]) -> String {
        let trusted = ["10.0.0.0/8", "::1"]
            .map(|block| AddressBlock::parse(block).unwrap())
            .to_vec();
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        ProxyRules { trusted, header }
            .client(peer.parse::<IpAddr>().unwrap(), &headers)
            .to_string()
    }

    fn x(peer: &str, fields: &[&str]) -> String {
        let fields: Vec<_> = fields
            .iter()
            .map(|value| ("x-forwarded-for", *value))
            .collect();
        client(ForwardedHeader::XForwardedFor, peer, &fields)
    }

    #[test]
    fn an_untrusted_peer_is_the_client_whatever_it_says() {
        assert_eq!(x("203.0.113.5", &["198.51.100.1"]), "203.0.113.5");
    }

    #[test]
    fn the_last_untrusted_hop_is_the_client() {
        assert_eq!(x("10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(x("10.0.0.1", &["1.1.1.1, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(
            x("10.0.0.1", &["1.1.1.1", "198.51.100.1, 10.0.0.9"]),
            "198.51.100.1"
        );
        assert_eq!(x("::1", &["198.51.100.1:4711"]), "198.51.100.1");
        assert_eq!(x("::ffff:10.0.0.1", &["[2001:db8::7]:443"]), "2001:db8::7");
    }

    #[test]
    fn a_hop_that_says_no_address_is_taken_itself() {
        assert_eq!(x("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(x("10.0.0.1", &["unknown"]), "10.0.0.1");
        assert_eq!(x("10.0.0.1", &["6.6.6.6, garbage, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(x("10.0.0.1", &["6.6.6.6,"]), "10.0.0.1");
    }

    #[test]
    fn nothing_that_a_client_writes_hides_what_the_proxy_appends() {
        let read = |header, name: &'static str, value: &[u8]| {
            let mut headers = HeaderMap::new();
            headers.append(name, HeaderValue::from_bytes(value).unwrap());
            let trusted = vec![AddressBlock::parse("10.0.0.0/8").unwrap()];
            let peer = "10.0.0.1".parse::<IpAddr>().unwrap();
            ProxyRules { trusted, header }
                .client(peer, &headers)
                .to_string()
        };
        for value in [&b"\", 198.51.100.1"[..], b"\xff, 198.51.100.1"] {
            let header = ForwardedHeader::XForwardedFor;
            assert_eq!(read(header, "x-forwarded-for", value), "198.51.100.1");
        }
        for value in [
            &b"for=\", for=198.51.100.1"[..],
            b"\xff, for=198.51.100.1",
            b"for=198.51.100.1;host=\"x,for=6.6.6.6\"",
            b"host=\"x;for=6.6.6.6\";for=198.51.100.1",
        ] {
            let header = ForwardedHeader::Forwarded;
            assert_eq!(read(header, "forwarded", value), "198.51.100.1");
        }
    }

    #[test]
    fn only_the_named_header_is_believed() {
        let both = [
            ("forwarded", "for=6.6.6.6"),
            ("x-forwarded-for", "198.51.100.1"),
        ];
        assert_eq!(
            client(ForwardedHeader::XForwardedFor, "10.0.0.1", &both),
            "198.51.100.1"
        );
        assert_eq!(
            client(ForwardedHeader::Forwarded, "10.0.0.1", &both),
            "6.6.6.6"
        );
    }

    #[test]
    fn rfc7239_s4_elements_are_read() {
        let read = |value| {
            client(
                ForwardedHeader::Forwarded,
                "10.0.0.1",
                &[("forwarded", value)],
            )
        };
        assert_eq!(
            read("for=192.0.2.60;proto=http;by=203.0.113.43"),
            "192.0.2.60"
        );
        assert_eq!(
            read("For=\"[2001:db8:cafe::17]:4711\""),
            "2001:db8:cafe::17"
        );
        assert_eq!(
            read("for=192.0.2.43, for=\"198.51.100.17\";by=\"a,b\""),
            "198.51.100.17"
        );
        assert_eq!(read("for=_hidden"), "10.0.0.1");
        assert_eq!(read("proto=https"), "10.0.0.1");
    }
}
