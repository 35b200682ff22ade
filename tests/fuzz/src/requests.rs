//! Whole requests.

use crate::http::{Answer, Body, ClientCertificate, Request};
use crate::memory::Memory;
use crate::provider::Identity;
use crate::serve;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;

thread_local! {
    static SECTIONS: RefCell<BTreeMap<String, String>> = RefCell::new(sections());
}

/// A server with everything on, and clients of every kind.
fn sections() -> BTreeMap<String, String> {
    let settings = json!({
        "issuer": "https://id.example", "resources": "any",
        "scopes": { "read": "Read" },
        "experimental": { "id_jag": "draft-04" },
        "registration": { "mode": "open" },
        "client_id_metadata": { "enabled": true },
        "mutual_tls": { "enabled": true },
        "pairwise": { "enabled": true },
        "client_assertions": { "client_secret_jwt": true },
        "authorization_details": { "x": { "actions": ["a"] } },
        "authentication_contexts": [{ "acr": "low", "amr": [["otp"]] }],
        "assertion_issuers": [{ "issuer": "https://idp.example", "jwks": crate::signed::set(), "clients": ["svc"], "provider": "test" }],
    });
    let clients = [
        json!({
            "client_id": "app", "profile": "openauth", "redirect_uris": ["https://app.example/cb", "http://127.0.0.1/cb"],
            "authorization_details_types": ["x"],
        }),
        json!({
            "client_id": "svc", "client_secret": "0123456789abcdef0123", "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["client_credentials", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
            "dpop_bound_access_tokens": true, "scope": "read",
        }),
        json!({
            "client_id": "web", "client_secret": "0123456789abcdef0123", "redirect_uris": ["https://web.example/cb?x=1"],
            "grant_types": ["authorization_code", "refresh_token", "client_credentials"], "scope": "openid read",
            "jwks": crate::signed::set(),
        }),
        json!({
            "client_id": "tv", "token_endpoint_auth_method": "none", "scope": "openid read",
            "grant_types": ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"],
        }),
        json!({
            "client_id": "tls", "token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_subject_dn": "CN=rsa",
            "grant_types": ["client_credentials"], "scope": "read",
        }),
    ];
    with_clients(&settings, &clients)
}

/// The sections of a server with these clients.
pub(crate) fn with_clients(settings: &Value, clients: &[Value]) -> BTreeMap<String, String> {
    let host = Memory::new(settings);
    let check = json!({ "command": "server.check", "server": settings }).to_string();
    crate::administration::run(&check, &host).expect("settings that are our own");
    let mut sections = host.sections.borrow().clone();
    for metadata in clients {
        let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
        let answer = crate::administration::run(&command, &host).expect("a client that is our own");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        let key = format!(
            "client/{}",
            answer["client"]["client_id"].as_str().expect("an id")
        );
        sections.insert(key, answer["client"].to_string());
    }
    sections
}

/// The same, in memory; whoever signs in is Ada.
pub(crate) fn host() -> Memory {
    let host = Memory::new(&Value::Null);
    *host.sections.borrow_mut() = SECTIONS.with_borrow(Clone::clone);
    *host.identity.borrow_mut() = Identity {
        subject: "1".to_owned(),
        email: Some("ada@example.org".to_owned()),
        email_verified: true,
        ..Identity::default()
    };
    host
}

/// A request as text: `METHOD target`, headers, an empty line, the body. No request is a server error, nothing is redirected to a
/// place that is not a client's or ours, and the authorization endpoint tells nobody by CORS. A header `client-cert` is what a proxy
/// tells.
pub fn endpoint(data: &[u8]) {
    let split = data.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = data.split_at(split.unwrap_or(data.len()));
    let body = body.get(2..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let Some((method, target)) = lines.next().and_then(|line| line.split_once(' ')) else {
        return;
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let headers: Vec<(String, Vec<u8>)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.as_bytes().to_vec()))
        .collect();
    let told = headers.iter().find(|(name, _)| name == "client-cert");
    let der = told.and_then(|(_, value)| crate::headers::told_certificate(value));
    let request = Request {
        method,
        path,
        query,
        headers: &headers,
        body,
        client_address: Some("192.0.2.1"),
        client_certificate: der
            .as_ref()
            .map(|der| ClientCertificate { der, vouched: true }),
    };
    check(path, &serve(&request, &host()));
}

/// What every answer must be.
pub(crate) fn check(path: &str, answer: &Answer) {
    assert!(answer.status < 500 || answer.status == 503, "{answer:?}");
    for (name, value) in &answer.headers {
        assert!(!value.contains(['\r', '\n']), "{name}: {value:?}");
        if *name == "location" {
            let ours = [
                "/",
                "https://id.example/",
                "https://app.example/cb?",
                "https://web.example/cb?x=1&",
                "http://127.0.0.1",
            ];
            assert!(
                ours.iter().any(|place| value.starts_with(place)) && !value.starts_with("//"),
                "{value:?}"
            );
        }
        assert!(
            !(path == "/authorize" && name.starts_with("access-control-")),
            "{answer:?}"
        );
    }
    if let Body::Json(text) = &answer.body {
        assert!(serde_json::from_str::<Value>(text).is_ok(), "{text:?}");
    }
}
