//! Published holes of other authorization servers, one regression test each, where no other module here has it already
//! (the table in README.md says which has).

use crate::harness::browser::Browser;
use crate::harness::client::{BASIC, Client, SPA, SPA_TWO};
use crate::harness::flow::{self, AuthorizationRequest, Callback, Tokens};
use crate::harness::host::{Host, host};
use crate::harness::server::shared;
use crate::harness::{http, random};
use std::collections::BTreeMap;

/// CVE-2025-4143: the redirect URI has to be the client's at every entry, not only at the first.
#[test]
fn cve_2025_4143_a_foreign_redirect_uri_at_every_entry() {
    let foreign = Client {
        redirect_uri: "https://spa-two.example/callback",
        ..SPA
    };
    AuthorizationRequest::new(foreign)
        .open(shared())
        .assert_error_page(400);
    let mut browser = flow::signed_in();
    for request in [
        AuthorizationRequest::new(foreign),
        AuthorizationRequest::new(foreign).with("prompt", "none"),
    ] {
        assert!(browser.get(&request.url(shared())).left_for().is_none());
    }
    // Swapped on the way: what the consent form carries cannot move the answer.
    let visit = browser.get(
        &AuthorizationRequest::new(SPA)
            .with("prompt", "consent")
            .url(shared()),
    );
    let form = visit.form("allow");
    for (name, value) in [
        ("redirect_uri", "https://evil.example/"),
        ("client_id", "spa-two"),
        ("state", "swapped"),
        ("scope", "openid api:write"),
    ] {
        let visit = browser.get(
            &AuthorizationRequest::new(SPA)
                .with("prompt", "consent")
                .url(shared()),
        );
        let form = visit.form("allow").set(name, value);
        let after = browser.press(&visit, &form, "allow");
        if let Some(url) = after.left_for() {
            assert!(
                url.as_str().starts_with("https://spa.example/callback"),
                "{url}"
            );
            assert!(!url.as_str().contains("swapped"), "{url}");
        }
    }
    Callback::of(&browser.press(&visit, &form, "allow")).code();
}

/// CVE-2025-4144: no combination of dropped and added PKCE parameters gets tokens.
#[test]
fn cve_2025_4144_pkce_cannot_be_dropped() {
    let request = AuthorizationRequest::new(BASIC);
    let code = request.code(shared(), &mut flow::signed_in());
    let mut without = request.redemption(&code);
    without.retain(|field| field.0 != "code_verifier");
    BASIC
        .token(shared(), &without)
        .assert_error(400, "invalid_grant");
    let challenge = request.value("code_challenge").to_owned();
    let with_challenge = [
        without,
        vec![
            ("code_challenge", &challenge),
            ("code_challenge_method", "plain"),
            ("code_verifier", &challenge),
        ],
    ]
    .concat();
    BASIC
        .token(shared(), &with_challenge)
        .assert_error(400, "invalid_grant");
    request.redeem(shared(), &code).assert_ok();
}

/// workers-oauth-provider #246, #258: everything is checked before anything is used up.
#[test]
fn failed_requests_leave_codes_and_refresh_tokens_usable() {
    let request = AuthorizationRequest::new(BASIC).with("scope", "openid offline_access");
    let code = request.code(shared(), &mut flow::signed_in());
    let endpoint = shared().url("/token");
    let redemption = request.redemption(&code);
    http::post(&endpoint)
        .header(
            "authorization",
            &crate::harness::client::basic("basic", "wrong"),
        )
        .form(&redemption)
        .send();
    let with = |name: &'static str, value: &'static str| {
        [redemption.clone(), vec![(name, value)]].concat()
    };
    BASIC
        .token(shared(), &with("resource", "https://unknown.example/"))
        .assert_error(400, "invalid_target");
    BASIC
        .token(shared(), &with("code", "twice"))
        .assert_error(400, "invalid_request");
    let tokens = Tokens::of(&request.redeem(shared(), &code));
    let refresh = tokens.refresh();
    for (name, value, error) in [
        ("scope", "reports:read", "invalid_scope"),
        ("resource", "https://unknown.example/", "invalid_target"),
        ("resource", "not absolute", "invalid_target"),
    ] {
        BASIC
            .refresh_with(shared(), refresh, &[(name, value)])
            .assert_error(400, error);
    }
    // None of it rotated: three generations of a strict reader would end the grant here.
    let first = BASIC
        .refresh(shared(), refresh)
        .assert_ok()
        .text("refresh_token");
    BASIC.refresh(shared(), &first).assert_ok();
}

