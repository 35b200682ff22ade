//! Web Authentication Level 3 §7.2, step by step.

use serde_json::json;

use super::authenticator::{BACKED_UP, ELIGIBLE, EXTENSIONS, PRESENT, VERIFIED};
use super::*;

/// A lie is refused for this reason, and the person may try again.
fn refused(reason: &str, lie: impl FnOnce(&mut Parts)) {
    let host = host(1);
    let mut device = linked(&host, ADA, 7);
    let mut browser = Browser::new(&host);
    let told = page(uses(&mut browser, "authorize", &mut device, lie));
    assert_eq!(refusal(&host).as_deref(), Some(reason));
    assert_eq!(message_ids(&told).len(), 1);
    assert_eq!(
        signs_in(&host, &mut device).as_deref(),
        Some(ADA),
        "afterwards"
    );
}

#[test]
fn what_browsers_are_asked_for() {
    let host = host(1);
    let asked = options(
        &page(Browser::<Passkey>::new(&host).get("authorize")),
        "get",
    );
    assert_eq!(asked["rpId"], "id.example");
    assert_eq!(asked["allowCredentials"], json!([]));
    assert_eq!(asked["userVerification"], "required");
}

#[test]
fn a_passkey_signs_in() {
    let host = host(1);
    let mut device = linked(&host, ADA, 7);
    let answer = identity(uses(
        &mut Browser::new(&host),
        "authorize",
        &mut device,
        honest,
    ))
    .unwrap();
    assert_eq!(answer, Identity::new(ADA).amr(["hwk", "user"]));
}

#[test]
fn step_6_it_says_whose_it_is_and_is() {
    let host = host(2);
    let mut hers = linked(&host, ADA, 7);
    let mut his = linked(&host, MALLORY, 8);
    for handle in [
        None,
        Some(vec![]),
        Some(ADA.as_bytes().to_vec()),
        Some(vec![0xff; 8]),
        Some(vec![b'a'; 65]),
        Some(b"nobody".to_vec()),
    ] {
        let mut browser = Browser::new(&host);
        let told = page(uses(&mut browser, "authorize", &mut his, |parts| {
            parts.handle = handle;
        }));
        assert!(message_ids(&told).contains(&"passkey.unknown"));
    }
    // Hers by its id, his by its signature.
    let id = hers.id.clone();
    page(uses(
        &mut Browser::new(&host),
        "authorize",
        &mut his,
        |parts| {
            parts.raw_id = id;
            parts.handle = Some(ADA.as_bytes().to_vec());
        },
    ));
    assert_eq!(refusal(&host).as_deref(), Some("signature"));
    assert_eq!(signs_in(&host, &mut hers).as_deref(), Some(ADA));
    assert_eq!(signs_in(&host, &mut his).as_deref(), Some(MALLORY));
}

#[test]
fn step_10_type_is_webauthn_get() {
    refused("another_ceremony", |parts| parts.kind = "webauthn.create");
}

#[test]
fn step_11_challenge_is_the_one_given() {
    refused("challenge", |parts| {
        parts.challenge = crate::bytes::encode(&[0; 32]);
    });
    let host = host(1);
    let mut device = linked(&host, ADA, 7);
    let asked = options(
        &page(Browser::<Passkey>::new(&host).get("authorize")),
        "get",
    );
    let stolen = device.get(&asked, honest);
    let mut other = Browser::<Passkey>::new(&host);
    page(other.post("authorize", &[("credential", &stolen)]));
    assert_eq!(
        refusal(&host).as_deref(),
        Some("expired"),
        "no page was asked for"
    );
    other.get("authorize").unwrap();
    page(other.post("authorize", &[("credential", &stolen)]));
    assert_eq!(refusal(&host).as_deref(), Some("challenge"));
}

#[test]
fn step_12_origin_is_ours_exactly() {
    for origin in [
        "https://evil.example",
        "http://id.example",
        "https://id.example:444",
        "",
    ] {
        refused("origin", |parts| parts.origin = origin.to_owned());
    }
}

