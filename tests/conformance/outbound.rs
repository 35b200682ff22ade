//! Requests of the server itself to other servers, seen from those: by a client whose keys lie behind `jwks_uri`.
//!
//! checks.md rows 61 and 62: what is not 200 is no answer, redirects are not followed, nothing is read without end, and nothing but
//! public https names is asked.

use crate::harness::dpop::now;
use crate::harness::http::{self, Response};
use crate::harness::jwt::SigningKey;
use crate::harness::random;
use crate::harness::server::{CONFIG, Server, refused};
use crate::harness::web::{Page, Web};
use serde_json::json;
use std::time::{Duration, Instant};

const HOST: &str = "keys.example";

/// A server that knows clients by the path of their keys.
fn server(web: &Web, clients: &[&str]) -> Server {
    let mut config = CONFIG.to_owned();
    for client in clients {
        config.extend([format!(
            "\n[[client]]\nclient_id = {client:?}\ntoken_endpoint_auth_method = \"private_key_jwt\"\n\
             jwks_uri = \"https://{HOST}/{client}\"\ngrant_types = [\"client_credentials\"]\nscope = \"reports:read\"\n"
        )]);
    }
    config.push_str(&web.config());
    Server::start(&config)
}

fn url(client: &str) -> String {
    format!("https://{HOST}/{client}")
}

fn token(server: &Server, client: &str, key: &SigningKey) -> Response {
    let claims = json!({
        "iss": client, "sub": client, "aud": server.issuer, "exp": now() + 60, "iat": now(), "jti": random::token(),
    });
    let assertion = key.sign(&json!({ "alg": "ES256", "kid": "k" }), &claims);
    http::post(&server.url("/token"))
        .form(&[
            ("grant_type", "client_credentials"),
            (
                "client_assertion_type",
                "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            ),
            ("client_assertion", &assertion),
        ])
        .send()
}

fn keys(key: &SigningKey) -> Page {
    let mut jwk = key.jwk();
    jwk["kid"] = json!("k");
    Page::json(&json!({ "keys": [jwk] }))
}

#[test]
fn a_document_is_asked_for_plainly_and_read() {
    let (web, key) = (Web::of(&[HOST]), SigningKey::new());
    web.put(&url("good"), keys(&key));
    let server = server(&web, &["good"]);
    token(&server, "good", &key).assert_ok();
    let requests = web.requests(&url("good"));
    let [request] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert_eq!(
        (request.method.as_str(), request.body.as_str()),
        ("GET", "")
    );
    assert_eq!(request.header("user-agent"), Some("doorward"));
    for ambient in ["cookie", "authorization", "referer", "x-forwarded-for"] {
        assert_eq!(request.header(ambient), None, "{ambient}");
    }
}

#[test]
fn redirects_errors_and_answers_without_end_are_no_answers() {
    let (web, key) = (Web::of(&[HOST, "elsewhere.example"]), SigningKey::new());
    let elsewhere = "https://elsewhere.example/keys";
    web.put(elsewhere, keys(&key));
    web.put(
        &url("within"),
        Page::redirect(&format!("https://{HOST}/target")),
    );
    web.put(&url("target"), keys(&key));
    web.put(&url("away"), Page::redirect(elsewhere));
    let port = web.port("elsewhere.example");
    web.put(
        &url("plain"),
        Page::redirect(&format!("http://127.0.0.1:{port}/keys")),
    );
    web.put(&url("missing"), Page::status(404));
    web.put(
        &url("failing"),
        Page {
            status: 500,
            ..keys(&key)
        },
    );
    web.put(&url("broken"), Page::broken());
    web.put(&url("endless"), keys(&key).endless());
    let oversize = format!("{{\"keys\":[],\"pad\":\"{}\"}}", "a".repeat(1 << 20));
    web.put(&url("oversize"), Page::new("application/json", oversize));
    let clients = [
        "within", "away", "plain", "missing", "failing", "broken", "endless", "oversize",
    ];
    let server = server(&web, &clients);
    for client in clients {
        let answer = token(&server, client, &key);
        assert_eq!(answer.status, 503, "{client}: {}", answer.body);
        assert!(!web.requests(&url(client)).is_empty(), "{client}");
    }
    assert!(web.requests(elsewhere).is_empty());
    assert!(web.requests(&url("target")).is_empty());
}

#[test]
fn an_answer_that_takes_too_long_is_given_up() {
    let (web, key) = (Web::of(&[HOST]), SigningKey::new());
    web.put(&url("slow"), keys(&key).delayed(Duration::from_mins(2)));
    let server = server(&web, &["slow"]);
    let asked = Instant::now();
    let answer = token(&server, "slow", &key);
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(asked.elapsed() < Duration::from_mins(1));
    assert_eq!(web.requests(&url("slow")).len(), 1);
}

/// A name without an entry goes where the DNS says, and these go nowhere at all.
#[test]
fn ssrf_names_of_this_machine_and_its_network_are_not_asked() {
    let (web, key) = (Web::of(&[HOST]), SigningKey::new());
    let port = web.port(HOST);
    let urls = [
        format!("https://127.0.0.1:{port}/keys"),
        format!("https://localhost:{port}/keys"),
        "https://localhost/keys".to_owned(),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "https://[::1]/keys".to_owned(),
        "https://metadata.google.internal/keys".to_owned(),
        format!("https://{HOST}:8443/keys"),
        "https://2130706433/keys".to_owned(),
    ];
    let mut config = CONFIG.to_owned();
    for (index, url) in urls.iter().enumerate() {
        config.extend([format!(
            "\n[[client]]\nclient_id = \"inward-{index}\"\ntoken_endpoint_auth_method = \"private_key_jwt\"\n\
             jwks_uri = {url:?}\ngrant_types = [\"client_credentials\"]\nscope = \"reports:read\"\n"
        )]);
    }
    config.push_str(&web.config());
    let server = Server::start(&config);
    for (index, url) in urls.iter().enumerate() {
        let answer = token(&server, &format!("inward-{index}"), &key);
        assert_eq!(answer.status, 503, "{url}: {}", answer.body);
    }
}

#[test]
fn names_are_led_to_this_machine_only() {
    for origin in [
        "https://127.0.0.1:9000",
        "http://10.0.0.1:9000",
        "http://127.0.0.1:9000/path",
        "http://example.com:80",
    ] {
        let config = format!("{CONFIG}\n[dev.resolve]\n\"app.example\" = {origin:?}\n");
        assert!(refused(&config).contains("this machine"), "{origin}");
    }
    let config = format!("{CONFIG}\n[outbound]\nallow = [\"*.example\"]\n");
    assert!(refused(&config).contains("outbound.allow"));
}
