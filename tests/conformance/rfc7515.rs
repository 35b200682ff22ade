//! RFC 7515, 7517, 7518 and the JWT BCP (RFC 8725): keys that are published, and tokens that must not be believed.

use crate::harness::client::{API, MACHINE, SPA};
use crate::harness::flow;
use crate::harness::server::{CONFIG, Server, shared};
use crate::harness::{http, jwt};
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use jsonwebtoken::Algorithm;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Whether any endpoint believes a token.
#[track_caller]
fn assert_not_believed(what: &str, token: &str) {
    let userinfo = http::get(&shared().url("/userinfo")).bearer(token).send();
    assert!(matches!(userinfo.status, 400 | 401), "{what}: {userinfo:?}");
    assert!(!API.sees_active(shared(), token), "{what}");
}

fn access_token() -> String {
    flow::tokens_for(SPA).access
}

#[test]
fn jwk_public_members_only() {
    let jwks = shared().jwks();
    for key in jwks["keys"].as_array().expect("keys") {
        for private in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            assert!(key.get(private).is_none(), "{private} is published");
        }
        assert!(key["kid"].is_string() && key["alg"].is_string(), "{key}");
        assert!(
            key["use"] == json!("sig") || key["key_ops"] == json!(["verify"]),
            "{key}"
        );
        let wanted = match key["alg"].as_str() {
            Some("ES256") => key["kty"] == json!("EC") && key["crv"] == json!("P-256"),
            Some("RS256") => {
                key["kty"] == json!("RSA")
                    && key["n"]
                        .as_str()
                        .is_some_and(|n| jwt::decode(n).len() >= 256)
            }
            _ => false,
        };
        assert!(wanted, "{key}");
    }
}

#[test]
fn jwk_kids_are_unique_and_keys_are_there_for_both_algorithms() {
    let jwks = shared().jwks();
    let keys = jwks["keys"].as_array().expect("keys");
    let kids = keys
        .iter()
        .map(|key| key["kid"].to_string())
        .collect::<BTreeSet<_>>();
    assert_eq!(kids.len(), keys.len());
    let algorithms = keys
        .iter()
        .filter_map(|key| key["alg"].as_str())
        .collect::<BTreeSet<_>>();
    assert_eq!(algorithms, BTreeSet::from(["ES256", "RS256"]));
}

#[test]
fn rfc8725_s3_1_none_and_hmac_are_refused() {
    let token = access_token();
    let (header, claims) = jwt::read(&token);
    let with_alg = |alg: &str| {
        let mut header = header.clone();
        header["alg"] = json!(alg);
        header
    };
    for alg in ["none", "None", "NONE", ""] {
        assert_not_believed(alg, &jwt::forge(&with_alg(alg), &claims, ""));
    }
    // The public key as an HMAC secret, in the forms in which a server may hold it.
    let jwks = shared().jwks();
    for key in jwks["keys"].as_array().expect("keys") {
        let secrets = [key.to_string(), key["n"].to_string(), key["x"].to_string()];
        for secret in secrets.iter().map(String::as_bytes).chain([[].as_slice()]) {
            let unsigned = jwt::forge(&with_alg("HS256"), &claims, "");
            let signed = unsigned.trim_end_matches('.');
            let tag = hmac::sign(
                &hmac::Key::new(hmac::HMAC_SHA256, secret),
                signed.as_bytes(),
            );
            assert_not_believed("HS256", &format!("{signed}.{}", jwt::encode(tag.as_ref())));
        }
    }
}

/// A token signed by a key of the attacker's, which the header recommends.
#[test]
fn rfc8725_s3_10_keys_in_the_header_are_not_trusted() {
    let random = SystemRandom::new();
    let document =
        EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).expect("a key");
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, document.as_ref())
        .expect("a key");
    let point = pair.public_key().as_ref();
    let jwk = json!({"kty": "EC", "crv": "P-256", "x": jwt::encode(&point[1..33]), "y": jwt::encode(&point[33..])});
    let (header, claims) = jwt::read(&access_token());
    let kid = header["kid"].clone();
    let attempts = [
        json!({"typ": "at+jwt", "alg": "ES256", "jwk": jwk}),
        json!({"typ": "at+jwt", "alg": "ES256", "jwk": jwk, "kid": kid}),
        json!({"typ": "at+jwt", "alg": "ES256", "jku": "https://evil.example/jwks", "kid": kid}),
        json!({"typ": "at+jwt", "alg": "ES256", "x5u": "https://evil.example/cert", "kid": kid}),
        json!({"typ": "at+jwt", "alg": "ES256", "kid": "../../../../dev/null"}),
        json!({"typ": "at+jwt", "alg": "ES256", "kid": ""}),
        json!({"typ": "at+jwt", "alg": "ES256"}),
    ];
    for header in attempts {
        let unsigned = jwt::forge(&header, &claims, "");
        let signed = unsigned.trim_end_matches('.');
        let signature = pair.sign(&random, signed.as_bytes()).expect("a signature");
        assert_not_believed(
            &header.to_string(),
            &format!("{signed}.{}", jwt::encode(signature.as_ref())),
        );
    }
}