#[test]
fn steps_13_and_14_nothing_from_inside_another_page() {
    refused("origin", |parts| {
        parts.client = json!({"crossOrigin": true});
    });
    refused("origin", |parts| {
        parts.client = json!({"crossOrigin": true, "topOrigin": "https://id.example"});
    });
}

#[test]
fn step_15_rp_id_hash_is_that_of_our_host() {
    refused("relying_party_id", |parts| {
        parts.party = "evil.example".to_owned();
    });
}

#[test]
fn steps_16_and_17_user_is_present_and_verified() {
    refused("no_user_presence", |parts| parts.flags = VERIFIED);
    refused("no_user_verification", |parts| parts.flags = PRESENT);
}

#[test]
fn steps_18_and_19_backup_eligibility_never_changes() {
    refused("backup_flags", |parts| parts.flags |= BACKED_UP);
    refused("backup_flags", |parts| parts.flags |= ELIGIBLE);
}

#[test]
fn step_24_what_changes_is_kept() {
    let host = host(3);
    let mut device = Authenticator::new(7);
    device.flags |= ELIGIBLE;
    makes(&mut linking(&host, ADA), "authorize", &mut device, honest).unwrap();
    let kept = || -> Json {
        let mut records = host.records().into_iter();
        let (_, value) = records.find(|(key, _)| key.starts_with("person/")).unwrap();
        let mut person: Json = serde_json::from_slice(&value).unwrap();
        person["credentials"][0].take()
    };
    let before = kept();
    assert_eq!(
        (&before["backed_up"], &before["used_at"]),
        (&json!(false), &Json::Null)
    );
    host.advance(60);
    device.flags |= BACKED_UP;
    assert_eq!(signs_in(&host, &mut device).as_deref(), Some(ADA));
    let after = kept();
    let now = doorward_provider::testing::START + 60;
    assert_eq!(
        (&after["backed_up"], &after["used_at"]),
        (&json!(true), &json!(now))
    );
}

#[test]
fn step_21_the_signature_is_over_what_was_said() {
    refused("signature", |parts| parts.signature = Some(Vec::new()));
    refused("signature", |parts| {
        parts.signature = Some(vec![0x30, 6, 2, 1, 1, 2, 1, 1]);
    });
    refused("signature", |parts| {
        parts.signature = Some(Authenticator::new(9).sign(b""));
    });
    refused("malformed", |parts| parts.rest = vec![1]);
    refused("malformed", |parts| parts.flags |= EXTENSIONS);
}

#[test]
fn step_22_a_counter_that_stands_still_or_goes_back_is_refused_and_logged() {
    let host = host(3);
    let mut device = Authenticator::new(7);
    device.count = Some(10);
    makes(&mut linking(&host, ADA), "authorize", &mut device, honest).unwrap();
    let clone = device.clone();
    assert_eq!(signs_in(&host, &mut device).as_deref(), Some(ADA));
    for count in [0, 10, 11] {
        let mut clone = clone.clone();
        let told = page(uses(
            &mut Browser::new(&host),
            "authorize",
            &mut clone,
            |parts| parts.count = count,
        ));
        assert_eq!(message_ids(&told), ["passkey.refused"]);
        assert_eq!(refusal(&host).as_deref(), Some("cloned"), "{count}");
    }
    assert_eq!(signs_in(&host, &mut device).as_deref(), Some(ADA));
}

#[test]
fn step_22_an_authenticator_may_have_no_counter() {
    let host = host(3);
    let mut device = linked(&host, ADA, 7);
    for _ in 0..3 {
        assert_eq!(signs_in(&host, &mut device).as_deref(), Some(ADA));
    }
}

