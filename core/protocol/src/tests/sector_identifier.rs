//! Which sector a client is in that registered itself: OpenID Connect Core §8.1, Registration §5.

use super::registration::{open, record, register, registered, send, with};
use super::registration_management::handle;
use super::*;
use crate::ports::Fetched;

const SECTOR: &str = "https://sector.example/uris.json";
const ONE: &str = "https://one.example/cb";
const TWO: &str = "https://two.example/cb";

fn pairwise() -> Memory {
    let memory = open(&json!({}));
    change_server(&memory, |server| {
        server["pairwise"] = json!({ "enabled": true });
    });
    memory
}

fn serve(memory: &Memory, status: u16, content_type: &str, body: &str) {
    let answer = Fetched {
        status,
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: body.as_bytes().to_vec(),
    };
    memory.web.borrow_mut().insert(SECTOR.to_owned(), answer);
}

fn publish(memory: &Memory, uris: &Value) {
    serve(memory, 200, "application/json", &uris.to_string());
}

fn metadata(redirect_uris: &[&str]) -> Value {
    json!({
        "redirect_uris": redirect_uris, "token_endpoint_auth_method": "none", "subject_type": "pairwise",
        "sector_identifier_uri": SECTOR,
    })
}

fn invalid() -> (u16, String) {
    (400, "invalid_client_metadata".to_owned())
}

fn fetches(memory: &Memory) -> usize {
    memory.sent.borrow().len()
}

#[test]
fn registration_s5_what_lies_there_lists_every_redirect_uri() {
    let memory = pairwise();
    publish(&memory, &json!([ONE, TWO, "https://three.example/cb"]));
    let told = registered(&memory, &metadata(&[ONE, TWO]));
    assert_eq!(told["subject_type"], "pairwise");
    assert_eq!(told["sector_identifier_uri"], SECTOR, "RFC 7591 §3.2.1");
    let client = record(&memory, told["client_id"].as_str().unwrap()).unwrap();
    assert_eq!(client.sector_identifier.as_deref(), Some("sector.example"));
    for missing in [
        &[ONE, "https://evil.example/cb"][..],
        &["https://one.example/cb?x=y"],
        &["https://one.example/cb/"],
        &["https://ONE.example/cb"],
    ] {
        let answer = register(&memory, &metadata(missing));
        assert_eq!(error(&answer), invalid(), "{missing:?}");
    }
}

#[test]
fn core_s8_1_people_have_one_name_in_a_sector() {
    let memory = pairwise();
    publish(&memory, &json!([ONE, TWO, "https://app.example/cb"]));
    let visitor = Visitor::new(&memory);
    let sub = |metadata: &Value| {
        let told = registered(&memory, metadata);
        let id = told["client_id"].as_str().unwrap();
        let tokens = body(&redeem(&visitor, id, &code(&visitor, id)));
        claims(tokens["id_token"].as_str().unwrap())["sub"].clone()
    };
    let [first, second] = [
        &["https://app.example/cb"][..],
        &["https://app.example/cb", ONE],
    ]
    .map(|uris| sub(&metadata(uris)));
    assert_eq!(first, second);
    let mut by_host = metadata(&["https://app.example/cb"]);
    by_host
        .as_object_mut()
        .unwrap()
        .remove("sector_identifier_uri");
    assert_ne!(sub(&by_host), first, "that is the sector of app.example");
}

#[test]
fn registration_s5_what_cannot_be_read_there_makes_registration_fail() {
    let good = json!([ONE]).to_string();
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!("[\"{ONE}\"{}]", " ".repeat(64 * 1024));
    for (status, content_type, body) in [
        (404, "application/json", good.as_str()),
        (500, "application/json", &good),
        (301, "application/json", &good),
        (204, "application/json", ""),
        (200, "text/html", &good),
        (200, "", &good),
        (200, "application/json", "{}"),
        (200, "application/json", "\"https://one.example/cb\""),
        (200, "application/json", "[\"https://one.example/cb\", 1]"),
        (200, "application/json", "[[\"https://one.example/cb\"]]"),
        (200, "application/json", "[\"https://one.example/cb\"]]"),
        (200, "application/json", "https://one.example/cb"),
        (200, "application/json", "[]"),
        (200, "application/json", &deep),
        (200, "application/json", &long),
    ] {
        let memory = pairwise();
        serve(&memory, status, content_type, body);
        let answer = register(&memory, &metadata(&[ONE]));
        assert_eq!(
            error(&answer),
            invalid(),
            "{status} {content_type} {body:.60}"
        );
        assert_eq!(fetches(&memory), 1, "and no redirect is followed");
    }
    let nobody_there = pairwise();
    let answer = register(&nobody_there, &metadata(&[ONE]));
    assert_eq!(error(&answer), invalid());
    let memory = pairwise();
    publish(&memory, &json!([ONE]));
    assert_eq!(register(&memory, &metadata(&[ONE])).status, 201);
}

