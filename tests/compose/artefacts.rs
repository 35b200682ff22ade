//! What lies in the directory afterwards.

use crate::command::{HOSTS, MINIMAL, Place};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wasmparser::{Parser, Payload};

/// The core as the build made it.
const CORE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/doorward_core.wasm"));

fn digest(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let hexadecimal: Vec<_> = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    hexadecimal.concat()
}

fn contains(artefact: &[u8], part: &[u8]) -> bool {
    // Comparing at every offset takes minutes in a debug build; the length in front of a section finds it at once.
    let start = &part[..64];
    let mut offset = 0;
    while let Some(found) = artefact[offset..]
        .windows(64)
        .position(|window| window == start)
    {
        offset += found;
        if artefact[offset..].starts_with(part) {
            return true;
        }
        offset += 1;
    }
    false
}

/// Names of imports and exports of a component.
fn surface(wasm: &[u8]) -> (Vec<String>, Vec<String>) {
    let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0);
    for payload in Parser::new(0).parse_all(wasm) {
        match payload.unwrap() {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(
                    section
                        .into_iter()
                        .map(|import| import.unwrap().name.name.to_owned()),
                );
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                exports.extend(
                    section
                        .into_iter()
                        .map(|export| export.unwrap().name.name.to_owned()),
                );
            }
            _ => {}
        }
    }
    (imports, exports)
}

/// Imports that are none of WASI's and do more than name types.
fn open(wasm: &[u8]) -> Vec<String> {
    let (mut imports, _) = surface(wasm);
    imports.retain(|name| !name.starts_with("wasi:") && !name.contains("/types@"));
    imports.sort();
    imports
}

