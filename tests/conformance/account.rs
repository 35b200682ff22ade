//! The account page: what a person gave and where they are signed in, and the end of each. Checklist rows 24, 35, 65 to 67.

use crate::harness::browser::{Browser, Visit};
use crate::harness::client::{AGENT, API, BASIC, Client, SPA, SPA_TWO};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http;
use crate::harness::markup::{self, Form};
use crate::harness::server::{Server, shared};

fn account(browser: &mut Browser) -> Visit {
    let visit = browser.get(&shared().url("/account"));
    assert_eq!(visit.response.status, 200, "{}", visit.response.body);
    visit
}

/// Tokens that outlive sign-out, for the API too.
fn offline(client: Client, browser: &mut Browser) -> Tokens {
    AuthorizationRequest::new(client).tokens(shared(), browser)
}

/// Tokens that end with the session.
fn bound(client: Client, browser: &mut Browser) -> Tokens {
    AuthorizationRequest::new(client)
        .with("scope", "openid email")
        .tokens(shared(), browser)
}

fn refreshes(client: Client, tokens: &Tokens) -> bool {
    let answer = client.refresh(shared(), tokens.refresh());
    if answer.status == 200 {
        return true;
    }
    answer.assert_error(400, "invalid_grant");
    false
}

fn forms(visit: &Visit, action: &str) -> Vec<Form> {
    markup::forms(&visit.response.body)
        .into_iter()
        .filter(|form| form.offers(action))
        .collect()
}

/// Presses the button of the only form of this kind.
#[track_caller]
fn press_only(browser: &mut Browser, visit: &Visit, action: &str) -> Visit {
    let forms = forms(visit, action);
    assert_eq!(forms.len(), 1, "{action}:\n{}", visit.response.body);
    browser.press(visit, &forms[0], "")
}

fn is_signed_in(browser: &mut Browser) -> bool {
    let visit = browser.get(&shared().url("/account"));
    visit.text().contains("Where you are signed in")
}

#[test]
fn who_is_not_signed_in_signs_in_first_and_comes_back() {
    let (mut browser, email) = (
        Browser::new(&shared().issuer),
        crate::harness::random::email(),
    );
    let visit = browser.get(&shared().url("/account"));
    assert!(!visit.text().contains("Where you are signed in"));
    let visit = flow::sign_in_by_pin(shared(), &mut browser, visit, &email);
    assert_eq!(visit.url.path(), "/account");
    let text = visit.text();
    assert!(
        text.contains(&email) && text.contains("this browser"),
        "{text}"
    );
    assert!(text.contains("No application has access"), "{text}");
}

#[test]
fn row_67_a_person_sees_what_they_gave() {
    let (mut browser, email) = flow::newcomer(shared());
    AuthorizationRequest::new(SPA)
        .with("scope", "openid offline_access api:read")
        .with("resource", "https://api.example/")
        .tokens(shared(), &mut browser);
    let visit = account(&mut browser);
    let text = visit.text();
    for words in [
        email.as_str(),
        "Single Page",
        "spa.example",
        "Read from the example API",
        "The example API",
        "also while you are away",
        "E-mail code",
        "Allowed on 20",
        "last used 20",
        "for up to 10 minutes more",
    ] {
        assert!(text.contains(words), "{words} is not in: {text}");
    }
    // Someone else sees nothing of it.
    let (mut other, _) = flow::newcomer(shared());
    assert!(!account(&mut other).text().contains("Single Page"));
}

#[test]
fn devices_are_named_in_words_of_ours_and_never_in_theirs() {
    let (mut browser, _) = flow::newcomer(shared());
    let url = shared().url("/account");
    let cookies = browser.jar.header("/account").expect("a session");
    for agent in ["<b>Bank</b>", "Mozilla/5.0 \"><script>", ""] {
        let answer = http::get(&url)
            .header("cookie", &cookies)
            .header("user-agent", agent)
            .send();
        assert_eq!(answer.status, 200);
        assert!(!answer.body.contains("Bank") && !answer.body.contains("<script"));
    }
    assert!(account(&mut browser).text().contains("Unknown device"));
}

