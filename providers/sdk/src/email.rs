//! E-mail addresses in one form.

use serde::{Deserialize, Serialize};

use crate::secret::{hex, sha256};

/// RFC 5321 §4.5.3.1.3, less the angle brackets.
pub const ADDRESS_MAX_BYTES: usize = 254;
/// RFC 5321 §4.5.3.1.1
const LOCAL_PART_MAX_BYTES: usize = 64;
/// RFC 1035 §2.3.4
const LABEL_MAX_BYTES: usize = 63;

/// An e-mail address in the one form that Doorward compares and stores: ASCII, lower case, a dot-atom before the `@`
/// (RFC 5322 §3.2.3; neither quoted strings nor comments), a domain name of two or more labels after it.
///
/// Lower-casing the local part merges addresses that a mail server could in theory tell apart (RFC 5321 §2.4). None
/// that matters does, and people do not type their address the same way every time. Dots and `+tags` are kept: where
/// they make another mailbox, merging them would let its owner in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct EmailAddress(String);

impl EmailAddress {
    /// The address in `input`, without the blanks around it; `None` if it is not one, or not one of the form above.
    #[must_use]
    pub fn parse(input: &str) -> Option<Self> {
        let address = input.trim_matches([' ', '\t', '\r', '\n']);
        if address.len() > ADDRESS_MAX_BYTES || !address.is_ascii() {
            return None;
        }
        let (local_part, domain) = address.split_once('@')?;
        (is_dot_atom(local_part) && is_domain(domain)).then(|| Self(address.to_ascii_lowercase()))
    }

    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    #[must_use]
    pub fn local_part(&self) -> &str {
        self.0
            .split_once('@')
            .map_or("", |(local_part, _)| local_part)
    }

    /// What stands after the `@`.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }

    /// A segment of record keys: the SHA-256 of the address in hexadecimal.
    #[must_use]
    pub fn key(&self) -> String {
        hex(&sha256(&[b"email", self.0.as_bytes()]))
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = &'static str;

    fn try_from(address: String) -> Result<Self, &'static str> {
        Self::parse(&address).ok_or("not an e-mail address")
    }
}

/// RFC 5322 §3.2.3, at most 64 bytes.
fn is_dot_atom(local_part: &str) -> bool {
    local_part.len() <= LOCAL_PART_MAX_BYTES
        && local_part
            .split('.')
            .all(|atom| !atom.is_empty() && atom.bytes().all(is_atext))
}

fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

/// RFC 1123 §2.1: letters, digits and inner hyphens; the last label is not a number, so no IP address passes.
fn is_domain(domain: &str) -> bool {
    let mut labels = 0_usize;
    let sane = domain.split('.').all(|label| {
        labels += 1;
        (1..=LABEL_MAX_BYTES).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    let top = domain.rsplit('.').next().unwrap_or_default();
    sane && labels >= 2 && !top.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_has_one_form() {
        let address = EmailAddress::parse("  Ada.Lovelace+Door@Example.ORG\n").unwrap();
        assert_eq!(address.as_str(), "ada.lovelace+door@example.org");
        assert_eq!(address.local_part(), "ada.lovelace+door");
        assert_eq!(address.domain(), "example.org");
        assert_eq!(
            address.key(),
            EmailAddress::parse("ada.lovelace+door@example.org")
                .unwrap()
                .key()
        );
        assert_eq!(address.key().len(), 64);
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long_local = format!("{}@example.org", "a".repeat(65));
        let long_label = format!("a@{}.org", "b".repeat(64));
        let long_whole = format!(
            "{}@{}.org",
            "a".repeat(60),
            ["b".repeat(60), "c".repeat(60), "d".repeat(70)].join(".")
        );
        for wrong in [
            "",
            "@",
            "a@",
            "@b.org",
            "a",
            "a@b",
            "a b@example.org",
            "a@@example.org",
            "a@b@example.org",
            ".a@example.org",
            "a.@example.org",
            "a..b@example.org",
            "\"a b\"@example.org",
            "a(comment)@example.org",
            "a@example..org",
            "a@-example.org",
            "a@example-.org",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@exa_mple.org",
            "a@example.org.",
            "a\r\nBcc: x@example.org",
            "a@example.org\0",
            "a\u{0}b@example.org",
            "ä@example.org",
            "a@exämple.org",
            "a@example.org,b@example.org",
            "<a@example.org>",
            &long_local,
            &long_label,
            &long_whole,
        ] {
            assert_eq!(EmailAddress::parse(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn bounds_are_inclusive() {
        assert!(EmailAddress::parse(&format!("{}@example.org", "a".repeat(64))).is_some());
        assert!(EmailAddress::parse(&format!("a@{}.org", "b".repeat(63))).is_some());
    }
}
