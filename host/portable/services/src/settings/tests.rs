//! Which document holds, and what is said when none does.

use super::*;
use crate::fake::Fake;

const DOCUMENT: &str = r#"{"sections": {
    "server": {"issuer": "https://baked.example", "profile" :  "strict"},
    "theme": {"title": "ä"}, "client/a": {"client_id": "old"}, "client\/a": {"client_id": "a"}},
  "mail": {"service": "resend", "url": "https://api.example/emails", "from": "a@b.example"},
  "keys": {"rotation_days": 30, "publish_lead_s": 3600}}"#;

fn baked(document: &str) -> Fake {
    let fake = Fake::default();
    document.clone_into(&mut fake.baked.borrow_mut());
    fake
}

#[test]
fn sections_are_handed_out_as_they_are_written() {
    let (host, settings) = (baked(DOCUMENT), Settings::default());
    let section = |name| settings.section(name, &host);
    assert_eq!(
        section("server").as_deref(),
        Some(r#"{"issuer": "https://baked.example", "profile" :  "strict"}"#)
    );
    assert_eq!(section("theme").as_deref(), Some(r#"{"title": "ä"}"#));
    assert_eq!(
        section("client/a").as_deref(),
        Some(r#"{"client_id": "a"}"#)
    );
    assert_eq!(section("client/b"), None);
    assert!(host.events.borrow().is_empty());
    let keys = settings.keys(&host);
    assert_eq!((keys.rotation_days, keys.publish_lead_s), (30, 3600));
    assert_eq!(settings.mail(&host).unwrap().service, Service::Resend);
}

#[test]
fn the_document_is_read_once_for_an_instance() {
    let (host, settings) = (baked(DOCUMENT), Settings::default());
    for _ in 0..3 {
        settings.section("server", &host).unwrap();
        settings.section("theme", &host).unwrap();
    }
    assert_eq!(*host.asked.borrow(), ["settings", "issuer"]);
}

#[test]
fn the_variable_goes_before_what_was_composed_in() {
    let (host, settings) = (baked(DOCUMENT), Settings::default());
    host.set("settings", r#"{"sections": {"theme": {"title": "v"}}}"#);
    assert_eq!(
        settings.section("theme", &host).as_deref(),
        Some(r#"{"title": "v"}"#)
    );
    assert_eq!(settings.section("server", &host), None);
    assert!(settings.mail(&host).is_none());
    assert_eq!(settings.keys(&host), keys::Options::default());
}

#[test]
fn the_issuer_of_the_variable_goes_before_that_of_the_section() {
    let (host, settings) = (baked(DOCUMENT), Settings::default());
    host.set("issuer", "https://other.example/t1");
    let server: serde_json::Value =
        serde_json::from_str(&settings.section("server", &host).unwrap()).unwrap();
    assert_eq!(
        server,
        serde_json::json!({ "issuer": "https://other.example/t1", "profile": "strict" })
    );
}

#[test]
fn an_issuer_that_would_be_unsafe_is_an_event_and_no_server() {
    for wrong in [
        "http://other.example",
        "https://other.example/",
        "https://other.example?x",
        "https://other.example/?x",
        "https://ann@other.example",
        "other.example",
        "https://x.example\",\"profile\":\"open",
    ] {
        let (host, settings) = (baked(DOCUMENT), Settings::default());
        host.set("issuer", wrong);
        assert_eq!(settings.section("server", &host), None, "{wrong}");
        assert_eq!(settings.section("server", &host), None, "{wrong}");
        let events = host.events.borrow();
        assert_eq!(events.len(), 1, "{wrong}");
        assert!(format!("{:?}", events[0]).contains("DOORWARD_ISSUER"));
    }
}

#[test]
fn a_missing_or_malformed_document_is_one_event_that_says_the_cure() {
    for wrong in [
        "{}",
        " {} ",
        "",
        "[]",
        "null",
        "{",
        r#"{"sections": []}"#,
        r#"{"sections": {"server": {"issuer": "top-secret"}"#,
        r#"{"sections": {}, "mail": {"service": "pigeon", "url": "u", "from": "f"}}"#,
        r#"{"sections": {}, "keys": {"rotation_days": -1}}"#,
    ] {
        let (host, settings) = (baked(wrong), Settings::default());
        for _ in 0..3 {
            assert_eq!(settings.section("server", &host), None, "{wrong}");
            assert!(settings.mail(&host).is_none());
        }
        let events = host.events.borrow();
        assert_eq!(events.len(), 1, "{wrong}");
        assert!(matches!(events[0].level, Level::Error));
        let text = format!("{:?}", events[0]);
        assert!(
            text.contains("DOORWARD_SETTINGS")
                && text.contains("the variable `settings`")
                && !text.contains("top-secret"),
            "{text}"
        );
    }
}

#[test]
fn a_source_of_variables_that_does_not_answer_is_not_taken_for_unset() {
    let (host, settings) = (baked(DOCUMENT), Settings::default());
    host.outage.set(true);
    assert_eq!(settings.section("server", &host), None);
    assert_eq!(settings.keys(&host).rotation_days, 0);
    assert_eq!(host.events.borrow().len(), 1);
    host.outage.set(false);
    assert_eq!(settings.keys(&host).rotation_days, 30);
    assert!(settings.section("server", &host).is_some());
}

#[test]
fn a_secret_is_a_variable_of_the_operators_and_none_of_the_hosts_own() {
    let host = Fake::default();
    for own in OWN_VARIABLES {
        host.set(own, "x");
        assert_eq!(secret(own, &host), None, "{own}");
    }
    host.set("github_secret_2", "shh");
    assert_eq!(secret("github_secret_2", &host), Some(b"shh".to_vec()));
    host.asked.borrow_mut().clear();
    for odd in [
        "",
        "GITHUB",
        "a-b",
        "a.b",
        "../x",
        "\u{e4}",
        "a b",
        &"a".repeat(129),
    ] {
        assert_eq!(secret(odd, &host), None, "{odd}");
    }
    assert!(host.asked.borrow().is_empty());
    assert_eq!(secret("unset", &host), None);
}
