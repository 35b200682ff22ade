//! Keys over the months: a successor in time, published long before it signs, and the old one after it.

use super::*;

const DAY: u64 = DAY_S;

/// The published `kid`s of one algorithm, sorted.
fn kids(host: &Fake, alg: &str) -> Vec<String> {
    let mut kids: Vec<String> = published(host)
        .iter()
        .filter(|key| key["alg"] == alg)
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect();
    kids.sort();
    kids
}

#[test]
fn a_key_is_followed_in_time_published_first_and_deleted_last() {
    let host = host();
    let sign = |kid: &str| Keyring::default().sign(kid, b"m", &host).map(|_| ());
    let old = current(&host, "ES256");
    host.now.set(NOW + 90 * DAY - 1);
    assert_eq!(kids(&host, "ES256"), [old.as_str()]);

    // Due: made and published, and not used before everyone has seen it.
    let due = NOW + 90 * DAY;
    host.now.set(due);
    assert_eq!(current(&host, "ES256"), old);
    let both = kids(&host, "ES256");
    assert_eq!(both.len(), 2);
    let new = both.into_iter().find(|kid| *kid != old).unwrap();
    assert_eq!(sign(&new), Err(Failure::UnknownKey));
    host.now.set(due + DAY - 1);
    assert_eq!(current(&host, "ES256"), old);
    assert_eq!(kids(&host, "ES256").len(), 2);

    // It signs; someone asked for the old one a moment ago.
    host.now.set(due + DAY);
    assert_eq!(current(&host, "ES256"), new);
    assert_eq!((sign(&new), sign(&old)), (Ok(()), Ok(())));
    host.now.set(due + DAY + 300);
    assert_eq!((sign(&new), sign(&old)), (Ok(()), Err(Failure::UnknownKey)));

    // What the old one signed may be valid for a day.
    host.now.set(due + DAY + 300 + DAY - 1);
    assert_eq!(kids(&host, "ES256").len(), 2);
    host.now.set(due + DAY + 300 + DAY);
    assert_eq!(kids(&host, "ES256"), [new.as_str()]);
    let (sealed, _) = record(&host).unwrap();
    let keyring = Keyring::default();
    let set = Set::open(&sealed, &keyring.envelopes(&host).unwrap().at_rest).unwrap();
    assert!(set.keys.iter().all(|key| key.term.kid != old));
}

#[test]
fn racing_requests_make_one_successor() {
    let host = host();
    current(&host, "ES256");
    let due = NOW + 90 * DAY;
    let (store, threads) = (Arc::clone(&host.store), 8);
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (store, barrier) = (&store, &barrier);
            scope.spawn(move || {
                let own = Fake {
                    store: Arc::clone(store),
                    ..self::host()
                };
                own.now.set(due);
                barrier.wait();
                current(&own, "ES256");
            });
        }
    });
    host.now.set(due);
    assert_eq!(kids(&host, "ES256").len(), 2);
}

#[test]
fn a_due_rsa_key_makes_only_those_wait_who_use_one() {
    let host = host();
    published(&host);
    host.now.set(NOW + 90 * DAY);
    let generated = || host.events.borrow().len();
    let before = generated();
    current(&host, "ES256");
    assert_eq!(generated(), before + 1);
    current(&host, "RS256");
    assert_eq!(generated(), before + 2);
    assert_eq!(published(&host).len(), 4);
    assert_eq!(generated(), before + 2);
}

#[test]
fn rotation_is_as_the_operator_says() {
    let host = host();
    let keyring = Keyring::default();
    let often = Options {
        rotation_days: 1,
        publish_lead_s: 60,
        ..Options::default()
    };
    let old = keyring.current("ES256", &often, &host).unwrap();
    host.now.set(NOW + DAY);
    assert_eq!(keyring.current("ES256", &often, &host), Ok(old.clone()));
    host.now.set(NOW + DAY + 60);
    let new = keyring.current("ES256", &often, &host).unwrap();
    assert_ne!(new, old);
    let never = Options {
        rotation_days: 0,
        ..often.clone()
    };
    host.now.set(NOW + 10_000 * DAY);
    let keyring = Keyring::default();
    assert_eq!(keyring.current("ES256", &never, &host), Ok(new));
}

#[test]
fn a_store_that_cannot_be_written_stops_rotation_and_nothing_else() {
    let host = host();
    let kid = current(&host, "ES256");
    host.now.set(NOW + 90 * DAY);
    host.read_only.set(true);
    assert_eq!(current(&host, "ES256"), kid);
    Keyring::default().sign(&kid, b"m", &host).unwrap();
    let failed =
        host.events.borrow().iter().any(|event| {
            event.name == "keys.rotation_failed" && matches!(event.level, Level::Warning)
        });
    assert!(failed);
    // A key that is not there cannot be made.
    assert!(matches!(
        Keyring::default().current("RS256", &Options::default(), &host),
        Err(Failure::Unavailable(_))
    ));
    host.read_only.set(false);
    assert_eq!(kids(&host, "ES256").len(), 2);
}

#[test]
fn years_pass_and_the_record_stays_small() {
    let host = host();
    for quarter in 0..40 {
        host.now.set(NOW + quarter * 92 * DAY);
        let kid = current(&host, "ES256");
        Keyring::default().sign(&kid, b"m", &host).unwrap();
        host.now.set(NOW + quarter * 92 * DAY + 2 * DAY);
        current(&host, "ES256");
    }
    assert!(kids(&host, "ES256").len() <= 3);
}
