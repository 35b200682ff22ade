//! `doorward provider inspect`, `add`, `list` and `remove`.

use crate::guest;
use crate::place::{NOT_FOUND, Place, asking, plugin};
use serde_json::{Value, json};

#[test]
fn inspect_says_what_it_is_and_what_it_could_touch() {
    let place = Place::new();
    place.write("asking.wasm", asking());
    let text = place.done(&["provider", "inspect", "asking.wasm"]);
    for says in [
        "doorward:provider@0.1.0",
        "send browsers to those that you grant of: api.example",
        "word (string, required): What to say",
        "It cannot: open files",
    ] {
        assert!(text.contains(says), "{text}");
    }
    let answer = place.done(&["provider", "inspect", "asking.wasm", "--json"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(answer["contract"], "0.1.0");
    assert_eq!(answer["hosts"], json!(["api.example"]));
    assert_eq!(answer["purposes"], json!(["sign-in"]));
    assert_eq!(answer["settings_schema"]["required"], json!(["word"]));
    assert_eq!(answer["size"], asking().len());
    let sha256 = answer["sha256"].as_str().unwrap();
    assert!(text.contains(sha256) && sha256.len() == 64, "{text}");
}

#[test]
fn what_is_no_plugin_is_refused_by_inspect_and_add() {
    let place = Place::new();
    let of_another_contract = |bytes: Vec<u8>| -> Vec<u8> {
        let (old, new) = (b"@0.1.0", b"@0.9.0");
        let mut bytes = bytes;
        let at: Vec<usize> = bytes
            .windows(old.len())
            .enumerate()
            .filter_map(|(at, window)| (window == old).then_some(at))
            .collect();
        for at in at {
            bytes[at..at + old.len()].copy_from_slice(new);
        }
        bytes
    };
    for (name, bytes, says) in [
        ("text.wasm", b"no wasm at all".to_vec(), "is no component"),
        (
            "module.wasm",
            wat::parse_str("(module)").unwrap(),
            "is no component",
        ),
        (
            "other.wasm",
            wat::parse_str("(component)").unwrap(),
            "it is no login plugin",
        ),
        (
            "newer.wasm",
            of_another_contract(plugin("one")),
            "built against doorward:provider@0.9.0; this doorward calls 0.1.0",
        ),
        (
            "keys.wasm",
            guest::plugin(
                &["doorward:host/keys@0.1.0"],
                r#"(import "doorward:host/keys@0.1.0" "jwks" (func $look (param i32)))"#,
                NOT_FOUND,
            ),
            "doorward:host/keys@0.1.0",
        ),
    ] {
        place.write(name, bytes);
        place.refused(&["provider", "inspect", name], &[name, says]);
        place.refused(&["provider", "add", name, "--yes"], &[name, says]);
        assert!(!place.path().join("doorward.lock").exists(), "{name}");
        assert!(!place.path().join("plugins").exists(), "{name}");
    }
}

#[test]
fn add_asks_first() {
    let place = Place::new();
    place.write("door.wasm", plugin("one"));
    place.refused(&["provider", "add", "door.wasm"], &["--yes"]);
    assert!(!place.path().join("doorward.lock").exists());
    assert!(!place.path().join("plugins").exists());
}

#[test]
fn what_is_added_is_beside_the_configuration_and_what_to_write_there_is_printed() {
    let place = Place::new();
    place.write("elsewhere/doorward_provider_asking.wasm", asking());
    let file = "elsewhere/doorward_provider_asking.wasm";
    let text = place.done(&[
        "provider",
        "add",
        file,
        "--allow-host",
        "api.example",
        "--yes",
    ]);
    for says in [
        "[[provider]]\nid = \"asking\"\ncomponent = \"plugins/asking.wasm\"\noutbound_hosts = [\"api.example\"]",
        "# word (string, required): What to say",
    ] {
        assert!(text.contains(says), "{text}");
    }
    let added = std::fs::read(place.path().join("plugins/asking.wasm")).unwrap();
    assert_eq!(added, asking());
    let lock = place.read("doorward.lock");
    for says in [file, "hosts = [\"api.example\"]", "contract = \"0.1.0\""] {
        assert!(lock.contains(says), "{lock}");
    }
    place.configure(
        "[[provider]]\nid = \"asking\"\ncomponent = \"plugins/asking.wasm\"\noutbound_hosts = [\"api.example\"]\n\
         settings = { word = \"mellon\" }",
    );
    place.done(&["config", "check", "--config", "doorward.toml"]);
}

#[test]
fn what_it_does_not_ask_for_is_not_granted() {
    let place = Place::new();
    place.write("asking.wasm", asking());
    let add = |host| {
        [
            "provider",
            "add",
            "asking.wasm",
            "--yes",
            "--allow-host",
            host,
        ]
    };
    place.refused(&add("*"), &["it does not ask for \"*\"", "api.example"]);
    place.refused(&add("api.example.evil"), &["it does not ask for"]);
    let text = place.done(&["provider", "add", "asking.wasm", "--yes"]);
    assert!(text.contains("Not granted: api.example"), "{text}");
}

#[test]
fn ids_are_those_that_a_provider_may_have() {
    let place = Place::new();
    place.write("door.wasm", plugin("one"));
    for (id, says) in [
        ("token", "path of the server"),
        ("../door", "lower-case letters"),
        ("pin", "builtin of id \"pin\""),
    ] {
        let add = ["provider", "add", "door.wasm", "--yes", "--id", id];
        place.refused(&add, &[says]);
    }
}

#[test]
fn list_says_what_became_of_each() {
    let place = Place::new();
    place.write("door.wasm", plugin("one"));
    for id in ["good", "changed", "gone", "unused"] {
        place.done(&["provider", "add", "door.wasm", "--yes", "--id", id]);
    }
    for id in ["good", "changed", "gone", "stranger"] {
        place.configure(&format!(
            "[[provider]]\nid = \"{id}\"\ncomponent = \"plugins/{id}.wasm\"\n"
        ));
    }
    place.write("plugins/changed.wasm", plugin("two"));
    place.write("plugins/stranger.wasm", plugin("three"));
    std::fs::remove_file(place.path().join("plugins/gone.wasm")).unwrap();
    let answer = place.done(&["provider", "list", "--json"]);
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let rows = answer["providers"].as_array().unwrap();
    let states: Vec<_> = rows
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), row["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        states,
        [
            ("pin", "built in"),
            ("good", "good"),
            ("changed", "not what was let in"),
            ("gone", "its file cannot be read"),
            ("stranger", "not let in"),
            ("unused", "not in the configuration"),
        ]
    );
    assert!(place.done(&["provider", "list"]).contains("not let in"));
}

#[test]
fn what_is_in_use_is_not_removed() {
    let place = Place::new();
    place.write("door.wasm", plugin("one"));
    let before = place.read("doorward.toml");
    place.done(&["provider", "add", "door.wasm", "--yes", "--append"]);
    let remove = ["provider", "remove", "door"];
    place.refused(&remove, &["still has [[provider]] \"door\""]);
    place.write("doorward.toml", before);
    place.done(&remove);
    assert!(!place.path().join("plugins/door.wasm").exists());
    place.refused(&remove, &["no plugin \"door\" was let in"]);
}
