//! What a provider remembers during one sign-in, as bytes: JSON with the version of its shape.
//!
//! The core keeps these bytes on the server, bound to the browser; nobody but the plugin writes them.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::Failure;

/// The contract's bound on state.
const STATE_MAX_BYTES: usize = 16 * 1024;

#[derive(Serialize)]
struct Written<'a, S> {
    v: u16,
    s: &'a S,
}

#[derive(Deserialize)]
struct Version {
    v: u16,
}

#[derive(Deserialize)]
struct Read<S> {
    s: S,
}

/// The bytes of `state`.
pub(crate) fn write<S: Serialize>(version: u16, state: &S) -> Result<Vec<u8>, Failure> {
    let bytes = serde_json::to_vec(&Written {
        v: version,
        s: state,
    })
    .map_err(|error| Failure::Unavailable(format!("state: {error}")))?;
    if bytes.len() > STATE_MAX_BYTES {
        return Err(Failure::Unavailable(format!(
            "state: {} bytes, at most {STATE_MAX_BYTES}",
            bytes.len()
        )));
    }
    Ok(bytes)
}

/// The state in `bytes`. `None` if another version of the plugin wrote it: the person starts again, which is what a
/// provider does without state.
pub(crate) fn read<S: DeserializeOwned>(version: u16, bytes: &[u8]) -> Option<S> {
    let tag: Version = serde_json::from_slice(bytes).ok()?;
    if tag.v != version {
        return None;
    }
    serde_json::from_slice::<Read<S>>(bytes)
        .ok()
        .map(|read| read.s)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_comes_back_as_it_was() {
        let bytes = write(3, &("a", 7)).unwrap();
        assert_eq!(read::<(String, u8)>(3, &bytes), Some(("a".to_owned(), 7)));
    }

    #[test]
    fn state_of_another_version_or_shape_is_no_state() {
        let bytes = write(3, &("a", 7)).unwrap();
        assert_eq!(read::<(String, u8)>(4, &bytes), None);
        assert_eq!(read::<u8>(3, &bytes), None);
        assert_eq!(read::<u8>(3, b"\xff"), None);
    }

    #[test]
    fn state_over_the_bound_is_refused() {
        assert!(write(1, &"x".repeat(STATE_MAX_BYTES)).is_err());
    }
}
