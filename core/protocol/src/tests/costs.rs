//! What a request asks of the store: every call is paid on every host, and on some of them it is a journey.

use super::{device, exchange, jwt_bearer, *};

const BASIC: Option<&str> = Some("Basic d2ViOjAxMjM0NTY3ODlhYmNkZWYwMTIz");

/// The calls that a request makes, in order, each with the kind of its key; and its answer, whose status must be this one.
fn calls(memory: &Memory, status: u16, request: impl FnOnce() -> Answer) -> (Vec<String>, Value) {
    memory.calls.borrow_mut().clear();
    let answer = request();
    assert_eq!(answer.status, status, "{answer:?}");
    (memory.calls.take(), body(&answer))
}

/// A code, a refresh token: the grant and the person are read, the grant is written. An access token: is it, its grant, its person good?
#[test]
fn a_grant_is_two_reads_and_one_write() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let code = code(&visitor, "app");
    let one_write = ["get grant", "get user", "replace grant"];
    let (redeemed, tokens) = calls(&memory, 200, || redeem(&visitor, "app", &code));
    assert_eq!(redeemed, one_write);
    let token = tokens["refresh_token"].as_str().unwrap();
    let (refreshed, tokens) = calls(&memory, 200, || refresh(&visitor, "app", token));
    assert_eq!(refreshed, one_write);
    let token = tokens["access_token"].as_str().unwrap();
    let good = ["get revoked", "get grant", "get user"];
    let (told, _) = calls(&memory, 200, || {
        visitor.send("POST", "/introspect", &format!("token={token}"), BASIC)
    });
    assert_eq!(told, good);
    let (told, _) = calls(&memory, 200, || {
        visitor.send("GET", "/userinfo", "", Some(&format!("Bearer {token}")))
    });
    assert_eq!(told, good);
}

#[test]
fn a_client_for_itself_asks_the_store_nothing() {
    let memory = host();
    add_client(
        &memory,
        &json!({
            "client_id": "machine", "client_secret": "0123456789abcdef0123", "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "client_secret_post", "scope": "read",
        }),
    );
    let form = "grant_type=client_credentials&client_id=machine&client_secret=0123456789abcdef0123";
    let (asked, _) = calls(&memory, 200, || Visitor::new(&memory).post("/token", form));
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn a_push_is_one_write() {
    let memory = host();
    let url = authorize_url("web", "");
    let (_, form) = url.split_once('?').unwrap();
    let (asked, _) = calls(&memory, 201, || {
        Visitor::new(&memory).send("POST", "/par", form, BASIC)
    });
    assert_eq!(asked, ["insert pushed"]);
}

#[test]
fn a_device_is_counted_and_written_once_each_time() {
    let memory = device::with_devices();
    let visitor = Visitor::new(&memory);
    let (asked, started) = calls(&memory, 200, || {
        visitor.post("/device_authorization", "client_id=tv")
    });
    // Counted by address: whoever asks may be anybody.
    let expected = [
        "increment device-starts",
        "insert user-code",
        "insert device",
    ];
    assert_eq!(asked, expected);
    let (polled, _) = calls(&memory, 400, || device::poll(&visitor, &started));
    assert_eq!(polled, ["get grant", "get device", "replace device"]);
    device::allow(&visitor, &started);
    let (redeemed, _) = calls(&memory, 200, || device::poll(&visitor, &started));
    assert_eq!(redeemed, ["get grant", "get user", "replace grant"]);
}

#[test]
fn an_exchange_writes_nothing() {
    let memory = exchange::with_services();
    let token = exchange::subject_token(&memory);
    let (asked, _) = calls(&memory, 200, || {
        exchange::exchange(&memory, "api", &token, "&resource=https://other.example")
    });
    assert_eq!(asked, ["get revoked", "get grant", "get user"]);
}

/// The grant, its entry in the list of the person, and what makes the assertion good for one.
#[test]
fn an_assertion_is_two_reads_and_three_writes() {
    let memory = jwt_bearer::host();
    let assertion = jwt_bearer::id_jag("jti", json!("a"));
    let (asked, _) = calls(&memory, 200, || jwt_bearer::redeem(&memory, &assertion, ""));
    let expected = [
        "get identity",
        "get user",
        "insert jti",
        "insert granted",
        "insert grant",
    ];
    assert_eq!(asked, expected);
}
