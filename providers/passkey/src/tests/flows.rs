//! What the provider is asked for, and what comes of it.

use doorward_provider::{Leaver, forget};

use super::*;

fn confirming<'a>(host: &'a Host, account: &str, subject: Option<&str>) -> Browser<'a, Passkey> {
    Browser::new(host).asked_for(Purpose::Confirm, account, subject)
}

#[test]
fn it_is_unenrolled_until_something_is_set_up() {
    let host = host(1);
    let mut browser = confirming(&host, ADA, None);
    assert_eq!(browser.get("authorize").unwrap().step, Step::Unenrolled);
    let mut device = Authenticator::new(7);
    let confirmed = identity(makes(&mut browser, "enroll", &mut device, honest)).unwrap();
    assert_eq!(
        (confirmed.subject.as_str(), confirmed.amr),
        (ADA, vec!["hwk".to_owned(), "user".to_owned()])
    );
    let again = uses(
        &mut confirming(&host, ADA, Some(ADA)),
        "authorize",
        &mut device,
        honest,
    );
    assert_eq!(identity(again).unwrap().subject, ADA);
    assert_eq!(
        signs_in(&host, &mut device).as_deref(),
        Some(ADA),
        "to the same account"
    );
}

#[test]
fn somebody_elses_passkey_confirms_nobody() {
    let host = host(2);
    linked(&host, ADA, 7);
    let mut his = linked(&host, MALLORY, 8);
    for handle in [Some(MALLORY), Some(ADA), None] {
        let told = page(uses(
            &mut confirming(&host, ADA, Some(ADA)),
            "authorize",
            &mut his,
            |parts| {
                parts.handle = handle.map(|handle| handle.as_bytes().to_vec());
            },
        ));
        assert_eq!(message_ids(&told), ["passkey.unknown"]);
    }
}

#[test]
fn her_own_passkey_that_says_it_is_somebody_elses_confirms_nobody() {
    let host = host(2);
    let mut hers = linked(&host, ADA, 7);
    for handle in [MALLORY.as_bytes().to_vec(), vec![0xff; 8], Vec::new()] {
        let mut browser = confirming(&host, ADA, Some(ADA));
        let told = page(uses(&mut browser, "authorize", &mut hers, |parts| {
            parts.handle = Some(handle);
        }));
        assert_eq!(message_ids(&told), ["passkey.unknown"]);
    }
}

#[test]
fn what_was_never_linked_is_forgotten_too() {
    let host = host(2);
    // The core did not get to keep the link: it knows the account only.
    let mut device = linked(&host, ADA, 7);
    let leaver = Leaver {
        provider_id: "test".to_owned(),
        settings: String::new(),
        account_id: ADA.to_owned(),
        subject: None,
    };
    forget::<Passkey>(&host, &leaver).unwrap();
    assert_eq!(signs_in(&host, &mut device), None);
    assert!(
        host.records()
            .iter()
            .all(|(key, _)| key.starts_with("used/"))
    );
}

#[test]
fn a_security_key_that_names_nobody_confirms_who_is_known() {
    let host = host(2);
    let mut device = linked(&host, ADA, 7);
    let mut browser = confirming(&host, ADA, Some(ADA));
    let asked = options(&page(browser.get("authorize")), "get");
    assert_eq!(
        asked["allowCredentials"][0]["id"],
        crate::bytes::encode(&device.id)
    );
    let answer = uses(&mut browser, "authorize", &mut device, |parts| {
        parts.handle = None;
    });
    assert_eq!(identity(answer).unwrap().subject, ADA);
}

#[test]
fn a_link_that_failed_half_way_is_finished_by_the_passkey_that_there_is() {
    let host = host(3);
    let mut device = linked(&host, ADA, 7);
    // The core did not get to keep it: the person links once more.
    let mut browser = linking(&host, ADA);
    let first = page(browser.get("authorize"));
    let excluded = options(&first, "create")["excludeCredentials"][0]["id"].clone();
    assert_eq!(excluded, crate::bytes::encode(&device.id));
    let told = page(browser.post(
        "authorize",
        &[
            ("action", "create"),
            ("credential-error", "InvalidStateError"),
        ],
    ));
    assert!(message_ids(&told).contains(&"ceremony.already"));
    assert_eq!(
        identity(uses(&mut browser, "authorize", &mut device, honest))
            .unwrap()
            .subject,
        ADA
    );
}

