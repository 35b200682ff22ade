//! The cost of a password, and who is made to bear it.

use super::*;

fn cheap() -> PasswordOptions {
    PasswordOptions {
        memory_kib: 64,
        iterations: 1,
        parallelism: 1,
        workers: 1,
        queue: 64,
    }
}

#[tokio::test]
async fn a_hash_is_of_the_documented_kind_and_fits_its_password_only() {
    let passwords = Passwords::new(&PasswordOptions::default()).unwrap();
    let phc = passwords.hash("correct horse".as_bytes()).await.unwrap();
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
    assert_eq!(
        passwords.verify(b"correct horse", &phc).await,
        Ok(Verdict::Right)
    );
    for wrong in [
        &b"correct hors"[..],
        b"correct horse ",
        b"Correct horse",
        b"",
        b"correct horse\0",
    ] {
        assert_eq!(passwords.verify(wrong, &phc).await, Ok(Verdict::Wrong));
    }
}

#[tokio::test]
async fn equal_passwords_get_different_hashes() {
    let passwords = Passwords::new(&cheap()).unwrap();
    assert_ne!(passwords.hash(b"x").await, passwords.hash(b"x").await);
}

#[tokio::test]
async fn a_weaker_hash_asks_to_be_made_again() {
    let weak = Passwords::new(&cheap()).unwrap().hash(b"x").await.unwrap();
    let passwords = Passwords::new(&PasswordOptions {
        memory_kib: 128,
        ..cheap()
    })
    .unwrap();
    assert_eq!(
        passwords.verify(b"x", &weak).await,
        Ok(Verdict::RightRehash)
    );
    assert_eq!(passwords.verify(b"y", &weak).await, Ok(Verdict::Wrong));
    let strong = passwords.hash(b"x").await.unwrap();
    let weaker_now = Passwords::new(&cheap()).unwrap();
    assert_eq!(weaker_now.verify(b"x", &strong).await, Ok(Verdict::Right));
}

#[tokio::test]
async fn a_shortened_hash_of_the_right_password_is_no_shortcut() {
    let passwords = Passwords::new(&cheap()).unwrap();
    let phc = passwords.hash(b"password").await.unwrap();
    let (head, hash) = phc.rsplit_once('$').unwrap();
    // Argon2 depends on the length of its output, so that a part of it is another hash.
    assert_eq!(
        passwords
            .verify(b"password", &format!("{head}${}", &hash[..20]))
            .await,
        Ok(Verdict::Wrong)
    );
}

#[tokio::test]
async fn what_is_too_long_or_no_hash_is_invalid() {
    let passwords = Passwords::new(&cheap()).unwrap();
    let phc = passwords.hash(&[b'a'; 1024]).await.unwrap();
    assert_eq!(
        passwords.verify(&[b'a'; 1024], &phc).await,
        Ok(Verdict::Right)
    );
    assert!(matches!(
        passwords.hash(&[b'a'; 1025]).await,
        Err(Failure::Invalid(_))
    ));
    assert!(matches!(
        passwords.verify(&[b'a'; 1025], &phc).await,
        Err(Failure::Invalid(_))
    ));
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
        assert!(
            matches!(
                passwords.verify(b"x", wrong).await,
                Err(Failure::Invalid(_))
            ),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_hostile_hash_cannot_eat_the_machine() {
    let passwords = Passwords::new(&cheap()).unwrap();
    for cost in [
        "m=4294967295,t=1,p=1",
        "m=262145,t=1,p=1",
        "m=64,t=33,p=1",
        "m=64,t=4294967295,p=1",
        "m=1024,t=1,p=17",
        "m=262144,t=5,p=1",
    ] {
        let phc = format!(
            "$argon2id$v=19${cost}$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
        );
        assert!(
            matches!(passwords.verify(b"x", &phc).await, Err(Failure::Invalid(_))),
            "{cost}"
        );
    }
    assert!(
        Passwords::new(&PasswordOptions {
            memory_kib: 1024 * 1024,
            ..cheap()
        })
        .is_err()
    );
}

#[tokio::test]
async fn a_full_queue_is_busy_and_recovers() {
    let passwords = Passwords::new(&PasswordOptions {
        queue: 2,
        ..PasswordOptions::default()
    })
    .unwrap();
    // Whatever the worker takes meanwhile, 64 cannot fit; the last of them are refused at once.
    let mut accepted = Vec::new();
    let mut refused = 0;
    for _ in 0..64 {
        let (reply, hashed) = oneshot::channel();
        match passwords.queue(Job::Hash {
            password: Zeroizing::new(b"x".to_vec()),
            reply,
        }) {
            Ok(()) => accepted.push(hashed),
            Err(failure) => {
                assert_eq!(failure, Failure::Busy);
                refused += 1;
            }
        }
    }
    assert!(refused > 0);
    for hashed in accepted {
        hashed.await.unwrap().unwrap();
    }
    passwords.hash(b"x").await.unwrap();
}

#[tokio::test]
async fn a_password_that_nobody_waits_for_is_not_hashed() {
    let passwords = Passwords::new(&PasswordOptions {
        memory_kib: 256 * 1024,
        iterations: 4,
        ..cheap()
    })
    .unwrap();
    for _ in 0..32 {
        let (reply, hashed) = oneshot::channel();
        passwords
            .queue(Job::Hash {
                password: Zeroizing::new(vec![]),
                reply,
            })
            .unwrap();
        drop(hashed);
    }
    // Minutes of work, had they been hashed.
    let phc = Passwords::new(&cheap()).unwrap().hash(b"x").await.unwrap();
    let verdict = tokio::time::timeout(
        std::time::Duration::from_secs(30),
        passwords.verify(b"x", &phc),
    )
    .await
    .unwrap();
    assert_eq!(verdict, Ok(Verdict::RightRehash));
}
