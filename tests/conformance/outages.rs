//! What goes wrong around the server: clients that go away, a store that does not answer.

use crate::harness::client::{MACHINE, SPA};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::host::{Host, host};
use crate::harness::http::encode;
use crate::harness::server::{CONFIG, Server, shared};
use rusqlite::Connection;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Sends a token request, or the beginning of one, and goes away without reading the answer.
fn go_away(server: &Server, body: &str, sent: usize) {
    let address = server.place.listen();
    let mut stream = TcpStream::connect(&address).expect("a connection");
    let request = format!(
        "POST /token HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{}",
        body.len(),
        body.get(..sent).expect("ASCII"),
    );
    stream.write_all(request.as_bytes()).expect("it is taken");
}

/// A client that goes away in the middle of its request has asked for nothing; one that goes away before the answer has used
/// its code or has not, and nothing in between.
#[test]
fn a_client_that_goes_away_leaves_nothing_half_done() {
    let mut browser = flow::signed_in();
    for round in 0..12 {
        let request = AuthorizationRequest::new(SPA);
        let code = request.code(shared(), &mut browser);
        let mut fields = request.redemption(&code);
        fields.push(("client_id", SPA.id));
        let body = encode(&fields);
        let whole = round % 2 == 1;
        go_away(
            shared(),
            &body,
            if whole { body.len() } else { body.len() / 2 },
        );
        let answer = request.redeem(shared(), &code);
        if whole && answer.status != 200 {
            answer.assert_error(400, "invalid_grant");
        } else {
            let tokens = flow::Tokens::of(&answer);
            // The one that went away may have been first, and this one a replay inside what the store had not yet shown;
            // then its grant ends. Otherwise it goes on.
            let refreshed = SPA.refresh(shared(), tokens.refresh());
            if !(whole && refreshed.status == 400) {
                refreshed.assert_ok();
            }
        }
    }
    MACHINE.client_credentials(shared(), &[]).assert_ok();
}

/// The SQLite files below a directory.
fn databases(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                return databases(&path);
            }
            let is_one = |bytes: Vec<u8>| bytes.starts_with(b"SQLite format 3\0");
            let found = std::fs::read(&path).is_ok_and(is_one);
            found.then_some(path).into_iter().collect()
        })
        .collect()
}

/// Takes the store away for as long as `during` runs.
fn without_store(server: &Server, during: impl FnOnce()) {
    let data = server.place.data();
    match host() {
        Host::Native | Host::Spin => {
            let lock = |file: PathBuf| {
                let lock = Connection::open(file).expect("the database");
                lock.busy_timeout(Duration::from_secs(10))
                    .expect("a timeout");
                lock.execute_batch("BEGIN IMMEDIATE").expect("the lock");
                lock
            };
            let locks = databases(&data).into_iter().map(lock).collect::<Vec<_>>();
            assert!(!locks.is_empty(), "no SQLite file below {data:?}");
            during();
        }
        Host::Wasmtime => {
            let (keys, aside) = (data.join("keys"), data.join("aside"));
            std::fs::rename(&keys, &aside).expect("the store's directory");
            during();
            std::fs::rename(&aside, &keys).expect("it goes back");
        }
        Host::Workers => {
            panic!("its store is inside workerd: host/workers/test/faults.test.mjs takes it away")
        }
    }
}

/// Whoever cannot ask the store says so: 503, never "absent", and nothing is used up.
#[test]
fn a_store_that_does_not_answer_is_503_and_uses_nothing_up() {
    if host() == Host::Workers {
        // Nothing outside workerd can take its storage away; host/workers/test/faults.test.mjs does so from inside.
        return;
    }
    let server = Server::start(CONFIG);
    let (mut browser, _) = flow::newcomer(&server);
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(&server, &mut browser);
    let tokens = AuthorizationRequest::new(SPA).tokens(&server, &mut browser);
    without_store(&server, || {
        let answer = request.redeem(&server, &code);
        answer.assert_error(503, "temporarily_unavailable");
        let answer = SPA.refresh(&server, tokens.refresh());
        answer.assert_error(503, "temporarily_unavailable");
    });
    let deadline = Instant::now() + Duration::from_secs(30);
    let answer = loop {
        let answer = request.redeem(&server, &code);
        if answer.status != 503 || Instant::now() > deadline {
            break answer;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    answer.assert_ok();
    SPA.refresh(&server, tokens.refresh()).assert_ok();
}
