//! Kill -9 under load, a hundred times: every acknowledged refresh token still works, no code works twice.

use crate::harness::browser::Browser;
use crate::harness::client::SPA;
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http::{self, Response};
use crate::harness::random;
use crate::harness::server::{CONFIG, Server};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

const ROUNDS: u64 = 100;
const GRANTS: usize = 6;
/// Codes made before each kill, to be redeemed while it comes.
const CODES: usize = 2;
/// The longest that a round runs under load, in microseconds.
const LOAD_MICROSECONDS: u64 = 60_000;

/// What a client knows about its grant.
struct Grant {
    /// The newest refresh token that it was given.
    acknowledged: String,
    /// It was sent, and no answer came.
    in_doubt: bool,
}

/// What a client knows about a code.
struct Code {
    request: AuthorizationRequest,
    value: String,
    sent: bool,
    tokens: Option<Tokens>,
}

#[derive(Default)]
struct Counts {
    refreshed: AtomicU64,
    lost: AtomicU64,
    redeemed: AtomicU64,
}

/// One exchange at the token endpoint; none if the server went away before it answered.
fn token(url: &str, fields: &[(&str, &str)]) -> Option<Response> {
    let fields = [fields, &[("client_id", SPA.id)]].concat();
    http::post(url).form(&fields).try_send().ok()
}

fn refresh_until(url: &str, grant: &Mutex<Grant>, over: &AtomicBool, counts: &Counts) {
    while !over.load(Ordering::Relaxed) {
        let mut grant = grant.lock().expect("one thread a grant");
        let sent = grant.acknowledged.clone();
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", sent.as_str()),
        ];
        let Some(answer) = token(url, &fields) else {
            grant.in_doubt = true;
            counts.lost.fetch_add(1, Ordering::Relaxed);
            return;
        };
        grant.acknowledged = answer.assert_ok().text("refresh_token");
        grant.in_doubt = false;
        counts.refreshed.fetch_add(1, Ordering::Relaxed);
    }
}

fn redeem(url: &str, code: &Mutex<Code>, counts: &Counts) {
    // Somewhere in the round, so that the kill finds some before, some during and some after.
    std::thread::sleep(Duration::from_micros(random::below(LOAD_MICROSECONDS)));
    let mut code = code.lock().expect("one thread a code");
    code.sent = true;
    let answer = token(url, &code.request.redemption(&code.value));
    if let Some(answer) = answer {
        code.tokens = Some(Tokens::of(&answer));
        counts.redeemed.fetch_add(1, Ordering::Relaxed);
    }
}

/// Loads the server and kills it at a random moment of that.
fn load_and_kill(
    server: Server,
    grants: &[Mutex<Grant>],
    codes: &[Mutex<Code>],
    counts: &Counts,
) -> Server {
    let (url, over) = (server.url("/token"), AtomicBool::new(false));
    let place = std::thread::scope(|scope| {
        for grant in grants {
            scope.spawn(|| refresh_until(&url, grant, &over, counts));
        }
        for code in codes {
            scope.spawn(|| redeem(&url, code, counts));
        }
        std::thread::sleep(Duration::from_micros(random::below(LOAD_MICROSECONDS)));
        let place = server.kill();
        over.store(true, Ordering::Relaxed);
        place
    });
    place.start()
}

#[track_caller]
fn assert_grants_live(server: &Server, grants: &[Mutex<Grant>]) {
    for grant in grants {
        let mut grant = grant.lock().expect("nobody else");
        // In doubt, the server may have rotated: the one before gets the same successor inside the window.
        let answer = SPA.refresh(server, &grant.acknowledged);
        assert_eq!(
            answer.status, 200,
            "an acknowledged refresh token is lost (in doubt: {}): {}",
            grant.in_doubt, answer.body
        );
        grant.acknowledged = answer.text("refresh_token");
        grant.in_doubt = false;
    }
}

#[track_caller]
fn assert_codes_once(server: &Server, codes: &[Mutex<Code>]) {
    for code in codes {
        let code = code.lock().expect("nobody else");
        let again = code.request.redeem(server, &code.value);
        match (&code.tokens, code.sent) {
            (Some(_), _) => {
                again.assert_error(400, "invalid_grant");
            }
            // Never sent: the person said yes and was told so, so it must work, once.
            (None, false) => {
                again.assert_ok();
            }
            // Sent without an answer: used or not, but never twice.
            (None, true) => assert!(matches!(again.status, 200 | 400), "{again:?}"),
        }
        code.request
            .redeem(server, &code.value)
            .assert_error(400, "invalid_grant");
    }
}

fn new_code(server: &Server, browser: &mut Browser) -> Mutex<Code> {
    let request = AuthorizationRequest::new(SPA).with("scope", "openid offline_access");
    let value = request.code(server, browser);
    Mutex::new(Code {
        request,
        value,
        sent: false,
        tokens: None,
    })
}

#[test]
fn a_hundred_kills_lose_nothing_that_was_acknowledged() {
    println!("DOORWARD_TEST_SEED={}", random::seed());
    let mut server = Server::start(CONFIG);
    let (mut browser, _) = flow::newcomer(&server);
    let grants = (0..GRANTS).map(|_| {
        let tokens = AuthorizationRequest::new(SPA).tokens(&server, &mut browser);
        Mutex::new(Grant {
            acknowledged: tokens.refresh().to_owned(),
            in_doubt: false,
        })
    });
    let (grants, counts) = (grants.collect::<Vec<_>>(), Counts::default());
    for _ in 0..ROUNDS {
        let codes = (0..CODES)
            .map(|_| new_code(&server, &mut browser))
            .collect::<Vec<_>>();
        server = load_and_kill(server, &grants, &codes, &counts);
        assert_grants_live(&server, &grants);
        assert_codes_once(&server, &codes);
    }
    let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    println!(
        "{ROUNDS} kills: {} refreshes acknowledged, {} answers lost, {} codes redeemed",
        count(&counts.refreshed),
        count(&counts.lost),
        count(&counts.redeemed)
    );
    assert!(
        count(&counts.refreshed) > ROUNDS && count(&counts.lost) > 0,
        "the kills met no load"
    );
}
