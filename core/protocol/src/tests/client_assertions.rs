//! Clients that authenticate by a JWT.

use super::foreign::{NOW, URI, jwk, publish, signed};
use super::*;
use crate::client::assertion::TYPE;

/// A host with a client for each way to sign, `machine` by `jwks`, `remote` by `jwks_uri`.
fn host() -> Memory {
    let memory = Memory::new(&json!({ "issuer": "https://id.example" }));
    declare(
        &memory,
        &json!({ "client_id": "machine", "jwks": { "keys": [jwk("machine", "k1")] } }),
    );
    declare(
        &memory,
        &json!({ "client_id": "other", "jwks": { "keys": [jwk("other", "k1")] } }),
    );
    declare(&memory, &json!({ "client_id": "remote", "jwks_uri": URI }));
    memory
}

fn declare(memory: &Memory, more: &Value) {
    let mut metadata = json!({
        "token_endpoint_auth_method": "private_key_jwt", "grant_types": ["client_credentials"], "scope": "read",
    });
    for (name, value) in more.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
    let answer: Value =
        serde_json::from_str(&crate::administration::run(&command, memory).unwrap()).unwrap();
    memory.sections.borrow_mut().insert(
        format!("client/{}", metadata["client_id"].as_str().unwrap()),
        answer["client"].to_string(),
    );
}

fn claims(client_id: &str, jti: &str) -> Value {
    json!({ "iss": client_id, "sub": client_id, "aud": "https://id.example", "exp": NOW + 60, "jti": jti })
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "k1" })
}

fn form(assertion: &str) -> String {
    format!("client_assertion_type={TYPE}&client_assertion={assertion}")
}

fn token(memory: &Memory, more: &str) -> (u16, String) {
    let body = format!("grant_type=client_credentials&{more}");
    error(&Visitor::new(memory).post("/token", &body))
}

fn good() -> (u16, String) {
    (200, String::new())
}

fn invalid_client() -> (u16, String) {
    (401, "invalid_client".to_owned())
}

#[test]
fn rfc7523_s2_2_a_signed_assertion_authenticates_once() {
    let memory = host();
    let assertion = signed("machine", &header(), &claims("machine", "1"));
    assert_eq!(token(&memory, &form(&assertion)), good());
    assert_eq!(token(&memory, &form(&assertion)), invalid_client(), "again");
    let other = signed("other", &header(), &claims("other", "1"));
    assert_eq!(
        token(&memory, &form(&other)),
        good(),
        "another client's jti"
    );
}

#[test]
fn of_two_that_race_with_one_assertion_one_is_authenticated() {
    let memory = host();
    let assertion = form(&signed("machine", &header(), &claims("machine", "1")));
    let rival = assertion.clone();
    *memory.before_jti.borrow_mut() = Some(Box::new(move |memory| {
        assert_eq!(token(memory, &rival), good());
    }));
    assert_eq!(token(&memory, &assertion), invalid_client());
}

#[test]
fn rfc7523_s3_each_claim_must_be_right() {
    let memory = host();
    let issuer = "https://id.example";
    let assertions = [
        ("iss", json!("other")),
        ("iss", Value::Null),
        ("sub", json!("other")),
        ("sub", Value::Null),
        ("aud", Value::Null),
        ("aud", json!([issuer])),
        ("aud", json!([issuer, "https://evil.example"])),
        ("aud", json!("https://id.example/token")),
        ("aud", json!("https://id.example/par")),
        ("aud", json!("https://evil.example")),
        ("exp", Value::Null),
        ("exp", json!(NOW - 60)),
        ("exp", json!(NOW + 361)),
        ("nbf", json!(NOW + 61)),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(5)),
        ("jti", json!("x".repeat(513))),
    ];
    for (name, value) in assertions {
        let mut claims = claims("machine", "1");
        claims[name] = value.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        let assertion = signed("machine", &header(), &claims);
        assert_eq!(
            token(&memory, &form(&assertion)),
            invalid_client(),
            "{name} {value}"
        );
    }
    let assertion = signed("machine", &header(), &claims("machine", "1"));
    assert_eq!(
        token(&memory, &form(&assertion)),
        good(),
        "none of them used the jti up"
    );
}

