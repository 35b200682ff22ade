//! OAuth Client ID Metadata Document, draft 02: clients whose id is the URL of a document.

use crate::harness::browser::Browser;
use crate::harness::client::{Authentication, Client};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::random;
use crate::harness::server::{CONFIG, Server};
use crate::harness::web::{Page, Web};
use serde_json::{Value, json};

const URL: &str = "https://app.example/client.json";
const APP: Client = Client {
    id: URL,
    authentication: Authentication::None,
    redirect_uri: "https://app.example/callback",
};

fn document() -> Value {
    json!({
        "client_id": URL,
        "client_name": "Published",
        "redirect_uris": [APP.redirect_uri, "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "token_endpoint_auth_method": "none",
    })
}

fn server(web: &Web) -> Server {
    Server::start(&format!("{CONFIG}\n{}", web.config()))
}

#[test]
fn s4_a_published_client_works_all_the_way() {
    let web = Web::of(&["app.example"]);
    web.put(URL, Page::json(&document()));
    let server = server(&web);
    let metadata = server.metadata();
    assert_eq!(
        metadata["client_id_metadata_document_supported"],
        json!(true)
    );
    let request = AuthorizationRequest::new(APP);
    let mut browser = Browser::new(&server.issuer);
    let visit = browser.get(&request.url(&server));
    let page = flow::sign_in_by_pin(&server, &mut browser, visit, &random::email());
    let text = page.text();
    for words in ["Published", "Unverified", "app.example"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let callback = flow::finish(&mut browser, &page);
    let tokens = flow::Tokens::of(&request.redeem(&server, &callback.code()));
    APP.refresh(&server, tokens.refresh()).assert_ok();
    assert_eq!(web.requests(URL).len(), 1, "one fetch for all of it");
}

#[test]
fn s5_failures_to_fetch_are_503_and_invalid_documents_400() {
    let web = Web::of(&["app.example"]);
    let server = server(&web);
    let mut invalid = document();
    invalid["client_secret"] = json!("everyone can read it");
    for (number, (page, status)) in [
        (Page::status(404), 503),
        (Page::status(500), 503),
        (Page::redirect("https://app.example/other.json"), 503),
        (Page::new("text/html", "<p>"), 503),
        (Page::broken(), 503),
        (Page::json(&invalid), 400),
        (Page::json(&document()), 400), // Of another URL.
        (Page::new("application/json", "{"), 400),
    ]
    .into_iter()
    .enumerate()
    {
        let id: &'static str = format!("https://app.example/{number}.json").leak();
        web.put(id, page);
        let request = AuthorizationRequest::new(Client { id, ..APP });
        request.open(&server).assert_error_page(status);
        assert_eq!(web.requests(id).len(), 1, "{id}");
    }
    assert!(web.requests("https://app.example/other.json").is_empty());
}

#[test]
fn s8_1_only_to_redirect_uris_of_the_document() {
    let web = Web::of(&["app.example"]);
    web.put(URL, Page::json(&document()));
    let server = server(&web);
    for redirect_uri in ["https://evil.example/callback", "http://127.0.0.1:1/other"] {
        let request = AuthorizationRequest::new(Client {
            redirect_uri,
            ..APP
        });
        request.open(&server).assert_error_page(400);
    }
}
