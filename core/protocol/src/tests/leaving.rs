//! Leaving: the account page, signing out everywhere, telling clients, and what each way of ending something reaches.

use super::*;
use crate::page::{Account, AccountChange, AppLine, Page, SessionLine};
use crate::ports::Fetched;

pub(super) const BYE: &str = "https://web.example/bye";

/// [`host`] with a client `told` that wants to know of sign-outs, and a resource server `api`.
fn host_that_tells() -> Memory {
    let memory = host();
    for metadata in [
        json!({
            "client_id": "told", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid email offline_access read",
            "backchannel_logout_uri": BYE, "id_token_signed_response_alg": "ES256",
        }),
        json!({
            "client_id": "api", "client_secret": "0123456789abcdef0123", "grant_types": ["client_credentials"],
        }),
    ] {
        let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
        let answer: Value =
            serde_json::from_str(&crate::administration::run(&command, &memory).unwrap()).unwrap();
        let key = format!("client/{}", metadata["client_id"].as_str().unwrap());
        let mut sections = memory.sections.borrow_mut();
        sections.insert(key, answer["client"].to_string());
    }
    memory
}

pub(super) fn answers(memory: &Memory, status: u16) {
    let answer = Fetched {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    };
    memory.web.borrow_mut().insert(BYE.to_owned(), answer);
}

pub(super) fn account(visitor: &Visitor<'_>) -> Account {
    let mut answer = visitor.get("/account");
    for _ in 0..5 {
        if let Body::Page(page) = answer.body {
            let Page::Account(account) = *page else {
                panic!("{page:?}")
            };
            return account;
        }
        answer = visitor.get(location(&answer));
    }
    panic!("no account page")
}

pub(super) fn press(visitor: &Visitor<'_>, fields: &[(&str, &str)]) -> Answer {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(fields);
    visitor.post("/account", &form.finish())
}

pub(super) fn remove_app(visitor: &Visitor<'_>, app: &AppLine) -> Answer {
    press(
        visitor,
        &[
            ("action", "remove_app"),
            ("app", &app.app),
            ("csrf", &app.csrf),
        ],
    )
}

pub(super) fn end_session(visitor: &Visitor<'_>, session: &SessionLine) -> Answer {
    press(
        visitor,
        &[
            ("action", "end_session"),
            ("session", &session.id),
            ("csrf", &session.csrf),
        ],
    )
}

pub(super) fn end_everywhere(visitor: &Visitor<'_>, account: &Account, apps: bool) -> Answer {
    let csrf = account.sign_out_everywhere.as_str();
    let mut fields = vec![("action", "end_sessions"), ("csrf", csrf)];
    if apps {
        fields.push(("apps", "on"));
    }
    press(visitor, &fields)
}

/// Tokens with or without `offline_access`.
fn tokens(visitor: &Visitor<'_>, client_id: &str, offline: bool) -> Value {
    let scope = if offline {
        "&scope=openid+read+offline_access"
    } else {
        "&scope=openid+read"
    };
    let url = authorize_url(client_id, "").replace("&scope=openid+email+read", scope);
    let mut answer = visitor.get(&url);
    for _ in 0..5 {
        if let Body::Page(page) = &answer.body {
            let Page::Consent(consent) = page.as_ref() else {
                panic!("{page:?}")
            };
            let form = format!(
                "transaction={}&csrf={}&decision=allow",
                consent.transaction, consent.csrf
            );
            answer = visitor.post("/consent", &form);
        }
        let target = location(&answer).to_owned();
        if let Some(code) = parameter(&target, "code") {
            let tokens = redeem(visitor, client_id, &code);
            assert_eq!(tokens.status, 200, "{tokens:?}");
            return body(&tokens);
        }
        answer = visitor.get(&target);
    }
    panic!("no code")
}

fn refreshes(visitor: &Visitor<'_>, client_id: &str, tokens: &Value) -> bool {
    refresh(
        visitor,
        client_id,
        tokens["refresh_token"].as_str().unwrap(),
    )
    .status
        == 200
}

