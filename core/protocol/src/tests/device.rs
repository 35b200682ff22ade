//! The device grant, RFC 8628, from the first request to the last poll.

use super::{body, change_server, claims_of, error, host, location, refresh};
use crate::http::{Answer, Body};
use crate::memory::{Memory, Visitor};
use crate::page::{Consent, Page};
use crate::policy::{Decision, Input};
use crate::secret::from_base64url;
use serde_json::{Value, json};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A host with two clients for devices.
pub(super) fn with_devices() -> Memory {
    let memory = host();
    for client_id in ["tv", "radio"] {
        let metadata = json!({
            "client_id": client_id, "token_endpoint_auth_method": "none", "grant_types": [GRANT_TYPE, "refresh_token"],
            "scope": "openid email offline_access read",
        });
        let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
        let answer: Value =
            serde_json::from_str(&crate::administration::run(&command, &memory).unwrap()).unwrap();
        memory
            .sections
            .borrow_mut()
            .insert(format!("client/{client_id}"), answer["client"].to_string());
    }
    memory
}

fn start(visitor: &Visitor<'_>, extra: &str) -> Value {
    let answer = visitor.post("/device_authorization", &format!("client_id=tv{extra}"));
    assert_eq!(answer.status, 200, "{}", body(&answer));
    body(&answer)
}

fn text<'a>(answer: &'a Value, member: &str) -> &'a str {
    answer[member].as_str().unwrap()
}

fn poll_as(visitor: &Visitor<'_>, client_id: &str, started: &Value) -> Answer {
    let code = text(started, "device_code");
    visitor.post(
        "/token",
        &format!("grant_type={GRANT_TYPE}&client_id={client_id}&device_code={code}"),
    )
}

pub(super) fn poll(visitor: &Visitor<'_>, started: &Value) -> Answer {
    poll_as(visitor, "tv", started)
}

fn page(answer: &Answer) -> &Page {
    match &answer.body {
        Body::Page(page) => page,
        other => panic!("{other:?}"),
    }
}

/// Types a code and signs in, as far as the question.
fn question(visitor: &Visitor<'_>, user_code: &str) -> Answer {
    let answer = type_code(visitor, user_code);
    follow(visitor, answer)
}

fn type_code(visitor: &Visitor<'_>, user_code: &str) -> Answer {
    let Page::EnterUserCode(form) = page(&visitor.get("/device")).clone() else {
        panic!("no form for the code")
    };
    visitor.post(
        &form.action,
        &format!("csrf={}&user_code={user_code}", form.csrf),
    )
}

fn follow(visitor: &Visitor<'_>, mut answer: Answer) -> Answer {
    for _ in 0..6 {
        let target = location(&answer).to_owned();
        if target.is_empty() {
            return answer;
        }
        answer = visitor.get(&target);
    }
    panic!("it goes in circles")
}

fn consent(answer: &Answer) -> &Consent {
    match page(answer) {
        Page::Consent(consent) => consent,
        other => panic!("{other:?}"),
    }
}

fn decide(visitor: &Visitor<'_>, asked: &Answer, decision: &str) -> Answer {
    let form = consent(asked);
    visitor.post(
        &form.action,
        &format!(
            "transaction={}&csrf={}&decision={decision}",
            form.transaction, form.csrf
        ),
    )
}

pub(super) fn allow(visitor: &Visitor<'_>, started: &Value) {
    let answer = decide(
        visitor,
        &question(visitor, text(started, "user_code")),
        "allow",
    );
    let Page::DeviceAnswered(answered) = page(&answer) else {
        panic!("{answer:?}")
    };
    assert!(answered.allowed);
}

