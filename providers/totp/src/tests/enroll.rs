//! Setting up an app.

use super::*;

#[test]
fn there_is_nothing_until_a_code_was_right() {
    let host = Host::seeded(1);
    assert_eq!(
        confirming(&host, ADA).get("authorize").unwrap().step,
        Step::Unenrolled
    );
    assert_eq!(
        confirming(&host, ADA).get("recovery").unwrap().step,
        Step::Unenrolled
    );
    let mut browser = confirming(&host, ADA);
    let app = App::of(&page(browser.get("enroll")));
    for (code, error) in [
        (app.never_shows(&host), "enroll.wrong"),
        (app.shows(&host, 2), "enroll.wrong"),
        ("12345".to_owned(), "code.malformed"),
        ("1".repeat(100_000), "code.malformed"),
        (String::new(), "code.malformed"),
    ] {
        let told = page(enters(&mut browser, "enroll", "enroll", &code));
        assert_eq!(error_id(&told), Some(error));
        assert_eq!(App::of(&told).0, app.0, "the same key");
    }
    assert!(host.records().is_empty());
    assert_eq!(
        confirming(&host, ADA).get("authorize").unwrap().step,
        Step::Unenrolled
    );
    let shown = page(enters(
        &mut browser,
        "enroll",
        "enroll",
        &app.shows(&host, 0),
    ));
    assert_eq!(codes(&shown, "recovery.codes").len(), 10);
    let confirmed = identity(enters(&mut browser, "enroll", "done", "")).unwrap();
    assert_eq!(confirmed, Identity::new(ADA).amr(["otp"]));
}

#[test]
fn the_key_is_shown_as_apps_take_it() {
    let host = Host::seeded(2);
    let mut browser = confirming(&host, ADA);
    browser.context().service_name = "Ex & Co: Zürich".to_owned();
    let shown = page(browser.get("enroll"));
    let Some(Figure::QrCode(qr)) = shown.figures.first() else {
        panic!("no QR code")
    };
    let secret = BASE32_NOPAD.encode(&App::of(&shown).0);
    let issuer = "Ex%20%26%20Co%3A%20Z%C3%BCrich";
    assert_eq!(
        qr.content,
        format!(
            "otpauth://totp/{issuer}:ada%40example%2Ecom?secret={secret}&issuer={issuer}&algorithm=SHA1&digits=6&period=30"
        )
    );
    assert_eq!(secret.len(), 32);
    browser.context().service_name = "Ü".repeat(10_000);
    browser.context().account.as_mut().unwrap().label = "😀".repeat(10_000);
    let shown = page(browser.get("enroll"));
    assert!(matches!(shown.figures.first(), Some(Figure::QrCode(qr)) if qr.content.len() <= 1024));
}

#[test]
fn each_time_is_another_key_and_nothing_is_kept_in_clear() {
    let host = Host::seeded(3);
    let mut browser = confirming(&host, ADA);
    let first = App::of(&page(browser.get("enroll")));
    let second = App::of(&page(browser.get("enroll")));
    assert_ne!(first.0, second.0);
    let old = page(enters(
        &mut browser,
        "enroll",
        "enroll",
        &first.shows(&host, 0),
    ));
    assert_eq!(error_id(&old), Some("enroll.wrong"));
    let state = browser.context().state.clone().unwrap();
    let shown = page(enters(
        &mut browser,
        "enroll",
        "enroll",
        &second.shows(&host, 0),
    ));
    let mut kept: Vec<Vec<u8>> = host.records().into_iter().map(|(_, value)| value).collect();
    kept.push(state);
    kept.extend(browser.context().state.clone());
    let mut secrets = codes(&shown, "recovery.codes");
    secrets.push(BASE32_NOPAD.encode(&second.0));
    secrets.extend(secrets.clone().iter().map(|one| one.replace('-', "")));
    secrets.push(doorward_provider::secret::hex(&second.0));
    for bytes in kept {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(secrets.iter().all(|secret| !text.contains(secret)));
        assert!(!bytes.windows(20).any(|window| window == second.0));
    }
    let logged = format!("{:?}", host.events());
    assert!(secrets.iter().all(|secret| !logged.contains(secret)));
}

#[test]
fn who_has_one_gets_no_other_by_the_first_factor_alone() {
    let host = Host::seeded(4);
    let mut waiting = confirming(&host, ADA);
    let thiefs = App::of(&page(waiting.get("enroll")));
    let (app, _) = enrolled(&host, ADA);
    // Asked to enroll, it asks for the code that there is.
    let asked = page(confirming(&host, ADA).get("enroll"));
    assert_eq!(
        (asked.title.id.as_str(), asked.figures.len()),
        ("confirm.title", 0)
    );
    // What was begun before does not end after.
    let told = page(enters(
        &mut waiting,
        "enroll",
        "enroll",
        &thiefs.shows(&host, 0),
    ));
    assert_eq!(told.title.id, "confirm.title");
    assert!(identity(confirms(&host, ADA, &thiefs.shows(&host, 0))).is_none());
    assert!(identity(confirms(&host, ADA, &app.shows(&host, 0))).is_some());
}

#[test]
fn of_two_who_set_one_up_at_once_one_does() {
    let host = Host::seeded(5);
    let mut first = confirming(&host, ADA);
    let app = App::of(&page(first.get("enroll")));
    let mut second = confirming(&host, ADA);
    let other = App::of(&page(second.get("enroll")));
    page(enters(&mut first, "enroll", "enroll", &app.shows(&host, 0)));
    let told = page(enters(
        &mut second,
        "enroll",
        "enroll",
        &other.shows(&host, 0),
    ));
    assert_eq!(told.title.id, "confirm.title");
}

#[test]
fn done_without_a_right_code_begins_again() {
    let host = Host::seeded(6);
    let mut browser = confirming(&host, ADA);
    assert_eq!(
        page(enters(&mut browser, "enroll", "done", "")).title.id,
        "enroll.title"
    );
    assert_eq!(
        page(enters(&mut browser, "enroll", "done", "")).title.id,
        "enroll.title"
    );
    assert!(host.records().is_empty());
}

#[test]
fn a_key_shown_to_one_person_is_no_others() {
    let host = Host::seeded(7);
    let mut hers = confirming(&host, ADA);
    let app = App::of(&page(hers.get("enroll")));
    let mut his = confirming(&host, MALLORY);
    his.context().state = hers.context().state.clone();
    let answer = enters(&mut his, "enroll", "enroll", &app.shows(&host, 0));
    assert!(matches!(answer, Err(Failure::Unavailable(_))));
    assert!(host.records().is_empty());
}
