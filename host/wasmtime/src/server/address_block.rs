//! A block of IP addresses (CIDR, RFC 4632): `10.0.0.0/8`, `2001:db8::/32`, or one address.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use std::net::IpAddr;

/// A block of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AddressBlock {
    first: u128,
    bits: u32,
    v6: bool,
}

impl AddressBlock {
    /// Reads a block.
    ///
    /// # Errors
    /// It is no address, its length is too large, or it has bits behind its length.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address
            .parse()
            .map_err(|_| format!("{text:?} is no IP address or block of them"))?;
        let most = if address.is_ipv6() { 128 } else { 32 };
        let length = match length {
            None => most,
            Some(length) => length
                .parse::<u32>()
                .ok()
                .filter(|bits| *bits <= most)
                .ok_or_else(|| {
                    format!("{text:?} must have a length between 0 and {most} after the slash")
                })?,
        };
        let (value, v6) = value(address);
        let bits = length + (128 - most);
        if value & !mask(bits) != 0 {
            return Err(format!("{text:?} has bits behind its length of {length}"));
        }
        Ok(Self {
            first: value,
            bits,
            v6,
        })
    }

    /// Whether an address lies in it. An IPv4-mapped IPv6 address counts as the IPv4 address that it is.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        let (value, v6) = value(address.to_canonical());
        v6 == self.v6 && value & mask(self.bits) == self.first
    }
}

/// An address as a number: an IPv4 address in the lowest 32 bits, where a mask of `96 + length` bits reaches it.
fn value(address: IpAddr) -> (u128, bool) {
    match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)), false),
        IpAddr::V6(address) => (u128::from(address), true),
    }
}

fn mask(bits: u32) -> u128 {
    u128::MAX.checked_shl(128 - bits).unwrap_or(0)
}

impl<'de> Deserialize<'de> for AddressBlock {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::AddressBlock;

    fn contains(block: &str, address: &str) -> bool {
        AddressBlock::parse(block)
            .unwrap()
            .contains(address.parse().unwrap())
    }

    #[test]
    fn a_block_holds_its_addresses_and_no_other() {
        assert!(contains("10.0.0.0/8", "10.255.255.255"));
        assert!(!contains("10.0.0.0/8", "11.0.0.0"));
        assert!(contains("0.0.0.0/0", "203.0.113.9"));
        assert!(!contains("0.0.0.0/0", "2001:db8::1"));
        assert!(!contains("::/0", "203.0.113.9"));
        assert!(contains("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!contains("2001:db8::/32", "2001:db9::1"));
        assert!(contains("::1", "::1"));
        assert!(contains("192.0.2.7", "192.0.2.7"));
        assert!(!contains("192.0.2.7", "192.0.2.8"));
    }

    #[test]
    fn a_mapped_address_is_the_v4_address() {
        assert!(contains("10.0.0.0/8", "::ffff:10.1.2.3"));
        assert!(!contains("::/0", "::ffff:10.1.2.3"));
    }

    #[test]
    fn what_is_no_block_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0.1/8",
            "::/129",
            "localhost",
            "10.0.0.0/",
            "10.0.0.0/-1",
        ] {
            assert!(AddressBlock::parse(text).is_err(), "{text}");
        }
    }
}
