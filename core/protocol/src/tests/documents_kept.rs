//! Metadata documents of clients: how they are fetched, how often, and what serves meanwhile.

use super::metadata_document::{
    URL, allow, answer, ask, document, fetches, find, found, is_invalid, is_unreachable, later, on,
    publish, serve, with,
};
use super::*;
use crate::client::{Client, named};
use crate::refusal::Refusal;

#[test]
fn s5_only_200_with_json_is_an_answer() {
    let text = document().to_string();
    let json = [("content-type", "application/json")];
    for (status, headers, body) in [
        (201, &json[..], text.as_str()),
        (204, &json[..], ""),
        (
            301,
            &[("location", "https://app.example/other.json")][..],
            "",
        ),
        (302, &json[..], text.as_str()),
        (307, &json[..], text.as_str()),
        (403, &json[..], text.as_str()),
        (404, &json[..], text.as_str()),
        (500, &json[..], text.as_str()),
        (200, &[("content-type", "text/html")][..], text.as_str()),
        (200, &[("content-type", "text/json")][..], text.as_str()),
        (200, &[][..], text.as_str()),
    ] {
        let memory = on(&json!({}));
        serve(&memory, answer(status, headers, body));
        assert!(is_unreachable(&memory), "{status} {headers:?}");
        assert_eq!(fetches(&memory), 1, "and no redirect is followed");
    }
    let memory = on(&json!({}));
    serve(
        &memory,
        answer(200, &json, &format!("{text}{}", " ".repeat(64 * 1024))),
    );
    assert!(is_unreachable(&memory), "too large");
    for kind in [
        "application/json; charset=utf-8",
        "application/client+json",
        "Application/JSON",
    ] {
        let memory = on(&json!({}));
        serve(&memory, answer(200, &[("content-type", kind)], &text));
        assert_eq!(found(&memory).client_id, URL, "{kind}");
    }
    let memory = on(&json!({}));
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    serve(&memory, answer(200, &json, &deep));
    assert!(is_invalid(&memory), "too deep");
}

#[test]
fn s5_1_a_failure_to_fetch_is_ours_to_cure() {
    let memory = on(&json!({}));
    let visitor = Visitor::new(&memory);
    let shown = visitor.get(&format!("/authorize?client_id={URL}&response_type=code"));
    assert_eq!((shown.status, location(&shown)), (503, ""));
    let told = visitor.post(
        "/token",
        &format!("grant_type=refresh_token&client_id={URL}&refresh_token=x"),
    );
    assert_eq!(error(&told), (503, "temporarily_unavailable".to_owned()));
    assert!(told.headers.iter().any(|(name, _)| *name == "retry-after"));
}

#[test]
fn a_failure_is_not_tried_again_at_once_and_never_kept() {
    let memory = on(&json!({}));
    assert!(is_unreachable(&memory));
    publish(&memory, &document());
    assert!(is_unreachable(&memory));
    assert_eq!(fetches(&memory), 1);
    later(&memory, 30);
    assert_eq!(found(&memory).client_id, URL);
    assert_eq!(fetches(&memory), 2);

    let memory = on(&json!({}));
    publish(&memory, &with(document(), "client_id", json!("x")));
    assert!(is_invalid(&memory));
    publish(&memory, &document());
    assert!(is_invalid(&memory));
    later(&memory, 30);
    assert_eq!(found(&memory).client_id, URL);
}

#[test]
fn s5_2_a_document_is_fresh_for_as_long_as_it_says_within_bounds() {
    for (control, age, fresh_s) in [
        ("max-age=600", "", 600),
        ("public, max-age=600", "100", 500),
        ("max-age=1", "", 60),
        ("max-age=600", "600", 60),
        ("no-store", "", 60),
        ("no-cache, max-age=600", "", 60),
        ("max-age=31536000", "", 86_400),
        ("", "", 300),
        ("max-age=x", "", 300),
    ] {
        let memory = on(&json!({}));
        let headers = [
            ("content-type", "application/json"),
            ("cache-control", control),
            ("age", age),
        ];
        serve(&memory, answer(200, &headers, &document().to_string()));
        let_in(&memory);
        later(&memory, fresh_s - 1);
        found(&memory);
        assert_eq!(fetches(&memory), 1, "{control}");
        later(&memory, 1);
        found(&memory);
        assert_eq!(fetches(&memory), 2, "{control}");
    }
}

