//! Software statements: RFC 7591 §2.3, §3.1.1.

use super::foreign::{NOW, URI, jwk, publish, signed};
use super::registration::{open, send};
use super::*;
use crate::client::{self, AuthMethod, Client};

const DIRECTORY: &str = "https://directory.example";

fn issuers() -> Value {
    json!([
        { "issuer": DIRECTORY, "jwks": { "keys": [jwk("directory", "k1")] } },
        { "issuer": "https://other.example", "jwks": { "keys": [jwk("other", "k1")] }, "algorithms": ["PS256"] },
    ])
}

/// A host where the directory is believed, with `rules` of its own.
fn trusting(rules: &Value) -> Memory {
    let mut all = json!({ "software_statement_issuers": issuers() });
    for (name, value) in rules.as_object().unwrap() {
        all[name] = value.clone();
    }
    open(&all)
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "k1" })
}

fn claims() -> Value {
    json!({
        "iss": DIRECTORY, "iat": NOW - 9, "software_id": "4NRB1-0XZABZI9E6-5SM3R", "client_name": "Bank",
        "redirect_uris": ["https://bank.example/cb"],
    })
}

fn with(mut value: Value, name: &str, to: Value) -> Value {
    if to.is_null() {
        value.as_object_mut().unwrap().remove(name);
    } else {
        value[name] = to;
    }
    value
}

fn statement() -> String {
    signed("directory", &header(), &claims())
}

/// What a client says itself, and a statement.
fn metadata(statement: &str) -> Value {
    json!({
        "client_name": "Evil", "redirect_uris": ["https://evil.example/cb"], "token_endpoint_auth_method": "none",
        "software_statement": statement,
    })
}

fn register(memory: &Memory, metadata: &Value) -> Answer {
    send(memory, "POST", "/register", &metadata.to_string(), "")
}

fn refused(memory: &Memory, metadata: &Value) -> (u16, String) {
    error(&register(memory, metadata))
}

fn records(memory: &Memory) -> Vec<Client> {
    let rows = memory.rows.borrow();
    let clients = rows.iter().filter(|(key, _)| key.starts_with("client/"));
    clients
        .map(|(_, (value, ..))| serde_json::from_slice(value).unwrap())
        .collect()
}

fn invalid() -> (u16, String) {
    (400, "invalid_software_statement".to_owned())
}

fn unapproved() -> (u16, String) {
    (400, "unapproved_software_statement".to_owned())
}

#[test]
fn s3_1_1_what_a_statement_says_goes_before_what_the_client_says() {
    let memory = trusting(&json!({}));
    let answer = register(&memory, &metadata(&statement()));
    assert_eq!(answer.status, 201, "{answer:?}");
    let told = body(&answer);
    assert_eq!(told["client_name"], "Bank");
    assert_eq!(told["redirect_uris"], json!(["https://bank.example/cb"]));
    let [client] = &records(&memory)[..] else {
        panic!()
    };
    assert_eq!(client.redirect_uris, ["https://bank.example/cb"]);
    assert_eq!(
        client.token_endpoint_auth_method,
        AuthMethod::None,
        "what it says nothing of stays"
    );
    let events = memory.events.borrow();
    let (_, fields) = events
        .iter()
        .find(|(name, _)| name == "client.registered")
        .unwrap();
    assert!(fields.contains(DIRECTORY), "{fields}");
}

#[test]
fn s3_2_1_the_statement_comes_back_unmodified() {
    let memory = trusting(&json!({}));
    let told = body(&register(&memory, &metadata(&statement())));
    assert_eq!(told["software_statement"], json!(statement()));
    let uri = told["registration_client_uri"].as_str().unwrap();
    let path = uri.strip_prefix("https://id.example").unwrap();
    let token = told["registration_access_token"].as_str().unwrap();
    let read = body(&send(&memory, "GET", path, "", token));
    assert_eq!(read["software_statement"], json!(statement()));
}

