//! OpenID Connect Back-Channel Logout 1.0: the client's server stands on this machine under a name of its own.

use crate::harness::browser::Browser;
use crate::harness::client::{Authentication, Client};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::server::{CONFIG, Server};
use crate::harness::web::{Page, Recorded, Web};
use crate::harness::{http, jwt};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use std::time::Duration;

const BYE: &str = "https://rp.example/bye";
const SLOW: &str = "https://rp.example/slow";

const RP: Client = Client {
    id: "rp",
    authentication: Authentication::None,
    redirect_uri: "https://rp.example/callback",
};
const SLOW_RP: Client = Client {
    id: "slow-rp",
    ..RP
};

const CLIENTS: &str = r#"
[[client]]
client_id = "rp"
client_name = "Told"
redirect_uris = ["https://rp.example/callback"]
grant_types = ["authorization_code", "refresh_token"]
token_endpoint_auth_method = "none"
id_token_signed_response_alg = "ES256"
scope = "openid email offline_access"
backchannel_logout_uri = "https://rp.example/bye"
backchannel_logout_session_required = true

[[client]]
client_id = "slow-rp"
client_name = "Slow"
redirect_uris = ["https://rp.example/callback"]
grant_types = ["authorization_code", "refresh_token"]
token_endpoint_auth_method = "none"
scope = "openid email offline_access"
backchannel_logout_uri = "https://rp.example/slow"
"#;

fn start() -> (Web, Server) {
    let web = Web::of(&["rp.example"]);
    web.put(BYE, Page::status(200));
    let server = Server::start(&format!("{CONFIG}\n{CLIENTS}\n{}", web.config()));
    (web, server)
}

fn signed_in(server: &Server, client: Client) -> (Browser, String, Tokens) {
    let (mut browser, email) = flow::newcomer(server);
    let tokens = AuthorizationRequest::new(client)
        .with("scope", "openid email")
        .tokens(server, &mut browser);
    (browser, email, tokens)
}

fn sign_out(server: &Server, browser: &mut Browser, tokens: &Tokens) {
    let hint = [("id_token_hint", tokens.id())];
    let visit = browser.get(&format!(
        "{}?{}",
        server.url("/logout"),
        http::encode(&hint)
    ));
    assert!(
        visit.text().contains("You are signed out"),
        "{}",
        visit.text()
    );
}

/// The logout token of a request (§2.5).
fn token(request: &Recorded) -> String {
    assert_eq!(request.method, "POST");
    let kind = request.header("content-type").unwrap_or_default();
    assert_eq!(kind, "application/x-www-form-urlencoded");
    let token = request.body.strip_prefix("logout_token=");
    token.expect("nothing but the token").to_owned()
}

#[test]
fn s2_4_the_logout_token_and_s2_5_how_it_is_sent() {
    let (web, server) = start();
    let metadata = server.metadata();
    assert_eq!(metadata["backchannel_logout_supported"], true);
    assert_eq!(metadata["backchannel_logout_session_supported"], true);
    let (mut browser, _, tokens) = signed_in(&server, RP);
    sign_out(&server, &mut browser, &tokens);
    let requests = web.requests(BYE);
    assert_eq!(requests.len(), 1, "{requests:?}");
    let token = token(&requests[0]);
    let (header, _) = jwt::read(&token);
    assert_eq!(header["typ"], "logout+jwt");
    let claims = jwt::verify(
        &token,
        &server.jwks(),
        &server.issuer,
        "rp",
        Algorithm::ES256,
    );
    let (_, id_claims) = jwt::read(tokens.id());
    assert_eq!(
        (&claims["sub"], &claims["sid"]),
        (&id_claims["sub"], &id_claims["sid"])
    );
    assert_eq!(
        claims["events"],
        json!({ "http://schemas.openid.net/event/backchannel-logout": {} })
    );
    let lives = claims["exp"].as_u64().expect("exp") - claims["iat"].as_u64().expect("iat");
    assert!((1..=120).contains(&lives), "{claims}");
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() >= 16));
    assert_eq!(claims.get("nonce"), None::<&Value>);
}

