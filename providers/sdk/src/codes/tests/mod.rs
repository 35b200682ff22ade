//! What codes promise, from outside.

mod limits;

use super::*;
use crate::testing::Host;

const ADA: &str = "ada@example.org";

fn ada() -> EmailAddress {
    EmailAddress::parse(ADA).unwrap()
}

fn codes(host: &Host) -> Codes<'_> {
    codes_from(host, "192.0.2.1")
}

fn codes_from<'a>(host: &'a Host, address: &str) -> Codes<'a> {
    Codes::new(host, "test", Limits::default(), Some(Network::of(address)))
}

fn letter(code: Option<&str>) -> Letter {
    Letter::new("subject", format!("text {code:?}"))
}

fn sent(host: &Host, codes: &Codes<'_>) -> (Pending, String) {
    let pending = codes
        .send(codes.admit(&ada()).unwrap(), Kind::Code, &7_u8, letter)
        .unwrap();
    (pending, host.last_code(ADA).unwrap())
}

fn another_than(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().unwrap() + 1) % 1_000_000)
}

#[test]
fn the_code_that_was_sent_is_right_once() {
    let host = Host::seeded(1);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    let spaced = format!(" {}-{} ", &code[..3], &code[3..]);
    let Verdict::Right(proven) = codes.check::<u8>(&pending, &spaced).unwrap() else {
        panic!("not right")
    };
    assert_eq!(proven.into_parts(), (ada(), 7));
    assert_eq!(codes.check::<u8>(&pending, &code).unwrap(), Verdict::Gone);
}

#[test]
fn five_tries_are_looked_at_and_no_more() {
    let host = Host::seeded(2);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    for _ in 0..5 {
        assert_eq!(
            codes.check::<u8>(&pending, &another_than(&code)).unwrap(),
            Verdict::Wrong
        );
    }
    assert_eq!(
        codes.check::<u8>(&pending, &code).unwrap(),
        Verdict::Exhausted
    );
}

#[test]
fn of_50_parallel_wrong_tries_five_are_looked_at() {
    let host = Host::seeded(3);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    let wrong = another_than(&code);
    let verdicts = in_parallel(50, |_| {
        codes_from(&host, "192.0.2.1")
            .check::<u8>(&pending, &wrong)
            .unwrap()
    });
    assert_eq!(
        verdicts
            .iter()
            .filter(|verdict| **verdict == Verdict::Wrong)
            .count(),
        5
    );
    assert_eq!(
        verdicts
            .iter()
            .filter(|verdict| **verdict == Verdict::Exhausted)
            .count(),
        45
    );
    assert_eq!(
        codes.check::<u8>(&pending, &code).unwrap(),
        Verdict::Exhausted
    );
}

#[test]
fn of_50_parallel_right_tries_one_wins() {
    let host = Host::seeded(4);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    let verdicts = in_parallel(50, |_| {
        codes_from(&host, "192.0.2.1")
            .check::<u8>(&pending, &code)
            .unwrap()
    });
    assert_eq!(
        verdicts
            .iter()
            .filter(|verdict| matches!(verdict, Verdict::Right(_)))
            .count(),
        1
    );
}

#[test]
fn of_parallel_mixed_tries_at_most_five_are_looked_at_and_at_most_one_wins() {
    for seed in 0..20 {
        let host = Host::seeded(seed);
        let codes = codes(&host);
        let (pending, code) = sent(&host, &codes);
        let wrong = another_than(&code);
        let verdicts = in_parallel(50, |n| {
            let given = if n % 5 == 0 { &code } else { &wrong };
            codes_from(&host, "192.0.2.1")
                .check::<u8>(&pending, given)
                .unwrap()
        });
        let won = verdicts
            .iter()
            .filter(|verdict| matches!(verdict, Verdict::Right(_)))
            .count();
        let wrong = verdicts
            .iter()
            .filter(|verdict| **verdict == Verdict::Wrong)
            .count();
        assert!(
            won <= 1 && won + wrong <= 5,
            "seed {seed}: {won} won, {wrong} wrong"
        );
    }
}

fn in_parallel<R: Send>(times: usize, run: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let run = &run;
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..times).map(|n| scope.spawn(move || run(n))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    })
}

#[test]
fn a_code_lives_for_ten_minutes() {
    let host = Host::seeded(5);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    host.advance(600);
    assert_eq!(codes.check::<u8>(&pending, &code).unwrap(), Verdict::Gone);
    let (pending, code) = sent(&host, &codes);
    host.advance(599);
    assert!(matches!(
        codes.check::<u8>(&pending, &code).unwrap(),
        Verdict::Right(_)
    ));
}

