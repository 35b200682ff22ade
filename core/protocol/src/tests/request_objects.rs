//! Signed authorization requests, RFC 9101.

use super::foreign::{NOW, URI, jwk, publish, signed};
use super::*;

fn declare(memory: &Memory, more: &Value) {
    let mut metadata = json!({
        "client_id": "signer", "token_endpoint_auth_method": "none", "redirect_uris": ["https://signer.example/cb"],
        "scope": "openid read", "consent": "implicit", "jwks": { "keys": [jwk("signer", "k1")] },
    });
    for (name, value) in more.as_object().unwrap() {
        if value.is_null() {
            metadata.as_object_mut().unwrap().remove(name);
        } else {
            metadata[name] = value.clone();
        }
    }
    let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
    let answer: Value =
        serde_json::from_str(&crate::administration::run(&command, memory).unwrap()).unwrap();
    let key = format!("client/{}", metadata["client_id"].as_str().unwrap());
    memory
        .sections
        .borrow_mut()
        .insert(key, answer["client"].to_string());
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "k1", "typ": "oauth-authz-req+jwt" })
}

fn claims() -> Value {
    json!({
        "iss": "signer", "aud": "https://id.example", "exp": NOW + 300, "client_id": "signer", "response_type": "code",
        "redirect_uri": "https://signer.example/cb", "scope": "openid", "state": "inside", "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
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

fn object(name: &str, to: Value) -> String {
    signed("signer", &header(), &with(claims(), name, to))
}

fn url(object: &str, more: &str) -> String {
    format!("/authorize?client_id=signer&request={object}{more}")
}

/// A host with the client, and a browser in which Ada is signed in.
fn setting() -> Memory {
    let memory = super::host();
    declare(&memory, &json!({}));
    memory
}

fn signed_in(memory: &Memory) -> Visitor<'_> {
    let visitor = Visitor::new(memory);
    sign_in(&visitor, "app", "");
    visitor
}

/// A page that says so, and nothing else: never a redirect.
#[track_caller]
fn assert_refused_here(answer: &Answer, code: &str, what: &str) {
    let Body::Page(page) = &answer.body else {
        panic!("{what}: {answer:?}")
    };
    let crate::page::Page::Error(page) = page.as_ref() else {
        panic!("{what}: {page:?}")
    };
    assert_eq!(page.code.as_deref(), Some(code), "{what}");
    assert_eq!(location(answer), "", "{what}");
}

#[test]
fn a_signed_request_is_answered_by_what_it_says_inside() {
    let memory = setting();
    let visitor = signed_in(&memory);
    let outside = "&redirect_uri=https://evil.example/&scope=read&state=outside&response_type=token&nonce=x&prompt=login";
    let answer = visitor.get(&url(&object("x", json!(1)), outside));
    let back = location(&answer);
    assert!(back.starts_with("https://signer.example/cb?"), "{answer:?}");
    assert_eq!(parameter(back, "state").as_deref(), Some("inside"));
    let code = parameter(back, "code").unwrap();
    let tokens = body(&redeem(&visitor, "signer", &code));
    assert_eq!(tokens["scope"], "openid", "not the scope outside");
}

#[test]
fn rfc9101_s6_each_claim_must_be_right_and_nothing_is_redirected() {
    let memory = setting();
    let visitor = signed_in(&memory);
    let issuer = "https://id.example";
    for (name, value) in [
        ("iss", Value::Null),
        ("iss", json!("app")),
        ("aud", Value::Null),
        ("aud", json!("https://other.example")),
        ("aud", json!([issuer, "https://other.example"])),
        ("exp", Value::Null),
        ("exp", json!(NOW - 60)),
        ("exp", json!(NOW + 3661)),
        ("nbf", json!(NOW + 61)),
        ("client_id", Value::Null),
        ("client_id", json!("app")),
        ("sub", json!("signer")),
        ("request", json!("x")),
        ("request", json!("")),
        ("request_uri", json!("urn:x")),
        ("jti", json!(5)),
        ("jti", json!("")),
        ("state", json!({ "a": 1 })),
        ("scope", json!(["openid"])),
        ("redirect_uri", json!(null)),
        ("resource", json!([5])),
    ] {
        let mut inside = claims();
        inside[name] = value.clone();
        if value.is_null() && name != "redirect_uri" {
            inside.as_object_mut().unwrap().remove(name);
        }
        let answer = visitor.get(&url(&signed("signer", &header(), &inside), ""));
        assert_refused_here(
            &answer,
            "invalid_request_object",
            &format!("{name} {value}"),
        );
    }
    assert!(location(&visitor.get(&url(&object("aud", json!([issuer])), ""))).contains("code="));
}

#[test]
fn rfc9101_s10_unsigned_encrypted_and_confused_objects_are_refused() {
    let memory = setting();
    let visitor = signed_in(&memory);
    let five = format!(
        "{}.b.c.d.e",
        object("x", json!(1)).split('.').next().unwrap()
    );
    let mut objects = vec![five, "garbage".to_owned(), "a".repeat(20_000)];
    for header in [
        json!({ "alg": "none" }),
        json!({ "alg": "HS256", "kid": "k1" }),
        json!({ "alg": "RS256", "kid": "k1" }),
        json!({ "alg": "ES256", "kid": "k1", "typ": "at+jwt" }),
        json!({ "alg": "ES256", "kid": "k1", "typ": "client-authentication+jwt" }),
        json!({ "alg": "ES256", "kid": "k1", "crit": ["x"] }),
        json!({ "alg": "ES256", "kid": "k2", "jwk": jwk("signer", "k2") }),
    ] {
        objects.push(signed("signer", &header, &claims()));
    }
    objects.push(signed("evil", &header(), &claims()));
    for object in objects {
        let answer = visitor.get(&url(&object, ""));
        assert_refused_here(&answer, "invalid_request_object", &object);
    }
}

#[test]
fn the_client_outside_and_inside_are_one_and_has_keys() {
    let memory = setting();
    declare(
        &memory,
        &json!({ "client_id": "other", "jwks": { "keys": [jwk("other", "k1")] } }),
    );
    let visitor = signed_in(&memory);
    for client_id in ["other", "app"] {
        let target = format!(
            "/authorize?client_id={client_id}&request={}",
            object("x", json!(1))
        );
        assert_refused_here(&visitor.get(&target), "invalid_request_object", client_id);
    }
    let nobody = format!("/authorize?request={}", object("x", json!(1)));
    assert_refused_here(
        &visitor.get(&nobody),
        "invalid_request",
        "no client_id outside",
    );
}

#[test]
fn by_reference_and_both_at_once_are_refused() {
    let memory = setting();
    let visitor = signed_in(&memory);
    let both = url(
        &object("x", json!(1)),
        "&request_uri=https://signer.example/request",
    );
    assert_refused_here(&visitor.get(&both), "invalid_request", "both");
    let elsewhere = "/authorize?client_id=signer&redirect_uri=https://signer.example/cb&response_type=code\
                     &request_uri=https://signer.example/request";
    let answer = visitor.get(elsewhere);
    assert_eq!(
        parameter(location(&answer), "error").as_deref(),
        Some("request_uri_not_supported")
    );
    assert!(memory.sent.borrow().is_empty(), "nobody went there");
}

#[test]
fn a_redirect_uri_inside_is_checked_like_any_other() {
    let memory = setting();
    let visitor = signed_in(&memory);
    let answer = visitor.get(&url(
        &object("redirect_uri", json!("https://evil.example/cb")),
        "",
    ));
    assert_refused_here(&answer, "invalid_request", "not registered");
    // Once it is known, errors go there as ever.
    let answer = visitor.get(&url(&object("response_type", json!("token")), ""));
    assert_eq!(
        parameter(location(&answer), "error").as_deref(),
        Some("unsupported_response_type")
    );
    assert_eq!(
        parameter(location(&answer), "state").as_deref(),
        Some("inside")
    );
}

#[test]
fn a_jti_is_good_once_and_not_used_up_by_what_is_refused() {
    let memory = setting();
    let visitor = signed_in(&memory);
    let once = |jti: &str, prompt: Value| {
        url(
            &signed(
                "signer",
                &header(),
                &with(with(claims(), "jti", json!(jti)), "max_age", prompt),
            ),
            "",
        )
    };
    let answer = visitor.get(&once("1", json!("x")));
    assert_eq!(
        parameter(location(&answer), "error").as_deref(),
        Some("invalid_request")
    );
    assert!(
        location(&visitor.get(&once("1", json!(86_400)))).contains("code="),
        "a number is a parameter too"
    );
    assert_refused_here(
        &visitor.get(&once("1", json!(86_400))),
        "invalid_request_object",
        "again",
    );
    assert!(location(&visitor.get(&once("2", json!(86_400)))).contains("code="));
    // A form on the client's site posts without our cookies, and is sent again by GET: that is one use.
    let stranger = Visitor::new(&memory);
    let target = once("3", json!(86_400));
    let form = target.split_once('?').unwrap().1;
    let again = stranger.post("/authorize", form);
    assert_eq!(again.status, 303);
    let shown = stranger.get(location(&again));
    assert!(
        !format!("{shown:?}").contains("invalid_request_object"),
        "{shown:?}"
    );
}

#[test]
fn of_two_that_race_with_one_object_one_goes_on() {
    let memory = setting();
    let visitor = signed_in(&memory);
    let target = url(&object("jti", json!("1")), "");
    let rival = target.clone();
    *memory.before_jti.borrow_mut() = Some(Box::new(move |memory| {
        let answer = Visitor::new(memory).get(&rival);
        assert!(!format!("{answer:?}").contains("invalid_request_object"));
    }));
    assert_refused_here(&visitor.get(&target), "invalid_request_object", "the loser");
}

#[test]
fn rfc9101_s10_5_a_client_that_signs_always_is_held_to_it() {
    let memory = setting();
    declare(&memory, &json!({ "require_signed_request_object": true }));
    let visitor = signed_in(&memory);
    let plain = format!(
        "/authorize?client_id=signer&response_type=code&redirect_uri=https://signer.example/cb&scope=openid\
         &code_challenge={CHALLENGE}&code_challenge_method=S256"
    );
    assert_refused_here(&visitor.get(&plain), "invalid_request", "plain");
    assert_refused_here(
        &visitor.get(&format!("{plain}&request=")),
        "invalid_request",
        "empty",
    );
    assert!(location(&visitor.get(&url(&object("x", json!(1)), ""))).contains("code="));
}

#[test]
fn a_client_chooses_algorithm_and_type() {
    let memory = setting();
    let visitor = signed_in(&memory);
    let untyped = || {
        url(
            &signed("signer", &with(header(), "typ", Value::Null), &claims()),
            "",
        )
    };
    assert!(location(&visitor.get(&untyped())).contains("code="));
    declare(&memory, &json!({ "require_request_object_typ": true }));
    assert_refused_here(&visitor.get(&untyped()), "invalid_request_object", "typ");
    assert!(location(&visitor.get(&url(&object("x", json!(1)), ""))).contains("code="));
    declare(&memory, &json!({ "request_object_signing_alg": "RS256" }));
    assert_refused_here(
        &visitor.get(&url(&object("x", json!(1)), "")),
        "invalid_request_object",
        "alg",
    );
}

#[test]
fn keys_that_cannot_be_fetched_are_not_the_clients_fault() {
    let memory = setting();
    declare(&memory, &json!({ "jwks": null, "jwks_uri": URI }));
    let visitor = signed_in(&memory);
    let target = url(&object("jti", json!("1")), "");
    assert_refused_here(&visitor.get(&target), "temporarily_unavailable", "down");
    memory.now.set(NOW + 10);
    publish(&memory, &[jwk("signer", "k1")], None);
    assert!(location(&visitor.get(&target)).contains("code="));
}

#[test]
fn switched_off_it_is_refused_and_not_advertised() {
    let memory = setting();
    let path = "/.well-known/openid-configuration";
    let document = body(&Visitor::new(&memory).get(path));
    assert_eq!(document["request_parameter_supported"], true);
    assert!(
        document["request_object_signing_alg_values_supported"]
            .as_array()
            .unwrap()
            .iter()
            .all(|alg| alg != "none")
    );
    let off = json!({ "issuer": "https://id.example", "request_objects": { "enabled": false } });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), off.to_string());
    let visitor = Visitor::new(&memory);
    assert_refused_here(
        &visitor.get(&url(&object("x", json!(1)), "")),
        "request_not_supported",
        "off",
    );
    let document = body(&visitor.get(path));
    assert_eq!(document["request_parameter_supported"], false);
    assert!(
        document
            .get("request_object_signing_alg_values_supported")
            .is_none()
    );
}

