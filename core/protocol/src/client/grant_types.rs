//! `grant_types` and `response_types`: RFC 7591 §2.1; and `token_exchange_from`, which hangs on them.

use super::metadata::{ClientMetadata, Unfit};
use super::{AuthMethod, is_client_id};
use serde::{Deserialize, Serialize};

/// Grant types (RFC 7591 §2 `grant_types`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// OAuth 2.1 §4.1
    AuthorizationCode,
    /// OAuth 2.1 §4.3
    RefreshToken,
    /// OAuth 2.1 §4.2
    ClientCredentials,
    /// RFC 8628
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// RFC 8693
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
    /// RFC 7523
    #[serde(rename = "urn:ietf:params:oauth:grant-type:jwt-bearer")]
    JwtBearer,
}

impl GrantType {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 6] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::TokenExchange,
        Self::JwtBearer,
    ];

    /// The value of `grant_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }
}

/// The grant types, the response types that go with them, and whether a client that authenticates so can use them.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(
    metadata: &ClientMetadata,
    grant_types: &[GrantType],
    method: AuthMethod,
) -> Result<(), Unfit> {
    let has = |grant_type| grant_types.contains(&grant_type);
    if grant_types.is_empty() {
        return Err("grant_types must not be empty".to_owned());
    }
    if metadata
        .response_types
        .as_ref()
        .is_some_and(|types| types.iter().any(|name| name != "code"))
    {
        return Err("response_types may only be `code`".to_owned());
    }
    if has(GrantType::ClientCredentials) && method == AuthMethod::None {
        return Err("grant_types holds `client_credentials`, which a client without a secret cannot use: set token_endpoint_auth_method".to_owned());
    }
    if has(GrantType::RefreshToken)
        && !has(GrantType::AuthorizationCode)
        && !has(GrantType::DeviceCode)
    {
        return Err("grant_types holds `refresh_token` without `authorization_code` or the device grant, from which refresh tokens come".to_owned());
    }
    if has(GrantType::AuthorizationCode) && metadata.redirect_uris.is_empty() {
        return Err(
            "redirect_uris is missing: with `authorization_code` there must be at least one"
                .to_owned(),
        );
    }
    Ok(())
}

/// RFC 8693: what a public client could do, anyone could.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check_token_exchange(
    metadata: &ClientMetadata,
    grant_types: &[GrantType],
    method: AuthMethod,
) -> Result<(), Unfit> {
    let exchanges = grant_types.contains(&GrantType::TokenExchange);
    if exchanges && method == AuthMethod::None {
        return Err("grant_types holds token exchange, which only a client that authenticates can use: set token_endpoint_auth_method".to_owned());
    }
    let from = &metadata.token_exchange_from;
    if !exchanges && (metadata.token_exchange_impersonation || !from.is_empty()) {
        return Err("token_exchange_from and token_exchange_impersonation need token exchange in grant_types".to_owned());
    }
    if from.len() > 64 || !from.iter().all(|id| is_client_id(id)) {
        return Err("token_exchange_from must hold client_ids, at most 64".to_owned());
    }
    Ok(())
}
