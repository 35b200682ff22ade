//! Fifty at once.

use crate::harness::browser::Browser;
use crate::harness::client::{API, ASSERTOR, Client, SPA, STRICT};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http::{self, Response, fresh_client};
use crate::harness::server::shared;
use crate::harness::{jwt, random, signer};
use std::collections::BTreeSet;
use std::sync::Barrier;

const AT_ONCE: usize = 50;

/// Runs one thing on as many threads, all let go at the same moment.
fn at_once<T: Send>(act: impl Fn() -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(AT_ONCE);
    std::thread::scope(|scope| {
        let threads = (0..AT_ONCE).map(|_| {
            scope.spawn(|| {
                barrier.wait();
                act()
            })
        });
        let threads = threads.collect::<Vec<_>>();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no panic"))
            .collect()
    })
}

fn with_status(answers: &[Response], status: u16) -> Vec<&Response> {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .collect()
}

/// Every answer is a success or the standard's refusal.
#[track_caller]
fn assert_won_or_invalid_grant(answers: &[Response]) {
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        answer.assert_error(400, "invalid_grant");
    }
}

fn request_for_the_api(client: Client) -> AuthorizationRequest {
    AuthorizationRequest::new(client)
        .with("scope", "openid offline_access api:read")
        .with("resource", "https://api.example/")
}

/// RFC 6749 §4.1.2: a code MUST NOT be used more than once. Those that lost were replays by the right client, so the
/// tokens of the winner may be revoked at once; after one more replay they must be.
#[test]
fn one_code_fifty_redemptions_one_success() {
    for round in 0..5 {
        let request = request_for_the_api(SPA);
        let code = request.code(shared(), &mut flow::signed_in());
        let answers = at_once(|| request.redeem(shared(), &code));
        let won = with_status(&answers, 200);
        assert_eq!(won.len(), 1, "round {round}: {answers:?}");
        assert_won_or_invalid_grant(&answers);
        let tokens = Tokens::of(won[0]);
        request
            .redeem(shared(), &code)
            .assert_error(400, "invalid_grant");
        SPA.refresh(shared(), tokens.refresh())
            .assert_error(400, "invalid_grant");
        assert!(!API.sees_active(shared(), &tokens.access), "round {round}");
    }
}

