//! SIGHUP: plugins change while the server runs, and a bad one changes nothing.

use crate::guest;
use crate::harness::client::SPA;
use crate::harness::flow::AuthorizationRequest;
use crate::harness::server::{CONFIG, Place as Running, Server, run_alone};
use crate::place::{NOT_FOUND, plugin};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// The shared configuration with one provider: a plugin in a file.
fn configuration(file: &Path) -> String {
    let (begin, rest) = CONFIG.split_once("[[provider]]").expect("a provider");
    let (_, rest) = rest.split_once("[[resource]]").expect("a resource");
    format!("{begin}[[provider]]\nid = \"door\"\ncomponent = {file:?}\n\n[[resource]]{rest}")
}

fn hang_up(server: &Server) {
    let signal = Command::new("kill")
        .args(["-HUP", &server.child.id().to_string()])
        .status();
    assert!(signal.expect("kill").success());
}

/// Waits until the log has these words `times`.
#[track_caller]
fn wait_for(server: &Server, words: &str, times: usize) {
    let deadline = Instant::now() + Duration::from_mins(1);
    while server.log.text().matches(words).count() < times {
        assert!(
            Instant::now() < deadline,
            "no {words:?}:\n{}",
            server.log.text()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// What a sign-in at the one provider is answered with.
fn status(server: &Server) -> u16 {
    AuthorizationRequest::new(SPA).open(server).response.status
}

/// `err(unavailable)`, with the label for a reason.
const UNAVAILABLE: &str = "(i32.store8 (i32.const 1024) (i32.const 1)) (i32.store8 (i32.const 1028) (i32.const 2)) \
                           (i32.store (i32.const 1032) (i32.const 512)) (i32.store (i32.const 1036) (i32.const 4)) (i32.const 1024)";

#[test]
fn a_new_version_takes_over_and_a_bad_one_does_not() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("door.wasm");
    std::fs::write(&file, plugin("one")).unwrap();
    let server = Server::start(&configuration(&file));
    assert_eq!(status(&server), 404);

    let second = guest::plugin(&[], "", UNAVAILABLE);
    std::fs::write(&file, &second).unwrap();
    assert_eq!(status(&server), 404, "before anyone said so");
    hang_up(&server);
    wait_for(&server, "provider.reloaded", 1);
    assert_eq!(status(&server), 503);

    std::fs::write(&file, b"no wasm at all").unwrap();
    hang_up(&server);
    wait_for(&server, "provider.reload_failed", 1);
    assert_eq!(status(&server), 503, "the second version goes on");
    let log = server.log.text();
    let line = log
        .lines()
        .find(|line| line.contains("provider.reload_failed"))
        .unwrap();
    assert!(
        line.contains(r#""provider":"door""#)
            && line.contains(r#""sha256":""#)
            && line.contains(r#""reason":""#),
        "{line}"
    );

    std::fs::remove_file(&file).unwrap();
    hang_up(&server);
    wait_for(&server, "provider.reload_failed", 2);
    assert_eq!(status(&server), 503, "and without a file");

    std::fs::write(&file, guest::plugin(&[], "", NOT_FOUND)).unwrap();
    hang_up(&server);
    wait_for(&server, "provider.reloaded", 2);
    assert_eq!(status(&server), 404);
}

/// `serve` reads the entries of the configuration again, and lets in what the lockfile lets in.
#[test]
fn serve_takes_what_was_let_in_since() {
    let place = Running::new("");
    let directory = place.config().parent().unwrap().to_owned();
    let path = |name: &str| directory.join(name).to_str().unwrap().to_owned();
    let made = run_alone(&["keys", "generate-sealing-key", &path("sealing.key")]);
    assert!(made.status.success());
    std::fs::create_dir(place.data()).unwrap();
    std::fs::write(path("door.wasm"), plugin("one")).unwrap();
    place.configure(&format!(
        "issuer = \"{}\"\nlisten = \"{}\"\ndata = \"data\"\n[keys]\nsealing_key_file = \"sealing.key\"\n",
        place.origin(),
        place.listen()
    ));
    let config = path("doorward.toml");
    let add = |file: &str, id: &str, more: &[&str]| {
        let arguments = [
            "provider", "add", file, "--id", id, "--yes", "--config", &config,
        ];
        let added = run_alone(&[&arguments, more].concat());
        assert!(added.status.success(), "{added:?}");
    };
    add(&path("door.wasm"), "door", &["--append"]);
    let server = place.serve();

    std::fs::write(path("plugins/door.wasm"), plugin("two")).unwrap();
    hang_up(&server);
    wait_for(&server, "is not the plugin that was let in", 1);
    assert!(!server.log.text().contains("provider.reloaded"));

    add(&path("plugins/door.wasm"), "door", &[]);
    hang_up(&server);
    wait_for(&server, "provider.reloaded", 1);
    add(&path("door.wasm"), "window", &["--append"]);
    hang_up(&server);
    wait_for(&server, "provider.reloaded", 2);

    let text = server.place.configuration();
    let (without, _) = text.rsplit_once("[[provider]]").unwrap();
    server.place.configure(without);
    hang_up(&server);
    wait_for(&server, "provider.taken_out", 1);
    server.place.configure("[[provider]");
    hang_up(&server);
    wait_for(&server, "provider.reload_failed", 2);
}
