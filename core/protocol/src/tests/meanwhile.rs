//! What becomes of a grant or a sign-in when something changed since: the configuration, the policy, the keys, the clock; and
//! requests that another site makes a browser send.

use super::*;
use crate::policy::{Decision, Denial, Input};
use base64::Engine as _;

fn tokens(visitor: &Visitor<'_>, client_id: &str) -> Value {
    body(&redeem(visitor, client_id, &code(visitor, client_id)))
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

#[test]
fn a_rotated_token_is_no_better_than_its_successor_once_that_has_expired() {
    let memory = host();
    let server = json!({
        "issuer": "https://id.example", "refresh_reuse_window_s": 3600,
        "lifetimes": { "refresh_token_s": 60, "access_token_s": 3600 },
    });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), server.to_string());
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    assert_eq!(
        refresh(&visitor, "app", &text(&first, "refresh_token")).status,
        200
    );
    memory.now.set(memory.now.get() + 3000);
    assert_eq!(
        error(&refresh(&visitor, "app", &text(&first, "refresh_token"))).1,
        "invalid_grant"
    );
}

#[test]
fn a_used_code_without_its_verifier_revokes_nothing() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let code = code(&visitor, "app");
    let first = body(&redeem(&visitor, "app", &code));
    for verifier in [String::new(), format!("&code_verifier={}", "a".repeat(43))] {
        let form = format!("grant_type=authorization_code&client_id=app&code={code}{verifier}");
        assert_eq!(error(&visitor.post("/token", &form)).1, "invalid_grant");
    }
    assert_eq!(
        refresh(&visitor, "app", &text(&first, "refresh_token")).status,
        200
    );
}

#[test]
fn rfc6749_s5_2_a_policy_that_takes_a_grant_back_is_invalid_grant() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    memory
        .tamper
        .set(Some(|_: &Input, decision: &mut Decision| {
            decision.deny = Some(Denial {
                reason: "night".to_owned(),
                message: None,
            });
        }));
    assert_eq!(
        error(&refresh(&visitor, "app", &text(&first, "refresh_token"))),
        (400, "invalid_grant".to_owned())
    );
}

#[test]
fn a_policy_that_leaves_no_scope_leaves_no_token() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    memory
        .tamper
        .set(Some(|_: &Input, decision: &mut Decision| {
            decision.scopes.clear();
        }));
    assert_eq!(
        error(&refresh(&visitor, "app", &text(&first, "refresh_token"))).1,
        "invalid_scope"
    );
}

#[test]
fn a_resource_that_the_operator_withdrew_is_no_longer_granted() {
    let memory = host();
    let resource = json!({ "uri": "https://mcp.example/" }).to_string();
    memory
        .sections
        .borrow_mut()
        .insert("resource/https://mcp.example/".to_owned(), resource);
    let visitor = Visitor::new(&memory);
    let back = sign_in(&visitor, "app", "&resource=https://mcp.example/");
    let first = body(&redeem(&visitor, "app", &parameter(&back, "code").unwrap()));
    memory
        .sections
        .borrow_mut()
        .remove("resource/https://mcp.example/");
    assert_eq!(
        error(&refresh(&visitor, "app", &text(&first, "refresh_token"))).1,
        "invalid_target"
    );
}

#[test]
fn rfc9068_s4_userinfo_refuses_a_token_for_another_resource() {
    let memory = host();
    let resource = json!({ "uri": "https://mcp.example/" }).to_string();
    memory
        .sections
        .borrow_mut()
        .insert("resource/https://mcp.example/".to_owned(), resource);
    let visitor = Visitor::new(&memory);
    for (resources, status) in [
        ("&resource=https://mcp.example/", 401),
        (
            "&resource=https://mcp.example/&resource=https://id.example",
            200,
        ),
    ] {
        let back = sign_in(&visitor, "app", resources);
        let tokens = body(&redeem(&visitor, "app", &parameter(&back, "code").unwrap()));
        let bearer = format!("Bearer {}", text(&tokens, "access_token"));
        assert_eq!(
            visitor.send("GET", "/userinfo", "", Some(&bearer)).status,
            status
        );
    }
}

#[test]
fn tokens_of_a_client_that_was_removed_are_dead() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let bearer = format!("Bearer {}", text(&tokens(&visitor, "app"), "access_token"));
    assert_eq!(
        visitor.send("GET", "/userinfo", "", Some(&bearer)).status,
        200
    );
    memory.sections.borrow_mut().remove("client/app");
    assert_eq!(
        visitor.send("GET", "/userinfo", "", Some(&bearer)).status,
        401
    );
}

#[test]
fn a_grant_without_offline_access_lives_no_longer_than_a_session_can() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let mut token = text(&tokens(&visitor, "app"), "refresh_token");
    for _ in 0..13 {
        memory.now.set(memory.now.get() + 86_400);
        token = text(&body(&refresh(&visitor, "app", &token)), "refresh_token");
    }
    memory.now.set(memory.now.get() + 86_400);
    assert_eq!(error(&refresh(&visitor, "app", &token)).1, "invalid_grant");
}

#[test]
fn a_secret_sent_by_basic_without_encoding_is_the_same_secret() {
    let memory = host();
    let secret = "ab+cd/efghijkl%mnop==";
    let metadata = json!({
        "client_id": "machine", "client_secret": secret, "grant_types": ["client_credentials"], "scope": "read",
    });
    let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
    let answer: Value =
        serde_json::from_str(&crate::administration::run(&command, &memory).unwrap()).unwrap();
    memory
        .sections
        .borrow_mut()
        .insert("client/machine".to_owned(), answer["client"].to_string());
    let visitor = Visitor::new(&memory);
    for sent in [
        secret.to_owned(),
        "ab%2Bcd%2Fefghijkl%25mnop%3D%3D".to_owned(),
    ] {
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("machine:{sent}"));
        let basic = format!("Basic {encoded}");
        assert_eq!(
            visitor
                .send(
                    "POST",
                    "/token",
                    "grant_type=client_credentials",
                    Some(&basic)
                )
                .status,
            200,
            "{sent}"
        );
    }
}

