//! When the store is out, nobody is confirmed and nothing that was true stops being true.

use super::*;

/// Runs `step` with the store failing after 0, 1, 2 … calls until it succeeds, each on a fresh host prepared alike. While it
/// fails, it fails as `unavailable`, and `holds` afterwards.
fn at_every_call(
    step: impl Fn(&Host, &App, &[String]) -> Answer,
    holds: impl Fn(&Host, &App, &[String], u64),
) {
    for calls in 0..40 {
        let host = Host::seeded(1);
        let (app, codes) = enrolled(&host, ADA);
        host.records_fail_after(calls);
        let answer = step(&host, &app, &codes);
        host.heal();
        match answer {
            Err(Failure::Unavailable(_)) => holds(&host, &app, &codes, calls),
            Err(other) => panic!("after {calls} calls: {other:?}"),
            Ok(_) => {
                assert!(calls > 0, "no call to the store at all");
                return;
            }
        }
    }
    panic!("never succeeded");
}

/// A later code of the app confirms.
fn app_works(host: &Host, app: &App, _: &[String], calls: u64) {
    host.advance(60);
    assert!(
        identity(confirms(host, ADA, &app.shows(host, 0))).is_some(),
        "after {calls} calls"
    );
}

#[test]
fn while_a_code_is_given() {
    at_every_call(
        |host, app, _| confirms(host, ADA, &app.shows(host, 0)),
        app_works,
    );
}

#[test]
fn while_a_recovery_code_is_given() {
    at_every_call(
        |host, _, codes| recovers(host, ADA, &codes[0]),
        |host, app, codes, calls| {
            app_works(host, app, codes, calls);
            assert!(
                identity(recovers(host, ADA, &codes[0])).is_some(),
                "after {calls} calls"
            );
        },
    );
}

#[test]
fn while_recovery_codes_are_made_anew() {
    at_every_call(
        |host, app, _| {
            enters(
                &mut managing(host, ADA),
                "manage",
                "recovery",
                &app.shows(host, 0),
            )
        },
        |host, app, codes, calls| {
            app_works(host, app, codes, calls);
            assert!(
                identity(recovers(host, ADA, &codes[0])).is_some(),
                "after {calls} calls"
            );
        },
    );
}

#[test]
fn while_it_is_removed() {
    at_every_call(
        |host, app, _| {
            enters(
                &mut managing(host, ADA),
                "manage",
                "remove",
                &app.shows(host, 0),
            )
        },
        app_works,
    );
}

#[test]
fn while_it_is_replaced() {
    at_every_call(
        |host, app, _| {
            let mut browser = managing(host, ADA);
            let shown = enters(&mut browser, "manage", "replace", &app.shows(host, 0))?;
            let new = App::of(&shown.into_page().unwrap());
            enters(&mut browser, "manage", "enroll", &new.shows(host, 0))
        },
        app_works,
    );
}

#[test]
fn while_it_is_set_up() {
    for calls in 0..20 {
        let host = Host::seeded(2);
        let mut browser = confirming(&host, ADA);
        let app = App::of(&page(browser.get("enroll")));
        let code = app.shows(&host, 0);
        host.records_fail_after(calls);
        let answer = enters(&mut browser, "enroll", "enroll", &code);
        host.heal();
        if answer.is_ok() {
            assert!(calls > 0);
            return;
        }
        assert!(matches!(answer, Err(Failure::Unavailable(_))));
        assert_eq!(
            confirming(&host, ADA).get("authorize").unwrap().step,
            Step::Unenrolled
        );
        // The same page, the same code: nothing was used.
        assert!(
            enters(&mut browser, "enroll", "enroll", &code)
                .unwrap()
                .is_page()
        );
    }
    panic!("never succeeded");
}