#[test]
fn altered_headers_claims_and_signatures_are_refused() {
    let token = access_token();
    let (header, claims) = jwt::read(&token);
    let signature = token.rsplit('.').next().expect("a signature");
    let with = |mut value: Value, name: &str, to: Value| {
        value[name] = to;
        value
    };
    for header in [
        with(header.clone(), "crit", json!(["x"])),
        with(header.clone(), "typ", json!("JWT")),
        with(header.clone(), "b64", json!(false)),
    ] {
        assert_not_believed(
            &header.to_string(),
            &jwt::forge(&header, &claims, signature),
        );
    }
    for claims in [
        with(claims.clone(), "sub", json!("someone else")),
        with(claims.clone(), "exp", json!(9_999_999_999_u64)),
        with(claims.clone(), "scope", json!("openid email profile")),
    ] {
        assert_not_believed(
            &claims.to_string(),
            &jwt::forge(&header, &claims, signature),
        );
    }
    let zeros = jwt::encode(&[0; 64]);
    for signature in [
        "",
        &zeros,
        &signature[1..],
        &format!("{signature}A"),
        &jwt::encode(&[0xff; 64]),
    ] {
        assert_not_believed(signature, &jwt::forge(&header, &claims, signature));
    }
}

#[test]
fn s7_1_the_compact_form_is_read_strictly() {
    let token = access_token();
    let parts = token.split('.').collect::<Vec<_>>();
    let spellings = [
        format!("{token}="),
        format!("{token}."),
        format!(".{token}"),
        format!("{}=.{}.{}", parts[0], parts[1], parts[2]),
        format!("{}.{}=.{}", parts[0], parts[1], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{}..{}", parts[0], parts[2]),
        format!("{}.{}.{}.{}", parts[0], parts[1], parts[2], parts[2]),
        format!("{}.{}.{}.x.y", parts[0], parts[1], parts[2]),
        format!(
            r#"{{"payload":"{}","protected":"{}","signature":"{}"}}"#,
            parts[1], parts[0], parts[2]
        ),
    ];
    for spelling in &spellings {
        assert_not_believed(spelling, spelling);
    }
    // The last letter of 86 carries four bits that decode to nothing: only one spelling may be right.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = token.chars().last().expect("a letter");
    let index = alphabet.find(last).expect("base64url");
    let twin = alphabet.chars().nth(index ^ 1).expect("a neighbour");
    let other = format!("{}{twin}", &token[..token.len() - 1]);
    assert_not_believed("bits that decode to nothing", &other);
}

#[test]
fn deep_and_large_documents_are_refused_quickly() {
    let deep = "[".repeat(3_000);
    let header = jwt::encode(br#"{"alg":"ES256","typ":"at+jwt"}"#);
    for payload in [
        deep.clone(),
        format!("{{\"a\":{deep}"),
        "{\"a\":".repeat(2_000),
        format!("\"{}\"", "x".repeat(6_000)),
    ] {
        let token = format!("{header}.{}.AAAA", jwt::encode(payload.as_bytes()));
        let userinfo = http::get(&shared().url("/userinfo")).bearer(&token).send();
        assert!(matches!(userinfo.status, 400 | 401 | 431), "{userinfo:?}");
        assert!(!API.sees_active(shared(), &token));
        let deep_header = format!("{}.e30.AAAA", jwt::encode(payload.as_bytes()));
        assert!(!API.sees_active(shared(), &deep_header));
    }
    let long = "x ".repeat(20_000);
    let answer = MACHINE.client_credentials(shared(), &[("scope", &long)]);
    assert!(matches!(answer.status, 400 | 413), "{answer:?}");
}

#[test]
fn the_keys_of_another_server_are_not_ours() {
    let other = Server::start(CONFIG);
    let (mut browser, _) = flow::newcomer(&other);
    let tokens = flow::AuthorizationRequest::new(SPA).tokens(&other, &mut browser);
    assert_not_believed("a token of another server", &tokens.access);
}

/// The command line rotates the native server's keys. Other hosts rotate by the clock: `host/portable/services` and
/// `host/workers` test that.
mod native_only {
    use super::*;

    /// A rotated key stays published while anything it signed is valid, and its successor was published before it signed.
    #[test]
    fn keys_rotate_under_caches() {
        let server = Server::start(CONFIG);
        let cached = server.jwks();
        let before = MACHINE
            .client_credentials(&server, &[])
            .assert_ok()
            .text("access_token");
        let place = server.stop();
        let rotated = crate::harness::server::run(&place, &["keys", "rotate"]);
        assert!(
            rotated.status.success(),
            "{}",
            String::from_utf8_lossy(&rotated.stderr)
        );
        let server = place.start();
        let after = MACHINE
            .client_credentials(&server, &[])
            .assert_ok()
            .text("access_token");
        let fresh = server.jwks();
        for token in [&before, &after] {
            jwt::verify(
                token,
                &fresh,
                &server.issuer,
                &server.issuer,
                Algorithm::ES256,
            );
        }
        // Whoever cached the keys can verify what is signed right after the rotation.
        jwt::verify(
            &after,
            &cached,
            &server.issuer,
            &server.issuer,
            Algorithm::ES256,
        );
        assert_ne!(cached, fresh, "nothing was rotated");
    }
}