pub(super) fn told(memory: &Memory) -> Vec<Value> {
    let sent = memory.sent.borrow();
    let tokens = sent.iter().map(|(method, url, body)| {
        assert_eq!((method.as_str(), url.as_str()), ("POST", BYE));
        let token = std::str::from_utf8(body)
            .unwrap()
            .strip_prefix("logout_token=")
            .unwrap();
        let part = |nth: usize| -> Value {
            let part = token.split('.').nth(nth).unwrap();
            serde_json::from_slice(&crate::secret::from_base64url(part).unwrap()).unwrap()
        };
        json!({ "header": part(0), "claims": part(1) })
    });
    tokens.collect()
}

fn rows(memory: &Memory, prefix: &str) -> usize {
    let rows = memory.rows.borrow();
    rows.keys().filter(|key| key.starts_with(prefix)).count()
}

// ── the index ──

#[test]
fn what_was_given_is_listed_and_the_index_costs_one_write() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    tokens(&visitor, "app", true);
    let before = memory.rows.borrow().len();
    let code = code(&visitor, "app");
    // The session already knows nobody new: a grant, its entry, and nothing else.
    let page = account(&visitor);
    assert_eq!(page.apps.len(), 1);
    assert_eq!(
        page.apps[0].grants.len(),
        1,
        "a code that was not redeemed gave nothing"
    );
    assert_eq!(memory.rows.borrow().len(), before + 2);
    redeem(&visitor, "app", &code);
    assert_eq!(memory.rows.borrow().len(), before + 2);
    let page = account(&visitor);
    assert_eq!(page.apps[0].grants.len(), 2);
    assert!(page.apps[0].grants.iter().any(|grant| grant.offline));
    let scopes: Vec<_> = page.apps[0]
        .scopes
        .iter()
        .map(|scope| scope.name.as_str())
        .collect();
    assert!(scopes.contains(&"offline_access") && scopes.contains(&"read"));
}

#[test]
fn an_entry_of_nothing_is_passed_over_and_swept_away_once_it_is_old() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app", true);
    visitor.post(
        "/revoke",
        &format!(
            "client_id=app&token={}",
            first["refresh_token"].as_str().unwrap()
        ),
    );
    assert_eq!(rows(&memory, "granted/"), 1);
    assert!(
        account(&visitor)
            .apps
            .iter()
            .all(|app| app.grants.is_empty())
    );
    assert_eq!(rows(&memory, "granted/"), 1, "its grant may be on its way");
    memory.now.set(memory.now.get() + 600);
    account(&visitor);
    assert_eq!(rows(&memory, "granted/"), 0);
}

#[test]
fn a_grant_that_lives_longer_than_its_entry_is_listed_again() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app", true);
    let entry = |memory: &Memory| {
        let rows = memory.rows.borrow();
        rows.iter()
            .find(|(key, _)| key.starts_with("granted/"))
            .map(|(_, (_, version, expiry))| (*version, expiry.unwrap().0))
            .unwrap()
    };
    let before = entry(&memory);
    let second = body(&refresh(
        &visitor,
        "app",
        first["refresh_token"].as_str().unwrap(),
    ));
    assert_eq!(
        entry(&memory),
        before,
        "an ordinary refresh writes the grant alone"
    );
    let longer = json!({ "issuer": "https://id.example", "lifetimes": { "grant_s": 10 * 365 * 86_400, "refresh_token_s": 5 * 365 * 86_400 } });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), longer.to_string());
    assert!(refreshes(&visitor, "app", &second));
    assert!(entry(&memory).1 >= memory.now.get() + 5 * 365 * 86_400);
}

