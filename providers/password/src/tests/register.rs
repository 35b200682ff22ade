//! `register`

use super::*;

#[test]
fn every_mail_is_in_the_language_of_the_pages() {
    let host = Host::seeded(77);
    let mut browser = browser(&host).language("fr");
    browser.registers(ADA, OLD).unwrap();
    let mail = host.last_mail(ADA).unwrap();
    assert!(
        mail.text.contains("pour créer un compte chez Example"),
        "{}",
        mail.text
    );
    browser.asks_for_reset(NOBODY).unwrap();
    let mail = host.last_mail(NOBODY).unwrap();
    assert!(
        mail.subject.contains("Vous n’avez pas de compte"),
        "{}",
        mail.subject
    );
    assert!(
        !mail.text.contains('{') && !mail.text.contains("\\n"),
        "{}",
        mail.text
    );
}

#[test]
fn an_account_is_created_by_the_right_code_only() {
    let host = Host::seeded(1);
    let mut browser = browser(&host);
    assert!(says(
        &page(browser.registers("Ada@Example.org", OLD)),
        "code.sent"
    ));
    assert!(
        host.records()
            .iter()
            .all(|(key, _)| !key.starts_with("account/"))
    );
    assert_eq!(identity(browser.clone().signs_in(ADA, OLD)), None);
    let code = host.last_code(ADA).unwrap();
    assert_eq!(
        error(&page(browser.gives_code("register", &another_than(&code)))),
        Some("code.wrong")
    );
    let ada = identity(browser.gives_code("register", &code)).unwrap();
    assert_eq!(
        (
            ada.email.as_deref(),
            ada.email_verified,
            ada.credential_changed
        ),
        (Some(ADA), true, false)
    );
    assert_eq!(ada.amr, ["pwd"]);
    assert_eq!(ada.subject.len(), 32);
    assert_eq!(
        identity(browser.signs_in(ADA, OLD)).unwrap().subject,
        ada.subject
    );
}

#[test]
fn neither_state_nor_records_hold_the_password() {
    let host = Host::seeded(2);
    let mut browser = browser(&host);
    browser.registers(ADA, OLD).unwrap();
    let state = browser.context().state.clone().unwrap();
    assert!(!String::from_utf8_lossy(&state).contains(OLD));
    assert!(!String::from_utf8_lossy(&state).contains("$test$"));
    assert!(
        host.records()
            .iter()
            .all(|(_, value)| !String::from_utf8_lossy(value).contains(OLD))
    );
}

#[test]
fn bad_passwords_and_addresses_are_refused_before_anything_is_done() {
    let host = Host::seeded(3);
    let mut browser = browser(&host);
    let long = "é".repeat(257);
    for (email, password, expected) in [
        ("ada", OLD, "email.error"),
        (ADA, "", "password.too_short"),
        (ADA, "kLp93vX", "password.too_short"),
        (ADA, long.as_str(), "password.too_long"),
        (ADA, "Password123!", "password.common"),
        (ADA, "ada@example.org", "password.common"),
        (ADA, "Example2025!", "password.common"),
    ] {
        assert_eq!(
            error(&page(browser.registers(email, password))),
            Some(expected),
            "{password}"
        );
    }
    let form = [
        ("action", "register"),
        ("email", ADA),
        ("password", OLD),
        ("repeat", NEW),
    ];
    assert_eq!(
        error(&page(browser.post("register", &form))),
        Some("password.repeat")
    );
    assert_eq!(
        (host.records(), host.outbox(), host.calls().hash),
        (Vec::new(), Vec::new(), 0)
    );
}

