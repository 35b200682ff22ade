//! What every page promises: headers, forms that other sites cannot send, sign-ins that belong to one browser.

use crate::harness::browser::{Browser, Visit};
use crate::harness::client::{IMPOSTOR, NATIVE, SPA, SPA_TWO, TV};
use crate::harness::cookies;
use crate::harness::device::{Device, type_code};
use crate::harness::flow::{self, AuthorizationRequest, Callback};
use crate::harness::http::Response;
use crate::harness::server::shared;
use crate::harness::{markup, random};
use std::collections::BTreeSet;

/// One of every page, with its name.
fn every_page() -> Vec<(&'static str, Visit)> {
    let mut browser = Browser::new(&shared().issuer);
    let choice = browser.get(
        &AuthorizationRequest::new(SPA)
            .with("scope", "openid email reports:read")
            .url(shared()),
    );
    let password = browser.get(&choice.link("/password/authorize"));
    let register = browser.get(&password.link("/password/register"));
    let forgot = browser.get(&password.link("/password/change"));
    let pin = browser.get(&choice.link("/pin/authorize"));
    let email = random::email();
    let code = browser.press(
        &pin,
        &pin.form_with("email").fill("email", &email),
        "request",
    );
    let wrong = flow::enter_code(&mut browser, &code, "000000");
    let consent = flow::enter_code(&mut browser, &code, &shared().mailed_code(&email, 1));
    let account = browser.get(&shared().url("/account"));
    let chosen = AuthorizationRequest::new(SPA).with("prompt", "select_account");
    let select_account = browser.get(&chosen.url(shared()));
    let device = browser.get(&shared().url("/device"));
    let unknown = type_code(shared(), &mut browser, "BBBB-BBBB");
    let waiting = Device::start(shared(), TV, &[]);
    let question = type_code(shared(), &mut browser, &waiting.user_code);
    let answered = browser.press(&question, &question.form("deny"), "deny");
    let signed_in = signed_in_alone();
    let sign_out = browser.get(&shared().url("/logout"));
    let signed_out = browser.press(&sign_out, &sign_out.form("sign_out"), "sign_out");
    let error = browser.get(&shared().url("/authorize?client_id=nobody"));
    let absent = browser.get(&shared().url("/nowhere"));
    vec![
        ("choose", choice),
        ("password", password),
        ("register", register),
        ("forgot", forgot),
        ("pin", pin),
        ("code", code),
        ("wrong code", wrong),
        ("consent", consent),
        ("account", account),
        ("select account", select_account),
        ("device", device),
        ("unknown device code", unknown),
        ("question about a device", question),
        ("device answered", answered),
        ("signed in", signed_in),
        ("sign out", sign_out),
        ("signed out", signed_out),
        ("error", error),
        ("absent", absent),
    ]
}

/// The page of someone who came without an application.
fn signed_in_alone() -> Visit {
    let mut browser = Browser::new(&shared().issuer);
    let visit = browser.get(&shared().url("/pin/authorize"));
    flow::sign_in_by_pin(shared(), &mut browser, visit, &random::email())
}

fn directive<'a>(policy: &'a str, name: &str) -> Vec<&'a str> {
    let directives = policy
        .split([';', ','])
        .map(|directive| directive.split_whitespace().collect::<Vec<_>>());
    let mut found = directives
        .into_iter()
        .filter(|words| words.first() == Some(&name));
    found
        .next()
        .map(|words| words[1..].to_vec())
        .unwrap_or_default()
}

#[test]
fn rfc9700_s4_16_no_page_can_be_framed() {
    for (name, visit) in every_page() {
        let policy = visit.response.list("content-security-policy");
        assert_eq!(
            directive(&policy, "frame-ancestors"),
            ["'none'"],
            "{name}: {policy}"
        );
        assert_eq!(
            visit
                .response
                .header("x-frame-options")
                .map(str::to_uppercase)
                .as_deref(),
            Some("DENY"),
            "{name}"
        );
    }
}

