//! Versions of records.

use crate::{Answer, unavailable};

/// A version that its key has never had: 63 random bits of the host's secure source, never 0.
///
/// A sequence would have to outlive removal and expiry, so each store would keep something for every key that ever was, or
/// one counter that all keys contend for. Random versions need neither. A key that is written a million times meets one of
/// its old versions with a chance of 1 in 18 million (n²/2⁶⁴); what a stale writer could do with it needs that it holds just
/// that one of the million.
///
/// # Errors
/// [`crate::Failure::Unavailable`] if the host has no randomness.
pub fn fresh() -> Answer<u64> {
    loop {
        let random = getrandom::u64()
            .map_err(|error| unavailable(format_args!("the host has no randomness: {error}")))?;
        // SQLite's integers have a sign.
        if random >> 1 != 0 {
            return Ok(random >> 1);
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_fit_63_bits_and_differ() {
        let versions: std::collections::HashSet<u64> =
            (0..1000).map(|_| super::fresh().unwrap()).collect();
        assert_eq!(versions.len(), 1000);
        assert!(
            versions
                .iter()
                .all(|version| i64::try_from(*version).is_ok())
        );
    }
}
