//! Sign-ins, sessions, users, consent.

use super::*;
use crate::page::{ErrorKind, Page};
use crate::ports::Records as _;
use crate::time::UnixTime;

fn error_kind(answer: &Answer) -> Option<ErrorKind> {
    match &answer.body {
        Body::Page(page) => match page.as_ref() {
            Page::Error(page) => Some(page.kind),
            _ => None,
        },
        _ => None,
    }
}

#[test]
fn rfc9207_answers_carry_iss_and_state() {
    let memory = host();
    let back = sign_in(&Visitor::new(&memory), "app", "");
    assert_eq!(
        parameter(&back, "iss").as_deref(),
        Some("https://id.example")
    );
    assert_eq!(parameter(&back, "state").as_deref(), Some("s"));
}

#[test]
fn a_link_to_someone_elses_sign_in_is_worth_nothing() {
    let memory = host();
    let (attacker, victim) = (Visitor::new(&memory), Visitor::new(&memory));
    let begun = attacker.get(&authorize_url("app", ""));
    for target in [
        location(&begun).to_owned(),
        location(&begun).replace("/test/authorize", "/consent"),
    ] {
        assert_eq!(
            error_kind(&victim.get(&target)),
            Some(ErrorKind::SignInExpired)
        );
    }
}

#[test]
fn the_session_is_a_new_one_after_every_sign_in() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "app", "");
    let before = visitor.cookies.borrow().clone();
    sign_in(&visitor, "app", "&prompt=login");
    let after = visitor.cookies.borrow().clone();
    assert_ne!(
        before["__Host-doorward-session"],
        after["__Host-doorward-session"]
    );
    *visitor.cookies.borrow_mut() = before;
    let silent = visitor.get(&authorize_url("web", "&prompt=none"));
    assert_eq!(
        parameter(location(&silent), "error").as_deref(),
        Some("login_required")
    );
}

#[test]
fn a_sign_in_leads_to_one_code_however_often_the_form_is_sent() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let signed_in = visitor.get(location(&visitor.get(&authorize_url("app", ""))));
    let page = visitor.get(location(&signed_in));
    let Body::Page(page) = page.body else {
        panic!()
    };
    let Page::Consent(consent) = *page else {
        panic!()
    };
    let form = format!(
        "transaction={}&csrf={}&decision=allow",
        consent.transaction, consent.csrf
    );
    assert!(location(&visitor.post("/consent", &form)).starts_with("https://app.example/cb?code="));
    assert_eq!(
        error_kind(&visitor.post("/consent", &form)),
        Some(ErrorKind::SignInExpired)
    );
}

/// Signs in as whoever the provider says, as far as the consent form; returns the form as allowed.
fn as_far_as_consent(visitor: &Visitor<'_>, client_id: &str) -> String {
    let signed_in = visitor.get(location(
        &visitor.get(&authorize_url(client_id, "&prompt=login")),
    ));
    let page = visitor.get(location(&signed_in));
    let Body::Page(page) = page.body else {
        panic!()
    };
    let Page::Consent(consent) = *page else {
        panic!()
    };
    format!(
        "transaction={}&csrf={}&decision=allow",
        consent.transaction, consent.csrf
    )
}

fn email(visitor: &Visitor<'_>, client_id: &str, answer: &Answer) -> String {
    let code = parameter(location(answer), "code").unwrap_or_else(|| panic!("{answer:?}"));
    let tokens = body(&redeem(visitor, client_id, &code));
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    body(&visitor.send("GET", "/userinfo", "", Some(&bearer)))["email"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn consent_is_given_by_the_person_who_was_asked_whoever_signs_in_in_another_tab() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let ada = as_far_as_consent(&visitor, "app");
    *memory.identity.borrow_mut() = identity("2", Some("bob@example.org"), true);
    let bob = as_far_as_consent(&visitor, "app");
    assert_eq!(
        email(&visitor, "app", &visitor.post("/consent", &ada)),
        "ada@example.org"
    );
    assert_eq!(
        email(&visitor, "app", &visitor.post("/consent", &bob)),
        "bob@example.org"
    );
}

#[test]
fn a_form_shown_to_one_person_is_no_consent_of_another() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let ada = as_far_as_consent(&visitor, "app");
    let transaction = parameter(&format!("?{ada}"), "transaction").unwrap();
    *memory.identity.borrow_mut() = identity("2", Some("bob@example.org"), true);
    visitor.get(&format!("/test/authorize?transaction={transaction}"));
    let asked_again = visitor.post("/consent", &ada);
    let Body::Page(page) = asked_again.body else {
        panic!("{asked_again:?}")
    };
    assert!(matches!(*page, Page::Consent(ref page) if page.account == "bob@example.org"));
}