#[test]
fn nobody_signs_up_unless_the_operator_says_so() {
    let host = host(4);
    assert_eq!(
        Browser::<Passkey>::new(&host).get("register"),
        Err(Failure::NotFound)
    );
    assert_eq!(
        Browser::<Passkey>::new(&host).post("register", &[]),
        Err(Failure::NotFound)
    );
    assert!(
        page(Browser::<Passkey>::new(&host).get("authorize"))
            .links
            .is_empty()
    );
    let allowing = || Browser::<Passkey>::new(&host).settings(r#"{"allow_sign_up":true}"#);
    assert_eq!(page(allowing().get("authorize")).links[0].path, "register");
    let subjects: Vec<String> = [7, 8]
        .map(|seed| {
            let mut device = Authenticator::new(seed);
            let made = identity(makes(&mut allowing(), "register", &mut device, honest)).unwrap();
            assert_eq!(signs_in(&host, &mut device).as_ref(), Some(&made.subject));
            made.subject
        })
        .into();
    assert!(subjects[0] != subjects[1] && subjects.iter().all(|one| one.len() == 43));
    let mut late = allowing();
    let told = page(late.post("register", &[("credential", "{}")]));
    assert!(message_ids(&told).contains(&"ceremony.expired"));
    for seed in 20..40 {
        let _ = makes(
            &mut allowing(),
            "register",
            &mut Authenticator::new(seed),
            honest,
        );
    }
    let refused = makes(
        &mut allowing(),
        "register",
        &mut Authenticator::new(50),
        honest,
    );
    assert!(matches!(refused, Err(Failure::TooManyRequests(_))));
}

#[test]
fn a_passkey_made_for_one_person_is_never_anothers() {
    let host = host(5);
    let mut hers = linking(&host, ADA);
    let asked = options(&page(hers.get("authorize")), "create");
    let mut device = Authenticator::new(7);
    let credential = device.create(&asked, honest);
    // The core keeps states apart; even with hers, his request is about him.
    let mut his = linking(&host, MALLORY);
    his.context().state = hers.context().state.clone();
    let made = identity(his.post(
        "authorize",
        &[("action", "create"), ("credential", &credential)],
    ));
    assert_eq!(made.unwrap().subject, MALLORY);
    assert_eq!(
        signs_in(&host, &mut device),
        None,
        "it calls itself hers, and is not"
    );
}

#[test]
fn what_browsers_say_when_nothing_came_of_it() {
    let host = host(6);
    for (form, told) in [
        (
            vec![("credential", ""), ("credential-error", "NotAllowedError")],
            "ceremony.cancelled",
        ),
        (
            vec![("credential-error", "InvalidStateError")],
            "ceremony.already",
        ),
        (
            vec![("credential-error", "<script>")],
            "ceremony.unsupported",
        ),
        (
            vec![("credential", ""), ("credential-error", "")],
            "ceremony.unsupported",
        ),
        (vec![], "ceremony.unsupported"),
    ] {
        let mut browser = Browser::<Passkey>::new(&host);
        browser.get("authorize").unwrap();
        assert_eq!(message_ids(&page(browser.post("authorize", &form))), [told]);
    }
}

#[test]
fn forgetting_leaves_nothing_and_can_be_done_again() {
    let host = host(7);
    let mut hers = linked(&host, ADA, 7);
    let mut his = linked(&host, MALLORY, 8);
    let leaver = |subject: Option<&str>| Leaver {
        provider_id: "test".to_owned(),
        settings: String::new(),
        account_id: ADA.to_owned(),
        subject: subject.map(str::to_owned),
    };
    for calls in 0..3 {
        host.records_fail_after(calls);
        assert!(matches!(
            forget::<Passkey>(&host, &leaver(Some(ADA))),
            Err(Failure::Unavailable(_))
        ));
        host.heal();
    }
    for subject in [Some(ADA), None, Some(ADA)] {
        forget::<Passkey>(&host, &leaver(subject)).unwrap();
    }
    assert_eq!(signs_in(&host, &mut hers), None);
    assert_eq!(signs_in(&host, &mut his).as_deref(), Some(MALLORY));
    let kept = |kind: &str| {
        host.records()
            .iter()
            .filter(|(key, _)| key.starts_with(kind))
            .count()
    };
    assert_eq!((kept("person/"), kept("credential/")), (1, 1));
    linked(&host, ADA, 7);
}

#[test]
fn an_issuer_without_a_host_name_is_told_to_the_operator() {
    let host = host(8);
    let mut browser = Browser::<Passkey>::new(&host);
    browser.context().base_url = "http://127.0.0.1:8787/passkey".to_owned();
    let Err(Failure::Unavailable(why)) = browser.get("authorize") else {
        panic!("no error")
    };
    assert!(why.contains("localhost"));
}

#[test]
fn other_paths_and_purposes_are_not_found() {
    let host = host(9);
    for path in ["callback", "manage", "enroll", "authorize/x"] {
        assert_eq!(
            Browser::<Passkey>::new(&host).get(path),
            Err(Failure::NotFound)
        );
        assert_eq!(
            Browser::<Passkey>::new(&host).post(path, &[]),
            Err(Failure::NotFound)
        );
    }
    assert_eq!(
        managing(&host, ADA).get("authorize"),
        Err(Failure::NotFound)
    );
    assert_eq!(linking(&host, ADA).get("enroll"), Err(Failure::NotFound));
    let unknown = linking(&host, ADA).post("authorize", &[("action", "x")]);
    assert!(matches!(unknown, Err(Failure::BadRequest(_))));
}

#[test]
fn the_description_is_well_formed() {
    let description = doorward_provider::describe::<Passkey>();
    assert_eq!(description.purposes.len(), 4);
    let schema: Json = serde_json::from_str(&description.settings_schema).unwrap();
    assert_eq!(schema["properties"]["allow_sign_up"]["default"], false);
    assert!(description.outbound_hosts.is_empty());
    for wrong in [r#"{"allow_sign_up":1}"#, r#"{"rp_id":"example"}"#] {
        let refused = Browser::<Passkey>::new(&host(1))
            .settings(wrong)
            .get("authorize");
        assert!(matches!(refused, Err(Failure::Unavailable(_))), "{wrong}");
    }
}
