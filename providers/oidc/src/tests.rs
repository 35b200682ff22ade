//! OpenID providers, as fakes of them answer.

mod flow;
mod presets;

use doorward_provider::testing::{Browser, Host, OpenIdServer};
use doorward_provider::{Failure, Identity, Outcome};
use serde_json::{Value, json};

use super::*;

const ISSUER: &str = "https://login.acme.example";

fn settings(more: &Value) -> String {
    let mut settings = json!({"client_id": "door", "client_secret": "s3cret"});
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    settings.to_string()
}

fn acme() -> String {
    settings(&json!({"issuer": ISSUER}))
}

fn server() -> OpenIdServer {
    OpenIdServer::new(ISSUER, "door")
}

/// Signs in; the URL that the browser was sent to, and how it ended.
fn sign_in(settings: &str, server: &OpenIdServer) -> Result<(String, Outcome), Failure> {
    let host = server.host();
    sign_in_at(&host, settings, server)
}

fn sign_in_at(
    host: &Host,
    settings: &str,
    server: &OpenIdServer,
) -> Result<(String, Outcome), Failure> {
    let mut browser = Browser::<Oidc>::new(host).settings(settings);
    let url = browser
        .get("authorize")?
        .into_redirect()
        .expect("a redirect");
    let outcome = browser.callback(&server.sign_in(&url))?;
    Ok((url, outcome))
}

fn identity(settings: &str, server: &OpenIdServer) -> Identity {
    let (_, outcome) = sign_in(settings, server).unwrap();
    outcome.into_identity().expect("an identity")
}

/// What the log is told of a sign-in that fails.
fn log(result: Result<(String, Outcome), Failure>) -> String {
    match result {
        Err(Failure::BadRequest(text) | Failure::Unavailable(text)) => text,
        other => panic!("{other:?}"),
    }
}