// ── pushed ──

fn push(visitor: &Visitor<'_>, object: &str, more: &str) -> Answer {
    visitor.post("/par", &format!("client_id=signer&request={object}{more}"))
}

#[test]
fn rfc9126_s3_a_signed_request_can_be_pushed_and_counts_alone() {
    let memory = setting();
    declare(&memory, &json!({ "require_signed_request_object": true }));
    let visitor = signed_in(&memory);
    let once = object("jti", json!("1"));
    let answer = push(
        &visitor,
        &once,
        "&redirect_uri=https://evil.example/&state=outside",
    );
    assert_eq!(answer.status, 201, "{answer:?}");
    let request_uri = body(&answer)["request_uri"].as_str().unwrap().to_owned();
    let target = format!("/authorize?client_id=signer&request_uri={request_uri}");
    let both = visitor.get(&format!("{target}&request={}", object("x", json!(1))));
    assert_refused_here(&both, "invalid_request", "both");
    let back = visitor.get(&target);
    assert_eq!(
        parameter(location(&back), "state").as_deref(),
        Some("inside")
    );
    assert_eq!(
        error(&push(&visitor, &once, "")),
        (400, "invalid_request_object".to_owned()),
        "again"
    );
    let plain = format!(
        "client_id=signer&response_type=code&redirect_uri=https://signer.example/cb&code_challenge={CHALLENGE}\
         &code_challenge_method=S256"
    );
    assert_eq!(
        error(&visitor.post("/par", &plain)),
        (400, "invalid_request".to_owned()),
        "unsigned"
    );
    for (name, value) in [
        ("iss", json!("app")),
        ("aud", json!("x")),
        ("client_id", json!("app")),
        ("exp", Value::Null),
    ] {
        let refused = error(&push(&visitor, &object(name, value), ""));
        assert_eq!(
            refused,
            (400, "invalid_request_object".to_owned()),
            "{name}"
        );
    }
}
