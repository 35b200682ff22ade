//! One more way into an account, one less, and what providers keep.

use super::*;
use crate::page::{Account, Page};
use crate::provider::{Purpose, Step};
use crate::user;

/// [`host`] with a second provider `upstream`, where this is who everybody is.
fn host_with_upstream(subject: &'static str) -> Memory {
    let memory = host();
    let purposes = [Purpose::SignIn, Purpose::Link, Purpose::Manage];
    memory.add_provider("upstream", &purposes, move |context, _| {
        Ok(match context.purpose {
            Purpose::Manage => Step::Managed {
                credential_changed: true,
            },
            _ => Step::Authenticated(identity(subject, None, false)),
        })
    });
    memory
}

fn account(visitor: &Visitor<'_>) -> Account {
    match visitor.get("/account").body {
        Body::Page(page) => match *page {
            Page::Account(account) => account,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// Whether nobody is signed in: the account page asks by what to.
fn is_out(visitor: &Visitor<'_>) -> bool {
    matches!(visitor.get("/account").body, Body::Page(page) if matches!(*page, Page::Choose(_)))
}

fn press(visitor: &Visitor<'_>, fields: &[(&str, &str)]) -> Answer {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    visitor.post("/account", &form.finish())
}

/// Signs in by `test` without an application.
fn signed_in(visitor: &Visitor<'_>) {
    let begun = visitor.get("/test/authorize");
    visitor.get(location(&begun));
}

fn errand(visitor: &Visitor<'_>, action: &str) -> Answer {
    let account = account(visitor);
    let mut errands = account.errands.iter();
    let errand = errands
        .find(|errand| errand.action == action)
        .expect("such an errand");
    press(
        visitor,
        &[
            ("action", action),
            ("provider", &errand.provider_id),
            ("csrf", &errand.csrf),
        ],
    )
}

fn unlink(visitor: &Visitor<'_>, provider: &str) -> Answer {
    let account = account(visitor);
    let mut ways = account.ways.iter();
    let way = ways
        .find(|way| way.identity.provider_id == provider)
        .expect("such a way");
    let csrf = way.csrf.as_deref().unwrap_or("none");
    press(
        visitor,
        &[("action", "unlink"), ("way", &way.id), ("csrf", csrf)],
    )
}

fn sub_of(memory: &Memory, provider: &str, subject: &str) -> Option<String> {
    let found = user::find_by_identity(provider, subject, memory).unwrap();
    found.map(|user| user.value.sub)
}

#[test]
fn a_signed_in_person_adds_a_way_in() {
    let memory = host_with_upstream("ada-there");
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    let to = errand(&visitor, "link");
    assert!(location(&to).starts_with("/upstream/authorize?"), "{to:?}");
    let back = visitor.get(location(&to));
    assert!(
        location(&back).starts_with("/account?done=linked."),
        "{back:?}"
    );
    assert_eq!(account(&visitor).ways.len(), 2);
    assert_eq!(
        sub_of(&memory, "upstream", "ada-there"),
        sub_of(&memory, "test", "1")
    );
    // From now on it leads to the same account.
    let other = Visitor::new(&memory);
    other.get(location(&other.get("/upstream/authorize")));
    assert_eq!(account(&other).ways.len(), 2);
}

#[test]
fn somebody_elses_way_in_is_not_taken_over() {
    let memory = host_with_upstream("bob-there");
    let bob = Visitor::new(&memory);
    bob.get(location(&bob.get("/upstream/authorize")));
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    let to = errand(&visitor, "link");
    assert_eq!(visitor.get(location(&to)).status, 403);
    assert_eq!(account(&visitor).ways.len(), 1);
    assert_ne!(
        sub_of(&memory, "upstream", "bob-there"),
        sub_of(&memory, "test", "1")
    );
}

#[test]
fn a_browser_left_alone_is_not_enough() {
    let memory = host_with_upstream("ada-there");
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    memory.now.set(memory.now.get() + 3600);
    let to = errand(&visitor, "link");
    assert!(location(&to).starts_with("/login?"), "{to:?}");
    // Neither does the way around the page help: there it is a sign-in, and leads to who that is.
    let transaction = parameter(location(&to), "transaction").unwrap();
    let around = visitor.get(&format!("/upstream/authorize?transaction={transaction}"));
    assert!(location(&around).starts_with("/account"), "{around:?}");
    assert_ne!(
        sub_of(&memory, "upstream", "ada-there"),
        sub_of(&memory, "test", "1")
    );
}

#[test]
fn whoever_signs_in_once_more_goes_on_with_their_errand() {
    let memory = host_with_upstream("ada-there");
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    memory.now.set(memory.now.get() + 3600);
    let to = errand(&visitor, "link");
    let transaction = parameter(location(&to), "transaction").unwrap();
    let again = visitor.get(&format!("/test/authorize?transaction={transaction}"));
    assert!(
        location(&again).starts_with("/upstream/authorize?"),
        "{again:?}"
    );
    visitor.get(location(&again));
    assert_eq!(
        sub_of(&memory, "upstream", "ada-there"),
        sub_of(&memory, "test", "1")
    );
}

#[test]
fn the_last_way_in_stays() {
    let memory = host_with_upstream("ada-there");
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    assert_eq!(account(&visitor).ways[0].csrf, None);
    assert_eq!(unlink(&visitor, "test").status, 400);
    visitor.get(location(&errand(&visitor, "link")));
    assert_eq!(unlink(&visitor, "test").status, 303);
    let ways = account(&visitor).ways;
    assert_eq!(
        (ways.len(), &*ways[0].identity.provider_id),
        (1, "upstream")
    );
    assert_eq!(ways[0].csrf, None);
    let forgotten = memory.forgotten.borrow();
    assert_eq!(forgotten[0].provider_id, "test");
    assert_eq!(forgotten[0].subject.as_deref(), Some("1"));
    // Who comes by it now is somebody new, unless their address says otherwise.
    *memory.identity.borrow_mut() = identity("1", None, false);
    let other = Visitor::new(&memory);
    signed_in(&other);
    assert_ne!(
        sub_of(&memory, "upstream", "ada-there"),
        sub_of(&memory, "test", "1")
    );
}

#[test]
fn of_two_ways_taken_away_at_once_one_stays() {
    let memory = host_with_upstream("ada-there");
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    visitor.get(location(&errand(&visitor, "link")));
    let sub = sub_of(&memory, "test", "1").unwrap();
    let rival = sub.clone();
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        let _ = user::unlink(&rival, "upstream", "ada-there", |_| true, memory).unwrap();
    }));
    let refused = user::unlink(&sub, "test", "1", |_| true, &memory);
    assert_eq!(refused.unwrap_err(), crate::refusal::Refusal::LastWayIn);
    assert_eq!(sub_of(&memory, "test", "1"), Some(sub));
    assert_eq!(sub_of(&memory, "upstream", "ada-there"), None);
}