#[test]
fn no_page_runs_scripts_or_loads_anything_from_elsewhere() {
    for (name, visit) in every_page() {
        let policy = visit.response.list("content-security-policy");
        assert_eq!(
            directive(&policy, "default-src"),
            ["'none'"],
            "{name}: {policy}"
        );
        for source in directive(&policy, "script-src") {
            assert!(["'none'", "'self'"].contains(&source), "{name}: {policy}");
        }
        assert_eq!(
            directive(&policy, "base-uri"),
            ["'none'"],
            "{name}: {policy}"
        );
        assert!(
            !policy.contains("unsafe-inline")
                || !directive(&policy, "script-src").contains(&"'unsafe-inline'"),
            "{name}: {policy}"
        );
        let html = &visit.response.body;
        for (css, attribute) in [
            ("[src]", "src"),
            ("link[href]", "href"),
            ("[srcset]", "srcset"),
            ("form[action]", "action"),
        ] {
            for url in markup::attributes(html, css, attribute) {
                let url = visit.url.join(&url).expect("a URL");
                assert!(
                    url.origin() == visit.url.origin() || url.scheme() == "data",
                    "{name}: {url}"
                );
            }
        }
        assert_eq!(markup::count(html, "script:not([src])"), 0, "{name}");
        assert_eq!(
            markup::count(html, "[onclick], [onload], [onerror], [onsubmit]"),
            0,
            "{name}"
        );
    }
}

#[test]
fn no_page_tells_others_its_address_or_is_kept() {
    for (name, visit) in every_page() {
        let response = &visit.response;
        assert_eq!(
            response.header("referrer-policy"),
            Some("no-referrer"),
            "{name}"
        );
        assert_eq!(
            response.header("x-content-type-options"),
            Some("nosniff"),
            "{name}"
        );
        assert!(
            response.list("cache-control").contains("no-store"),
            "{name}: {response:?}"
        );
        assert_eq!(
            response
                .header("content-type")
                .map(str::to_lowercase)
                .as_deref(),
            Some("text/html; charset=utf-8"),
            "{name}"
        );
    }
}

/// Redirects that carry a code are answers of the same pages.
#[test]
fn the_redirect_with_the_code_is_not_kept_and_tells_nobody() {
    let visit = {
        let mut browser = flow::signed_in();
        let visit = browser.get(
            &AuthorizationRequest::new(SPA)
                .with("prompt", "consent")
                .url(shared()),
        );
        browser.press(&visit, &visit.form("allow"), "allow")
    };
    Callback::of(&visit).code();
    visit.response.assert_no_store();
    assert_eq!(
        visit.response.header("referrer-policy"),
        Some("no-referrer")
    );
}

#[test]
fn pages_say_what_language_they_are_in_and_label_every_field() {
    for (name, visit) in every_page() {
        let html = &visit.response.body;
        assert_eq!(markup::count(html, "html[lang]"), 1, "{name}");
        assert_eq!(markup::count(html, "main"), 1, "{name}");
        assert_eq!(markup::count(html, "h1"), 1, "{name}");
        assert!(
            markup::count(html, "title") == 1 && markup::count(html, "meta[name=viewport]") == 1,
            "{name}"
        );
        for control in markup::forms(html).iter().flat_map(|form| &form.controls) {
            let visible = !["hidden", "submit", "button"].contains(&control.kind.as_str());
            let labelled = markup::count(html, &format!("label[for=\"{}\"]", control.id)) == 1;
            assert!(!visible || labelled, "{name}: {control:?} has no label");
        }
    }
}

#[test]
fn fields_mean_what_password_managers_need() {
    let pages = every_page();
    let page = |name: &str| {
        &pages
            .iter()
            .find(|page| page.0 == name)
            .expect("the page")
            .1
            .response
            .body
    };
    let has = |name: &str, css: &str| {
        assert!(
            markup::count(page(name), css) >= 1,
            "{name}: no {css}:\n{}",
            page(name)
        );
    };
    has("password", "input[type=email][autocomplete~=username]");
    has(
        "password",
        "input[type=password][autocomplete=current-password]",
    );
    has(
        "register",
        "input[type=password][autocomplete=new-password]",
    );
    has("pin", "input[type=email]");
    has("code", "input[autocomplete=one-time-code]");
    has("consent", "button[name=decision][value=allow]");
    has("consent", "button[name=decision][value=deny]");
}

