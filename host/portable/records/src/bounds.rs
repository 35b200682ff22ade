//! The bounds of keys, values and listings.

use crate::{Answer, Failure};

/// Longest key, in bytes.
pub const MAX_KEY_BYTES: usize = 512;
/// Largest value, in bytes.
pub const MAX_VALUE_BYTES: usize = 256 * 1024;
/// Most records in one listing.
pub const MAX_LIST_LIMIT: u32 = 1000;

/// Refuses a key that is not 1 to [`MAX_KEY_BYTES`] bytes of printable ASCII (0x20 to 0x7e).
///
/// # Errors
/// [`Failure::Invalid`].
pub fn check_key(key: &str) -> Answer<()> {
    if key.is_empty() {
        return Err(Failure::Invalid("the key is empty".into()));
    }
    check_part("key", key)
}

/// Refuses what can be neither a key nor the beginning of one; it may be empty.
///
/// # Errors
/// [`Failure::Invalid`], which calls the part `what`.
pub fn check_part(what: &str, part: &str) -> Answer<()> {
    if part.len() > MAX_KEY_BYTES {
        let text = format!("the {what} is longer than {MAX_KEY_BYTES} bytes");
        return Err(Failure::Invalid(text));
    }
    if !part.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        let text = format!("the {what} holds something other than printable ASCII");
        return Err(Failure::Invalid(text));
    }
    Ok(())
}

/// Refuses a value above [`MAX_VALUE_BYTES`].
///
/// # Errors
/// [`Failure::Invalid`].
pub fn check_value(value: &[u8]) -> Answer<()> {
    if value.len() > MAX_VALUE_BYTES {
        let text = format!("the value is larger than {MAX_VALUE_BYTES} bytes");
        return Err(Failure::Invalid(text));
    }
    Ok(())
}

/// Refuses a listing of nothing or of more than [`MAX_LIST_LIMIT`] records.
///
/// # Errors
/// [`Failure::Invalid`].
pub fn check_limit(limit: u32) -> Answer<usize> {
    match usize::try_from(limit) {
        Ok(usable) if (1..=MAX_LIST_LIMIT).contains(&limit) => Ok(usable),
        _ => Err(Failure::Invalid(format!(
            "the limit is not between 1 and {MAX_LIST_LIMIT}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_printable_ascii_of_1_to_512_bytes() {
        for good in [" ", "~", "grant/a%_", &"k".repeat(512)] {
            assert_eq!(check_key(good), Ok(()), "{good:?}");
        }
        for bad in ["", "\u{7f}", "a\n", "a\0", "é", &"k".repeat(513)] {
            assert!(
                matches!(check_key(bad), Err(Failure::Invalid(_))),
                "{bad:?}"
            );
        }
        assert_eq!(check_part("prefix", ""), Ok(()));
    }

    #[test]
    fn values_and_limits_have_bounds() {
        assert_eq!(check_value(&vec![0; 262_144]), Ok(()));
        assert!(check_value(&vec![0; 262_145]).is_err());
        assert_eq!((check_limit(1), check_limit(1000)), (Ok(1), Ok(1000)));
        assert!(check_limit(0).is_err() && check_limit(1001).is_err());
    }
}
