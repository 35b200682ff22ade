//! `client_name`, `client_uri`, `policy_uri`, `tos_uri`: RFC 7591 §2. What people are shown of a client. Untrusted text.

use super::metadata::{ClientMetadata, Unfit};
use fluent_uri::Uri;

/// Longest `client_name`, bytes.
const MAX_NAME: usize = 200;

/// Text without control characters, and links that are https.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(metadata: &ClientMetadata) -> Result<(), Unfit> {
    if metadata
        .client_name
        .as_ref()
        .is_some_and(|name| name.len() > MAX_NAME || name.chars().any(char::is_control))
    {
        return Err(format!(
            "client_name must be at most {MAX_NAME} bytes without control characters"
        ));
    }
    for (member, uri) in [
        ("client_uri", &metadata.client_uri),
        ("policy_uri", &metadata.policy_uri),
        ("tos_uri", &metadata.tos_uri),
    ] {
        if let Some(uri) = uri
            && !Uri::parse(uri.as_str())
                .is_ok_and(|uri| uri.scheme().as_str() == "https" && uri.authority().is_some())
        {
            return Err(format!("{member}: `{uri}` is not an https URL"));
        }
    }
    Ok(())
}