#[test]
fn a_hint_that_cannot_be_verified_proves_nothing_and_stops_nothing() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let hint = text(&tokens(&visitor, "app"), "id_token");
    let parts: Vec<&str> = hint.split('.').collect();
    let header = crate::secret::base64url(br#"{"alg":"RS256","typ":"JWT","kid":"retired"}"#);
    let old = format!("{header}.{}.{}", parts[1], parts[2]);
    let asked = visitor.get(&format!("/logout?id_token_hint={old}"));
    let Body::Page(page) = asked.body else {
        panic!()
    };
    assert!(matches!(*page, crate::page::Page::ConfirmSignOut(_)));
    let silent = visitor.get(&authorize_url(
        "app",
        &format!("&prompt=none&id_token_hint={old}"),
    ));
    assert_eq!(
        parameter(location(&silent), "error").as_deref(),
        Some("login_required")
    );
}

/// What a browser sends when a form on another site is submitted: no cookie that is `SameSite=Lax`.
#[test]
fn a_post_from_another_site_is_sent_again_by_get_and_changes_nothing() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let tokens = tokens(&visitor, "app");
    let elsewhere = Visitor::new(&memory);
    let hint = text(&tokens, "id_token");
    let again = elsewhere.post("/logout", &format!("id_token_hint={hint}"));
    assert_eq!(location(&again), format!("/logout?id_token_hint={hint}"));
    assert!(
        again.headers.iter().all(|(name, _)| *name != "set-cookie"),
        "{again:?}"
    );
    assert_eq!(
        refresh(&visitor, "app", &text(&tokens, "refresh_token")).status,
        200
    );
    visitor.get(location(&again));
    assert_eq!(
        refresh(&visitor, "app", &text(&tokens, "refresh_token")).status,
        400,
        "the same with cookies"
    );

    let (path, form) = (
        "/authorize",
        authorize_url("web", "&prompt=none").replace("/authorize?", ""),
    );
    let again = elsewhere.post(path, &form);
    assert!(
        location(&again).starts_with("/authorize?response_type=code"),
        "{again:?}"
    );
    assert!(
        again.headers.iter().all(|(name, _)| *name != "set-cookie"),
        "{again:?}"
    );
}

#[test]
fn signing_out_while_a_code_is_made_leaves_no_code() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let cookies = visitor.cookies.borrow().clone();
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        let other = Visitor::new(memory);
        *other.cookies.borrow_mut() = cookies;
        let Body::Page(page) = other.get("/logout").body else {
            panic!()
        };
        let crate::page::Page::ConfirmSignOut(page) = *page else {
            panic!()
        };
        let csrf = &page
            .fields
            .iter()
            .find(|(name, _)| name == "csrf")
            .unwrap()
            .1;
        other.post("/logout", &format!("csrf={csrf}&decision=sign_out"));
    }));
    let answer = visitor.get(&authorize_url("web", ""));
    assert!(parameter(location(&answer), "code").is_none(), "{answer:?}");
    assert!(
        memory
            .rows
            .borrow()
            .keys()
            .all(|key| !key.starts_with("session/"))
    );
}

#[test]
fn indexes_that_a_crash_left_behind_lock_nobody_out() {
    let memory = host();
    sign_in(&Visitor::new(&memory), "app", "");
    let key = memory
        .rows
        .borrow()
        .keys()
        .find(|key| key.starts_with("user/"))
        .unwrap()
        .clone();
    memory.rows.borrow_mut().remove(&key);
    crate::administration::run(
        r#"{"command":"user.add","email":"ada@example.org"}"#,
        &memory,
    )
    .unwrap();
    assert!(sign_in(&Visitor::new(&memory), "app", "").contains("code="));
}

#[test]
fn an_address_whose_index_a_crash_lost_is_found_again() {
    let memory = host();
    sign_in(&Visitor::new(&memory), "app", "");
    let key = memory
        .rows
        .borrow()
        .keys()
        .find(|key| key.starts_with("email/"))
        .unwrap()
        .clone();
    memory.rows.borrow_mut().remove(&key);
    sign_in(&Visitor::new(&memory), "app", "");
    *memory.identity.borrow_mut() = identity("elsewhere", Some("ada@example.org"), true);
    sign_in(&Visitor::new(&memory), "app", "");
    assert_eq!(
        memory
            .rows
            .borrow()
            .keys()
            .filter(|key| key.starts_with("user/"))
            .count(),
        1
    );
}

/// Two browsers of one new person: the second meets the user while the first is still writing the indexes to it.
#[test]
fn of_two_first_sign_ins_both_are_the_same_person() {
    let memory = host();
    let (sender, receiver) = std::sync::mpsc::channel();
    *memory.before_email_index.borrow_mut() = Some(Box::new(move |memory| {
        sender.send(code(&Visitor::new(memory), "app")).unwrap();
    }));
    let visitor = Visitor::new(&memory);
    let own = code(&visitor, "app");
    for code in [own, receiver.recv().unwrap()] {
        assert_eq!(redeem(&visitor, "app", &code).status, 200);
    }
    let users = memory
        .rows
        .borrow()
        .keys()
        .filter(|key| key.starts_with("user/"))
        .count();
    assert_eq!(users, 1);
}
