//! What every answer carries beside its content.

use super::Operator;
use crate::pages::render;
use crate::pages::samples;
use crate::pages::{ceremony, form_post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_protocol::http::{Answer, Body};
use doorward_protocol::page::Page;
use sha2::{Digest as _, Sha256};

#[test]
fn headers_of_a_page() {
    let operator = Operator::new("{}");
    for (name, page) in samples::all() {
        let signed_in = matches!(page, Page::SignedIn(_) | Page::Account(_));
        let policy = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'";
        let script = match name {
            "form-post" => Some(form_post::SCRIPT),
            "passkey" => Some(ceremony::SCRIPT),
            _ => None,
        };
        let policy = match script.map(|script| Sha256::digest(script.as_bytes())) {
            Some(digest) => format!("{policy}; script-src 'sha256-{}'", STANDARD.encode(digest)),
            None => policy.to_owned(),
        };
        let said = vec![
            ("set-cookie", "a=b".to_owned()),
            ("set-cookie", "c=d".to_owned()),
            ("cache-control", "public".to_owned()),
        ];
        let answer = Answer {
            status: 400,
            headers: said,
            body: Body::Page(Box::new(page)),
        };
        let response = render(answer, &operator, &operator);
        let expected = [
            ("set-cookie", "a=b"),
            ("set-cookie", "c=d"),
            ("content-type", "text/html; charset=utf-8"),
            ("content-language", "en"),
            ("cache-control", "no-store"),
            ("content-security-policy", policy.as_str()),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            (
                "permissions-policy",
                "accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()",
            ),
            ("cross-origin-resource-policy", "same-origin"),
            (
                "cross-origin-opener-policy",
                if signed_in {
                    "same-origin"
                } else {
                    "unsafe-none"
                },
            ),
            ("content-length", &response.body.len().to_string()),
        ];
        // Their order says nothing.
        let mut got: Vec<_> = response
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        got.sort_unstable();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(
            (response.status, got.as_slice()),
            (400, expected.as_slice()),
            "{name}"
        );
    }
}

#[test]
fn headers_of_other_answers() {
    let operator = Operator::new("{}");
    let headers = |body| {
        let response = operator.answer(body);
        response
            .headers
            .into_iter()
            .map(|(name, value)| format!("{name}: {value}"))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        headers(Body::Empty),
        [
            "referrer-policy: no-referrer",
            "cache-control: no-store",
            "content-length: 0"
        ]
    );
    let json = [
        "x-content-type-options: nosniff",
        "cache-control: no-store",
        "content-length: 2",
    ];
    assert_eq!(
        headers(Body::Json("{}".into()))[0],
        "content-type: application/json"
    );
    assert_eq!(headers(Body::Json("{}".into()))[1..], json);
    let jwks = headers(Body::Typed("application/jwk-set+json", "{}".into()));
    assert_eq!(
        (jwks[0].as_str(), &jwks[1..]),
        (
            "content-type: application/jwk-set+json",
            &json.map(str::to_owned)[..]
        )
    );

    let icon = operator.page(samples::all().remove(0).1);
    let icon = icon
        .split("/assets/")
        .find(|rest| rest.starts_with("icon-pin"))
        .and_then(|rest| rest.split('"').next());
    assert_eq!(
        headers(Body::Asset(icon.unwrap().to_owned()))[..5],
        [
            "content-type: image/svg+xml",
            "cache-control: public, max-age=31536000, immutable",
            "content-security-policy: sandbox; default-src 'none'",
            "x-content-type-options: nosniff",
            "cross-origin-resource-policy: same-origin",
        ]
    );
}

#[test]
fn the_rules_decide_on_caching_of_json_and_204_has_no_length() {
    let operator = Operator::new("{}");
    let said = vec![("cache-control", "public, max-age=300".to_owned())];
    let json = render(
        Answer {
            status: 200,
            headers: said,
            body: Body::Json("{}".into()),
        },
        &operator,
        &operator,
    );
    assert_eq!(
        json.headers
            .iter()
            .filter(|(name, _)| *name == "cache-control")
            .count(),
        1
    );
    assert_eq!(json.headers[0].1, "public, max-age=300");
    let empty = render(
        Answer {
            status: 204,
            headers: Vec::new(),
            body: Body::Empty,
        },
        &operator,
        &operator,
    );
    assert!(
        empty
            .headers
            .iter()
            .all(|(name, _)| *name != "content-length")
    );
}
