//! RFC 9101: signed authorization requests.

use crate::harness::browser::Browser;
use crate::harness::client::{Authentication, Client};
use crate::harness::dpop::now;
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http;
use crate::harness::jwt::SigningKey;
use crate::harness::server::shared;
use crate::harness::signer::{client_claims, header, sign, with};
use serde_json::{Map, Value, json};

const JAR: Client = Client {
    id: "jar",
    authentication: Authentication::None,
    redirect_uri: "https://jar.example/callback",
};
const TYP: &str = "oauth-authz-req+jwt";

/// The parameters of a request as the claims of a request object.
fn claims(request: &AuthorizationRequest) -> Value {
    let mut claims: Map<String, Value> = request
        .parameters
        .iter()
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    claims.insert("iss".to_owned(), json!(request.client.id));
    claims.insert("aud".to_owned(), json!(shared().issuer));
    claims.insert("exp".to_owned(), json!(now() + 300));
    Value::Object(claims)
}

fn url(client_id: &str, object: &str, more: &[(&str, &str)]) -> String {
    let mut fields = vec![("client_id", client_id), ("request", object)];
    fields.extend(more);
    format!("{}?{}", shared().url("/authorize"), http::encode(&fields))
}

fn request() -> AuthorizationRequest {
    AuthorizationRequest::new(JAR).with("scope", "openid email")
}

/// A page here that says so: never a redirect.
#[track_caller]
fn assert_refused(what: &str, url: &str) {
    let answer = http::get(url).send();
    assert_eq!(answer.status, 400, "{what}: {answer:?}");
    assert!(answer.header("location").is_none(), "{what}");
}

#[test]
fn s6_3_only_what_is_inside_counts() {
    let request = request();
    let object = sign(&header(TYP), &claims(&request));
    let outside = [
        ("redirect_uri", "https://evil.example/"),
        ("state", "outside"),
        ("scope", "reports:read"),
        ("response_type", "token"),
        ("code_challenge", "outside"),
    ];
    let mut browser = flow::signed_in();
    let visit = browser.get(&url(JAR.id, &object, &outside));
    let callback = flow::finish(&mut browser, &visit);
    assert!(
        callback
            .url
            .as_str()
            .starts_with("https://jar.example/callback?")
    );
    assert_eq!(callback.get("state"), Some(request.value("state")));
    let tokens = Tokens::of(&request.redeem(shared(), &callback.code()));
    assert_eq!(tokens.response["scope"], "openid email");
    let metadata = shared().metadata();
    assert_eq!(metadata["request_parameter_supported"], true);
    assert_eq!(metadata["request_uri_parameter_supported"], false);
}

#[test]
fn s6_1_and_s6_2_unsigned_encrypted_and_forged_objects_are_refused() {
    let claims = claims(&request());
    for (what, object) in [
        (
            "unsigned",
            crate::harness::jwt::forge(&json!({"alg": "none"}), &claims, ""),
        ),
        (
            "encrypted",
            "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkExMjhHQ00ifQ.a.b.c.d".to_owned(),
        ),
        (
            "a stranger's",
            SigningKey::new().sign(&header(TYP), &claims),
        ),
        ("of another type", sign(&header("at+jwt"), &claims)),
        (
            "with an extension",
            sign(&with(header(TYP), "crit", json!(["x"])), &claims),
        ),
        ("garbage", "x".to_owned()),
    ] {
        assert_refused(what, &url(JAR.id, &object, &[]));
    }
}

#[test]
fn s4_each_claim_must_be_right_and_nothing_is_redirected() {
    let issuer = shared().issuer.clone();
    for (name, value) in [
        ("iss", json!("spa")),
        ("iss", Value::Null),
        ("aud", json!("https://other.example")),
        ("aud", json!([issuer, "https://other.example"])),
        ("aud", Value::Null),
        ("exp", Value::Null),
        ("exp", json!(now() - 100)),
        ("exp", json!(now() + 4000)),
        ("client_id", json!("spa")),
        ("client_id", Value::Null),
        ("sub", json!("jar")),
        ("request", json!("x")),
        ("request_uri", json!("https://jar.example/request")),
        ("redirect_uri", json!("https://evil.example/callback")),
    ] {
        let object = sign(&header(TYP), &with(claims(&request()), name, value.clone()));
        assert_refused(&format!("{name} {value}"), &url(JAR.id, &object, &[]));
    }
}

#[test]
fn s10_8_a_client_assertion_is_no_request() {
    let mut both = claims(&request());
    for (name, value) in client_claims(shared(), "jar").as_object().expect("claims") {
        both[name] = value.clone();
    }
    assert_refused(
        "an assertion",
        &url(JAR.id, &sign(&header("JWT"), &both), &[]),
    );
}

#[test]
fn s5_by_reference_and_both_at_once_are_refused() {
    let object = sign(&header(TYP), &claims(&request()));
    let reference = ("request_uri", "https://jar.example/request");
    assert_refused("both", &url(JAR.id, &object, &[reference]));
    let visit = request().and(reference.0, reference.1).open(shared());
    flow::Callback::of(&visit).assert_error("request_uri_not_supported");
}

#[test]
fn s10_2_an_object_with_a_jti_is_good_once() {
    let object = sign(
        &header(TYP),
        &with(
            claims(&request()),
            "jti",
            json!(now().to_string() + "-once"),
        ),
    );
    let first = Browser::new(&shared().issuer).get(&url(JAR.id, &object, &[]));
    assert_eq!(first.response.status, 200, "{:?}", first.response);
    assert_refused("again", &url(JAR.id, &object, &[]));
}

#[test]
fn s10_5_a_client_that_signs_always_is_held_to_it() {
    let client = Client {
        id: "jar-always",
        ..JAR
    };
    let plain = AuthorizationRequest::new(client).with("scope", "openid");
    assert_refused("plain", &plain.url(shared()));
    let object = sign(&header(TYP), &claims(&plain));
    let visit = flow::signed_in().get(&url(client.id, &object, &[]));
    assert_eq!(visit.response.status, 200, "{:?}", visit.response);
}
