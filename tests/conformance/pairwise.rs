//! OpenID Connect Core §8.1, Pairwise Identifier Algorithm.

use crate::harness::client::{Client, SPA, SPA_TWO};
use crate::harness::flow::{self, AuthorizationRequest, Callback};
use crate::harness::http;
use crate::harness::jwt;
use crate::harness::server::{CONFIG, Server, shared};
use serde_json::{Value, json};

/// Both are pairwise, each by the host of its redirect URIs.
fn server() -> Server {
    let pairwise = |config: &str, id: &str| {
        config.replace(
            &format!("client_id = \"{id}\"\n"),
            &format!("client_id = \"{id}\"\nsubject_type = \"pairwise\"\n"),
        )
    };
    let config = pairwise(&pairwise(CONFIG, "spa"), "spa-two");
    Server::start(&format!("{config}\n[pairwise]\nenabled = true\n"))
}

#[test]
fn s8_1_two_applications_know_one_person_by_two_names() {
    let server = server();
    let types = server.metadata()["subject_types_supported"].clone();
    assert_eq!(types, json!(["public", "pairwise"]));
    let (mut browser, _) = flow::newcomer(&server);
    let mut names = |client: Client| {
        let tokens = AuthorizationRequest::new(client).tokens(&server, &mut browser);
        let claims = jwt::read(tokens.id()).1;
        let told = http::get(&server.url("/userinfo"))
            .bearer(&tokens.access)
            .send();
        assert_eq!(told.assert_ok().json()["sub"], claims["sub"]);
        assert_eq!(jwt::read(&tokens.access).1["sub"], claims["sub"]);
        // The name that it knows is the one that it can ask for.
        let again = AuthorizationRequest::new(client)
            .with("prompt", "none")
            .with("id_token_hint", tokens.id());
        Callback::of(&browser.get(&again.url(&server))).code();
        (claims["sub"].clone(), claims["sid"].clone())
    };
    let (one, two, again) = (names(SPA), names(SPA_TWO), names(SPA));
    assert!(one.0 != two.0 && one.1 != two.1, "{one:?} {two:?}");
    assert_eq!(one, again);
}

#[test]
fn s8_it_is_off_unless_the_operator_wants_it() {
    assert_eq!(
        shared().metadata()["subject_types_supported"],
        json!(["public"])
    );
    let config = "[[client]]\nclient_id = \"x\"\ntoken_endpoint_auth_method = \"none\"\nredirect_uris = [\"https://x.example/\"]\nsubject_type = \"pairwise\"\n";
    assert!(crate::harness::server::refused(config).contains("pairwise"));
    let tokens = flow::tokens_for(SPA);
    assert_ne!(jwt::read(tokens.id()).1["sub"], Value::Null);
}
