//! `require_pkce`, `default_max_age`, `default_acr_values`, `authorization_details_types`: what a client's authorization requests must say, may say,
//! and mean where they say nothing.

use super::AuthMethod;
use super::metadata::{ClientMetadata, Unfit};
use crate::acr;

/// Largest `default_max_age`, seconds: ten years.
const MAX_MAX_AGE_S: u64 = 10 * 365 * 86_400;

/// Whether they may come without PKCE, and what they say where they say nothing.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(metadata: &ClientMetadata, method: AuthMethod) -> Result<(), Unfit> {
    if metadata.require_pkce == Some(false) && method == AuthMethod::None {
        return Err("require_pkce cannot be false for a client without a secret".to_owned());
    }
    if metadata
        .default_max_age
        .is_some_and(|seconds| seconds > MAX_MAX_AGE_S)
    {
        return Err(format!("default_max_age must be 0 to {MAX_MAX_AGE_S}"));
    }
    let legal = |acr: &String| {
        (1..=acr::MAX_LENGTH).contains(&acr.len()) && acr.bytes().all(|b| b.is_ascii_graphic())
    };
    let types = &metadata.authorization_details_types;
    let is_type = |name: &String| {
        (1..=128).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic())
    };
    if types.len() > 32 || !types.iter().all(is_type) {
        return Err(
            "authorization_details_types must be at most 32 names of visible ASCII".to_owned(),
        );
    }
    let acrs = &metadata.default_acr_values;
    if acrs.len() > acr::MAX_VALUES || !acrs.iter().all(legal) {
        return Err(format!(
            "default_acr_values must be at most {} values of visible ASCII without spaces",
            acr::MAX_VALUES
        ));
    }
    Ok(())
}
