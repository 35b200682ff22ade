//! Signed plugins, and operators who take no others.

use crate::place::{Place, plugin};
use crate::signer::Signer;

const CHECK: [&str; 2] = ["config", "check"];
const ADD: [&str; 5] = ["provider", "add", "door.wasm", "--yes", "--append"];

/// A plugin signed by the key of seed 1, and a configuration that trusts the keys of these seeds.
fn place(trusted: &[u8], required: bool) -> Place {
    let place = Place::new();
    place.write("door.wasm", plugin("one"));
    place.write("door.wasm.minisig", Signer::seeded(1).sign(&plugin("one")));
    let keys: Vec<String> = trusted
        .iter()
        .map(|seed| Signer::seeded(*seed).public())
        .collect();
    place.configure(&format!(
        "[plugins]\ntrusted_keys = {keys:?}\nrequire_signatures = {required}\n"
    ));
    place
}

#[test]
fn a_signature_by_a_trusted_key_is_written_down() {
    let place = place(&[2, 1], true);
    let text = place.done(&ADD);
    let key = Signer::seeded(1).public();
    assert!(text.contains(&format!("Signed by {key}")), "{text}");
    assert!(
        place
            .read("doorward.lock")
            .contains(&format!("signer = \"{key}\""))
    );
    assert!(place.path().join("plugins/door.wasm.minisig").is_file());
    place.done(&CHECK);
}

#[test]
fn without_a_signature_it_is_refused_where_one_is_required() {
    let place = place(&[1], true);
    std::fs::remove_file(place.path().join("door.wasm.minisig")).unwrap();
    place.refused(&ADD, &["door.wasm", "is not signed", "require_signatures"]);
    assert!(!place.path().join("doorward.lock").exists());
}

#[test]
fn a_signature_that_is_not_right_is_refused_required_or_not() {
    for required in [true, false] {
        let other_key = place(&[2], required);
        other_key.refused(&ADD, &["by none of the keys that are trusted"]);
        let other_bytes = place(&[1], required);
        other_bytes.write("door.wasm", plugin("two"));
        other_bytes.refused(&ADD, &["by none of the keys that are trusted"]);
        let other_comment = place(&[1], required);
        let signature = other_comment.read("door.wasm.minisig");
        let signature = signature.replace("timestamp:0", "timestamp:1");
        other_comment.write("door.wasm.minisig", signature);
        other_comment.refused(&ADD, &["by none of the keys that are trusted"]);
        let nonsense = place(&[1], required);
        nonsense.write("door.wasm.minisig", "signed, me");
        nonsense.refused(&ADD, &["none of minisign's"]);
    }
}

/// Trust is that of now: whoever takes a key out takes its plugins out.
#[test]
fn what_was_signed_is_verified_at_each_start() {
    let place = place(&[1], true);
    place.done(&ADD);
    place.done(&CHECK);
    let signature = place.read("plugins/door.wasm.minisig");
    std::fs::remove_file(place.path().join("plugins/door.wasm.minisig")).unwrap();
    place.refused(&CHECK, &["[[provider]] \"door\"", "is not signed"]);
    place.write("plugins/door.wasm.minisig", signature);
    place.done(&CHECK);
    let (one, two) = (Signer::seeded(1).public(), Signer::seeded(2).public());
    let text = place.read("doorward.toml").replace(&one, &two);
    place.write("doorward.toml", text);
    place.refused(&CHECK, &["by none of the keys that are trusted"]);
}

#[test]
fn a_key_may_be_given_by_hand_where_signatures_are_not_required() {
    let key = format!("untrusted comment: a key\n{}\n", Signer::seeded(1).public());
    for (required, taken) in [(false, true), (true, false)] {
        let place = place(&[2], required);
        place.write("author.pub", &key);
        let add = [&ADD[..], &["--key", "author.pub"]].concat();
        if taken {
            place.done(&add);
            place.done(&CHECK);
        } else {
            place.refused(&add, &["by none of the keys that are trusted"]);
        }
    }
    // Whoever names a key wants a signature.
    let place = place(&[], false);
    place.write("author.pub", key);
    std::fs::remove_file(place.path().join("door.wasm.minisig")).unwrap();
    let add = [&ADD[..], &["--key", "author.pub"]].concat();
    place.refused(&add, &["is not signed"]);
}

#[test]
fn what_is_no_key_is_no_key() {
    let place = place(&[1], true);
    let text = place.read("doorward.toml");
    let none = text.replace(&Signer::seeded(1).public(), "RWnot");
    place.write("doorward.toml", none);
    place.refused(&CHECK, &["trusted_keys of [plugins]", "no public key"]);
    let empty = text.replace(&format!("{:?}", Signer::seeded(1).public()), "");
    place.write("doorward.toml", empty);
    place.refused(&CHECK, &["trusted_keys of [plugins]", "is empty"]);
}
