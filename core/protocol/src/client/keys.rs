//! The public keys of clients: RFC 7591 §2 `jwks` and `jwks_uri`, and what is signed by them.

use super::metadata::{ClientMetadata, Unfit};
use super::{AuthMethod, Client};
use crate::jwks::{self, Source};
use crate::token::foreign::ALGORITHMS;

/// Where a client's keys come from, if it registered any.
#[must_use]
pub fn source(client: &Client) -> Option<Source<'_>> {
    match (&client.jwks, &client.jwks_uri) {
        (Some(set), _) => Some(Source::Inline(set)),
        (None, Some(uri)) if client.came_by_itself() => Some(Source::StrangersUri(uri)),
        (None, Some(uri)) => Some(Source::Uri(uri)),
        (None, None) => None,
    }
}

/// Checks what a client says of its keys and of what it signs by them.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub fn check(metadata: &ClientMetadata, method: AuthMethod) -> Result<(), Unfit> {
    let has_keys = match (&metadata.jwks, &metadata.jwks_uri) {
        (Some(_), Some(_)) => {
            return Err("jwks and jwks_uri exclude each other (RFC 7591 §2)".to_owned());
        }
        (Some(set), None) => {
            jwks::check_inline(set).map_err(|why| format!("jwks {why}"))?;
            true
        }
        (None, Some(uri)) => {
            jwks::check_uri(uri).map_err(|why| format!("jwks_uri {why}"))?;
            true
        }
        (None, None) => false,
    };
    if method == AuthMethod::PrivateKeyJwt && !has_keys {
        return Err(
            "token_endpoint_auth_method `private_key_jwt` needs jwks or jwks_uri".to_owned(),
        );
    }
    let signs_requests =
        metadata.require_signed_request_object || metadata.request_object_signing_alg.is_some();
    if signs_requests && !has_keys {
        return Err(
            "require_signed_request_object and request_object_signing_alg need jwks or jwks_uri"
                .to_owned(),
        );
    }
    check_alg(
        "request_object_signing_alg",
        metadata.request_object_signing_alg.as_deref(),
        &ALGORITHMS,
    )?;
    let alg = metadata.token_endpoint_auth_signing_alg.as_deref();
    let member = "token_endpoint_auth_signing_alg";
    match method {
        AuthMethod::PrivateKeyJwt => check_alg(member, alg, &ALGORITHMS),
        AuthMethod::ClientSecretJwt => check_alg(member, alg, &["HS256"]),
        _ if alg.is_some() => Err(format!(
            "{member} is for token_endpoint_auth_method `private_key_jwt` or `client_secret_jwt`"
        )),
        _ => Ok(()),
    }?;
    if metadata.legacy_assertion_audience
        && !matches!(
            method,
            AuthMethod::PrivateKeyJwt | AuthMethod::ClientSecretJwt
        )
    {
        return Err("legacy_assertion_audience is for token_endpoint_auth_method `private_key_jwt` or `client_secret_jwt`".to_owned());
    }
    Ok(())
}

fn check_alg(member: &str, alg: Option<&str>, known: &[&str]) -> Result<(), Unfit> {
    match alg {
        Some(alg) if !known.contains(&alg) => {
            Err(format!("{member} must be one of {}", known.join(", ")))
        }
        _ => Ok(()),
    }
}