#[test]
fn rfc8725_s2_1_no_algorithm_confusion() {
    let memory = host();
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "kid": "k1" }),
        json!({ "alg": "RS256", "kid": "k1" }),
        json!({ "alg": "ES256", "kid": "k1", "crit": ["x"], "x": 1 }),
        json!({ "alg": "ES256", "kid": "k1", "typ": "oauth-authz-req+jwt" }),
        json!({ "alg": "ES256", "kid": "k1", "typ": "at+jwt" }),
        json!({ "alg": "ES256", "kid": "k1", "typ": "oauth-id-jag+jwt" }),
    ] {
        let assertion = signed("machine", &header, &claims("machine", "1"));
        assert_eq!(
            token(&memory, &form(&assertion)),
            invalid_client(),
            "{header}"
        );
    }
    // By another client's key.
    let assertion = signed("other", &header(), &claims("machine", "1"));
    assert_eq!(token(&memory, &form(&assertion)), invalid_client());
}

#[test]
fn a_client_that_named_one_algorithm_uses_no_other() {
    let memory = host();
    declare(
        &memory,
        &json!({
            "client_id": "machine", "jwks": { "keys": [jwk("machine", "k1")] }, "token_endpoint_auth_signing_alg": "RS256",
        }),
    );
    let assertion = signed("machine", &header(), &claims("machine", "1"));
    assert_eq!(token(&memory, &form(&assertion)), invalid_client());
}

#[test]
fn rfc6749_s2_3_one_method_per_request_and_the_registered_one() {
    let memory = host();
    let fresh = |jti: &str| form(&signed("machine", &header(), &claims("machine", jti)));
    let several = (400, "invalid_request".to_owned());
    assert_eq!(
        token(&memory, &format!("{}&client_secret=x", fresh("1"))),
        several
    );
    let body = format!("grant_type=client_credentials&{}", fresh("1"));
    let both = Visitor::new(&memory).send("POST", "/token", &body, Some("Basic bWFjaGluZTp4"));
    assert_eq!(error(&both), several);
    assert_eq!(
        token(&memory, &format!("{}&client_id=other", fresh("1"))),
        invalid_client()
    );
    assert_eq!(
        token(&memory, &format!("{}&client_id=machine", fresh("1"))),
        good()
    );
    // Without the assertion it is nobody, and half an assertion is none.
    for body in [
        "client_id=machine".to_owned(),
        "client_id=machine&client_secret=x".to_owned(),
        format!("client_id=machine&client_assertion_type={TYPE}"),
        format!(
            "client_id=machine&client_assertion={}",
            signed("machine", &header(), &claims("machine", "2"))
        ),
        format!(
            "client_id=machine&client_assertion_type=x&client_assertion={}",
            signed("machine", &header(), &claims("machine", "2"))
        ),
        form("garbage"),
        form(&signed("machine", &header(), &claims("nobody", "2"))),
    ] {
        assert_eq!(token(&memory, &body), invalid_client(), "{body}");
    }
    // A client of another method cannot switch to this one, keys or not.
    declare(
        &memory,
        &json!({
            "client_id": "secret", "token_endpoint_auth_method": "client_secret_post", "client_secret": "0123456789abcdef",
            "jwks": { "keys": [jwk("secret", "k1")] },
        }),
    );
    let assertion = signed("secret", &header(), &claims("secret", "1"));
    assert_eq!(token(&memory, &form(&assertion)), invalid_client());
}

#[test]
fn the_legacy_audience_is_a_switch_of_the_client() {
    let memory = host();
    declare(
        &memory,
        &json!({
            "client_id": "machine", "jwks": { "keys": [jwk("machine", "k1")] }, "legacy_assertion_audience": true,
        }),
    );
    for (aud, expected) in [
        (json!("https://id.example/token"), good()),
        (json!("https://id.example"), good()),
        (json!("https://id.example/introspect"), invalid_client()),
        (json!(["https://id.example/token"]), invalid_client()),
    ] {
        let mut claims = claims("machine", &aud.to_string());
        claims["aud"] = aud.clone();
        let assertion = signed("machine", &header(), &claims);
        assert_eq!(token(&memory, &form(&assertion)), expected, "{aud}");
    }
}

