//! RFC 7523: clients that authenticate by a JWT.

use crate::harness::http::{self, Response};
use crate::harness::jwt::SigningKey;
use crate::harness::server::shared;
use crate::harness::signer::{
    ASSERTION_TYPE, KEYS, client_assertion, client_claims, header, sign, sign_by, with,
};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

fn present(path: &str, assertion: &str, more: &[(&str, &str)]) -> Response {
    let fields = [
        ("client_assertion_type", ASSERTION_TYPE),
        ("client_assertion", assertion),
    ];
    http::post(&shared().url(path))
        .form(&[&fields, more].concat())
        .send()
}

fn token(assertion: &str) -> Response {
    present("/token", assertion, &[("grant_type", "client_credentials")])
}

#[track_caller]
fn assert_refused(what: &str, assertion: &str) {
    let answer = token(assertion);
    assert_eq!(
        (answer.status, answer.text("error").as_str()),
        (401, "invalid_client"),
        "{what}"
    );
}

#[test]
fn s2_2_every_algorithm_that_is_advertised_authenticates() {
    let metadata = shared().metadata();
    let advertised = &metadata["token_endpoint_auth_signing_alg_values_supported"];
    for (alg, kid) in KEYS {
        assert!(
            advertised.as_array().expect("a list").contains(&json!(alg)),
            "{alg}"
        );
        let header = json!({"alg": alg, "kid": kid, "typ": "JWT"});
        let algorithm = alg.parse::<Algorithm>().expect("an algorithm");
        let assertion = sign_by(kid, algorithm, &header, &client_claims(shared(), "signed"));
        token(&assertion).assert_ok();
    }
    let methods = metadata["token_endpoint_auth_methods_supported"].to_string();
    assert!(methods.contains("private_key_jwt") && !methods.contains("client_secret_jwt"));
}

#[test]
fn s3_an_assertion_is_good_once_at_whatever_endpoint() {
    let assertion = client_assertion(shared(), "signed");
    token(&assertion).assert_ok();
    assert_refused("again", &assertion);
    for path in ["/revoke", "/introspect", "/par"] {
        let assertion = client_assertion(shared(), "signed");
        let answer = present(path, &assertion, &[("token", "x")]);
        assert_ne!(answer.status, 401, "{path}: {answer:?}");
        if answer.status != 404 {
            assert_refused(path, &assertion);
        }
    }
}

#[test]
fn s3_each_claim_must_be_right() {
    let issuer = shared().issuer.clone();
    let claims = || client_claims(shared(), "signed");
    let now = claims()["iat"].as_u64().expect("a time");
    for (name, value) in [
        ("iss", json!("machine")),
        ("sub", json!("machine")),
        ("sub", Value::Null),
        ("aud", Value::Null),
        ("aud", json!([issuer])),
        ("aud", json!([issuer, "https://evil.example"])),
        ("aud", json!(format!("{issuer}/"))),
        ("aud", json!(format!("{issuer}/token"))),
        ("aud", json!(format!("{issuer}/par"))),
        ("aud", json!("https://evil.example")),
        ("exp", Value::Null),
        ("exp", json!(now - 100)),
        ("exp", json!(now + 1000)),
        ("nbf", json!(now + 200)),
        ("iat", json!(now + 200)),
        ("jti", Value::Null),
    ] {
        let assertion = sign(&header("JWT"), &with(claims(), name, value.clone()));
        assert_refused(&format!("{name} {value}"), &assertion);
    }
}

/// The client that has the switch may name the token endpoint, as RFC 7523 §3 once suggested, and nothing else.
#[test]
fn s3_the_token_endpoint_as_audience_is_a_switch_of_the_client() {
    let issuer = shared().issuer.clone();
    let assertion = |aud: Value| {
        let claims = with(client_claims(shared(), "signed-too"), "aud", aud);
        sign(&header("JWT"), &claims)
    };
    token(&assertion(json!(format!("{issuer}/token")))).assert_ok();
    token(&assertion(json!(issuer))).assert_ok();
    assert_refused("par", &assertion(json!(format!("{issuer}/par"))));
    assert_refused("a list", &assertion(json!([format!("{issuer}/token")])));
}

