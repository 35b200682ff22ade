//! Looking after one's passkeys.

use super::*;

fn press(browser: &mut Browser<'_, Passkey>, action: &str, handle: &str) -> Answer {
    browser.post("manage", &[("action", action), ("passkey", handle)])
}

/// The passkeys on a page: what forms call them, and their names.
fn listed(page: &Page) -> Vec<(String, Option<String>)> {
    let rows = page
        .forms
        .iter()
        .filter(|form| form.fields.iter().any(|field| field.name == "passkey"));
    rows.map(|form| {
        let value = |name: &str| {
            form.fields
                .iter()
                .find(|field| field.name == name)
                .and_then(|field| field.value.clone())
        };
        (value("passkey").unwrap(), value("name"))
    })
    .collect()
}

#[test]
fn passkeys_are_added_named_and_removed() {
    let host = host(1);
    let mut first = linked(&host, ADA, 7);
    let mut second = Authenticator::new(8);
    let mut browser = managing(&host, ADA);
    let added = page(makes(&mut browser, "manage", &mut second, honest));
    assert_eq!(message_ids(&added), ["manage.added"]);
    let rows = listed(&added);
    assert_eq!(rows.len(), 2);
    let named = browser.post(
        "manage",
        &[
            ("action", "rename"),
            ("passkey", &rows[1].0),
            ("name", " Phone "),
        ],
    );
    let named = page(named);
    assert_eq!(listed(&named)[1].1.as_deref(), Some("Phone"));
    assert_eq!(signs_in(&host, &mut second).as_deref(), Some(ADA));

    let sure = page(press(&mut browser, "remove", &rows[0].0));
    assert_eq!(sure.title.id, "remove.unnamed");
    assert_eq!(
        signs_in(&host, &mut first).as_deref(),
        Some(ADA),
        "asked once more"
    );
    let removed = page(press(&mut browser, "remove-now", &rows[0].0));
    assert_eq!(
        (message_ids(&removed), listed(&removed).len()),
        (vec!["manage.removed"], 1)
    );
    assert_eq!(signs_in(&host, &mut first), None);
    assert_eq!(signs_in(&host, &mut second).as_deref(), Some(ADA));
    let done = press(&mut browser, "done", "").unwrap().step;
    assert!(matches!(done, Step::Managed(managed) if !managed.credential_changed));
}

#[test]
fn removing_can_sign_out_everywhere() {
    let host = host(2);
    linked(&host, ADA, 7);
    let mut browser = managing(&host, ADA);
    let rows = listed(&page(makes(
        &mut browser,
        "manage",
        &mut Authenticator::new(8),
        honest,
    )));
    let done = press(&mut browser, "remove-and-sign-out", &rows[0].0)
        .unwrap()
        .step;
    assert!(matches!(done, Step::Managed(managed) if managed.credential_changed));
}

#[test]
fn the_last_one_stays_also_in_parallel() {
    let host = host(3);
    let mut devices = vec![linked(&host, ADA, 7)];
    for seed in 8..12 {
        let mut device = Authenticator::new(seed);
        makes(&mut managing(&host, ADA), "manage", &mut device, honest).unwrap();
        devices.push(device);
    }
    let rows = listed(&page(managing(&host, ADA).get("manage")));
    std::thread::scope(|scope| {
        for (handle, _) in &rows {
            let host = &host;
            scope.spawn(move || press(&mut managing(host, ADA), "remove-now", handle));
        }
    });
    let mut browser = managing(&host, ADA);
    let left = listed(&page(browser.get("manage")));
    assert!(!left.is_empty());
    for (handle, _) in &left[1..] {
        page(press(&mut browser, "remove-now", handle));
    }
    let told = page(press(&mut browser, "remove-now", &left[0].0));
    assert_eq!(
        (message_ids(&told), listed(&told).len()),
        (vec!["passkey.last"], 1)
    );
    let in_by: Vec<_> = devices
        .iter_mut()
        .filter_map(|device| signs_in(&host, device))
        .collect();
    assert_eq!(in_by, [ADA]);
}

#[test]
fn somebody_elses_passkey_is_neither_named_nor_removed() {
    let host = host(4);
    let mut hers = linked(&host, ADA, 7);
    linked(&host, MALLORY, 8);
    makes(
        &mut managing(&host, MALLORY),
        "manage",
        &mut Authenticator::new(9),
        honest,
    )
    .unwrap();
    let (handle, _) = listed(&page(managing(&host, ADA).get("manage"))).remove(0);
    let mut browser = managing(&host, MALLORY);
    for action in ["remove", "remove-now", "remove-and-sign-out"] {
        assert_eq!(
            message_ids(&page(press(&mut browser, action, &handle))),
            ["passkey.unknown"]
        );
    }
    let named = browser.post(
        "manage",
        &[("action", "rename"), ("passkey", &handle), ("name", "mine")],
    );
    assert_eq!(message_ids(&page(named)), ["passkey.unknown"]);
    assert_eq!(signs_in(&host, &mut hers).as_deref(), Some(ADA));
}

#[test]
fn names_are_short_and_plain() {
    let host = host(5);
    linked(&host, ADA, 7);
    let mut browser = managing(&host, ADA);
    let (handle, _) = listed(&page(browser.get("manage"))).remove(0);
    let long = "ä".repeat(65);
    for name in ["", "   ", "a\nb", "a\u{0}", &long] {
        let told = page(browser.post(
            "manage",
            &[("action", "rename"), ("passkey", &handle), ("name", name)],
        ));
        assert_eq!(message_ids(&told), ["name.error"], "{name:?}");
    }
    let fits = "ä".repeat(64);
    let named = page(browser.post(
        "manage",
        &[("action", "rename"), ("passkey", &handle), ("name", &fits)],
    ));
    assert_eq!(listed(&named)[0].1.as_ref(), Some(&fits));
    assert!(matches!(
        press(&mut browser, "x", &handle),
        Err(Failure::BadRequest(_))
    ));
}

#[test]
fn there_are_at_most_twenty_and_options_stay_within_the_contract() {
    let host = host(6);
    let mut devices: Vec<_> = (1..=21).map(Authenticator::new).collect();
    for device in &mut devices {
        device.id.resize(1000, 0);
    }
    let mut browser = linking(&host, ADA);
    makes(&mut browser, "authorize", &mut devices[0], honest).unwrap();
    let mut browser = managing(&host, ADA);
    for device in &mut devices[1..20] {
        let added = page(makes(&mut browser, "manage", device, honest));
        assert_eq!(message_ids(&added), ["manage.added"]);
    }
    let told = page(makes(&mut browser, "manage", &mut devices[20], honest));
    assert_eq!(message_ids(&told), ["passkey.too_many"]);
    // Too many long ids for one page: any of theirs may be used, and is theirs.
    let mut confirming = Browser::new(&host).asked_for(Purpose::Confirm, ADA, Some(ADA));
    assert!(identity(uses(&mut confirming, "authorize", &mut devices[19], honest)).is_some());
    assert!(
        host.records()
            .iter()
            .all(|(_, value)| value.len() < 256 * 1024)
    );
}