/// The same on connections of their own, so that no queue in the client puts them in order.
#[test]
fn one_code_fifty_connections_one_success() {
    let request = request_for_the_api(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    let (url, mut fields) = (shared().url("/token"), request.redemption(&code));
    fields.push(("client_id", SPA.id));
    let statuses = at_once(|| {
        fresh_client()
            .post(&url)
            .form(&fields)
            .send()
            .expect("an answer")
            .status()
            .as_u16()
    });
    assert_eq!(
        statuses.iter().filter(|status| **status == 200).count(),
        1,
        "{statuses:?}"
    );
}

#[test]
fn fifty_refreshes_one_successor_for_all() {
    let mut tokens = flow::tokens_for(SPA);
    for round in 0..5 {
        let answers = at_once(|| SPA.refresh(shared(), tokens.refresh()));
        assert_eq!(
            with_status(&answers, 200).len(),
            AT_ONCE,
            "round {round}: {answers:?}"
        );
        let successors = answers
            .iter()
            .map(|answer| answer.text("refresh_token"))
            .collect::<BTreeSet<_>>();
        assert_eq!(successors.len(), 1, "round {round}");
        tokens = Tokens::of(&answers[0]);
    }
    SPA.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn fifty_refreshes_of_a_strict_client_one_success() {
    let tokens = flow::tokens_for(STRICT);
    let answers = at_once(|| STRICT.refresh(shared(), tokens.refresh()));
    assert_eq!(with_status(&answers, 200).len(), 1, "{answers:?}");
    assert_won_or_invalid_grant(&answers);
    // Forty-nine of them were reuse: the grant is over.
    let successor = with_status(&answers, 200)[0].text("refresh_token");
    STRICT
        .refresh(shared(), &successor)
        .assert_error(400, "invalid_grant");
}

/// Refreshes against a revocation: whatever the order, nothing is left in the end.
#[test]
fn a_revocation_among_refreshes_wins() {
    let tokens = flow::tokens_for(SPA);
    let answers = at_once(|| {
        if random::below(10) == 0 {
            SPA.revoke(shared(), tokens.refresh())
        } else {
            SPA.refresh(shared(), tokens.refresh())
        }
    });
    assert!(
        answers.iter().all(|answer| answer.status < 500),
        "{answers:?}"
    );
    assert_eq!(SPA.revoke(shared(), tokens.refresh()).status, 200);
    for answer in answers
        .iter()
        .filter(|answer| answer.status == 200 && answer.body.contains("refresh_token"))
    {
        SPA.refresh(shared(), &answer.text("refresh_token"))
            .assert_error(400, "invalid_grant");
    }
}

/// One answer to one question: fifty presses on "allow" are one code at most.
#[test]
fn fifty_consents_one_code() {
    let mut browser = flow::signed_in();
    let request = AuthorizationRequest::new(SPA).with("prompt", "consent");
    let visit = browser.get(&request.url(shared()));
    let form = visit.form("allow");
    let urls = at_once(|| browser.clone().press(&visit, &form, "allow").left_for());
    let codes = urls.iter().flatten().filter_map(|url| {
        url.query_pairs()
            .find(|pair| pair.0 == "code")
            .map(|pair| pair.1.into_owned())
    });
    let codes = codes.collect::<BTreeSet<_>>();
    assert!(codes.len() <= 1, "{codes:?}");
}

/// RFC 9126 §4: a `request_uri` is good for one sign-in.
#[test]
fn one_pushed_request_fifty_browsers_one_sign_in() {
    let url = AuthorizationRequest::new(SPA).pushed_url(shared());
    let visits = at_once(|| Browser::new(&shared().issuer).get(&url));
    let begun = visits.iter().filter(|visit| visit.response.status == 200);
    assert_eq!(begun.count(), 1);
    assert!(
        visits
            .iter()
            .all(|visit| [200, 400].contains(&visit.response.status))
    );
}

/// A mailed code is worth one sign-in, and its five tries are five also for those who ask all at once.
#[test]
fn fifty_guesses_of_a_mailed_code_are_five() {
    let (email, mut browser) = (random::email(), Browser::new(&shared().issuer));
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(shared()));
    let page = flow::ask_for_pin(&mut browser, visit, &email);
    let code = shared().mailed_code(&email, 1);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    at_once(|| flow::enter_code(&mut browser.clone(), &page, wrong));
    let answer = flow::enter_code(&mut browser, &page, &code);
    assert!(
        answer.try_form("allow").is_none() && answer.left_for().is_none(),
        "fifty tries were allowed"
    );
}

#[test]
fn fifty_entries_of_a_mailed_code_one_sign_in() {
    let (email, mut browser) = (random::email(), Browser::new(&shared().issuer));
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(shared()));
    let page = flow::ask_for_pin(&mut browser, visit, &email);
    let code = shared().mailed_code(&email, 1);
    let visits = at_once(|| flow::enter_code(&mut browser.clone(), &page, &code));
    let signed_in = visits
        .iter()
        .filter(|visit| visit.try_form("allow").is_some())
        .count();
    assert_eq!(
        signed_in,
        1,
        "{:?}",
        visits
            .iter()
            .map(|visit| visit.response.status)
            .collect::<Vec<_>>()
    );
}

/// One address that signs in for the first time in several browsers at once: one account, one subject.
#[test]
fn parallel_first_sign_ins_of_one_address_are_one_person() {
    let email = random::email();
    let ready = (1..=4).map(|nth| {
        let (mut browser, request) = (
            Browser::new(&shared().issuer),
            AuthorizationRequest::new(SPA),
        );
        let visit = browser.get(&request.url(shared()));
        let page = flow::ask_for_pin(&mut browser, visit, &email);
        (browser, request, page, shared().mailed_code(&email, nth))
    });
    let ready = ready.collect::<Vec<_>>();
    let barrier = Barrier::new(ready.len());
    let subjects = std::thread::scope(|scope| {
        let people = ready.into_iter().map(|(mut browser, request, page, code)| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                let visit = flow::enter_code(&mut browser, &page, &code);
                let code = flow::finish(&mut browser, &visit).code();
                jwt::read(Tokens::of(&request.redeem(shared(), &code)).id()).1["sub"].to_string()
            })
        });
        let people = people.collect::<Vec<_>>();
        people
            .into_iter()
            .map(|person| person.join().expect("no panic"))
            .collect::<BTreeSet<_>>()
    });
    assert_eq!(subjects.len(), 1, "{subjects:?}");
}

