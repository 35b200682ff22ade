//! `access_token_typ`, `access_token_audience`, `access_token_lifetime_s`, `dpop_bound_access_tokens`, `subject_properties`: what a client's access tokens are.

use super::metadata::{ClientMetadata, Unfit};
use crate::settings::Server;
use serde::{Deserialize, Serialize};

/// Longest lifetime of an access token, seconds: a day.
const MAX_LIFETIME_S: u32 = 86_400;

/// The `typ` of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum AccessTokenTyp {
    /// RFC 9068 §2.1.
    #[default]
    #[serde(rename = "at+jwt")]
    AtJwt,
    /// For verifiers that know no other, such as Convex.
    #[serde(rename = "JWT")]
    Jwt,
}

impl AccessTokenTyp {
    /// As the header has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtJwt => "at+jwt",
            Self::Jwt => "JWT",
        }
    }
}

/// For whom an access token is that names no resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenAudience {
    /// The issuer: for the userinfo endpoint.
    #[default]
    Issuer,
    /// The client itself, as `OpenAuth` and Convex have it. A `client_id` is never the URI of a resource.
    Client,
}

/// Lifetime, that a key can be shown which must be, and the `type` that an `OpenAuth` client reads.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(metadata: &ClientMetadata, server: &Server) -> Result<(), Unfit> {
    if metadata
        .access_token_lifetime_s
        .is_some_and(|seconds| !(1..=MAX_LIFETIME_S).contains(&seconds))
    {
        return Err(format!(
            "access_token_lifetime_s must be 1 to {MAX_LIFETIME_S}"
        ));
    }
    if metadata.dpop_bound_access_tokens && !server.dpop.enabled {
        return Err("dpop_bound_access_tokens: DPoP is off, see `enabled` of [dpop]".to_owned());
    }
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if metadata
        .subject_properties
        .as_ref()
        .is_some_and(|kind| kind.is_empty() || kind.len() > 64 || !kind.bytes().all(name))
    {
        return Err(
            "subject_properties is the `type` of the subject: 1 to 64 letters, digits, `-`, `_` and `.`"
                .to_owned(),
        );
    }
    Ok(())
}
