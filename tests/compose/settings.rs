//! The settings document, where it is left out of the component.

use crate::command::{MINIMAL, Place};
use serde_json::{Value, json};

fn settings(host: &str, configuration: &str) -> Value {
    let (_, files) = Place::with(configuration).compose(host, &["--settings", "variable"]);
    serde_json::from_slice(&files["settings.json"]).unwrap()
}

#[test]
fn it_has_what_the_core_checked_and_each_providers_own() {
    let configuration = format!(
        "{MINIMAL}[[provider]]\nid = \"code\"\nbuiltin = \"pin\"\nsettings = {{ codes = {{ lifetime_s = 300 }} }}\n"
    );
    let settings = settings("workers", &configuration);
    let sections = &settings["sections"];
    assert_eq!(sections["server"]["issuer"], "http://127.0.0.1:8787");
    assert_eq!(
        sections["index"],
        json!({"clients": ["demo"], "resources": []})
    );
    assert_eq!(sections["client/demo"]["trust"], "declared");
    assert_eq!(sections["provider/pin"], json!({}));
    assert_eq!(
        sections["provider/code"],
        json!({"codes": {"lifetime_s": 300}})
    );
    assert_eq!(
        settings["mail"],
        json!({
            "service": "postmark",
            "url": "https://api.postmarkapp.com/email",
            "from": "Example <no-reply@id.example>",
        })
    );
    assert!(settings["keys"]["rotation_days"].is_u64());
    assert!(settings["keys"]["publish_lead_s"].is_u64());
}

#[test]
fn a_clients_secret_is_only_in_it_hashed() {
    let secret = "correct-horse-battery-staple-correct-horse";
    let configuration = format!(
        "allow_literal_secrets = true\n{MINIMAL}[[client]]\nclient_id = \"shop\"\nclient_secret = \"{secret}\"\n\
         grant_types = [\"client_credentials\"]\n"
    );
    let (_, files) = Place::with(&configuration).compose("workers", &[]);
    let settings = String::from_utf8(files["settings.json"].clone()).unwrap();
    assert!(settings.contains("client/shop"));
    for (name, bytes) in &files {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains(secret), "{name} has the secret in it");
    }
}

#[test]
fn it_names_the_header_that_tells_the_clients_address() {
    let proxy = |more: &str| format!("{MINIMAL}[server]\nbehind_proxy = true\n{more}");
    let header = |host, configuration: &str| {
        settings(host, configuration)["sections"]
            .get("host")
            .cloned()
    };
    let named = |name: &str| Some(json!({ "client_address_header": name }));
    assert_eq!(header("spin", MINIMAL), named("spin-client-addr"));
    assert_eq!(header("spin", &proxy("")), named("x-forwarded-for"));
    assert_eq!(header("wasmtime", MINIMAL), None);
    assert_eq!(header("wasmtime", &proxy("")), named("x-forwarded-for"));
    let forwarded = proxy("forwarded_header = \"forwarded\"\n");
    assert_eq!(header("wasmtime", &forwarded), named("forwarded"));
    assert_eq!(header("spin", &forwarded), named("forwarded"));
    assert_eq!(header("workers", &proxy("")), None);
}

#[test]
fn what_lies_beside_the_server_is_readable_by_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::with(MINIMAL);
    place.compose("workers", &[]);
    let settings = place.path().join("workers").join("settings.json");
    let mode = std::fs::metadata(settings).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}
