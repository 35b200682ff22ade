//! `redirect_uris` (RFC 7591 §2) and `application_type` (OpenID Connect Registration §2). What a single URI may be says [`crate::redirect_uri`].

use super::metadata::{ClientMetadata, Unfit};
use crate::redirect_uri::{self, Place};
use serde::{Deserialize, Serialize};

/// Most redirect URIs of one client.
const MAX_REDIRECT_URIS: usize = 32;

/// OpenID Connect Registration §2 `application_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a server, or in a browser.
    #[default]
    Web,
    /// On people's devices.
    Native,
}

/// What each of `redirect_uris` is.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(metadata: &ClientMetadata) -> Result<(), Unfit> {
    check_each("redirect_uris", &metadata.redirect_uris, metadata)
}

/// Likewise for another member that holds places to send people to.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check_each(
    member: &str,
    uris: &[String],
    metadata: &ClientMetadata,
) -> Result<(), Unfit> {
    if uris.len() > MAX_REDIRECT_URIS {
        return Err(format!("{member} holds more than {MAX_REDIRECT_URIS}"));
    }
    for uri in uris {
        let place = redirect_uri::place(uri).map_err(|why| format!("{member}: `{uri}` {why}"))?;
        if metadata.loopback_any_path && place != Place::Loopback {
            return Err(format!(
                "{member}: `{uri}` is not on loopback, but loopback_any_path is set"
            ));
        }
    }
    Ok(())
}