#[test]
fn rfc8628_s3_a_device_gets_what_a_person_allowed_it_and_refreshes_it() {
    let memory = with_devices();
    let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
    let started = start(&device, "&scope=openid+email+offline_access+read");
    assert_eq!(started["expires_in"], 600);
    assert_eq!(started["interval"], 5);
    assert_eq!(
        text(&started, "verification_uri"),
        "https://id.example/device"
    );
    let user_code = text(&started, "user_code");
    assert_eq!(
        text(&started, "verification_uri_complete"),
        format!("https://id.example/device?user_code={user_code}")
    );
    assert_eq!(
        error(&poll(&device, &started)),
        (400, "authorization_pending".to_owned())
    );
    let typed = user_code.to_lowercase().replace('-', "+");
    let asked = question(&person, &typed);
    assert_eq!(consent(&asked).user_code.as_deref(), Some(user_code));
    assert_eq!(consent(&asked).client.redirect_host, "");
    assert_eq!(decide(&person, &asked, "allow").status, 200);
    let tokens = poll(&device, &started);
    assert_eq!(tokens.status, 200, "{}", body(&tokens));
    let tokens = body(&tokens);
    let claims = text(&tokens, "id_token").split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&from_base64url(claims).unwrap()).unwrap();
    assert_eq!(claims["aud"], "tv");
    assert_eq!(claims["email"], "ada@example.org");
    assert!(claims.get("nonce").is_none());
    let again = refresh(&device, "tv", text(&tokens, "refresh_token"));
    assert_eq!(again.status, 200, "{}", body(&again));
    // §3.5: once.
    assert_eq!(
        error(&poll(&device, &started)),
        (400, "invalid_grant".to_owned())
    );
    assert_eq!(
        refresh(&device, "tv", text(&body(&again), "refresh_token")).status,
        200
    );
}

#[test]
fn rfc8628_s3_5_denied_expired_unknown_and_of_another_client() {
    let memory = with_devices();
    let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
    let started = start(&device, "");
    let other = poll_as(&device, "radio", &started);
    assert_eq!(error(&other), (400, "invalid_grant".to_owned()));
    let asked = question(&person, text(&started, "user_code"));
    let Page::DeviceAnswered(answered) = page(&decide(&person, &asked, "deny")).clone() else {
        panic!("no answer")
    };
    assert!(!answered.allowed);
    assert_eq!(
        error(&poll(&device, &started)),
        (400, "access_denied".to_owned())
    );
    // The answer was given: neither the form nor the code is good for another.
    assert_eq!(decide(&person, &asked, "allow").status, 400);
    assert_eq!(type_code(&person, text(&started, "user_code")).status, 400);

    let started = start(&device, "");
    let asked = question(&person, text(&started, "user_code"));
    memory.now.set(memory.now.get() + 600);
    assert_eq!(
        error(&poll(&device, &started)),
        (400, "expired_token".to_owned())
    );
    assert_eq!(decide(&person, &asked, "allow").status, 400);
    assert_eq!(type_code(&person, text(&started, "user_code")).status, 400);
    memory.now.set(memory.now.get() + 600);
    assert_eq!(
        error(&poll(&device, &started)),
        (400, "invalid_grant".to_owned())
    );
    for code in ["", "x", "dwd_AAAAAAAAAAAAAAAAAAAAAA.AAAA"] {
        let made_up = json!({ "device_code": code });
        assert_eq!(poll(&device, &made_up).status, 400);
    }
}

#[test]
fn rfc8628_s3_5_slow_down_lasts() {
    let memory = with_devices();
    let device = Visitor::new(&memory);
    let started = start(&device, "");
    let at = |seconds: u64| {
        memory.now.set(1_800_000_000 + seconds);
        error(&poll(&device, &started)).1
    };
    assert_eq!(at(0), "authorization_pending");
    assert_eq!(at(5), "authorization_pending");
    assert_eq!(at(6), "slow_down");
    assert_eq!(at(12), "slow_down", "ten seconds now");
    assert_eq!(at(27), "authorization_pending", "fifteen");
}