/// Somebody signs in to the client of the document, and it gets tokens.
fn let_in(memory: &Memory) {
    let visitor = Visitor::new(memory);
    allow(&visitor, "https://app.example/cb");
    let back = ask(&visitor, "https://app.example/cb");
    let code = parameter(location(&back), "code").unwrap();
    assert_eq!(redeem(&visitor, URL, &code).status, 200);
}

#[test]
fn a_document_of_a_client_that_somebody_let_in_serves_on_for_a_week() {
    let memory = on(&json!({}));
    publish(&memory, &document());
    let_in(&memory);
    assert_eq!(fetches(&memory), 1);
    memory.web.borrow_mut().clear();
    later(&memory, 300);
    assert_eq!(found(&memory).client_id, URL);
    assert_eq!(found(&memory).client_id, URL);
    assert_eq!(fetches(&memory), 2, "one more try, then not at once again");
    later(&memory, 7 * 86_400 - 301);
    found(&memory);
    later(&memory, 1);
    assert!(is_unreachable(&memory));
}

#[test]
fn s8_7_a_document_that_nobody_let_in_is_kept_for_an_hour() {
    let memory = on(&json!({}));
    let text = document().to_string();
    let headers = [
        ("content-type", "application/json"),
        ("cache-control", "max-age=86400"),
    ];
    serve(&memory, answer(200, &headers, &text));
    found(&memory);
    let ends = |memory: &Memory| {
        let rows = memory.rows.borrow();
        let (_, (.., ends)) = rows
            .iter()
            .find(|(key, _)| key.starts_with("document/"))
            .unwrap();
        ends.unwrap().0 - memory.now.get()
    };
    assert_eq!(ends(&memory), 3_601);
    memory.web.borrow_mut().clear();
    later(&memory, 3_601);
    assert!(is_unreachable(&memory));
}

#[test]
fn s8_7_nothing_is_kept_of_a_document_that_nobody_reads() {
    let memory = on(&json!({}));
    let padded = with(document(), "logo_uri", json!("x".repeat(50_000)));
    publish(&memory, &padded);
    found(&memory);
    let rows = memory.rows.borrow();
    let kept: usize = rows
        .iter()
        .filter(|(key, _)| key.starts_with("document/"))
        .map(|(_, (value, ..))| value.len())
        .sum();
    assert!(kept < 2_000, "{kept}");
}

/// Documents that are not known here yet are counted with registrations, by the network from which they are named.
#[test]
fn s8_7_one_network_names_so_many_documents_in_an_hour() {
    let memory = on(&json!({}));
    let name = |number: usize, from: &str| {
        named(&format!("https://h{number}.example/c"), Some(from), &memory)
    };
    let refused =
        |found: Result<Client, Refusal>| matches!(found, Err(Refusal::TooManyRequests(_)));
    for number in 0..100 {
        assert!(!refused(name(number, "192.0.2.1")), "{number}");
    }
    assert!(refused(name(100, "192.0.2.1")));
    assert_eq!(fetches(&memory), 100);
    assert!(!refused(name(100, "192.0.2.2")), "another network");
    later(&memory, 3_600);
    publish(&memory, &document());
    for number in 0..99 {
        assert!(!refused(name(200 + number, "192.0.2.1")), "{number}");
    }
    assert!(named(URL, Some("192.0.2.1"), &memory).is_ok());
    assert!(refused(name(500, "192.0.2.1")));
    // One that is known here is not counted.
    for _ in 0..10 {
        assert!(named(URL, Some("192.0.2.1"), &memory).is_ok());
    }
    // Nor when it is fetched again, once somebody let its client in.
    later(&memory, 300);
    assert!(refused(named(URL, Some("192.0.2.1"), &memory)));
    let_in(&memory);
    later(&memory, 300);
    let before = fetches(&memory);
    assert!(named(URL, Some("192.0.2.1"), &memory).is_ok());
    assert_eq!(fetches(&memory), before + 1);
}