/// SSRF: where the rule for requests to other servers does not let us go, nothing is asked.
#[test]
fn registration_s5_the_url_is_one_of_the_public_internet() {
    for uri in [
        "http://sector.example/uris.json",
        "https://127.0.0.1/uris.json",
        "https://[::1]/uris.json",
        "https://2130706433/uris.json",
        "https://localhost/uris.json",
        "https://metadata.google.internal/uris.json",
        "https://sector.example:8443/uris.json",
        "https://user@sector.example/uris.json",
        "https://sector.example/uris.json#x",
        "file:///etc/passwd",
        "x",
        "",
    ] {
        let memory = pairwise();
        let metadata = with(metadata(&[ONE]), "sector_identifier_uri", json!(uri));
        assert_eq!(error(&register(&memory, &metadata)), invalid(), "{uri}");
        assert_eq!(fetches(&memory), 0, "{uri}");
    }
    let memory = pairwise();
    let metadata = with(metadata(&[ONE]), "sector_identifier_uri", json!([SECTOR]));
    assert_eq!(error(&register(&memory, &metadata)), invalid());
}

#[test]
fn nobody_can_have_us_send_many_requests_to_one_sector() {
    let memory = pairwise();
    for _ in 0..40 {
        register(&memory, &metadata(&[ONE]));
    }
    assert_eq!(fetches(&memory), 30);
    let answer = register(&memory, &metadata(&[ONE]));
    assert_eq!(error(&answer).0, 429);
    memory.now.set(memory.now.get() + 60);
    publish(&memory, &json!([ONE]));
    assert_eq!(register(&memory, &metadata(&[ONE])).status, 201);
}

#[test]
fn without_it_several_hosts_are_no_sector() {
    let memory = pairwise();
    let mut asked = metadata(&[ONE, TWO]);
    asked
        .as_object_mut()
        .unwrap()
        .remove("sector_identifier_uri");
    assert_eq!(error(&register(&memory, &asked)), invalid());
    asked["redirect_uris"] = json!([ONE, "https://one.example/other"]);
    assert_eq!(register(&memory, &asked).status, 201);
}

#[test]
fn it_is_of_use_to_pairwise_clients_only() {
    let memory = pairwise();
    publish(&memory, &json!([ONE]));
    let public = with(metadata(&[ONE]), "subject_type", json!("public"));
    assert_eq!(error(&register(&memory, &public)), invalid());
    let off = open(&json!({}));
    publish(&off, &json!([ONE]));
    assert_eq!(error(&register(&off, &metadata(&[ONE]))), invalid());
    assert_eq!(fetches(&memory) + fetches(&off), 0);
}

/// Some program on a device gets what is sent to these: a sector that lists its own application would list any.
#[test]
fn nobody_joins_a_sector_by_a_place_on_a_device() {
    let memory = pairwise();
    let device = [
        "http://127.0.0.1/cb",
        "http://localhost/cb",
        "com.example.app:/cb",
    ];
    publish(&memory, &json!(device));
    for uri in device {
        let answer = register(&memory, &metadata(&[uri]));
        assert_eq!(error(&answer), invalid(), "{uri}");
    }
}

