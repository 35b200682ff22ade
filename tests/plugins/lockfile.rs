//! `serve` runs what was let in, and nothing else.

use crate::harness::server::{CONFIG, Server};
use crate::place::{Place, plugin};

const SERVE: [&str; 3] = ["serve", "--config", "doorward.toml"];
const CHECK: [&str; 4] = ["config", "check", "--config", "doorward.toml"];
const ENTRY: &str = "[[provider]]\nid = \"door\"\ncomponent = \"plugins/door.wasm\"\n";

#[test]
fn a_plugin_that_was_not_let_in_does_not_run() {
    let place = Place::new();
    place.configure(ENTRY);
    place.write("plugins/door.wasm", plugin("one"));
    std::fs::create_dir(place.path().join("doorward-data")).unwrap();
    for command in [&SERVE[..], &CHECK[..]] {
        place.refused(
            command,
            &[
                "[[provider]] \"door\"",
                "plugins/door.wasm is not in",
                "doorward.lock",
                "`doorward provider add ./plugins/door.wasm --id door`",
            ],
        );
    }
}

#[test]
fn a_plugin_that_changed_since_it_was_let_in_does_not_run() {
    let place = Place::new();
    let file = place.write("door.wasm", plugin("one"));
    let file = file.to_str().unwrap();
    place.done(&["provider", "add", file, "--yes", "--append"]);
    place.done(&CHECK);
    place.write("plugins/door.wasm", plugin("two"));
    std::fs::create_dir(place.path().join("doorward-data")).unwrap();
    for command in [&SERVE[..], &CHECK[..]] {
        place.refused(
            command,
            &["is not the plugin that was let in", "Put the old file back"],
        );
    }
    for host in ["spin", "workers"] {
        let composing = [
            "compose",
            "--for",
            host,
            "--config",
            "doorward.toml",
            "--out",
            "out",
        ];
        place.refused(&composing, &["is not the plugin that was let in"]);
    }
    place.done(&["provider", "add", "plugins/door.wasm", "--yes"]);
    place.done(&CHECK);
}

#[test]
fn a_lockfile_that_cannot_be_read_lets_nothing_in() {
    let place = Place::new();
    place.write("door.wasm", plugin("one"));
    place.done(&["provider", "add", "door.wasm", "--yes", "--append"]);
    let lock = place.read("doorward.lock");
    for (text, says) in [
        (lock.replace("version = 1", "version = 2"), "version 2"),
        (format!("{lock}extra = 1\n"), "extra"),
        (String::from("["), "doorward.lock"),
    ] {
        place.write("doorward.lock", text);
        place.refused(&CHECK, &[says]);
    }
}

#[test]
fn builtins_need_no_entry() {
    Place::new().done(&CHECK);
}

#[test]
fn dev_runs_what_was_not_let_in_and_says_so() {
    let place = Place::new();
    let file = place.write("door.wasm", plugin("one"));
    let entry = format!("\n[[provider]]\nid = \"door\"\ncomponent = {file:?}\n");
    let server = Server::start(&format!("{CONFIG}{entry}"));
    let log = server.log.text();
    assert!(
        log.contains("`doorward serve` would refuse it") && log.contains("door.wasm is not in"),
        "{log}"
    );
}
