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
        user::unlink(&rival, "upstream", "ada-there", |_| true, memory).unwrap();
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
