//! The whole provider, through the contract.

use doorward_provider::testing::{Browser, Host};
use doorward_provider::{Failure, Identity, Outcome, Page};

use super::*;

const ADA: &str = "ada@example.org";

type Answer = Result<Outcome, Failure>;

fn ask(browser: &mut Browser<'_, MagicLink>, email: &str) -> Answer {
    browser.post("authorize", &[("action", "request"), ("email", email)])
}

fn give(browser: &mut Browser<'_, MagicLink>, code: &str) -> Answer {
    browser.post("authorize", &[("action", "verify"), ("code", code)])
}

/// The code in the link of the latest mail; the rest of it is as it must be.
fn link(host: &Host) -> String {
    let mail = host.last_mail(ADA).unwrap();
    let start = "https://id.example/test/link?transaction=transaction&code=";
    let (_, rest) = mail.text.split_once(start).expect("a link");
    rest.lines().next().unwrap().to_owned()
}

/// Opens the link, and presses the button on the page that it leads to.
fn opens(browser: &mut Browser<'_, MagicLink>, code: &str) -> Answer {
    let asked = page(browser.get_with("link", &[("code", code)]));
    let form = asked.forms.first().expect("a form");
    let fields: Vec<(&str, &str)> = form
        .fields
        .iter()
        .map(|field| {
            (
                field.name.as_str(),
                field.value.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    browser.post(&form.path, &fields)
}

fn page(answer: Answer) -> Page {
    answer.unwrap().into_page().expect("a page")
}

fn identity(answer: Answer) -> Option<Identity> {
    answer.unwrap().into_identity()
}

fn error_id(page: &Page) -> Option<&str> {
    let mut fields = page.forms.iter().flat_map(|form| &form.fields);
    fields.find_map(|field| field.error.as_ref().map(|error| error.id.as_str()))
}

fn message_ids(page: &Page) -> Vec<&str> {
    page.messages
        .iter()
        .map(|one| one.text.id.as_str())
        .collect()
}

#[test]
fn a_link_signs_in() {
    let host = Host::seeded(1);
    let mut browser = Browser::new(&host);
    page(browser.get("authorize"));
    let sent = page(ask(&mut browser, " Ada@Example.org "));
    assert_eq!(message_ids(&sent), ["sent.text", "sent.elsewhere"]);
    let identity = identity(opens(&mut browser, &link(&host))).unwrap();
    assert_eq!(
        identity,
        Identity::new(ADA).verified_email(ADA).amr(["otp"])
    );
}

#[test]
fn so_does_the_code_beside_it() {
    let host = Host::seeded(1);
    let mut browser = Browser::new(&host);
    ask(&mut browser, ADA).unwrap();
    let code = host.last_code(ADA).unwrap();
    assert_eq!(code, link(&host));
    assert!(identity(give(&mut browser, &code)).is_some());
}

#[test]
fn the_subject_shows_no_secret() {
    let host = Host::seeded(1);
    ask(&mut Browser::new(&host), ADA).unwrap();
    let mail = host.last_mail(ADA).unwrap();
    assert!(!mail.subject.contains(&mail.code.unwrap()));
    let records = host.records();
    let code = host.last_code(ADA).unwrap();
    assert!(
        records
            .iter()
            .all(|(_, value)| !String::from_utf8_lossy(value).contains(&code))
    );
}

#[test]
fn the_mail_is_in_the_language_of_the_pages() {
    for (language, words) in [
        ("de", "Er gilt 10 Minuten"),
        ("ja", "有効期間は 10 分"),
        ("nl", "for 10 minutes"),
    ] {
        let host = Host::seeded(1);
        ask(&mut Browser::new(&host).language(language), ADA).unwrap();
        let mail = host.last_mail(ADA).unwrap();
        assert!(
            mail.text.contains(words) && !mail.text.contains('{'),
            "{}",
            mail.text
        );
        assert_eq!(link(&host), mail.code.unwrap());
    }
}

#[test]
fn opening_it_uses_up_nothing() {
    let host = Host::seeded(2);
    let mut browser = Browser::<MagicLink>::new(&host);
    ask(&mut browser, ADA).unwrap();
    let (code, before) = (link(&host), host.records());
    for _ in 0..50 {
        let asked = page(browser.get_with("link", &[("code", &code)]));
        assert_eq!(asked.title.id, "link.title");
    }
    assert_eq!(host.records(), before);
    assert!(identity(opens(&mut browser, &code)).is_some());
}

#[test]
fn it_signs_in_no_other_sign_in() {
    let host = Host::seeded(3);
    let mut browser = Browser::new(&host);
    ask(&mut browser, ADA).unwrap();
    let code = link(&host);
    // The core lets no other browser at this sign-in; another sign-in knows nothing of it.
    let mut other = Browser::<MagicLink>::new(&host);
    assert_eq!(
        message_ids(&page(other.get_with("link", &[("code", &code)]))),
        ["code.gone"]
    );
    assert_eq!(message_ids(&page(give(&mut other, &code))), ["code.gone"]);
    // Nor does one about another address.
    ask(&mut other, "eve@example.org").unwrap();
    assert_eq!(
        error_id(&page(opens(&mut other, &code))),
        Some("code.wrong")
    );
    assert!(identity(opens(&mut browser, &code)).is_some());
}

#[test]
fn it_works_once_also_in_parallel_and_so_does_the_code() {
    let host = Host::seeded(4);
    let mut browser = Browser::new(&host);
    ask(&mut browser, ADA).unwrap();
    let code = link(&host);
    let signed_in = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..50)
            .map(|n| {
                let (mut twin, code) = (browser.clone(), &code);
                scope.spawn(move || {
                    let answer = if n % 2 == 0 {
                        give(&mut twin, code)
                    } else {
                        opens(&mut twin, code)
                    };
                    identity(answer).is_some()
                })
            })
            .collect();
        let tries = tries.into_iter().map(|one| one.join().unwrap());
        tries.filter(|signed_in| *signed_in).count()
    });
    assert_eq!(signed_in, 1);
    assert_eq!(
        message_ids(&page(opens(&mut browser, &code))),
        ["code.gone"]
    );
}