#[test]
fn signing_out_ends_what_was_begun_in_every_tab() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = as_far_as_consent(&visitor, "app");
    let second = as_far_as_consent(&visitor, "app");
    let asked = visitor.get("/logout");
    let Body::Page(page) = asked.body else {
        panic!()
    };
    let Page::ConfirmSignOut(confirm) = *page else {
        panic!()
    };
    let csrf = &confirm
        .fields
        .iter()
        .find(|(name, _)| name == "csrf")
        .unwrap()
        .1;
    visitor.post("/logout", &format!("decision=sign_out&csrf={csrf}"));
    for form in [first, second] {
        let answer = visitor.post("/consent", &form);
        assert!(
            location(&answer).starts_with("/test/authorize"),
            "{answer:?}"
        );
    }
}

#[test]
fn signing_out_ends_the_grants_of_everyone_who_used_this_browser() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let ada = body(&redeem(&visitor, "app", &code(&visitor, "app")));
    *memory.identity.borrow_mut() = identity("2", Some("bob@example.org"), true);
    let back = sign_in(&visitor, "app", "&prompt=login");
    let bob = body(&redeem(&visitor, "app", &parameter(&back, "code").unwrap()));
    visitor.get(&format!(
        "/logout?id_token_hint={}",
        bob["id_token"].as_str().unwrap()
    ));
    for tokens in [ada, bob] {
        assert_eq!(
            refresh(&visitor, "app", tokens["refresh_token"].as_str().unwrap()).status,
            400
        );
    }
}

#[test]
fn two_tabs_do_not_disturb_each_other() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = visitor.get(&authorize_url("app", ""));
    let second = visitor.get(&authorize_url("strict", ""));
    for begun in [second, first] {
        let page = visitor.get(location(&visitor.get(location(&begun))));
        let Body::Page(page) = page.body else {
            panic!()
        };
        assert!(matches!(*page, Page::Consent(_)));
    }
}

#[test]
fn prompt_none_never_shows_a_page() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let error = |answer: &Answer| parameter(location(answer), "error");
    assert_eq!(
        error(&visitor.get(&authorize_url("web", "&prompt=none"))).as_deref(),
        Some("login_required")
    );
    sign_in(&visitor, "web", "");
    assert!(
        parameter(
            location(&visitor.get(&authorize_url("web", "&prompt=none"))),
            "code"
        )
        .is_some()
    );
    assert_eq!(
        error(&visitor.get(&authorize_url("app", "&prompt=none"))).as_deref(),
        Some("consent_required")
    );
    memory.now.set(memory.now.get() + 11);
    assert_eq!(
        error(&visitor.get(&authorize_url("web", "&prompt=none&max_age=10"))).as_deref(),
        Some("login_required")
    );
}

#[test]
fn an_address_merges_accounts_only_when_both_sides_verified_it() {
    let memory = host();
    let sub = |identity_: Identity| {
        *memory.identity.borrow_mut() = identity_;
        let visitor = Visitor::new(&memory);
        let tokens = body(&redeem(&visitor, "app", &code(&visitor, "app")));
        let answer = visitor.send(
            "GET",
            "/userinfo",
            "",
            Some(&format!(
                "Bearer {}",
                tokens["access_token"].as_str().unwrap()
            )),
        );
        body(&answer)["sub"].as_str().unwrap().to_owned()
    };
    let verified = sub(identity("1", Some("ada@example.org"), true));
    assert_eq!(
        verified,
        sub(identity("other", Some("ADA@example.org"), true)),
        "both verified"
    );
    assert_ne!(
        verified,
        sub(identity("squatter", Some("ada@example.org"), false)),
        "newcomer not verified"
    );
    let unverified = sub(identity("early", Some("eve@example.org"), false));
    assert_ne!(
        unverified,
        sub(identity("owner", Some("eve@example.org"), true)),
        "resident not verified"
    );
    assert_eq!(
        verified,
        sub(identity("1", None, false)),
        "an identity keeps its user"
    );
}