#[test]
fn a_provider_that_does_not_forget_is_asked_again() {
    let memory = host_with_upstream("ada-there");
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    visitor.get(location(&errand(&visitor, "link")));
    memory.unforgetting.set(true);
    assert_eq!(unlink(&visitor, "upstream").status, 503);
    // It is closed already.
    assert_eq!(sub_of(&memory, "upstream", "ada-there"), None);
    memory.unforgetting.set(false);
    assert_eq!(unlink(&visitor, "upstream").status, 303);
    assert_eq!(account(&visitor).ways.len(), 1);
    assert_eq!(memory.forgotten.borrow().len(), 1);
}

#[test]
fn managing_a_credential_ends_every_other_session() {
    let memory = host_with_upstream("ada-there");
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    visitor.get(location(&errand(&visitor, "link")));
    let other = Visitor::new(&memory);
    signed_in(&other);
    let to = errand(&visitor, "manage");
    assert!(location(&to).starts_with("/upstream/manage?"), "{to:?}");
    let back = visitor.get(location(&to));
    assert!(
        location(&back).starts_with("/account?done=managed."),
        "{back:?}"
    );
    assert!(account(&visitor).done.is_none());
    let answer = visitor.get(location(&back));
    assert!(
        matches!(answer.body, Body::Page(page) if matches!(&*page, Page::Account(account) if account.done.is_some()))
    );
    assert!(is_out(&other));
}

#[test]
fn a_person_who_is_removed_is_forgotten_by_every_provider() {
    let memory = host_with_upstream("ada-there");
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    let sub = sub_of(&memory, "test", "1").unwrap();
    let command = json!({ "command": "user.remove", "user": sub }).to_string();
    memory.unforgetting.set(true);
    assert!(crate::administration::run(&command, &memory).is_err());
    assert!(is_out(&visitor), "disabled at once");
    memory.unforgetting.set(false);
    crate::administration::run(&command, &memory).unwrap();
    let forgotten = memory.forgotten.borrow();
    let told: Vec<&str> = forgotten
        .iter()
        .map(|one| one.provider_id.as_str())
        .collect();
    assert_eq!(told, ["test", "upstream"]);
    assert_ne!(forgotten[0].account_id, forgotten[1].account_id);
    assert!(user::find(&sub, &memory).unwrap().is_none());
}

