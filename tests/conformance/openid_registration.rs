//! OpenID Connect Dynamic Client Registration 1.0, where it says more than RFC 7591.

use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::jwt;
use crate::harness::registration::{client, public, register, registered, with};
use crate::harness::server::{CONFIG, Server};
use crate::harness::web::{Page, Web};
use serde_json::{Value, json};

const SECTOR: &str = "https://sector.example/uris.json";
const ONE: &str = "https://one.example/callback";
const TWO: &str = "https://two.example/callback";

fn server(web: &Web) -> Server {
    let config = format!("{CONFIG}\n[pairwise]\nenabled = true\n{}", web.config());
    Server::start(&config)
}

fn metadata(redirect_uris: &[&str]) -> Value {
    let metadata = with(public(ONE), "redirect_uris", json!(redirect_uris));
    let metadata = with(metadata, "subject_type", json!("pairwise"));
    with(metadata, "sector_identifier_uri", json!(SECTOR))
}

#[test]
fn s5_a_sector_lists_the_redirect_uris_of_its_clients() {
    let web = Web::of(&["sector.example"]);
    web.put(SECTOR, Page::json(&json!([ONE, TWO])));
    let server = server(&web);
    assert_eq!(
        server.metadata()["subject_types_supported"],
        json!(["public", "pairwise"])
    );
    let (mut browser, _) = flow::newcomer(&server);
    let mut sub = |redirect_uris: &[&str]| {
        let told = registered(&server, &metadata(redirect_uris));
        assert_eq!(told["sector_identifier_uri"], SECTOR);
        let request = AuthorizationRequest::new(client(&told));
        let tokens = request.tokens(&server, &mut browser);
        jwt::read(tokens.id()).1["sub"].clone()
    };
    assert_eq!(sub(&[ONE]), sub(&[TWO, ONE]), "one sector, one name");
    let stranger = metadata(&[ONE, "https://evil.example/callback"]);
    register(&server, &stranger).assert_error(400, "invalid_client_metadata");
    let requests = web.requests(SECTOR);
    assert_eq!(requests.len(), 3, "{requests:?}");
}

#[test]
fn s5_without_such_a_list_nobody_is_of_a_sector() {
    let web = Web::of(&["sector.example"]);
    let server = server(&web);
    let html = Page::new("text/html", json!([ONE]).to_string());
    for page in [
        Page::status(404),
        Page::redirect("https://sector.example/other"),
        Page::json(&json!({ "redirect_uris": [ONE] })),
        Page::json(&json!([ONE])).endless(),
        html,
    ] {
        web.put(SECTOR, page);
        let answer = register(&server, &metadata(&[ONE]));
        answer.assert_error(400, "invalid_client_metadata");
    }
    let mut several = metadata(&[ONE, TWO]);
    several
        .as_object_mut()
        .expect("an object")
        .remove("sector_identifier_uri");
    register(&server, &several).assert_error(400, "invalid_client_metadata");
}