#[test]
fn rfc8725_s2_1_the_client_not_the_token_says_which_key_and_algorithm() {
    let claims = || client_claims(shared(), "signed");
    let stranger = SigningKey::new();
    for header in [
        json!({"alg": "ES256", "kid": "es256"}),
        json!({"alg": "ES256", "kid": "es256", "jwk": stranger.jwk()}),
        json!({"alg": "ES256", "jwk": stranger.jwk()}),
        json!({"alg": "ES256", "kid": "other", "jku": "https://evil.example/keys"}),
        json!({"alg": "none"}),
        json!({"alg": "HS256", "kid": "es256"}),
    ] {
        assert_refused(&header.to_string(), &stranger.sign(&header, &claims()));
    }
    for header in [
        json!({"alg": "ES256", "kid": "rsa"}),
        json!({"alg": "ES256", "kid": "nobody"}),
        json!({"alg": "ES256", "kid": "es256", "crit": ["x"]}),
        json!({"alg": "ES256", "kid": "es256", "typ": "oauth-authz-req+jwt"}),
        json!({"alg": "ES256", "kid": "es256", "typ": "at+jwt"}),
    ] {
        assert_refused(&header.to_string(), &sign(&header, &claims()));
    }
    // A client that named one algorithm is held to it.
    let header = json!({"alg": "RS256", "kid": "rsa"});
    let claims = client_claims(shared(), "signed-too");
    assert_refused("RS256", &sign_by("rsa", Algorithm::RS256, &header, &claims));
}

#[test]
fn rfc6749_s2_3_an_assertion_is_the_only_method_of_its_request() {
    let assertion = || client_assertion(shared(), "signed");
    let grant = ("grant_type", "client_credentials");
    present("/token", &assertion(), &[grant, ("client_secret", "x")])
        .assert_error(400, "invalid_request");
    present("/token", &assertion(), &[grant, ("client_id", "machine")])
        .assert_error(401, "invalid_client");
    present("/token", &assertion(), &[grant, ("client_id", "signed")]).assert_ok();
    let bare = [grant, ("client_id", "signed")];
    http::post(&shared().url("/token"))
        .form(&bare)
        .send()
        .assert_error(401, "invalid_client");
    for half in [
        ("client_assertion_type", ASSERTION_TYPE.to_owned()),
        ("client_assertion", assertion()),
    ] {
        http::post(&shared().url("/token"))
            .form(&[grant, ("client_id", "signed"), (half.0, &half.1)])
            .send()
            .assert_error(401, "invalid_client");
    }
}

#[test]
fn garbage_and_depth_are_refused_quickly() {
    for assertion in [
        "x".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        format!(
            "{}.e30.AA",
            crate::harness::jwt::encode("[".repeat(9_000).as_bytes())
        ),
        "a".repeat(40_000),
    ] {
        assert_refused("garbage", &assertion);
    }
}

/// `client_secret_jwt` needs a secret that is sealed under the server's own key, which `compose` does not have: see
/// `docs/configuration.md`.
mod native_only {
    use crate::harness::http;
    use crate::harness::jwt;
    use crate::harness::server::{CONFIG, Server, refused};
    use crate::harness::signer::{ASSERTION_TYPE, client_claims};
    use jsonwebtoken::{Algorithm, EncodingKey};
    use serde_json::json;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn config(more: &str) -> String {
        format!(
            "{CONFIG}\n[[client]]\nclient_id = \"shared-key\"\nclient_secret = \"{SECRET}\"\nscope = \"api:read\"\n\
             grant_types = [\"client_credentials\"]\ntoken_endpoint_auth_method = \"client_secret_jwt\"\n{more}"
        )
    }

    #[test]
    fn openid_core_s9_client_secret_jwt_is_off_and_says_how_to_switch_it_on() {
        let printed = refused(&config(""));
        assert!(
            printed.contains("client_assertions.client_secret_jwt"),
            "{printed}"
        );
    }

    #[test]
    fn openid_core_s9_a_client_of_the_configuration_signs_by_its_secret() {
        let server = Server::start(&config("[client_assertions]\nclient_secret_jwt = true\n"));
        let methods = server.metadata()["token_endpoint_auth_methods_supported"].to_string();
        assert!(methods.contains("client_secret_jwt"), "{methods}");
        let token = |secret: &str| {
            let claims = client_claims(&server, "shared-key");
            let signed = jwt::forge(&json!({ "alg": "HS256" }), &claims, "");
            let signed = signed.trim_end_matches('.');
            let key = EncodingKey::from_secret(secret.as_bytes());
            let tag = jsonwebtoken::crypto::sign(signed.as_bytes(), &key, Algorithm::HS256);
            let assertion = format!("{signed}.{}", tag.expect("a tag"));
            http::post(&server.url("/token"))
                .form(&[
                    ("grant_type", "client_credentials"),
                    ("client_assertion_type", ASSERTION_TYPE),
                    ("client_assertion", &assertion),
                ])
                .send()
        };
        token(SECRET).assert_ok();
        let wrong = "fedcba9876543210fedcba9876543210";
        token(wrong).assert_error(401, "invalid_client");
    }
}
