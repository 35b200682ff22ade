//! Sign-in at another server (OpenID Connect Core §3.1), seen from that server and from the browser. What can be wrong with each of
//! its answers is the provider's own matrix (`providers/sdk/src/testing`); here is that a plugin reaches it at all, on every host.

use crate::harness::browser::{Browser, Visit};
use crate::harness::client::SPA;
use crate::harness::dpop::now;
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::jwt::{self, SigningKey};
use crate::harness::random;
use crate::harness::server::{CONFIG, Server};
use crate::harness::web::{Page, Web};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use url::Url;

const HOST: &str = "login.corp.example";
const ISSUER: &str = "https://login.corp.example";
const ELSEWHERE: &str = "keys.elsewhere.example";

/// Where its keys are: at itself, or at a host that the operator did not grant.
fn corp(keys: &str) -> (Web, SigningKey) {
    let (web, key) = (Web::of(&[HOST, ELSEWHERE]), SigningKey::new());
    let discovery = json!({
        "issuer": ISSUER,
        "authorization_endpoint": format!("{ISSUER}/authorize"),
        "token_endpoint": format!("{ISSUER}/token"),
        "jwks_uri": keys,
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    });
    let mut jwk = key.jwk();
    jwk["kid"] = json!("k");
    let path = format!("{ISSUER}/.well-known/openid-configuration");
    web.put(&path, Page::json(&discovery));
    web.put(keys, Page::json(&json!({ "keys": [jwk] })));
    (web, key)
}

fn server(web: &Web) -> Server {
    let own = format!(
        "\n[[provider]]\nid = \"corp\"\nbuiltin = \"oidc\"\noutbound_hosts = [{HOST:?}]\n\
         settings = {{ issuer = {ISSUER:?}, client_id = \"doorward\", client_secret = \"upstream-secret-0123456789\" }}\n"
    );
    Server::start(&format!("{CONFIG}{own}{}", web.config()))
}

/// What the browser was sent there with.
fn leave(browser: &mut Browser, server: &Server) -> BTreeMap<String, String> {
    let page = browser.get(&AuthorizationRequest::new(SPA).url(server));
    let away = browser.get(&page.link("/corp/authorize"));
    let url = away.left_for().expect("the browser is sent there");
    assert_eq!(
        &url[..url::Position::AfterPath],
        format!("{ISSUER}/authorize")
    );
    url.query_pairs().into_owned().collect()
}

/// The answer of the token endpoint.
fn answers(web: &Web, key: &SigningKey, asked: &BTreeMap<String, String>, claims: &Value) {
    let mut all = json!({
        "iss": ISSUER, "aud": "doorward", "sub": "248289761001", "nonce": asked["nonce"], "iat": now(), "exp": now() + 300,
        "email": "jane@corp.example", "email_verified": true,
    });
    for (name, value) in claims.as_object().expect("an object") {
        all[name] = value.clone();
    }
    let id_token = key.sign(&json!({ "alg": "ES256", "kid": "k" }), &all);
    let answer = json!({ "access_token": random::token(), "token_type": "Bearer", "expires_in": 300, "id_token": id_token });
    web.put(&format!("{ISSUER}/token"), Page::json(&answer));
}

fn come_back(browser: &mut Browser, server: &Server, asked: &BTreeMap<String, String>) -> Visit {
    let mut url = Url::parse(&server.url("/corp/callback")).expect("a URL");
    url.query_pairs_mut()
        .append_pair("code", "SplxlOBeZQQYbYS6WxSbIA")
        .append_pair("state", &asked["state"])
        .append_pair("iss", ISSUER);
    browser.get(url.as_str())
}

#[test]
fn core_s3_1_whoever_signs_in_there_is_signed_in_here() {
    let (web, key) = corp(&format!("{ISSUER}/jwks"));
    let server = server(&web);
    let mut browser = Browser::new(&server.issuer);
    let asked = leave(&mut browser, &server);
    assert_eq!(asked["response_type"], "code");
    assert_eq!(asked["code_challenge_method"], "S256");
    assert_eq!(asked["redirect_uri"], server.url("/corp/callback"));

    // An answer to another sign-in lets nobody in, and uses nothing up.
    answers(
        &web,
        &key,
        &asked,
        &json!({ "nonce": "of another sign-in" }),
    );
    let refused = come_back(&mut browser, &server, &asked);
    assert!(refused.try_form("allow").is_none() && refused.left_for().is_none());

    let asked = leave(&mut browser, &server);
    answers(&web, &key, &asked, &json!({}));
    let visit = come_back(&mut browser, &server, &asked);
    let callback = flow::finish(&mut browser, &visit);
    assert!(callback.get("code").is_some(), "{callback:?}");

    let redeemed = web.requests(&format!("{ISSUER}/token"));
    let redeemed = redeemed.last().expect("a code was redeemed");
    assert_eq!(redeemed.method, "POST");
    let form: BTreeMap<_, _> = url::form_urlencoded::parse(redeemed.body.as_bytes())
        .into_owned()
        .collect();
    assert_eq!(form["code"], "SplxlOBeZQQYbYS6WxSbIA");
    assert_eq!(flow::s256(&form["code_verifier"]), asked["code_challenge"]);
}

#[test]
fn the_tokens_say_who_it_is_and_that_their_address_is_verified() {
    let (web, key) = corp(&format!("{ISSUER}/jwks"));
    let server = server(&web);
    let mut browser = Browser::new(&server.issuer);
    let asked = leave(&mut browser, &server);
    answers(&web, &key, &asked, &json!({}));
    let visit = come_back(&mut browser, &server, &asked);
    flow::finish(&mut browser, &visit);
    let request = AuthorizationRequest::new(SPA);
    let tokens = request.tokens(&server, &mut browser);
    let (_, claims) = jwt::read(tokens.id());
    assert_eq!(claims["email"], "jane@corp.example");
    assert_eq!(claims["email_verified"], true);
    assert_ne!(
        claims["sub"], "248289761001",
        "what it is called there is nobody's business here"
    );
}

/// Row 71: what a plugin was not granted it does not reach, whatever the server that it trusts says.
#[test]
fn a_host_that_was_not_granted_is_not_asked() {
    let keys = format!("https://{ELSEWHERE}/jwks");
    let (web, key) = corp(&keys);
    let server = server(&web);
    let mut browser = Browser::new(&server.issuer);
    let asked = leave(&mut browser, &server);
    answers(&web, &key, &asked, &json!({}));
    let refused = come_back(&mut browser, &server, &asked);
    assert_eq!(refused.response.status, 503, "{refused:?}");
    assert!(web.requests(&keys).is_empty());
}
