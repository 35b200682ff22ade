//! When the store is out, nobody gets in and nothing that was true stops being true.

use super::*;

/// Runs `step` with the store failing after 0, 1, 2 … calls until it succeeds, each on a fresh host prepared alike. While it
/// fails, it fails as `unavailable`, and `holds` afterwards.
fn at_every_call(
    step: impl Fn(&Host, &mut Authenticator) -> Answer,
    holds: impl Fn(&Host, &mut Authenticator, u64),
) {
    for calls in 0..40 {
        let host = host(1);
        let mut device = linked(&host, ADA, 7);
        // The page is asked for before the outage: `step` does what has no page first.
        host.records_fail_after(calls);
        let answer = step(&host, &mut device);
        host.heal();
        match answer {
            Err(Failure::Unavailable(_)) => holds(&host, &mut device, calls),
            Err(other) => panic!("after {calls} calls: {other:?}"),
            Ok(_) => {
                assert!(calls > 0, "no call to the store at all");
                return;
            }
        }
    }
    panic!("never succeeded");
}

fn still_signs_in(host: &Host, device: &mut Authenticator, calls: u64) {
    assert_eq!(
        signs_in(host, device).as_deref(),
        Some(ADA),
        "after {calls} calls"
    );
}

/// As [`makes`] and [`uses`], but the store may be out already.
fn step(
    mut browser: Browser<'_, Passkey>,
    path: &str,
    answer: impl FnOnce(&Page) -> String,
    action: &str,
) -> Answer {
    let asked = browser.get(path)?.into_page().expect("a page");
    let credential = answer(&asked);
    browser.post(path, &[("action", action), ("credential", &credential)])
}

#[test]
fn while_signing_in() {
    at_every_call(
        |host, device| {
            let answer = |page: &Page| device.get(&options(page, "get"), honest);
            step(Browser::new(host), "authorize", answer, "use")
        },
        still_signs_in,
    );
}

#[test]
fn while_confirming() {
    at_every_call(
        |host, device| {
            let browser = Browser::new(host).asked_for(Purpose::Confirm, ADA, Some(ADA));
            let answer = |page: &Page| device.get(&options(page, "get"), honest);
            step(browser, "authorize", answer, "use")
        },
        still_signs_in,
    );
}

#[test]
fn while_linking() {
    at_every_call(
        |host, _| {
            let answer =
                |page: &Page| Authenticator::new(9).create(&options(page, "create"), honest);
            step(linking(host, MALLORY), "authorize", answer, "create")
        },
        |host, device, calls| {
            still_signs_in(host, device, calls);
            // Whoever failed half-way can do it again, with the same device too.
            linked(host, MALLORY, 9);
        },
    );
}

#[test]
fn while_one_more_is_added() {
    at_every_call(
        |host, _| {
            let answer =
                |page: &Page| Authenticator::new(9).create(&options(page, "create"), honest);
            step(managing(host, ADA), "manage", answer, "create")
        },
        still_signs_in,
    );
}

#[test]
fn while_one_is_removed() {
    let mut succeeded = false;
    for calls in 0..20 {
        let host = host(1);
        let mut kept = linked(&host, ADA, 7);
        let mut gone = Authenticator::new(8);
        makes(&mut managing(&host, ADA), "manage", &mut gone, honest).unwrap();
        let rows = page(managing(&host, ADA).get("manage"));
        let handle = rows.forms[1].fields[0].value.clone().unwrap();
        host.records_fail_after(calls);
        let form = [
            ("action", "remove-and-sign-out"),
            ("passkey", handle.as_str()),
        ];
        let answer = managing(&host, ADA).post("manage", &form);
        host.heal();
        still_signs_in(&host, &mut kept, calls);
        match answer {
            Ok(_) => {
                assert_eq!(signs_in(&host, &mut gone), None);
                succeeded = true;
                break;
            }
            Err(failure) => assert!(matches!(failure, Failure::Unavailable(_))),
        }
    }
    assert!(succeeded);
}
