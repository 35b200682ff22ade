//! Pushed authorization requests: RFC 9126.

use super::*;
use crate::ports::Records as _;

const WEB: &str = "Basic d2ViOjAxMjM0NTY3ODlhYmNkZWYwMTIz";

/// The form of a request of `client_id`.
fn form(client_id: &str, extra: &str) -> String {
    let url = authorize_url(client_id, extra);
    url.split_once('?').unwrap().1.to_owned()
}

fn push(visitor: &Visitor<'_>, client_id: &str, extra: &str) -> String {
    let authorization = (client_id == "web").then_some(WEB);
    let answer = visitor.send("POST", "/par", &form(client_id, extra), authorization);
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(body(&answer)["expires_in"], 60);
    body(&answer)["request_uri"].as_str().unwrap().to_owned()
}

fn by_reference(client_id: &str, request_uri: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("client_id", client_id), ("request_uri", request_uri)])
        .finish();
    format!("/authorize?{query}")
}

fn page_error(answer: &Answer) -> Option<String> {
    match &answer.body {
        Body::Page(page) => match page.as_ref() {
            crate::page::Page::Error(page) => page.code.clone(),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn s2_a_pushed_request_leads_to_a_code() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    for client_id in ["app", "web"] {
        let request_uri = push(&visitor, client_id, "");
        assert!(request_uri.starts_with("urn:ietf:params:oauth:request_uri:"));
        let back = allow(&visitor, &by_reference(client_id, &request_uri));
        assert_eq!(parameter(&back, "state").as_deref(), Some("s"));
        assert!(parameter(&back, "code").is_some(), "{back}");
    }
}

#[test]
fn s4_only_what_was_pushed_counts() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let request_uri = push(&visitor, "app", "");
    let tampered = format!(
        "{}&state=other&scope=openid&redirect_uri=https://evil.example/",
        by_reference("app", &request_uri)
    );
    let back = allow(&visitor, &tampered);
    assert!(back.starts_with("https://app.example/cb?code="), "{back}");
    assert_eq!(parameter(&back, "state").as_deref(), Some("s"));
}

#[test]
fn s4_a_reference_is_of_its_client_and_lives_a_minute() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let request_uri = push(&visitor, "app", "");
    let stolen = visitor.get(&by_reference("strict", &request_uri));
    assert_eq!(page_error(&stolen).as_deref(), Some("invalid_request_uri"));
    memory.now.set(memory.now.get() + 59);
    assert_eq!(visitor.get(&by_reference("app", &request_uri)).status, 303);
    let request_uri = push(&visitor, "app", "");
    memory.now.set(memory.now.get() + 60);
    let late = visitor.get(&by_reference("app", &request_uri));
    assert_eq!(page_error(&late).as_deref(), Some("invalid_request_uri"));
    for unknown in ["", "x", &"A".repeat(43)] {
        let uri = format!("urn:ietf:params:oauth:request_uri:{unknown}");
        let refused = visitor.get(&by_reference("app", &uri));
        assert_eq!(page_error(&refused).as_deref(), Some("invalid_request_uri"));
    }
}

#[test]
fn s4_a_reference_is_used_once_and_a_reload_goes_on() {
    let memory = host();
    let (visitor, other) = (Visitor::new(&memory), Visitor::new(&memory));
    let url = by_reference("app", &push(&visitor, "app", ""));
    let begun = visitor.get(&url);
    let stolen = other.get(&url);
    assert_eq!(page_error(&stolen).as_deref(), Some("invalid_request_uri"));
    // A minute is for the client; the person has as long as a sign-in lasts.
    memory.now.set(memory.now.get() + 300);
    let again = visitor.get(&url);
    let transaction = |answer: &Answer| parameter(location(answer), "transaction").unwrap();
    assert_eq!(transaction(&begun), transaction(&again));
    let back = allow(&visitor, location(&again));
    assert!(parameter(&back, "code").is_some(), "{back}");
    let over = visitor.get(&url);
    assert_eq!(page_error(&over).as_deref(), Some("invalid_request_uri"));
}

#[test]
fn s4_a_reference_that_was_answered_at_once_is_used_up() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    for (extra, answer) in [("", "code="), ("&prompt=none&max_age=0", "error=")] {
        let url = by_reference("web", &push(&visitor, "web", extra));
        let first = visitor.get(&url);
        assert!(location(&first).contains(answer), "{first:?}");
        let second = visitor.get(&url);
        assert_eq!(page_error(&second).as_deref(), Some("invalid_request_uri"));
    }
}

