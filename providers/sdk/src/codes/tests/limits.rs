//! How many codes are sent and how many tries are looked at, over many sign-ins.

use super::*;

#[test]
fn of_parallel_resends_one_mails() {
    let host = Host::seeded(9);
    let codes = codes(&host);
    let (pending, _) = sent(&host, &codes);
    host.advance(30);
    let resent = in_parallel(4, |_| {
        codes_from(&host, "192.0.2.1")
            .resend::<u8>(&pending, letter)
            .unwrap()
    });
    assert_eq!(
        resent
            .iter()
            .filter(|resent| **resent == Resent::Sent)
            .count(),
        1
    );
    assert_eq!(host.outbox().len(), 2);
}

#[test]
fn an_address_gets_five_codes_an_hour_whoever_asks() {
    let host = Host::seeded(10);
    for n in 0..5 {
        sent(&host, &codes_from(&host, &format!("198.51.100.{n}")));
        host.advance(30);
    }
    let refused = codes_from(&host, "198.51.100.9").admit(&ada());
    assert_eq!(refused.err(), Some(Failure::TooManyRequests(3_600 - 150)));
    host.advance(3_600 - 150);
    assert!(codes(&host).admit(&ada()).is_ok());
}

#[test]
fn a_resend_counts_like_any_code() {
    let host = Host::seeded(11);
    let codes = codes(&host);
    let (pending, _) = sent(&host, &codes);
    for _ in 0..4 {
        host.advance(30);
        assert_eq!(codes.resend::<u8>(&pending, letter).unwrap(), Resent::Sent);
    }
    host.advance(30);
    assert!(matches!(
        codes.resend::<u8>(&pending, letter),
        Err(Failure::TooManyRequests(_))
    ));
    assert_eq!(host.outbox().len(), 5);
}

#[test]
fn a_network_asks_for_twenty_codes_an_hour_and_an_ipv6_network_is_a_64() {
    let host = Host::seeded(12);
    let admit = |n: u32, from: &str| {
        codes_from(&host, from).admit(&EmailAddress::parse(&format!("a{n}@example.org")).unwrap())
    };
    for n in 0..20 {
        let _counted = admit(n, &format!("2001:db8::{n}")).unwrap();
    }
    assert!(matches!(
        admit(20, "2001:db8::ffff:1"),
        Err(Failure::TooManyRequests(_))
    ));
    assert!(admit(21, "2001:db8:0:1::1").is_ok());
}

#[test]
fn guessing_code_after_code_ends_after_twenty_wrong_tries() {
    let host = Host::seeded(13);
    let mut looked_at = 0;
    let mut refused = 0;
    for hour in 0..10_u32 {
        let codes = codes_from(&host, &format!("198.51.100.{hour}"));
        let (pending, code) = sent(&host, &codes);
        for _ in 0..5 {
            match codes.check::<u8>(&pending, &another_than(&code)) {
                Ok(verdict) => {
                    assert_eq!(verdict, Verdict::Wrong);
                    looked_at += 1;
                }
                Err(Failure::TooManyRequests(_)) => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        host.advance(3_600);
    }
    assert_eq!((looked_at, refused), (20, 30));
    host.set_time(crate::testing::START + DAY_S);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    assert!(matches!(
        codes.check::<u8>(&pending, &code).unwrap(),
        Verdict::Right(_)
    ));
}

#[test]
fn parallel_guessing_over_many_codes_is_bounded_too() {
    let host = Host::seeded(14);
    let sent: Vec<_> = (0..5).map(|_| sent(&host, &codes(&host))).collect();
    let verdicts = in_parallel(100, |n| {
        let (pending, code) = &sent[n % sent.len()];
        codes_from(&host, &format!("198.51.100.{n}")).check::<u8>(pending, &another_than(code))
    });
    assert_eq!(
        verdicts
            .iter()
            .filter(|verdict| **verdict == Ok(Verdict::Wrong))
            .count(),
        20
    );
}

#[test]
fn strangers_cannot_lock_the_owner_out_at_home() {
    let host = Host::seeded(15);
    let home = codes_from(&host, "192.0.2.77");
    let (pending, code) = sent(&host, &home);
    assert!(matches!(
        home.check::<u8>(&pending, &code).unwrap(),
        Verdict::Right(_)
    ));
    for hour in 0..5_u32 {
        let stranger = codes_from(&host, &format!("198.51.100.{hour}"));
        while let Ok(admission) = stranger.admit(&ada()) {
            let pending = stranger.send(admission, Kind::Code, &7_u8, letter).unwrap();
            let code = host.last_code(ADA).unwrap();
            for _ in 0..5 {
                let _ = stranger.check::<u8>(&pending, &another_than(&code));
            }
        }
        let (pending, code) = sent(&host, &home);
        assert!(matches!(
            home.check::<u8>(&pending, &code).unwrap(),
            Verdict::Right(_)
        ));
        host.advance(3_600);
    }
}