#[test]
fn s2_3_no_statement_makes_an_operator_of_anyone() {
    let memory = trusting(&json!({}));
    let mut claims = claims();
    for (name, value) in [
        ("client_id", json!("app")),
        ("client_secret", json!("0123456789abcdef0123")),
        ("consent", json!("implicit")),
        ("require_pkce", json!(false)),
        ("trust", json!("declared")),
        ("profile", json!("openauth")),
        ("software_statement", json!("e30.e30.e30")),
        ("scope", json!("read admin")),
        (
            "grant_types",
            json!(["authorization_code", "client_credentials"]),
        ),
    ] {
        claims[name] = value;
    }
    let told = body(&register(
        &memory,
        &metadata(&signed("directory", &header(), &claims)),
    ));
    let [client] = &records(&memory)[..] else {
        panic!("{told}")
    };
    assert!(client.client_id.starts_with("dyn_"));
    assert_eq!(client.trust, client::Trust::Dynamic);
    assert_eq!(client.consent, client::ConsentRule::Explicit);
    assert!(client.require_pkce && client.secrets.is_empty());
    assert!(!client.scope.has("admin"));
    assert_eq!(
        client.grant_types,
        [client::GrantType::AuthorizationCode],
        "and nothing that is not offered"
    );
}

#[test]
fn s3_2_2_a_statement_of_someone_who_is_not_trusted_is_unapproved() {
    let memory = trusting(&json!({}));
    for iss in [json!("https://evil.example"), json!(""), Value::Null] {
        let claims = with(claims(), "iss", iss);
        let jwt = signed("directory", &header(), &claims);
        assert_eq!(refused(&memory, &metadata(&jwt)), unapproved(), "{claims}");
    }
    let nobody = open(&json!({}));
    assert_eq!(refused(&nobody, &metadata(&statement())), unapproved());
    assert!(records(&memory).is_empty() && records(&nobody).is_empty());
}

#[test]
fn s3_2_2_a_statement_that_does_not_hold_is_invalid() {
    let memory = trusting(&json!({}));
    for (what, jwt) in [
        ("another's key", signed("evil", &header(), &claims())),
        (
            "a key of another issuer",
            signed("other", &header(), &claims()),
        ),
        (
            "unsigned",
            signed("directory", &json!({ "alg": "none" }), &claims()),
        ),
        (
            "by an algorithm that this issuer does not use",
            signed(
                "other",
                &header(),
                &with(claims(), "iss", json!("https://other.example")),
            ),
        ),
        ("no JWT", "x".to_owned()),
        ("nothing", String::new()),
        ("too long", "x".repeat(17 * 1024)),
    ] {
        assert_eq!(refused(&memory, &metadata(&jwt)), invalid(), "{what}");
    }
    for (name, value) in [
        ("exp", json!(NOW - 60)),
        ("nbf", json!(NOW + 61)),
        ("aud", json!("https://other.example")),
        ("aud", json!(["https://other.example"])),
    ] {
        let jwt = signed("directory", &header(), &with(claims(), name, value));
        assert_eq!(refused(&memory, &metadata(&jwt)), invalid(), "{name}");
    }
    for (name, value) in [
        ("typ", json!("at+jwt")),
        ("typ", json!("secevent+jwt")),
        ("crit", json!(["exp"])),
        ("kid", json!("k2")),
    ] {
        let jwt = signed("directory", &with(header(), name, value), &claims());
        assert_eq!(refused(&memory, &metadata(&jwt)), invalid(), "{name}");
    }
    for no_text in [json!(1), json!({}), json!([statement()]), json!(true)] {
        let metadata = with(metadata(""), "software_statement", no_text);
        assert_eq!(refused(&memory, &metadata), invalid(), "{metadata}");
    }
    assert!(records(&memory).is_empty(), "nothing was written");
}

#[test]
fn s2_3_a_statement_that_is_for_us_and_in_time_is_good() {
    let memory = trusting(&json!({}));
    for (name, value) in [
        ("exp", json!(NOW + 60)),
        ("aud", json!("https://id.example")),
        (
            "aud",
            json!(["https://other.example", "https://id.example"]),
        ),
    ] {
        let jwt = signed("directory", &header(), &with(claims(), name, value));
        assert_eq!(register(&memory, &metadata(&jwt)).status, 201, "{name}");
    }
}

#[test]
fn s2_3_the_keys_of_an_issuer_may_be_fetched() {
    let rules = json!({ "software_statement_issuers": [{ "issuer": DIRECTORY, "jwks_uri": URI }] });
    let memory = open(&rules);
    assert_eq!(
        refused(&memory, &metadata(&statement())),
        (503, "temporarily_unavailable".to_owned()),
        "that is our trouble"
    );
    memory.now.set(memory.now.get() + 60);
    publish(&memory, &[jwk("directory", "k1")], None);
    assert_eq!(register(&memory, &metadata(&statement())).status, 201);
    assert!(
        memory.sent.borrow().iter().all(|(_, url, _)| url == URI),
        "what the statement says of keys is never looked at"
    );
}

