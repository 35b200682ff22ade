//! Several requests of one browser to one server.

use crate::http::{Answer, Body};
use crate::memory::Visitor;
use crate::requests;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::str::from_utf8;

/// Most lines that are looked at: a code flow has six.
const MAX_LINES: usize = 16;

/// A conversation, one request on a line: `METHOD target body`. `+60` lets a minute pass. `{name}` stands for what an answer before said under
/// this name: a member of JSON, a parameter of a redirect, a field of a page; `{location}` for where the last one led.
///
/// No request is a server error, no code gives tokens twice, and no token has a scope that its client may not have.
pub fn conversation(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let host = requests::host();
    let browser = Visitor::new(&host);
    let (mut said, mut redeemed) = (BTreeMap::new(), BTreeSet::new());
    for line in text.lines().take(MAX_LINES) {
        if let Some(seconds) = line.strip_prefix('+') {
            let seconds: u16 = seconds.parse().unwrap_or_default();
            host.now.set(host.now.get() + u64::from(seconds));
            continue;
        }
        let line = filled_in(line, &said);
        let mut parts = line.splitn(3, ' ');
        let (Some(method), Some(target)) = (parts.next(), parts.next()) else {
            continue;
        };
        let form = parts.next().unwrap_or_default();
        let answer = browser.send(method, target, form, None);
        let path = target.split('?').next().unwrap_or_default();
        requests::check(path, &answer);
        check_tokens(form, &answer, &mut redeemed);
        listen(&answer, &mut said);
    }
}

fn filled_in(line: &str, said: &BTreeMap<String, String>) -> String {
    let (mut line, mut before) = (line.to_owned(), None);
    // What is filled in may itself hold braces: once through is enough.
    for (name, value) in said {
        let mark = format!("{{{name}}}");
        if line.contains(&mark) && before.as_ref() != Some(&line) && line.len() < 16_384 {
            before = Some(line.clone());
            line = line.replacen(&mark, value, 4);
        }
    }
    line
}

fn check_tokens(form: &str, answer: &Answer, redeemed: &mut BTreeSet<String>) {
    let Body::Json(text) = &answer.body else {
        return;
    };
    let json: Value = serde_json::from_str(text).expect("JSON");
    if answer.status != 200 || json.get("access_token").is_none() {
        return;
    }
    for scope in json["scope"].as_str().unwrap_or_default().split(' ') {
        let known = ["", "openid", "email", "profile", "offline_access", "read"];
        assert!(known.contains(&scope), "{scope:?} for {form:?}");
    }
    for (name, value) in form_urlencoded::parse(form.as_bytes()) {
        if name == "code" || name == "device_code" {
            assert!(redeemed.insert(value.into_owned()), "twice: {form:?}");
        }
    }
}

/// Keeps what an answer says by name.
fn listen(answer: &Answer, said: &mut BTreeMap<String, String>) {
    let location = answer.headers.iter().find(|(name, _)| *name == "location");
    if let Some((_, target)) = location {
        said.insert(
            "location".to_owned(),
            target.replace("https://id.example", ""),
        );
        let query = target.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            said.insert(name.into_owned(), value.into_owned());
        }
    }
    match &answer.body {
        Body::Json(text) => {
            let json: Value = serde_json::from_str(text).expect("JSON");
            for (name, value) in json.as_object().into_iter().flatten() {
                if let Some(text) = value.as_str() {
                    said.insert(name.clone(), text.to_owned());
                }
            }
        }
        Body::Page(page) => {
            let fields = format!("{page:?}");
            for name in ["csrf", "transaction", "action"] {
                let mark = format!("{name}: \"");
                let value = fields
                    .split_once(&mark)
                    .and_then(|(_, rest)| rest.split('"').next());
                if let Some(value) = value {
                    said.insert(name.to_owned(), value.to_owned());
                }
            }
        }
        _ => {}
    }
}
