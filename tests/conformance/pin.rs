//! Sign-in by a mailed code: short-lived, few tries, no way to learn who has an account.

use crate::harness::browser::Browser;
use crate::harness::client::SPA;
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::markup;
use crate::harness::random;
use crate::harness::server::{CONFIG, Server, shared};

fn arrive() -> (Browser, crate::harness::browser::Visit) {
    let mut browser = Browser::new(&shared().issuer);
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(shared()));
    (browser, visit)
}

fn wrong(code: &str) -> String {
    let number: u32 = code.parse().expect("digits");
    format!("{:06}", (number + 1) % 1_000_000)
}

#[test]
fn the_code_is_six_digits_and_signs_in() {
    let (email, (mut browser, visit)) = (random::email(), arrive());
    let page = flow::ask_for_pin(&mut browser, visit, &email);
    let code = shared().mailed_code(&email, 1);
    assert!(
        code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()),
        "{code}"
    );
    flow::enter_code(&mut browser, &page, &code).form("allow");
}

#[test]
fn after_five_wrong_tries_the_right_code_is_worth_nothing() {
    let (email, (mut browser, visit)) = (random::email(), arrive());
    let page = flow::ask_for_pin(&mut browser, visit, &email);
    let code = shared().mailed_code(&email, 1);
    for _ in 0..5 {
        let answer = flow::enter_code(&mut browser, &page, &wrong(&code));
        assert!(
            answer.try_form("allow").is_none() && answer.left_for().is_none(),
            "{answer:?}"
        );
    }
    let answer = flow::enter_code(&mut browser, &page, &code);
    assert!(
        answer.try_form("allow").is_none() && answer.left_for().is_none(),
        "a sixth try was allowed"
    );
}

/// The counter is the server's: an old page, an old cookie or another copy of the browser brings no tries back.
#[test]
fn tries_are_counted_on_the_server() {
    let (email, (mut browser, visit)) = (random::email(), arrive());
    let page = flow::ask_for_pin(&mut browser, visit, &email);
    let code = shared().mailed_code(&email, 1);
    let saved = browser.clone();
    for _ in 0..5 {
        let mut copy = saved.clone();
        flow::enter_code(&mut copy, &page, &wrong(&code));
    }
    let mut copy = saved.clone();
    let answer = flow::enter_code(&mut copy, &page, &code);
    assert!(
        answer.try_form("allow").is_none() && answer.left_for().is_none(),
        "an old cookie brought the tries back"
    );
}

#[test]
fn a_code_works_once() {
    let (email, (mut browser, visit)) = (random::email(), arrive());
    let page = flow::ask_for_pin(&mut browser, visit, &email);
    let code = shared().mailed_code(&email, 1);
    let mut saved = browser.clone();
    flow::enter_code(&mut browser, &page, &code).form("allow");
    let again = flow::enter_code(&mut saved, &page, &code);
    assert!(
        again.try_form("allow").is_none() && again.left_for().is_none(),
        "the code worked twice"
    );
}

#[test]
fn a_code_is_for_the_address_it_was_sent_to() {
    let (one, two) = (random::email(), random::email());
    let (mut first, visit) = arrive();
    flow::ask_for_pin(&mut first, visit, &one);
    let (mut second, visit) = arrive();
    let page = flow::ask_for_pin(&mut second, visit, &two);
    let (code, own) = (shared().mailed_code(&one, 1), shared().mailed_code(&two, 1));
    if code != own {
        let answer = flow::enter_code(&mut second, &page, &code);
        assert!(
            answer.try_form("allow").is_none() && answer.left_for().is_none(),
            "someone else's code worked"
        );
    }
    // Nor can the address be swapped on the way.
    let form = page
        .form_with("one-time-code")
        .fill("one-time-code", &own)
        .set("email", &one);
    let answer = second.press(&page, &form, "verify");
    if answer.try_form("allow").is_some() {
        assert!(
            answer.text().contains(&two) && !answer.text().contains(&one),
            "{}",
            answer.text()
        );
    }
}

#[test]
fn known_and_unknown_addresses_look_alike() {
    let (_, known) = flow::newcomer(shared());
    let unknown = random::email();
    let shown = [&known, &unknown].map(|email| {
        let (mut browser, visit) = arrive();
        let page = flow::ask_for_pin(&mut browser, visit, email);
        (
            page.response.status,
            markup::text(&page.response.body).replace(email.as_str(), "…"),
        )
    });
    assert_eq!(shown[0], shown[1]);
    let subjects = [(&known, 2), (&unknown, 1)].map(|(email, nth)| {
        shared().mailed_code(email, nth);
        shared().mails(email)[0]["subject"]
            .as_str()
            .expect("a subject")
            .replace(|letter: char| letter.is_ascii_digit(), "0")
    });
    assert_eq!(subjects[0], subjects[1]);
}

#[test]
fn what_is_no_address_gets_no_mail() {
    for typed in [
        "",
        "x",
        "@example.test",
        "x@",
        "a@b@c.test",
        "x@example.test\r\nBcc: y@example.test",
        "x y@example.test",
        "x@example..test",
    ] {
        let (mut browser, visit) = arrive();
        let page = flow::ask_for_pin(&mut browser, visit, typed);
        assert!(page.response.status < 500, "{typed:?}: {page:?}");
        assert_eq!(
            markup::count(&page.response.body, "input[autocomplete=one-time-code]"),
            0,
            "{typed:?}"
        );
    }
    let mails = shared().mails("y@example.test");
    assert!(
        mails.iter().all(|mail| mail["to"] != "y@example.test"),
        "{mails:?}"
    );
}

#[test]
fn asking_again_at_once_sends_no_second_mail() {
    let (email, (mut browser, visit)) = (random::email(), arrive());
    let page = flow::ask_for_pin(&mut browser, visit, &email);
    shared().mailed_code(&email, 1);
    for _ in 0..3 {
        browser.press(&page, &page.form("resend"), "resend");
    }
    assert_eq!(shared().mails(&email).len(), 1);
}

#[test]
fn one_address_gets_only_so_many_mails() {
    let usual = "per_address_per_hour = 60";
    assert!(
        CONFIG.contains(usual),
        "the shared configuration has changed"
    );
    let server = Server::start(&CONFIG.replace(usual, "per_address_per_hour = 5"));
    let email = random::email();
    for _ in 0..8 {
        let mut browser = Browser::new(&server.issuer);
        let visit = browser.get(&AuthorizationRequest::new(SPA).url(&server));
        let page = flow::ask_for_pin(&mut browser, visit, &email);
        assert!(page.response.status < 500, "{page:?}");
    }
    assert_eq!(server.mails(&email).len(), 5);
}
