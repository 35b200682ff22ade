//! `change`, by mail

use super::*;

#[test]
fn a_code_buys_one_new_password() {
    let (host, ada) = with_ada(1);
    let mut browser = browser(&host);
    assert!(says(&page(browser.asks_for_reset(ADA)), "code.sent"));
    let code = host.last_code(ADA).unwrap();
    page(browser.gives_code("change", &code));
    let twin = browser.clone();
    let signed_in = identity(browser.updates(NEW)).unwrap();
    assert_eq!(
        signed_in,
        Identity::new(ada.subject)
            .verified_email(ADA)
            .amr(["otp"])
            .credential_changed()
    );
    assert_eq!(identity(browser.signs_in(ADA, OLD)), None);
    assert!(identity(browser.signs_in(ADA, NEW)).is_some());
    assert!(says(
        &page(twin.clone().updates("another new password")),
        "step.gone"
    ));
    assert!(identity(browser.signs_in(ADA, NEW)).is_some());
    assert!(host.last_mail(ADA).unwrap().subject.contains("was changed"));
}

#[test]
fn without_the_code_there_is_no_new_password() {
    let (host, _) = with_ada(2);
    let mut browser = browser(&host);
    assert!(says(&page(browser.updates(NEW)), "step.gone"));
    browser.asks_for_reset(ADA).unwrap();
    assert!(says(&page(browser.updates(NEW)), "step.gone"));
    let code = host.last_code(ADA).unwrap();
    assert_eq!(
        error(&page(browser.gives_code("change", &another_than(&code)))),
        Some("code.wrong")
    );
    assert!(says(&page(browser.updates(NEW)), "step.gone"));
    assert!(says(
        &page(browser.gives_code("register", &code)),
        "step.gone"
    ));
    assert!(identity(browser.signs_in(ADA, OLD)).is_some());
}

#[test]
fn a_bad_new_password_does_not_cost_the_ticket() {
    let (host, _) = with_ada(3);
    let mut browser = browser(&host);
    browser.asks_for_reset(ADA).unwrap();
    browser
        .gives_code("change", &host.last_code(ADA).unwrap())
        .unwrap();
    assert_eq!(
        error(&page(browser.updates("short"))),
        Some("password.too_short")
    );
    assert_eq!(
        error(&page(browser.updates("Password123!"))),
        Some("password.common")
    );
    assert!(identity(browser.updates(NEW)).is_some());
}

#[test]
fn a_ticket_lives_for_15_minutes() {
    let (host, _) = with_ada(4);
    let mut browser = browser(&host);
    browser.asks_for_reset(ADA).unwrap();
    browser
        .gives_code("change", &host.last_code(ADA).unwrap())
        .unwrap();
    host.advance(900);
    assert!(says(&page(browser.updates(NEW)), "step.gone"));
    assert!(identity(browser.signs_in(ADA, OLD)).is_some());
}

#[test]
fn of_parallel_updates_with_one_ticket_one_counts() {
    let (host, _) = with_ada(5);
    let mut one = browser(&host);
    one.asks_for_reset(ADA).unwrap();
    one.gives_code("change", &host.last_code(ADA).unwrap())
        .unwrap();
    let state = one.context().state.clone();
    let answers = in_parallel(50, |n| {
        let mut twin = browser(&host);
        twin.context().state = state.clone();
        identity(twin.updates(&format!("{NEW} {n}"))).map(|_| n)
    });
    let won: Vec<usize> = answers.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert!(identity(browser(&host).signs_in(ADA, &format!("{NEW} {}", won[0]))).is_some());
}

#[test]
fn codes_and_tickets_from_before_another_change_are_void() {
    let (host, ada) = with_ada(6);
    let (mut code, mut ticket) = (browser(&host), browser(&host));
    ticket.asks_for_reset(ADA).unwrap();
    ticket
        .gives_code("change", &host.last_code(ADA).unwrap())
        .unwrap();
    code.asks_for_reset(ADA).unwrap();
    let its_code = host.last_code(ADA).unwrap();
    assert!(identity(browser(&host).signed_in(&ada.subject).changes(OLD, NEW)).is_some());
    assert!(says(
        &page(ticket.updates("third password here")),
        "step.gone"
    ));
    page(code.gives_code("change", &its_code));
    assert!(says(
        &page(code.updates("third password here")),
        "step.gone"
    ));
    assert!(identity(browser(&host).signs_in(ADA, NEW)).is_some());
}

#[test]
fn an_unknown_address_gets_a_note_and_no_code_is_right() {
    let host = Host::seeded(7);
    let mut browser = browser(&host);
    browser.asks_for_reset(NOBODY).unwrap();
    assert_eq!(host.last_code(NOBODY), None);
    assert!(
        host.last_mail(NOBODY)
            .unwrap()
            .subject
            .contains("no account")
    );
    for _ in 0..5 {
        assert_eq!(
            error(&page(browser.gives_code("change", "000000"))),
            Some("code.wrong")
        );
    }
    assert_eq!(
        error(&page(browser.gives_code("change", "000000"))),
        Some("code.exhausted")
    );
}

#[test]
fn asking_again_waits_30_seconds_whichever_way() {
    let (host, _) = with_ada(8);
    let mut browser = browser(&host);
    browser.asks_for_reset(ADA).unwrap();
    let mails = host.outbox().len();
    assert!(says(&page(browser.asks_again("change")), "resend.wait"));
    browser.get("change").unwrap();
    assert!(says(&page(browser.asks_for_reset(ADA)), "resend.wait"));
    assert_eq!(host.outbox().len(), mails);
    host.advance(30);
    assert!(says(&page(browser.asks_again("change")), "resend.done"));
    page(browser.gives_code("change", &host.last_code(ADA).unwrap()));
    assert!(identity(browser.updates(NEW)).is_some());
}

#[test]
fn a_reset_gets_the_owner_in_while_strangers_use_up_the_limit() {
    let (host, _) = with_ada(9);
    for n in 0..20 {
        let _ = browser(&host)
            .from(&format!("198.51.100.{n}"))
            .signs_in(ADA, "wrong password");
    }
    let mut travelling = browser(&host).from("2001:db8::1");
    assert!(matches!(
        travelling.signs_in(ADA, OLD),
        Err(Failure::TooManyRequests(_))
    ));
    travelling.asks_for_reset(ADA).unwrap();
    travelling
        .gives_code("change", &host.last_code(ADA).unwrap())
        .unwrap();
    assert!(identity(travelling.updates(NEW)).is_some());
    // The code has made the network familiar.
    assert!(identity(travelling.signs_in(ADA, NEW)).is_some());
}