#[test]
fn an_answer_is_good_once_also_in_parallel() {
    for counts in [None, Some(1)] {
        let host = host(4);
        let mut device = Authenticator::new(7);
        device.count = counts;
        makes(&mut linking(&host, ADA), "authorize", &mut device, honest).unwrap();
        let mut browser = Browser::<Passkey>::new(&host);
        let asked = options(&page(browser.get("authorize")), "get");
        let given = device.get(&asked, honest);
        let signed_in = std::thread::scope(|scope| {
            let tries: Vec<_> = (0..20)
                .map(|_| {
                    let (mut twin, given) = (browser.clone(), &given);
                    scope.spawn(move || {
                        identity(twin.post("authorize", &[("credential", given)])).is_some()
                    })
                })
                .collect();
            tries
                .into_iter()
                .map(|one| one.join().unwrap())
                .filter(|signed_in| *signed_in)
                .count()
        });
        assert_eq!(signed_in, 1);
        assert_eq!(refusal(&host).as_deref(), Some("replayed"));
    }
}

#[test]
fn an_answer_that_is_too_long_is_not_read() {
    let host = host(1);
    let mut device = linked(&host, ADA, 7);
    let mut browser = Browser::<Passkey>::new(&host);
    let asked = options(&page(browser.get("authorize")), "get");
    let given = device.get(&asked, honest);
    let long = format!("{}{given}", " ".repeat(16 * 1024));
    page(browser.clone().post("authorize", &[("credential", &long)]));
    assert_eq!(refusal(&host).as_deref(), Some("malformed"));
    assert!(identity(browser.post("authorize", &[("credential", &given)])).is_some());
}

#[test]
fn another_type_of_credential_is_refused() {
    let host = host(1);
    let mut device = linked(&host, ADA, 7);
    let mut browser = Browser::<Passkey>::new(&host);
    let asked = options(&page(browser.get("authorize")), "get");
    let given = device
        .get(&asked, honest)
        .replace(r#""type":"public-key""#, r#""type":"password""#);
    page(browser.post("authorize", &[("credential", &given)]));
    assert_eq!(refusal(&host).as_deref(), Some("malformed"));
}

#[test]
fn a_challenge_is_good_for_ten_minutes() {
    let host = host(5);
    let mut device = linked(&host, ADA, 7);
    let mut browser = Browser::<Passkey>::new(&host);
    let asked = options(&page(browser.get("authorize")), "get");
    let given = device.get(&asked, honest);
    host.advance(600);
    let told = page(browser.post("authorize", &[("credential", &given)]));
    assert_eq!(message_ids(&told), ["ceremony.expired"]);
}

#[test]
fn what_is_no_answer_of_a_browser_is_refused() {
    let long = "A".repeat(20_000);
    for json in [
        "{}",
        "null",
        "[1",
        &long,
        r#"{"rawId":"AA","type":"public-key","response":{"clientDataJSON":"!"}}"#,
    ] {
        let host = host(1);
        let mut browser = Browser::<Passkey>::new(&host);
        browser.get("authorize").unwrap();
        page(browser.post("authorize", &[("credential", json)]));
        assert_eq!(refusal(&host).as_deref(), Some("malformed"));
        assert!(host.records().is_empty());
    }
}

#[test]
fn whatever_byte_of_an_answer_changes_it_is_refused() {
    let host = host(6);
    let mut device = linked(&host, ADA, 7);
    let mut browser = Browser::<Passkey>::new(&host);
    let asked = options(&page(browser.get("authorize")), "get");
    let given: Json = serde_json::from_str(&device.get(&asked, honest)).unwrap();
    let read = |value: &Json| {
        serde_json::from_value::<crate::bytes::Bytes>(value.clone())
            .unwrap()
            .0
    };
    let give = |changed: &Json| {
        let answer = browser
            .clone()
            .post("authorize", &[("credential", &changed.to_string())]);
        identity(answer).is_some()
    };
    for member in [
        "clientDataJSON",
        "authenticatorData",
        "signature",
        "userHandle",
    ] {
        let bytes = read(&given["response"][member]);
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            for wrong in [&flipped[..], &bytes[..at]] {
                let mut changed = given.clone();
                changed["response"][member] = crate::bytes::encode(wrong).into();
                assert!(!give(&changed), "{member} {at}");
            }
        }
    }
    assert!(give(&given), "as it was, it is right");
}