#[test]
fn a_device_code_is_no_authorization_code_and_the_other_way_round() {
    let memory = with_devices();
    let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
    {
        let mut sections = memory.sections.borrow_mut();
        let mut tv: Value = serde_json::from_str(&sections["client/tv"]).unwrap();
        tv["grant_types"] = json!([GRANT_TYPE, "authorization_code", "refresh_token"]);
        sections.insert("client/tv".to_owned(), tv.to_string());
    }
    let started = start(&device, "");
    allow(&person, &started);
    let code = text(&started, "device_code").replacen("dwd_", "dwc_", 1);
    for form in [
        format!("grant_type=authorization_code&client_id=tv&code={code}"),
        format!("grant_type=authorization_code&client_id=tv&code={code}&redirect_uri="),
    ] {
        assert_eq!(
            error(&device.post("/token", &form)),
            (400, "invalid_grant".to_owned())
        );
    }
    assert_eq!(poll(&device, &started).status, 200);
}

#[test]
fn the_answer_is_the_person_s_own_in_the_browser_that_was_asked() {
    let memory = with_devices();
    let (device, person, thief) = (
        Visitor::new(&memory),
        Visitor::new(&memory),
        Visitor::new(&memory),
    );
    let started = start(&device, "");
    let asked = question(&person, text(&started, "user_code"));
    // Another browser, with everything that was on the page.
    assert_eq!(decide(&thief, &asked, "allow").status, 400);
    let form = consent(&asked).clone();
    // Without the form's token, with that of the form for codes, and from a page elsewhere.
    for csrf in ["", "AAAA"] {
        let posted = format!(
            "transaction={}&csrf={csrf}&decision=allow",
            form.transaction
        );
        let answer = person.post("/device", &posted);
        assert_eq!(answer.status, 400);
        assert!(matches!(page(&answer), Page::Consent(_)));
    }
    assert_eq!(
        error(&poll(&device, &started)),
        (400, "authorization_pending".to_owned())
    );
    // No link does anything by itself.
    let complete = format!("/device?user_code={}", text(&started, "user_code"));
    let Page::EnterUserCode(filled) = page(&person.get(&complete)).clone() else {
        panic!("no form")
    };
    assert_eq!(filled.user_code.as_deref(), started["user_code"].as_str());
    let cross_site = person.post(
        "/device",
        &format!("user_code={}", text(&started, "user_code")),
    );
    assert_eq!(cross_site.status, 400);
    assert_eq!(location(&cross_site), "");
    assert_eq!(decide(&person, &asked, "allow").status, 200);
    assert_eq!(poll(&device, &started).status, 200);
}

/// A form on another site posts without cookies (`SameSite=Lax`). It must not make this browser another one, to which nothing belongs
/// that it has begun.
#[test]
fn a_code_that_another_site_posts_is_a_link_and_changes_nothing() {
    let memory = with_devices();
    let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
    let started = start(&device, "");
    let code = text(&started, "user_code");
    let asked = question(&person, code);
    let elsewhere = Visitor::new(&memory);
    let posted = elsewhere.post("/device", &format!("user_code={code}&csrf=AAAA"));
    assert_eq!(posted.status, 303);
    assert_eq!(location(&posted), format!("/device?user_code={code}"));
    assert!(elsewhere.cookies.borrow().is_empty(), "{posted:?}");
    // What the person has begun is still theirs.
    assert_eq!(decide(&person, &asked, "allow").status, 200);
}

#[test]
fn rfc8628_s5_1_guessing_codes_ends_soon_and_tells_nothing() {
    let memory = with_devices();
    let device = Visitor::new(&memory);
    let started = start(&device, "");
    let guesser = Visitor {
        address: Some("203.0.113.7"),
        ..Visitor::new(&memory)
    };
    let letters = "BCDFGHJKLMNPQRSTVWXZ";
    let codes = letters
        .chars()
        .flat_map(|one| letters.chars().map(move |two| format!("BBBBBB{one}{two}")));
    for (code, _) in codes.zip(0..crate::endpoint::device::MAX_TRIES_OF_NETWORK) {
        assert_eq!(type_code(&guesser, &code).status, 400);
    }
    let right = type_code(&guesser, text(&started, "user_code"));
    let wrong = type_code(&guesser, "ZZZZZZZZ");
    assert_eq!((right.status, wrong.status), (429, 429));
    // Others are not kept out by it.
    let person = Visitor {
        address: Some("198.51.100.9"),
        ..Visitor::new(&memory)
    };
    allow(&person, &started);
}

