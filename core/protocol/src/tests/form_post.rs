//! Upstream servers that post their answer: OAuth 2.0 Form Post Response Mode.

use super::*;
use crate::provider::{Method, Purpose, Step};
use std::cell::RefCell;
use std::rc::Rc;

type Seen = Rc<RefCell<Vec<(Method, String, Vec<(String, String)>)>>>;

/// [`host`] with a provider `upstream`, and what it was asked.
fn host_with_upstream() -> (Memory, Seen) {
    let (memory, seen) = (host(), Seen::default());
    let asked = Rc::clone(&seen);
    memory.add_provider("upstream", &[Purpose::SignIn], move |_, request| {
        let pairs = request.query.iter().chain(&request.form).cloned().collect();
        asked
            .borrow_mut()
            .push((request.method, request.path.clone(), pairs));
        Ok(match request.path.as_str() {
            "callback" => Step::Authenticated(identity("ada-there", None, false)),
            _ => Step::Page(crate::provider::Page {
                title: crate::provider::Text::default(),
                messages: Vec::new(),
                figures: Vec::new(),
                forms: Vec::new(),
                links: Vec::new(),
            }),
        })
    });
    (memory, seen)
}

/// What a browser does with a POST from another site: it leaves its `SameSite=Lax` cookies at home.
fn posts_from_elsewhere(visitor: &Visitor<'_>, path: &str, form: &str) -> Answer {
    let elsewhere = Visitor::new(visitor.memory);
    elsewhere.post(path, form)
}

#[test]
fn s2_the_answer_reaches_the_provider_with_the_browsers_cookies() {
    let (memory, seen) = host_with_upstream();
    let visitor = Visitor::new(&memory);
    let begun = location(&visitor.get("/upstream/authorize")).to_owned();
    visitor.get(&begun);
    let state = parameter(&begun, "transaction").unwrap();
    let form = format!("state={state}&code=a%26b&user=%7B%22x%22%3A1%7D");
    let bounced = posts_from_elsewhere(&visitor, "/upstream/callback", &form);
    assert_eq!(bounced.status, 303);
    assert!(
        bounced
            .headers
            .iter()
            .all(|(name, _)| *name != "set-cookie"),
        "the cookie of this browser would be lost"
    );
    let back = location(&bounced).to_owned();
    assert_eq!(seen.borrow().len(), 1, "the POST itself reaches nobody");
    assert_eq!(visitor.get(&back).status, 200);
    let (method, path, pairs) = seen.borrow().last().cloned().unwrap();
    assert_eq!((method, path.as_str()), (Method::Get, "callback"));
    for (name, value) in [("code", "a&b"), ("user", r#"{"x":1}"#), ("state", &state)] {
        assert!(
            pairs.contains(&(name.to_owned(), value.to_owned())),
            "{name}"
        );
    }
}

#[test]
fn s2_in_another_browser_it_is_no_sign_in() {
    let (memory, seen) = host_with_upstream();
    let attacker = Visitor::new(&memory);
    let begun = location(&attacker.get("/upstream/authorize")).to_owned();
    let state = parameter(&begun, "transaction").unwrap();
    let form = format!("state={state}&code=theirs");
    let victim = Visitor::new(&memory);
    let back = location(&posts_from_elsewhere(&victim, "/upstream/callback", &form)).to_owned();
    assert_eq!(victim.get(&back).status, 400);
    assert!(seen.borrow().is_empty());
}

#[test]
fn forms_of_ours_still_need_their_token() {
    let (memory, seen) = host_with_upstream();
    let visitor = Visitor::new(&memory);
    let begun = location(&visitor.get("/upstream/authorize")).to_owned();
    let id = parameter(&begun, "transaction").unwrap();
    for form in [
        format!("transaction={id}&state={id}"),
        format!("state={id}&csrf=AAAA"),
        format!("transaction={id}"),
        "a=b".to_owned(),
    ] {
        let answer = visitor.post("/upstream/callback", &form);
        assert!(
            matches!(answer.status, 400 | 403),
            "{form}: {}",
            answer.status
        );
    }
    assert!(seen.borrow().is_empty());
}

#[test]
fn what_is_too_long_for_a_query_is_refused() {
    let (memory, _) = host_with_upstream();
    let visitor = Visitor::new(&memory);
    let form = format!("state=x&code={}", "y".repeat(13 * 1024));
    assert_eq!(visitor.post("/upstream/callback", &form).status, 400);
    let nobodys = visitor.post("/nobody/callback", "state=x&code=y");
    assert_ne!(nobodys.status, 303);
}
