//! A locked database and a full disk: 503 `temporarily_unavailable`, and recovery without help.

use crate::harness::client::{MACHINE, SPA};
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http::{self, Response};
use crate::harness::server::{CONFIG, Server};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The SQLite files below the data directory.
fn databases(server: &Server) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&server.place.data(), &mut found);
    assert!(
        !found.is_empty(),
        "no SQLite file below {:?}",
        server.place.data()
    );
    found
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path())
    {
        if entry.is_dir() {
            collect(&entry, found);
        } else if std::fs::read(&entry).is_ok_and(|bytes| bytes.starts_with(b"SQLite format 3\0")) {
            found.push(entry);
        }
    }
}

#[track_caller]
fn assert_unavailable(answer: &Response) {
    answer.assert_error(503, "temporarily_unavailable");
}

/// Asks until it works again.
#[track_caller]
fn assert_recovers(ask: impl Fn() -> Response) {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        let answer = ask();
        if answer.status == 200 {
            return;
        }
        assert_unavailable(&answer);
        assert!(Instant::now() < deadline, "it did not recover: {answer:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_locked_database_is_temporarily_unavailable_and_uses_nothing_up() {
    let server = Server::start(CONFIG);
    let (mut browser, _) = flow::newcomer(&server);
    let tokens = AuthorizationRequest::new(SPA).tokens(&server, &mut browser);
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(&server, &mut browser);
    let visit = browser.get(
        &AuthorizationRequest::new(SPA)
            .with("prompt", "consent")
            .url(&server),
    );
    let consent = visit.form("allow");
    let locks = databases(&server).into_iter().map(|file| {
        let lock = Connection::open(file).expect("the database");
        lock.busy_timeout(Duration::from_secs(10))
            .expect("a timeout");
        lock.execute_batch("BEGIN IMMEDIATE").expect("the lock");
        lock
    });
    let locks = locks.collect::<Vec<_>>();
    assert_unavailable(&SPA.refresh(&server, tokens.refresh()));
    assert_unavailable(&request.redeem(&server, &code));
    let (_, page) = browser.press_once(&visit, &consent, "allow");
    assert_eq!((page.status, page.location()), (503, None), "{page:?}");
    for lock in locks {
        lock.execute_batch("ROLLBACK")
            .expect("the lock is given back");
    }
    assert_recovers(|| SPA.refresh(&server, tokens.refresh()));
    assert_recovers(|| request.redeem(&server, &code));
}

/// What needs no write goes on.
#[test]
fn a_locked_database_does_not_stop_what_only_reads() {
    let server = Server::start(CONFIG);
    MACHINE.client_credentials(&server, &[]).assert_ok();
    let locks = databases(&server).into_iter().map(|file| {
        let lock = Connection::open(file).expect("the database");
        lock.busy_timeout(Duration::from_secs(10))
            .expect("a timeout");
        lock.execute_batch("BEGIN IMMEDIATE").expect("the lock");
        lock
    });
    let locks = locks.collect::<Vec<_>>();
    http::get(&server.url("/.well-known/openid-configuration"))
        .send()
        .assert_ok();
    http::get(&server.url("/.well-known/jwks.json"))
        .send()
        .assert_ok();
    MACHINE.client_credentials(&server, &[]).assert_ok();
    drop(locks);
}

/// A disk that is full for the server alone: `ulimit -f` bounds every file that it writes.
#[test]
fn a_full_disk_is_temporarily_unavailable_and_loses_nothing() {
    let server = Server::start(CONFIG);
    let (mut browser, _) = flow::newcomer(&server);
    let mut newest = AuthorizationRequest::new(SPA)
        .tokens(&server, &mut browser)
        .refresh()
        .to_owned();
    let largest = databases(&server)
        .iter()
        .map(|file| std::fs::metadata(file).expect("a file").len())
        .max()
        .expect("a file");
    let place = server.stop();
    // Blocks of 512 bytes (POSIX); some shells count 1024. The signal of a write beyond it is ignored, so that the write
    // fails as it does on a full disk.
    let blocks = largest / 512 + 64;
    let mut command = std::process::Command::new("sh");
    command.args([
        "-c",
        "trap '' XFSZ; ulimit -f \"$0\"; exec \"$@\"",
        &blocks.to_string(),
        crate::harness::server::BINARY,
    ]);
    let server = place.start_by(command);
    let deadline = Instant::now() + Duration::from_mins(1);
    loop {
        let answer = SPA.refresh(&server, &newest);
        if answer.status != 200 {
            assert_unavailable(&answer);
            break;
        }
        newest = answer.text("refresh_token");
        assert!(Instant::now() < deadline, "the disk never filled up");
        // Grants that stay: a login transaction for each.
        let _ = AuthorizationRequest::new(SPA)
            .with("state", &"x".repeat(1_000))
            .open(&server);
    }
    // It is still there, and says so.
    assert_eq!(http::get(&server.url("/healthz")).send().status, 200);
    let server = server.stop().start();
    assert_recovers(|| SPA.refresh(&server, &newest));
}