/// A guesser with as many networks as they like.
fn guess_everywhere(memory: &Memory) {
    const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
    for guess in 0..crate::endpoint::device::MAX_WRONG {
        let letter = |at: u64| char::from(LETTERS[usize::try_from(at % 20).unwrap()]);
        let code = format!("BBBBBB{}{}", letter(guess / 20), letter(guess));
        let network: &'static str = format!("2001:db8:0:{guess:x}::1").leak();
        let guesser = Visitor {
            address: Some(network),
            ..Visitor::new(memory)
        };
        assert_eq!(type_code(&guesser, &code).status, 400);
    }
}

#[test]
fn rfc8628_s5_1_whoever_guesses_from_everywhere_must_sign_in_and_so_must_all_for_a_while() {
    let memory = with_devices();
    let device = Visitor::new(&memory);
    let started = start(&device, "");
    guess_everywhere(&memory);
    // Neither a right code nor a wrong one is looked up for nobody.
    let person = Visitor {
        address: Some("198.51.100.9"),
        ..Visitor::new(&memory)
    };
    for code in [text(&started, "user_code"), "ZZZZ-ZZZZ"] {
        let answer = type_code(&person, code);
        assert!(location(&answer).starts_with("/test/authorize?"));
    }
    // Who signs in comes back to the form, and is let through.
    let answer = type_code(&person, text(&started, "user_code"));
    let form = follow(&person, answer);
    assert!(matches!(page(&form), Page::EnterUserCode(_)), "{form:?}");
    allow(&person, &started);
    assert_eq!(poll(&device, &started).status, 200);
    // But not to guess on.
    let mut statuses = Vec::new();
    for code in [
        "CCCCCCCB", "CCCCCCCC", "CCCCCCCD", "CCCCCCCF", "CCCCCCCG", "CCCCCCCH", "CCCCCCCJ",
        "CCCCCCCK", "CCCCCCCL", "CCCCCCCM",
    ] {
        statuses.push(type_code(&person, code).status);
    }
    assert_eq!((statuses[0], *statuses.last().unwrap()), (400, 429));
    // The next window is everyone's again.
    memory.now.set(memory.now.get() + 600);
    let stranger = Visitor::new(&memory);
    assert_eq!(type_code(&stranger, "ZZZZ-ZZZZ").status, 400);
}

#[test]
fn rfc8628_s5_1_an_ipv6_network_counts_by_its_first_half() {
    let memory = with_devices();
    let most = crate::endpoint::device::MAX_TRIES_OF_NETWORK;
    let at = |host: u64| {
        let address: &'static str = format!("2001:db8:1:2:{host:x}::{host:x}").leak();
        let guesser = Visitor {
            address: Some(address),
            ..Visitor::new(&memory)
        };
        // No code, so that none is counted.
        type_code(&guesser, "x").status
    };
    assert!((0..most).all(|host| at(host) == 400));
    assert_eq!(at(most), 429);
}

#[test]
fn rfc8628_s5_1_one_code_is_not_tried_for_ever_whether_it_exists_or_not() {
    let memory = with_devices();
    let device = Visitor::new(&memory);
    let started = start(&device, "");
    for code in [text(&started, "user_code"), "ZZZZ-ZZZZ"] {
        let person = Visitor::new(&memory);
        for _ in 0..crate::endpoint::device::MAX_TRIES_OF_CODE {
            assert_ne!(type_code(&person, code).status, 429);
        }
        assert_eq!(type_code(&person, code).status, 429, "{code}");
    }
}

