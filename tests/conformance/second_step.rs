//! "Password, then a code of an authenticator app" (RFC 6238), on every host: the plugin `totp` behind `[[confirmations]]`, and an
//! authenticator app that is not ours.

use crate::harness::browser::{Browser, Visit};
use crate::harness::client::SPA;
use crate::harness::flow::{self, AuthorizationRequest, PASSWORD};
use crate::harness::server::{CONFIG, Server};
use crate::harness::{jwt, markup, random};
use serde_json::json;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use totp_rs::TOTP;

static SERVER: LazyLock<Server> = LazyLock::new(|| {
    Server::start(&format!(
        "{CONFIG}\n[[provider]]\nid = \"totp\"\nbuiltin = \"totp\"\n\n\
         [[confirmations]]\nafter = [\"password\"]\nby = [\"totp\"]\nrequired = true\n"
    ))
});

/// The seconds of a time step (§4.1).
const STEP_S: u64 = 30;

/// Someone with an app.
struct Person {
    email: String,
    app: TOTP,
    recovery: Vec<String>,
}

fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_secs()
}

impl Person {
    /// The code of now, so many steps later.
    fn code(&self, steps: u64) -> String {
        self.app.generate(now() + steps * STEP_S)
    }
}

fn is_in(visit: &Visit) -> bool {
    visit.try_form("allow").is_some() || visit.left_for().is_some()
}

/// A person who has just registered, in a browser that was shown what to set up.
fn arrive() -> (Browser, Visit, String) {
    let (mut browser, email) = (Browser::new(&SERVER.issuer), random::email());
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(&SERVER));
    let visit = flow::register_password(&SERVER, &mut browser, visit, &email, PASSWORD);
    (browser, visit, email)
}

fn app(page: &Visit) -> TOTP {
    let links = markup::links(&page.response.body);
    let link = links.iter().find(|link| link.starts_with("otpauth://"));
    let link = link.unwrap_or_else(|| panic!("no otpauth link in {}", page.response.body));
    TOTP::from_url(link).expect("an app takes it")
}

/// Waits until there is time left in which the step before is one step before.
fn early_in_a_step() {
    let begun = now() % STEP_S;
    if begun >= STEP_S - 10 {
        std::thread::sleep(Duration::from_secs(STEP_S - begun));
    }
}

/// Sets an app up by the code of the step before, so that those of now and of the next one are left.
fn enrolled() -> (Browser, Visit, Person) {
    let (mut browser, page, email) = arrive();
    assert!(!is_in(&page), "nobody is in before the last step");
    let app = app(&page);
    early_in_a_step();
    let code = app.generate(now() - STEP_S);
    let form = page.form_with("one-time-code").fill("one-time-code", &code);
    let page = browser.press(&page, &form, "enroll");
    let recovery = markup::texts(&page.response.body, "code");
    assert_eq!(recovery.len(), 10, "{}", page.response.body);
    let visit = browser.press(&page, &page.form("done"), "done");
    let person = Person {
        email,
        app,
        recovery,
    };
    (browser, visit, person)
}

/// Another browser, where the password was right.
fn halfway(person: &Person) -> (Browser, Visit) {
    let mut browser = Browser::new(&SERVER.issuer);
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(&SERVER));
    let visit = flow::sign_in_by_password(&mut browser, visit, &person.email, PASSWORD);
    assert!(!is_in(&visit), "nobody is in before the last step");
    (browser, visit)
}

fn give(browser: &mut Browser, page: &Visit, code: &str) -> Visit {
    let form = page.form_with("one-time-code").fill("one-time-code", code);
    browser.press(page, &form, "confirm")
}

#[test]
fn whoever_has_no_app_sets_one_up_and_is_in_by_both() {
    let (mut browser, visit, _) = enrolled();
    assert!(is_in(&visit), "{}", visit.response.body);
    flow::finish(&mut browser, &visit);
    let tokens = AuthorizationRequest::new(SPA).tokens(&SERVER, &mut browser);
    let (_, claims) = jwt::read(tokens.id());
    let mut amr: Vec<_> = claims["amr"].as_array().expect("amr").clone();
    amr.sort_by_key(ToString::to_string);
    assert_eq!(amr, [json!("otp"), json!("pwd")]);
}

#[test]
fn the_second_step_is_asked_for_and_only_a_right_code_passes() {
    let (_, _, person) = enrolled();
    let (mut browser, page) = halfway(&person);
    let page = give(&mut browser, &page, "000000");
    assert!(!is_in(&page));
    // Leaving it out lets nobody past it.
    let elsewhere = browser.get(&AuthorizationRequest::new(SPA).url(&SERVER));
    assert!(!is_in(&elsewhere));
    let visit = give(&mut browser, &page, &person.code(0));
    assert!(is_in(&visit), "{}", visit.response.body);
}

/// RFC 6238 §5.2.
#[test]
fn s5_2_a_code_is_good_once() {
    let (_, _, person) = enrolled();
    let code = person.code(0);
    let (mut first, page) = halfway(&person);
    assert!(is_in(&give(&mut first, &page, &code)));
    let (mut second, page) = halfway(&person);
    let refused = give(&mut second, &page, &code);
    assert!(!is_in(&refused));
    assert!(is_in(&give(&mut second, &refused, &person.code(1))));
}

#[test]
fn s5_2_of_two_at_once_one_is_in() {
    let (_, _, person) = enrolled();
    let code = person.code(0);
    let ready: Vec<_> = (0..4).map(|_| halfway(&person)).collect();
    let passed = std::thread::scope(|scope| {
        let code = &code;
        let tries = ready.into_iter().map(|(mut browser, page)| {
            scope.spawn(move || is_in(&give(&mut browser, &page, code)))
        });
        let tries: Vec<_> = tries.collect();
        let results = tries.into_iter().map(|one| one.join().expect("an answer"));
        results.filter(|passed| *passed).count()
    });
    assert_eq!(passed, 1);
}

#[test]
fn a_recovery_code_passes_once_in_place_of_a_code() {
    let (_, _, person) = enrolled();
    let code = person.recovery.first().expect("ten of them");
    let mut passed = Vec::new();
    for _ in 0..2 {
        let (mut browser, page) = halfway(&person);
        let page = browser.get(&page.link("/totp/recovery"));
        let form = page.form("confirm").set("recovery", code);
        passed.push(is_in(&browser.press(&page, &form, "confirm")));
    }
    assert_eq!(passed, [true, false]);
}
