//! What keeps an application from starting, and what it says then.

use crate::app::{App, Server, refusal};

fn echo() -> App {
    App::new("echo", "", "")
}

#[test]
fn a_required_variable_without_a_value_is_named() {
    let said = refusal(&mut echo().command());
    assert!(
        said.contains("required variables have no value: required"),
        "{said}"
    );
}

#[test]
fn values_come_from_arguments_then_files_and_the_environment() {
    let app = App::new(
        "variables",
        "variables = { v = \"{{ required }}\" }",
        ", inherit_configuration = true",
    );
    app.write("value", b"from a file");
    let server = Server::start(
        app.command()
            .env("SPIN_VARIABLE_REQUIRED", "from the environment"),
    );
    assert_eq!(server.get("/v").1, "from the environment");
    let file = format!("required=@{}", app.path("value").display());
    let both = Server::start(
        app.command()
            .env("SPIN_VARIABLE_REQUIRED", "unseen")
            .args(["--variable", &file]),
    );
    assert_eq!(both.get("/v").1, "from a file");
}

#[test]
fn a_value_that_nobody_declared_is_ignored() {
    let app = App::new("variables", "", ", inherit_configuration = true");
    let mut command = app.command();
    let server = Server::start(command.args(["--variable", "required=a", "--variable", "other=b"]));
    assert_eq!(server.get("/other"), (200, "E1".into()), "undefined");
}

#[test]
fn an_import_that_nothing_satisfies_is_named() {
    let app = echo();
    let manifest = std::fs::read_to_string(app.path("spin.toml")).unwrap();
    let without = manifest
        .split("[component.front.dependencies]")
        .next()
        .unwrap();
    app.write("spin.toml", without.as_bytes());
    let said = app.refused();
    assert!(said.contains("doorward:probe/probe@0.1.0"), "{said}");
    let said = App::new("unknown", "", ", inherit_configuration = true").refused();
    assert!(said.contains("doorward:probe/nobody@0.1.0"), "{said}");
}

#[test]
fn a_dependency_must_match_an_import_and_export_it() {
    let app = echo();
    let manifest = std::fs::read_to_string(app.path("spin.toml")).unwrap();
    app.write(
        "spin.toml",
        manifest
            .replace("probe/probe@0.1.0", "probe/prob@0.1.0")
            .as_bytes(),
    );
    assert!(app.refused().contains("no such import"));
    app.write(
        "spin.toml",
        manifest
            .replace("\"probe.wasm\"", "\"front.wasm\"")
            .as_bytes(),
    );
    let said = app.refused();
    assert!(
        said.contains("does not export `doorward:probe/probe@0.1.0`"),
        "{said}"
    );
    app.write(
        "spin.toml",
        manifest
            .replace("\"probe.wasm\"", "\"gone.wasm\"")
            .as_bytes(),
    );
    assert!(app.refused().contains("gone.wasm"));
}

#[test]
fn a_component_must_handle_requests() {
    let app = echo();
    let manifest = std::fs::read_to_string(app.path("spin.toml")).unwrap();
    let without = manifest
        .split("[component.front.dependencies]")
        .next()
        .unwrap();
    app.write(
        "spin.toml",
        without.replace("front.wasm", "probe.wasm").as_bytes(),
    );
    let said = app.refused();
    assert!(said.contains("wasi:http/incoming-handler"), "{said}");
}

#[test]
fn more_memories_than_spin_has_do_not_load() {
    let app = echo();
    let memories = "(core instance (instantiate $m))".repeat(33);
    let big = wat::parse_str(format!(
        "(component (core module $m (memory 1)) {memories})"
    ))
    .unwrap();
    app.write("front.wasm", &big);
    let manifest = std::fs::read_to_string(app.path("spin.toml")).unwrap();
    let without = manifest
        .split("[component.front.dependencies]")
        .next()
        .unwrap();
    app.write("spin.toml", without.as_bytes());
    let said = app.refused();
    assert!(said.contains("33") && said.contains("32"), "{said}");
}

#[test]
fn imports_are_those_of_the_composition() {
    let imports = |dependency: &str| {
        let app = App::new("sqlite", "sqlite_databases = [\"default\"]", dependency);
        let output = app
            .command()
            .args(["--variable", "required=a", "--print-imports"])
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        !imports("").contains("fermyon:spin/sqlite"),
        "what is refused does not reach the host"
    );
    assert!(imports(", inherit_configuration = true").contains("front: fermyon:spin/sqlite@2.0.0"));
    assert!(!imports("").contains("doorward:probe"));
}
