//! What each fuzz target does with its bytes, and what must hold whatever they are. No target may panic; most also check a
//! property of what was accepted.
//!
//! One module for each kind of thing that is read; every public function is a target.

// The host in memory of the protocol's own tests names the protocol's modules as `crate::…`.
pub use doorward_protocol::*;

#[allow(dead_code, reason = "the protocol's own tests use the rest")]
#[path = "../../../core/protocol/src/memory.rs"]
mod memory;

mod addresses;
mod certificates;
mod conversations;
mod documents;
mod headers;
mod parameters;
mod requests;
mod signed;
mod tokens;
mod verification;

pub use addresses::{email, outbound_url};
pub use certificates::{certificate, distinguished_name};
pub use conversations::conversation;
pub use documents::{client_document, client_metadata, jwks, strict_json};
pub use headers::{basic, certificate_header, cookie, forwarded};
pub use parameters::{
    authorization_details, claims, form, pkce, redirect_uri, resource, scope, user_code,
};
pub use requests::endpoint;
pub use signed::{client_assertion, foreign_jwt, jwt_bearer, request_object, software_statement};
pub use tokens::{dpop, grant_strings, jwt};
pub use verification::verification_key;

use memory::Memory;
use serde_json::json;

const ISSUER: &str = "https://id.example";
const NOW: u64 = 1_800_000_000;

fn host() -> Memory {
    Memory::new(&json!({ "issuer": ISSUER, "resources": "any" }))
}

fn server(host: &Memory) -> settings::Server {
    serde_json::from_str(&host.sections.borrow()["server"]).expect("settings that are our own")
}

/// A client that the operator registered.
fn client(metadata: &serde_json::Value, server: &settings::Server) -> client::Client {
    let metadata = serde_json::from_value(metadata.clone()).expect("metadata that is our own");
    let made_up = ("made-up".to_owned(), "0123456789abcdef0123".to_owned());
    let trust = client::Trust::Registered;
    client::metadata::check(metadata, trust, server, made_up, time::UnixTime(NOW))
        .expect("a client that is our own")
        .0
}

/// The first line, and the rest.
fn first_line(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// What every client must keep to, however it came.
fn check_client(client: &client::Client) {
    for uri in client
        .redirect_uris
        .iter()
        .chain(&client.post_logout_redirect_uris)
    {
        assert!(redirect_uri::place(uri).is_ok(), "registered {uri:?}");
    }
    assert!(client.is_confidential() || client.require_pkce);
    assert!(client.is_confidential() || !client.may(client::GrantType::ClientCredentials));
    let kept = serde_json::to_vec(client).expect("a record");
    let read: client::Client = serde_json::from_slice(&kept).expect("the same record");
    assert_eq!(&read, client);
}
