//! Confirming by a code.

use doorward_provider::services::Records;

use super::*;

#[test]
fn a_code_confirms_one_step_early_or_late() {
    for ahead in -1..=1 {
        let host = Host::seeded(1);
        let (app, _) = enrolled(&host, ADA);
        let confirmed = identity(confirms(&host, ADA, &app.shows(&host, ahead)));
        assert_eq!(confirmed, Some(Identity::new(ADA).amr(["otp"])), "{ahead}");
    }
    for ahead in [-3, -2, 2, 3] {
        let host = Host::seeded(1);
        let (app, _) = enrolled(&host, ADA);
        let told = page(confirms(&host, ADA, &app.shows(&host, ahead)));
        assert_eq!(error_id(&told), Some("code.wrong"), "{ahead}");
    }
}

#[test]
fn blanks_do_not_matter() {
    let host = Host::seeded(1);
    let (app, _) = enrolled(&host, ADA);
    let code = app.shows(&host, 0);
    let (left, right) = code.split_at(3);
    assert!(identity(confirms(&host, ADA, &format!(" {left} {right}"))).is_some());
}

#[test]
fn no_code_is_used_twice_nor_one_before_it() {
    let host = Host::seeded(2);
    let (app, _) = enrolled(&host, ADA);
    assert!(identity(confirms(&host, ADA, &app.shows(&host, 0))).is_some());
    for ahead in [0, -1] {
        let told = page(confirms(&host, ADA, &app.shows(&host, ahead)));
        assert_eq!(error_id(&told), Some("code.used"), "{ahead}");
    }
    assert!(identity(confirms(&host, ADA, &app.shows(&host, 1))).is_some());
}

#[test]
fn the_code_of_the_setup_is_used() {
    let host = Host::seeded(2);
    let mut browser = confirming(&host, ADA);
    let app = App::of(&page(browser.get("enroll")));
    let code = app.shows(&host, 0);
    page(enters(&mut browser, "enroll", "enroll", &code));
    assert_eq!(
        error_id(&page(confirms(&host, ADA, &code))),
        Some("code.used")
    );
}

#[test]
fn of_parallel_uses_of_a_code_one_is_right() {
    let host = Host::seeded(3);
    let (app, _) = enrolled(&host, ADA);
    let code = app.shows(&host, 0);
    assert_eq!(parallel(|| confirms(&host, ADA, &code)), 1);
}

#[test]
fn of_parallel_uses_of_a_recovery_code_one_is_right() {
    let host = Host::seeded(4);
    let (_, codes) = enrolled(&host, ADA);
    assert_eq!(parallel(|| recovers(&host, ADA, &codes[0])), 1);
}

#[test]
fn each_recovery_code_works_once() {
    let host = Host::seeded(5);
    let (_, codes) = enrolled(&host, ADA);
    for code in &codes {
        assert_eq!(
            identity(recovers(&host, ADA, &code.to_lowercase()))
                .unwrap()
                .subject,
            ADA
        );
        assert_eq!(
            error_id(&page(recovers(&host, ADA, code))),
            Some("recovery.wrong")
        );
        host.advance(86_400);
    }
    let used = host
        .events()
        .iter()
        .filter(|one| one.name == "totp.recovery_used")
        .count();
    assert_eq!(used, 10);
}

#[test]
fn wrong_codes_are_limited_per_account_and_recovery_codes_apart() {
    let host = Host::seeded(6);
    let (app, codes) = enrolled(&host, ADA);
    let (his, _) = enrolled(&host, MALLORY);
    host.set_time(doorward_provider::testing::START + 9_000);
    for _ in 0..5 {
        assert_eq!(
            error_id(&page(confirms(&host, ADA, &app.never_shows(&host)))),
            Some("code.wrong")
        );
    }
    let refused = confirms(&host, ADA, &app.shows(&host, 0));
    assert!(
        matches!(refused, Err(Failure::TooManyRequests(900))),
        "{refused:?}"
    );
    assert!(identity(recovers(&host, ADA, &codes[0])).is_some());
    assert!(identity(confirms(&host, MALLORY, &his.shows(&host, 0))).is_some());
    host.advance(900);
    assert!(identity(confirms(&host, ADA, &app.shows(&host, 0))).is_some());
    // A day has twenty, whatever the quarters of an hour.
    for _ in 0..3 {
        host.advance(900);
        for _ in 0..5 {
            page(confirms(&host, ADA, &app.never_shows(&host)));
        }
    }
    host.advance(900);
    let refused = confirms(&host, ADA, &app.shows(&host, 0));
    assert!(matches!(refused, Err(Failure::TooManyRequests(seconds)) if seconds > 3_600));
}