#[test]
fn an_entry_proves_nothing() {
    let memory = host();
    let (ada, bob) = (Visitor::new(&memory), Visitor::new(&memory));
    let theirs = tokens(&ada, "app", true);
    *memory.identity.borrow_mut() = identity("2", Some("bob@example.org"), true);
    tokens(&bob, "app", true);
    let (ours, grant) = {
        let rows = memory.rows.borrow();
        let subs: Vec<String> = rows
            .keys()
            .filter_map(|key| key.strip_prefix("user/"))
            .map(str::to_owned)
            .collect();
        let entry = rows
            .iter()
            .find(|(key, _)| key.starts_with("granted/"))
            .unwrap();
        let (sub, rest) = entry
            .0
            .strip_prefix("granted/")
            .unwrap()
            .split_once('/')
            .unwrap();
        let other = subs.into_iter().find(|other| other != sub).unwrap();
        (format!("granted/{other}/{rest}"), entry.1.clone())
    };
    memory.rows.borrow_mut().insert(ours, grant);
    for visitor in [&ada, &bob] {
        let page = account(visitor);
        assert_eq!(page.apps[0].grants.len(), 1);
        remove_app(visitor, &page.apps[0]);
        if std::ptr::eq(visitor, &raw const bob) {
            break;
        }
        assert!(!refreshes(&ada, "app", &theirs));
    }
}

// ── the account page ──

#[test]
fn whoever_is_not_signed_in_signs_in_and_comes_back() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let page = account(&visitor);
    assert_eq!(page.account, "ada@example.org");
    assert!(page.apps.is_empty());
    assert_eq!(page.sessions.len(), 1);
    assert!(page.sessions[0].here);
    assert_eq!(page.ways.len(), 1);
    let posted = press(&Visitor::new(&memory), &[("action", "end_sessions")]);
    assert_eq!((posted.status, location(&posted)), (303, "/account"));
}

#[test]
fn an_operator_can_do_without_it() {
    let memory =
        Memory::new(&json!({ "issuer": "https://id.example", "account": { "enabled": false } }));
    assert_eq!(Visitor::new(&memory).get("/account").status, 404);
    assert_eq!(Visitor::new(&memory).post("/account", "").status, 404);
}

#[test]
fn removing_an_app_ends_its_grants_and_its_consent_and_nobody_elses() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let (one, two) = (
        tokens(&visitor, "app", true),
        tokens(&visitor, "app", false),
    );
    let other = tokens(&visitor, "strict", false);
    let page = account(&visitor);
    let app = page.apps.iter().find(|app| app.name == "app").unwrap();
    let answer = remove_app(&visitor, app);
    assert_eq!(answer.status, 303);
    for tokens in [one, two] {
        assert!(!refreshes(&visitor, "app", &tokens));
    }
    assert!(refreshes(&visitor, "strict", &other));
    let Body::Page(page) = visitor.get(location(&answer)).body else {
        panic!()
    };
    let Page::Account(page) = *page else { panic!() };
    assert_eq!(page.done, Some(AccountChange::AppRemoved));
    assert!(page.apps.iter().all(|app| app.name != "app"));
    let narrow = authorize_url("app", "").replace("openid+email+read", "openid+read");
    let asked = visitor.get(&narrow);
    assert!(
        location(&asked).starts_with("/consent"),
        "it is asked again: {asked:?}"
    );
}

#[test]
fn removing_one_grant_leaves_the_others_of_the_app() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let (one, two) = (tokens(&visitor, "app", true), tokens(&visitor, "app", true));
    let page = account(&visitor);
    let grant_of = |tokens: &Value| {
        let token = tokens["refresh_token"].as_str().unwrap();
        crate::grant::parse_refresh_token(token)
            .unwrap()
            .grant_id
            .to_owned()
    };
    let id = grant_of(&one);
    let line = page.apps[0]
        .grants
        .iter()
        .find(|grant| grant.id == id)
        .unwrap();
    let fields = [
        ("action", "remove_grant"),
        ("grant", id.as_str()),
        ("csrf", &line.csrf),
    ];
    assert_eq!(press(&visitor, &fields).status, 303);
    assert!(!refreshes(&visitor, "app", &one));
    assert!(refreshes(&visitor, "app", &two));
}

