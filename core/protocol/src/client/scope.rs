//! `scope` (RFC 7591 §2) and `default_scope`, which is a part of it.

use super::GrantType;
use super::metadata::{ClientMetadata, Unfit};
use crate::scope::Scope;

/// The scope of a client of which nobody says what it may have: to know who someone is, if it signs people in.
#[must_use]
pub(super) fn default(grant_types: &[GrantType]) -> Scope {
    let signs_in = grant_types.contains(&GrantType::AuthorizationCode)
        || grant_types.contains(&GrantType::DeviceCode);
    Scope::of(if signs_in {
        vec!["openid".to_owned()]
    } else {
        Vec::new()
    })
}

/// What it gets where it asks for nothing is something that it may have.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(metadata: &ClientMetadata) -> Result<(), Unfit> {
    match (&metadata.default_scope, &metadata.scope) {
        (Some(_), None) => {
            Err("default_scope is set without scope, of which it is a part".to_owned())
        }
        (Some(default), Some(scope)) if !default.is_within(scope) => {
            Err("default_scope holds something that scope does not".to_owned())
        }
        _ => Ok(()),
    }
}
