//! A dependency has what it inherits of what its component is granted, and nothing else.

use crate::app::{App, database};
use std::net::TcpListener;

const EVERYTHING: &str = "sqlite_databases = [\"default\"]\n\
    allowed_outbound_hosts = [\"*://*:*\"]\n\
    environment = { GREETING = \"hello\" }\n\
    variables = { mapped = \"is {{ secret }}\" }";

/// What the probe says to `what`, with everything granted to the component and `inherit` to the probe.
fn said(probe: &str, inherit: &str, what: &str) -> String {
    let app = App::new(probe, EVERYTHING, inherit);
    let server = app.up();
    let (status, body) = server.get(&format!("/{what}"));
    assert_eq!(status, 200);
    body
}

/// All that can be inherited but `part`.
fn all_but(part: &str) -> String {
    let all = [
        "environment",
        "files",
        "allowed_outbound_hosts",
        "key_value_stores",
        "sqlite_databases",
        "variables",
        "ai_models",
    ];
    let rest: Vec<_> = all
        .iter()
        .filter(|other| **other != part)
        .map(|other| format!("{other:?}"))
        .collect();
    assert_eq!(rest.len(), all.len() - 1, "{part}");
    format!(", inherit_configuration = [{}]", rest.join(", "))
}

fn only(part: &str) -> String {
    format!(", inherit_configuration = [\"{part}\"]")
}

/// A server that takes one connection, and says whether there was one.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    listener.set_nonblocking(true).unwrap();
    (listener, address)
}

#[test]
fn a_database_is_opened_by_who_inherits_it() {
    for denied in [
        "",
        ", inherit_configuration = false",
        &all_but("sqlite_databases"),
    ] {
        assert_eq!(
            said("sqlite", denied, "default"),
            "E1",
            "access-denied, not {denied}"
        );
    }
    for granted in [", inherit_configuration = true", &only("sqlite_databases")] {
        assert_eq!(said("sqlite", granted, "default"), "1");
    }
}

#[test]
fn a_variable_is_read_by_who_inherits_it() {
    for denied in ["", &all_but("variables")] {
        assert_eq!(said("variables", denied, "mapped"), "E1", "undefined");
    }
    assert_eq!(
        said("variables", &only("variables"), "mapped"),
        "is hunter2"
    );
    assert_eq!(
        said("variables", ", inherit_configuration = true", "mapped"),
        "is hunter2"
    );
}

#[test]
fn the_environment_is_empty_for_who_does_not_inherit_it() {
    for denied in ["", &all_but("environment")] {
        assert_eq!(said("environment", denied, "x"), "");
    }
    assert_eq!(said("environment", &only("environment"), "x"), "hello");
}

#[test]
fn the_environment_of_the_host_is_nobodys() {
    let server = App::new("environment", "", ", inherit_configuration = true").up();
    assert_eq!(server.get("/x"), (200, String::new()));
}

#[test]
fn no_request_leaves_who_does_not_inherit_hosts() {
    let (listener, address) = listener();
    for denied in ["", &all_but("allowed_outbound_hosts")] {
        assert_eq!(
            said("outbound-http", denied, &address),
            "EF",
            "HTTP-request-denied"
        );
        assert_eq!(
            said("redis", denied, &format!("redis://{address}")),
            "E3",
            "other"
        );
    }
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock,
        "something connected"
    );
}

#[test]
fn a_request_reaches_an_allowed_host() {
    let other = App::new("echo", "", "").up();
    let server = App::new(
        "outbound-http",
        &format!("allowed_outbound_hosts = [\"http://{}\"]", other.address()),
        &only("allowed_outbound_hosts"),
    );
    assert_eq!(
        server.up().get(&format!("/{}", other.address())),
        (200, "ok".into())
    );
}

#[test]
fn what_is_not_listed_is_not_connected_to() {
    let (listener, address) = listener();
    let allowed = "allowed_outbound_hosts = [\"http://127.0.0.1:1\", \"redis://127.0.0.1:1\"]";
    let app = App::new("outbound-http", allowed, ", inherit_configuration = true");
    assert_eq!(
        app.up().get(&format!("/{address}")),
        (200, "EF".into()),
        "HTTP-request-denied"
    );
    let app = App::new("redis", allowed, ", inherit_configuration = true");
    assert_eq!(
        app.up().get(&format!("/redis://{address}")),
        (200, "E0".into()),
        "invalid-address"
    );
    assert_eq!(
        listener.accept().unwrap_err().kind(),
        std::io::ErrorKind::WouldBlock,
        "something connected"
    );
}

#[test]
fn hosts_may_come_from_variables() {
    let (_listener, address) = listener();
    let allowed = "allowed_outbound_hosts = [\"http://{{ required }}\"]";
    let app = App::new("outbound-http", allowed, ", inherit_configuration = true");
    let other = App::new("echo", "", "").up();
    let required = format!("required={}", other.address());
    let server = crate::app::Server::start(app.command().args(["--variable", &required]));
    assert_eq!(server.get(&format!("/{}", other.address())).1, "ok");
    assert_eq!(server.get(&format!("/{address}")).1, "EF");
}

#[test]
fn a_component_itself_has_only_what_the_manifest_grants() {
    let whole = ", inherit_configuration = true";
    assert_eq!(
        App::new("sqlite", "", whole).up().get("/default"),
        (200, "E1".into()),
        "access-denied"
    );
    let granted = App::new("sqlite", "sqlite_databases = [\"default\"]", whole).up();
    assert_eq!(granted.get("/other"), (200, "E1".into()), "access-denied");
    let server = App::new(
        "variables",
        "variables = { mapped = \"{{ secret }}\" }",
        whole,
    )
    .up();
    assert_eq!(server.get("/mapped"), (200, "hunter2".into()));
    assert_eq!(
        server.get("/secret"),
        (200, "E1".into()),
        "undefined: not mapped"
    );
    assert_eq!(server.get("/Mapped"), (200, "E0".into()), "invalid-name");
}

#[test]
fn two_processes_share_a_database_and_one_waits_for_the_other_no_longer_than_five_seconds() {
    let app = App::new(
        "sqlite",
        "sqlite_databases = [\"default\"]",
        ", inherit_configuration = true",
    );
    let (one, two) = (app.up(), app.up());
    assert_eq!(one.get("/default").1, "1");
    assert_eq!(two.get("/default").1, "2");
    let file = database(&app);
    assert!(
        !file.with_extension("db-wal").exists(),
        "the journal is for rolling back"
    );
    let third = rusqlite::Connection::open(&file).unwrap();
    let mode: String = third
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "delete");
    third.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(one.get("/default").1, "database is locked");
    third.execute_batch("COMMIT").unwrap();
    assert_eq!(two.get("/default").1, "3");
}
