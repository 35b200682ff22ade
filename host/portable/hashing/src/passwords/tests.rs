//! What a password turns out to be, and what a hostile hash cannot do.

use super::*;

fn cheap(memory_kib: u32) -> Params {
    Params::new(memory_kib, 1, 1, None).unwrap()
}

#[test]
fn a_hash_is_of_the_documented_kind_and_fits_its_password_only() {
    let phc = hash(b"correct horse", &current()).unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    assert_eq!(
        verify(b"correct horse", &phc, &current()),
        Ok(Verdict::Right)
    );
    for wrong in [
        &b"correct hors"[..],
        b"correct horse ",
        b"Correct horse",
        b"",
        b"correct horse\0",
    ] {
        assert_eq!(verify(wrong, &phc, &current()), Ok(Verdict::Wrong));
    }
}

#[test]
fn rfc9106_argon2id_of_another_implementation_verifies() {
    // From the reference implementation: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1`.
    let phc =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    // Its salt has 8 bytes.
    assert_eq!(
        verify(b"password", phc, &current()),
        Ok(Verdict::RightRehash)
    );
    assert_eq!(verify(b"Password", phc, &current()), Ok(Verdict::Wrong));
}

#[test]
fn equal_passwords_get_different_hashes() {
    assert_ne!(hash(b"x", &cheap(64)), hash(b"x", &cheap(64)));
}

#[test]
fn a_weaker_hash_asks_to_be_made_again_and_a_stronger_one_does_not() {
    let weak = hash(b"x", &cheap(64)).unwrap();
    assert_eq!(verify(b"x", &weak, &cheap(128)), Ok(Verdict::RightRehash));
    assert_eq!(verify(b"y", &weak, &cheap(128)), Ok(Verdict::Wrong));
    let strong = hash(b"x", &cheap(128)).unwrap();
    assert_eq!(verify(b"x", &strong, &cheap(64)), Ok(Verdict::Right));
}

#[test]
fn a_shortened_hash_of_the_right_password_is_no_shortcut() {
    let phc = hash(b"password", &cheap(64)).unwrap();
    let (head, tail) = phc.rsplit_once('$').unwrap();
    assert_eq!(
        verify(b"password", &format!("{head}${}", &tail[..20]), &cheap(64)),
        Ok(Verdict::Wrong)
    );
}

#[test]
fn what_is_too_long_or_no_hash_is_invalid() {
    let phc = hash(&[b'a'; 1024], &cheap(64)).unwrap();
    assert_eq!(verify(&[b'a'; 1024], &phc, &cheap(64)), Ok(Verdict::Right));
    let invalid = |outcome: Result<Verdict, Failure>| matches!(outcome, Err(Failure::Invalid(_)));
    assert!(matches!(
        hash(&[b'a'; 1025], &cheap(64)),
        Err(Failure::Invalid(_))
    ));
    assert!(invalid(verify(&[b'a'; 1025], &phc, &cheap(64))));
    let salted = "c2FsdHNhbHRzYWx0c2FsdA";
    for wrong in [
        "",
        "x",
        "$",
        "$2b$10$abcdefghijklmnopqrstuv",
        "$pbkdf2-sha256$i=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo",
        "$argon2id$v=19$m=64,t=1,p=1",
        &format!("$argon2id$v=19$m=64,t=1,p=1${salted}"),
        &format!("$argon2id$v=99$m=64,t=1,p=1${salted}$aGFzaGhhc2hoYXNo"),
        &"$argon2id".repeat(100),
    ] {
        assert!(invalid(verify(b"x", wrong, &cheap(64))), "{wrong}");
    }
}

#[test]
fn a_hostile_hash_cannot_eat_the_machine() {
    for cost in [
        "m=4294967295,t=1,p=1",
        "m=262145,t=1,p=1",
        "m=64,t=33,p=1",
        "m=64,t=4294967295,p=1",
        "m=1024,t=1,p=17",
        "m=262144,t=5,p=1",
        "m=99999999999999999999,t=1,p=1",
        "m=0,t=1,p=1",
        "m=64,t=0,p=1",
        "m=64,t=1,p=0",
    ] {
        let phc = format!(
            "$argon2id$v=19${cost}$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
        );
        // Parsing refuses it: nothing was computed.
        assert!(
            matches!(Stored::parse(&phc), Err(Failure::Invalid(_))),
            "{cost}"
        );
    }
}