#[test]
fn a_code_is_bound_to_its_sign_in_purpose_and_address() {
    let host = Host::seeded(6);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    let (elsewhere, _) = sent(&host, &codes);
    assert_eq!(
        codes.check::<u8>(&elsewhere, &code).unwrap(),
        Verdict::Wrong
    );
    let other_purpose = Codes::new(&host, "other", Limits::default(), None);
    assert_eq!(
        other_purpose.check::<u8>(&pending, &code).unwrap(),
        Verdict::Gone
    );
    let mallory = Pending {
        address: EmailAddress::parse("mallory@example.org").unwrap(),
        ..pending.clone()
    };
    assert_eq!(codes.check::<u8>(&mallory, &code).unwrap(), Verdict::Gone);
    assert_eq!(codes.resend::<u8>(&mallory, letter).unwrap(), Resent::Gone);
    assert!(matches!(
        codes.check::<u8>(&pending, &code).unwrap(),
        Verdict::Right(_)
    ));
}

#[test]
fn what_is_not_six_digits_is_not_a_try() {
    let host = Host::seeded(7);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    for malformed in [
        "",
        "12345",
        "1234567",
        "12345a",
        "１２３４５６",
        "      ",
        &"1".repeat(100_000),
    ] {
        assert_eq!(
            codes.check::<u8>(&pending, malformed).unwrap(),
            Verdict::Malformed
        );
    }
    assert!(matches!(
        codes.check::<u8>(&pending, &code).unwrap(),
        Verdict::Right(_)
    ));
}

#[test]
fn a_new_code_replaces_the_old_and_has_its_own_tries() {
    let host = Host::seeded(8);
    let codes = codes(&host);
    let (pending, old) = sent(&host, &codes);
    for _ in 0..5 {
        codes.check::<u8>(&pending, &another_than(&old)).unwrap();
    }
    assert_eq!(
        codes.resend::<u8>(&pending, letter).unwrap(),
        Resent::Wait(30)
    );
    host.advance(29);
    assert_eq!(
        codes.resend::<u8>(&pending, letter).unwrap(),
        Resent::Wait(1)
    );
    host.advance(1);
    assert_eq!(codes.resend::<u8>(&pending, letter).unwrap(), Resent::Sent);
    let new = host.last_code(ADA).unwrap();
    assert_ne!(old, new);
    assert_eq!(codes.check::<u8>(&pending, &old).unwrap(), Verdict::Wrong);
    let Verdict::Right(proven) = codes.check::<u8>(&pending, &new).unwrap() else {
        panic!("not right")
    };
    assert_eq!(proven.into_parts().1, 7);
    assert_eq!(codes.resend::<u8>(&pending, letter).unwrap(), Resent::Gone);
}

#[test]
fn a_note_does_the_same_and_is_never_right() {
    let host = Host::seeded(16);
    let codes = codes(&host);
    let calls = |kind| {
        let before = host.calls();
        let pending = codes
            .send(codes.admit(&ada()).unwrap(), kind, &7_u8, letter)
            .unwrap();
        let after = host.calls();
        (
            pending,
            [
                after.get - before.get,
                after.insert - before.insert,
                after.increment - before.increment,
                after.mail - before.mail,
                after.event - before.event,
            ],
        )
    };
    let (_, of_code) = calls(Kind::Code);
    let (pending, of_note) = calls(Kind::Note);
    assert_eq!(of_code, of_note);
    assert_eq!(host.last_code(ADA), None);
    for n in 0..5 {
        assert_eq!(
            codes.check::<u8>(&pending, &format!("{n:06}")).unwrap(),
            Verdict::Wrong
        );
    }
    assert_eq!(
        codes.check::<u8>(&pending, "000000").unwrap(),
        Verdict::Exhausted
    );
    host.advance(30);
    assert_eq!(codes.resend::<u8>(&pending, letter).unwrap(), Resent::Sent);
    assert_eq!(host.last_code(ADA), None);
}

#[test]
fn an_outage_is_an_error_and_never_no_code() {
    let host = Host::seeded(17);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    for calls in 0..5 {
        host.records_fail_after(calls);
        let verdict = codes.check::<u8>(&pending, &code);
        assert!(
            matches!(verdict, Err(Failure::Unavailable(_))),
            "after {calls} calls: {verdict:?}"
        );
        host.heal();
    }
    let (pending, code) = sent(&host, &codes);
    host.mail_fails();
    let refused = codes.send(codes.admit(&ada()).unwrap(), Kind::Code, &7_u8, letter);
    assert!(matches!(refused, Err(Failure::Unavailable(_))));
    host.heal();
    assert!(matches!(
        codes.check::<u8>(&pending, &code).unwrap(),
        Verdict::Right(_)
    ));
}

#[test]
fn neither_records_nor_events_hold_a_code_or_an_address_in_an_event() {
    let host = Host::seeded(18);
    let codes = codes(&host);
    let (pending, code) = sent(&host, &codes);
    codes.check::<u8>(&pending, &another_than(&code)).unwrap();
    for (key, value) in host.records() {
        assert!(
            !String::from_utf8_lossy(&value).contains(&format!("\"{code}\"")),
            "{key}"
        );
    }
    for event in host.events() {
        assert!(
            event
                .fields
                .iter()
                .all(|(_, value)| !value.contains(&code) && !value.contains(ADA)),
            "{event:?}"
        );
    }
}
