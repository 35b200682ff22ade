//! OAuth 2.0 servers, as fakes of them answer.

use std::sync::{Arc, Mutex};

use doorward_provider::services::{FetchFailure, Outgoing, Response};
use doorward_provider::settings::unchecked_keywords;
use doorward_provider::testing::{Browser, Host};
use doorward_provider::{Identity, Outcome};
use serde_json::json;

use super::*;

/// An answer of the token endpoint: status, content type, body.
type Token = (u16, &'static str, String);

/// What the fake was asked.
type Asked = Arc<Mutex<Vec<Outgoing>>>;

fn token() -> Token {
    let body = json!({"access_token": "t", "token_type": "Bearer"}).to_string();
    (200, "application/json", body)
}

fn host(token: Token, profile: Value) -> (Host, Asked) {
    let asked = Asked::default();
    let seen = Arc::clone(&asked);
    let host = Host::seeded(1).with_upstream(move |request| {
        seen.lock().unwrap().push(request.clone());
        let (status, kind, body) = if request.method == "POST" {
            token.clone()
        } else if request
            .headers
            .contains(&("authorization".to_owned(), "Bearer t".to_owned()))
        {
            (200, "application/json", profile.to_string())
        } else {
            return Err(FetchFailure::Refused("no token".to_owned()));
        };
        Ok(Response {
            status,
            headers: vec![("content-type".to_owned(), kind.to_owned())],
            body: body.into_bytes(),
        })
    });
    (host, asked)
}

fn come_back(host: &Host, settings: &Value, more: &[(&str, &str)]) -> Result<Outcome, Failure> {
    let mut browser = Browser::<OAuth2>::new(host).settings(&settings.to_string());
    let url = browser.get("authorize")?.into_redirect().unwrap();
    assert!(
        url.contains("code_challenge_method=S256") && url.contains("state=transaction"),
        "{url}"
    );
    let mut query = vec![("code", "code-of-ada"), ("state", "transaction")];
    query.extend(more);
    browser.get_with("callback", &query)
}

fn identity(settings: &Value, profile: Value) -> Identity {
    let (host, _) = host(token(), profile);
    come_back(&host, settings, &[])
        .unwrap()
        .into_identity()
        .expect("an identity")
}

fn acme() -> Value {
    json!({
        "client_id": "door", "client_secret": "s3cret", "name": "Acme",
        "authorization_endpoint": "https://acme.example/a", "token_endpoint": "https://acme.example/t",
        "profile_endpoint": "https://api.acme.example/me", "subject": "/user/id", "email": "/user/mail",
        "email_verified": "/user/proved", "full_name": "/user/called", "scopes": ["me"],
    })
}

fn ada() -> Value {
    json!({"user": {"id": 7, "mail": "ada@example.com", "proved": true, "called": "Ada", "groups": ["staff"]}})
}

fn with(mut settings: Value, name: &str, value: Value) -> Value {
    settings[name] = value;
    settings
}

#[test]
fn pointers_say_who_it_is() {
    let expected = Identity::new("7")
        .verified_email("ada@example.com")
        .claim("name", "\"Ada\"");
    assert_eq!(identity(&acme(), ada()), expected);
}

#[test]
fn only_true_at_the_pointer_verifies_an_address() {
    for (value, verified) in [
        (json!(true), true),
        (json!("true"), false),
        (json!(1), false),
        (json!(null), false),
    ] {
        let mut profile = ada();
        profile["user"]["proved"] = value.clone();
        assert_eq!(
            identity(&acme(), profile).email_verified,
            verified,
            "{value}"
        );
    }
    assert!(!identity(&with(acme(), "email_verified", json!("")), ada()).email_verified);
    assert!(!identity(&with(acme(), "trust_email", json!("never")), ada()).email_verified);
}

#[test]
fn nobody_comes_in_by_what_is_no_id() {
    for id in [
        json!(null),
        json!(""),
        json!(7.5),
        json!(-1),
        json!({}),
        json!(["a"]),
        json!(true),
    ] {
        let (host, _) = host(token(), with(ada(), "user", json!({"id": id})));
        let outcome = come_back(&host, &acme(), &[]).unwrap();
        assert!(outcome.is_page(), "{id}");
    }
}

#[test]
fn conditions_are_met_or_a_page_says_so() {
    for (pointer, values, comes_in) in [
        ("/user/groups", json!(["staff"]), true),
        ("/user/groups", json!(["admin"]), false),
        ("/user/none", json!(["staff"]), false),
        ("sub", json!(["7"]), false),
    ] {
        let settings = with(
            acme(),
            "require",
            json!([{"pointer": pointer, "values": values}]),
        );
        let (host, _) = host(token(), ada());
        let outcome = come_back(&host, &settings, &[]).unwrap();
        assert_eq!(outcome.into_identity().is_some(), comes_in, "{pointer}");
    }
}

#[test]
fn rfc6749_s5_flaws_of_the_token_endpoint_end_in_a_refusal_that_the_log_explains() {
    let json = "application/json";
    for (token, words) in [
        ((302, "text/html", String::new()), "redirects"),
        ((200, "text/html", "<html>".to_owned()), "text/html"),
        (
            (200, json, r#"{"error":"invalid_client"}"#.to_owned()),
            "invalid_client",
        ),
        (
            (401, json, r#"{"error":"invalid_client"}"#.to_owned()),
            "401",
        ),
        (
            (400, json, r#"{"error":"invalid_grant"}"#.to_owned()),
            "did not take the code",
        ),
        (
            (500, json, r#"{"access_token":"t"}"#.to_owned()),
            "answered 500",
        ),
        ((200, json, "{}".to_owned()), "access_token"),
        ((200, json, "[]".to_owned()), "object"),
        (
            (
                200,
                json,
                r#"{"access_token":"a","access_token":"b"}"#.to_owned(),
            ),
            "twice",
        ),
        (
            (200, json, r#"{"access_token":"a b"}"#.to_owned()),
            "access_token",
        ),
        (
            (
                200,
                json,
                r#"{"access_token":"a","token_type":"mac"}"#.to_owned(),
            ),
            "token_type",
        ),
        (
            (
                200,
                json,
                format!(r#"{{"access_token":"a","x":"{}"}}"#, "x".repeat(65 * 1024)),
            ),
            "longer",
        ),
    ] {
        let (host, _) = host(token.clone(), ada());
        match come_back(&host, &acme(), &[]) {
            Err(Failure::BadRequest(text) | Failure::Unavailable(text)) => {
                assert!(text.contains(words), "{text}");
            }
            other => panic!("{token:?}: {other:?}"),
        }
    }
}

#[test]
fn what_the_log_is_told_holds_no_secret() {
    let body = r#"{"error":"invalid_client","error_description":"s3cret is wrong"}"#.to_owned();
    let (host, _) = host((401, "application/json", body), ada());
    let Err(Failure::Unavailable(text)) = come_back(&host, &acme(), &[]) else {
        panic!("it went on")
    };
    assert!(
        text.contains("invalid_client") && !text.contains("s3cret"),
        "{text}"
    );
}

#[test]
fn rfc9207_s2_4_another_issuer_in_the_answer_is_refused_before_the_code_is_used() {
    let settings = with(acme(), "issuer", json!("https://acme.example"));
    let (host, asked) = host(token(), ada());
    assert!(come_back(&host, &settings, &[("iss", "https://acme.example")]).is_ok());
    let before = asked.lock().unwrap().len();
    assert!(come_back(&host, &settings, &[("iss", "https://evil.example")]).is_err());
    assert_eq!(asked.lock().unwrap().len(), before);
}

#[test]
fn rfc6749_s4_1_2_1_who_declines_reads_so_and_other_errors_are_the_operators() {
    let (host, asked) = host(token(), ada());
    let page = come_back(&host, &acme(), &[("error", "access_denied")])
        .unwrap()
        .into_page()
        .unwrap();
    assert_eq!(page.messages[0].text.id, "upstream.declined");
    assert!(matches!(
        come_back(&host, &acme(), &[("error", "invalid_scope")]),
        Err(Failure::Unavailable(text)) if text.contains("invalid_scope")
    ));
    assert!(asked.lock().unwrap().is_empty());
}

#[test]
fn rfc6749_s10_12_a_callback_of_another_sign_in_is_refused() {
    let (host, asked) = host(token(), ada());
    let mut browser = Browser::<OAuth2>::new(&host).settings(&acme().to_string());
    assert!(
        browser
            .get_with(
                "callback",
                &[("code", "code-of-ada"), ("state", "transaction")]
            )
            .is_err()
    );
    browser.get("authorize").unwrap();
    for state in ["", "another", "transactio"] {
        assert!(
            browser
                .get_with("callback", &[("code", "code-of-ada"), ("state", state)])
                .is_err(),
            "{state}"
        );
    }
    assert!(asked.lock().unwrap().is_empty());
}

#[test]
fn parameters_of_the_flow_are_not_for_settings() {
    for name in [
        "state",
        "redirect_uri",
        "code_challenge",
        "code_challenge_method",
        "request",
    ] {
        let settings = with(acme(), "parameters", json!([{"name": name, "value": "x"}]));
        let (host, _) = host(token(), ada());
        assert!(matches!(
            come_back(&host, &settings, &[]),
            Err(Failure::Unavailable(text)) if text.contains(name)
        ));
    }
}

#[test]
fn presets_need_no_more_than_who_we_are() {
    for (preset, profile, expected, header) in [
        (
            "discord",
            json!({"id": "80351110224678912", "username": "ada", "global_name": "Ada", "email": "ada@example.com", "verified": true}),
            Identity::new("80351110224678912")
                .verified_email("ada@example.com")
                .claim("name", "\"Ada\"")
                .claim("preferred_username", "\"ada\""),
            true,
        ),
        (
            "discord",
            json!({"id": "1", "username": "ada", "global_name": null, "email": "ada@example.com", "verified": false}),
            Identity::new("1")
                .unverified_email("ada@example.com")
                .claim("preferred_username", "\"ada\""),
            true,
        ),
        (
            "facebook",
            json!({"id": "10", "name": "Ada", "email": "ada@example.com", "verified": true, "picture": {"data": {"url": "https://f.example/a"}}}),
            Identity::new("10")
                .unverified_email("ada@example.com")
                .claim("name", "\"Ada\"")
                .claim("picture", "\"https://f.example/a\""),
            false,
        ),
        (
            "spotify",
            json!({"id": "ada", "display_name": "Ada", "email": "ada@example.com", "email_verified": true, "images": []}),
            Identity::new("ada")
                .unverified_email("ada@example.com")
                .claim("name", "\"Ada\""),
            true,
        ),
        (
            "x",
            json!({"data": {"id": "2244994945", "name": "Ada", "username": "ada"}}),
            Identity::new("2244994945")
                .claim("name", "\"Ada\"")
                .claim("preferred_username", "\"ada\""),
            true,
        ),
    ] {
        let settings = json!({"preset": preset, "client_id": "door", "client_secret": "s3cret"});
        let (host, asked) = host(token(), profile);
        let found = come_back(&host, &settings, &[])
            .unwrap()
            .into_identity()
            .expect(preset);
        assert_eq!(found, sorted_as(&found, expected), "{preset}");
        let asked = asked.lock().unwrap();
        let by_header = asked[0]
            .headers
            .iter()
            .any(|(name, _)| name == "authorization");
        assert_eq!(by_header, header, "{preset}");
    }
}

/// Claims in the order in which they were found: it says nothing.
fn sorted_as(found: &Identity, mut expected: Identity) -> Identity {
    let place = |claim: &(String, String)| found.claims.iter().position(|one| one == claim);
    expected.claims.sort_by_key(place);
    expected
}

#[test]
fn what_is_missing_is_named_before_anybody_is_sent_away() {
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "profile_endpoint",
        "subject",
        "client_secret",
    ] {
        let (host, _) = host(token(), ada());
        assert!(
            matches!(come_back(&host, &with(acme(), name, json!("")), &[]), Err(Failure::Unavailable(text)) if text.contains(name)),
            "{name}"
        );
    }
    let (host, _) = host(token(), ada());
    let plain = with(
        acme(),
        "authorization_endpoint",
        json!("http://acme.example/a"),
    );
    assert!(come_back(&host, &plain, &[]).is_err());
}

#[test]
fn its_settings_are_checked_by_hosts() {
    let description = OAuth2::describe();
    assert_eq!(
        unchecked_keywords(&description.settings_schema),
        Vec::<String>::new()
    );
    assert_eq!(description.purposes, [Purpose::SignIn, Purpose::Link]);
}

#[test]
fn every_language_has_every_text() {
    assert_eq!(LABEL.problems(), Vec::<String>::new());
    assert_eq!(OAuth2::texts("de").len(), OAuth2::texts("ar").len());
}