/// §2.7: what was given with `offline_access` stays, everything else ends.
#[test]
fn s2_7_refresh_tokens_with_offline_access_survive() {
    let (web, server) = start();
    let (mut browser, _, tokens) = signed_in(&server, RP);
    let offline = AuthorizationRequest::new(RP).tokens(&server, &mut browser);
    sign_out(&server, &mut browser, &tokens);
    assert_eq!(
        web.requests(BYE).len(),
        1,
        "one session, one client, one token"
    );
    RP.refresh(&server, tokens.refresh())
        .assert_error(400, "invalid_grant");
    RP.refresh(&server, offline.refresh()).assert_ok();
}

#[test]
fn every_way_to_end_a_session_is_told() {
    let (web, server) = start();
    let press = |browser: &mut Browser, action: &str| {
        let visit = browser.get(&server.url("/account"));
        let form = visit.form(action);
        browser.press(&visit, &form, "");
    };
    for action in ["end_session", "end_sessions"] {
        let before = web.requests(BYE).len();
        let (mut browser, _, tokens) = signed_in(&server, RP);
        press(&mut browser, action);
        let requests = web.requests(BYE);
        assert_eq!(requests.len(), before + 1, "{action}");
        let (_, claims) = jwt::read(&token(&requests[before]));
        assert_eq!(claims["sid"], jwt::read(tokens.id()).1["sid"], "{action}");
    }
}

#[test]
fn s2_2_where_it_may_be_sent_is_checked_at_registration() {
    for bad in [
        "http://rp.example/bye",
        "https://rp.example/bye#x",
        "https://user@rp.example/bye",
        "/bye",
    ] {
        let clients = CLIENTS.replace("https://rp.example/bye", bad);
        let refusal = crate::harness::server::refused(&format!("{CONFIG}\n{clients}"));
        assert!(
            refusal.contains("backchannel_logout_uri"),
            "{bad}: {refusal}"
        );
    }
}

#[test]
fn a_client_that_fails_or_dawdles_keeps_nobody_from_signing_out() {
    let (web, server) = start();
    for page in [
        Page::status(500),
        Page::status(400),
        Page::broken(),
        Page::redirect(BYE),
        Page::status(200).delayed(Duration::from_secs(30)),
        Page::new("text/plain", "x").endless(),
    ] {
        web.put(SLOW, page);
        let (mut browser, _, tokens) = signed_in(&server, SLOW_RP);
        sign_out(&server, &mut browser, &tokens);
        SLOW_RP
            .refresh(&server, tokens.refresh())
            .assert_error(400, "invalid_grant");
    }
    assert!(web.requests(SLOW).len() >= 6, "each was tried");
    assert_eq!(web.requests(BYE).len(), 0, "a redirect was followed");
}

/// What was missed is told later: here by the native server itself, within a minute and a half.
mod native_only {
    use super::*;

    #[test]
    fn s2_5_what_was_missed_is_told_again() {
        let (web, server) = start();
        web.put(BYE, Page::status(503));
        let (mut browser, _, tokens) = signed_in(&server, RP);
        sign_out(&server, &mut browser, &tokens);
        assert_eq!(web.requests(BYE).len(), 1);
        web.put(BYE, Page::status(204));
        let deadline = std::time::Instant::now() + Duration::from_mins(4);
        while web.requests(BYE).len() < 2 {
            assert!(
                std::time::Instant::now() < deadline,
                "{}",
                server.log.text()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
        let requests = web.requests(BYE);
        let jti = |nth: usize| jwt::read(&token(&requests[nth])).1["jti"].clone();
        assert_ne!(jti(0), jti(1), "a new token each time");
    }
}
