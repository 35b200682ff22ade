//! When the store, the mail or the hash is out, nobody gets in and nothing that was true stops being true.

use super::*;

/// Runs `step` with the store failing after 0, 1, 2 … calls until it succeeds, each on a fresh host prepared alike.
/// While it fails, it fails as `unavailable`, and `holds` afterwards.
fn at_every_call(
    seed: u64,
    prepare: impl Fn(&Host, &Identity) -> Option<Vec<u8>>,
    step: impl Fn(&Host, &mut Browser<'_, Password>) -> Answer,
    holds: impl Fn(&Host, u64),
) {
    for calls in 0..40 {
        let (host, ada) = with_ada(seed);
        let mut browser = browser(&host).signed_in(&ada.subject);
        browser.context().state = prepare(&host, &ada);
        host.records_fail_after(calls);
        let answer = step(&host, &mut browser);
        host.heal();
        match answer {
            Err(Failure::Unavailable(_)) => holds(&host, calls),
            Err(other) => panic!("after {calls} calls: {other:?}"),
            Ok(_) => {
                assert!(calls > 0, "no call to the store at all");
                return;
            }
        }
    }
    panic!("never succeeded");
}

fn old_still_works(host: &Host, calls: u64) {
    let signed_in = identity(browser(host).from("203.0.113.1").signs_in(ADA, OLD));
    assert!(
        signed_in.is_some(),
        "after {calls} calls the old password is lost"
    );
}

#[test]
fn while_registering() {
    let registers = |_: &Host, browser: &mut Browser<'_, Password>| browser.registers(NOBODY, NEW);
    at_every_call(
        1,
        |_, _| None,
        registers,
        |host, calls| {
            assert_eq!(host.last_mail(NOBODY), None, "after {calls} calls");
        },
    );
}

#[test]
fn while_the_code_of_a_registration_is_checked() {
    let prepare = |host: &Host, _: &Identity| {
        let mut browser = browser(host);
        browser.registers(NOBODY, NEW).unwrap();
        browser.context().state.clone()
    };
    // Reading and counting happen first; the code is used up before there is an account, so an outage in between means
    // to start again, and never an account without a code.
    for calls in 0..20 {
        let (host, ada) = with_ada(2);
        let mut browser = browser(&host);
        browser.context().state = prepare(&host, &ada);
        let code = host.last_code(NOBODY).unwrap();
        host.records_fail_after(calls);
        let answer = browser.gives_code("register", &code);
        host.heal();
        let account = identity(Browser::new(&host).signs_in(NOBODY, NEW)).is_some();
        match answer {
            Ok(outcome) => {
                assert!(outcome.into_identity().is_some() && account);
                return;
            }
            Err(failure) => assert!(
                matches!(failure, Failure::Unavailable(_)) && !account,
                "after {calls} calls"
            ),
        }
    }
    panic!("never succeeded");
}

#[test]
fn while_signing_in() {
    let signs_in = |_: &Host, browser: &mut Browser<'_, Password>| browser.signs_in(ADA, OLD);
    at_every_call(3, |_, _| None, signs_in, old_still_works);
}

#[test]
fn while_changing() {
    let changes = |_: &Host, browser: &mut Browser<'_, Password>| browser.changes(OLD, NEW);
    at_every_call(4, |_, _| None, changes, old_still_works);
}

#[test]
fn while_resetting() {
    let asked = |host: &Host, _: &Identity| {
        let mut browser = browser(host);
        browser.asks_for_reset(ADA).unwrap();
        browser.context().state.clone()
    };
    let gives = |host: &Host, browser: &mut Browser<'_, Password>| {
        browser.gives_code("change", &host.last_code(ADA).unwrap())
    };
    at_every_call(5, asked, gives, old_still_works);
    let proved = |host: &Host, _: &Identity| {
        let mut browser = browser(host);
        browser.asks_for_reset(ADA).unwrap();
        browser
            .gives_code("change", &host.last_code(ADA).unwrap())
            .unwrap();
        browser.context().state.clone()
    };
    at_every_call(
        6,
        proved,
        |_, browser| browser.updates(NEW),
        old_still_works,
    );
}

#[test]
fn of_the_mail() {
    let (host, ada) = with_ada(7);
    host.mail_fails();
    assert!(matches!(
        browser(&host).registers(NOBODY, NEW),
        Err(Failure::Unavailable(_))
    ));
    assert!(matches!(
        browser(&host).asks_for_reset(ADA),
        Err(Failure::Unavailable(_))
    ));
    // The notice of a change is a courtesy; the change itself is done.
    assert!(identity(browser(&host).signed_in(&ada.subject).changes(OLD, NEW)).is_some());
    host.heal();
    assert!(identity(browser(&host).signs_in(ADA, NEW)).is_some());
}

#[test]
fn of_the_hash() {
    let (host, _) = with_ada(8);
    let mut resetting = browser(&host);
    resetting.asks_for_reset(ADA).unwrap();
    resetting
        .gives_code("change", &host.last_code(ADA).unwrap())
        .unwrap();
    host.passwords_are_busy();
    assert!(matches!(
        browser(&host).registers(NOBODY, NEW),
        Err(Failure::Unavailable(_))
    ));
    assert!(matches!(
        resetting.updates(NEW),
        Err(Failure::Unavailable(_))
    ));
    host.heal();
    assert_eq!(host.last_mail(NOBODY), None);
    // The ticket was not used up by it.
    assert!(identity(resetting.updates(NEW)).is_some());
}

#[test]
fn of_the_rehash_does_not_turn_a_right_password_away() {
    let (host, _) = with_ada(9);
    host.strengthen_passwords();
    // The calls of a sign-in up to its end; those that strengthen the hash come after.
    host.records_fail_after(4);
    assert!(identity(browser(&host).signs_in(ADA, OLD)).is_some());
    host.heal();
    old_still_works(&host, 4);
}