#[test]
fn what_the_device_asks_for_is_checked_as_any_request_is() {
    let memory = with_devices();
    let device = Visitor::new(&memory);
    for (form, expected) in [
        ("client_id=tv&scope=admin", "invalid_scope"),
        (
            "client_id=tv&resource=https://nowhere.example",
            "invalid_target",
        ),
        ("client_id=app", "unauthorized_client"),
        ("client_id=nobody", "invalid_client"),
        ("client_id=tv&client_id=tv", "invalid_request"),
        ("scope=read", "invalid_client"),
    ] {
        let answer = device.post("/device_authorization", form);
        let found = error(&answer).1;
        assert!(
            found == expected || (expected == "invalid_client" && found == "invalid_request"),
            "{form}: {found}"
        );
    }
    assert_eq!(device.get("/device_authorization").status, 405);
}

#[test]
fn the_policy_is_asked_with_the_person_and_a_no_reaches_the_device() {
    let memory = with_devices();
    let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
    let started = start(&device, "&scope=openid+read");
    memory.tamper.set(Some(|input, decision| {
        if input.stage == "authorization" {
            assert_eq!(input.grant_type, GRANT_TYPE);
            assert!(input.user.is_some());
            decision.deny = Some(crate::policy::Denial {
                reason: "no televisions".to_owned(),
                message: None,
            });
        }
    }));
    assert_eq!(question(&person, text(&started, "user_code")).status, 403);
    assert_eq!(
        error(&poll(&device, &started)),
        (400, "access_denied".to_owned())
    );
    // Narrowed, the question is narrower and so are the tokens.
    let started = start(&device, "&scope=openid+read");
    memory.tamper.set(Some(|input, decision| {
        if input.stage == "authorization" {
            decision.scopes = vec!["openid".to_owned()];
        }
    }));
    let asked = question(&person, text(&started, "user_code"));
    assert_eq!(consent(&asked).scopes.len(), 1);
    decide(&person, &asked, "allow");
    assert_eq!(body(&poll(&device, &started))["scope"], "openid");
}

/// Contexts, a device that waits, and a person who is signed in by a code alone.
fn with_contexts() -> Memory {
    let memory = with_devices();
    change_server(&memory, |server| {
        server["authentication_contexts"] = json!([
            { "acr": "low", "amr": [["otp"]] }, { "acr": "mfa", "amr": [["pwd", "otp"]] },
        ]);
    });
    signs_in_by(&memory, &["otp"]);
    memory
}

fn signs_in_by(memory: &Memory, amr: &[&str]) {
    memory.identity.borrow_mut().amr = amr.iter().map(|method| (*method).to_owned()).collect();
}

const MFA_FOR_READ: fn(&Input, &mut Decision) = |input, decision| {
    if input.scopes.iter().any(|scope| scope == "read") {
        decision.require_acr = Some("mfa".to_owned());
    }
};

#[test]
fn rfc9470_a_policy_that_requires_an_acr_has_the_person_sign_in_again_before_they_are_asked() {
    let memory = with_contexts();
    let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
    allow(&person, &start(&device, "&scope=openid"));
    memory.tamper.set(Some(MFA_FOR_READ));
    let started = start(&device, "&scope=openid+read");
    let typed = type_code(&person, text(&started, "user_code"));
    let again = person.get(location(&typed));
    assert!(
        location(&again).starts_with("/test/authorize?"),
        "{again:?}"
    );
    signs_in_by(&memory, &["pwd", "otp"]);
    let asked = follow(&person, again);
    assert_eq!(decide(&person, &asked, "allow").status, 200);
    let tokens = body(&poll(&device, &started));
    assert_eq!(claims_of(text(&tokens, "access_token"))["acr"], "mfa");
    assert_eq!(claims_of(text(&tokens, "id_token"))["acr"], "mfa");
    // From then on they are.
    let started = start(&device, "&scope=openid+read");
    consent(&question(&person, text(&started, "user_code")));
}

