//! Time-based one-time passwords: RFC 6238 on RFC 4226, with what every authenticator app takes: SHA-1, six digits, 30 seconds.

use doorward_provider::secret::equal;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Digits of a code.
pub(crate) const DIGITS: u32 = 6;
/// How long one is shown, seconds.
pub(crate) const PERIOD_S: u64 = 30;
/// Bytes of a secret: the length of the hash (RFC 4226 §4, R6).
pub(crate) const SECRET_BYTES: usize = 20;

/// What a code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Checked {
    /// That of this time step, which is later than any that was used.
    Right(u64),
    /// That of a step that was used, or one before it (RFC 6238 §5.2).
    Used,
    Wrong,
}

/// Compares `code` with those of now, one step ago and one step ahead: clocks differ, and people type (RFC 6238 §5.2).
pub(crate) fn check(secret: &[u8], now: u64, last_used: Option<u64>, code: &str) -> Checked {
    let step = now / PERIOD_S;
    let mut found = Checked::Wrong;
    for step in [step.saturating_sub(1), step, step.saturating_add(1)] {
        let right = equal(digits(secret, step).as_bytes(), code.as_bytes());
        // By chance two of them are the same: the latest counts.
        match (right, last_used) {
            (true, Some(last)) if step <= last => {
                found = Checked::Used;
            }
            (true, _) => found = Checked::Right(step),
            (false, _) => {}
        }
    }
    found
}

/// The code of a step.
pub(crate) fn digits(secret: &[u8], step: u64) -> String {
    let code = truncated(secret, step) % 10_u32.pow(DIGITS);
    format!("{code:0width$}", width = DIGITS as usize)
}

/// HOTP before its reduction to digits: 31 bits (RFC 4226 §5.3).
fn truncated(secret: &[u8], counter: u64) -> u32 {
    #[expect(
        clippy::expect_used,
        reason = "HMAC takes a key of any length (RFC 2104 §2)"
    )]
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).expect("any length");
    mac.update(&counter.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let offset = usize::from(hash.last().map_or(0, |last| last & 15));
    let word = hash.iter().skip(offset).take(4);
    word.fold(0_u32, |word, byte| word << 8 | u32::from(*byte)) & 0x7fff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn rfc6238_appendix_b() {
        for (time, code) in [
            (59, "94287082"),
            (1_111_111_109, "07081804"),
            (1_111_111_111, "14050471"),
            (1_234_567_890, "89005924"),
            (2_000_000_000, "69279037"),
            (20_000_000_000, "65353130"),
        ] {
            let eight = truncated(SECRET, time / PERIOD_S) % 100_000_000;
            assert_eq!(format!("{eight:08}"), code);
            assert_eq!(digits(SECRET, time / PERIOD_S), code[2..]);
        }
    }

    #[test]
    fn rfc4226_appendix_d() {
        for (counter, code) in (0..).zip(["755224", "287082", "359152", "969429", "338314"]) {
            assert_eq!(digits(SECRET, counter), code);
        }
    }

    #[test]
    fn one_step_either_way_and_no_more() {
        let now = 1_000 * PERIOD_S;
        for (step, expected) in [
            (998, Checked::Wrong),
            (999, Checked::Right(999)),
            (1_000, Checked::Right(1_000)),
            (1_001, Checked::Right(1_001)),
            (1_002, Checked::Wrong),
        ] {
            assert_eq!(check(SECRET, now, None, &digits(SECRET, step)), expected);
            assert_eq!(
                check(SECRET, now + 29, None, &digits(SECRET, step)),
                expected
            );
        }
    }

    #[test]
    fn a_step_that_was_used_and_those_before_it_are_over() {
        let now = 1_000 * PERIOD_S;
        let tried = |step| check(SECRET, now, Some(1_000), &digits(SECRET, step));
        assert_eq!(tried(999), Checked::Used);
        assert_eq!(tried(1_000), Checked::Used);
        assert_eq!(tried(1_001), Checked::Right(1_001));
    }
}
