//! RSA keys of chips with the flaw called ROCA (CVE-2017-15361): their private half can be computed.
//!
//! Both primes of such a key are `k·M + (65537^a mod M)`, where `M` is the product of the first 126 primes or more (of the first 126, for
//! 2048 bits). So the modulus is a power of 65537 to every one of these primes, which a modulus of random primes is almost never.

/// The odd primes below 702, those factors of `M`, to which the powers of 65537 are the smallest part of all residues: another key passes
/// the first one once in 165 times, all of them once in 2^67.
const PRIMES: [u32; 15] = [
    331, 673, 241, 691, 523, 461, 541, 97, 257, 239, 37, 229, 349, 571, 397,
];

/// Whether a modulus, big-endian, of 2048 bits or more has the fingerprint of such a key.
pub(super) fn fingerprint(modulus: &[u8]) -> bool {
    PRIMES
        .iter()
        .all(|prime| is_power_of_65537(remainder(modulus, *prime), *prime))
}

/// `number` modulo `prime`.
fn remainder(number: &[u8], prime: u32) -> u32 {
    number.iter().fold(0, |remainder, byte| {
        (remainder * 256 + u32::from(*byte)) % prime
    })
}

fn is_power_of_65537(residue: u32, prime: u32) -> bool {
    let step = 65_537 % prime;
    let mut power = step;
    // They come round to 1, which is one of them.
    while power != residue && power != 1 {
        power = power * step % prime;
    }
    power == residue
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwk::PublicJwk;
    use crate::secret::base64url;
    use serde_json::json;

    /// `65537^exponent`, which is to every prime what a modulus of such a key is.
    fn power(exponent: usize) -> Vec<u8> {
        let mut little_endian = vec![1_u8];
        for _ in 0..exponent {
            // times 2^16, plus itself
            let shifted = [&[0, 0][..], &little_endian].concat();
            little_endian.resize(shifted.len(), 0);
            let mut carry = 0;
            little_endian = shifted
                .iter()
                .zip(&little_endian)
                .map(|(a, b)| {
                    let sum = u16::from(*a) + u16::from(*b) + carry;
                    carry = sum >> 8;
                    u8::try_from(sum & 0xff).unwrap()
                })
                .collect();
            assert_eq!(carry, 0);
        }
        while little_endian.last() == Some(&0) {
            little_endian.pop();
        }
        little_endian.reverse();
        little_endian
    }

    #[test]
    fn cve_2017_15361_a_power_of_65537_has_the_fingerprint() {
        for exponent in [128, 129, 200, 256] {
            let modulus = power(exponent);
            assert!(modulus.len() >= 256);
            assert!(fingerprint(&modulus), "65537^{exponent}");
            let mut next = modulus;
            *next.last_mut().unwrap() += 2;
            assert!(!fingerprint(&next), "65537^{exponent} + 2");
        }
    }

    #[test]
    fn cve_2017_15361_such_a_key_is_refused_by_name() {
        let jwk = json!({ "kty": "RSA", "n": base64url(&power(128)), "e": "AQAB" });
        let why = PublicJwk::read(&jwk).unwrap_err();
        assert!(why.contains("CVE-2017-15361"), "{why}");
    }

    #[test]
    fn other_numbers_do_not() {
        let mut number = [0xc5_u8; 256];
        for change in 0..=u8::MAX {
            number[7] = change;
            assert!(!fingerprint(&number));
        }
        assert!(!fingerprint(&[0xff; 256]));
    }
}
