//! The whole provider, through the contract.

use doorward_provider::testing::{Browser, Host};
use doorward_provider::{Failure, FieldKind, Identity, Outcome, Page};

use super::*;

const ADA: &str = "ada@example.org";

fn ask(browser: &mut Browser<'_, Pin>, email: &str) -> Result<Outcome, Failure> {
    browser.post("authorize", &[("action", "request"), ("email", email)])
}

fn give(browser: &mut Browser<'_, Pin>, code: &str) -> Result<Outcome, Failure> {
    browser.post("authorize", &[("action", "verify"), ("code", code)])
}

fn page(outcome: Result<Outcome, Failure>) -> Page {
    outcome.unwrap().into_page().expect("a page")
}

fn error_id(page: &Page) -> Option<&str> {
    page.forms
        .iter()
        .flat_map(|form| &form.fields)
        .find_map(|field| field.error.as_ref().map(|e| e.id.as_str()))
}

fn message_ids(page: &Page) -> Vec<&str> {
    page.messages
        .iter()
        .map(|message| message.text.id.as_str())
        .collect()
}

fn another_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[test]
fn a_code_signs_in() {
    let host = Host::seeded(1);
    let mut browser = Browser::<Pin>::new(&host);
    let first = page(browser.get("authorize"));
    let email = &first.forms[0].fields[1];
    assert_eq!(
        (
            email.name.as_str(),
            email.kind,
            email.autocomplete.as_deref()
        ),
        ("email", FieldKind::Email, Some("username"))
    );
    let second = page(ask(&mut browser, " Ada@Example.org "));
    let code = &second.forms[0].fields[1];
    assert_eq!(
        (code.kind, code.autocomplete.as_deref()),
        (FieldKind::OneTimeCode, Some("one-time-code"))
    );
    let identity = give(&mut browser, &host.last_code(ADA).unwrap())
        .unwrap()
        .into_identity()
        .unwrap();
    assert_eq!(
        identity,
        Identity::new(ADA).verified_email(ADA).amr(["otp"])
    );
}

#[test]
fn the_mail_shows_the_code_and_the_service() {
    let host = Host::seeded(2);
    ask(&mut Browser::new(&host), ADA).unwrap();
    let mail = host.last_mail(ADA).unwrap();
    let code = mail.code.unwrap();
    assert!(
        mail.text.starts_with(&code)
            && mail.text.contains("Example")
            && mail.subject.contains(&code)
    );
}

#[test]
fn the_mail_is_in_the_language_of_the_pages() {
    for (language, words) in [
        ("de", "Er gilt 10 Minuten"),
        ("ar", "10 دقائق"),
        ("ja", "10 分"),
        ("nl", "valid for 10 minutes"),
    ] {
        let host = Host::seeded(2);
        ask(&mut Browser::new(&host).language(language), ADA).unwrap();
        let mail = host.last_mail(ADA).unwrap();
        let code = mail.code.unwrap();
        assert!(
            mail.text.starts_with(&code) && mail.text.contains(words),
            "{}",
            mail.text
        );
        assert!(mail.text.contains("Example") && mail.subject.contains(&code));
        assert!(!mail.text.contains('{'), "{}", mail.text);
    }
}

#[test]
fn a_code_works_once_and_in_its_own_sign_in_only() {
    let host = Host::seeded(3);
    let mut browser = Browser::<Pin>::new(&host);
    ask(&mut browser, ADA).unwrap();
    let mut other = Browser::<Pin>::new(&host);
    let code = host.last_code(ADA).unwrap();
    assert_eq!(message_ids(&page(give(&mut other, &code))), ["code.gone"]);
    let mut twin = browser.clone();
    assert!(give(&mut browser, &code).unwrap().into_identity().is_some());
    assert_eq!(message_ids(&page(give(&mut twin, &code))), ["code.gone"]);
}

#[test]
fn parallel_right_answers_sign_in_once() {
    let host = Host::seeded(4);
    let mut browser = Browser::<Pin>::new(&host);
    ask(&mut browser, ADA).unwrap();
    let code = host.last_code(ADA).unwrap();
    let signed_in = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..50)
            .map(|_| {
                let mut twin = browser.clone();
                let code = &code;
                scope.spawn(move || give(&mut twin, code).unwrap().into_identity().is_some())
            })
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .filter(|signed_in| *signed_in)
            .count()
    });
    assert_eq!(signed_in, 1);
}

#[test]
fn wrong_malformed_exhausted_and_expired_codes_say_so() {
    let host = Host::seeded(5);
    let mut browser = Browser::<Pin>::new(&host);
    ask(&mut browser, ADA).unwrap();
    let code = host.last_code(ADA).unwrap();
    assert_eq!(
        error_id(&page(give(&mut browser, "12"))),
        Some("code.malformed")
    );
    for _ in 0..5 {
        assert_eq!(
            error_id(&page(give(&mut browser, &another_than(&code)))),
            Some("code.wrong")
        );
    }
    assert_eq!(
        error_id(&page(give(&mut browser, &code))),
        Some("code.exhausted")
    );
    host.advance(600);
    assert_eq!(message_ids(&page(give(&mut browser, &code))), ["code.gone"]);
}

