//! Clients that arrive by themselves: `registration`, `client_id_metadata`.

use super::{Failure, refuse};
use crate::client::metadata_document;
use crate::client::profile::Profile;
use crate::ports::Host;
use crate::settings::{Registration, Server};
use serde_json::Value;

/// Checks both.
///
/// # Errors
/// A sentence that names the member.
pub(super) fn check(server: &Server, host: &dyn Host) -> Result<(), Failure> {
    registration(&server.registration)?;
    client_id_metadata(server, host)
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
    Ok(())
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
