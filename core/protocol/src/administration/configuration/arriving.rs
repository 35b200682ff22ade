//! Clients that arrive by themselves: `registration`, `client_id_metadata`.

use super::{Failure, refuse};
use crate::client::profile::Profile;
use crate::client::{initial_access, metadata_document};
use crate::ports::Host;
use crate::secret::SecretHash;
use crate::settings::{Registration, RegistrationMode, Server};
use serde_json::{Value, json};

/// Most initial access tokens that can be declared: every one is compared with what comes.
const MAX_TOKENS: usize = 64;

/// Checks both.
///
/// # Errors
/// A sentence that names the member.
pub(super) fn check(server: &Server, host: &dyn Host) -> Result<(), Failure> {
    registration(&server.registration)?;
    client_id_metadata(server, host)
}

/// Puts `sha256` in the place of each `token` of `registration.initial_access_tokens`, so that what is kept gives nothing away.
///
/// # Errors
/// A sentence that names the token's `name`, never the token.
pub(super) fn hash_initial_access_tokens(server: &mut Value) -> Result<(), Failure> {
    let tokens = server
        .pointer_mut("/registration/initial_access_tokens")
        .and_then(Value::as_array_mut);
    for declared in tokens
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        let token = declared.remove("token");
        let token = token.as_ref().and_then(Value::as_str).unwrap_or_default();
        if !initial_access::can_be_declared(token) {
            let name = declared.get("name").and_then(Value::as_str);
            return refuse(format!(
                "registration.initial_access_tokens: token of `{}` must be 32 to 1024 of A-Z a-z 0-9 - . _ ~ + / =; `openssl rand -hex 32` makes a good one",
                name.unwrap_or_default()
            ));
        }
        declared.insert("sha256".to_owned(), json!(SecretHash::of(token)));
    }
    Ok(())
}

/// Names that tell them apart, of something that can be asked for.
fn initial_access_tokens(rules: &Registration) -> Result<(), Failure> {
    let tokens = &rules.initial_access_tokens;
    let at = "registration.initial_access_tokens";
    if tokens.len() > MAX_TOKENS {
        return refuse(format!("{at} holds more than {MAX_TOKENS}"));
    }
    if !tokens.is_empty() && rules.mode == RegistrationMode::Off {
        return refuse(format!(
            "{at} is set, but registration.mode is `off`: set it to `token`"
        ));
    }
    for (index, declared) in tokens.iter().enumerate() {
        let name = &declared.name;
        if name.is_empty() || name.len() > 200 || name.chars().any(char::is_control) {
            return refuse(format!(
                "{at}: a name is 1 to 200 bytes without control characters"
            ));
        }
        let before = tokens.iter().take(index);
        if let Some(other) = before
            .into_iter()
            .find(|other| other.name == *name || other.sha256 == declared.sha256)
        {
            return refuse(format!(
                "{at}: `{name}` has the name or the token of `{}`",
                other.name
            ));
        }
    }
    Ok(())
}

/// RFC 7591.
fn registration(rules: &Registration) -> Result<(), Failure> {
    for (name, value, min, max) in [
        (
            "per_network_per_hour",
            rules.per_network_per_hour,
            1,
            1_000_000,
        ),
        ("max_unused", rules.max_unused, 1, 10_000_000),
        ("unused_days", rules.unused_days, 1, 3_650),
        ("client_secret_days", rules.client_secret_days, 0, 3_650),
    ] {
        if value < min || value > max {
            return refuse(format!("registration.{name} must be {min} to {max}"));
        }
    }
    if rules.profile == Some(Profile::OpenAuth) {
        return refuse(
            "registration.profile must be strict or mcp: clients of OpenAuth do not register themselves",
        );
    }
    if rules.grant_types.is_empty() {
        return refuse("registration.grant_types must not be empty");
    }
    initial_access_tokens(rules)
}

/// Client ID Metadata Documents.
fn client_id_metadata(server: &Server, host: &dyn Host) -> Result<(), Failure> {
    let rules = &server.client_id_metadata;
    for name in &rules.allowed_hosts {
        if metadata_document::check_url(&format!("https://{name}/x")) != Ok(name.as_str()) {
            return refuse(format!(
                "client_id_metadata.allowed_hosts: `{name}` is not a host name in lower case"
            ));
        }
    }
    for url in &rules.trusted {
        if let Err(why) = metadata_document::check_url(url) {
            return refuse(format!("client_id_metadata.trusted: `{url}` {why}"));
        }
    }
    for document in &rules.pinned {
        let url = document
            .get("client_id")
            .and_then(Value::as_str)
            .unwrap_or_default();
        if let Err(why) = metadata_document::check_url(url) {
            return refuse(format!(
                "client_id_metadata.pinned: client_id `{url}` {why}"
            ));
        }
        metadata_document::client(document, url, server, host).map_err(|refusal| {
            Failure::Refused(format!(
                "client_id_metadata.pinned: `{url}`: {}",
                refusal.description()
            ))
        })?;
    }
    Ok(())
}