#[test]
fn the_operator_may_ask_for_longer_passwords() {
    let host = Host::seeded(4);
    let mut browser = browser(&host).settings(r#"{"min_length":15}"#);
    assert_eq!(
        error(&page(browser.registers(ADA, "kLp93vXqkLp93v"))),
        Some("password.too_short")
    );
    assert!(says(
        &page(browser.registers(ADA, "kLp93vXqkLp93v7")),
        "code.sent"
    ));
    assert_eq!(
        page(browser.get("register")).forms[0].fields[2].min_length,
        Some(15)
    );
}

#[test]
fn the_code_works_in_its_own_sign_in_and_for_its_own_step_only() {
    let host = Host::seeded(5);
    let mut one = browser(&host);
    one.registers(ADA, OLD).unwrap();
    let code = host.last_code(ADA).unwrap();
    assert!(says(
        &page(browser(&host).gives_code("register", &code)),
        "step.gone"
    ));
    let mut other = browser(&host);
    other.registers(ADA, NEW).unwrap();
    assert_eq!(
        error(&page(other.gives_code("register", &code))),
        Some("code.wrong")
    );
    assert!(says(
        &page(one.clone().gives_code("change", &code)),
        "step.gone"
    ));
    assert!(identity(one.gives_code("register", &code)).is_some());
    assert!(identity(browser(&host).signs_in(ADA, OLD)).is_some());
}

#[test]
fn of_parallel_right_codes_one_creates_the_account() {
    let host = Host::seeded(6);
    let mut one = browser(&host);
    one.registers(ADA, OLD).unwrap();
    let code = host.last_code(ADA).unwrap();
    let answers = in_parallel(50, |_| {
        let mut twin = Browser::<Password>::new(&host);
        twin.context().state = one_state(&one);
        twin.gives_code("register", &code).unwrap().into_identity()
    });
    assert_eq!(answers.iter().flatten().count(), 1);
}

fn one_state(browser: &Browser<'_, Password>) -> Option<Vec<u8>> {
    browser.clone().context().state.clone()
}

#[test]
fn of_two_registrations_of_one_address_the_first_completed_counts() {
    let host = Host::seeded(7);
    let (mut one, mut other) = (browser(&host), browser(&host));
    one.registers(ADA, OLD).unwrap();
    let of_one = host.last_code(ADA).unwrap();
    other.registers(ADA, NEW).unwrap();
    let of_other = host.last_code(ADA).unwrap();
    let ada = identity(other.gives_code("register", &of_other)).unwrap();
    assert!(says(
        &page(one.gives_code("register", &of_one)),
        "register.exists"
    ));
    assert_eq!(
        identity(browser(&host).signs_in(ADA, NEW)).unwrap().subject,
        ada.subject
    );
    assert_eq!(identity(browser(&host).signs_in(ADA, OLD)), None);
    let indexed = host
        .records()
        .into_iter()
        .filter(|(key, _)| key.starts_with("subject/"))
        .count();
    assert_eq!(indexed, 1);
}

#[test]
fn codes_expire_and_run_out_of_tries() {
    let host = Host::seeded(8);
    let mut browser = browser(&host);
    browser.registers(ADA, OLD).unwrap();
    let code = host.last_code(ADA).unwrap();
    for _ in 0..5 {
        assert_eq!(
            error(&page(browser.gives_code("register", &another_than(&code)))),
            Some("code.wrong")
        );
    }
    assert_eq!(
        error(&page(browser.gives_code("register", &code))),
        Some("code.exhausted")
    );
    assert!(says(&page(browser.asks_again("register")), "resend.wait"));
    host.advance(30);
    assert!(says(&page(browser.asks_again("register")), "resend.done"));
    host.advance(600);
    assert!(says(
        &page(browser.gives_code("register", &host.last_code(ADA).unwrap())),
        "step.gone"
    ));
    assert!(says(&page(browser.asks_again("register")), "step.gone"));
    browser.registers(ADA, OLD).unwrap();
    host.advance(30);
    browser.asks_again("register").unwrap();
    assert!(identity(browser.gives_code("register", &host.last_code(ADA).unwrap())).is_some());
}

#[test]
fn limits_come_before_the_cost_of_hashing() {
    let host = Host::seeded(9);
    for n in 0..20 {
        browser(&host)
            .registers(&format!("a{n}@example.org"), OLD)
            .unwrap();
    }
    let hashed = host.calls().hash;
    assert!(matches!(
        browser(&host).registers(ADA, OLD),
        Err(Failure::TooManyRequests(_))
    ));
    assert_eq!((host.calls().hash, host.outbox().len()), (hashed, 20));
}

#[test]
fn register_and_reset_share_the_limit_of_an_address() {
    let (host, _) = with_ada(10);
    for n in 0..5 {
        let mut browser = browser(&host).from(&format!("198.51.100.{n}"));
        if n % 2 == 0 {
            browser.registers(ADA, OLD)
        } else {
            browser.asks_for_reset(ADA)
        }
        .unwrap();
    }
    assert!(matches!(
        browser(&host).registers(ADA, OLD),
        Err(Failure::TooManyRequests(_))
    ));
    assert!(matches!(
        browser(&host).asks_for_reset(ADA),
        Err(Failure::TooManyRequests(_))
    ));
    assert_eq!(host.outbox().len(), 1 + 5);
}

#[test]
fn an_account_that_exists_is_left_alone() {
    let (host, ada) = with_ada(11);
    let mut browser = browser(&host);
    browser.registers(ADA, NEW).unwrap();
    assert_eq!(host.last_code(ADA), None);
    assert!(
        host.last_mail(ADA)
            .unwrap()
            .subject
            .contains("already have an account")
    );
    host.advance(30);
    browser.asks_again("register").unwrap();
    assert_eq!(host.last_code(ADA), None);
    assert_eq!(identity(browser.signs_in(ADA, NEW)), None);
    assert_eq!(
        identity(browser.signs_in(ADA, OLD)).unwrap().subject,
        ada.subject
    );
}