#[test]
fn s4_whoever_loses_the_race_begins_no_sign_in() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let url = by_reference("app", &push(&visitor, "app", ""));
    let rival = url.clone();
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        assert_eq!(Visitor::new(memory).get(&rival).status, 303);
    }));
    let lost = visitor.get(&url);
    assert_eq!(page_error(&lost).as_deref(), Some("invalid_request_uri"));
    let logins = memory.list("login/", None, 10).unwrap();
    assert_eq!(logins.len(), 1);
}

#[test]
fn s2_1_clients_authenticate_as_at_the_token_endpoint() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let anonymous = visitor.post("/par", &form("web", ""));
    assert_eq!(error(&anonymous), (401, "invalid_client".to_owned()));
    let wrong = visitor.send("POST", "/par", &form("web", ""), Some("Basic d2ViOng="));
    assert_eq!(error(&wrong), (401, "invalid_client".to_owned()));
    let another = visitor.send("POST", "/par", &form("app", ""), Some(WEB));
    assert_eq!(error(&another), (400, "invalid_request".to_owned()));
    assert!(memory.list("pushed/", None, 1).unwrap().is_empty());
}

#[test]
fn s2_3_what_the_authorization_endpoint_would_refuse_is_refused_at_the_push() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let good = form("app", "");
    for (bad, code) in [
        (
            good.replace("app.example", "evil.example"),
            "invalid_request",
        ),
        (good.replace("S256", "plain"), "invalid_request"),
        (
            good.replace("response_type=code", "response_type=token"),
            "unsupported_response_type",
        ),
        (
            format!("{good}&resource=https://unknown.example/"),
            "invalid_target",
        ),
        (
            format!("{good}&request_uri=urn:ietf:params:oauth:request_uri:x"),
            "invalid_request",
        ),
    ] {
        let refused = visitor.post("/par", &bad);
        assert_eq!(error(&refused), (400, code.to_owned()), "{bad}");
    }
    assert!(memory.list("pushed/", None, 1).unwrap().is_empty());
}

#[test]
fn s6_a_client_that_must_push_is_heard_in_no_other_way() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    change_client(&memory, "app", |client| {
        client["require_pushed_authorization_requests"] = json!(true);
    });
    let plain = visitor.get(&authorize_url("app", ""));
    let told = parameter(location(&plain), "error");
    assert_eq!(told.as_deref(), Some("invalid_request"));
    let url = by_reference("app", &push(&visitor, "app", ""));
    assert!(parameter(&allow(&visitor, &url), "code").is_some());
}

#[test]
fn what_is_kept_holds_neither_the_reference_nor_a_secret() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    change_client(&memory, "web", |client| {
        client["token_endpoint_auth_method"] = json!("client_secret_post");
    });
    let pushed = format!("{}&client_secret=0123456789abcdef0123", form("web", ""));
    let answer = visitor.post("/par", &pushed);
    let request_uri = body(&answer)["request_uri"].as_str().unwrap().to_owned();
    let secret = request_uri.rsplit(':').next().unwrap();
    for (key, (value, ..)) in memory.rows.borrow().iter() {
        let value = String::from_utf8_lossy(value);
        for kept in [key.as_str(), &value] {
            assert!(
                !kept.contains(secret) && !kept.contains("0123456789abcdef0123"),
                "{key}"
            );
        }
    }
}

#[test]
fn pushes_are_bounded_in_size_and_number() {
    let memory = host();
    let mut visitor = Visitor::new(&memory);
    visitor.address = Some("203.0.113.7");
    let large = form("app", &format!("&x={}", "a".repeat(33 * 1024)));
    assert_eq!(visitor.post("/par", &large).status, 400);
    // The large one counted too.
    for _ in 0..crate::login::MAX_STARTS - 2 {
        memory
            .increment("pushes/203.0.113.7", 1, crate::time::UnixTime(u64::MAX))
            .unwrap();
    }
    push(&visitor, "app", "");
    assert_eq!(visitor.post("/par", &form("app", "")).status, 429);
    // A client that proves who it is pushes for people everywhere from one address.
    push(&visitor, "web", "");
}

#[test]
fn what_is_switched_off_is_not_there() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    change_server(&memory, |server| {
        server["pushed_authorization_requests"] = json!({ "enabled": false });
    });
    assert_eq!(visitor.post("/par", &form("app", "")).status, 404);
    let metadata = body(&visitor.get("/.well-known/openid-configuration"));
    assert!(metadata["pushed_authorization_request_endpoint"].is_null());
}
