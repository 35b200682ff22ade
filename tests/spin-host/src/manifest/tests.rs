//! What Spin would not take is an error, and what this host does not know.

use super::{Inherited, Manifest};

const MINIMUM: &str = r#"
spin_manifest_version = 2
[application]
name = "test"
[[trigger.http]]
route = "/..."
component = "core"
[component.core]
source = "core.wasm"
"#;

fn error(text: &str) -> String {
    format!("{:#}", Manifest::parse(text).unwrap_err())
}

#[test]
fn the_minimum_grants_nothing() {
    let manifest = Manifest::parse(MINIMUM).unwrap();
    let core = &manifest.component["core"];
    assert!(core.sqlite_databases.is_empty() && core.allowed_outbound_hosts.is_empty());
    assert!(
        core.variables.is_empty() && core.environment.is_empty() && core.dependencies.is_empty()
    );
}

#[test]
fn dependencies_inherit_what_is_listed() {
    let text = format!(
        "{MINIMUM}[component.core.dependencies]\n\
         \"a:a/none\" = {{ path = \"a.wasm\" }}\n\
         \"a:a/all\" = {{ path = \"a.wasm\", inherit_configuration = true }}\n\
         \"a:a/some\" = {{ path = \"a.wasm\", inherit_configuration = [\"sqlite_databases\"] }}\n"
    );
    let manifest = Manifest::parse(&text).unwrap();
    let has = |name: &str, part| {
        manifest.component["core"].dependencies[name]
            .inherit_configuration
            .has(part)
    };
    assert!(!has("a:a/none", Inherited::SqliteDatabases));
    assert!(has("a:a/all", Inherited::SqliteDatabases) && has("a:a/all", Inherited::Variables));
    assert!(has("a:a/some", Inherited::SqliteDatabases) && !has("a:a/some", Inherited::Variables));
}

#[test]
fn unknown_keys_are_errors() {
    for (text, key) in [
        (format!("key_value_store = 1\n{MINIMUM}"), "key_value_store"),
        (
            format!("{MINIMUM}key_value_stores = [\"default\"]\n"),
            "key_value_stores",
        ),
        (
            format!("{MINIMUM}sqlite_database = [\"default\"]\n"),
            "sqlite_database",
        ),
        (
            format!("{MINIMUM}[variables]\na = {{ default = \"\", sekret = true }}\n"),
            "sekret",
        ),
        (
            format!("{MINIMUM}[[trigger.redis]]\nchannel = \"a\"\n"),
            "redis",
        ),
    ] {
        assert!(error(&text).contains(key), "{key}: {}", error(&text));
    }
}

#[test]
fn a_variable_is_required_or_has_a_default() {
    for variable in ["a = {}", "a = { required = true, default = \"\" }"] {
        let text = format!("{MINIMUM}[variables]\n{variable}\n");
        assert!(error(&text).contains("variables.a"), "{variable}");
    }
    let text = format!("{MINIMUM}[variables]\nnot-a-name = {{ required = true }}\n");
    assert!(error(&text).contains("not-a-name"));
}

#[test]
fn labels_versions_components_and_inherited_keys_must_exist() {
    assert!(error(&format!("{MINIMUM}sqlite_databases = [\"other\"]\n")).contains("other"));
    assert!(
        error(&MINIMUM.replace("version = 2", "version = 1")).contains("spin_manifest_version")
    );
    assert!(
        error(&MINIMUM.replace("component = \"core\"", "component = \"gone\"")).contains("gone")
    );
    let text = format!(
        "{MINIMUM}[component.core.dependencies]\n\"a:a/b\" = {{ path = \"a\", inherit_configuration = [\"sqlite\"] }}\n"
    );
    assert!(Manifest::parse(&text).is_err());
}
