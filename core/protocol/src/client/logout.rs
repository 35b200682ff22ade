//! `post_logout_redirect_uris` (OpenID Connect RP-Initiated Logout §2.1) and `backchannel_logout_uri` (Back-Channel Logout §2.2).

use super::Trust;
use super::metadata::{ClientMetadata, Unfit};
use super::redirect_uris;
use crate::backchannel_logout;

/// Where a client's people go after sign-out, and where it is told of one itself. Whether the session is required makes no difference: every
/// logout token names it.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(metadata: &ClientMetadata, trust: Trust) -> Result<(), Unfit> {
    redirect_uris::check_each(
        "post_logout_redirect_uris",
        &metadata.post_logout_redirect_uris,
        metadata,
    )?;
    match &metadata.backchannel_logout_uri {
        Some(uri) => backchannel_logout::check_uri(uri, &metadata.redirect_uris, trust),
        None if metadata.backchannel_logout_session_required => Err(
            "backchannel_logout_session_required is set without backchannel_logout_uri".to_owned(),
        ),
        None => Ok(()),
    }
}