#[test]
fn every_form_is_bound_to_session_action_and_target() {
    let memory = host();
    let (visitor, other) = (Visitor::new(&memory), Visitor::new(&memory));
    let mine = tokens(&visitor, "app", true);
    let theirs = tokens(&other, "app", true);
    let page = account(&visitor);
    let foreign = account(&other);
    let app = &page.apps[0];
    let (one, two) = (&app.grants[0], &app.grants[1]);
    for fields in [
        // Nothing, something else's, another action's, another browser's.
        vec![("action", "remove_app"), ("app", &*app.app)],
        vec![
            ("action", "remove_app"),
            ("app", &*app.app),
            ("csrf", &*one.csrf),
        ],
        vec![
            ("action", "remove_grant"),
            ("grant", &*one.id),
            ("csrf", &*two.csrf),
        ],
        vec![
            ("action", "remove_grant"),
            ("grant", &*one.id),
            ("csrf", &*app.csrf),
        ],
        vec![
            ("action", "end_session"),
            ("session", &*page.sessions[0].id),
            ("csrf", &*app.csrf),
        ],
        vec![
            ("action", "end_sessions"),
            ("csrf", &*foreign.sign_out_everywhere),
        ],
        vec![
            ("action", "remove_app"),
            ("app", &*app.app),
            ("csrf", &*foreign.apps[0].csrf),
        ],
        vec![("action", "constructor"), ("csrf", &*app.csrf)],
        vec![("csrf", &*app.csrf)],
    ] {
        assert_eq!(press(&visitor, &fields).status, 400, "{fields:?}");
    }
    assert!(refreshes(&visitor, "app", &mine) && refreshes(&other, "app", &theirs));
    assert_eq!(account(&visitor).sessions.len(), 2);
    // A page elsewhere cannot make it say that something was done.
    for told in ["app", "app.", "app.x", "session.AAAA"] {
        let Body::Page(page) = visitor.get(&format!("/account?done={told}")).body else {
            panic!()
        };
        let Page::Account(page) = *page else { panic!() };
        assert_eq!(page.done, None, "{told}");
    }
}

#[test]
fn one_session_is_ended_from_another() {
    let memory = host();
    let (here, there) = (Visitor::new(&memory), Visitor::new(&memory));
    account(&here);
    let (bound, free) = (tokens(&there, "app", false), tokens(&there, "app", true));
    let page = account(&here);
    assert_eq!(page.sessions.len(), 2);
    assert!(page.sessions[0].here && !page.sessions[1].here);
    let answer = end_session(&here, &page.sessions[1]);
    assert!(
        location(&answer).starts_with("/account?done=session."),
        "{answer:?}"
    );
    assert!(!refreshes(&there, "app", &bound));
    assert!(
        refreshes(&there, "app", &free),
        "offline_access outlives the session"
    );
    assert_eq!(account(&here).sessions.len(), 1);
    assert!(
        !matches!(visitor_page(&there), Some(Page::Account(_))),
        "its cookie is worth nothing"
    );
    let answer = end_session(&here, &account(&here).sessions[0]);
    assert_eq!(location(&answer), "/logout");
}

/// What `/account` shows without going anywhere.
fn visitor_page(visitor: &Visitor<'_>) -> Option<Page> {
    match visitor.get("/account").body {
        Body::Page(page) => Some(*page),
        _ => None,
    }
}

#[test]
fn signing_out_everywhere_ends_sessions_and_what_ends_with_them_and_if_asked_everything() {
    for apps in [false, true] {
        let memory = host();
        let (here, there) = (Visitor::new(&memory), Visitor::new(&memory));
        let (bound, free) = (tokens(&there, "app", false), tokens(&there, "app", true));
        let answer = end_everywhere(&here, &account(&here), apps);
        assert_eq!(location(&answer), "/logout");
        for visitor in [&here, &there] {
            assert!(visitor_page(visitor).is_none(), "signed out");
        }
        assert!(!refreshes(&there, "app", &bound));
        assert_eq!(refreshes(&there, "app", &free), !apps);
        assert_eq!(rows(&memory, "session/"), 0);
        assert_eq!(rows(&memory, "consent/"), usize::from(!apps));
        // Nothing of it comes back with a new sign-in.
        account(&here);
        assert!(!refreshes(&there, "app", &bound));
    }
}

