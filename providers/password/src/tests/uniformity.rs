//! Whether an account exists shows neither in what is answered nor in how much is done.

use doorward_provider::testing::Calls;

use super::*;

/// Runs the same on a host with Ada's account, once for her and once for nobody; the pages must be the same letter by
/// letter once the address is, and so must the number of calls to each service.
fn assert_uniform(seed: u64, run: impl Fn(&mut Browser<'_, Password>, &str) -> Vec<Answer>) {
    assert_eq!(ADA.len(), NOBODY.len());
    let of = |email: &str| {
        let (host, _) = with_ada(seed);
        let before = host.calls();
        let answers = run(&mut browser(&host), email);
        let shown: Vec<String> = answers
            .iter()
            .map(|answer| as_shown(answer).replace(email, "EMAIL"))
            .collect();
        (
            shown,
            difference(host.calls(), before),
            mails_since(&host, 1),
        )
    };
    let ((of_ada, ada_calls, ada_mails), (of_nobody, nobody_calls, nobody_mails)) =
        (of(ADA), of(NOBODY));
    assert_eq!(of_ada, of_nobody);
    assert_eq!(ada_calls, nobody_calls);
    assert_eq!(ada_mails, nobody_mails);
}

/// What reaches the browser.
fn as_shown(answer: &Answer) -> String {
    match answer {
        Ok(outcome) => format!("{:?}", outcome.step),
        Err(failure) => format!("{failure:?}"),
    }
}

fn mails_since(host: &Host, first: usize) -> usize {
    host.outbox().len() - first
}

fn difference(after: Calls, before: Calls) -> Calls {
    Calls {
        get: after.get - before.get,
        insert: after.insert - before.insert,
        replace: after.replace - before.replace,
        remove: after.remove - before.remove,
        increment: after.increment - before.increment,
        list: after.list - before.list,
        hash: after.hash - before.hash,
        verify: after.verify - before.verify,
        mail: after.mail - before.mail,
        event: after.event - before.event,
        fetch: after.fetch - before.fetch,
        verified: after.verified - before.verified,
    }
}

#[test]
fn signing_in_with_a_wrong_password() {
    assert_uniform(1, |browser, email| {
        (0..12)
            .map(|_| browser.signs_in(email, "wrong password"))
            .collect()
    });
}

#[test]
fn signing_in_with_a_password_over_the_bounds() {
    assert_uniform(2, |browser, email| {
        vec![browser.signs_in(email, &"x".repeat(5_000))]
    });
}

#[test]
fn registering() {
    assert_uniform(3, |browser, email| {
        let mut answers = vec![
            browser.registers(email, "short"),
            browser.registers(email, NEW),
        ];
        answers.push(browser.asks_again("register"));
        answers.extend((0..7).map(|_| browser.gives_code("register", "not it")));
        answers.extend((0..5).map(|_| browser.registers(email, NEW)));
        answers
    });
}

#[test]
fn guessing_the_code_of_a_registration_or_a_reset() {
    // The code drawn is 123456 with a chance of one in a million, and the seed is fixed.
    for path in ["register", "change"] {
        assert_uniform(4, |browser, email| {
            let asked = if path == "register" {
                browser.registers(email, NEW)
            } else {
                browser.asks_for_reset(email)
            };
            let mut answers = vec![asked];
            answers.extend((0..7).map(|_| browser.gives_code(path, "123456")));
            answers
        });
    }
}

#[test]
fn asking_for_a_reset_and_for_another_code() {
    assert_uniform(5, |browser, email| {
        let mut answers = vec![browser.asks_for_reset(email), browser.asks_again("change")];
        answers.push(browser.asks_for_reset(email));
        answers.push(browser.updates(NEW));
        answers.extend((0..6).map(|_| {
            browser.context().state = None;
            browser.asks_for_reset(email)
        }));
        answers
    });
}

#[test]
fn asking_for_another_mail_after_the_wait() {
    for path in ["register", "change"] {
        let of = |email: &str| {
            let (host, _) = with_ada(6);
            let mut browser = browser(&host);
            if path == "register" {
                browser.registers(email, NEW)
            } else {
                browser.asks_for_reset(email)
            }
            .unwrap();
            host.advance(30);
            let before = host.calls();
            let shown = as_shown(&browser.asks_again(path)).replace(email, "EMAIL");
            (
                shown,
                difference(host.calls(), before),
                mails_since(&host, 1),
            )
        };
        assert_eq!(of(ADA), of(NOBODY));
    }
}

#[test]
fn both_get_a_mail_that_looks_alike_from_outside() {
    let (host, _) = with_ada(7);
    browser(&host).registers(ADA, NEW).unwrap();
    browser(&host).registers(NOBODY, NEW).unwrap();
    browser(&host).asks_for_reset(ADA).unwrap();
    browser(&host).asks_for_reset(NOBODY).unwrap();
    let codes: Vec<(String, bool)> = host
        .outbox()
        .into_iter()
        .skip(1)
        .map(|mail| (mail.to, mail.code.is_some()))
        .collect();
    let expected = [(ADA, false), (NOBODY, true), (ADA, true), (NOBODY, false)]
        .map(|(to, code)| (to.to_owned(), code));
    assert_eq!(codes, expected);
}
