//! RFC 9701, JWT Response for OAuth Token Introspection.

use crate::harness::client::{API, Client, MACHINE, OPAQUE_API};
use crate::harness::http::{self, Response};
use crate::harness::jwt;
use crate::harness::server::{Server, refused, shared};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

const MEDIA_TYPE: &str = "application/token-introspection+jwt";

fn introspect(caller: Client, token: &str) -> Response {
    caller
        .request(&shared().url("/introspect"), &[("token", token)])
        .header("accept", MEDIA_TYPE)
        .send()
}

/// The claims of an answer that is a JWT for this caller.
#[track_caller]
fn claims(answer: &Response, caller: Client, alg: Algorithm) -> Value {
    answer.assert_ok();
    answer.assert_no_store();
    assert_eq!(answer.header("content-type"), Some(MEDIA_TYPE));
    let (header, claims) = jwt::read(&answer.body);
    assert_eq!(header["typ"], json!("token-introspection+jwt"));
    // §5: no `sub` and `exp` at the top, so that nobody takes the answer for a token.
    assert!(
        claims.get("sub").is_none() && claims.get("exp").is_none(),
        "{claims}"
    );
    assert_eq!(header["alg"], json!(format!("{alg:?}")));
    assert_eq!(
        (&claims["iss"], &claims["aud"]),
        (&json!(shared().issuer), &json!(caller.id))
    );
    assert!(claims["iat"].is_u64(), "{claims}");
    let keys: jsonwebtoken::jwk::JwkSet =
        serde_json::from_value(shared().jwks()).expect("a JWK Set");
    let key = keys
        .find(header["kid"].as_str().expect("a kid"))
        .expect("its key");
    let mut rules = jsonwebtoken::Validation::new(alg);
    rules.set_required_spec_claims(&["iss", "aud"]);
    rules.set_audience(&[caller.id]);
    rules.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_jwk(key).expect("a key");
    jsonwebtoken::decode::<Value>(&answer.body, &key, &rules).expect("an answer that verifies");
    claims["token_introspection"].clone()
}

#[test]
fn s5_the_answer_is_a_jwt_for_its_caller() {
    let answer = MACHINE.client_credentials(
        shared(),
        &[("resource", "https://api.example/"), ("scope", "api:read")],
    );
    let token = answer.assert_ok().text("access_token");
    let told = claims(&introspect(API, &token), API, Algorithm::RS256);
    assert_eq!(
        (&told["active"], &told["client_id"], &told["scope"]),
        (&json!(true), &json!("machine"), &json!("api:read")),
        "{told}"
    );
    let same = API.introspect(shared(), &token);
    assert_eq!(same.header("content-type"), Some("application/json"));
    assert_eq!(
        same.assert_ok().json(),
        told,
        "by default it is JSON, and says the same"
    );
}

#[test]
fn s5_of_a_dead_token_it_says_no_more_than_that() {
    for token in ["x", "dwa_x.y", "a.b.c"] {
        let told = claims(&introspect(API, token), API, Algorithm::RS256);
        assert_eq!(told, json!({"active": false}));
    }
}

#[test]
fn s6_by_the_algorithm_that_the_caller_registered() {
    claims(&introspect(OPAQUE_API, "x"), OPAQUE_API, Algorithm::ES256);
}

#[test]
fn s5_the_answer_is_no_token() {
    let answer = introspect(API, "x").body;
    assert!(!API.sees_active(shared(), &answer));
    assert_eq!(
        http::get(&shared().url("/userinfo"))
            .bearer(&answer)
            .send()
            .status,
        401
    );
}

#[test]
fn s7_metadata_and_what_is_not_supported() {
    let algs = shared().metadata()["introspection_signing_alg_values_supported"].clone();
    assert!(
        algs.as_array()
            .is_some_and(|algs| algs.contains(&json!("RS256"))),
        "{algs}"
    );
    let client = "[[client]]\nclient_id = \"x\"\nclient_secret = \"x-secret-0123456789abcdef\"\ngrant_types = [\"client_credentials\"]\n";
    for (member, value) in [
        ("introspection_encrypted_response_alg", "RSA-OAEP"),
        ("introspection_signed_response_alg", "none"),
        ("introspection_signed_response_alg", "HS256"),
    ] {
        let log = refused(&format!("{client}{member} = \"{value}\"\n"));
        assert!(log.contains(member) || log.contains(value), "{log}");
    }
}

/// §6: RS256 for who registered nothing. Where the operator has no keys for it, the answer is signed by what there are keys for.
#[test]
fn s6_without_rs256_who_registered_nothing_is_answered_all_the_same() {
    let server = Server::start(
        "[keys]\nalgorithms = [\"ES256\"]\n\
         [[client]]\nclient_id = \"api\"\nclient_secret = \"api-secret-0123456789abcdef0123456789\"\n\
         grant_types = [\"client_credentials\"]\ntoken_endpoint_auth_method = \"client_secret_basic\"\n",
    );
    let token = API.client_credentials(&server, &[]).text("access_token");
    let answer = API
        .request(&server.url("/introspect"), &[("token", &token)])
        .header("accept", MEDIA_TYPE)
        .send();
    answer.assert_ok();
    let (header, claims) = jwt::read(&answer.body);
    assert_eq!(header["alg"], json!("ES256"));
    assert_eq!(claims["token_introspection"]["active"], json!(true));
    let listed = &server.metadata()["introspection_signing_alg_values_supported"];
    assert_eq!(listed, &json!(["ES256"]));
}