/// Looking at the pages of a sign-in again and again is no way to have us fetch something again and again.
#[test]
fn s8_7_a_sign_in_goes_on_with_the_document_that_it_began_with() {
    let memory = on(&json!({}));
    let text = document().to_string();
    let headers = [
        ("content-type", "application/json"),
        ("cache-control", "no-store"),
    ];
    serve(&memory, answer(200, &headers, &text));
    let visitor = Visitor::new(&memory);
    let begun = ask(&visitor, "https://app.example/cb");
    for _ in 0..20 {
        later(&memory, 61);
        visitor.get(location(&begun));
    }
    assert_eq!(fetches(&memory), 1);
    allow(&visitor, "https://app.example/cb");
    assert_eq!(fetches(&memory), 2, "another begins with another");
}

#[test]
fn documents_that_the_operator_vouches_for_are_not_counted() {
    let memory = on(&json!({ "trusted": [URL] }));
    for number in 0..200 {
        let _ = named(
            &format!("https://h{number}.example/c"),
            Some("192.0.2.1"),
            &memory,
        );
    }
    publish(&memory, &document());
    assert!(named(URL, Some("192.0.2.1"), &memory).is_ok());
    let well_known = "https://claude.ai/oauth/mcp-oauth-client-metadata";
    assert!(named(well_known, Some("192.0.2.1"), &memory).is_ok());
}