#[test]
fn a_forged_csrf_value_changes_nothing() {
    let (email, mut browser) = (random::email(), Browser::new(&shared().issuer));
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(shared()));
    let page = flow::choose(&mut browser, visit, "pin");
    let honest = page.form_with("email").fill("email", &email);
    for csrf in ["", "forged", &random::token()] {
        let refused = browser.press(&page, &honest.clone().set("csrf", csrf), "request");
        assert!(refused.response.status >= 400, "{:?}", refused.response);
    }
    assert_eq!(shared().mails(&email).len(), 0);
    let page = browser.press(&page, &honest, "request");
    flow::enter_code(&mut browser, &page, &shared().mailed_code(&email, 1)).form("allow");
}

#[test]
fn a_form_sent_by_another_sites_page_changes_nothing() {
    let mut browser = flow::signed_in();
    let visit = browser.get(
        &AuthorizationRequest::new(SPA)
            .with("prompt", "consent")
            .url(shared()),
    );
    let form = visit.form("allow");
    // Its author saw his own forms, so he has a csrf value and a transaction, but not this browser's.
    let mut attacker = flow::newcomer(shared()).0;
    let own = attacker
        .get(
            &AuthorizationRequest::new(SPA)
                .with("prompt", "consent")
                .url(shared()),
        )
        .form("allow");
    let mixed = form.clone().set("csrf", own.value("csrf"));
    for (what, sent) in [
        ("the attacker's form", own),
        ("with the attacker's csrf", mixed),
        ("without a csrf", form.clone().set("csrf", "")),
    ] {
        let (_, answer) = browser.press_once(&visit, &sent, "allow");
        // It may show the question again, but nobody has answered it.
        assert_eq!(answer.location(), None, "{what}: {answer:?}");
    }
    // Nothing of that used the question up.
    Callback::of(&browser.press(&visit, &form, "allow")).code();
}

/// Both tabs are past the sign-in before either is answered, as when a browser restores its tabs.
#[test]
fn two_tabs_of_one_person_side_by_side() {
    let (first, second) = (
        AuthorizationRequest::new(SPA),
        AuthorizationRequest::new(SPA_TWO),
    );
    let (email, mut browser) = (random::email(), Browser::new(&shared().issuer));
    let (left, right) = (
        browser.get(&first.url(shared())),
        browser.get(&second.url(shared())),
    );
    let left = flow::sign_in_by_pin(shared(), &mut browser, left, &email);
    let right = flow::sign_in_by_pin(shared(), &mut browser, right, &email);
    let right = Callback::of(&browser.press(&right, &right.form("allow"), "allow"));
    let left = Callback::of(&browser.press(&left, &left.form("allow"), "allow"));
    first.redeem(shared(), &left.code()).assert_ok();
    second.redeem(shared(), &right.code()).assert_ok();
}

#[test]
fn rfc9700_s4_7_a_sign_in_belongs_to_the_browser_that_began_it() {
    let (email, mut attacker) = (random::email(), Browser::new(&shared().issuer));
    let visit = attacker.get(&AuthorizationRequest::new(SPA).url(shared()));
    let link = visit.link("/pin/authorize");
    // A victim follows the attacker's link, with and without cookies of an own sign-in.
    let mut fresh = Browser::new(&shared().issuer);
    assert!(fresh.get(&link).response.status >= 400);
    let mut busy = Browser::new(&shared().issuer);
    busy.get(&AuthorizationRequest::new(SPA).url(shared()));
    assert!(busy.get(&link).response.status >= 400);
    // The attacker goes on to the last step, and the victim finishes it, or the other way round.
    let page = flow::ask_for_pin(&mut attacker, visit, &email);
    let code = shared().mailed_code(&email, 1);
    let form = page.form_with("one-time-code").fill("one-time-code", &code);
    let refused = fresh.press(&page, &form, "verify");
    assert!(
        refused.response.status >= 400 && refused.left_for().is_none(),
        "{refused:?}"
    );
    assert!(
        fresh
            .get(&AuthorizationRequest::new(SPA).url(shared()))
            .try_form("allow")
            .is_none(),
        "signed in"
    );
    attacker.press(&page, &form, "verify").form("allow");
}

