//! `authorize`

use argon2::Argon2;
use argon2::password_hash::PasswordVerifier;

use super::*;

#[test]
fn the_right_password_signs_in() {
    let (host, ada) = with_ada(1);
    let signed_in = identity(browser(&host).signs_in(" ADA@example.org", OLD)).unwrap();
    assert_eq!(
        signed_in,
        Identity::new(ada.subject).verified_email(ADA).amr(["pwd"])
    );
}

#[test]
fn wrong_passwords_do_not() {
    let (host, _) = with_ada(2);
    for wrong in [
        "mellon in elvisH",
        "mellon in elvish ",
        "x",
        &"x".repeat(2_000),
    ] {
        assert_eq!(
            error(&page(browser(&host).signs_in(ADA, wrong))),
            Some("password.mismatch"),
            "{wrong}"
        );
    }
    assert_eq!(
        error(&page(browser(&host).signs_in(ADA, ""))),
        Some("password.missing")
    );
    assert_eq!(
        error(&page(browser(&host).signs_in("ada", OLD))),
        Some("email.error")
    );
    assert_eq!(
        error(&page(browser(&host).post("authorize", &[]))),
        Some("email.error")
    );
}

#[test]
fn nobodys_hash_is_argon2id_by_the_hosts_parameters_and_matches_nothing() {
    let parts: Vec<&str> = crate::sign_in::NOBODYS_PHC.split('$').collect();
    assert_eq!(parts[..4], ["", "argon2id", "v=19", "m=19456,t=2,p=1"]);
    // 16 and 32 bytes in base64 without padding.
    assert_eq!((parts[4].len(), parts[5].len(), parts.len()), (22, 43, 6));
    // As a hash that does not match, that is, and not as something that is no hash.
    let verified = Argon2::default().verify_password(b"x", crate::sign_in::NOBODYS_PHC);
    assert_eq!(verified, Err(argon2::password_hash::Error::PasswordInvalid));
    let (host, _) = with_ada(3);
    for any in ["", "x", OLD, NEW] {
        assert_eq!(identity(browser(&host).signs_in(NOBODY, any)), None);
    }
}

#[test]
fn ten_failures_at_an_account_in_15_minutes_are_enough() {
    let (host, _) = with_ada(4);
    for n in 0..10 {
        let answer = browser(&host)
            .from(&format!("198.51.100.{n}"))
            .signs_in(ADA, "wrong password");
        assert_eq!(error(&page(answer)), Some("password.mismatch"));
    }
    let verified = host.calls().verify;
    assert_eq!(
        browser(&host).signs_in(ADA, OLD),
        Err(Failure::TooManyRequests(900))
    );
    assert_eq!(host.calls().verify, verified);
    host.advance(900);
    assert!(identity(browser(&host).signs_in(ADA, OLD)).is_some());
}

#[test]
fn an_unknown_account_is_limited_alike() {
    let host = Host::seeded(5);
    for n in 0..10 {
        let answer = browser(&host)
            .from(&format!("198.51.100.{n}"))
            .signs_in(NOBODY, OLD);
        assert_eq!(error(&page(answer)), Some("password.mismatch"));
    }
    assert_eq!(
        browser(&host).signs_in(NOBODY, OLD),
        Err(Failure::TooManyRequests(900))
    );
}

#[test]
fn fifty_failures_from_a_network_in_15_minutes_are_enough() {
    let (host, _) = with_ada(6);
    for n in 0..50 {
        page(browser(&host).signs_in(&format!("a{n}@example.org"), OLD));
    }
    assert!(matches!(
        browser(&host).signs_in(ADA, OLD),
        Err(Failure::TooManyRequests(_))
    ));
    assert!(identity(browser(&host).from("198.51.100.1").signs_in(ADA, OLD)).is_some());
}

#[test]
fn parallel_guesses_are_counted_before_they_are_verified() {
    let (host, _) = with_ada(7);
    let before = host.calls().verify;
    let answers = in_parallel(50, |n| {
        browser(&host)
            .from(&format!("198.51.100.{n}"))
            .signs_in(ADA, "wrong password")
    });
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
    assert_eq!(host.calls().verify - before, 10);
}

#[test]
fn whoever_signs_in_rightly_is_not_limited() {
    let (host, _) = with_ada(8);
    for _ in 0..200 {
        assert!(identity(browser(&host).signs_in(ADA, OLD)).is_some());
    }
}

#[test]
fn strangers_who_fail_on_purpose_do_not_lock_the_owner_out() {
    let (host, _) = with_ada(9);
    for window in 0..4 {
        for n in 0..30 {
            let _ = browser(&host)
                .from(&format!("198.51.{window}.{n}"))
                .signs_in(ADA, "wrong password");
        }
        // On the network of the registration.
        assert!(identity(browser(&host).from("203.0.113.1").signs_in(ADA, OLD)).is_some());
        host.advance(900);
    }
}

#[test]
fn a_familiar_network_is_limited_too() {
    let (host, _) = with_ada(10);
    for _ in 0..10 {
        page(
            browser(&host)
                .from("203.0.113.1")
                .signs_in(ADA, "wrong password"),
        );
    }
    let refused = browser(&host).from("203.0.113.1").signs_in(ADA, OLD);
    assert!(matches!(refused, Err(Failure::TooManyRequests(_))));
}

#[test]
fn a_hash_by_weaker_parameters_is_made_anew() {
    let (host, _) = with_ada(11);
    let phc = |host: &Host| {
        let account = host
            .records()
            .into_iter()
            .find(|(key, _)| key.starts_with("account/"))
            .unwrap();
        serde_json::from_slice::<serde_json::Value>(&account.1).unwrap()["phc"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    host.strengthen_passwords();
    let (weak, hashed) = (phc(&host), host.calls().hash);
    assert!(identity(browser(&host).signs_in(ADA, OLD)).is_some());
    assert_ne!(phc(&host), weak);
    assert!(identity(browser(&host).signs_in(ADA, OLD)).is_some());
    assert_eq!(host.calls().hash, hashed + 1);
}

#[test]
fn a_busy_host_costs_no_try() {
    let (host, _) = with_ada(12);
    host.passwords_are_busy();
    for _ in 0..30 {
        assert!(matches!(
            browser(&host).signs_in(ADA, OLD),
            Err(Failure::Unavailable(_))
        ));
    }
    host.heal();
    assert!(identity(browser(&host).signs_in(ADA, OLD)).is_some());
}

#[test]
fn the_applications_hint_fills_in_the_address() {
    let host = Host::seeded(13);
    let mut browser = browser(&host);
    browser.context().login_hint = Some("Ada@Example.org".to_owned());
    assert_eq!(
        page(browser.get("authorize")).forms[0].fields[0]
            .value
            .as_deref(),
        Some(ADA)
    );
    browser.context().login_hint = Some("\"><script>".to_owned());
    assert_eq!(
        page(browser.get("authorize")).forms[0].fields[0].value,
        None
    );
}