#[test]
fn rfc7592_s2_2_a_change_is_held_to_what_lies_there_now() {
    let memory = pairwise();
    publish(&memory, &json!([ONE]));
    let told = registered(&memory, &metadata(&[ONE]));
    let (path, token) = handle(&told);
    let put = |redirect_uris: &[&str]| {
        let new = with(
            metadata(redirect_uris),
            "client_id",
            told["client_id"].clone(),
        );
        send(&memory, "PUT", &path, &new.to_string(), &token)
    };
    assert_eq!(error(&put(&[ONE, TWO])), invalid());
    publish(&memory, &json!([TWO]));
    assert_eq!(error(&put(&[ONE])), invalid());
    publish(&memory, &json!([ONE, TWO]));
    assert_eq!(put(&[ONE, TWO]).status, 200);
}

#[test]
fn rfc7592_s2_2_nobody_moves_to_another_sector_by_a_change() {
    let memory = pairwise();
    publish(&memory, &json!([ONE]));
    let mut own = metadata(&[ONE]);
    own.as_object_mut().unwrap().remove("sector_identifier_uri");
    let told = registered(&memory, &own);
    let (path, token) = handle(&told);
    let new = with(metadata(&[ONE]), "client_id", told["client_id"].clone());
    let answer = send(&memory, "PUT", &path, &new.to_string(), &token);
    assert_eq!(error(&answer), invalid());
}

/// What a directory says of it counts as if the client had said it.
#[test]
fn a_software_statement_may_name_the_sector() {
    use super::foreign::{jwk, signed};
    let memory = pairwise();
    change_server(&memory, |server| {
        server["registration"]["software_statement_issuers"] = json!([{
            "issuer": "https://directory.example", "jwks": { "keys": [jwk("directory", "k1")] },
            "algorithms": ["ES256"],
        }]);
    });
    publish(&memory, &json!([ONE]));
    let claims = json!({ "iss": "https://directory.example", "sector_identifier_uri": SECTOR });
    let statement = signed(
        "directory",
        &json!({ "alg": "ES256", "kid": "k1" }),
        &claims,
    );
    let asked = with(
        metadata(&[ONE]),
        "sector_identifier_uri",
        json!("https://evil.example/uris.json"),
    );
    let told = registered(
        &memory,
        &with(asked, "software_statement", json!(statement)),
    );
    assert_eq!(told["sector_identifier_uri"], SECTOR);
}

/// Nothing but the answers that arrive there shows that a host is a client's, and a device needs none.
#[test]
fn core_s8_1_nobody_joins_the_sector_of_another_by_the_device_grant() {
    let device = "urn:ietf:params:oauth:grant-type:device_code";
    let memory = open(&json!({ "grant_types": ["authorization_code", device] }));
    change_server(&memory, |server| {
        server["pairwise"] = json!({ "enabled": true });
    });
    let metadata = |grant_types: Value| {
        json!({ "redirect_uris": ["https://victim.example/cb"], "token_endpoint_auth_method": "none",
            "subject_type": "pairwise", "grant_types": grant_types })
    };
    registered(&memory, &metadata(json!(["authorization_code"])));
    for grant_types in [json!([device]), json!(["authorization_code", device])] {
        let mut metadata = metadata(grant_types);
        let refused = register(&memory, &metadata);
        let expected = (400, "invalid_client_metadata".to_owned());
        assert_eq!(error(&refused), expected);
        metadata["subject_type"] = json!("public");
        registered(&memory, &metadata);
    }
}

/// Else a client could be given something at a host of its own, and then say that its answers go to another's: refreshed, its tokens
/// would name people as that sector knows them.
#[test]
fn core_s8_1_nobody_moves_to_the_sector_of_another() {
    let memory = open(&json!({}));
    change_server(&memory, |server| {
        server["pairwise"] = json!({ "enabled": true });
    });
    let metadata = |host: &str, subject_type: &str| {
        json!({ "redirect_uris": [format!("https://{host}/cb")], "token_endpoint_auth_method": "none",
            "subject_type": subject_type })
    };
    for before in ["pairwise", "public"] {
        let told = registered(&memory, &metadata("own.example", before));
        let (path, token) = handle(&told);
        let put = |host: &str, subject_type: &str| {
            let new = with(
                metadata(host, subject_type),
                "client_id",
                told["client_id"].clone(),
            );
            send(&memory, "PUT", &path, &new.to_string(), &token)
        };
        let refused = (400, "invalid_client_metadata".to_owned());
        assert_eq!(error(&put("victim.example", "pairwise")), refused);
        assert_eq!(put("own.example", before).status, 200);
    }
}
