//! A short name for a content, so that a file whose content changes is another file to every cache.
//!
//! Not cryptographic: the contents are ours and the operator's, and nobody gains by a collision.

/// Eight bytes are mixed at a time: a logo of 64 KiB is named anew for every page.
const fn mix(hash: u64, word: u64) -> u64 {
    let mixed = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 29)
}

/// 16 lower-case hexadecimal digits.
pub(crate) fn digest(bytes: &[u8]) -> String {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut hash = words.iter().fold(mix(0, bytes.len() as u64), |hash, word| {
        mix(hash, u64::from_le_bytes(*word))
    });
    for &byte in rest {
        hash = mix(hash, u64::from(byte));
    }
    format!("{:016x}", mix(hash, hash >> 32))
}

#[cfg(test)]
mod tests {
    use super::digest;

    #[test]
    fn every_byte_counts() {
        let text = b"the quick brown fox jumps over";
        for at in 0..text.len() {
            let mut other = *text;
            other[at] ^= 1;
            assert_ne!(digest(text), digest(&other), "byte {at}");
        }
        assert_ne!(digest(b""), digest(b"\0"));
        assert_eq!(digest(text).len(), 16);
    }
}
