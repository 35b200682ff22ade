//! Heads: the name of the one file in a key's directory, which says what the key is.
//!
//! `r-<version>-<expiry>` is a record whose bytes are in `values`; `c-<version>-<expiry>-<sum>` is a counter, complete in its
//! name. Numbers have 16 hex digits; an expiry of all ones means "never".

use std::fmt;

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head {
    /// Never the same for two heads of one key.
    pub(crate) version: u64,
    /// The second from which the record is absent; `u64::MAX` is after all time.
    pub(crate) expires_at: u64,
    /// The sum, of counters.
    pub(crate) counter: Option<u64>,
}

impl Head {
    /// Whether the record is there at the second `now`.
    pub(crate) fn is_live(&self, now: u64) -> bool {
        self.expires_at > now
    }

    /// Reads the name of a file.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let kind = parts.next()?;
        let mut number = || {
            let digits = parts.next()?;
            u64::from_str_radix(digits, 16).ok()
        };
        let head = Self {
            version: number()?,
            expires_at: number()?,
            counter: if kind == "c" { Some(number()?) } else { None },
        };
        // Only what is written here is read: no other letters, lengths or endings.
        (head.to_string() == name).then_some(head)
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.counter {
            None => write!(f, "r-{:016x}-{:016x}", self.version, self.expires_at),
            Some(sum) => write!(
                f,
                "c-{:016x}-{:016x}-{sum:016x}",
                self.version, self.expires_at
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_nothing_else_is() {
        for counter in [None, Some(0), Some(u64::MAX >> 1)] {
            let head = Head {
                version: 1,
                expires_at: u64::MAX,
                counter,
            };
            assert_eq!(Head::parse(&head.to_string()), Some(head));
        }
        for name in [
            "",
            "r",
            "r-1-2",
            "x-0000000000000001-0000000000000002",
            "r-0000000000000001-0000000000000002-0000000000000003",
            "c-0000000000000001-0000000000000002",
            "r-000000000000000A-0000000000000002",
            ".fuse_hidden",
        ] {
            assert_eq!(Head::parse(name), None, "{name}");
        }
    }
}
