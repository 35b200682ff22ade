//! Initial access tokens: RFC 7591 §3.

use super::registration::{open, public, register, send};
use super::*;

fn administer(memory: &Memory, command: &Value) -> Value {
    serde_json::from_str(&crate::administration::run(&command.to_string(), memory).unwrap())
        .unwrap()
}

#[test]
fn rfc7591_s3_an_initial_access_token_is_good_for_as_many_as_it_says() {
    let memory = open(&json!({ "mode": "token" }));
    let closed = register(&memory, &public());
    assert_eq!(error(&closed), (401, "invalid_token".to_owned()));
    assert!(
        closed
            .headers
            .contains(&("www-authenticate", "Bearer realm=\"OAuth\"".to_owned()))
    );
    let made = administer(
        &memory,
        &json!({ "command": "client.token_add", "name": "CI", "uses": 2 }),
    );
    let token = made["initial_access_token"].as_str().unwrap();
    let go = |token: &str| send(&memory, "POST", "/register", &public().to_string(), token).status;
    assert_eq!(go(&format!("{token}x")), 401);
    let broken = send(&memory, "POST", "/register", "{", token);
    assert_eq!(broken.status, 400, "and nothing is used up");
    assert_eq!([go(token), go(token), go(token)], [201, 201, 401]);
    let made = administer(
        &memory,
        &json!({ "command": "client.token_add", "lifetime_s": 60 }),
    );
    let token = made["initial_access_token"].as_str().unwrap();
    assert_eq!(go(token), 201);
    let listed = administer(&memory, &json!({ "command": "client.token_list" }));
    assert_eq!(listed["tokens"].as_array().unwrap().len(), 1);
    assert!(!listed.to_string().contains("sha256"));
    memory.now.set(memory.now.get() + 60);
    assert_eq!(go(token), 401);
}

#[test]
fn of_two_that_race_with_a_token_for_one_registration_one_gets_it() {
    let memory = open(&json!({ "mode": "token" }));
    let made = administer(
        &memory,
        &json!({ "command": "client.token_add", "uses": 2 }),
    );
    let token = made["initial_access_token"].as_str().unwrap().to_owned();
    let rival = token.clone();
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        for _ in 0..2 {
            let status = send(memory, "POST", "/register", &public().to_string(), &rival).status;
            assert_eq!(status, 201);
        }
    }));
    let late = send(&memory, "POST", "/register", &public().to_string(), &token);
    assert_eq!(late.status, 401);
}

#[test]
fn in_open_mode_a_bad_token_is_refused_all_the_same() {
    let memory = open(&json!({}));
    let answer = send(
        &memory,
        "POST",
        "/register",
        &public().to_string(),
        "dwi_x.y",
    );
    assert_eq!(error(&answer), (401, "invalid_token".to_owned()));
}

/// Two tokens that stand in the configuration.
const CI: &str = "0123456789abcdef0123456789abcdef-ci";
const PARTNER: &str = "0123456789abcdef0123456789abcdef-partner";

fn declared() -> Value {
    json!([{ "name": "CI", "token": CI }, { "name": "Partner", "token": PARTNER }])
}

#[test]
fn rfc7591_s3_a_declared_token_is_good_for_any_number() {
    let memory = open(&json!({
        "mode": "token", "initial_access_tokens": declared(), "per_network_per_hour": 1, "max_unused": 1,
    }));
    let go = |token: &str| send(&memory, "POST", "/register", &public().to_string(), token).status;
    assert_eq!(go(""), 401);
    assert_eq!([go(CI), go(CI), go(CI), go(PARTNER)], [201; 4]);
    let events = memory.events.borrow().clone();
    let registered = events
        .iter()
        .filter(|(name, _)| name == "client.registered");
    let by: Vec<bool> = registered
        .map(|(_, fields)| fields.contains("(\"initial_access_token\", \"CI\")"))
        .collect();
    assert_eq!(by, [true, true, true, false], "{events:?}");
}

#[test]
fn rfc7591_s3_what_is_like_a_declared_token_is_none() {
    let memory = open(&json!({ "mode": "token", "initial_access_tokens": declared() }));
    let hash = json!(crate::secret::SecretHash::of(CI));
    for bad in [
        &CI[1..],
        &CI[..CI.len() - 1],
        &format!("{CI}x"),
        &CI.to_uppercase(),
        &format!("dwi_{CI}"),
        &format!("{CI} {PARTNER}"),
        &"x".repeat(10_000),
        hash.as_str().unwrap(),
        "CI",
        "Partner",
    ] {
        let answer = send(&memory, "POST", "/register", &public().to_string(), bad);
        assert_eq!(
            error(&answer),
            (401, "invalid_token".to_owned()),
            "{bad:.60}"
        );
    }
}

#[test]
fn a_declared_token_is_kept_as_its_hash_alone() {
    let memory = open(&json!({ "mode": "token", "initial_access_tokens": declared() }));
    let section = memory.sections.borrow()["server"].clone();
    assert!(section.contains("Partner") && !section.contains(CI) && !section.contains(PARTNER));
    let checked: crate::settings::Server = serde_json::from_str(&section).unwrap();
    assert!(!format!("{checked:?}").contains(CI));
}

#[test]
fn declared_tokens_are_checked() {
    let memory = host();
    let check = |mode: &str, tokens: Value| {
        let registration = json!({ "mode": mode, "initial_access_tokens": tokens });
        let server = json!({ "issuer": "https://id.example", "registration": registration });
        let command = json!({ "command": "server.check", "server": server });
        crate::administration::run(&command.to_string(), &memory).map_err(|why| format!("{why:?}"))
    };
    assert!(check("token", declared()).is_ok() && check("open", declared()).is_ok());
    let hash = crate::secret::SecretHash::of(CI);
    let many: Vec<Value> = (0..65)
        .map(|n| json!({ "name": format!("{n}"), "token": format!("{CI}{n}") }))
        .collect();
    for (mode, bad) in [
        ("off", declared()),
        ("token", json!([{ "name": "a" }])),
        ("token", json!([{ "token": CI }])),
        ("token", json!([{ "name": "", "token": CI }])),
        ("token", json!([{ "name": "a\nb", "token": CI }])),
        ("token", json!([{ "name": "a", "token": "short" }])),
        ("token", json!([{ "name": "a", "token": 1 }])),
        ("token", json!([{ "name": "a", "token": format!("{CI} ") }])),
        (
            "token",
            json!([{ "name": "a", "token": format!("{CI}\u{e4}") }]),
        ),
        ("token", json!([{ "name": "a", "token": "x".repeat(1025) }])),
        ("token", json!([{ "name": "a", "token": CI, "uses": 1 }])),
        ("token", json!([{ "name": "a", "sha256": hash }])),
        (
            "token",
            json!([{ "name": "a", "token": CI }, { "name": "a", "token": PARTNER }]),
        ),
        (
            "token",
            json!([{ "name": "a", "token": CI }, { "name": "b", "token": CI }]),
        ),
        ("token", json!(many)),
    ] {
        let why = check(mode, bad.clone()).expect_err(&bad.to_string());
        assert!(!why.contains(CI) && !why.contains("short"), "{why}");
    }
}