#[test]
fn parallel_guesses_are_counted() {
    let host = Host::seeded(7);
    let (app, _) = enrolled(&host, ADA);
    let wrong = app.never_shows(&host);
    let looked_at = std::sync::atomic::AtomicUsize::new(0);
    parallel(|| {
        let answer = confirms(&host, ADA, &wrong);
        if answer.is_ok() {
            looked_at.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        }
        answer
    });
    assert_eq!(looked_at.into_inner(), 5);
}

#[test]
fn somebody_elses_code_and_record_are_worth_nothing() {
    let host = Host::seeded(8);
    let (hers, codes) = enrolled(&host, ADA);
    let (his, _) = enrolled(&host, MALLORY);
    assert_eq!(
        error_id(&page(confirms(&host, ADA, &his.shows(&host, 0)))),
        Some("code.wrong")
    );
    assert_eq!(
        error_id(&page(recovers(&host, MALLORY, &codes[0]))),
        Some("recovery.wrong")
    );
    // Whoever can write records puts his key in the place of hers: it is sealed for him.
    let accounts: Vec<_> = host
        .records()
        .into_iter()
        .filter(|(key, _)| key.starts_with("account/"))
        .collect();
    let record = |app: &App| {
        // The one whose owner can use it.
        let account = if app.0 == hers.0 { ADA } else { MALLORY };
        let key = format!("account/{}", crate::enrolment::segment(account));
        accounts
            .iter()
            .find(|(name, _)| *name == key)
            .unwrap()
            .clone()
    };
    let (key, _) = record(&hers);
    let version = host.get(&key).unwrap().unwrap().version;
    host.replace(&key, version, &record(&his).1, None).unwrap();
    let answer = confirms(&host, ADA, &his.shows(&host, 0));
    assert!(matches!(answer, Err(Failure::Unavailable(_))), "{answer:?}");
}

#[test]
fn malformed_input_is_not_counted() {
    let host = Host::seeded(9);
    let (app, _) = enrolled(&host, ADA);
    let before = host.records();
    for code in [
        "",
        "12345",
        "1234567",
        "abcdef",
        "１２３４５６",
        &"1".repeat(100_000),
    ] {
        assert_eq!(
            error_id(&page(confirms(&host, ADA, code))),
            Some("code.malformed")
        );
        assert_eq!(
            error_id(&page(recovers(&host, ADA, code))),
            Some("recovery.wrong")
        );
    }
    assert_eq!(host.records(), before);
    assert!(identity(confirms(&host, ADA, &app.shows(&host, 0))).is_some());
}

#[test]
fn it_is_no_way_in() {
    let host = Host::seeded(10);
    enrolled(&host, ADA);
    for path in ["authorize", "enroll", "manage", "recovery", "callback"] {
        assert_eq!(
            Browser::<Totp>::new(&host).get(path),
            Err(Failure::NotFound)
        );
        assert_eq!(
            Browser::<Totp>::new(&host).post(path, &[("action", "done")]),
            Err(Failure::NotFound)
        );
    }
    assert_eq!(managing(&host, ADA).get("enroll"), Err(Failure::NotFound));
    assert_eq!(confirming(&host, ADA).get("manage"), Err(Failure::NotFound));
    assert!(matches!(
        confirming(&host, ADA).post("enroll", &[]),
        Err(Failure::BadRequest(_))
    ));
    let description = doorward_provider::describe::<Totp>();
    assert_eq!(description.purposes, [Purpose::Confirm, Purpose::Manage]);
}

#[test]
fn settings_stay_within_bounds() {
    let host = Host::seeded(11);
    for wrong in [
        r#"{"wrong_per_day":0}"#,
        r#"{"wrong_per_quarter_hour":21}"#,
        r#"{"digits":8}"#,
        "[1",
    ] {
        let answer = confirming(&host, ADA).settings(wrong).get("authorize");
        assert!(matches!(answer, Err(Failure::Unavailable(_))), "{wrong}");
    }
    let schema: serde_json::Value =
        serde_json::from_str(&doorward_provider::describe::<Totp>().settings_schema).unwrap();
    for (name, most) in [("wrong_per_quarter_hour", 20), ("wrong_per_day", 200)] {
        let said = &schema["properties"][name];
        assert_eq!(
            (&said["minimum"], &said["maximum"]),
            (&1.into(), &most.into())
        );
        let fits = format!(r#"{{"{name}":{most}}}"#);
        assert!(
            confirming(&host, ADA)
                .settings(&fits)
                .get("authorize")
                .is_ok()
        );
    }
}