/// RFC 9449 §11.1: whoever saw a proof on its way cannot send it once more, however fast.
#[test]
fn one_proof_fifty_requests_one_success() {
    use crate::harness::client::MACHINE;
    use crate::harness::dpop::Proof;
    let key = jwt::SigningKey::new();
    for round in 0..5 {
        let url = shared().url("/token");
        let proof = Proof::new(&key, "POST", &url).sign();
        let answers = at_once(|| {
            MACHINE
                .request(&url, &[("grant_type", "client_credentials")])
                .header("dpop", &proof)
                .send()
        });
        assert_eq!(with_status(&answers, 200).len(), 1, "round {round}");
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.assert_error(400, "invalid_dpop_proof");
        }
    }
}

/// RFC 8628 §3.5: a device may poll on several connections; it gets its tokens once, and they stay good.
#[test]
fn one_device_code_fifty_polls_one_success() {
    use crate::harness::client::TV;
    use crate::harness::device::{Device, type_code};
    for round in 0..3 {
        let device = Device::start(shared(), TV, &[("scope", "openid offline_access")]);
        let mut browser = flow::signed_in();
        let asked = type_code(shared(), &mut browser, &device.user_code);
        browser.press(&asked, &asked.form("allow"), "allow");
        let answers = at_once(|| device.poll(shared()));
        let won = with_status(&answers, 200);
        assert_eq!(won.len(), 1, "round {round}: {answers:?}");
        assert_won_or_invalid_grant(&answers);
        TV.refresh(shared(), Tokens::of(won[0]).refresh())
            .assert_ok();
    }
}

/// RFC 7523 §3: a `jti` is good once, for a client that authenticates and for an assertion that is a grant.
#[test]
fn fifty_uses_of_one_assertion_one_success() {
    let assertion = signer::client_assertion(shared(), "signed");
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", signer::ASSERTION_TYPE),
        ("client_assertion", &assertion),
    ];
    let url = shared().url("/token");
    let answers = at_once(|| http::post(&url).form(&fields).send());
    assert_eq!(with_status(&answers, 200).len(), 1, "{answers:?}");
    assert_eq!(with_status(&answers, 401).len(), AT_ONCE - 1, "{answers:?}");

    let (_, email) = flow::newcomer(shared());
    let assertion = signer::id_jag(&signer::id_jag_claims(shared(), &email));
    let fields = [
        ("grant_type", signer::JWT_BEARER),
        ("assertion", assertion.as_str()),
    ];
    let answers = at_once(|| ASSERTOR.token(shared(), &fields));
    assert_eq!(with_status(&answers, 200).len(), 1, "{answers:?}");
    assert_won_or_invalid_grant(&answers);
}

/// The command line works on the store of the native server.
mod native_only {
    use super::*;
    use crate::harness::server::{CONFIG, Server};
    use crate::harness::{http, registration};

    /// An initial access token for one registration (RFC 7591 §3).
    #[test]
    fn one_initial_access_token_fifty_registrations_one_client() {
        let config = CONFIG.replace("mode = \"open\"", "mode = \"token\"");
        let server = Server::start(&config);
        let made = server.command(&["client", "token", "add", "--uses", "1", "--json"]);
        let made: serde_json::Value = serde_json::from_slice(&made.stdout).expect("JSON");
        let token = made["initial_access_token"].as_str().expect("a token");
        let endpoint = server.endpoint("registration_endpoint");
        let body = registration::public("https://raced.example/callback").to_string();
        let answers = at_once(|| {
            http::post(&endpoint)
                .bearer(token)
                .body("application/json", body.clone())
                .send()
        });
        assert_eq!(with_status(&answers, 201).len(), 1);
        assert_eq!(with_status(&answers, 401).len(), AT_ONCE - 1);
    }
}