#[test]
fn signing_out_ends_the_session_and_its_grants_but_not_offline_ones() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let online = body(&redeem(&visitor, "app", &code(&visitor, "app")));
    let url =
        authorize_url("app", "").replace("scope=openid+email+read", "scope=openid+offline_access");
    let mut answer = visitor.get(&url);
    answer = visitor.get(location(&answer));
    let Body::Page(page) = answer.body else {
        panic!()
    };
    let Page::Consent(consent) = *page else {
        panic!()
    };
    answer = visitor.post(
        "/consent",
        &format!(
            "transaction={}&csrf={}&decision=allow",
            consent.transaction, consent.csrf
        ),
    );
    let offline = body(&redeem(
        &visitor,
        "app",
        &parameter(location(&answer), "code").unwrap(),
    ));
    let hint = offline["id_token"].as_str().unwrap();
    assert_eq!(
        visitor.get(&format!("/logout?id_token_hint={hint}")).status,
        200
    );
    assert_eq!(
        refresh(&visitor, "app", online["refresh_token"].as_str().unwrap()).status,
        400
    );
    assert_eq!(
        refresh(&visitor, "app", offline["refresh_token"].as_str().unwrap()).status,
        200
    );
    let silent = visitor.get(&authorize_url("web", "&prompt=none"));
    assert_eq!(
        parameter(location(&silent), "error").as_deref(),
        Some("login_required")
    );
}

#[test]
fn signing_out_without_proof_of_who_asks_is_confirmed_first() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let asked = visitor.get("/logout");
    let Body::Page(page) = asked.body else {
        panic!()
    };
    let Page::ConfirmSignOut(confirm) = *page else {
        panic!()
    };
    assert_eq!(
        visitor
            .post("/logout", "decision=sign_out&csrf=forged")
            .status,
        200
    );
    assert!(
        parameter(
            location(&visitor.get(&authorize_url("web", "&prompt=none"))),
            "code"
        )
        .is_some(),
        "still signed in"
    );
    let csrf = &confirm
        .fields
        .iter()
        .find(|(name, _)| name == "csrf")
        .unwrap()
        .1;
    visitor.post("/logout", &format!("decision=sign_out&csrf={csrf}"));
    assert!(
        parameter(
            location(&visitor.get(&authorize_url("web", "&prompt=none"))),
            "code"
        )
        .is_none(),
        "signed out"
    );
}

#[test]
fn remembered_consent_asks_again_for_more() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "app", "");
    assert!(
        parameter(location(&visitor.get(&authorize_url("app", ""))), "code").is_some(),
        "remembered"
    );
    let more = authorize_url("app", "").replace("scope=openid", "scope=openid+offline_access");
    assert!(
        location(&visitor.get(&more)).starts_with("/consent"),
        "asked again"
    );
    assert!(
        location(&visitor.get(&authorize_url("app", "&prompt=consent"))).starts_with("/consent"),
        "asked again"
    );
}

/// Whoever knows the public name of a person, or has an ID token of theirs, could otherwise ask of every browser whether it is theirs.
#[test]
fn core_s3_1_2_6_an_application_that_nobody_agreed_to_learns_of_nobody_whether_they_are_here() {
    let memory = host();
    let ada = Visitor::new(&memory);
    let tokens = body(&redeem(&ada, "app", &code(&ada, "app")));
    let hint = tokens["id_token"].as_str().unwrap();
    let bob = Visitor::new(&memory);
    *memory.identity.borrow_mut() = identity("2", Some("bob@example.org"), true);
    sign_in(&bob, "app", "");
    let named = json!({ "id_token": { "sub": { "value": claims_of(hint)["sub"] } } }).to_string();
    let named: String = form_urlencoded::byte_serialize(named.as_bytes()).collect();
    for extra in [
        format!("&id_token_hint={hint}"),
        format!("&claims={named}"),
        String::new(),
    ] {
        let silent = |visitor: &Visitor<'_>, client_id: &str| {
            let url = authorize_url(client_id, &format!("&prompt=none{extra}"));
            let url = url.replace("openid+email+read", "openid+read");
            parameter(location(&visitor.get(&url)), "error")
        };
        // To `strict` neither agreed, and it is told the same of both.
        let told = Some("consent_required".to_owned());
        assert_eq!(silent(&ada, "strict"), told, "{extra}");
        assert_eq!(silent(&bob, "strict"), told, "{extra}");
        // `app` they know.
        assert_eq!(silent(&ada, "app"), None, "{extra}");
        let other = (!extra.is_empty()).then(|| "login_required".to_owned());
        assert_eq!(silent(&bob, "app"), other, "{extra}");
    }
}