/// `draft-ietf-oauth-rfc7523bis` §4: the same assertion, whatever endpoint it is sent to, is for the issuer and good once.
#[test]
fn an_assertion_used_at_one_endpoint_is_used_at_all() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    for (nth, path) in ["/revoke", "/introspect"].into_iter().enumerate() {
        let assertion = form(&signed(
            "machine",
            &header(),
            &claims("machine", &nth.to_string()),
        ));
        let there = visitor.post(path, &format!("token=x&{assertion}"));
        assert_eq!(there.status, 200, "{path}: {there:?}");
        assert_eq!(token(&memory, &assertion), invalid_client(), "{path}");
        let mut other = claims("machine", "other");
        other["aud"] = json!(format!("https://id.example{path}"));
        let assertion = form(&signed("machine", &header(), &other));
        assert_eq!(
            error(&visitor.post(path, &format!("token=x&{assertion}"))),
            invalid_client()
        );
    }
}

#[test]
fn keys_that_cannot_be_fetched_are_not_the_clients_fault() {
    let memory = host();
    let assertion = form(&signed("remote", &header(), &claims("remote", "1")));
    assert_eq!(
        token(&memory, &assertion),
        (503, "temporarily_unavailable".to_owned())
    );
    memory.now.set(NOW + 10);
    publish(&memory, &[jwk("remote", "k1")], None);
    assert_eq!(
        token(&memory, &assertion),
        good(),
        "and its jti was not used up"
    );
}

#[test]
fn nothing_is_fetched_for_an_assertion_that_is_wrong_already() {
    let memory = host();
    for name in ["aud", "exp"] {
        let mut claims = claims("remote", "1");
        claims.as_object_mut().unwrap().remove(name);
        let assertion = form(&signed("remote", &header(), &claims));
        assert_eq!(token(&memory, &assertion), invalid_client());
    }
    assert!(memory.sent.borrow().is_empty());
}

#[test]
fn metadata_that_contradicts_itself_is_refused() {
    let memory = host();
    let keys = json!({ "keys": [jwk("a", "1")] });
    let unfit = |more: Value| {
        let mut metadata = json!({ "client_id": "x", "grant_types": ["client_credentials"] });
        for (name, value) in more.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
        crate::administration::run(&command, &memory).is_err()
    };
    let by_key = "private_key_jwt";
    for more in [
        json!({ "token_endpoint_auth_method": by_key }),
        json!({ "token_endpoint_auth_method": by_key, "jwks": keys, "jwks_uri": URI }),
        json!({ "token_endpoint_auth_method": by_key, "jwks": keys, "client_secret": "0123456789abcdef0123" }),
        json!({ "token_endpoint_auth_method": by_key, "jwks": keys, "token_endpoint_auth_signing_alg": "HS256" }),
        json!({ "token_endpoint_auth_method": by_key, "jwks": keys, "token_endpoint_auth_signing_alg": "none" }),
        json!({ "token_endpoint_auth_method": by_key, "jwks_uri": "http://a.example/" }),
        json!({ "client_secret": "0123456789abcdef0123", "token_endpoint_auth_signing_alg": "ES256" }),
        json!({ "client_secret": "0123456789abcdef0123", "legacy_assertion_audience": true }),
        json!({ "client_secret": "0123456789abcdef0123", "require_signed_request_object": true }),
        json!({ "client_secret": "0123456789abcdef0123", "jwks": keys, "request_object_signing_alg": "none" }),
        json!({ "token_endpoint_auth_method": "client_secret_jwt", "client_secret": "0123456789abcdef0123456789abcdef" }),
    ] {
        assert!(unfit(more.clone()), "{more}");
    }
    assert!(!unfit(
        json!({ "token_endpoint_auth_method": by_key, "jwks": keys })
    ));
}

// ── client_secret_jwt ──

