//! Unpredictable names and digits.

use crate::secret::hex;
use crate::services::Random;

/// Bytes in an [`id`]: 128 bits.
const ID_BYTES: usize = 16;

/// An unguessable name of 128 bits: 32 lower-case hexadecimal digits.
#[must_use]
pub fn id(random: &(impl Random + ?Sized)) -> String {
    hex(&random.bytes(ID_BYTES))
}

/// `count` decimal digits, each equally likely and independent.
#[must_use]
pub fn digits(random: &(impl Random + ?Sized), count: usize) -> String {
    let mut digits = String::with_capacity(count);
    while digits.len() < count {
        // A byte has 256 values; 250 to 255 would make the digits 0 to 5 likelier than the rest and are thrown away.
        let fair = random.bytes(count).into_iter().filter(|byte| *byte < 250);
        digits.extend(
            fair.map(|byte| char::from(b'0' + byte % 10))
                .take(count - digits.len()),
        );
    }
    digits
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    struct Scripted(RefCell<Vec<u8>>);

    impl Random for Scripted {
        fn bytes(&self, length: usize) -> Vec<u8> {
            self.0.borrow_mut().drain(..length).collect()
        }
    }

    #[test]
    fn bytes_that_would_bias_digits_are_thrown_away() {
        let random = Scripted(RefCell::new(vec![
            255, 250, 249, 0, 254, 10, 11, 12, 13, 14, 15, 16,
        ]));
        assert_eq!(digits(&random, 6), "900123");
    }

    #[test]
    fn every_digit_is_as_likely_as_another() {
        let host = crate::testing::Host::seeded(42);
        let mut seen = [0_u32; 10];
        for digit in digits(&host, 100_000).bytes() {
            seen[usize::from(digit - b'0')] += 1;
        }
        // 10 000 expected, a standard deviation of 95.
        assert!(
            seen.iter().all(|count| (9_500..10_500).contains(count)),
            "{seen:?}"
        );
    }

    #[test]
    fn ids_are_128_bits_of_hex() {
        let host = crate::testing::Host::seeded(7);
        let (one, other) = (id(&host), id(&host));
        assert_eq!(one.len(), 32);
        assert_ne!(one, other);
    }
}
