//! Whole flows over a host in memory: what the rules do to records, in races, in outages and as time goes by.

mod access_tokens;
mod advertised;
mod algorithms;
mod by_name;
mod client_assertions;
mod code_flow;
mod confirming;
mod costs;
mod details;
mod device;
mod discovery;
mod documents_kept;
mod endings;
mod exchange;
mod foreign;
mod form_post;
mod import;
mod initial_access;
mod jwt_bearer;
mod languages;
mod leaving;
mod linking;
mod meanwhile;
mod metadata_document;
mod mutual_tls;
mod openauth;
mod pairwise;
mod properties;
mod pushed;
mod registration;
mod registration_bounds;
mod registration_management;
mod request_objects;
mod requests;
mod sector_identifier;
mod sign_in;
mod software_statements;
mod step_up;

use crate::http::{Answer, Body};
use crate::memory::{Memory, Visitor};
use crate::provider::Identity;
use crate::secret::from_base64url;
use serde_json::{Value, json};

pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A host with an issuer, a public client `app` and a confidential client `web` that needs no consent.
pub(super) fn host() -> Memory {
    let memory = Memory::new(&json!({ "issuer": "https://id.example" }));
    for metadata in [
        json!({
            "client_id": "app", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid email offline_access read",
        }),
        json!({
            "client_id": "strict", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid read", "refresh_reuse_window_s": 0,
        }),
        json!({
            "client_id": "web", "client_secret": "0123456789abcdef0123", "redirect_uris": ["https://web.example/cb"],
            "scope": "openid read", "consent": "implicit",
        }),
    ] {
        let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
        let answer: Value =
            serde_json::from_str(&crate::administration::run(&command, &memory).unwrap()).unwrap();
        let key = format!("client/{}", metadata["client_id"].as_str().unwrap());
        memory
            .sections
            .borrow_mut()
            .insert(key, answer["client"].to_string());
    }
    *memory.identity.borrow_mut() = identity("1", Some("ada@example.org"), true);
    memory
}

/// Changes the record of a client.
pub(super) fn change_client(memory: &Memory, client_id: &str, change: impl Fn(&mut Value)) {
    let mut sections = memory.sections.borrow_mut();
    let section = sections.get_mut(&format!("client/{client_id}")).unwrap();
    let mut client: Value = serde_json::from_str(section).unwrap();
    change(&mut client);
    *section = client.to_string();
}

/// Changes the section `server`.
pub(super) fn change_server(memory: &Memory, change: impl Fn(&mut Value)) {
    let mut sections = memory.sections.borrow_mut();
    let section = sections.get_mut("server").unwrap();
    let mut server: Value = serde_json::from_str(section).unwrap();
    change(&mut server);
    *section = server.to_string();
}

pub(super) fn identity(subject: &str, email: Option<&str>, email_verified: bool) -> Identity {
    Identity {
        subject: subject.to_owned(),
        email: email.map(str::to_owned),
        email_verified,
        ..Identity::default()
    }
}

pub(super) fn location(answer: &Answer) -> &str {
    answer
        .headers
        .iter()
        .find(|(name, _)| *name == "location")
        .map_or("", |(_, value)| value)
}

pub(super) fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    form_urlencoded::parse(query.as_bytes())
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.into_owned())
}

pub(super) fn body(answer: &Answer) -> Value {
    match &answer.body {
        Body::Json(text) => serde_json::from_str(text).unwrap(),
        _ => Value::Null,
    }
}

pub(super) fn authorize_url(client_id: &str, extra: &str) -> String {
    let redirect_uri = if client_id == "web" {
        "https://web.example/cb"
    } else {
        "https://app.example/cb"
    };
    format!(
        "/authorize?response_type=code&client_id={client_id}&redirect_uri={redirect_uri}&scope=openid+email+read&state=s\
         &code_challenge={CHALLENGE}&code_challenge_method=S256{extra}"
    )
}

/// Signs in and allows; returns where the browser was sent.
pub(super) fn sign_in(visitor: &Visitor<'_>, client_id: &str, extra: &str) -> String {
    allow(visitor, &authorize_url(client_id, extra))
}

/// The same for an authorization request of any shape.
pub(super) fn allow(visitor: &Visitor<'_>, url: &str) -> String {
    let mut answer = visitor.get(url);
    for _ in 0..5 {
        if let Body::Page(page) = &answer.body {
            let crate::page::Page::Consent(consent) = page.as_ref() else {
                panic!("{page:?}")
            };
            let form = format!(
                "transaction={}&csrf={}&decision=allow",
                consent.transaction, consent.csrf
            );
            answer = visitor.post("/consent", &form);
        }
        let target = location(&answer).to_owned();
        if target.starts_with("https://") {
            return target;
        }
        answer = visitor.get(&target);
    }
    panic!("never got back to the application")
}

/// A code for `client_id`.
pub(super) fn code(visitor: &Visitor<'_>, client_id: &str) -> String {
    parameter(&sign_in(visitor, client_id, ""), "code").unwrap()
}

pub(super) fn redeem(visitor: &Visitor<'_>, client_id: &str, code: &str) -> Answer {
    visitor.post("/token", &format!("grant_type=authorization_code&client_id={client_id}&code={code}&code_verifier={VERIFIER}"))
}

pub(super) fn refresh(visitor: &Visitor<'_>, client_id: &str, token: &str) -> Answer {
    visitor.post(
        "/token",
        &format!("grant_type=refresh_token&client_id={client_id}&refresh_token={token}"),
    )
}

/// The claims of a JWT of ours, unchecked.
pub(super) fn claims_of(jwt: &str) -> Value {
    let claims = jwt.split('.').nth(1).unwrap();
    serde_json::from_slice(&crate::secret::from_base64url(claims).unwrap()).unwrap()
}

pub(super) fn error(answer: &Answer) -> (u16, String) {
    (
        answer.status,
        body(answer)["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
    )
}

/// Adds a client to the configuration.
pub(super) fn add_client(memory: &Memory, metadata: &Value) {
    let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
    let answer: Value =
        serde_json::from_str(&crate::administration::run(&command, memory).unwrap()).unwrap();
    let key = format!("client/{}", metadata["client_id"].as_str().unwrap());
    memory
        .sections
        .borrow_mut()
        .insert(key, answer["client"].to_string());
}

pub(super) fn access_token(answer: &Answer) -> String {
    body(answer)["access_token"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer:?}"))
        .to_owned()
}

/// The claims of a JWT, unverified.
pub(super) fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&from_base64url(claims).unwrap()).unwrap()
}
