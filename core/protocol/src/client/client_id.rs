//! `client_id`: RFC 6749 §2.2.

use super::metadata::Unfit;
use crate::user::SUB_PREFIX;

/// Whether a text can be a `client_id` here: it becomes part of a key.
#[must_use]
pub fn is_client_id(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(legal)
}

/// Whether an operator may give a client this id.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(client_id: &str) -> Result<(), Unfit> {
    if !is_client_id(client_id) {
        return Err("client_id must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -".to_owned());
    }
    if client_id.starts_with(SUB_PREFIX) {
        return Err(format!(
            "client_id must not start with `{SUB_PREFIX}`: subject identifiers of people do"
        ));
    }
    Ok(())
}
