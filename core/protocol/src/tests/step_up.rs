//! Step-up authentication at our own resource, the userinfo endpoint: RFC 9470.

use super::*;
use crate::administration;

fn host_that_asks(userinfo: &Value) -> Memory {
    let memory = host();
    change_server(&memory, |server| {
        server["authentication_contexts"] = json!([
            { "acr": "low", "amr": [["otp"]] },
            { "acr": "mfa", "amr": [["pwd", "otp"]] },
            { "acr": "key", "amr": [["hwk"]] },
        ]);
        server["userinfo"] = userinfo.clone();
    });
    memory
}

fn signs_in_by(memory: &Memory, amr: &[&str]) {
    memory.identity.borrow_mut().amr = amr.iter().map(|method| (*method).to_owned()).collect();
}

/// An access token after a sign-in by these methods, and the browser that has it.
fn token(memory: &Memory, visitor: &Visitor<'_>, amr: &[&str], extra: &str) -> String {
    signs_in_by(memory, amr);
    let code = parameter(&sign_in(visitor, "app", extra), "code").unwrap();
    access_token(&redeem(visitor, "app", &code))
}

fn userinfo(visitor: &Visitor<'_>, token: &str) -> Answer {
    visitor.send("GET", "/userinfo", "", Some(&format!("Bearer {token}")))
}

fn challenge<'a>(answer: &'a Answer, scheme: &str) -> &'a str {
    let mut all = answer.headers.iter();
    let found = all.find(|(name, value)| *name == "www-authenticate" && value.starts_with(scheme));
    found.map_or("", |(_, value)| value)
}

#[test]
fn rfc9470_s3_a_sign_in_that_is_too_weak_is_told_what_would_be_enough() {
    let memory = host_that_asks(&json!({ "acr_values": ["mfa", "key"], "max_age_s": 3600 }));
    let visitor = Visitor::new(&memory);
    let weak = token(&memory, &visitor, &["otp"], "");
    let refused = userinfo(&visitor, &weak);
    let expected = (401, "insufficient_user_authentication".to_owned());
    assert_eq!(error(&refused), expected);
    for scheme in ["Bearer ", "DPoP "] {
        let challenge = challenge(&refused, scheme);
        for part in [
            "error=\"insufficient_user_authentication\"",
            "acr_values=\"mfa key\"",
            "max_age=\"3600\"",
        ] {
            assert!(challenge.contains(part), "{challenge}");
        }
    }
    assert!(challenge(&refused, "Bearer ").contains("resource_metadata="));
    // What it names is what the authorization endpoint takes, and then it is enough.
    let strong = token(
        &memory,
        &visitor,
        &["pwd", "otp"],
        "&acr_values=mfa+key&max_age=3600",
    );
    assert_eq!(userinfo(&visitor, &strong).status, 200);
    // A stronger one than any that is named is enough as well.
    let strongest = token(&memory, &visitor, &["hwk"], "&prompt=login");
    assert_eq!(userinfo(&visitor, &strongest).status, 200);
}

#[test]
fn rfc9470_s3_a_sign_in_that_is_too_old_is_told_how_old_it_may_be() {
    let memory = host_that_asks(&json!({ "max_age_s": 300 }));
    let visitor = Visitor::new(&memory);
    let first = token(&memory, &visitor, &[], "");
    memory.now.set(memory.now.get() + 300);
    assert_eq!(userinfo(&visitor, &first).status, 200);
    memory.now.set(memory.now.get() + 1);
    let refused = userinfo(&visitor, &first);
    assert_eq!(refused.status, 401);
    let bearer = challenge(&refused, "Bearer ");
    assert!(bearer.contains("max_age=\"300\""), "{bearer}");
    assert!(!bearer.contains("acr_values"), "{bearer}");
    let again = token(&memory, &visitor, &[], "&max_age=300");
    assert_eq!(userinfo(&visitor, &again).status, 200);
}

#[test]
fn refreshing_makes_no_sign_in_newer_and_no_token_stronger() {
    let memory = host_that_asks(&json!({ "acr_values": ["mfa"], "max_age_s": 300 }));
    let visitor = Visitor::new(&memory);
    for (amr, later_s) in [(&["pwd", "otp"] as &[&str], 301), (&["otp"], 0)] {
        signs_in_by(&memory, amr);
        let code = parameter(&sign_in(&visitor, "app", "&prompt=login"), "code").unwrap();
        let tokens = body(&redeem(&visitor, "app", &code));
        memory.now.set(memory.now.get() + later_s);
        let refreshed = refresh(&visitor, "app", tokens["refresh_token"].as_str().unwrap());
        let refused = userinfo(&visitor, &access_token(&refreshed));
        assert_eq!(refused.status, 401, "{amr:?}");
    }
}

/// What a token says of its own strength was true when it was made; what counts is what the operator says now.
#[test]
fn what_the_values_mean_is_what_they_mean_now() {
    let memory = host_that_asks(&json!({ "acr_values": ["mfa"] }));
    let visitor = Visitor::new(&memory);
    let token = token(&memory, &visitor, &["pwd", "otp"], "");
    assert_eq!(userinfo(&visitor, &token).status, 200);
    change_server(&memory, |server| {
        server["authentication_contexts"] = json!([{ "acr": "mfa", "amr": [["hwk"]] }]);
    });
    assert_eq!(userinfo(&visitor, &token).status, 401);
}

/// Others may see less than that of a token: that it is alive is told to nobody who could not use it.
#[test]
fn a_dead_token_is_dead_first() {
    let memory = host_that_asks(&json!({ "acr_values": ["mfa"] }));
    let visitor = Visitor::new(&memory);
    let weak = token(&memory, &visitor, &["otp"], "");
    memory.now.set(memory.now.get() + 600);
    let refused = userinfo(&visitor, &weak);
    assert_eq!(error(&refused), (401, "invalid_token".to_owned()));
}

#[test]
fn an_operator_who_asks_for_what_nobody_can_reach_is_told_before_the_start() {
    let contexts = json!([{ "acr": "mfa", "amr": [["otp"]] }]);
    for (userinfo, expected) in [
        (json!({ "acr_values": ["mfa"], "max_age_s": 1 }), None),
        (json!({ "acr_values": ["mfa", "gold"] }), Some("gold")),
        (json!({ "max_age_s": 0 }), Some("userinfo.max_age_s")),
        (json!({ "acr": "mfa" }), Some("unknown field")),
    ] {
        let server = json!({
            "issuer": "https://id.example", "authentication_contexts": contexts, "userinfo": userinfo,
        });
        let command = json!({ "command": "server.check", "server": server }).to_string();
        let outcome = administration::run(&command, &host()).map_err(|error| format!("{error:?}"));
        match (expected, outcome) {
            (None, Ok(_)) => {}
            (Some(part), Err(text)) => assert!(text.contains(part), "{text}"),
            (_, outcome) => panic!("{userinfo}: {outcome:?}"),
        }
    }
}