#[test]
fn a_consent_belongs_to_the_browser_that_was_asked() {
    let mut asked = flow::signed_in();
    let visit = asked.get(
        &AuthorizationRequest::new(SPA)
            .with("prompt", "consent")
            .url(shared()),
    );
    let form = visit.form("allow");
    let (mut other, _) = flow::newcomer(shared());
    for browser in [&mut other, &mut Browser::new(&shared().issuer)] {
        let refused = browser.press(&visit, &form, "allow");
        assert!(
            refused.response.status >= 400 && refused.left_for().is_none(),
            "{refused:?}"
        );
    }
}

#[test]
fn a_consent_is_answered_once() {
    let mut browser = flow::signed_in();
    let visit = browser.get(
        &AuthorizationRequest::new(SPA)
            .with("prompt", "consent")
            .url(shared()),
    );
    let form = visit.form("allow");
    Callback::of(&browser.press(&visit, &form, "allow")).code();
    let again = browser.press(&visit, &form, "allow");
    assert!(
        again
            .left_for()
            .is_none_or(|url| !url.as_str().contains("code=")),
        "{again:?}"
    );
}

#[test]
fn two_tabs_do_not_disturb_each_other() {
    let (first, second) = (
        AuthorizationRequest::new(SPA),
        AuthorizationRequest::new(SPA_TWO),
    );
    let (one, two, mut browser) = (
        random::email(),
        random::email(),
        Browser::new(&shared().issuer),
    );
    let (left, right) = (
        browser.get(&first.url(shared())),
        browser.get(&second.url(shared())),
    );
    let left = flow::ask_for_pin(&mut browser, left, &one);
    let right = flow::ask_for_pin(&mut browser, right, &two);
    let left = flow::enter_code(&mut browser, &left, &shared().mailed_code(&one, 1));
    let left = flow::finish(&mut browser, &left);
    let right = flow::enter_code(&mut browser, &right, &shared().mailed_code(&two, 1));
    let right = flow::finish(&mut browser, &right);
    assert_eq!(
        (left.get("state"), right.get("state")),
        (Some(first.value("state")), Some(second.value("state")))
    );
    first.redeem(shared(), &left.code()).assert_ok();
    second.redeem(shared(), &right.code()).assert_ok();
}

#[test]
fn rfc9700_s4_7_3_the_session_is_a_new_one_at_every_sign_in() {
    let (email, mut browser) = (random::email(), Browser::new(&shared().issuer));
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(shared()));
    let before = browser.jar.values().into_iter().collect::<BTreeSet<_>>();
    flow::sign_in_by_pin(shared(), &mut browser, visit, &email);
    let after = browser.jar.values().into_iter().collect::<BTreeSet<_>>();
    assert_ne!(before, after, "no cookie changed at sign-in");
    // Whoever planted the cookies of before has nothing.
    let mut planted = Browser::new(&shared().issuer);
    planted.get(&AuthorizationRequest::new(SPA).url(shared()));
    for cookie in &mut planted.jar.0 {
        if let Some(old) = before.iter().find(|old| old.0 == cookie.name) {
            cookie.value.clone_from(&old.1);
        }
    }
    assert!(
        planted
            .get(&AuthorizationRequest::new(SPA).url(shared()))
            .try_form("allow")
            .is_none(),
        "fixation"
    );
    // A second sign-in of the same browser.
    let visit = browser.get(
        &AuthorizationRequest::new(SPA)
            .with("prompt", "login")
            .url(shared()),
    );
    let mut old = browser.clone();
    flow::sign_in_by_pin(shared(), &mut browser, visit, &email);
    assert_ne!(
        after,
        browser.jar.values().into_iter().collect(),
        "no cookie changed at the second sign-in"
    );
    assert!(
        old.get(&AuthorizationRequest::new(SPA).url(shared()))
            .try_form("allow")
            .is_none(),
        "the old session lives on"
    );
}

#[test]
fn cookies_are_for_the_server_alone() {
    let (email, mut browser) = (random::email(), Browser::new(&shared().issuer));
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(shared()));
    let mut answers = visit.hops.clone();
    answers.extend(flow::sign_in_by_pin(shared(), &mut browser, visit, &email).hops);
    let set = answers.iter().flat_map(cookies::set_by).collect::<Vec<_>>();
    assert!(!set.is_empty());
    for cookie in set {
        assert!(cookie.has("httponly"), "{cookie:?}");
        assert!(
            cookie.has("samesite=lax") || cookie.has("samesite=strict"),
            "{cookie:?}"
        );
        assert!(
            !cookie
                .attributes
                .iter()
                .any(|attribute| attribute.starts_with("domain=")),
            "{cookie:?}"
        );
        assert!(
            cookie.value.is_empty() || cookie.value.len() >= 22,
            "too short to be unguessable: {cookie:?}"
        );
    }
}

