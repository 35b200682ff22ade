//! `doorward provider new` and `build`: from nothing to a plugin that runs.

use crate::harness::server::BINARY;
use crate::place::Place;
use std::path::Path;
use std::process::Command;

/// Where projects are built: once for all runs of this test.
const TARGET: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/provider-project");

/// Everything that it needs is what this workspace needs too, in the versions that it has.
#[test]
fn a_new_provider_in_rust_is_tested_built_and_let_in() {
    let place = Place::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let sdk = root.join("providers/sdk");
    let new = ["provider", "new", "door", "--lang", "rust", "--sdk"];
    place.done(&[&new[..], &[sdk.to_str().unwrap()]].concat());
    place.refused(
        &["provider", "new", "door", "--lang", "rust"],
        &["door is there already"],
    );
    let project = place.path().join("door");
    std::fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    let offline = |program: &str| {
        let mut command = Command::new(program);
        command
            .current_dir(&project)
            .env("CARGO_TARGET_DIR", TARGET)
            .env("CARGO_NET_OFFLINE", "true")
            .env_remove("DOORWARD_CONFIG");
        command
    };
    let tested = offline("cargo").args(["test", "--quiet"]).output().unwrap();
    assert!(
        tested.status.success(),
        "{}{}",
        String::from_utf8_lossy(&tested.stdout),
        String::from_utf8_lossy(&tested.stderr)
    );
    let built = offline(BINARY)
        .args(["provider", "build"])
        .output()
        .unwrap();
    let printed = String::from_utf8_lossy(&built.stdout).into_owned();
    assert!(
        built.status.success(),
        "{printed}{}",
        String::from_utf8_lossy(&built.stderr)
    );
    assert!(
        printed.contains("plugin.wasm") && printed.contains("sha256 "),
        "{printed}"
    );
    place.done(&["provider", "add", "door/plugin.wasm", "--yes"]);
    assert!(place.path().join("plugins/door.wasm").is_file());
    let entry =
        "[[provider]]\nid = \"door\"\ncomponent = \"plugins/door.wasm\"\n[provider.settings]\n";
    place.configure(entry);
    place.refused(
        &["config", "check"],
        &["[[provider]] \"door\"", "settings.word is missing"],
    );
    place.configure("word = \"mellon, said in elvish\"");
    place.done(&["config", "check"]);
}

#[test]
fn a_tool_that_is_missing_is_named_with_what_installs_it() {
    let place = Place::new();
    for (name, language, says) in [
        ("scripted", "js", "run `npm install` in scripted"),
        ("snake", "python", "pip install -r requirements.txt"),
        ("rusty", "rust", "rustup"),
    ] {
        place.done(&["provider", "new", name, "--lang", language]);
        let built = Command::new(BINARY)
            .current_dir(place.path())
            .args(["provider", "build", name])
            .env("PATH", "")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&built.stderr);
        assert!(
            !built.status.success() && errors.contains(says),
            "{name}: {errors}"
        );
    }
    place.refused(
        &["provider", "build", "."],
        &["neither Cargo.toml nor package.json nor app.py"],
    );
}
