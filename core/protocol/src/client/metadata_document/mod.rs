//! Clients whose id is the URL of a document that says who they are: OAuth Client ID Metadata Document, draft 02 (July 2026).
//!
//! In order: 1. documents are on; 2. the URL (§3); 3. its host, if the operator listed some; 4. the copy that is kept, while it is fresh;
//! 5. how many this network named that nobody let in yet ([`super::arrivals`]); 6. how much is fetched of one host and at all; 7. one fetch at a time of
//! one URL, by a lease in its record; 8. the answer: 200, JSON; 9. the document (§4), whose `client_id` is the URL byte for byte.
//!
//! One that nobody let in is forgotten after an hour, so that what strangers name does not pile up.
//!
//! A failure to fetch is ours, not the client's: a copy of the last week serves on, then the pinned one, then 503. A document that was
//! fetched and is none ends that: it and its copies are good for nothing.
//!
//! One id stands for every installation of a program: nothing is ever revoked by it alone.

mod auth_method;
mod fetch;
mod kept;
mod pinned;
mod url;

pub use fetch::MAX_DOCUMENT;
pub use kept::{is_known, used};
pub use url::{MAX_URL, check_url, host_of, is_url};

use super::registration::{self, Offer, Said};
use super::{AuthMethod, Client, Trust};
use crate::ports::Host;
use crate::refusal::Refusal;
use crate::settings::{self, Server};
use crate::time::UnixTime;
use fluent_uri::Uri;
use serde_json::{Map, Value};

/// Who names a document.
#[derive(Debug, Clone, Copy)]
pub enum By<'a> {
    /// A record of ours, from when it was known.
    Record,
    /// A request, from this address: anybody.
    Request(Option<&'a str>),
    /// A page that tells of many: what is at hand will do, however old, and nothing is fetched.
    Page,
}

/// Finds the client of a URL.
///
/// # Errors
/// [`Refusal::UnknownClient`] where documents are off or its host is not listed; [`Refusal::ClientDocumentInvalid`],
/// [`Refusal::ClientDocumentUnreachable`], [`Refusal::TooManyRequests`]; store failures.
pub fn find(url: &str, by: By<'_>, host: &dyn Host) -> Result<Client, Refusal> {
    let server = settings::server(host)?;
    if !server.client_id_metadata.enabled {
        return Err(Refusal::UnknownClient);
    }
    let invalid = |why: &str| Refusal::ClientDocumentInvalid(why.to_owned());
    let name = check_url(url).map_err(invalid)?;
    let allowed = &server.client_id_metadata.allowed_hosts;
    if !allowed.is_empty() && !allowed.iter().any(|allowed| allowed == name) {
        return Err(Refusal::UnknownClient);
    }
    let document = kept::document(url, name, by, &server, host)?;
    client(&document, url, &server, host).map_err(|refusal| match refusal {
        Refusal::ClientMetadataInvalid(why) | Refusal::RedirectUriUnfit(why) => {
            Refusal::ClientDocumentInvalid(why)
        }
        other => other,
    })
}

/// What a document must say whoever reads it (§4).
fn check(document: &Map<String, Value>, url: &str) -> Result<(), &'static str> {
    if document.get("client_id").and_then(Value::as_str) != Some(url) {
        Err("its client_id is not its URL")
    } else if document.contains_key("client_secret")
        || document.contains_key("client_secret_expires_at")
    {
        Err("it holds a secret that everyone can read")
    } else if document.contains_key("software_statement") {
        Err("it holds a software statement, which is for clients that register")
    } else {
        Ok(())
    }
}

/// The client that a document describes.
///
/// # Errors
/// [`Refusal::ClientMetadataInvalid`], [`Refusal::RedirectUriUnfit`]
pub fn client(
    document: &Map<String, Value>,
    url: &str,
    server: &Server,
    host: &dyn Host,
) -> Result<Client, Refusal> {
    check(document, url).map_err(|why| Refusal::ClientMetadataInvalid(why.to_owned()))?;
    let offer = Offer::to_documents(server, host);
    let mut refused = None;
    for method in auth_method::methods(document)? {
        let mut said = document.clone();
        said.insert(
            "token_endpoint_auth_method".to_owned(),
            Value::from(method.name()),
        );
        if method == AuthMethod::None {
            // Keys that a public client does not use would only be one more thing to fetch.
            for member in ["jwks", "jwks_uri", "token_endpoint_auth_signing_alg"] {
                said.remove(member);
            }
        }
        let made_up = ("document".to_owned(), String::new());
        match registration::read(&Said::in_document(said), &offer, made_up, UnixTime(0)) {
            Ok((mut client, _)) => {
                check_sector(&client, url)?;
                url.clone_into(&mut client.client_id);
                client.trust = Trust::MetadataDocument;
                client.secrets = Vec::new();
                return Ok(client);
            }
            Err(refusal) => refused = refused.or(Some(refusal)),
        }
    }
    Err(refused.unwrap_or_else(|| Refusal::ClientMetadataInvalid("no method".to_owned())))
}

/// OpenID Connect Core §8.1. A redirect URI shows whose a sector is only while answers go there, and a document may change after a grant
/// was given: where it lies is what it cannot change.
fn check_sector(client: &Client, url: &str) -> Result<(), Refusal> {
    let Some(sector) = &client.sector_identifier else {
        return Ok(());
    };
    let parsed = Uri::parse(url).ok();
    let authority = parsed.as_ref().and_then(Uri::authority);
    if authority.is_some_and(|authority| authority.host() == sector) {
        Ok(())
    } else {
        Err(Refusal::ClientMetadataInvalid(
            "subject_type `pairwise` needs redirect_uris at the host of client_id".to_owned(),
        ))
    }
}
