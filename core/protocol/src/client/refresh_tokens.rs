//! `refresh_reuse_window_s`, `refresh_token_lifetime_s`, `refresh_without_client_id`: how a client's refresh tokens work.

use super::metadata::{ClientMetadata, Unfit};
use super::{AuthMethod, GrantType};
use crate::grant::refresh_token::MAX_REUSE_WINDOW_S;

/// Longest lifetime of a refresh token since its last rotation, seconds: ten years.
const MAX_LIFETIME_S: u32 = 10 * 365 * 86_400;

/// Lifetimes; and that nobody refreshes by the token alone who could prove who they are.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(
    metadata: &ClientMetadata,
    method: AuthMethod,
    grant_types: &[GrantType],
) -> Result<(), Unfit> {
    let window_s = metadata.refresh_reuse_window_s;
    if window_s.is_some_and(|seconds| seconds > MAX_REUSE_WINDOW_S) {
        return Err(format!(
            "refresh_reuse_window_s must be 0 to {MAX_REUSE_WINDOW_S}"
        ));
    }
    let lifetime_s = metadata.refresh_token_lifetime_s;
    if lifetime_s.is_some_and(|seconds| !(1..=MAX_LIFETIME_S).contains(&seconds)) {
        return Err(format!(
            "refresh_token_lifetime_s must be 1 to {MAX_LIFETIME_S}"
        ));
    }
    if metadata.refresh_without_client_id == Some(true) {
        if method != AuthMethod::None {
            return Err(
                "refresh_without_client_id is for public clients: one with a secret proves who it is".to_owned(),
            );
        }
        if !grant_types.contains(&GrantType::RefreshToken) {
            return Err(
                "refresh_without_client_id is set, but grant_types does not hold `refresh_token`"
                    .to_owned(),
            );
        }
    }
    Ok(())
}