#[test]
fn who_cannot_reach_the_acr_lets_no_device_in() {
    let memory = with_contexts();
    memory.tamper.set(Some(MFA_FOR_READ));
    let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
    let started = start(&device, "&scope=openid+read");
    let refused = question(&person, text(&started, "user_code"));
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(matches!(page(&refused), Page::Error(_)));
    let told = error(&poll(&device, &started));
    assert_eq!(told, (400, "access_denied".to_owned()));
    // One that nobody listed is reached by nobody: there is nothing to sign in for.
    change_server(&memory, |server| {
        server["authentication_contexts"] = json!([]);
    });
    let started = start(&device, "&scope=openid+read");
    assert_eq!(question(&person, text(&started, "user_code")).status, 403);
    let told = error(&poll(&device, &started));
    assert_eq!(told, (400, "access_denied".to_owned()));
}

/// The question was put to a strong sign-in; what answers it is a weak one of the same person, in the same browser.
#[test]
fn a_weaker_sign_in_cannot_answer_what_a_stronger_one_was_asked() {
    let memory = with_contexts();
    let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
    signs_in_by(&memory, &["pwd", "otp"]);
    allow(&person, &start(&device, "&scope=openid"));
    memory.tamper.set(Some(MFA_FOR_READ));
    let started = start(&device, "&scope=openid+read");
    let asked = question(&person, text(&started, "user_code"));
    signs_in_by(&memory, &["otp"]);
    follow(&person, person.get("/test/authorize"));
    let answer = decide(&person, &asked, "allow");
    assert!(
        location(&answer).starts_with("/test/authorize?"),
        "{answer:?}"
    );
    let told = error(&poll(&device, &started));
    assert_eq!(told, (400, "authorization_pending".to_owned()));
}

#[test]
fn tokens_of_devices_say_how_strong_the_sign_in_was() {
    let memory = with_contexts();
    let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
    let started = start(&device, "&scope=openid");
    allow(&person, &started);
    let tokens = body(&poll(&device, &started));
    let claims = claims_of(text(&tokens, "id_token"));
    assert_eq!(
        (&claims["acr"], &claims["amr"]),
        (&json!("low"), &json!(["otp"]))
    );
}

#[test]
fn signing_out_ends_what_a_device_has_unless_it_was_for_good() {
    for (scope, survives) in [("openid+read", false), ("openid+offline_access", true)] {
        let memory = with_devices();
        let (device, person) = (Visitor::new(&memory), Visitor::new(&memory));
        let started = start(&device, &format!("&scope={scope}"));
        allow(&person, &started);
        let tokens = body(&poll(&device, &started));
        let Page::ConfirmSignOut(form) = page(&person.get("/logout")).clone() else {
            panic!("no question")
        };
        let mut fields = form_urlencoded::Serializer::new(String::new());
        fields.extend_pairs(&form.fields);
        fields.append_pair("decision", "sign_out");
        person.post("/logout", &fields.finish());
        let refreshed = refresh(&device, "tv", text(&tokens, "refresh_token"));
        assert_eq!(refreshed.status == 200, survives);
    }
}

#[test]
fn discovery_names_the_endpoint_only_while_it_is_on() {
    for enabled in [true, false] {
        let memory = Memory::new(
            &json!({ "issuer": "https://id.example", "device": { "enabled": enabled } }),
        );
        let visitor = Visitor::new(&memory);
        let document = body(&visitor.get("/.well-known/openid-configuration"));
        let listed = document["grant_types_supported"]
            .as_array()
            .unwrap()
            .contains(&json!(GRANT_TYPE));
        assert_eq!(listed, enabled);
        assert_eq!(
            document.get("device_authorization_endpoint").is_some(),
            enabled
        );
        assert_eq!(visitor.get("/device").status == 200, enabled);
    }
}