#[test]
fn it_is_valid_for_ten_minutes() {
    let host = Host::seeded(5);
    let mut browser = Browser::new(&host);
    ask(&mut browser, ADA).unwrap();
    let code = link(&host);
    host.advance(599);
    let mut twin = browser.clone();
    host.advance(1);
    assert_eq!(message_ids(&page(opens(&mut twin, &code))), ["code.gone"]);
    host.set_time(doorward_provider::testing::START + 599);
    assert!(identity(opens(&mut browser, &code)).is_some());
}

#[test]
fn another_link_voids_the_one_before() {
    let host = Host::seeded(6);
    let mut browser = Browser::new(&host);
    let resend = [("action", "resend")];
    assert_eq!(
        message_ids(&page(browser.post("authorize", &resend))),
        ["code.gone"]
    );
    ask(&mut browser, ADA).unwrap();
    let old = link(&host);
    assert!(message_ids(&page(browser.post("authorize", &resend))).contains(&"resend.wait"));
    assert!(message_ids(&page(ask(&mut browser, ADA))).contains(&"resend.wait"));
    host.advance(30);
    assert!(message_ids(&page(browser.post("authorize", &resend))).contains(&"resend.done"));
    assert_eq!(
        error_id(&page(opens(&mut browser, &old))),
        Some("code.wrong")
    );
    assert!(identity(opens(&mut browser, &link(&host))).is_some());
}

#[test]
fn five_wrong_tries_are_all() {
    let host = Host::seeded(7);
    let mut browser = Browser::new(&host);
    ask(&mut browser, ADA).unwrap();
    let code = link(&host);
    let wrong = format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000);
    for _ in 0..5 {
        assert_eq!(
            error_id(&page(opens(&mut browser, &wrong))),
            Some("code.wrong")
        );
    }
    assert_eq!(
        error_id(&page(opens(&mut browser, &code))),
        Some("code.exhausted")
    );
}

