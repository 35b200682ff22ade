//! Second steps: nobody is signed in before the last, and nobody takes the last for somebody else.

use super::*;
use crate::page::Page;
use crate::provider::{Context, Purpose, Step};
use serde_json::Value;

/// A generator of one-time codes that takes every code for right, `enrolled` or not.
fn one_time_codes(context: &Context, path: &str, enrolled: bool) -> Step {
    let account = context.account.as_ref().expect("somebody to confirm");
    if !enrolled && path != "enroll" {
        return Step::Unenrolled;
    }
    Step::Authenticated(Identity {
        subject: account.id.clone(),
        amr: vec!["otp".to_owned()],
        ..Identity::default()
    })
}

/// [`host`] where people sign in by `test` (`pwd`) and confirm by `totp`, `required` or if they have set it up.
fn host_that_confirms(required: bool, enrolled: bool) -> Memory {
    let memory = host();
    memory.identity.borrow_mut().amr = vec!["pwd".to_owned()];
    let purposes = [Purpose::Confirm, Purpose::Manage];
    memory.add_provider("totp", &purposes, move |context, request| {
        Ok(one_time_codes(context, &request.path, enrolled))
    });
    change_server(&memory, |server| {
        server["confirmations"] = json!([{ "by": ["totp"], "required": required }]);
    });
    memory
}

/// Goes to the provider and takes the first step; where that leads.
fn first_step(visitor: &Visitor<'_>, extra: &str) -> String {
    let answer = visitor.get(&authorize_url("app", extra));
    let first = match &answer.body {
        Body::Page(page) => match &**page {
            Page::Choose(choose) => choose.providers[0].href.clone(),
            other => panic!("{other:?}"),
        },
        _ => location(&answer).to_owned(),
    };
    assert!(first.starts_with("/test/authorize?"), "{first}");
    location(&visitor.get(&first)).to_owned()
}

fn is_signed_in(visitor: &Visitor<'_>) -> bool {
    matches!(visitor.get("/account").body, Body::Page(page) if matches!(*page, Page::Account(_)))
}

/// The claims of the ID token to which a sign-in led.
fn id_token(visitor: &Visitor<'_>, redirect: &str) -> Value {
    let code = parameter(redirect, "code").expect(redirect);
    let token = body(&redeem(visitor, "app", &code))["id_token"].clone();
    let claims = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&from_base64url(claims).unwrap()).unwrap()
}

#[test]
fn nobody_is_signed_in_before_the_second_step_and_both_count() {
    let memory = host_that_confirms(false, true);
    let visitor = Visitor::new(&memory);
    let second = first_step(&visitor, "");
    assert!(second.starts_with("/totp/authorize?"), "{second}");
    assert!(!is_signed_in(&visitor));
    let transaction = parameter(&second, "transaction").unwrap();
    let consent = visitor.get(&format!("/consent?transaction={transaction}"));
    assert!(!location(&consent).contains("code="));
    assert!(!matches!(&consent.body, Body::Page(page) if matches!(**page, Page::Consent(_))));

    let after = location(&visitor.get(&second)).to_owned();
    assert!(after.starts_with("/consent?"), "{after}");
    assert!(is_signed_in(&visitor));
    let claims = id_token(&visitor, &allow(&visitor, &after));
    assert_eq!(claims["amr"], json!(["pwd", "otp"]));
    let contexts = memory.contexts.borrow();
    assert_eq!(
        contexts.first().map(|one| one.purpose),
        Some(Purpose::SignIn)
    );
    let confirmed = contexts.last().unwrap();
    assert_eq!(confirmed.purpose, Purpose::Confirm);
    assert_eq!(confirmed.account.as_ref().unwrap().label, "ada@example.org");
}

#[test]
fn a_second_step_for_another_account_signs_nobody_in() {
    for subject in ["", "mallory", "1"] {
        let memory = host_that_confirms(true, true);
        memory.providers.borrow_mut().clear();
        let subject = subject.to_owned();
        memory.add_provider("totp", &[Purpose::Confirm], move |_, _| {
            Ok(Step::Authenticated(identity(
                &subject,
                Some("ada@example.org"),
                true,
            )))
        });
        let visitor = Visitor::new(&memory);
        let answer = visitor.get(&first_step(&visitor, ""));
        assert!(answer.status >= 400, "{answer:?}");
        assert!(!is_signed_in(&visitor));
    }
}

