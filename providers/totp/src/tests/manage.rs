//! Looking after what there is.

use doorward_provider::{Leaver, forget};

use super::*;

#[test]
fn it_is_set_up_on_the_account_page_too() {
    let host = Host::seeded(1);
    let mut browser = managing(&host, ADA);
    let app = App::of(&page(browser.get("manage")));
    let shown = page(enters(
        &mut browser,
        "manage",
        "enroll",
        &app.shows(&host, 0),
    ));
    assert_eq!(codes(&shown, "recovery.codes").len(), 10);
    assert_eq!(
        managed(enters(&mut browser, "manage", "done", "")),
        Some(false)
    );
    host.advance(60);
    assert!(identity(confirms(&host, ADA, &app.shows(&host, 0))).is_some());
}

#[test]
fn nothing_changes_without_a_right_code() {
    let host = Host::seeded(2);
    let (app, _) = enrolled(&host, ADA);
    let enrolment = || {
        host.records()
            .into_iter()
            .find(|(key, _)| key.starts_with("account/"))
    };
    let before = enrolment();
    let mut browser = managing(&host, ADA);
    let shown = page(browser.get("manage"));
    assert!(shown.figures.is_empty(), "the key is not shown again");
    for action in ["recovery", "replace", "remove"] {
        assert_eq!(
            error_id(&page(enters(&mut browser, "manage", action, ""))),
            Some("code.malformed")
        );
        let told = page(enters(
            &mut browser,
            "manage",
            action,
            &app.never_shows(&host),
        ));
        assert_eq!(error_id(&told), Some("code.wrong"));
    }
    // What was not begun by a right code cannot be finished.
    let told = page(enters(
        &mut browser,
        "manage",
        "enroll",
        &app.shows(&host, 0),
    ));
    assert_eq!(told.title.id, "manage.title");
    assert_eq!(enrolment(), before);
    assert!(matches!(
        enters(&mut browser, "manage", "x", ""),
        Err(Failure::BadRequest(_))
    ));
}

#[test]
fn recovery_codes_are_made_anew() {
    let host = Host::seeded(3);
    let (app, old) = enrolled(&host, ADA);
    let mut browser = managing(&host, ADA);
    let shown = page(enters(
        &mut browser,
        "manage",
        "recovery",
        &app.shows(&host, 0),
    ));
    let new = codes(&shown, "recovery.codes");
    assert_eq!(
        managed(enters(&mut browser, "manage", "done", "")),
        Some(false)
    );
    assert_eq!(
        error_id(&page(recovers(&host, ADA, &old[0]))),
        Some("recovery.wrong")
    );
    assert!(identity(recovers(&host, ADA, &new[0])).is_some());
}

#[test]
fn another_device_takes_the_place_once_a_code_of_it_is_right() {
    let host = Host::seeded(4);
    let (old, codes) = enrolled(&host, ADA);
    let mut browser = managing(&host, ADA);
    // Whoever lost the device has recovery codes only.
    let shown = page(enters(&mut browser, "manage", "replace", &codes[0]));
    let new = App::of(&shown);
    assert_eq!(
        error_id(&page(enters(
            &mut browser,
            "manage",
            "enroll",
            &new.never_shows(&host)
        ))),
        Some("enroll.wrong")
    );
    assert!(
        identity(confirms(&host, ADA, &old.shows(&host, 0))).is_some(),
        "not yet"
    );
    assert_eq!(
        managed(enters(
            &mut browser,
            "manage",
            "enroll",
            &new.shows(&host, 0)
        )),
        Some(true)
    );
    host.advance(60);
    assert_eq!(
        error_id(&page(confirms(&host, ADA, &old.shows(&host, 0)))),
        Some("code.wrong")
    );
    assert!(identity(confirms(&host, ADA, &new.shows(&host, 0))).is_some());
    assert!(
        identity(recovers(&host, ADA, &codes[1])).is_some(),
        "these stay"
    );
}

#[test]
fn of_two_replacements_at_once_the_second_finds_another_key() {
    let host = Host::seeded(5);
    let (_, codes) = enrolled(&host, ADA);
    let mut first = managing(&host, ADA);
    let one = App::of(&page(enters(&mut first, "manage", "replace", &codes[0])));
    let mut second = managing(&host, ADA);
    let other = App::of(&page(enters(&mut second, "manage", "replace", &codes[1])));
    assert_eq!(
        managed(enters(&mut first, "manage", "enroll", &one.shows(&host, 0))),
        Some(true)
    );
    let told = page(enters(
        &mut second,
        "manage",
        "enroll",
        &other.shows(&host, 0),
    ));
    assert_eq!(told.title.id, "manage.title");
    host.advance(60);
    assert!(identity(confirms(&host, ADA, &one.shows(&host, 0))).is_some());
}

#[test]
fn removing_it_ends_everything_and_leaves_nothing() {
    let host = Host::seeded(6);
    let (app, _) = enrolled(&host, ADA);
    let removed = enters(
        &mut managing(&host, ADA),
        "manage",
        "remove",
        &app.shows(&host, 0),
    );
    assert_eq!(managed(removed), Some(true));
    assert_eq!(
        confirming(&host, ADA).get("authorize").unwrap().step,
        Step::Unenrolled
    );
    assert_eq!(
        confirms(&host, ADA, "123456").unwrap().step,
        Step::Unenrolled
    );
    assert!(
        host.records()
            .iter()
            .all(|(key, _)| !key.starts_with("account/"))
    );
}

#[test]
fn forgetting_can_be_done_again_and_is_about_one_account() {
    let host = Host::seeded(7);
    enrolled(&host, ADA);
    let (his, _) = enrolled(&host, MALLORY);
    let leaver = Leaver {
        provider_id: "test".to_owned(),
        settings: String::new(),
        account_id: ADA.to_owned(),
        subject: None,
    };
    host.records_fail_after(0);
    assert!(matches!(
        forget::<Totp>(&host, &leaver),
        Err(Failure::Unavailable(_))
    ));
    host.heal();
    forget::<Totp>(&host, &leaver).unwrap();
    forget::<Totp>(&host, &leaver).unwrap();
    assert_eq!(
        confirming(&host, ADA).get("authorize").unwrap().step,
        Step::Unenrolled
    );
    assert!(identity(confirms(&host, MALLORY, &his.shows(&host, 0))).is_some());
}