#[test]
fn s8_7_every_endpoint_that_takes_a_client_id_counts() {
    let memory = on(&json!({}));
    for number in 0..100 {
        let _ = named(&format!("https://h{number}.example/c"), None, &memory);
    }
    let visitor = Visitor::new(&memory);
    let fetched = fetches(&memory);
    let new = "https://new.example/c";
    for path in ["/authorize", "/logout"] {
        let answer = visitor.get(&format!("{path}?client_id={new}&response_type=code"));
        assert_eq!(answer.status, 429, "{path}");
    }
    for path in ["/token", "/par", "/revoke", "/device_authorization"] {
        let answer = visitor.post(
            path,
            &format!("client_id={new}&grant_type=refresh_token&refresh_token=x&token=x"),
        );
        assert_eq!(answer.status, 429, "{path}: {answer:?}");
    }
    let assertion = format!(
        "e30.{}.e30",
        crate::secret::base64url(format!(r#"{{"iss":"{new}","sub":"{new}"}}"#).as_bytes())
    );
    let header = crate::secret::base64url(br#"{"alg":"ES256"}"#);
    let assertion = assertion.replacen("e30", &header, 1);
    let answer = visitor.post(
        "/token",
        &format!("grant_type=refresh_token&client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer&client_assertion={assertion}"),
    );
    assert_eq!(answer.status, 429, "{answer:?}");
    assert_eq!(fetches(&memory), fetched, "and nothing was fetched");
}

#[test]
fn a_document_that_is_gone_or_has_become_none_does_not_serve_on() {
    let json = [("content-type", "application/json")];
    for (status, body) in [(404, "{}"), (410, "{}"), (200, "{}")] {
        let memory = on(&json!({}));
        publish(&memory, &document());
        found(&memory);
        serve(&memory, answer(status, &json, body));
        later(&memory, 300);
        assert!(find(URL, &memory).is_err(), "{status}");
        assert!(find(URL, &memory).is_err(), "{status}");
    }
}

#[test]
fn one_fetch_at_a_time_of_one_url() {
    let memory = on(&json!({}));
    publish(&memory, &document());
    found(&memory);
    later(&memory, 300);
    // Another instance takes the lease between our read and our write.
    *memory.before_replace.borrow_mut() = Some(Box::new(|memory| {
        assert_eq!(found(memory).client_id, URL);
    }));
    assert_eq!(found(&memory).client_id, URL);
    assert_eq!(fetches(&memory), 2);
}

#[test]
fn nobody_can_have_us_send_many_requests_to_one_host() {
    let memory = on(&json!({}));
    for number in 0..100 {
        let url = format!("https://victim.example/{number}");
        assert!(find(&url, &memory).is_err());
    }
    assert_eq!(fetches(&memory), 30);
    publish(&memory, &document());
    assert_eq!(found(&memory).client_id, URL, "other hosts are free");
    for number in 0..1_000 {
        let _ = find(&format!("https://h{number}.example/c"), &memory);
    }
    assert_eq!(fetches(&memory), 600);
}

#[test]
fn well_known_clients_are_known_when_their_documents_cannot_be_had() {
    let memory = on(&json!({}));
    for (url, redirect_uri) in [
        (
            "https://claude.ai/oauth/mcp-oauth-client-metadata",
            "https://claude.ai/api/mcp/auth_callback",
        ),
        (
            "https://claude.ai/oauth/claude-code-client-metadata",
            "http://localhost:51234/callback",
        ),
        (
            "https://chatgpt.com/oauth/client.json",
            "https://chatgpt.com/connector_platform_oauth_redirect",
        ),
        (
            "https://chatgpt.com/oauth/codex/client.json",
            "http://127.0.0.1:51234/callback",
        ),
        (
            "https://vscode.dev/oauth/client-metadata.json",
            "http://127.0.0.1:51234/",
        ),
        (
            "https://zed.dev/oauth/client-metadata.json",
            "http://127.0.0.1:51234/callback",
        ),
        (
            "https://opencode.ai/oauth/opencode/client.json",
            "http://localhost:51234/callback",
        ),
    ] {
        let client = find(url, &memory).unwrap();
        let uris = &client.redirect_uris;
        assert!(
            crate::redirect_uri::find(redirect_uri, uris, false).is_ok(),
            "{url}"
        );
        assert!(client.client_name.is_some(), "{url}");
    }
}

#[test]
fn operators_pin_documents_of_their_own() {
    let memory = on(&json!({ "pinned": [document()] }));
    assert_eq!(found(&memory).client_name.as_deref(), Some("App"));
    // What is published goes before.
    publish(&memory, &with(document(), "client_name", json!("New")));
    later(&memory, 30);
    assert_eq!(found(&memory).client_name.as_deref(), Some("New"));
    // And an invalid one is not papered over.
    publish(&memory, &with(document(), "client_secret", json!("x")));
    later(&memory, 300);
    assert!(is_invalid(&memory));
}

/// The account page tells of a hundred applications: none of them keeps it waiting for its server.
#[test]
fn the_account_page_fetches_nothing_and_names_what_is_kept() {
    use crate::page::Page;
    let memory = on(&json!({}));
    publish(&memory, &document());
    let visitor = Visitor::new(&memory);
    allow(&visitor, "https://app.example/cb");
    let back = ask(&visitor, "https://app.example/cb");
    redeem(&visitor, URL, &parameter(location(&back), "code").unwrap());
    let name = document()["client_name"].as_str().unwrap().to_owned();
    let named = || {
        let Body::Page(page) = visitor.get("/account").body else {
            panic!("no page")
        };
        let Page::Account(account) = *page else {
            panic!("{page:?}")
        };
        account.apps[0].name.clone()
    };
    let before = fetches(&memory);
    // Long after it had to be fetched again, and while it cannot be.
    later(&memory, 2 * 86_400);
    sign_in(&visitor, "web", "");
    assert_eq!(named(), name);
    serve(&memory, answer(500, &[], ""));
    assert_eq!(named(), name);
    assert_eq!(fetches(&memory), before);
}