#[test]
fn a_way_that_was_taken_away_is_not_reopened_by_an_address() {
    let memory = host();
    let purposes = [Purpose::SignIn, Purpose::Link];
    memory.add_provider("upstream", &purposes, |_, _| {
        Ok(Step::Authenticated(identity(
            "ada-there",
            Some("ada@example.org"),
            true,
        )))
    });
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    visitor.get(location(&errand(&visitor, "link")));
    assert_eq!(unlink(&visitor, "upstream").status, 303);
    let other = Visitor::new(&memory);
    assert_eq!(
        other
            .get(location(&other.get("/upstream/authorize")))
            .status,
        403
    );
    assert!(is_out(&other));
    // Whoever wants it back links it again.
    visitor.get(location(&errand(&visitor, "link")));
    other.get(location(&other.get("/upstream/authorize")));
    assert_eq!(account(&other).ways.len(), 2);
}

#[test]
fn where_there_are_second_factors_the_first_alone_changes_no_way_in() {
    let memory = host_with_upstream("ada-there");
    memory.add_provider(
        "totp",
        &[Purpose::Confirm, Purpose::Manage],
        |context, _| {
            let account = context.account.as_ref().expect("somebody");
            Ok(match context.purpose {
                Purpose::Manage => Step::Managed {
                    credential_changed: false,
                },
                _ => Step::Authenticated(identity(&account.id, None, false)),
            })
        },
    );
    change_server(&memory, |server| {
        server["authentication_contexts"] = json!([
            { "acr": "mfa", "amr": [["pwd", "otp"]], "confirm_by": ["totp"] },
        ]);
    });
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    for action in ["manage", "link"] {
        let to = errand(&visitor, action);
        assert!(location(&to).starts_with("/totp/authorize?"), "{to:?}");
        // Straight there is no way around it.
        let around = location(&to).replace("/totp/", "/upstream/");
        assert_eq!(visitor.get(&around).status, 404);
    }
    let to = errand(&visitor, "link");
    let confirmed = visitor.get(location(&to));
    assert!(
        location(&confirmed).starts_with("/upstream/authorize?"),
        "{confirmed:?}"
    );
    visitor.get(location(&confirmed));
    assert_eq!(account(&visitor).ways.len(), 2);
    let taken = unlink(&visitor, "upstream");
    assert!(
        location(&taken).starts_with("/totp/authorize?"),
        "{taken:?}"
    );
    assert_eq!(account(&visitor).ways.len(), 2);
    let done = visitor.get(location(&taken));
    assert!(
        location(&done).starts_with("/account?done=unlinked."),
        "{done:?}"
    );
    assert_eq!(account(&visitor).ways.len(), 1);
}

#[test]
fn an_answer_to_one_question_is_none_to_another() {
    let memory = host();
    let purposes = [Purpose::SignIn, Purpose::Link];
    memory.add_provider("upstream", &purposes, |_, request| {
        Ok(if request.path == "authorize" {
            Step::Page(crate::provider::Page {
                title: crate::provider::Text::default(),
                messages: Vec::new(),
                figures: Vec::new(),
                forms: Vec::new(),
                links: Vec::new(),
            })
        } else {
            Step::Authenticated(identity("ada-there", None, false))
        })
    });
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    let to = location(&errand(&visitor, "link")).to_owned();
    visitor.get(&to);
    // It takes them so long that it would be a sign-in now.
    memory.now.set(memory.now.get() + 3600);
    let back = to.replace("/authorize", "/callback");
    assert_eq!(visitor.get(&back).status, 400);
    assert_eq!(sub_of(&memory, "upstream", "ada-there"), None);
}

#[test]
fn what_is_somebody_elses_by_now_is_not_forgotten_with_whoever_had_it() {
    let memory = host_with_upstream("there");
    let visitor = Visitor::new(&memory);
    signed_in(&visitor);
    visitor.get(location(&errand(&visitor, "link")));
    let first = sub_of(&memory, "test", "1").unwrap();
    memory.unforgetting.set(true);
    assert_eq!(unlink(&visitor, "upstream").status, 503);
    memory.unforgetting.set(false);
    // Somebody new comes by it.
    let other = Visitor::new(&memory);
    other.get(location(&other.get("/upstream/authorize")));
    let second = sub_of(&memory, "upstream", "there").unwrap();
    assert_ne!(first, second);
    assert_eq!(unlink(&visitor, "upstream").status, 303);
    assert_eq!(sub_of(&memory, "upstream", "there"), Some(second.clone()));
    assert!(memory.forgotten.borrow().is_empty());
    let command = json!({ "command": "user.remove", "user": first }).to_string();
    crate::administration::run(&command, &memory).unwrap();
    assert_eq!(sub_of(&memory, "upstream", "there"), Some(second));
}