fn add(memory: &Memory, metadata: &Value) -> Result<Value, crate::administration::Failure> {
    let command = json!({ "command": "client.add", "metadata": metadata }).to_string();
    crate::administration::run(&command, memory)
        .map(|answer| serde_json::from_str(&answer).unwrap())
}

fn hs256(secret: &str, claims: &Value) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let message = format!(
        "{}.{}",
        crate::secret::base64url(br#"{"alg":"HS256"}"#),
        crate::secret::base64url(claims.to_string().as_bytes())
    );
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(message.as_bytes());
    let tag = mac.finalize().into_bytes();
    format!("{message}.{}", crate::secret::base64url(&tag))
}

#[test]
fn openid_core_s9_client_secret_jwt_is_off_unless_switched_on() {
    let metadata = json!({
        "client_id": "shared", "token_endpoint_auth_method": "client_secret_jwt", "grant_types": ["client_credentials"],
    });
    let memory = host();
    let refused = format!("{:?}", add(&memory, &metadata).unwrap_err());
    assert!(refused.contains("client_secret_jwt` is off"), "{refused}");

    let on = json!({ "issuer": "https://id.example", "client_assertions": { "client_secret_jwt": true } });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), on.to_string());
    let secret = add(&memory, &metadata).unwrap()["client_secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let assertion = hs256(&secret, &claims("shared", "1"));
    assert_eq!(token(&memory, &form(&assertion)), good());
    assert_eq!(token(&memory, &form(&assertion)), invalid_client(), "again");
    let wrong = hs256("another secret", &claims("shared", "2"));
    assert_eq!(token(&memory, &form(&wrong)), invalid_client());
    let sent = format!("client_id=shared&client_secret={secret}");
    assert_eq!(
        token(&memory, &sent),
        invalid_client(),
        "the secret itself is no assertion"
    );

    // Rotated with an overlap both work, and without one the new one alone.
    let rotate =
        json!({ "command": "client.rotate_secret", "client_id": "shared", "overlap_s": 30 })
            .to_string();
    let answer: Value =
        serde_json::from_str(&crate::administration::run(&rotate, &memory).unwrap()).unwrap();
    let new = answer["client_secret"].as_str().unwrap();
    assert_eq!(
        token(&memory, &form(&hs256(new, &claims("shared", "3")))),
        good()
    );
    assert_eq!(
        token(&memory, &form(&hs256(&secret, &claims("shared", "4")))),
        good()
    );
    memory.now.set(NOW + 30);
    assert_eq!(
        token(&memory, &form(&hs256(&secret, &claims("shared", "5")))),
        invalid_client()
    );
    assert_eq!(
        token(&memory, &form(&hs256(new, &claims("shared", "6")))),
        good()
    );

    // Switched off again it is off for all.
    let off = json!({ "issuer": "https://id.example" });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), off.to_string());
    assert_eq!(
        token(&memory, &form(&hs256(new, &claims("shared", "7")))),
        invalid_client()
    );
}

#[test]
fn openid_core_s9_a_client_of_the_configuration_may_use_client_secret_jwt() {
    const SECRET: &str = "0123456789abcdef0123456789abcdef-declared";
    let metadata = json!({
        "client_id": "declared", "token_endpoint_auth_method": "client_secret_jwt", "grant_types": ["client_credentials"],
        "client_secret": SECRET,
    });
    let check = |memory: &Memory, metadata: &Value, without_keys: bool| {
        let command = json!({ "command": "client.check", "metadata": metadata, "without_keys": without_keys });
        crate::administration::run(&command.to_string(), memory)
            .map_err(|failure| format!("{failure:?}"))
    };
    let memory = host();
    let refused = check(&memory, &metadata, false).unwrap_err();
    assert!(refused.contains("client_secret_jwt` is off"), "{refused}");

    change_server(&memory, |server| {
        server["client_assertions"] = json!({ "client_secret_jwt": true });
    });
    for (name, value) in [
        ("client_secret", Value::Null),
        ("client_secret", json!("too short for HS256: 31 bytes..")),
        ("token_endpoint_auth_signing_alg", json!("ES256")),
    ] {
        let mut bad = metadata.clone();
        bad[name] = value;
        assert!(check(&memory, &bad, false).is_err(), "{bad}");
    }
    let section: Value = serde_json::from_str(&check(&memory, &metadata, false).unwrap()).unwrap();
    memory
        .sections
        .borrow_mut()
        .insert("client/declared".to_owned(), section["client"].to_string());
    let assertion = hs256(SECRET, &claims("declared", "1"));
    assert_eq!(token(&memory, &form(&assertion)), good());
    assert_eq!(token(&memory, &form(&assertion)), invalid_client(), "again");
    let wrong = hs256(&SECRET.to_uppercase(), &claims("declared", "2"));
    assert_eq!(token(&memory, &form(&wrong)), invalid_client());
    let plain = format!("client_id=declared&client_secret={SECRET}");
    assert_eq!(token(&memory, &plain), invalid_client());
    // What was only checked holds nothing by which it could be taken.
    let checked = check(&memory, &metadata, true).unwrap();
    assert!(!checked.contains("sealed"), "{checked}");
    let section: Value = serde_json::from_str(&checked).unwrap();
    memory
        .sections
        .borrow_mut()
        .insert("client/declared".to_owned(), section["client"].to_string());
    let assertion = hs256(SECRET, &claims("declared", "3"));
    assert_eq!(token(&memory, &form(&assertion)), invalid_client());
}

