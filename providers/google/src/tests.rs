//! Google, as a fake of it answers.

use doorward_provider::settings::unchecked_keywords;
use doorward_provider::testing::{Browser, OpenIdServer, fell_for};
use doorward_provider::{Identity, Outcome};
use serde_json::{Value, json};

use super::*;

const SETTINGS: &str =
    r#"{"client_id":"door.apps.googleusercontent.com","client_secret":"s3cret"}"#;
const ONE_DOMAIN: &str = r#"{"client_id":"door.apps.googleusercontent.com","client_secret":"s3cret","hosted_domains":["Acme.example"]}"#;

fn google() -> OpenIdServer {
    OpenIdServer::new(ISSUER, "door.apps.googleusercontent.com")
        .claim("azp", "door.apps.googleusercontent.com")
        .claim("email", "ada@gmail.com")
        .metadata("token_endpoint", "https://accounts.google.com/token")
}

fn sign_in(settings: &str, server: &OpenIdServer) -> (String, Outcome) {
    let host = server.host();
    let mut browser = Browser::<Google>::new(&host).settings(settings);
    let url = browser.get("authorize").unwrap().into_redirect().unwrap();
    let outcome = browser.callback(&server.sign_in(&url)).unwrap();
    (url, outcome)
}

fn identity(settings: &str, server: &OpenIdServer) -> Identity {
    sign_in(settings, server)
        .1
        .into_identity()
        .expect("an identity")
}

#[test]
fn core_s3_1_3_7_no_flaw_of_its_answers_lets_anybody_in() {
    assert_eq!(fell_for::<Google>(SETTINGS, google), Vec::<String>::new());
    let hosted = || google().claim("hd", "acme.example");
    assert_eq!(fell_for::<Google>(ONE_DOMAIN, hosted), Vec::<String>::new());
}

#[test]
fn both_spellings_of_its_issuer_are_taken_and_no_other() {
    for iss in [ISSUER, ISSUER_IN_OLD_TOKENS] {
        assert_eq!(
            identity(SETTINGS, &google().claim("iss", iss)).subject,
            "ada"
        );
    }
    for iss in [
        "https://accounts.google.com/",
        "http://accounts.google.com",
        "google.com",
    ] {
        let server = google().claim("iss", iss);
        let host = server.host();
        let mut browser = Browser::<Google>::new(&host).settings(SETTINGS);
        let url = browser.get("authorize").unwrap().into_redirect().unwrap();
        assert!(browser.callback(&server.sign_in(&url)).is_err(), "{iss}");
    }
}

#[test]
fn the_domain_is_checked_in_the_token_and_not_only_asked_for() {
    let (url, outcome) = sign_in(ONE_DOMAIN, &google().claim("hd", "acme.example"));
    assert!(url.contains("&hd=Acme.example"), "{url}");
    assert!(outcome.into_identity().is_some());
    for hd in [
        json!("evil.example"),
        Value::Null,
        json!("acme.example.evil.example"),
        json!(true),
    ] {
        let server = google()
            .claim("hd", hd.clone())
            .claim("email", "ada@acme.example");
        let page = sign_in(ONE_DOMAIN, &server).1.into_page().expect("a page");
        assert_eq!(page.messages[0].text.id, "upstream.refused", "{hd}");
    }
}

#[test]
fn an_address_is_verified_only_where_google_is_its_authority() {
    for (email, hd, said, verified) in [
        ("ada@gmail.com", Value::Null, json!(true), true),
        ("ada@acme.example", json!("acme.example"), json!(true), true),
        ("ada@acme.example", Value::Null, json!(true), false),
        ("ada@gmail.com", Value::Null, json!(false), false),
        ("ada@gmail.com", Value::Null, json!("true"), false),
        (
            "ada@gmail.com.evil.example",
            Value::Null,
            json!(true),
            false,
        ),
    ] {
        let server = google()
            .claim("email", email)
            .claim("hd", hd)
            .claim("email_verified", said.clone());
        let identity = identity(SETTINGS, &server);
        assert_eq!(
            (identity.email.as_deref(), identity.email_verified),
            (Some(email), verified),
            "{said}"
        );
    }
}

#[test]
fn it_is_never_asked_to_confirm_anybody() {
    assert_eq!(
        Google::describe().purposes,
        [Purpose::SignIn, Purpose::Link]
    );
}

#[test]
fn its_settings_are_checked_by_hosts() {
    assert_eq!(
        unchecked_keywords(&Google::describe().settings_schema),
        Vec::<String>::new()
    );
}
