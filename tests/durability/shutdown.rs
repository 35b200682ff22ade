//! A server that is asked to end finishes what it has begun.

use crate::harness::browser::Browser;
use crate::harness::client::SPA;
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http;
use crate::harness::random;
use crate::harness::server::{CONFIG, Server};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// Password hashing takes tens of milliseconds: the signal arrives in the middle of it.
#[test]
fn requests_in_flight_are_answered() {
    let mut server = Server::start(CONFIG);
    let mut ready = (0..4).map(|_| sign_in_page(&server)).collect::<Vec<_>>();
    let statuses = std::thread::scope(|scope| {
        let sent = ready.iter_mut().map(|(browser, page)| {
            let form = page
                .form_with("current-password")
                .fill("email", &random::email())
                .fill("current-password", "not-the-Password-77");
            scope.spawn(move || browser.press_once(page, &form, "sign_in").1.status)
        });
        let sent = sent.collect::<Vec<_>>();
        std::thread::sleep(Duration::from_millis(20));
        server.terminate();
        sent.into_iter()
            .map(|thread| thread.join().expect("an answer"))
            .collect::<Vec<_>>()
    });
    assert!(statuses.iter().all(|status| *status < 500), "{statuses:?}");
    let end = server.child.wait().expect("its end");
    assert!(end.success(), "{end}: {}", server.log.text());
    assert!(
        http::get(&server.url("/readyz")).try_send().is_err(),
        "it still listens"
    );
}

fn sign_in_page(server: &Server) -> (Browser, crate::harness::browser::Visit) {
    let mut browser = Browser::new(&server.issuer);
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(server));
    let page = flow::choose(&mut browser, visit, "password");
    (browser, page)
}

/// Whatever was answered before the end is there after it, and no answer is cut off.
#[test]
fn under_load_every_answer_is_whole() {
    let server = Server::start(CONFIG);
    let (mut browser, _) = flow::newcomer(&server);
    let grants = (0..4)
        .map(|_| {
            AuthorizationRequest::new(SPA)
                .tokens(&server, &mut browser)
                .refresh()
                .to_owned()
        })
        .collect::<Vec<_>>();
    let (over, answered) = (AtomicBool::new(false), AtomicU64::new(0));
    let last = std::thread::scope(|scope| {
        let server = &server;
        let clients = grants.into_iter().map(|mut newest| {
            let (over, answered) = (&over, &answered);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    let fields = [
                        ("grant_type", "refresh_token"),
                        ("refresh_token", newest.as_str()),
                        ("client_id", "spa"),
                    ];
                    match http::post(&server.url("/token")).form(&fields).try_send() {
                        Ok(answer) if answer.status == 200 => newest = answer.text("refresh_token"),
                        Ok(answer) => assert_eq!(answer.status, 503, "{answer:?}"),
                        Err(_) => break,
                    }
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                newest
            })
        });
        let clients = clients.collect::<Vec<_>>();
        while answered.load(Ordering::Relaxed) < 20 {
            std::thread::yield_now();
        }
        server.terminate();
        let last = clients
            .into_iter()
            .map(|client| client.join().expect("no panic"))
            .collect::<Vec<_>>();
        over.store(true, Ordering::Relaxed);
        last
    });
    let server = server.wait().start();
    for token in last {
        SPA.refresh(&server, &token).assert_ok();
    }
}