#[test]
fn where_a_statement_is_demanded_nobody_registers_without() {
    let memory = trusting(&json!({ "software_statement_required": true }));
    for none in [Value::Null, json!(null)] {
        let metadata = with(metadata(""), "software_statement", none);
        assert_eq!(
            refused(&memory, &metadata),
            (400, "invalid_client_metadata".to_owned())
        );
    }
    let mut null = metadata("");
    null["software_statement"] = Value::Null;
    assert_eq!(
        refused(&memory, &null),
        (400, "invalid_client_metadata".to_owned())
    );
    assert_eq!(register(&memory, &metadata(&statement())).status, 201);
}

/// Where tokens are demanded, a statement is none.
#[test]
fn s3_a_statement_does_not_stand_for_an_initial_access_token() {
    let memory = trusting(&json!({ "mode": "token" }));
    assert_eq!(
        refused(&memory, &metadata(&statement())),
        (401, "invalid_token".to_owned())
    );
}

#[test]
fn rfc7592_s2_2_who_was_vouched_for_does_not_go_on_without() {
    let memory = trusting(&json!({}));
    let told = body(&register(&memory, &metadata(&statement())));
    let uri = told["registration_client_uri"].as_str().unwrap();
    let path = uri.strip_prefix("https://id.example").unwrap();
    let token = told["registration_access_token"].as_str().unwrap();
    let put = |metadata: &Value, token: &str| {
        let metadata = with(metadata.clone(), "client_id", told["client_id"].clone());
        send(&memory, "PUT", path, &metadata.to_string(), token)
    };
    let without = with(metadata(""), "software_statement", Value::Null);
    assert_eq!(
        error(&put(&without, token)),
        (400, "invalid_client_metadata".to_owned())
    );
    let forged = signed("evil", &header(), &claims());
    assert_eq!(error(&put(&metadata(&forged), token)), invalid());
    assert_eq!(
        records(&memory)[0].redirect_uris,
        ["https://bank.example/cb"]
    );
    let newer = signed(
        "directory",
        &header(),
        &with(claims(), "client_name", json!("Bank 2")),
    );
    let changed = put(&metadata(&newer), token);
    assert_eq!(changed.status, 200, "{changed:?}");
    let changed = body(&changed);
    assert_eq!(changed["client_name"], "Bank 2");
    assert_eq!(changed["software_statement"], json!(newer));
    assert_eq!(
        changed["redirect_uris"],
        json!(["https://bank.example/cb"]),
        "and it goes first here too"
    );
}

#[test]
fn the_configuration_is_checked() {
    let memory = host();
    let check = |registration: Value| {
        let server = json!({ "issuer": "https://id.example", "registration": registration });
        let command = json!({ "command": "server.check", "server": server });
        crate::administration::run(&command.to_string(), &memory)
    };
    let with_issuer = |name: &str, value: Value| {
        let issuer = with(issuers()[0].clone(), name, value);
        check(json!({ "software_statement_issuers": [issuer] }))
    };
    assert!(check(json!({ "software_statement_issuers": issuers() })).is_ok());
    assert!(with_issuer("algorithms", json!(["ES256", "EdDSA"])).is_ok());
    for (name, value) in [
        ("issuer", json!("")),
        ("issuer", json!("https://id.example")),
        ("jwks", Value::Null),
        ("jwks", json!({ "keys": [] })),
        ("jwks_uri", json!("https://directory.example/keys")),
        ("algorithms", json!([])),
        ("algorithms", json!(["HS256"])),
        ("algorithms", json!(["none"])),
    ] {
        assert!(with_issuer(name, value.clone()).is_err(), "{name} {value}");
    }
    let [issuer, _] = &issuers().as_array().unwrap().clone()[..] else {
        panic!()
    };
    assert!(check(json!({ "software_statement_issuers": [issuer, issuer] })).is_err());
    assert!(check(json!({ "software_statement_required": true })).is_err());
    let many: Vec<Value> = (0..33)
        .map(|n| {
            with(
                issuer.clone(),
                "issuer",
                json!(format!("https://d{n}.example")),
            )
        })
        .collect();
    assert!(check(json!({ "software_statement_issuers": many })).is_err());
}