#[test]
fn row_67_removing_an_application_ends_its_grants_and_its_consent() {
    let (mut browser, _) = flow::newcomer(shared());
    let (first, second) = (offline(SPA, &mut browser), bound(SPA, &mut browser));
    let other = offline(BASIC, &mut browser);
    let visit = account(&mut browser);
    let single = app_of(&visit, "Single Page");
    let app = forms(&visit, "remove_app")
        .into_iter()
        .find(|form| form.value("app") == single)
        .expect("a form for it");
    let (_, answer) = browser.press_once(&visit, &app, "");
    assert_eq!(answer.status, 303, "rfc9700 §4.12");
    assert!(!refreshes(SPA, &first) && !refreshes(SPA, &second));
    assert!(refreshes(BASIC, &other), "another application's");
    let visit = account(&mut browser);
    assert_eq!(forms(&visit, "remove_app").len(), 1);
    // It is asked for again.
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(shared()));
    assert!(visit.try_form("allow").is_some(), "{}", visit.response.body);
}

/// The `app` of the form beside this name; empty if there is none.
fn app_of(visit: &Visit, name: &str) -> String {
    let (_, after) = visit
        .response
        .body
        .split_once(&format!("<bdi>{name}"))
        .unwrap_or_default();
    let (_, value) = after
        .split_once("name=\"app\" value=\"")
        .unwrap_or_default();
    value.split('"').next().unwrap_or_default().to_owned()
}

#[test]
fn row_67_one_installation_can_be_removed_and_the_others_stay() {
    let (mut browser, _) = flow::newcomer(shared());
    let (one, two) = (offline(SPA, &mut browser), offline(SPA, &mut browser));
    let visit = account(&mut browser);
    let rows = forms(&visit, "remove_grant");
    assert_eq!(rows.len(), 2);
    browser.press(&visit, &rows[0], "");
    assert_eq!(
        [refreshes(SPA, &one), refreshes(SPA, &two)]
            .iter()
            .filter(|alive| **alive)
            .count(),
        1
    );
}

#[test]
fn sessions_are_listed_and_ended_one_by_one() {
    let (mut here, email) = flow::newcomer(shared());
    let mut there = Browser::new(&shared().issuer);
    let visit = there.get(&AuthorizationRequest::new(SPA_TWO).url(shared()));
    flow::sign_in_by_pin(shared(), &mut there, visit, &email);
    let (with_it, without_it) = (bound(SPA, &mut there), offline(SPA, &mut there));
    let visit = account(&mut here);
    let sessions = forms(&visit, "end_session");
    assert_eq!(sessions.len(), 2, "{}", visit.text());
    // The first is this browser's.
    let visit = here.press(&visit, &sessions[1], "");
    assert!(visit.text().contains("signed out"), "{}", visit.text());
    assert!(is_signed_in(&mut here) && !is_signed_in(&mut there));
    assert!(!refreshes(SPA, &with_it));
    assert!(refreshes(SPA, &without_it), "openid core §11");
    let visit = account(&mut here);
    let own = forms(&visit, "end_session");
    assert_eq!(own.len(), 1);
    let visit = here.press(&visit, &own[0], "");
    assert!(
        visit.text().contains("You are signed out"),
        "{}",
        visit.text()
    );
    assert!(!is_signed_in(&mut here));
}

#[test]
fn signing_out_everywhere_with_and_without_applications() {
    for apps in [false, true] {
        let (mut here, email) = flow::newcomer(shared());
        let mut there = Browser::new(&shared().issuer);
        let visit = there.get(&AuthorizationRequest::new(SPA_TWO).url(shared()));
        flow::sign_in_by_pin(shared(), &mut there, visit, &email);
        let (with_it, without_it) = (bound(SPA, &mut there), offline(SPA, &mut there));
        let visit = account(&mut here);
        let form = visit.form("end_sessions");
        let mut fields = form.entries("");
        // A box that is not ticked is not sent.
        fields.retain(|(name, _)| apps || name != "apps");
        let cookies = here.jar.header("/account").expect("a session");
        let answer = http::post(&shared().url("/account"))
            .header("cookie", &cookies)
            .form(&fields)
            .send();
        assert_eq!(answer.status, 303, "{}", answer.body);
        assert!(!is_signed_in(&mut here) && !is_signed_in(&mut there));
        assert!(!refreshes(SPA, &with_it));
        assert_eq!(refreshes(SPA, &without_it), !apps);
    }
}