#[test]
fn signing_in_as_someone_else_than_the_hint_names_is_told_to_the_client() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let tokens = body(&redeem(&visitor, "app", &code(&visitor, "app")));
    let hint = tokens["id_token"].as_str().unwrap();
    let other = Visitor::new(&memory);
    *memory.identity.borrow_mut() = identity("2", None, false);
    let back = sign_in(&other, "app", &format!("&id_token_hint={hint}"));
    assert_eq!(parameter(&back, "error").as_deref(), Some("login_required"));
}

#[test]
fn prompt_login_asks_even_the_one_who_signed_in_this_second() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let begun = visitor.get(&authorize_url("web", "&prompt=login"));
    assert!(location(&begun).starts_with("/test/authorize"), "{begun:?}");
    let past_it = location(&begun).replace("/test/authorize", "/consent");
    let asked = visitor.get(&past_it);
    assert!(location(&asked).starts_with("/test/authorize"), "{asked:?}");
}

#[test]
fn one_network_cannot_fill_the_store_with_sign_ins() {
    let memory = host();
    let from = |address: &'static str| {
        let mut visitor = Visitor::new(&memory);
        visitor.address = Some(address);
        visitor.get(&authorize_url("app", "")).status
    };
    assert_eq!(from("2001:db8:0:1::1"), 303);
    let window_ends = UnixTime(memory.now.get() + 600);
    memory
        .increment("starts/2001:db8:0:1", crate::login::MAX_STARTS, window_ends)
        .unwrap();
    assert_eq!(from("2001:db8:0:1::2"), 429);
    assert_eq!(from("2001:db8:0:2::1"), 303, "another network");
    assert_eq!(from("127.0.0.1"), 303, "this machine");
    memory.now.set(memory.now.get() + 600);
    assert_eq!(from("2001:db8:0:1::2"), 303, "later");
}

/// A host that does not know where a request came from, or a header that says nothing, is no way around the bound.
#[test]
fn what_comes_from_nobody_knows_where_counts_together() {
    let memory = host();
    let from = |address: Option<&'static str>| {
        let visitor = Visitor {
            address,
            ..Visitor::new(&memory)
        };
        visitor.get(&authorize_url("app", "")).status
    };
    let window_ends = UnixTime(memory.now.get() + 600);
    let most = crate::login::MAX_STARTS_OF_UNKNOWN;
    memory
        .increment("starts/unknown", most, window_ends)
        .unwrap();
    assert_eq!((from(None), from(Some("unknown"))), (429, 429));
    assert_eq!(from(Some("203.0.113.7")), 303, "who is known");
    assert_eq!(from(Some("::1")), 303, "this machine");
    memory.now.set(memory.now.get() + 600);
    assert_eq!(from(None), 303, "later");
}

/// RFC 9700 §4.11: whoever registers a client can have a hint for it too, so that a hint makes no difference.
#[test]
fn signing_out_sends_nobody_on_to_strangers_who_was_not_signed_in() {
    let memory = host();
    change_client(&memory, "app", |client| {
        client["post_logout_redirect_uris"] = json!(["https://evil.example/"]);
    });
    let visitor = Visitor::new(&memory);
    let tokens = body(&redeem(&visitor, "app", &code(&visitor, "app")));
    let hint = tokens["id_token"].as_str().unwrap();
    let back = "post_logout_redirect_uri=https://evil.example/";
    let named = format!("/logout?client_id=app&{back}");
    let hinted = format!("/logout?id_token_hint={hint}&{back}");
    for trust in ["dynamic", "metadata_document", "declared"] {
        change_client(&memory, "app", |client| client["trust"] = json!(trust));
        let expected = match trust {
            "declared" => (303, "https://evil.example/"),
            _ => (200, ""),
        };
        for url in [&named, &hinted] {
            let answer = Visitor::new(&memory).get(url);
            assert_eq!(
                (answer.status, location(&answer)),
                expected,
                "{trust} {url}"
            );
        }
    }
    change_client(&memory, "app", |client| client["trust"] = json!("dynamic"));
    let answer = visitor.get(&hinted);
    assert_eq!(location(&answer), "https://evil.example/", "{answer:?}");
}
