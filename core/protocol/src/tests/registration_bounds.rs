//! How many clients may register themselves, how large, and for how long.

use super::registration::{open, public, record, register, registered, send, with};
use super::registration_management::handle;
use super::*;
use crate::client;
use std::cell::Cell;

#[test]
fn rfc9700_s59_open_registration_is_bounded() {
    let memory = open(&json!({ "per_network_per_hour": 5 }));
    let statuses: Vec<u16> = (0..7)
        .map(|_| register(&memory, &public()).status)
        .collect();
    assert_eq!(statuses, [201, 201, 201, 201, 201, 429, 429]);
    memory.now.set(memory.now.get() + 3_600);
    assert_eq!(register(&memory, &public()).status, 201);

    let memory = open(&json!({ "max_unused": 3, "unused_days": 1 }));
    let made = Cell::new(0);
    for _ in 0..10 {
        if register(&memory, &public()).status == 201 {
            made.set(made.get() + 1);
        }
    }
    assert_eq!(made.get(), 3);
}

#[test]
fn unused_clients_are_forgotten_and_used_ones_stay() {
    let memory = open(&json!({ "unused_days": 2 }));
    let told = registered(
        &memory,
        &with(public(), "scope", json!("openid email read")),
    );
    let id = told["client_id"].as_str().unwrap();
    let visitor = Visitor::new(&memory);
    let day = 86_400;
    for _ in 0..4 {
        memory.now.set(memory.now.get() + day + 1);
        let used = redeem(&visitor, id, &code(&visitor, id));
        assert_eq!(used.status, 200, "{used:?}");
    }
    let writes = record(&memory, id).unwrap().registration.unwrap().used_at;
    assert_eq!(redeem(&visitor, id, &code(&visitor, id)).status, 200);
    let later = record(&memory, id).unwrap().registration.unwrap().used_at;
    assert_eq!(writes, later, "noted once a day");
    memory.now.set(memory.now.get() + 2 * day + 1);
    assert!(record(&memory, id).is_none());
}

#[test]
fn a_secret_expires_when_the_operator_says_so() {
    let memory = open(&json!({ "client_secret_days": 1, "grant_types": ["client_credentials"] }));
    let told = registered(
        &memory,
        &json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_post" }),
    );
    let ends = told["client_secret_expires_at"].as_u64().unwrap();
    assert_eq!(ends, memory.now.get() + 86_400);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=read",
        told["client_id"].as_str().unwrap(),
        told["client_secret"].as_str().unwrap()
    );
    let visitor = Visitor::new(&memory);
    assert_eq!(visitor.post("/token", &form).status, 200);
    memory.now.set(ends);
    assert_eq!(
        error(&visitor.post("/token", &form)),
        (401, "invalid_client".to_owned())
    );
}

#[test]
fn bodies_are_bounded_in_size_and_depth() {
    let memory = open(&json!({}));
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!(r#"{{"x":"{}"}}"#, "x".repeat(64 * 1024));
    for body in [
        "",
        "null",
        "[]",
        "\"x\"",
        "{",
        &deep,
        &format!(r#"{{"x":{deep}}}"#),
        r#"{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}"#,
        &long,
    ] {
        let answer = send(&memory, "POST", "/register", body, "");
        assert_eq!(
            error(&answer),
            (400, "invalid_client_metadata".to_owned()),
            "{body:.40}"
        );
    }
    let form = Visitor::new(&memory).post("/register", "{}");
    assert_eq!(error(&form), (400, "invalid_client_metadata".to_owned()));
}

/// What was refused is no client: once those that were registered are forgotten, there is room again, however many knocked meanwhile.
#[test]
fn knocking_does_not_keep_registration_closed() {
    const DAY_S: u64 = 86_400;
    let memory = open(&json!({ "max_unused": 2, "unused_days": 1 }));
    for status in [201, 201, 429, 429] {
        assert_eq!(register(&memory, &public()).status, status);
    }
    memory.now.set(memory.now.get() + DAY_S);
    for _ in 0..5 {
        assert_eq!(register(&memory, &public()).status, 429);
    }
    memory.now.set(memory.now.get() + DAY_S);
    for status in [201, 201, 429] {
        assert_eq!(register(&memory, &public()).status, status);
    }
}

/// A client that is used leaves its place to another; one that goes away too.
#[test]
fn max_unused_counts_the_unused() {
    let memory = open(&json!({ "max_unused": 2, "unused_days": 30 }));
    let visitor = Visitor::new(&memory);
    let named = with(public(), "scope", json!("openid email read"));
    let (first, second) = (registered(&memory, &named), registered(&memory, &named));
    assert_eq!(register(&memory, &public()).status, 429);
    let id = first["client_id"].as_str().unwrap();
    for _ in 0..3 {
        assert_eq!(redeem(&visitor, id, &code(&visitor, id)).status, 200);
    }
    let kept = record(&memory, id).unwrap().registration.unwrap();
    assert!(kept.unused_in.is_none());
    let third = registered(&memory, &named);
    assert_eq!(
        register(&memory, &public()).status,
        429,
        "one place was given back, once"
    );
    let (path, token) = handle(&second);
    assert_eq!(send(&memory, "DELETE", &path, "", &token).status, 204);
    registered(&memory, &public());
    assert_eq!(register(&memory, &public()).status, 429);
    // A change of its metadata is no use of it.
    let (path, token) = handle(&third);
    let new = with(named.clone(), "client_id", third["client_id"].clone());
    let changed = send(&memory, "PUT", &path, &new.to_string(), &token);
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(register(&memory, &public()).status, 429);
    // In the next window the places of this one still count.
    memory.now.set(memory.now.get() + 30 * 86_400);
    assert_eq!(register(&memory, &public()).status, 429);
    memory.now.set(memory.now.get() + 30 * 86_400);
    registered(&memory, &public());
}

/// Who has an initial access token takes no place, and so gives none back.
#[test]
fn clients_with_an_initial_access_token_take_no_place() {
    let memory = open(&json!({
        "max_unused": 1, "initial_access_tokens": [{ "name": "CI", "token": "0123456789abcdef0123456789abcdef" }],
    }));
    let named = with(public(), "scope", json!("openid email read"));
    let by_token = |memory: &Memory| {
        let token = "0123456789abcdef0123456789abcdef";
        body(&send(
            memory,
            "POST",
            "/register",
            &named.to_string(),
            token,
        ))
    };
    let told = by_token(&memory);
    by_token(&memory);
    let id = told["client_id"].as_str().unwrap();
    let visitor = Visitor::new(&memory);
    assert_eq!(redeem(&visitor, id, &code(&visitor, id)).status, 200);
    registered(&memory, &public());
    assert_eq!(register(&memory, &public()).status, 429);
}

#[test]
fn of_two_first_uses_at_once_one_gives_the_place_back() {
    let memory = open(&json!({ "max_unused": 1 }));
    let named = with(public(), "scope", json!("openid email read"));
    let told = registered(&memory, &named);
    let id = told["client_id"].as_str().unwrap().to_owned();
    let client = record(&memory, &id).unwrap();
    let server = crate::settings::server(&memory).unwrap();
    let rival = client.clone();
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        let server = crate::settings::server(memory).unwrap();
        client::registration::used(
            &rival,
            &server,
            crate::time::UnixTime(memory.now.get()),
            memory,
        );
    }));
    client::registration::used(
        &client,
        &server,
        crate::time::UnixTime(memory.now.get()),
        &memory,
    );
    registered(&memory, &public());
    assert_eq!(register(&memory, &public()).status, 429);
}