#[test]
fn forms_that_were_not_shown_to_this_browser_do_nothing() {
    let (mut mine, _) = flow::newcomer(shared());
    let (mut theirs, _) = flow::newcomer(shared());
    let (my_tokens, their_tokens) = (offline(SPA, &mut mine), offline(SPA, &mut theirs));
    let (my_page, their_page) = (account(&mut mine), account(&mut theirs));
    for action in ["remove_app", "end_session", "end_sessions"] {
        let (my_form, their_form) = (
            forms(&my_page, action).remove(0),
            forms(&their_page, action).remove(0),
        );
        for form in [
            their_form.clone(),
            my_form.clone().set("csrf", "forged"),
            my_form.clone().set("csrf", ""),
            my_form.clone().set("csrf", their_form.value("csrf")),
            my_form.clone().set("action", "remove_grant"),
        ] {
            let visit = mine.press(&my_page, &form, "");
            assert_eq!(visit.response.status, 400, "{action}: {form:?}");
        }
        // Another site's form: what is right in it does not help.
        let cookies = mine.jar.header("/account").expect("a session");
        let answer = http::post(&shared().url("/account"))
            .header("cookie", &cookies)
            .header("origin", "https://evil.example")
            .form(&my_form.entries(""))
            .send();
        assert_eq!(answer.status, 400, "{action}");
        // Without cookies, as `SameSite` has it, it leads to the page and does nothing.
        let answer = http::post(&shared().url("/account"))
            .form(&my_form.entries(""))
            .send();
        assert_eq!(answer.status, 303, "{action}");
        // A mere link changes nothing.
        let query = http::encode(&my_form.entries(""));
        mine.get(&format!("{}?{query}", shared().url("/account")));
    }
    assert!(is_signed_in(&mut mine) && is_signed_in(&mut theirs));
    assert!(refreshes(SPA, &my_tokens) && refreshes(SPA, &their_tokens));
}

#[test]
fn nobody_reaches_other_peoples_things_by_their_ids() {
    let (mut mine, _) = flow::newcomer(shared());
    let (mut theirs, _) = flow::newcomer(shared());
    let (_, their_tokens) = (offline(SPA, &mut mine), offline(SPA, &mut theirs));
    let (my_page, their_page) = (account(&mut mine), account(&mut theirs));
    let session = forms(&their_page, "end_session").remove(0);
    let form = forms(&my_page, "end_session")
        .remove(0)
        .set("session", session.value("session"));
    mine.press(&my_page, &form, "");
    let grant = their_tokens.refresh().trim_start_matches("dwr_");
    let grant = grant.split('.').next().expect("a grant's id");
    let form = forms(&my_page, "remove_app")
        .remove(0)
        .set("action", "remove_grant")
        .set("grant", grant);
    mine.press(&my_page, &form, "");
    assert!(is_signed_in(&mut theirs));
    assert!(refreshes(SPA, &their_tokens));
}

#[test]
fn the_page_is_framed_by_nobody_kept_by_nobody_and_says_nothing_to_others() {
    let (mut browser, _) = flow::newcomer(shared());
    let answer = account(&mut browser).response;
    assert!(
        answer
            .list("content-security-policy")
            .contains("frame-ancestors 'none'")
    );
    assert!(answer.list("cache-control").contains("no-store"));
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let preflight = http::method("OPTIONS", &shared().url("/account")).send();
    assert_eq!(preflight.status, 405);
    assert_eq!(preflight.header("access-control-allow-origin"), None);
    for places in [
        "after=x",
        "after=../../x/y",
        "after=%00/x",
        "done=app.x",
        "done=",
    ] {
        let visit = browser.get(&format!("{}?{places}", shared().url("/account")));
        assert_eq!(visit.response.status, 200, "{places}");
        assert!(!visit.text().contains("no access any more"), "{places}");
    }
}