/// better-auth #8103: clients loop on anything but this code.
#[test]
fn a_dead_refresh_token_is_invalid_grant() {
    let tokens = flow::tokens_for(SPA);
    SPA.revoke(shared(), tokens.refresh());
    SPA.refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_grant");
}

/// workers-oauth-provider #92, `OpenAuth`'s `/change?redirect_uri=`: no page of ours sends people where its query says.
#[test]
fn no_page_redirects_to_an_address_in_its_query() {
    let evil = "https%3A%2F%2Fevil.example%2F";
    for path in [
        "/password/change",
        "/password/authorize",
        "/pin/authorize",
        "/consent",
        "/logout",
        "/authorize",
    ] {
        for name in [
            "redirect_uri",
            "return_to",
            "next",
            "continue",
            "url",
            "post_logout_redirect_uri",
            "redirect",
        ] {
            let answer =
                http::get(&shared().url(&format!("{path}?{name}={evil}&transaction=x"))).send();
            assert!(
                answer
                    .location()
                    .is_none_or(|location| !location.contains("evil.example")),
                "{path} {name}: {answer:?}"
            );
            assert!(
                !answer.body.contains("href=\"https://evil.example"),
                "{path} {name}"
            );
        }
    }
}

/// workers-oauth-provider #78: biased random strings. Every letter of base64url is as frequent as the others.
#[test]
fn secrets_are_not_biased() {
    let mut seen = BTreeMap::<char, u32>::new();
    let (mut total, mut browser) = (0_u32, flow::signed_in());
    for _ in 0..40 {
        let code = AuthorizationRequest::new(SPA).code(shared(), &mut browser);
        let secret = code.rsplit('.').next().expect("a secret").to_owned();
        assert!(secret.len() >= 22, "less than 128 bits: {secret}");
        // The last letter may carry fewer bits than the others.
        for letter in secret[..secret.len() - 1].chars() {
            *seen.entry(letter).or_default() += 1;
            total += 1;
        }
    }
    let expected = f64::from(total) / 64.0;
    let chi_square: f64 = seen
        .values()
        .map(|count| (f64::from(*count) - expected).powi(2) / expected)
        .sum::<f64>()
        + expected * f64::from(64 - u32::try_from(seen.len()).expect("64 letters at most"));
    // 63 degrees of freedom: 120 is exceeded once in 50,000 runs.
    assert!(
        chi_square < 120.0,
        "{chi_square} over {total} letters: {seen:?}"
    );
}

/// CVE-2026-9689: parameters that arrive twice, in query and body.
#[test]
fn cve_2026_9689_query_and_body_do_not_mix() {
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    let mut fields = request.redemption(&code);
    fields.push(("client_id", "spa"));
    let polluted = format!(
        "{}?client_id=spa-two&redirect_uri=https%3A%2F%2Fevil.example%2F",
        shared().url("/token")
    );
    let answer = http::post(&polluted).form(&fields).send();
    // Either the query is not read, or the request is refused.
    if answer.status == 200 {
        assert_eq!(
            crate::harness::jwt::read(&answer.text("access_token")).1["client_id"],
            serde_json::json!("spa")
        );
    } else {
        answer.assert_error(400, "invalid_request");
    }
    let posted = http::post(&format!(
        "{}?redirect_uri=https%3A%2F%2Fevil.example%2F",
        shared().url("/authorize")
    ))
    .form(&AuthorizationRequest::new(SPA).parameters)
    .send();
    assert!(
        posted
            .location()
            .is_none_or(|location| !location.contains("evil.example")),
        "{posted:?}"
    );
}