#[test]
fn a_grant_given_while_everything_ends_is_dead() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    account(&visitor);
    let code = code(&visitor, "app");
    end_everywhere(&visitor, &account(&visitor), false);
    assert_eq!(
        error(&redeem(&visitor, "app", &code)),
        (400, "invalid_grant".to_owned())
    );
}

#[test]
fn devices_are_told_in_words_of_ours() {
    let memory = host();
    for (agent, words) in [
        (None, None),
        (Some("<b>Bank</b>"), None),
        (
            Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 <b>"),
            Some("Firefox on Linux"),
        ),
    ] {
        let visitor = Visitor {
            agent,
            ..Visitor::new(&memory)
        };
        let id = tokens(&visitor, "app", true)["refresh_token"]
            .as_str()
            .unwrap()
            .to_owned();
        let page = account(&visitor);
        let grants = page.apps[0].grants.iter();
        let mine = grants.clone().find(|grant| id.contains(&grant.id)).unwrap();
        assert_eq!(mine.device.as_deref(), words);
        assert_eq!(page.sessions[0].device.as_deref(), words);
    }
}

// ── back-channel logout ──

#[test]
fn s2_4_the_logout_token() {
    for subject_type in ["public", "pairwise"] {
        assert_logout_token(subject_type);
    }
}

fn assert_logout_token(subject_type: &str) {
    let memory = host_that_tells();
    let section = memory.sections.borrow()["client/told"].clone();
    let mut client: Value = serde_json::from_str(&section).unwrap();
    client["subject_type"] = json!(subject_type);
    client["sector_identifier"] = json!("app.example");
    let key = "client/told".to_owned();
    memory.sections.borrow_mut().insert(key, client.to_string());
    answers(&memory, 200);
    let visitor = Visitor::new(&memory);
    let id_token = tokens(&visitor, "told", true)["id_token"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        visitor
            .get(&format!("/logout?id_token_hint={id_token}"))
            .status,
        200
    );
    let told = told(&memory);
    assert_eq!(told.len(), 1);
    let (header, claims) = (&told[0]["header"], &told[0]["claims"]);
    assert_eq!(
        (&header["typ"], &header["alg"]),
        (&json!("logout+jwt"), &json!("ES256"))
    );
    let id_claims: Value = serde_json::from_slice(
        &crate::secret::from_base64url(id_token.split('.').nth(1).unwrap()).unwrap(),
    )
    .unwrap();
    for name in ["iss", "aud", "sub", "sid"] {
        assert_eq!(claims[name], id_claims[name], "{name}");
    }
    assert_eq!(
        claims["events"],
        json!({ "http://schemas.openid.net/event/backchannel-logout": {} })
    );
    assert_eq!(claims["iat"], memory.now.get());
    assert!(claims["exp"].as_u64().unwrap() <= memory.now.get() + 120);
    assert!(!claims["jti"].as_str().unwrap().is_empty());
    assert_eq!(claims.get("nonce"), None);
    assert_eq!(rows(&memory, "logout/"), 0, "told once");
}