#[test]
fn another_code_can_be_asked_for_after_30_seconds() {
    let host = Host::seeded(6);
    let mut browser = Browser::<Pin>::new(&host);
    let resend = [("action", "resend")];
    assert_eq!(
        message_ids(&page(browser.post("authorize", &resend))),
        ["code.gone"]
    );
    ask(&mut browser, ADA).unwrap();
    let old = host.last_code(ADA).unwrap();
    assert!(message_ids(&page(browser.post("authorize", &resend))).contains(&"resend.wait"));
    assert!(message_ids(&page(ask(&mut browser, ADA))).contains(&"resend.wait"));
    assert_eq!(host.outbox().len(), 1);
    host.advance(30);
    assert!(message_ids(&page(browser.post("authorize", &resend))).contains(&"resend.done"));
    assert_eq!(
        error_id(&page(give(&mut browser, &old))),
        Some("code.wrong")
    );
    assert!(
        give(&mut browser, &host.last_code(ADA).unwrap())
            .unwrap()
            .into_identity()
            .is_some()
    );
}

#[test]
fn going_back_and_naming_another_address_sends_to_that_one() {
    let host = Host::seeded(7);
    let mut browser = Browser::<Pin>::new(&host);
    ask(&mut browser, "adaa@example.org").unwrap();
    let astray = host.last_code("adaa@example.org").unwrap();
    browser.get("authorize").unwrap();
    ask(&mut browser, ADA).unwrap();
    assert_ne!(
        give(&mut browser, &astray)
            .unwrap()
            .into_identity()
            .map(|i| i.subject)
            .as_deref(),
        Some(ADA)
    );
    assert!(
        give(&mut browser, &host.last_code(ADA).unwrap())
            .unwrap()
            .into_identity()
            .is_some()
    );
}

#[test]
fn malformed_input_changes_nothing() {
    let host = Host::seeded(8);
    let mut browser = Browser::<Pin>::new(&host);
    for email in [
        "",
        "a",
        "a@b",
        "a@example.org\r\nBcc: b@example.org",
        &"a".repeat(100_000),
    ] {
        assert_eq!(
            error_id(&page(ask(&mut browser, email))),
            Some("email.error")
        );
    }
    assert!(matches!(
        browser.post("authorize", &[]),
        Err(Failure::BadRequest(_))
    ));
    assert!(matches!(
        browser.post("authorize", &[("action", "x")]),
        Err(Failure::BadRequest(_))
    ));
    assert_eq!(browser.get("callback"), Err(Failure::NotFound));
    assert_eq!(browser.post("register", &[]), Err(Failure::NotFound));
    assert_eq!((host.records(), host.outbox()), (Vec::new(), Vec::new()));
}

#[test]
fn limits_answer_too_many_requests() {
    let host = Host::seeded(9);
    for n in 0..20 {
        ask(&mut Browser::new(&host), &format!("a{n}@example.org")).unwrap();
    }
    assert!(matches!(
        ask(&mut Browser::new(&host), ADA),
        Err(Failure::TooManyRequests(_))
    ));
    assert!(ask(&mut Browser::new(&host).from("198.51.100.1"), ADA).is_ok());
}

#[test]
fn settings_change_limits_within_bounds() {
    let host = Host::seeded(10);
    let mut browser =
        Browser::<Pin>::new(&host).settings(r#"{"codes":{"per_network_per_hour":1}}"#);
    ask(&mut browser, "a@example.org").unwrap();
    assert!(matches!(
        ask(&mut browser, ADA),
        Err(Failure::TooManyRequests(_))
    ));
    for wrong in [r#"{"codes":{"tries":1000}}"#, r#"{"code":{}}"#, "[1"] {
        let mut browser = Browser::<Pin>::new(&host).settings(wrong);
        assert!(
            matches!(browser.get("authorize"), Err(Failure::Unavailable(_))),
            "{wrong}"
        );
    }
}

#[test]
fn the_application_s_hint_fills_in_the_address_if_it_is_one() {
    let host = Host::seeded(11);
    let mut browser = Browser::<Pin>::new(&host);
    browser.context().login_hint = Some("Ada@example.org".to_owned());
    assert_eq!(
        page(browser.get("authorize")).forms[0].fields[1]
            .value
            .as_deref(),
        Some(ADA)
    );
    browser.context().login_hint = Some("<script>".to_owned());
    assert_eq!(
        page(browser.get("authorize")).forms[0].fields[1].value,
        None
    );
}

#[test]
fn an_outage_signs_nobody_in() {
    let host = Host::seeded(12);
    let mut browser = Browser::<Pin>::new(&host);
    for calls in 0..4 {
        host.records_fail_after(calls);
        assert!(matches!(
            ask(&mut browser, ADA),
            Err(Failure::Unavailable(_))
        ));
        host.heal();
    }
    host.mail_fails();
    assert!(matches!(
        ask(&mut browser, ADA),
        Err(Failure::Unavailable(_) | Failure::TooManyRequests(_))
    ));
    host.heal();
    host.advance(3_600);
    ask(&mut browser, ADA).unwrap();
    let code = host.last_code(ADA).unwrap();
    for calls in 0..5 {
        host.records_fail_after(calls);
        let twin = give(&mut browser.clone(), &code);
        assert!(
            matches!(twin, Err(Failure::Unavailable(_))),
            "{calls}: {twin:?}"
        );
        host.heal();
    }
}

#[test]
fn the_description_is_well_formed() {
    let description = Pin::describe();
    let schema: serde_json::Value = serde_json::from_str(&description.settings_schema).unwrap();
    assert_eq!(
        schema["properties"]["codes"]["properties"]["tries"]["maximum"],
        10
    );
    assert!(description.outbound_hosts.is_empty());
}
