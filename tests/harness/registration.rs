//! Clients that register themselves (RFC 7591), and what they then know of themselves.

use super::client::{Authentication, Client};
use super::http::{self, Response};
use super::server::Server;
use serde_json::{Value, json};

/// Metadata of a public client with one redirect URI.
pub(crate) fn public(redirect_uri: &str) -> Value {
    json!({
        "client_name": "Registered by itself",
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "scope": "openid email offline_access api:read",
    })
}

/// The same with another value of one member.
pub(crate) fn with(mut metadata: Value, member: &str, value: Value) -> Value {
    metadata[member] = value;
    metadata
}

/// Sends a registration request.
#[track_caller]
pub(crate) fn register(server: &Server, metadata: &Value) -> Response {
    http::post(&server.endpoint("registration_endpoint"))
        .body("application/json", metadata.to_string())
        .send()
}

/// A client information response (§3.2.1).
#[track_caller]
pub(crate) fn registered(server: &Server, metadata: &Value) -> Value {
    let answer = register(server, metadata);
    assert_eq!(answer.status, 201, "{answer:?}");
    answer.assert_no_store();
    answer.json()
}

/// The client that such a response describes. It lives as long as the test: ids and secrets of the harness are static.
#[track_caller]
pub(crate) fn client(told: &Value) -> Client {
    let text = |name: &str| told[name].as_str().unwrap_or_default().to_owned().leak() as &str;
    let secret = text("client_secret");
    let authentication = match text("token_endpoint_auth_method") {
        "none" => Authentication::None,
        "client_secret_post" => Authentication::Post(secret),
        _ => Authentication::Basic(secret),
    };
    let redirect_uri = told["redirect_uris"][0].as_str().unwrap_or_default();
    Client {
        id: text("client_id"),
        authentication,
        redirect_uri: redirect_uri.to_owned().leak(),
    }
}

/// A request to the client's own configuration endpoint (RFC 7592), with its registration access token.
pub(crate) fn own(told: &Value, method: &str) -> http::Request {
    let text = |name: &str| told[name].as_str().expect("a string").to_owned();
    http::method(method, &text("registration_client_uri"))
        .bearer(&text("registration_access_token"))
}