#[test]
fn a_sealed_secret_of_one_client_is_worth_nothing_in_anothers_record() {
    let memory = host();
    let on = json!({ "issuer": "https://id.example", "client_assertions": { "client_secret_jwt": true } });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), on.to_string());
    let mut secret = String::new();
    for id in ["one", "two"] {
        let metadata = json!({
            "client_id": id, "token_endpoint_auth_method": "client_secret_jwt", "grant_types": ["client_credentials"],
        });
        let added = add(&memory, &metadata).unwrap();
        if id == "one" {
            secret = added["client_secret"].as_str().unwrap().to_owned();
        }
    }
    let record = memory.rows.borrow()["client/one"].0.clone();
    let swapped = String::from_utf8(record)
        .unwrap()
        .replace(r#""client_id":"one""#, r#""client_id":"two""#);
    memory.rows.borrow_mut().get_mut("client/two").unwrap().0 = swapped.into_bytes();
    let assertion = hs256(&secret, &claims("two", "1"));
    assert_eq!(
        token(&memory, &form(&assertion)),
        (503, "temporarily_unavailable".to_owned())
    );
}

/// Where its keys are, a client says itself: it must not be a way to have us knock somewhere as often as it likes, nor to keep as much.
#[test]
fn a_client_that_registered_itself_leads_us_to_its_keys_so_often_and_no_more() {
    use super::registration::{open, registered, send, with};
    use super::registration_management::handle;
    let memory = open(&json!({}));
    let metadata = |number: usize| {
        json!({
            "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "private_key_jwt",
            "jwks_uri": format!("https://victim.example/{number}"),
        })
    };
    let mut told = registered(&memory, &metadata(0));
    let id = told["client_id"].as_str().unwrap().to_owned();
    let knock = |number: usize| {
        let jti = format!("{number}");
        let claims = claims(&id, &jti);
        let assertion = signed("client", &json!({ "alg": "ES256", "kid": "k1" }), &claims);
        token(&memory, &form(&assertion))
    };
    let mut changed = 0;
    for number in 1..200 {
        knock(number);
        let (path, token) = handle(&told);
        let new = with(metadata(number), "client_id", json!(id));
        let answer = send(&memory, "PUT", &path, &new.to_string(), &token);
        if answer.status == 200 {
            changed += 1;
            told = body(&answer);
        } else {
            assert_eq!(answer.status, 429);
        }
    }
    let knocks = memory.sent.borrow().len();
    assert_eq!(knocks, 30, "in a minute");
    assert_eq!(changed, 99, "in an hour, with its registration 100");
    // A change that leads nowhere new is no such one.
    let (path, token) = handle(&told);
    let mut same = with(metadata(changed), "client_id", json!(id));
    same["client_name"] = json!("New");
    assert_eq!(
        send(&memory, "PUT", &path, &same.to_string(), &token).status,
        200
    );
}