/// Rows 35, 65, 66: whatever ends a grant, everything hears of it.
#[test]
fn every_way_of_ending_reaches_refresh_introspection_and_userinfo() {
    type End = fn(&Server, &mut Browser, &Tokens);
    // (name, how, whether the refresh token ends too)
    let ways: [(&str, End, bool); 7] = [
        (
            "refresh token revoked",
            |server, _, tokens| {
                assert_eq!(SPA.revoke(server, tokens.refresh()).status, 200);
            },
            true,
        ),
        (
            "access token revoked",
            |server, _, tokens| {
                assert_eq!(SPA.revoke(server, &tokens.access).status, 200);
            },
            false,
        ),
        (
            "application removed",
            |_, browser, _| {
                let visit = account(browser);
                press_only(browser, &visit, "remove_app");
            },
            true,
        ),
        (
            "signed out",
            |server, browser, tokens| {
                let hint = [("id_token_hint", tokens.id())];
                browser.get(&format!(
                    "{}?{}",
                    server.url("/logout"),
                    http::encode(&hint)
                ));
            },
            true,
        ),
        (
            "session ended",
            |_, browser, _| {
                let visit = account(browser);
                press_only(browser, &visit, "end_session");
            },
            true,
        ),
        (
            "signed out everywhere",
            |_, browser, _| {
                let visit = account(browser);
                press_only(browser, &visit, "end_sessions");
            },
            true,
        ),
        (
            "revoked with a wrong hint",
            |server, _, tokens| {
                let fields = [
                    ("token", tokens.refresh()),
                    ("token_type_hint", "access_token"),
                ];
                SPA.request(&server.url("/revoke"), &fields).send();
            },
            true,
        ),
    ];
    for (way, end, all) in ways {
        let (mut browser, _) = flow::newcomer(shared());
        let tokens = AuthorizationRequest::new(SPA)
            .with("scope", "openid api:read")
            .with("resource", "https://api.example/")
            .and("resource", &shared().issuer)
            .tokens(shared(), &mut browser);
        let userinfo = || {
            let request = http::get(&shared().url("/userinfo"));
            request.bearer(&tokens.access).send().status
        };
        // What another made of it (RFC 8693).
        let fields = [
            (
                "grant_type",
                "urn:ietf:params:oauth:grant-type:token-exchange",
            ),
            ("subject_token", &tokens.access),
            (
                "subject_token_type",
                "urn:ietf:params:oauth:token-type:access_token",
            ),
            ("resource", "https://api.example/"),
        ];
        let exchanged = AGENT.token(shared(), &fields).text("access_token");
        assert!(API.sees_active(shared(), &tokens.access), "{way}");
        assert!(API.sees_active(shared(), &exchanged), "{way}");
        assert_eq!(userinfo(), 200, "{way}");
        end(shared(), &mut browser, &tokens);
        assert!(!API.sees_active(shared(), &tokens.access), "{way}");
        assert!(!API.sees_active(shared(), &exchanged), "{way}");
        assert_eq!(userinfo(), 401, "{way}");
        assert_eq!(refreshes(SPA, &tokens), !all, "{way}");
    }
}

/// The commands work on the native server's own database.
mod native_only {
    use super::*;
    use crate::harness::server::CONFIG;
    use serde_json::Value;

    fn run(server: &Server, arguments: &[&str]) -> Value {
        let output = server.command(arguments);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Row 35: what operators end reaches as far.
    #[test]
    fn operators_see_and_end_what_people_see_and_end() {
        let server = Server::start(CONFIG);
        for (command, offline_ends) in [
            (vec!["user", "sign-out"], false),
            (vec!["user", "sign-out", "--apps"], true),
            (vec!["user", "disable"], true),
            (vec!["user", "remove"], true),
        ] {
            let (mut browser, email) = flow::newcomer(&server);
            let request = AuthorizationRequest::new(SPA).with("scope", "openid email");
            let with_it = request.tokens(&server, &mut browser);
            let without_it = AuthorizationRequest::new(SPA).tokens(&server, &mut browser);
            let grants = run(&server, &["user", "grants", &email, "--json"]);
            let grants = grants["grants"].as_array().expect("grants").clone();
            assert_eq!(grants.len(), 2, "{grants:?}");
            assert!(grants.iter().all(|grant| grant["client_id"] == "spa"));
            let sessions = run(&server, &["user", "sessions", &email, "--json"]);
            assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(1));
            run(&server, &[&command[..], &[&email, "--json"]].concat());
            SPA.refresh(&server, with_it.refresh())
                .assert_error(400, "invalid_grant");
            assert_eq!(
                SPA.refresh(&server, without_it.refresh()).status != 200,
                offline_ends,
                "{command:?}"
            );
            let visit = browser.get(&server.url("/account"));
            assert!(
                !visit.text().contains("Where you are signed in"),
                "{command:?}"
            );
        }
        let (mut browser, email) = flow::newcomer(&server);
        let tokens = AuthorizationRequest::new(SPA).tokens(&server, &mut browser);
        let grants = run(&server, &["user", "grants", &email, "--json"]);
        let id = grants["grants"][0]["grant"].as_str().expect("an id");
        run(&server, &["grant", "revoke", "--json", id]);
        SPA.refresh(&server, tokens.refresh())
            .assert_error(400, "invalid_grant");
    }
}
