//! OpenID Connect Core §11, Offline Access: which of its rules hold here. Refresh tokens come with the grant type, `offline_access` lets them
//! outlive the session; a person agrees to that, and sees it in words.

use crate::harness::client::{BASIC, Client, MACHINE, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Callback, Tokens};
use crate::harness::server::{Server, shared};
use serde_json::Value;

const WORDS: &str = "Keep this access while you are away";

fn request(client: Client, scope: &str) -> AuthorizationRequest {
    AuthorizationRequest::new(client).with("scope", scope)
}

fn has(tokens: &Tokens, scope: &str) -> bool {
    let granted = tokens.response["scope"].as_str().unwrap_or_default();
    granted.split(' ').any(|one| one == scope)
}

#[test]
fn s11_a_person_reads_what_it_means_and_agrees() {
    let (mut browser, _) = flow::newcomer(shared());
    let visit = browser.get(&request(BASIC, "openid offline_access").url(shared()));
    assert!(visit.text().contains(WORDS), "{}", visit.text());
    Callback::of(&browser.press(&visit, &visit.form("deny"), "deny")).assert_error("access_denied");
    let without = browser.get(&request(BASIC, "openid").url(shared()));
    without.form("allow");
    assert!(!without.text().contains(WORDS), "{}", without.text());
}

#[test]
fn s11_who_agreed_to_less_is_asked_again_and_never_in_silence() {
    let (mut browser, _) = flow::newcomer(shared());
    request(BASIC, "openid").tokens(shared(), &mut browser);
    let silent = request(BASIC, "openid").with("prompt", "none");
    Callback::of(&browser.get(&silent.url(shared()))).code();
    let more = request(BASIC, "openid offline_access");
    let refused = browser.get(&more.clone().with("prompt", "none").url(shared()));
    Callback::of(&refused).assert_error("consent_required");
    let visit = browser.get(&more.url(shared()));
    assert!(visit.text().contains(WORDS), "{}", visit.text());
    flow::finish(&mut browser, &visit).code();
    // What they agreed to is remembered, for this client.
    let remembered = browser.get(&more.clone().with("prompt", "none").url(shared()));
    Callback::of(&remembered).code();
    let another = request(SPA, "openid offline_access").with("prompt", "none");
    Callback::of(&browser.get(&another.url(shared()))).assert_error("consent_required");
}

/// What clients send that know no other rule: they are asked each time, and get it.
#[test]
fn s11_prompt_consent_asks_whoever_agreed_before() {
    let (mut browser, _) = flow::newcomer(shared());
    let request = request(BASIC, "openid offline_access").with("prompt", "consent");
    for _ in 0..2 {
        let visit = browser.get(&request.url(shared()));
        assert!(visit.text().contains(WORDS), "{}", visit.text());
        let code = flow::finish(&mut browser, &visit).code();
        let tokens = Tokens::of(&request.redeem(shared(), &code));
        assert!(tokens.refresh.is_some() && has(&tokens, "offline_access"));
    }
}

/// The scope says how long, not whether.
#[test]
fn s11_without_it_a_refresh_token_ends_with_the_session() {
    let (mut browser, _) = flow::newcomer(shared());
    let bound = request(SPA, "openid").tokens(shared(), &mut browser);
    let offline = request(SPA, "openid offline_access").tokens(shared(), &mut browser);
    assert!(!has(&bound, "offline_access") && has(&offline, "offline_access"));
    let visit = browser.get(&shared().url("/logout"));
    browser.press(&visit, &visit.form("sign_out"), "sign_out");
    SPA.refresh(shared(), bound.refresh())
        .assert_error(400, "invalid_grant");
    SPA.refresh(shared(), offline.refresh()).assert_ok();
}

/// A refresh cannot turn one into the other.
#[test]
fn s11_nobody_comes_by_it_afterwards() {
    let (mut browser, _) = flow::newcomer(shared());
    let bound = request(SPA, "openid").tokens(shared(), &mut browser);
    SPA.refresh_with(
        shared(),
        bound.refresh(),
        &[("scope", "openid offline_access")],
    )
    .assert_error(400, "invalid_scope");
    MACHINE
        .client_credentials(shared(), &[("scope", "offline_access")])
        .assert_error(400, "invalid_scope");
}

/// A client that cannot refresh has no use for it: the request goes on without, and says so.
#[test]
fn s11_it_is_ignored_where_nothing_could_come_of_it() {
    let client = "[[client]]\nclient_id = \"once\"\ntoken_endpoint_auth_method = \"none\"\n\
                  redirect_uris = [\"https://once.example/callback\"]\nscope = \"openid offline_access\"\n";
    let server = Server::start(client);
    let once = Client {
        id: "once",
        redirect_uri: "https://once.example/callback",
        ..SPA
    };
    let mut browser = crate::harness::browser::Browser::new(&server.issuer);
    let request = request(once, "openid offline_access");
    let visit = browser.get(&request.url(&server));
    let email = crate::harness::random::email();
    let visit = flow::sign_in_by_pin(&server, &mut browser, visit, &email);
    assert!(!visit.text().contains(WORDS), "{}", visit.text());
    let code = flow::finish(&mut browser, &visit).code();
    let tokens = Tokens::of(&request.redeem(&server, &code));
    assert_eq!(tokens.response["scope"], Value::from("openid"));
    assert!(tokens.refresh.is_none());
}