#[test]
fn who_has_set_up_nothing_goes_on_or_sets_it_up() {
    let optional = host_that_confirms(false, false);
    let visitor = Visitor::new(&optional);
    let after = location(&visitor.get(&first_step(&visitor, ""))).to_owned();
    let claims = id_token(&visitor, &allow(&visitor, &after));
    assert_eq!(claims["amr"], json!(["pwd"]));

    let required = host_that_confirms(true, false);
    let visitor = Visitor::new(&required);
    let enroll = location(&visitor.get(&first_step(&visitor, ""))).to_owned();
    assert!(enroll.starts_with("/totp/enroll?"), "{enroll}");
    assert!(!is_signed_in(&visitor));
    let after = location(&visitor.get(&enroll)).to_owned();
    let claims = id_token(&visitor, &allow(&visitor, &after));
    assert_eq!(claims["amr"], json!(["pwd", "otp"]));
}

#[test]
fn a_stolen_password_sets_up_nothing_for_somebody_who_has_something() {
    let memory = host_that_confirms(true, true);
    let visitor = Visitor::new(&memory);
    let second = first_step(&visitor, "");
    let enroll = second.replace("/totp/authorize", "/totp/enroll");
    for path in [enroll.clone(), enroll.replace("/enroll", "/enroll/now")] {
        assert_eq!(visitor.get(&path).status, 404, "{path}");
    }
    assert!(!is_signed_in(&visitor));
}

#[test]
fn a_provider_that_only_confirms_is_no_way_in() {
    let memory = host_that_confirms(true, true);
    let visitor = Visitor::new(&memory);
    let begun = visitor.get(&authorize_url("app", ""));
    let other = location(&begun).replace("/test/", "/totp/");
    assert_eq!(visitor.get(&other).status, 404);
    assert_eq!(visitor.get("/totp/authorize").status, 303);
    assert_eq!(
        visitor
            .get(location(&visitor.get("/totp/authorize")))
            .status,
        404
    );
    // Nor does the page offer it.
    assert!(location(&begun).starts_with("/test/authorize?"));
}

#[test]
fn the_first_step_cannot_be_taken_again_as_somebody_else() {
    let memory = host_that_confirms(true, true);
    let visitor = Visitor::new(&memory);
    let second = first_step(&visitor, "");
    *memory.identity.borrow_mut() = identity("2", Some("bob@example.org"), true);
    let first = second.replace("/totp/", "/test/");
    assert_eq!(visitor.get(&first).status, 404);
}

#[test]
fn a_provider_that_signs_in_confirms_only_whom_it_is_linked_to() {
    let memory = host();
    memory.identity.borrow_mut().amr = vec!["pwd".to_owned()];
    memory.add_provider(
        "upstream",
        &[Purpose::SignIn, Purpose::Confirm, Purpose::Link],
        |_, _| Ok(Step::Authenticated(identity("mallory", None, false))),
    );
    change_server(&memory, |server| {
        server["confirmations"] =
            json!([{ "after": ["test"], "by": ["upstream", "test"], "required": false }]);
    });
    let visitor = Visitor::new(&memory);
    // Not linked: it is not even asked.
    let after = first_step(&visitor, "");
    assert!(after.starts_with("/consent?"), "{after}");
    // Linked to somebody else: it is them who come back.
    let user = crate::user::find_by_identity("test", "1", &memory)
        .unwrap()
        .unwrap()
        .value;
    crate::user::link_to(
        &user,
        "upstream",
        &identity("ada", None, false),
        crate::time::UnixTime(memory.now.get()),
        &memory,
    )
    .unwrap();
    let visitor = Visitor::new(&memory);
    let answer = visitor.get(&first_step(&visitor, ""));
    assert_eq!(answer.status, 403);
    assert!(!is_signed_in(&visitor));
}

#[test]
fn what_ends_a_persons_sessions_ends_their_half_done_sign_ins() {
    let memory = host_that_confirms(true, true);
    let visitor = Visitor::new(&memory);
    let second = first_step(&visitor, "");
    let user = crate::user::find_by_identity("test", "1", &memory)
        .unwrap()
        .unwrap()
        .value;
    crate::user::change(&user.sub, &memory, |user| user.generation += 1).unwrap();
    assert_eq!(visitor.get(&second).status, 400);
    assert!(!is_signed_in(&visitor));
}