#[test]
fn rfc9700_s4_13_the_consent_page_says_who_asks_for_what_and_where_it_goes() {
    let mut browser = flow::signed_in();
    let request = AuthorizationRequest::new(SPA)
        .with("scope", "openid reports:read api:read")
        .with("resource", "https://api.example/")
        .with("prompt", "consent");
    let text = browser.get(&request.url(shared())).text();
    for words in [
        "Single Page",
        "spa.example",
        "Read your reports",
        "Read from the example API",
        "The example API",
    ] {
        assert!(text.contains(words), "no {words:?} in: {text}");
    }
    let native = browser
        .get(&AuthorizationRequest::new(NATIVE).url(shared()))
        .text();
    assert!(
        native.contains("On This Device") && native.to_lowercase().contains("this device"),
        "{native}"
    );
}

#[test]
fn names_of_clients_are_text() {
    let mut browser = flow::signed_in();
    let visit = browser.get(
        &AuthorizationRequest::new(IMPOSTOR)
            .with("scope", "openid")
            .url(shared()),
    );
    visit.form("allow");
    let html = &visit.response.body;
    assert_eq!(markup::count(html, "img[src=x], [onerror]"), 0);
    let text = visit.text();
    assert!(
        !text.contains('\u{202e}'),
        "the name turns the text around: {text}"
    );
    // The host is what a person can compare, in the form that cannot look like another.
    assert!(text.contains("xn--80ak6aa92e.example"), "{text}");
}

#[test]
fn what_people_typed_comes_back_as_text() {
    let typed = "\"><script>alert(1)</script>@example.test";
    let mut browser = Browser::new(&shared().issuer);
    let hostile = AuthorizationRequest::new(SPA)
        .with("login_hint", typed)
        .with("ui_locales", "<b>")
        .with("state", typed);
    let visit = browser.get(&hostile.url(shared()));
    let page = flow::choose(&mut browser, visit, "pin");
    let after = browser.press(
        &page,
        &page.form_with("email").fill("email", typed),
        "request",
    );
    let error = browser.get(&shared().url(&format!(
        "/authorize?client_id={}",
        "%3Cscript%3Ealert(1)%3C/script%3E"
    )));
    for visit in [page, after, error] {
        assert_eq!(
            markup::count(&visit.response.body, "script:not([src])"),
            0,
            "{}",
            visit.response.body
        );
    }
}

#[test]
fn errors_keep_the_inside_to_themselves() {
    let error = AuthorizationRequest::new(SPA)
        .with("client_id", "nobody")
        .open(shared());
    let words = error.text().to_lowercase();
    for inside in [
        "panicked",
        "wasm",
        "sqlite",
        "backtrace",
        ".rs:",
        "/home/",
        "unwrap",
        "trap",
    ] {
        assert!(!words.contains(inside), "{words}");
    }
}

#[test]
fn methods_that_pages_do_not_have_are_405() {
    for path in ["/pin/authorize", "/password/authorize", "/logout"] {
        let answer = crate::harness::http::method("DELETE", &shared().url(path)).send();
        assert_eq!(answer.status, 405, "{path}: {answer:?}");
        assert!(answer.header("allow").is_some(), "{answer:?}");
    }
}

#[test]
fn paths_below_providers_are_not_files() {
    let ask = |path: &str| -> Response { crate::harness::http::get(&shared().url(path)).send() };
    for path in [
        "/pin/../../etc/passwd",
        "/pin/%2e%2e/%2e%2e/etc/passwd",
        "/nobody/authorize",
        "/pin/nothing",
        "/assets/../doorward.toml",
        "/assets/%2e%2e/x",
    ] {
        let answer = ask(path);
        assert!((400..500).contains(&answer.status), "{path}: {answer:?}");
    }
}