#[test]
fn mails_are_limited_per_network_and_address() {
    let host = Host::seeded(8);
    for _ in 0..5 {
        ask(&mut Browser::new(&host), ADA).unwrap();
    }
    assert!(matches!(
        ask(&mut Browser::new(&host), ADA),
        Err(Failure::TooManyRequests(_))
    ));
    for n in 0..14 {
        ask(&mut Browser::new(&host), &format!("a{n}@example.org")).unwrap();
    }
    let one_more = ask(&mut Browser::new(&host), "b@example.org");
    assert!(matches!(one_more, Err(Failure::TooManyRequests(_))));
    assert!(
        ask(
            &mut Browser::new(&host).from("198.51.100.1"),
            "b@example.org"
        )
        .is_ok()
    );
}

#[test]
fn malformed_input_changes_nothing() {
    let host = Host::seeded(9);
    let mut browser = Browser::<MagicLink>::new(&host);
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
    assert_eq!(browser.get("callback"), Err(Failure::NotFound));
    assert_eq!(browser.post("link", &[]), Err(Failure::NotFound));
    assert_eq!((host.records(), host.outbox()), (Vec::new(), Vec::new()));
    ask(&mut browser, ADA).unwrap();
    let before = host.records();
    for code in ["", "12345a", "\"><script>", &"1".repeat(100_000)] {
        let asked = page(browser.get_with("link", &[("code", code)]));
        let carried = asked.forms.iter().flat_map(|form| &form.fields);
        let carried: Vec<_> = carried.filter(|field| field.name == "code").collect();
        assert!(
            carried
                .iter()
                .all(|field| field.value.as_deref().unwrap_or_default().len() <= 16)
        );
    }
    assert_eq!(host.records(), before);
}

#[test]
fn the_address_is_filled_in_where_it_is_known() {
    let host = Host::seeded(10);
    let filled = |browser: &mut Browser<'_, MagicLink>| {
        page(browser.get("authorize")).forms[0].fields[1]
            .value
            .clone()
    };
    let mut browser = Browser::new(&host);
    browser.context().login_hint = Some("Ada@example.org".to_owned());
    assert_eq!(filled(&mut browser).as_deref(), Some(ADA));
    let mut confirming = Browser::new(&host).asked_for(Purpose::Confirm, "account", Some(ADA));
    assert_eq!(filled(&mut confirming).as_deref(), Some(ADA));
    browser.context().login_hint = Some("<script>".to_owned());
    assert_eq!(filled(&mut browser), None);
}

#[test]
fn an_outage_signs_nobody_in() {
    let host = Host::seeded(11);
    let mut browser = Browser::new(&host);
    for calls in 0..4 {
        host.records_fail_after(calls);
        assert!(
            matches!(ask(&mut browser, ADA), Err(Failure::Unavailable(_))),
            "{calls}"
        );
        host.heal();
    }
    host.mail_fails();
    let unmailed = ask(&mut browser, ADA);
    assert!(matches!(
        unmailed,
        Err(Failure::Unavailable(_) | Failure::TooManyRequests(_))
    ));
    host.heal();
    host.advance(3_600);
    ask(&mut browser, ADA).unwrap();
    let code = link(&host);
    for calls in 0..5 {
        host.records_fail_after(calls);
        let answer = give(&mut browser.clone(), &code);
        assert!(
            matches!(answer, Err(Failure::Unavailable(_))),
            "{calls}: {answer:?}"
        );
        host.heal();
    }
}

#[test]
fn settings_stay_within_bounds() {
    let host = Host::seeded(12);
    for wrong in [
        r#"{"codes":{"lifetime_s":601}}"#,
        r#"{"codes":{"tries":0}}"#,
        r#"{"link":1}"#,
        "[1",
    ] {
        let answer = Browser::<MagicLink>::new(&host)
            .settings(wrong)
            .get("authorize");
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{wrong}");
    }
    let fits = Browser::<MagicLink>::new(&host)
        .settings(r#"{"codes":{"lifetime_s":60}}"#)
        .get("authorize");
    assert!(fits.is_ok());
    let description = MagicLink::describe();
    let schema: serde_json::Value = serde_json::from_str(&description.settings_schema).unwrap();
    let lifetime = &schema["properties"]["codes"]["properties"]["lifetime_s"];
    assert_eq!(
        (&lifetime["minimum"], &lifetime["maximum"]),
        (&60.into(), &600.into())
    );
}
