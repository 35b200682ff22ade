//! RFC 8252, OAuth 2.0 for Native Apps.

use crate::harness::client::{Client, NATIVE};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::server::shared;

#[test]
fn s7_3_any_port_on_loopback() {
    for redirect_uri in [
        "http://127.0.0.1:1/callback",
        "http://127.0.0.1:65535/callback",
        "http://[::1]:49200/callback",
        "http://localhost:3000/callback",
        "http://127.0.0.1/callback",
    ] {
        let request = AuthorizationRequest::new(Client {
            redirect_uri,
            ..NATIVE
        });
        let callback = request.allow(shared(), &mut flow::signed_in());
        assert!(
            callback
                .url
                .as_str()
                .starts_with(&redirect_uri.replace(":80/", "/")),
            "{}",
            callback.url
        );
        request.redeem(shared(), &callback.code()).assert_ok();
    }
}

#[test]
fn s7_3_nothing_but_the_port_may_differ() {
    for redirect_uri in [
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1.evil:80/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "http://evil@127.0.0.1:80/callback",
        "http://127.0.0.1:1/other",
        "http://127.0.0.1:1/callback/",
        "http://127.0.0.1:1/callback?x=1",
        "http://127.0.0.1:1/callback#x",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:1a/callback",
        "http://127.0.0.2:1/callback",
        "http://127.1:1/callback",
        "http://2130706433:1/callback",
        "http://0x7f.0.0.1:1/callback",
        "http://localhost.evil.example:1/callback",
        "http://localhost.:1/callback",
        "http://[::ffff:127.0.0.1]:1/callback",
        "http://[0:0:0:0:0:0:0:1]:1/callback",
        "https://127.0.0.1:1/callback",
        "ftp://127.0.0.1:1/callback",
    ] {
        AuthorizationRequest::new(Client {
            redirect_uri,
            ..NATIVE
        })
        .open(shared())
        .assert_error_page(400);
    }
}

#[test]
fn s7_3_the_code_is_bound_to_the_port_that_was_used() {
    let request = AuthorizationRequest::new(NATIVE);
    let code = request.code(shared(), &mut flow::signed_in());
    let elsewhere = request
        .clone()
        .with("redirect_uri", "http://127.0.0.1:49153/callback");
    elsewhere
        .redeem(shared(), &code)
        .assert_error(400, "invalid_grant");
    request.redeem(shared(), &code).assert_ok();
}

#[test]
fn s7_1_private_use_schemes() {
    let request = AuthorizationRequest::new(Client {
        redirect_uri: "com.example.app:/callback",
        ..NATIVE
    });
    let callback = request.allow(shared(), &mut flow::signed_in());
    assert_eq!(
        (callback.url.scheme(), callback.url.path()),
        ("com.example.app", "/callback")
    );
    for redirect_uri in [
        "com.example.app:/callback/x",
        "com.example.app://callback",
        "COM.example.app:/callback",
        "com.example.apps:/callback",
        "com.example.app:/callback:80",
    ] {
        AuthorizationRequest::new(Client {
            redirect_uri,
            ..NATIVE
        })
        .open(shared())
        .assert_error_page(400);
    }
}

/// RFC 8252 §8.6 and RFC 9700 §4.16: anything on the device may claim to be this client, so that a person decides each time.
#[test]
fn s8_6_a_native_client_is_never_approved_in_silence() {
    let mut browser = flow::signed_in();
    for redirect_uri in [
        NATIVE.redirect_uri,
        "http://127.0.0.1:49152/callback",
        "http://[::1]:49152/callback",
        "http://localhost:49152/callback",
        "com.example.app:/callback",
    ] {
        let request = AuthorizationRequest::new(NATIVE).with("redirect_uri", redirect_uri);
        for _ in 0..2 {
            let visit = browser.get(&request.url(shared()));
            let code = browser.press(&visit, &visit.form("allow"), "allow");
            flow::Callback::of(&code).code();
        }
        let silent = browser.get(&request.with("prompt", "none").url(shared()));
        flow::Callback::of(&silent).assert_error("consent_required");
    }
}
