//! `change`, signed in

use super::*;

#[test]
fn the_current_password_buys_a_new_one() {
    let (host, ada) = with_ada(1);
    let mut browser = browser(&host).signed_in(&ada.subject);
    let changed = identity(browser.changes(OLD, NEW)).unwrap();
    assert_eq!(
        changed,
        Identity::new(ada.subject)
            .verified_email(ADA)
            .amr(["pwd"])
            .credential_changed()
    );
    assert_eq!(identity(browser.signs_in(ADA, OLD)), None);
    assert!(identity(browser.signs_in(ADA, NEW)).is_some());
    assert!(host.last_mail(ADA).unwrap().subject.contains("was changed"));
}

#[test]
fn a_wrong_current_or_a_bad_new_password_changes_nothing() {
    let (host, ada) = with_ada(2);
    let mut browser = browser(&host).signed_in(&ada.subject);
    assert_eq!(
        error(&page(browser.changes(NEW, OLD))),
        Some("current_password.wrong")
    );
    assert_eq!(
        error(&page(browser.changes("", NEW))),
        Some("current_password.wrong")
    );
    assert_eq!(
        error(&page(browser.changes(&"x".repeat(2_000), NEW))),
        Some("current_password.wrong")
    );
    assert_eq!(
        error(&page(browser.changes(OLD, "short"))),
        Some("password.too_short")
    );
    assert_eq!(
        error(&page(browser.changes(OLD, "ada@example.org"))),
        Some("password.common")
    );
    assert_eq!(
        error(&page(browser.changes(OLD, OLD))),
        Some("password.same")
    );
    assert!(identity(browser.signs_in(ADA, OLD)).is_some());
}

#[test]
fn guessing_the_current_password_is_limited_like_signing_in() {
    let (host, ada) = with_ada(3);
    let mut browser = browser(&host).signed_in(&ada.subject);
    for _ in 0..10 {
        page(browser.changes("wrong password", NEW));
    }
    assert!(matches!(
        browser.changes(OLD, NEW),
        Err(Failure::TooManyRequests(_))
    ));
    assert!(matches!(
        browser.signs_in(ADA, OLD),
        Err(Failure::TooManyRequests(_))
    ));
}

#[test]
fn nobody_signed_in_changes_nothing() {
    let (host, _) = with_ada(4);
    let unknown = "0123456789abcdef0123456789abcdef";
    for subject in [
        None,
        Some(unknown),
        Some(""),
        Some("../account/x"),
        Some("é"),
    ] {
        let mut browser = browser(&host);
        browser = browser.asked_for(Purpose::Manage, "account", subject);
        assert!(
            says(&page(browser.changes(OLD, NEW)), "step.gone"),
            "{subject:?}"
        );
        assert!(
            says(&page(browser.get("change")), "reset.how"),
            "{subject:?}"
        );
    }
    assert!(identity(browser(&host).signs_in(ADA, OLD)).is_some());
}

#[test]
fn of_parallel_changes_one_counts() {
    let (host, ada) = with_ada(5);
    let answers = in_parallel(8, |n| {
        let mut browser = browser(&host)
            .from(&format!("198.51.100.{n}"))
            .signed_in(&ada.subject);
        browser
            .changes(OLD, &format!("{NEW} {n}"))
            .unwrap()
            .into_identity()
            .map(|_| n)
    });
    let won: Vec<usize> = answers.into_iter().flatten().collect();
    assert_eq!(won.len(), 1);
    assert!(identity(browser(&host).signs_in(ADA, &format!("{NEW} {}", won[0]))).is_some());
}

#[test]
fn whoever_forgot_the_current_password_gets_a_code() {
    let (host, ada) = with_ada(6);
    let mut browser = browser(&host).signed_in(&ada.subject);
    let first = page(browser.get("change"));
    let forgotten: Vec<(&str, &str)> = first.forms[1]
        .fields
        .iter()
        .map(|field| {
            (
                field.name.as_str(),
                field.value.as_deref().unwrap_or_default(),
            )
        })
        .collect();
    assert!(says(&page(browser.post("change", &forgotten)), "code.sent"));
    page(browser.gives_code("change", &host.last_code(ADA).unwrap()));
    assert!(identity(browser.updates(NEW)).unwrap().credential_changed);
}

#[test]
fn managing_ends_at_the_account_page_with_the_other_sessions_over() {
    let (host, ada) = with_ada(8);
    let mut browser = browser(&host).asked_for(Purpose::Manage, "account", Some(&ada.subject));
    assert!(browser.get("manage").unwrap().is_page());
    let changed = browser.changes(OLD, NEW).unwrap();
    assert_eq!(
        changed.step,
        Step::Managed(Managed {
            credential_changed: true
        })
    );
}

#[test]
fn managing_resets_no_password_but_ones_own() {
    let (host, ada) = with_ada(9);
    let mut browser = browser(&host).asked_for(Purpose::Manage, "account", Some(&ada.subject));
    let mallory = [("action", "code"), ("email", "mallory@example.org")];
    page(browser.post("change", &mallory));
    assert!(host.last_mail("mallory@example.org").is_none());
    page(browser.gives_code("change", &host.last_code(ADA).unwrap()));
    let updated = browser.updates(NEW).unwrap();
    assert!(matches!(updated.step, Step::Managed(_)));
}

#[test]
fn a_forgotten_account_is_gone_and_its_address_free() {
    let (host, ada) = with_ada(10);
    let leaver = Leaver {
        provider_id: "test".to_owned(),
        settings: String::new(),
        account_id: "account".to_owned(),
        subject: Some(ada.subject),
    };
    for _ in 0..2 {
        doorward_provider::forget::<Password>(&host, &leaver).unwrap();
    }
    assert_eq!(identity(browser(&host).signs_in(ADA, OLD)), None);
    assert!(
        host.records()
            .iter()
            .all(|(key, _)| !key.starts_with("account/") && !key.starts_with("subject/"))
    );
}
