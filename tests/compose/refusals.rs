//! What is not composed, and what it says.

use crate::command::{HOSTS, MINIMAL, Place};
use crate::plugin::{CONFIGURATION, looking_at};

fn assert_refused(configuration: &str, hosts: &[&str], says: &[&str]) {
    let place = Place::with(configuration);
    for host in hosts {
        let errors = place.refused(host, &[]);
        for words in says {
            assert!(
                errors.contains(words),
                "{host}: {errors:?} should say {words:?}"
            );
        }
    }
}

#[test]
fn a_plugin_whose_import_nothing_answers_is_named_with_it() {
    for import in [
        "wasi:filesystem/preopens@0.2.3",
        "wasi:sockets/tcp@0.2.3",
        "fermyon:spin/sqlite@2.0.0",
    ] {
        let place = Place::with(CONFIGURATION);
        place.plugin(looking_at(import));
        for host in HOSTS {
            let errors = place.refused(host, &[]);
            let says = format!("provider \"spy\" imports {import}, which nothing answers");
            assert!(errors.contains(&says), "{host}: {errors}");
            // And what there is instead.
            assert!(
                errors.contains("doorward:host/records@0.1.0"),
                "{host}: {errors}"
            );
            assert!(
                errors.contains("wasi:clocks/wall-clock"),
                "{host}: {errors}"
            );
        }
    }
}

#[test]
fn a_plugin_that_wants_an_interface_otherwise_than_it_is_is_refused() {
    let place = Place::with(CONFIGURATION);
    place.plugin(looking_at("wasi:http/outgoing-handler@0.2.3"));
    for host in HOSTS {
        let errors = place.refused(host, &[]);
        let says =
            "provider \"spy\" imports wasi:http/outgoing-handler@0.2.3, but not as it is here";
        assert!(errors.contains(says), "{host}: {errors}");
    }
}

#[test]
fn what_is_the_cores_own_is_no_providers() {
    for (import, call) in [
        (
            "doorward:host/settings@0.1.0",
            r#"(import "doorward:host/settings@0.1.0" "section" (func $look (param i32 i32 i32)))"#,
        ),
        (
            "doorward:host/keys@0.1.0",
            r#"(import "doorward:host/keys@0.1.0" "jwks" (func $look (param i32)))"#,
        ),
    ] {
        let place = Place::with(CONFIGURATION);
        place.plugin(crate::plugin::plugin(&[import], call, "unreachable"));
        for host in HOSTS {
            let errors = place.refused(host, &[]);
            assert!(
                errors.contains(&format!("imports {import}, which nothing answers")),
                "{host}: {errors}"
            );
        }
    }
}

#[test]
fn what_is_no_plugin_is_refused_by_name() {
    let module = wat::parse_str("(module)").unwrap();
    let nothing = wat::parse_str("(component)").unwrap();
    for (bytes, says) in [
        (&b"no wasm at all"[..], "provider \"spy\" is no component"),
        (&module[..], "provider \"spy\" is no component"),
        (
            &nothing[..],
            "provider \"spy\" does not export doorward:provider/login-provider@0.1.0; it exports nothing",
        ),
    ] {
        let place = Place::with(CONFIGURATION);
        place.plugin(bytes);
        for host in HOSTS {
            let errors = place.refused(host, &[]);
            assert!(errors.contains(says), "{host}: {errors}");
        }
    }
}

#[test]
fn unsafe_configurations_are_refused_as_by_serve() {
    let http = MINIMAL.replace("http://127.0.0.1:8787", "http://id.example");
    assert_refused(&http, &HOSTS, &["issuer", "use https"]);
    let literal = format!(
        "{MINIMAL}[[client]]\nclient_id = \"shop\"\nclient_secret = \"{}\"\n",
        "x".repeat(40)
    );
    assert_refused(
        &literal,
        &HOSTS,
        &["client_secret of [[client]] \"shop\"", "{ env = \"NAME\" }"],
    );
    let script = MINIMAL.replace("http://127.0.0.1/callback", "javascript:alert(1)");
    assert_refused(&script, &HOSTS, &["[[client]] \"demo\""]);
}

#[test]
fn mail_goes_over_http_or_not_at_all() {
    let smtp = MINIMAL.replace("api = \"postmark\"", "host = \"smtp.example\"");
    assert_refused(
        &smtp,
        &HOSTS,
        &["[mail]", "api = \"resend\" or \"postmark\""],
    );
    let (before, after) = MINIMAL.split_once("[mail]").unwrap();
    let none = format!(
        "{before}[[provider]]{}",
        after.split_once("[[provider]]").unwrap().1
    );
    assert_refused(
        &none,
        &HOSTS,
        &["[[provider]] \"pin\"", "sends mail", "api for `compose`"],
    );
    let clear = MINIMAL.replace("from =", "api_url = \"http://mail.example/send\"\nfrom =");
    assert_refused(&clear, &HOSTS, &["api_url of [mail]", "use https"]);
}

#[test]
fn wasmtime_serves_no_tls_of_its_own() {
    let https = MINIMAL.replace("http://127.0.0.1:8787", "https://id.example");
    assert_refused(&https, &["wasmtime"], &["server.behind_proxy"]);
    let tls = format!("{MINIMAL}[server]\ntls = {{ certificate = \"c\", key = \"k\" }}\n");
    assert_refused(&tls, &["wasmtime"], &["[server.tls]", "end TLS at a proxy"]);
    let open = format!("listen = \"0.0.0.0:80\"\n{MINIMAL}");
    assert_refused(&open, &["wasmtime"], &["listen", "127.0.0.1"]);
}

#[test]
fn a_store_that_the_host_cannot_have_is_refused() {
    let place = Place::with(MINIMAL);
    for (host, records) in [
        ("wasmtime", "redis"),
        ("spin", "directory"),
        ("workers", "sqlite"),
    ] {
        let errors = place.refused(host, &["--records", records]);
        assert!(errors.contains("--records"), "{host}: {errors}");
    }
}
