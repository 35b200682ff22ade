//! The components that compose makes up, and who may import what.

use super::generated;
use super::offers::{Role, Surroundings};
use super::part::{Part, same};
use super::wiring::Wiring;
use wasmtime::component::{Component, Instance, Linker, Val};
use wasmtime::{Engine, Store};

fn instance(wasm: &[u8]) -> (Store<()>, Instance) {
    let engine = Engine::default();
    let component = Component::new(&engine, wasm).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Linker::new(&engine)
        .instantiate(&mut store, &component)
        .unwrap();
    (store, instance)
}

fn call(wasm: &[u8], interface: &str, function: &str) -> Val {
    let (mut store, instance) = instance(wasm);
    let interface = instance.get_export_index(&mut store, None, interface);
    let function = instance.get_export_index(&mut store, interface.as_ref(), function);
    let function = instance.get_func(&mut store, function.unwrap()).unwrap();
    let mut results = [Val::Bool(false)];
    function.call(&mut store, &[], &mut results).unwrap();
    let [result] = results;
    result
}

#[test]
fn a_document_is_read_as_it_was_baked() {
    let long = "ü".repeat(100_000);
    for document in ["", "{}", "{\"a\":\"\\u0000 ü\"}", &long] {
        let wasm = generated::baked(document).unwrap();
        let read = call(&wasm, generated::BAKED, "document");
        assert!(
            read == Val::String(document.to_owned()),
            "{} bytes",
            document.len()
        );
    }
}

#[test]
fn the_empty_environment_is_empty() {
    let wasm = generated::empty_environment().unwrap();
    let answer = |function| call(&wasm, generated::ENVIRONMENT, function);
    assert_eq!(answer("get-environment"), Val::List(Vec::new()));
    assert_eq!(answer("get-arguments"), Val::List(Vec::new()));
    assert_eq!(answer("initial-cwd"), Val::Option(None));
}

#[test]
fn what_is_made_up_imports_nothing() {
    for wasm in [
        generated::baked("{}").unwrap(),
        generated::empty_environment().unwrap(),
    ] {
        let surface = Part::new("made up", wasm).surface().unwrap();
        assert_eq!((surface.imports, surface.memories), (Vec::new(), 1));
    }
}

#[test]
fn an_interface_of_wasi_is_any_0_2_and_no_other() {
    for name in ["wasi:io/poll@0.2.0", "wasi:io/poll@0.2.12"] {
        assert!(same(name, "wasi:io/poll@"), "{name}");
    }
    for name in [
        "wasi:io/poll@0.3.0",
        "wasi:io/poll@0.2.0-rc-2023-11-10",
        "wasi:io/poll@0.2.",
        "wasi:io/poll",
        "wasi:io/polls@0.2.0",
    ] {
        assert!(!same(name, "wasi:io/poll@"), "{name}");
    }
    assert!(same("doorward:host/mail@0.1.0", "doorward:host/mail@0.1.0"));
    assert!(!same(
        "doorward:host/mail@0.1.1",
        "doorward:host/mail@0.1.0"
    ));
}

/// Of all roles, one sees the environment, and one the files.
#[test]
fn the_environment_and_files_are_for_one_role_each() {
    let roles = [
        Role::Core,
        Role::Services,
        Role::Plain,
        Role::Closed,
        Role::EnvironmentVariables,
        Role::DirectoryRecords,
        Role::SpinVariables,
        Role::SpinSqlite,
        Role::SpinRedis,
    ];
    let given = |import: &str| -> Vec<Role> {
        let all = [
            Surroundings::Bare,
            Surroundings::Adapters,
            Surroundings::Host,
        ];
        let opens = |role: &Role| {
            all.iter()
                .any(|around| role.leaves_open(*around, true, import))
        };
        roles.into_iter().filter(opens).collect()
    };
    assert_eq!(
        given("wasi:cli/environment@0.2.0"),
        [Role::EnvironmentVariables]
    );
    for import in [
        "wasi:filesystem/types@0.2.0",
        "wasi:filesystem/preopens@0.2.0",
    ] {
        assert_eq!(given(import), [Role::DirectoryRecords], "{import}");
    }
    assert_eq!(
        given("wasi:http/outgoing-handler@0.2.0"),
        [Role::Core, Role::Services]
    );
    assert_eq!(given("wasi:sockets/tcp@0.2.0"), []);
}

/// A provider that could leave `records` open would get the store behind everyone's fences.
#[test]
fn interfaces_of_ours_are_open_to_those_who_may_ask_only() {
    for around in [Surroundings::Adapters, Surroundings::Host] {
        let records = "doorward:host/records@0.1.0";
        assert!(Role::Closed.leaves_open(around, true, records));
        assert!(!Role::Plain.leaves_open(around, false, records));
    }
    assert!(!Role::Closed.leaves_open(Surroundings::Bare, true, "doorward:host/records@0.1.0"));
}

#[test]
fn one_component_that_goes_in_twice_is_counted_twice_and_kept_once() {
    let part = Part::new("part", generated::baked("{}").unwrap());
    let mut wiring = Wiring::new(Surroundings::Bare);
    let first = wiring.place(&part, Role::Closed, false, &[]).unwrap();
    wiring.place(&part, Role::Closed, false, &[]).unwrap();
    wiring.export(first, generated::BAKED).unwrap();
    assert_eq!(wiring.memories(), 2);
    assert_eq!(wiring.ingredients().len(), 1);
    let composed = wiring.encode().unwrap();
    let mut found = composed.windows(part.wasm.len());
    assert_eq!(
        found
            .by_ref()
            .filter(|window| **window == *part.wasm)
            .count(),
        1
    );
    assert_eq!(
        call(&composed, generated::BAKED, "document"),
        Val::String("{}".to_owned())
    );
}
