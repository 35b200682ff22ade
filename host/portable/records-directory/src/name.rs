//! Keys as paths.
//!
//! A key is written with the letters that every file system keeps apart (`a-z 0-9 - _`) and `%` with two hex digits for all
//! other bytes, which is 1 to 3 letters per byte and never one key's beginning for another's. The first segment, with its
//! `/`, is a directory of its own, so that listing a kind touches that kind only; the rest is spread over 64 directories.
//! Parts longer than a file name may be continue in a directory below: `+` continues, `=` ends.

use std::path::PathBuf;

/// Longest part, in bytes: with its first letter well below the 255 of common file systems.
const PART: usize = 200;

/// Writes a key, or the beginning of one.
pub(crate) fn encode(key: &str) -> String {
    const HEX: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    let digit = |nibble: u8| HEX.get(usize::from(nibble)).copied().unwrap_or('0');
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => text.push(char::from(byte)),
            _ => text.extend(['%', digit(byte >> 4), digit(byte & 15)]),
        }
    }
    text
}

/// Undoes [`encode`]; `None` if nothing would be written like that.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut key = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        key.push(if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
        } else {
            byte
        });
    }
    let key = String::from_utf8(key).ok()?;
    (encode(&key) == text).then_some(key)
}

/// Where the directory of a key is, below `keys`.
pub(crate) fn path(key: &str) -> PathBuf {
    let split = key.find('/').map_or(0, |slash| slash + 1);
    let (segment, rest) = key.split_at(split);
    let mut path: PathBuf = parts(&encode(segment))
        .iter()
        .map(|part| format!("+{part}"))
        .collect();
    path.push(bucket(key));
    let rest = encode(rest);
    let parts = parts(&rest);
    for (index, part) in parts.iter().enumerate() {
        let sign = if index + 1 == parts.len() { '=' } else { '+' };
        path.push(format!("{sign}{part}"));
    }
    path
}

/// One of 64, by FNV-1a.
fn bucket(key: &str) -> String {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{:02x}", (hash ^ (hash >> 32)) % 64)
}

/// Cuts written text; even of nothing there is one part.
fn parts(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    // The text is ASCII, so that any place is a boundary.
    while let Some((part, more)) = rest
        .split_at_checked(PART)
        .filter(|(_, more)| !more.is_empty())
    {
        parts.push(part);
        rest = more;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn what_is_written_is_read_back(key in "[ -~]{1,512}") {
            prop_assert_eq!(decode(&encode(&key)), Some(key.clone()));
            for part in &path(&key) {
                let part = part.to_str().unwrap();
                prop_assert!(part.len() <= PART + 1 && !part.contains(['.', '/', '\\', ':']), "{}", part);
            }
        }

        #[test]
        fn beginnings_stay_beginnings(key in "[ -~]{2,99}", at in 1_usize..99) {
            let (start, _) = key.split_at(at.min(key.len()));
            prop_assert!(encode(&key).starts_with(&encode(start)));
        }
    }

    #[test]
    fn every_key_has_a_place_of_its_own() {
        let long = |n: usize| "A".repeat(n);
        let keys = [
            "a", "a/", "a/b", "a/B", "a%2fb", "a/b/c", "/", "//", ".", "..", "a/..", "%", "=", "+",
            "a b", "~",
        ]
        .map(String::from)
        .into_iter()
        .chain((1..=512).map(long))
        .chain((1..=510).map(|n| format!("a/{}", long(n))));
        let mut seen = HashSet::new();
        for key in keys {
            let lower = path(&key).to_str().unwrap().to_lowercase();
            assert!(seen.insert(lower), "{key:?}");
        }
    }

    #[test]
    fn what_nobody_writes_is_not_read() {
        for text in ["A", "%", "%4", "%zz", "%61", "%c3", "a.b", "%2F"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
