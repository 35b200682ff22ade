//! RFC 7592, OAuth 2.0 Dynamic Client Registration Management.

use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http;
use crate::harness::registration::{client, own, public, registered, with};
use crate::harness::server::shared;
use serde_json::{Value, json};

const CALLBACK: &str = "https://managed.example/callback";

#[test]
fn s2_1_a_client_reads_its_registration() {
    let told = registered(shared(), &public(CALLBACK));
    let answer = own(&told, "GET").send();
    assert_eq!(answer.assert_ok().assert_no_store().json(), told);
}

#[test]
fn s2_2_a_change_replaces_the_registration_and_the_token() {
    let told = registered(shared(), &public(CALLBACK));
    let new = json!({
        "client_id": told["client_id"],
        "redirect_uris": ["https://managed.example/new"],
        "token_endpoint_auth_method": "none",
        "scope": "openid email offline_access",
        "grant_types": ["authorization_code", "refresh_token"],
    });
    let answer = own(&told, "PUT")
        .body("application/json", new.to_string())
        .send();
    let changed = answer.assert_ok().json();
    assert!(changed.get("client_name").is_none(), "{changed}");
    assert_eq!(changed["client_id"], told["client_id"]);
    own(&told, "GET").send().assert_error(401, "invalid_token");
    own(&changed, "GET").send().assert_ok();
    // What was taken away is gone at once, what came works.
    let old = AuthorizationRequest::new(client(&told));
    old.open(shared()).assert_error_page(400);
    AuthorizationRequest::new(client(&changed)).tokens(shared(), &mut flow::signed_in());
}

#[test]
fn s2_2_what_a_change_must_not_hold() {
    let told = registered(shared(), &public(CALLBACK));
    let base = with(public(CALLBACK), "client_id", told["client_id"].clone());
    for (member, value) in [
        ("client_id", json!("spa")),
        ("client_secret", json!("guess")),
        ("client_id_issued_at", json!(0)),
        ("client_secret_expires_at", json!(0)),
        (
            "registration_client_uri",
            told["registration_client_uri"].clone(),
        ),
        (
            "registration_access_token",
            told["registration_access_token"].clone(),
        ),
    ] {
        let body = with(base.clone(), member, value).to_string();
        let answer = own(&told, "PUT").body("application/json", body).send();
        answer.assert_error(400, "invalid_client_metadata");
    }
    own(&told, "GET").send().assert_ok();
}

#[test]
fn s2_3_a_client_that_goes_takes_its_tokens_along() {
    let told = registered(shared(), &public(CALLBACK));
    let client = client(&told);
    let request = AuthorizationRequest::new(client);
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    let userinfo = || {
        let request = http::get(&shared().url("/userinfo")).bearer(&tokens.access);
        request.send().status
    };
    assert_eq!(userinfo(), 200);
    let gone = own(&told, "DELETE").send();
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    assert_eq!(userinfo(), 401);
    client
        .refresh(shared(), tokens.refresh())
        .assert_error(401, "invalid_client");
    request.open(shared()).assert_error_page(400);
    own(&told, "GET").send().assert_error(401, "invalid_token");
}

#[test]
fn s3_nobody_learns_which_clients_there_are() {
    let told = registered(shared(), &public(CALLBACK));
    let other = registered(shared(), &public(CALLBACK));
    let token = told["registration_access_token"].as_str().expect("a token");
    let at = |path: &str| {
        let answer = http::get(&shared().url(path)).bearer(token).send();
        (
            answer.status,
            answer.body.clone(),
            answer.list("www-authenticate"),
        )
    };
    let someone_elses = at(&format!(
        "/register/{}",
        other["client_id"].as_str().expect("an id")
    ));
    assert_eq!(someone_elses.0, 401);
    for path in ["/register/spa", "/register/dyn_nobody", "/register/x%2Fy"] {
        assert_eq!(at(path), someone_elses, "{path}");
    }
    for method in ["PUT", "DELETE"] {
        let uri = other["registration_client_uri"].as_str().expect("a URL");
        let answer = http::method(method, uri)
            .bearer(token)
            .body("application/json", public(CALLBACK).to_string())
            .send();
        answer.assert_error(401, "invalid_token");
    }
    let without: Value = own(&other, "GET").send().assert_ok().json();
    assert_eq!(without, other);
}