#[test]
fn rfc9470_s4_a_session_is_strengthened_by_a_second_step_and_keeps_its_time() {
    let memory = host_that_confirms(false, true);
    change_server(&memory, |server| {
        server["confirmations"] = json!([]);
        server["authentication_contexts"] = json!([
            { "acr": "low", "amr": [["pwd"]] },
            { "acr": "mfa", "amr": [["pwd", "otp"]], "confirm_by": ["totp"] },
        ]);
    });
    let visitor = Visitor::new(&memory);
    let weak = id_token(&visitor, &sign_in(&visitor, "app", ""));
    assert_eq!(weak["acr"], "low");
    memory.now.set(memory.now.get() + 60);
    let answer = visitor.get(&authorize_url("app", "&acr_values=mfa"));
    assert!(
        location(&answer).starts_with("/totp/authorize?"),
        "{answer:?}"
    );
    let strong = id_token(&visitor, &allow(&visitor, location(&answer)));
    assert_eq!(
        (&strong["acr"], &strong["amr"]),
        (&json!("mfa"), &json!(["pwd", "otp"]))
    );
    assert_eq!(strong["auth_time"], weak["auth_time"]);
    // And stays strong.
    let again = id_token(&visitor, &sign_in(&visitor, "app", "&acr_values=mfa"));
    assert_eq!(again["acr"], "mfa");
}

#[test]
fn whoever_cannot_reach_it_by_both_steps_is_told_so_once() {
    let memory = host_that_confirms(false, true);
    change_server(&memory, |server| {
        server["confirmations"] = json!([]);
        server["authentication_contexts"] = json!([
            { "acr": "key", "amr": [["pwd", "hwk"]], "confirm_by": ["totp"] },
        ]);
    });
    let visitor = Visitor::new(&memory);
    let claims = "&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22key%22%7D%7D%7D";
    let redirect = sign_in(&visitor, "app", claims);
    assert_eq!(
        parameter(&redirect, "error").as_deref(),
        Some("unmet_authentication_requirements"),
        "{redirect}"
    );
}

#[test]
fn a_rule_that_names_nobody_is_refused_at_the_start() {
    let memory = host_that_confirms(false, true);
    for (server, problem) in [
        (
            json!({ "confirmations": [{ "by": [] }] }),
            "names no provider",
        ),
        (
            json!({ "confirmations": [{ "by": ["topt"] }] }),
            "no provider `topt`",
        ),
        (
            json!({ "confirmations": [{ "by": ["totp"], "after": ["pasword"] }] }),
            "no provider `pasword`",
        ),
        (
            json!({ "authentication_contexts": [{ "acr": "a", "amr": [["otp"]], "confirm_by": ["topt"] }] }),
            "no provider `topt`",
        ),
    ] {
        let mut server = server;
        server["issuer"] = json!("https://id.example");
        let command = json!({ "command": "server.check", "server": server }).to_string();
        let refused = format!("{:?}", crate::administration::run(&command, &memory));
        assert!(refused.contains(problem), "{refused}");
    }
}

fn ada(memory: &Memory) -> crate::user::User {
    let found = crate::user::find_by_identity("test", "1", memory).unwrap();
    found.expect("Ada").value
}

#[test]
fn of_two_people_in_one_sign_in_the_factor_of_one_never_counts_for_the_other() {
    // Mallory has an account with nothing set up, and Ada's password.
    for required in [false, true] {
        let memory = host_that_confirms(required, false);
        let begun = Visitor::new(&memory);
        begun.get(location(&begun.get("/test/authorize")));
        let visitor = Visitor::new(&memory);
        *memory.identity.borrow_mut() = Identity {
            amr: vec!["pwd".to_owned()],
            ..identity("mallory", None, false)
        };
        let second = first_step(&visitor, "");
        let transaction = parameter(&second, "transaction").unwrap();
        // While the generator of codes is asked about Mallory, Ada's first step lands in the same sign-in.
        let (known, key) = (
            crate::confirmation::Known {
                sub: ada(&memory).sub,
                generation: 0,
                session_generation: 0,
                sid: None,
                provider: "test".to_owned(),
                amr: vec!["pwd".to_owned()],
                auth_time: crate::time::UnixTime(memory.now.get()),
                credential_changed: false,
            },
            format!("login/{transaction}"),
        );
        *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
            let stored = crate::store::get::<crate::login::Login>(memory, &key)
                .unwrap()
                .unwrap();
            let mut login = stored.value;
            login.confirmation.as_mut().unwrap().known = known.clone();
            crate::store::replace(memory, &key, stored.version, &login, None).unwrap();
        }));
        let answer = visitor.get(&second);
        assert!(
            answer.status == 400 || location(&answer).is_empty(),
            "{answer:?}"
        );
        assert!(!is_signed_in(&visitor));
        let enroll = second.replace("/totp/authorize", "/totp/enroll");
        assert!(visitor.get(&enroll).status >= 400);
        assert!(!is_signed_in(&visitor));
    }
}