#[test]
fn every_way_to_end_a_session_tells_and_clients_that_did_not_ask_are_left_alone() {
    type End = fn(&Memory, &Visitor<'_>);
    let ways: [(&str, End); 7] = [
        ("account page", |_, visitor| {
            end_session(visitor, &account(visitor).sessions[0]);
        }),
        ("everywhere", |_, visitor| {
            end_everywhere(visitor, &account(visitor), false);
        }),
        ("everything", |_, visitor| {
            end_everywhere(visitor, &account(visitor), true);
        }),
        ("credential changed", |memory, _| {
            memory.identity.borrow_mut().credential_changed = true;
            account(&Visitor::new(memory));
        }),
        ("disabled", |memory, _| operator(memory, "user.disable")),
        ("removed", |memory, _| operator(memory, "user.remove")),
        ("operator", |memory, _| operator(memory, "user.sign_out")),
    ];
    for (way, end) in ways {
        let memory = host_that_tells();
        answers(&memory, 200);
        let visitor = Visitor::new(&memory);
        tokens(&visitor, "told", false);
        tokens(&visitor, "app", false);
        end(&memory, &visitor);
        assert_eq!(told(&memory).len(), 1, "{way}");
        assert_eq!(rows(&memory, "logout/"), 0, "{way}");
        assert_eq!(
            rows(&memory, "session/"),
            usize::from(way == "credential changed"),
            "{way}"
        );
    }
}

pub(super) fn operator(memory: &Memory, command: &str) {
    let command = json!({ "command": command, "user": "ada@example.org" }).to_string();
    crate::administration::run(&command, memory).unwrap();
}

fn deliver(memory: &Memory) -> Value {
    let command = json!({ "command": "logout.deliver" }).to_string();
    serde_json::from_str(&crate::administration::run(&command, memory).unwrap()).unwrap()
}

#[test]
fn what_could_not_be_told_is_told_later_a_few_times() {
    let memory = host_that_tells();
    answers(&memory, 503);
    let visitor = Visitor::new(&memory);
    tokens(&visitor, "told", false);
    end_everywhere(&visitor, &account(&visitor), false);
    assert_eq!((told(&memory).len(), rows(&memory, "logout/")), (1, 1));
    deliver(&memory);
    assert_eq!(told(&memory).len(), 1, "not yet");
    memory.now.set(memory.now.get() + 60);
    deliver(&memory);
    assert_eq!(told(&memory).len(), 2);
    let (first, second) = (told(&memory)[0].clone(), told(&memory)[1].clone());
    assert_ne!(first["claims"]["jti"], second["claims"]["jti"]);
    assert_eq!(second["claims"]["iat"], memory.now.get(), "a fresh one");
    answers(&memory, 200);
    memory.now.set(memory.now.get() + 300);
    deliver(&memory);
    assert_eq!((told(&memory).len(), rows(&memory, "logout/")), (3, 0));

    // One that never answers is given up.
    answers(&memory, 500);
    tokens(&visitor, "told", false);
    end_everywhere(&visitor, &account(&visitor), false);
    for _ in 0..40 {
        memory.now.set(memory.now.get() + 3_600);
        deliver(&memory);
    }
    assert_eq!(rows(&memory, "logout/"), 0);
    let tries = told(&memory).len() - 3;
    assert!((2..=6).contains(&tries), "{tries}");
}

/// A client that registered itself names whatever host it likes: signing in and out must not be a way to have us send it as much as one likes.
#[test]
fn strangers_clients_have_one_host_told_so_often_and_no_more() {
    use super::registration::{open, registered};
    let memory = open(&json!({}));
    let metadata = json!({
        "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none", "scope": "openid email read",
        "backchannel_logout_uri": "https://app.example/bye",
    });
    let id = registered(&memory, &metadata)["client_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let visitor = Visitor::new(&memory);
    let sign_out = || {
        redeem(&visitor, &id, &code(&visitor, &id));
        end_everywhere(&visitor, &account(&visitor), false);
    };
    (0..40).for_each(|_| sign_out());
    assert_eq!(memory.sent.borrow().len(), 30);
    let events = memory.events.borrow();
    let reason = "too much is sent there";
    assert!(events.iter().any(|(_, fields)| fields.contains(reason)));
    drop(events);
    // What is left is told later.
    memory.now.set(memory.now.get() + 60);
    deliver(&memory);
    assert!(memory.sent.borrow().len() > 30);
}

#[test]
fn a_client_that_is_gone_is_not_told() {
    let memory = host_that_tells();
    let visitor = Visitor::new(&memory);
    tokens(&visitor, "told", false);
    let page = account(&visitor);
    memory.sections.borrow_mut().remove("client/told");
    end_everywhere(&visitor, &page, false);
    assert_eq!((told(&memory).len(), rows(&memory, "logout/")), (0, 0));
}

#[test]
fn slow_clients_do_not_keep_people_waiting() {
    let memory = host_that_tells();
    let visitor = Visitor::new(&memory);
    tokens(&visitor, "told", false);
    let page = account(&visitor);
    // Twenty more sign-ins of the browser: one participant each.
    for _ in 0..20 {
        let answer = visitor.get(&authorize_url("told", "&prompt=login"));
        visitor.get(location(&answer));
        tokens(&visitor, "told", false);
    }
    drop(page);
    end_everywhere(&visitor, &account(&visitor), false);
    assert!(told(&memory).len() <= 10);
    assert_eq!(rows(&memory, "logout/"), 21);
}

#[test]
fn a_logout_token_is_no_hint_and_no_access_token() {
    let memory = host_that_tells();
    answers(&memory, 200);
    let visitor = Visitor::new(&memory);
    tokens(&visitor, "told", false);
    end_everywhere(&visitor, &account(&visitor), false);
    let token = {
        let sent = memory.sent.borrow();
        String::from_utf8(sent[0].2.clone())
            .unwrap()
            .replacen("logout_token=", "", 1)
    };
    account(&visitor);
    let page = visitor.get(&format!("/logout?id_token_hint={token}"));
    assert!(matches!(page.body, Body::Page(page) if matches!(*page, Page::ConfirmSignOut(_))));
    let answer = visitor.send("GET", "/userinfo", "", Some(&format!("Bearer {token}")));
    assert_eq!(answer.status, 401);
}

// ── RP-initiated logout ──

#[test]
fn an_expired_id_token_is_a_hint_all_the_same() {
    let memory = host_that_tells();
    answers(&memory, 200);
    let visitor = Visitor::new(&memory);
    let id_token = tokens(&visitor, "told", false)["id_token"]
        .as_str()
        .unwrap()
        .to_owned();
    memory.now.set(memory.now.get() + 7_200);
    let answer = visitor.get(&format!(
        "/logout?id_token_hint={id_token}&logout_hint=ada%40example.org&ui_locales=de"
    ));
    assert!(matches!(answer.body, Body::Page(page) if matches!(*page, Page::SignedOut(_))));
    assert!(visitor_page(&visitor).is_none());
}

// ── operators ──

#[test]
fn operators_see_and_end_what_people_see_and_end() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app", true);
    let run = |command: Value| -> Value {
        serde_json::from_str(&crate::administration::run(&command.to_string(), &memory).unwrap())
            .unwrap()
    };
    let grants = run(json!({ "command": "user.grants", "user": "ada@example.org" }));
    assert_eq!(grants["grants"][0]["client_id"], "app");
    let shown = grants.to_string();
    assert!(
        !shown.contains("sha256") && !shown.contains("salt"),
        "{shown}"
    );
    let sessions = run(json!({ "command": "user.sessions", "user": "ada@example.org" }));
    assert_eq!(sessions["sessions"].as_array().unwrap().len(), 1);
    assert!(!sessions.to_string().contains("sha256"));
    let answer = run(json!({ "command": "user.sign_out", "user": "ada@example.org" }));
    assert_eq!(answer["user"]["email"], "ada@example.org");
    assert!(refreshes(&visitor, "app", &first), "offline_access stays");
    let id = grants["grants"][0]["grant"].as_str().unwrap();
    run(json!({ "command": "grant.revoke", "grant": id }));
    let absent = json!({ "command": "grant.revoke", "grant": id }).to_string();
    assert_eq!(
        crate::administration::run(&absent, &memory),
        Err(crate::administration::Failure::Absent)
    );
    let code = code(&visitor, "app");
    redeem(&visitor, "app", &code);
    run(json!({ "command": "user.remove", "user": "ada@example.org" }));
    for prefix in ["granted/", "signed-in/", "consent/", "session/", "grant/"] {
        assert_eq!(rows(&memory, prefix), 0, "{prefix}");
    }
}
