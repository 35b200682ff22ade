//! Where a browser comes from, for limits.

use std::net::IpAddr;

use crate::secret::{hex, sha256};

/// A network as limits see it: one IPv4 address, or one IPv6 /64, which is the least that one subscriber gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    key: String,
}

impl Network {
    /// The network of an IP address. A text that is no address is a network of its own.
    #[must_use]
    pub fn of(client_address: &str) -> Self {
        let name = match client_address
            .trim()
            .parse::<IpAddr>()
            .map(|address| address.to_canonical())
        {
            Ok(IpAddr::V4(address)) => format!("4/{address}"),
            Ok(IpAddr::V6(address)) => format!("6/{:016x}", address.to_bits() >> 64),
            Err(_) => format!("?/{client_address}"),
        };
        Self {
            key: hex(&sha256(&[b"network", name.as_bytes()])),
        }
    }

    /// A segment of record keys: the SHA-256 of the network in hexadecimal.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ipv6_counts_by_its_first_64_bits() {
        assert_eq!(
            Network::of("2001:db8:1:2::1"),
            Network::of("2001:db8:1:2:ffff::9")
        );
        assert_ne!(
            Network::of("2001:db8:1:2::1"),
            Network::of("2001:db8:1:3::1")
        );
    }

    #[test]
    fn ipv4_counts_by_address_however_it_is_written() {
        assert_eq!(Network::of("192.0.2.1"), Network::of("::ffff:192.0.2.1"));
        assert_ne!(Network::of("192.0.2.1"), Network::of("192.0.2.2"));
    }

    #[test]
    fn what_is_no_address_is_its_own_network() {
        assert_eq!(Network::of("unix:"), Network::of("unix:"));
        assert_ne!(Network::of("unix:"), Network::of("192.0.2.2"));
    }
}