#[test]
fn the_core_lies_in_every_artefact_as_it_was_built() {
    let place = Place::with(MINIMAL);
    for host in HOSTS {
        let (printed, files) = place.compose(host, &[]);
        assert!(contains(&files["doorward.wasm"], CORE), "{host}");
        assert!(printed.contains(&digest(CORE)), "{host}: {printed}");
        let manifest: Value = serde_json::from_slice(&files["doorward.json"]).unwrap();
        assert_eq!(manifest["core_sha256"], digest(CORE), "{host}");
        assert_eq!(manifest["target"], host);
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    for host in HOSTS {
        let (_, first) = Place::with(MINIMAL).compose(host, &[]);
        let (_, second) = Place::with(MINIMAL).compose(host, &[]);
        assert_eq!(
            first.keys().collect::<Vec<_>>(),
            second.keys().collect::<Vec<_>>()
        );
        for (name, bytes) in &first {
            assert!(*bytes == second[name], "{host}/{name} differs");
        }
    }
}

#[test]
fn every_file_is_in_the_manifest_and_printed_with_its_digest() {
    let place = Place::with(MINIMAL);
    for (host, expected) in [
        (
            "spin",
            &[
                "doorward.wasm",
                "records.wasm",
                "spin.toml",
                "variables.wasm",
            ][..],
        ),
        ("wasmtime", &["doorward.wasm", "serve.sh"]),
        ("workers", &["doorward.wasm", "settings.json"]),
    ] {
        let (printed, mut files) = place.compose(host, &[]);
        let manifest: Value =
            serde_json::from_slice(&files.remove("doorward.json").unwrap()).unwrap();
        assert_eq!(files.keys().collect::<Vec<_>>(), expected, "{host}");
        for (name, bytes) in &files {
            assert_eq!(manifest["files"][name], digest(bytes), "{host}/{name}");
            assert!(printed.contains(&digest(bytes)), "{host}/{name}: {printed}");
        }
        assert!(manifest["memories"].as_u64().unwrap() <= 32, "{host}");
    }
}

#[test]
fn for_wasmtime_everything_of_ours_is_answered_inside() {
    let (_, files) = Place::with(MINIMAL).compose("wasmtime", &[]);
    let (_, exports) = surface(&files["doorward.wasm"]);
    assert_eq!(open(&files["doorward.wasm"]), Vec::<String>::new());
    assert_eq!(exports.len(), 1, "{exports:?}");
    assert!(
        exports[0].starts_with("wasi:http/incoming-handler@0.2."),
        "{exports:?}"
    );
}

#[test]
fn for_spin_store_and_variables_are_components_of_their_own() {
    let place = Place::with(MINIMAL);
    for (records, interface) in [
        ("sqlite", "fermyon:spin/sqlite@2.0.0"),
        ("redis", "fermyon:spin/redis@2.0.0"),
    ] {
        let (_, files) = place.compose("spin", &["--records", records]);
        let adapters = [
            "doorward:host/records@0.1.0",
            "doorward:portable/variables@0.1.0",
        ];
        assert_eq!(open(&files["doorward.wasm"]), adapters);
        let (_, exports) = surface(&files["doorward.wasm"]);
        assert_eq!(exports.len(), 1, "{exports:?}");
        assert!(
            exports[0].starts_with("wasi:http/incoming-handler@0.2."),
            "{exports:?}"
        );
        assert!(
            open(&files["records.wasm"]).contains(&interface.to_owned()),
            "{records}"
        );
        assert_eq!(
            surface(&files["records.wasm"]).1,
            ["doorward:host/records@0.1.0"]
        );
        assert_eq!(
            open(&files["variables.wasm"]),
            ["fermyon:spin/variables@2.0.0"]
        );
        assert_eq!(
            surface(&files["variables.wasm"]).1,
            ["doorward:portable/variables@0.1.0"]
        );
    }
}

#[test]
fn on_spin_each_component_inherits_what_it_needs() {
    let place = Place::with(MINIMAL);
    for (records, needs, outbound) in [
        (
            "sqlite",
            "sqlite_databases",
            &["https://api.postmarkapp.com"][..],
        ),
        (
            "redis",
            "allowed_outbound_hosts",
            &["https://api.postmarkapp.com", "{{ redis_address }}"],
        ),
    ] {
        let (_, files) = place.compose("spin", &["--records", records]);
        let manifest: toml::Table =
            toml::from_str(std::str::from_utf8(&files["spin.toml"]).unwrap()).unwrap();
        let component = &manifest["component"]["doorward"];
        let strings = |value: &toml::Value| -> Vec<String> { value.clone().try_into().unwrap() };
        assert_eq!(strings(&component["allowed_outbound_hosts"]), outbound);
        let dependencies = &component["dependencies"];
        let inherited =
            strings(&dependencies["doorward:host/records@0.1.0"]["inherit_configuration"]);
        let reads_variables =
            open(&files["records.wasm"]).contains(&"fermyon:spin/variables@2.0.0".to_owned());
        let expected: Vec<_> = [needs]
            .into_iter()
            .chain(reads_variables.then_some("variables"))
            .collect();
        assert_eq!(inherited, expected, "{records}");
        let inherited = &dependencies["doorward:portable/variables@0.1.0"]["inherit_configuration"];
        assert_eq!(strings(inherited), ["variables"]);
        assert_eq!(
            component.get("sqlite_databases").is_some(),
            records == "sqlite"
        );
        assert_eq!(
            manifest["variables"]["issuer"]["default"].as_str(),
            Some("http://127.0.0.1:8787")
        );
        for secret in ["sealing_key", "mail_token"] {
            assert_eq!(
                manifest["variables"][secret]["secret"].as_bool(),
                Some(true),
                "{secret}"
            );
            assert!(
                manifest["variables"][secret].get("default").is_none(),
                "{secret}"
            );
        }
        assert_eq!(
            manifest["variables"].get("redis_address").is_some(),
            records == "redis"
        );
    }
}

#[test]
fn for_workers_the_host_answers_what_is_the_hosts() {
    let (_, files) = Place::with(MINIMAL).compose("workers", &[]);
    let host = [
        "events",
        "keys",
        "mail",
        "records",
        "sealing",
        "settings",
        "signatures",
    ]
    .map(|name| format!("doorward:host/{name}@0.1.0"));
    assert_eq!(open(&files["doorward.wasm"]), host);
    let (_, exports) = surface(&files["doorward.wasm"]);
    assert_eq!(
        exports,
        [
            "doorward:host/http-handler@0.1.0",
            "doorward:host/administration@0.1.0"
        ]
    );
}

#[test]
fn the_script_names_what_is_missing_before_it_starts_anything() {
    use std::process::Command;
    let place = Place::with(MINIMAL);
    place.compose("wasmtime", &[]);
    let run = |variables: &[(&str, &str)]| {
        let mut command = Command::new(place.path().join("wasmtime/serve.sh"));
        for name in ["SEALING_KEY", "MAIL_TOKEN", "DATA", "SETTINGS", "ISSUER"] {
            command.env_remove(format!("DOORWARD_{name}"));
        }
        // What would start says what it was started with.
        let program = place.write("wasmtime.sh", "#!/bin/sh\necho \"$@\"\n");
        std::fs::set_permissions(
            &program,
            std::os::unix::fs::PermissionsExt::from_mode(0o700),
        )
        .unwrap();
        let output = command
            .env("WASMTIME", program)
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (
            output.status.success(),
            text(&output.stdout),
            text(&output.stderr),
        )
    };
    let data = place.path().join("data");
    let data = ("DOORWARD_DATA", data.to_str().unwrap());
    let key = ("DOORWARD_SEALING_KEY", "sealed-by-this");
    let token = ("DOORWARD_MAIL_TOKEN", "posted-by-this");
    for (variables, says) in [
        (&[][..], "DOORWARD_SEALING_KEY is not set"),
        (&[key, token, data], "the data directory"),
    ] {
        let (started, _, errors) = run(variables);
        assert!(!started && errors.contains(says), "{errors}");
    }
    std::fs::create_dir(data.1).unwrap();
    let (started, _, errors) = run(&[key, data]);
    assert!(
        !started && errors.contains("DOORWARD_MAIL_TOKEN is not set"),
        "{errors}"
    );
    let (started, arguments, errors) = run(&[key, token, data]);
    assert!(started, "{errors}");
    assert!(arguments.contains("--addr 127.0.0.1:8787"), "{arguments}");
    assert!(
        arguments.contains("--env DOORWARD_SEALING_KEY "),
        "{arguments}"
    );
    for secret in [key.1, token.1] {
        assert!(
            !arguments.contains(secret),
            "a secret stands on the command line"
        );
    }
}
