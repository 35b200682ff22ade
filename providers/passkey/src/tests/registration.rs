//! Web Authentication Level 3 §7.1, step by step.

use coset::cbor::Value;
use serde_json::json;

use super::authenticator::{BACKED_UP, ELIGIBLE, EXTENSIONS, PRESENT, VERIFIED, cbor, cose};
use super::*;

/// A lie is refused for this reason, and nothing is kept but that the challenge was used.
fn refused(reason: &str, lie: impl FnOnce(&mut Parts)) {
    let host = host(1);
    let mut device = Authenticator::new(7);
    let told = page(makes(
        &mut linking(&host, ADA),
        "authorize",
        &mut device,
        lie,
    ));
    assert_eq!(refusal(&host).as_deref(), Some(reason));
    assert!(
        message_ids(&told)
            .iter()
            .any(|id| id.starts_with("ceremony.") || *id == "passkey.refused")
    );
    assert!(
        host.records()
            .iter()
            .all(|(key, _)| key.starts_with("used/")),
        "{reason}"
    );
}

#[test]
fn what_browsers_are_asked_for() {
    let host = host(1);
    let asked = options(&page(linking(&host, ADA).get("authorize")), "create");
    assert_eq!(asked["rp"], json!({"id": "id.example", "name": "Example"}));
    let challenge: crate::bytes::Bytes =
        serde_json::from_value(asked["challenge"].clone()).unwrap();
    assert_eq!(challenge.0.len(), 32);
    let algorithms: Vec<_> = asked["pubKeyCredParams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["alg"])
        .collect();
    assert_eq!(algorithms, [-7, -8, -257]);
    assert_eq!(asked["attestation"], "none");
    let selection = &asked["authenticatorSelection"];
    assert_eq!(
        (&selection["residentKey"], &selection["userVerification"]),
        (&json!("required"), &json!("required"))
    );
    let again = options(&page(linking(&host, ADA).get("authorize")), "create");
    assert_ne!(asked["challenge"], again["challenge"]);
}

#[test]
fn step_7_type_is_webauthn_create() {
    refused("another_ceremony", |parts| parts.kind = "webauthn.get");
}

#[test]
fn step_8_challenge_is_the_one_given() {
    refused("challenge", |parts| {
        parts.challenge = crate::bytes::encode(&[0; 32]);
    });
    refused("challenge", |parts| parts.challenge.clear());
}

#[test]
fn step_9_origin_is_ours_exactly() {
    for origin in [
        "https://evil.example",
        "http://id.example",
        "https://id.example:8443",
        "https://id.example/",
        "https://ID.example",
        "https://sub.id.example",
        "https://id.example.evil.example",
        "null",
    ] {
        refused("origin", |parts| parts.origin = origin.to_owned());
    }
}

#[test]
fn steps_10_and_11_nothing_from_inside_another_page() {
    refused("origin", |parts| {
        parts.client = json!({"crossOrigin": true});
    });
    refused("origin", |parts| {
        parts.client = json!({"topOrigin": "https://id.example"});
    });
}

#[test]
fn step_14_rp_id_hash_is_that_of_our_host() {
    refused("relying_party_id", |parts| {
        parts.party = "example".to_owned();
    });
    refused("relying_party_id", |parts| {
        parts.party = "evil.example".to_owned();
    });
}

#[test]
fn steps_15_and_16_user_is_present_and_verified() {
    refused("no_user_presence", |parts| parts.flags = VERIFIED);
    refused("no_user_verification", |parts| parts.flags = PRESENT);
}

#[test]
fn step_17_nothing_is_backed_up_that_cannot_be() {
    refused("backup_flags", |parts| parts.flags |= BACKED_UP);
}

#[test]
fn step_20_the_algorithm_is_one_that_was_asked_for() {
    let half = || Value::Bytes(vec![1; 32]);
    let point = [(-1, Value::from(1)), (-2, half()), (-3, half())];
    for key in [
        cose(2, -35, &point),
        cose(2, -47, &point),
        cose(1, -7, &point),
        cose(2, -8, &point),
        cose(2, -7, &[(-1, Value::from(2)), (-2, half()), (-3, half())]),
        cose(
            2,
            -7,
            &[(-1, Value::from(1)), (-2, half()), (-3, Value::Bool(true))],
        ),
        cose(
            2,
            -7,
            &[
                (-1, Value::from(1)),
                (-2, half()),
                (-3, Value::Bytes(vec![1; 33])),
            ],
        ),
        cose(2, -7, &[(-1, Value::from(1)), (-2, half())]),
        cose(4, 5, &[(-1, half())]),
        cose(
            3,
            -257,
            &[
                (-1, Value::Bytes(vec![1; 2000])),
                (-2, Value::Bytes(vec![1, 0, 1])),
            ],
        ),
        Value::Map(vec![]),
        Value::Map(vec![(1.into(), 2.into()), (1.into(), 2.into())]),
        Value::from("key"),
    ] {
        refused("public_key", |parts| parts.key = key);
    }
}

#[test]
fn a_key_that_the_host_does_not_take_is_not_registered() {
    let half = || Value::Bytes(vec![1; 32]);
    let key = cose(2, -7, &[(-1, Value::from(1)), (-2, half()), (-3, half())]);
    refused("public_key", |parts| parts.key = key);
}

#[test]
fn steps_22_and_23_statements_are_none_or_by_the_credentials_own_key() {
    let text = |name: &str| Value::from(name);
    refused("attestation", |parts| parts.format = "apple");
    refused("attestation", |parts| parts.format = "fido-u2f");
    refused("attestation", |parts| {
        parts.statement = vec![(text("x"), 1.into())];
    });
    refused("attestation", |parts| parts.format = "packed");
    refused("attestation", |parts| {
        parts.format = "packed";
        parts.statement = vec![
            (text("alg"), (-7).into()),
            (text("sig"), Value::Bytes(vec![1; 70])),
        ];
    });
    refused("attestation", |parts| {
        parts.format = "packed";
        parts.self_attested = true;
        parts.statement = vec![(text("x5c"), Value::Array(vec![]))];
    });
    refused("attestation", |parts| {
        parts.format = "packed";
        parts.self_attested = true;
        parts.statement_alg = -8;
    });
    let host = host(2);
    let mut device = Authenticator::new(7);
    let done = makes(
        &mut linking(&host, ADA),
        "authorize",
        &mut device,
        |parts| {
            parts.format = "packed";
            parts.self_attested = true;
        },
    );
    assert!(identity(done).is_some());
    assert_eq!(signs_in(&host, &mut device).as_deref(), Some(ADA));
}

#[test]
fn step_26_an_id_has_1_to_1023_bytes_and_is_the_one_signed() {
    let both = |length: usize| {
        move |parts: &mut Parts| {
            parts.id = vec![9; length];
            parts.raw_id = parts.id.clone();
        }
    };
    refused("credential_id", both(0));
    refused("credential_id", both(1024));
    refused("credential_id", |parts| parts.raw_id = vec![1; 16]);
    let host = host(2);
    let mut device = Authenticator::new(7);
    device.id = vec![9; 1023];
    assert!(
        identity(makes(
            &mut linking(&host, ADA),
            "authorize",
            &mut device,
            honest
        ))
        .is_some()
    );
    assert_eq!(signs_in(&host, &mut device).as_deref(), Some(ADA));
}

#[test]
fn step_27_an_id_is_registered_once() {
    let host = host(3);
    let mut hers = linked(&host, ADA, 7);
    let mut his = Authenticator::new(8);
    his.id.clone_from(&hers.id);
    for account in [MALLORY, ADA] {
        let told = page(makes(
            &mut linking(&host, account),
            "authorize",
            &mut his,
            honest,
        ));
        assert!(message_ids(&told).contains(&"ceremony.already"));
        assert_eq!(refusal(&host).as_deref(), Some("taken"));
    }
    assert_eq!(signs_in(&host, &mut hers).as_deref(), Some(ADA));
    assert_eq!(signs_in(&host, &mut his), None);
}

#[test]
fn authenticator_data_is_read_to_its_end() {
    refused("malformed", |parts| parts.rest = vec![0]);
    refused("malformed", |parts| parts.flags |= EXTENSIONS);
    refused("malformed", |parts| {
        parts.flags |= EXTENSIONS;
        parts.rest = cbor(&Value::from(1));
    });
    let host = host(2);
    let mut device = Authenticator::new(7);
    let done = makes(
        &mut linking(&host, ADA),
        "authorize",
        &mut device,
        |parts| {
            parts.flags |= EXTENSIONS;
            parts.rest = cbor(&Value::Map(vec![("credProtect".into(), 2.into())]));
        },
    );
    assert!(identity(done).is_some());
}

#[test]
fn what_is_no_answer_of_a_browser_is_refused() {
    let deep = format!("{{\"rawId\":{}", "[".repeat(20_000));
    let long = format!("{{\"rawId\":\"{}\"}}", "A".repeat(40_000));
    for json in [
        "{}",
        "null",
        "[]",
        "\"\"",
        "{",
        &deep,
        &long,
        r#"{"rawId":"A","type":"public-key","response":{}}"#,
    ] {
        let host = host(1);
        let mut browser = linking(&host, ADA);
        browser.get("authorize").unwrap();
        page(browser.post("authorize", &[("action", "create"), ("credential", json)]));
        assert_eq!(refusal(&host).as_deref(), Some("malformed"));
        assert!(host.records().is_empty());
    }
}

#[test]
fn an_answer_that_is_too_long_is_not_read() {
    let host = host(1);
    let mut browser = linking(&host, ADA);
    let asked = options(&page(browser.get("authorize")), "create");
    let made = Authenticator::new(7).create(&asked, honest);
    let long = format!("{}{made}", " ".repeat(32 * 1024));
    page(
        browser
            .clone()
            .post("authorize", &[("action", "create"), ("credential", &long)]),
    );
    assert_eq!(refusal(&host).as_deref(), Some("malformed"));
    let answer = browser.post("authorize", &[("action", "create"), ("credential", &made)]);
    assert!(identity(answer).is_some());
}

#[test]
fn client_data_is_short() {
    refused("malformed", |parts| {
        parts.client = json!({"extra": "x".repeat(5_000)});
    });
}

#[test]
fn another_type_of_credential_is_refused() {
    let host = host(1);
    let mut browser = linking(&host, ADA);
    let asked = options(&page(browser.get("authorize")), "create");
    let made = Authenticator::new(7).create(&asked, honest);
    let other = made.replace(r#""type":"public-key""#, r#""type":"password""#);
    assert_ne!(made, other);
    page(browser.post("authorize", &[("action", "create"), ("credential", &other)]));
    assert_eq!(refusal(&host).as_deref(), Some("malformed"));
}

#[test]
fn a_challenge_is_good_once_and_for_ten_minutes() {
    let host = host(4);
    let mut browser = linking(&host, ADA);
    let asked = options(&page(browser.get("authorize")), "create");
    let mut twin = browser.clone();
    let mut late = browser.clone();
    let form = |json: &str| {
        [
            ("action", "create".to_owned()),
            ("credential", json.to_owned()),
        ]
    };
    let give = |browser: &mut Browser<'_, Passkey>, seed: u8| {
        let json = Authenticator::new(seed).create(&asked, honest);
        let form = form(&json);
        browser.post(
            "authorize",
            &form.each_ref().map(|(name, value)| (*name, value.as_str())),
        )
    };
    assert!(identity(give(&mut browser, 7)).is_some());
    assert!(message_ids(&page(give(&mut twin, 8))).contains(&"ceremony.expired"));
    assert_eq!(refusal(&host).as_deref(), Some("replayed"));
    host.advance(600);
    assert!(message_ids(&page(give(&mut late, 9))).contains(&"ceremony.expired"));
    assert_eq!(refusal(&host).as_deref(), Some("expired"));
}

#[test]
fn backup_flags_and_transports_are_kept() {
    let host = host(5);
    let mut device = Authenticator::new(7);
    device.flags |= ELIGIBLE | BACKED_UP;
    let done = makes(
        &mut linking(&host, ADA),
        "authorize",
        &mut device,
        |parts| {
            parts.transports = json!(["hybrid", "hybrid", "internal", "carrier-pigeon"]);
        },
    );
    assert_eq!(identity(done).unwrap().amr, ["swk", "user"]);
    let asked = options(
        &page(
            Browser::<Passkey>::new(&host)
                .asked_for(Purpose::Confirm, ADA, Some(ADA))
                .get("authorize"),
        ),
        "get",
    );
    assert_eq!(
        asked["allowCredentials"][0]["transports"],
        json!(["hybrid", "internal"])
    );
    let (_, kept) = host
        .records()
        .into_iter()
        .find(|(key, _)| key.starts_with("person/"))
        .unwrap();
    let kept: Json = serde_json::from_slice(&kept).unwrap();
    let kept = &kept["credentials"][0];
    assert_eq!(
        (&kept["backup_eligible"], &kept["backed_up"]),
        (&json!(true), &json!(true))
    );
}

#[test]
fn an_attestation_that_is_cut_anywhere_is_refused() {
    let host = host(6);
    let mut browser = linking(&host, ADA);
    let asked = options(&page(browser.get("authorize")), "create");
    let made = Authenticator::new(7).create(&asked, honest);
    let made: Json = serde_json::from_str(&made).unwrap();
    let object = &made["response"]["attestationObject"];
    let bytes = serde_json::from_value::<crate::bytes::Bytes>(object.clone())
        .unwrap()
        .0;
    let give = |bytes: &[u8]| {
        let mut changed = made.clone();
        changed["response"]["attestationObject"] = crate::bytes::encode(bytes).into();
        let form = [("action", "create"), ("credential", &changed.to_string())];
        identity(browser.clone().post("authorize", &form)).is_some()
    };
    for at in 0..bytes.len() {
        assert!(!give(&bytes[..at]), "{at}");
        assert!(
            !give(&[&bytes[..at], &[0xff], &bytes[at..]].concat()),
            "{at}"
        );
    }
    assert!(!give(&[&bytes[..], &[0]].concat()));
    // A length of many gigabytes, and nothing behind it; nesting without end.
    assert!(!give(&[
        0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
    ]));
    assert!(!give(&[
        0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
    ]));
    assert!(!give(&[0x81].repeat(20_000)));
    assert!(give(&bytes), "as it was, it is right");
}
