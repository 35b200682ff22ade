//! What has expired is gone from that second on.

use crate::harness::client::{API, MACHINE, SPA};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http;
use crate::harness::server::{CONFIG, Server};
use std::time::Duration;

#[test]
fn rfc6749_s4_1_2_an_expired_code_is_refused() {
    let server = Server::start(&format!(
        "{CONFIG}\n[lifetimes]\nauthorization_code_s = 1\n"
    ));
    let (mut browser, _) = flow::newcomer(&server);
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(&server, &mut browser);
    std::thread::sleep(Duration::from_millis(2_100));
    request
        .redeem(&server, &code)
        .assert_error(400, "invalid_grant");
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(&server, &mut browser);
    request.redeem(&server, &code).assert_ok();
}

/// An expired refresh token is `invalid_grant`, and a refresh in time puts the end off.
#[test]
fn rfc9700_s4_14_2_an_idle_refresh_token_expires() {
    let server = Server::start(&format!("{CONFIG}\n[lifetimes]\nrefresh_token_s = 3\n"));
    let (mut browser, _) = flow::newcomer(&server);
    let tokens = AuthorizationRequest::new(SPA).tokens(&server, &mut browser);
    std::thread::sleep(Duration::from_millis(1_600));
    let first = SPA
        .refresh(&server, tokens.refresh())
        .assert_ok()
        .text("refresh_token");
    std::thread::sleep(Duration::from_millis(1_600));
    let second = SPA
        .refresh(&server, &first)
        .assert_ok()
        .text("refresh_token");
    std::thread::sleep(Duration::from_millis(4_100));
    SPA.refresh(&server, &second)
        .assert_error(400, "invalid_grant");
}

#[test]
fn rfc7662_s2_2_an_expired_access_token_is_inactive() {
    let server = Server::start(&format!("{CONFIG}\n[lifetimes]\naccess_token_s = 30\n"));
    let token = MACHINE
        .client_credentials(
            &server,
            &[("resource", "https://api.example/"), ("scope", "api:read")],
        )
        .text("access_token");
    let (mut browser, _) = flow::newcomer(&server);
    let person = AuthorizationRequest::new(SPA).tokens(&server, &mut browser);
    assert!(API.sees_active(&server, &token));
    std::thread::sleep(Duration::from_secs(31));
    assert!(!API.sees_active(&server, &token));
    assert_eq!(
        http::get(&server.url("/userinfo"))
            .bearer(&person.access)
            .send()
            .status,
        401
    );
}