/// CVE-2026-7507: a sign-in that someone else prepared.
#[test]
fn cve_2026_7507_a_prepared_sign_in_is_not_taken_over() {
    let mut attacker = Browser::new(&shared().issuer);
    let visit = attacker.get(&AuthorizationRequest::new(SPA_TWO).url(shared()));
    let link = visit.link("/password/authorize");
    // The attacker's cookies, planted in the victim's browser together with the link.
    let mut victim = attacker.clone();
    let page = victim.get(&link);
    let email = random::email();
    let back = Browser::get(&mut victim, visit.url.as_str());
    let signed_in = flow::sign_in_by_pin(shared(), &mut victim, back, &email);
    signed_in.form("allow");
    // The victim's sign-in is not in the attacker's cookies.
    let after = attacker.get(&AuthorizationRequest::new(SPA_TWO).url(shared()));
    assert!(after.try_form("allow").is_none(), "{after:?}");
    drop(page);
}

/// GHSA-rww4-4w9c-7733: a consent link in another browser.
#[test]
fn ghsa_rww4_4w9c_7733_consent_is_bound_to_the_browser() {
    let mut browser = flow::signed_in();
    let visit = browser.get(
        &AuthorizationRequest::new(SPA)
            .with("prompt", "consent")
            .url(shared()),
    );
    visit.form("allow");
    let mut other = Browser::new(&shared().issuer);
    let elsewhere = other.get(visit.url.as_str());
    assert!(elsewhere.try_form("allow").is_none(), "{elsewhere:?}");
}

/// workers-oauth-provider #234: a token that has just been issued is already valid, on every clock edge.
#[test]
fn fresh_tokens_are_valid_at_once() {
    let userinfo = shared().url("/userinfo");
    let mut browser = flow::signed_in();
    for _ in 0..10 {
        let tokens = AuthorizationRequest::new(SPA).tokens(shared(), &mut browser);
        http::get(&userinfo)
            .bearer(&tokens.access)
            .send()
            .assert_ok();
    }
}

/// workers-oauth-provider #240: odd requests get an answer of the standard, never a 500.
#[test]
fn nothing_that_clients_send_is_a_server_error() {
    let bodies: [&[u8]; 10] = [
        b"",
        b"&&&&",
        b"=",
        b"a",
        b"%",
        b"%zz=%",
        b"grant_type=%ff%fe",
        b"\x00\x01\x02",
        b"grant_type=authorization_code&code=%00",
        b"client_id=%00&grant_type=refresh_token&refresh_token=%F0%9F%98%80.x",
    ];
    for path in [
        "/token",
        "/revoke",
        "/introspect",
        "/userinfo",
        "/authorize",
        "/logout",
        "/pin/authorize",
        "/password/register",
        "/consent",
    ] {
        for body in bodies {
            let answer = http::post(&shared().url(path))
                .body("application/x-www-form-urlencoded", body)
                .send();
            assert!(answer.status < 500, "{path} {body:?}: {answer:?}");
        }
    }
    for target in [
        "/authorize?%",
        "/authorize?=&=&",
        "/authorize?client_id=%ff",
        "/authorize?scope=%00",
        "/%00",
        "//",
        "/%2e%2e",
        "/authorize/..",
        "*",
    ] {
        // What stands in front of a Worker makes a URL of every target, and refuses this one by itself.
        if target == "*" && host() == Host::Workers {
            continue;
        }
        let answer = http::raw(
            &shared().place.origin(),
            &format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
        );
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(status.starts_with(['2', '3', '4']), "{target}: {answer}");
    }
}