#[test]
fn whoever_finds_an_old_session_sets_nothing_up_in_it() {
    let memory = host_that_confirms(false, false);
    change_server(&memory, |server| {
        server["confirmations"] = json!([]);
        server["authentication_contexts"] = json!([
            { "acr": "mfa", "amr": [["pwd", "otp"]], "confirm_by": ["totp"] },
        ]);
    });
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "app", "");
    memory.now.set(memory.now.get() + 3600);
    let step_up = visitor.get(&authorize_url("app", "&acr_values=mfa"));
    let after = visitor.get(location(&step_up));
    // By the first factor, once more.
    assert!(
        location(&after).starts_with("/test/authorize?"),
        "{after:?}"
    );
    let enroll = location(&step_up).replace("/totp/authorize", "/totp/enroll");
    assert_eq!(visitor.get(&enroll).status, 404);
    let again = visitor.get(location(&after));
    assert!(location(&again).starts_with("/consent?"), "{again:?}");
    let stepped = visitor.get(location(&again));
    let enroll = visitor.get(location(&stepped));
    assert!(location(&enroll).starts_with("/totp/enroll?"), "{enroll:?}");
    let claims = id_token(&visitor, &allow(&visitor, location(&enroll)));
    assert_eq!(claims["acr"], "mfa");
}

#[test]
fn a_second_step_for_a_session_ends_with_it() {
    let memory = host_that_confirms(false, true);
    change_server(&memory, |server| {
        server["confirmations"] = json!([]);
        server["authentication_contexts"] = json!([
            { "acr": "mfa", "amr": [["pwd", "otp"]], "confirm_by": ["totp"] },
        ]);
    });
    for everywhere in [false, true] {
        let visitor = Visitor::new(&memory);
        sign_in(&visitor, "app", "");
        let second = location(&visitor.get(&authorize_url("app", "&acr_values=mfa"))).to_owned();
        let sub = ada(&memory).sub;
        let now = crate::time::UnixTime(memory.now.get());
        if everywhere {
            crate::session::end_everywhere(&sub, false, now, &memory).unwrap();
        } else {
            let name = visitor
                .cookies
                .borrow()
                .keys()
                .find(|name| name.contains("session"))
                .cloned();
            let cookie = visitor.cookies.borrow()[&name.expect("a session")].clone();
            let (sid, _) = cookie.split_once('.').unwrap();
            crate::session::end(sid, now, &memory).unwrap();
        }
        assert_eq!(visitor.get(&second).status, 400, "{everywhere}");
        assert!(!is_signed_in(&visitor));
    }
}

#[test]
fn another_account_is_another_sign_in_with_its_own_second_step() {
    let memory = host_that_confirms(true, true);
    let visitor = Visitor::new(&memory);
    let second = first_step(&visitor, "");
    let transaction = parameter(&second, "transaction").unwrap();
    visitor.get(&format!("/login?transaction={transaction}&another=true"));
    assert_eq!(visitor.get(&second).status, 404);
    *memory.identity.borrow_mut() = identity("2", Some("bob@example.org"), true);
    let first = second.replace("/totp/", "/test/");
    assert!(location(&visitor.get(&first)).starts_with("/totp/authorize?"));
    assert!(!is_signed_in(&visitor));
}

#[test]
fn nobodys_own_address_becomes_somebody_elses_second_factor() {
    let memory = host();
    memory.identity.borrow_mut().amr = vec!["pwd".to_owned()];
    memory.add_provider(
        "mail",
        &[Purpose::SignIn, Purpose::Confirm, Purpose::Link],
        |_, _| {
            Ok(Step::Authenticated(identity(
                "m",
                Some("mallory@example.org"),
                true,
            )))
        },
    );
    change_server(&memory, |server| {
        server["confirmations"] = json!([{ "after": ["test"], "by": ["mail"], "required": true }]);
    });
    let visitor = Visitor::new(&memory);
    let enroll = first_step(&visitor, "");
    assert!(enroll.starts_with("/mail/authorize?"), "{enroll}");
    assert_eq!(visitor.get(&enroll).status, 403);
    assert!(!is_signed_in(&visitor));
}
