//! Values: the bytes of a record in a file, in such a way that a damaged, torn or misplaced file is never taken for one.
//!
//! `doorward value 1\n`, the SHA-256 of all that follows, then the version, the second of writing and the length of the key
//! (64 bits each, big-endian), the key, the value.

use sha2::{Digest as _, Sha256};

const MAGIC: &[u8] = b"doorward value 1\n";

/// A value and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value {
    pub(crate) key: String,
    pub(crate) version: u64,
    /// When it was written, so that the sweeper leaves alone what may still be on its way.
    pub(crate) written_at: u64,
    pub(crate) bytes: Vec<u8>,
}

/// The contents of the file.
pub(crate) fn encode(key: &str, version: u64, written_at: u64, bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(24 + key.len() + bytes.len());
    for number in [version, written_at, key.len() as u64] {
        body.extend_from_slice(&number.to_be_bytes());
    }
    body.extend_from_slice(key.as_bytes());
    body.extend_from_slice(bytes);
    let mut file = Vec::with_capacity(MAGIC.len() + 32 + body.len());
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&Sha256::digest(&body));
    file.extend_from_slice(&body);
    file
}

/// Undoes [`encode`]; `None` if the file is not as it was written.
pub(crate) fn decode(file: &[u8]) -> Option<Value> {
    let (digest, body) = file.strip_prefix(MAGIC)?.split_at_checked(32)?;
    if Sha256::digest(body).as_slice() != digest {
        return None;
    }
    let (version, rest) = number(body)?;
    let (written_at, rest) = number(rest)?;
    let (length, rest) = number(rest)?;
    let (key, bytes) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some(Value {
        key: String::from_utf8(key.to_vec()).ok()?,
        version,
        written_at,
        bytes: bytes.to_vec(),
    })
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = bytes.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*digits), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_damage_is_noticed() {
        let file = encode("grant/a", 7, 8, b"bytes");
        let value = decode(&file).unwrap();
        assert_eq!(
            (value.key.as_str(), value.version, value.written_at),
            ("grant/a", 7, 8)
        );
        assert_eq!(value.bytes, b"bytes");
        for length in 0..file.len() {
            assert_eq!(decode(&file[..length]), None, "cut to {length}");
        }
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= 1;
            assert_eq!(decode(&damaged), None, "flipped at {at}");
        }
    }
}
