//! Codes and refresh tokens.

use super::*;

fn tokens(visitor: &Visitor<'_>, client_id: &str) -> Value {
    let answer = redeem(visitor, client_id, &code(visitor, client_id));
    assert_eq!(answer.status, 200, "{answer:?}");
    body(&answer)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

#[test]
fn rfc6749_s4_1_2_a_replayed_code_revokes_the_grant() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let code = code(&visitor, "app");
    let first = body(&redeem(&visitor, "app", &code));
    assert_eq!(error(&redeem(&visitor, "app", &code)), invalid_grant());
    assert_eq!(
        error(&refresh(&visitor, "app", text(&first, "refresh_token"))),
        invalid_grant()
    );
}

#[test]
fn a_replay_by_another_client_changes_nothing() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let code = code(&visitor, "app");
    assert_eq!(error(&redeem(&visitor, "strict", &code)), invalid_grant());
    let first = body(&redeem(&visitor, "app", &code));
    assert_eq!(error(&redeem(&visitor, "strict", &code)), invalid_grant());
    assert_eq!(
        refresh(&visitor, "app", text(&first, "refresh_token")).status,
        200
    );
}

#[test]
fn of_two_racing_redemptions_one_wins_and_the_grant_is_revoked() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let code = code(&visitor, "app");
    let rival = code.clone();
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        assert_eq!(redeem(&Visitor::new(memory), "app", &rival).status, 200);
    }));
    assert_eq!(error(&redeem(&visitor, "app", &code)), invalid_grant());
    assert!(
        memory
            .rows
            .borrow()
            .keys()
            .all(|key| !key.starts_with("grant/"))
    );
}

#[test]
fn a_refused_redemption_leaves_the_code_usable() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let code = code(&visitor, "app");
    let form = format!(
        "grant_type=authorization_code&client_id=app&code={code}&code_verifier={}",
        "a".repeat(43)
    );
    assert_eq!(error(&visitor.post("/token", &form)), invalid_grant());
    let form = format!(
        "grant_type=authorization_code&client_id=app&code={code}&code_verifier={VERIFIER}&resource=https://no.example"
    );
    assert_eq!(
        error(&visitor.post("/token", &form)),
        (400, "invalid_target".to_owned())
    );
    assert_eq!(redeem(&visitor, "app", &code).status, 200);
}

#[test]
fn codes_expire() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let code = code(&visitor, "app");
    memory.now.set(memory.now.get() + 60);
    assert_eq!(error(&redeem(&visitor, "app", &code)), invalid_grant());
}

#[test]
fn a_lost_answer_inside_the_window_gets_the_same_successor_without_a_write() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    let old = text(&first, "refresh_token");
    let next = body(&refresh(&visitor, "app", old));
    let rows = memory.rows.borrow().clone();
    memory.now.set(memory.now.get() + 29);
    let again = body(&refresh(&visitor, "app", old));
    assert_eq!(text(&next, "refresh_token"), text(&again, "refresh_token"));
    assert_ne!(text(&next, "refresh_token"), old);
    assert_eq!(*memory.rows.borrow(), rows);
}

#[test]
fn a_retry_two_rotations_late_gets_the_newest_token_which_stays_good() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    let second = body(&refresh(&visitor, "app", text(&first, "refresh_token")));
    let third = body(&refresh(&visitor, "app", text(&second, "refresh_token")));
    let late = body(&refresh(&visitor, "app", text(&first, "refresh_token")));
    assert_eq!(text(&late, "refresh_token"), text(&third, "refresh_token"));
    memory.now.set(memory.now.get() + 300);
    assert_eq!(
        refresh(&visitor, "app", text(&late, "refresh_token")).status,
        200
    );
}

#[test]
fn rfc9700_s4_14_2_reuse_after_the_window_revokes_the_grant() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    let next = body(&refresh(&visitor, "app", text(&first, "refresh_token")));
    memory.now.set(memory.now.get() + 30);
    assert_eq!(
        error(&refresh(&visitor, "app", text(&first, "refresh_token"))),
        invalid_grant()
    );
    assert_eq!(
        error(&refresh(&visitor, "app", text(&next, "refresh_token"))),
        invalid_grant()
    );
}

#[test]
fn a_window_of_zero_is_strict() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "strict");
    let next = body(&refresh(&visitor, "strict", text(&first, "refresh_token")));
    assert_eq!(
        error(&refresh(&visitor, "strict", text(&first, "refresh_token"))),
        invalid_grant()
    );
    assert_eq!(
        error(&refresh(&visitor, "strict", text(&next, "refresh_token"))),
        invalid_grant()
    );
}

#[test]
fn who_knows_only_the_id_of_a_grant_cannot_have_it_revoked() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    let token = text(&first, "refresh_token");
    let parts: Vec<&str> = token.split('.').collect();
    for forged in [
        format!("{}.{}.{}", parts[0], "A".repeat(43), parts[2]),
        format!("{}.{}.{}", parts[0], "A".repeat(43), "A".repeat(43)),
    ] {
        assert_eq!(error(&refresh(&visitor, "app", &forged)), invalid_grant());
    }
    assert_eq!(
        error(&refresh(&visitor, "strict", token)),
        invalid_grant(),
        "another client"
    );
    assert_eq!(refresh(&visitor, "app", token).status, 200);
}

#[test]
fn of_two_racing_refreshes_both_get_the_same_successor() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    let token = text(&first, "refresh_token").to_owned();
    let rival = token.clone();
    let (sender, receiver) = std::sync::mpsc::channel();
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        sender
            .send(body(&refresh(&Visitor::new(memory), "app", &rival)))
            .unwrap();
    }));
    let mine = body(&refresh(&visitor, "app", &token));
    assert_eq!(
        text(&mine, "refresh_token"),
        text(&receiver.recv().unwrap(), "refresh_token")
    );
}

#[test]
fn nothing_that_is_kept_holds_a_token_or_makes_one() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let code = code(&visitor, "app");
    let first = body(&redeem(&visitor, "app", &code));
    let next = body(&refresh(&visitor, "app", text(&first, "refresh_token")));
    let cookies = visitor.cookies.borrow().clone();
    let tokens = [
        &code,
        text(&first, "refresh_token"),
        text(&next, "refresh_token"),
    ];
    let session_secrets = cookies
        .values()
        .map(|cookie| cookie.rsplit('.').next().unwrap());
    for secret in tokens
        .iter()
        .flat_map(|token| token.split('.').skip(1))
        .chain(session_secrets)
    {
        for (key, (value, ..)) in memory.rows.borrow().iter() {
            assert!(
                !key.contains(secret) && !String::from_utf8_lossy(value).contains(secret),
                "{key} holds {secret}"
            );
        }
        assert!(
            memory
                .events
                .borrow()
                .iter()
                .all(|(_, fields)| !fields.contains(secret)),
            "logged"
        );
    }
}

#[test]
fn an_outage_is_503_and_changes_nothing() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    memory.outage.set(true);
    let refused = refresh(&visitor, "app", text(&first, "refresh_token"));
    assert_eq!(error(&refused), (503, "temporarily_unavailable".to_owned()));
    memory.outage.set(false);
    assert_eq!(
        refresh(&visitor, "app", text(&first, "refresh_token")).status,
        200
    );
}

#[test]
fn a_policy_that_widens_or_sets_reserved_claims_denies() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    let widen: fn(&crate::policy::Input, &mut crate::policy::Decision) =
        |_, decision| decision.scopes.push("admin".to_owned());
    let reserve: fn(&crate::policy::Input, &mut crate::policy::Decision) = |_, decision| {
        decision
            .claims
            .push(("sub".to_owned(), "\"root\"".to_owned()));
    };
    for tamper in [widen, reserve] {
        memory.tamper.set(Some(tamper));
        let refused = refresh(&visitor, "app", text(&first, "refresh_token"));
        assert_eq!(error(&refused), (503, "temporarily_unavailable".to_owned()));
    }
    memory.tamper.set(None);
    assert_eq!(
        refresh(&visitor, "app", text(&first, "refresh_token")).status,
        200
    );
}

#[test]
fn disabling_a_user_ends_what_they_granted_and_enabling_brings_none_of_it_back() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, "app");
    for command in ["user.disable", "user.enable"] {
        let command = json!({ "command": command, "user": "ada@example.org" }).to_string();
        crate::administration::run(&command, &memory).unwrap();
        assert_eq!(
            error(&refresh(&visitor, "app", text(&first, "refresh_token"))),
            invalid_grant()
        );
    }
}

#[test]
fn a_changed_credential_ends_other_sessions_and_grants() {
    let memory = host();
    let (visitor, other) = (Visitor::new(&memory), Visitor::new(&memory));
    let first = tokens(&other, "app");
    memory.identity.borrow_mut().credential_changed = true;
    let own = tokens(&visitor, "app");
    assert_eq!(
        error(&refresh(&other, "app", text(&first, "refresh_token"))),
        invalid_grant()
    );
    assert_eq!(
        refresh(&visitor, "app", text(&own, "refresh_token")).status,
        200
    );
    let silent = other.get(&authorize_url("web", "&prompt=none"));
    assert_eq!(
        parameter(location(&silent), "error").as_deref(),
        Some("login_required")
    );
}

/// Who removes a client because its tokens were stolen, and registers it anew, must not hand them back.
#[test]
fn what_a_removed_client_was_given_does_not_come_back_with_its_name() {
    let memory = host();
    let run = |command: Value| crate::administration::run(&command.to_string(), &memory).unwrap();
    let add = || {
        run(json!({ "command": "client.add", "metadata": {
            "client_id": "again", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid email read",
        } }))
    };
    add();
    let visitor = Visitor::new(&memory);
    let tokens = body(&redeem(&visitor, "again", &code(&visitor, "again")));
    let unused = code(&visitor, "again");
    let header = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let told = || visitor.send("GET", "/userinfo", "", Some(&header)).status;
    assert_eq!(told(), 200);
    let silent = || {
        let back = visitor.get(&authorize_url("again", "&prompt=none"));
        parameter(location(&back), "error")
    };
    assert_eq!(silent(), None);
    run(json!({ "command": "client.remove", "client_id": "again" }));
    assert_eq!(told(), 401);
    memory.now.set(memory.now.get() + 5);
    add();
    assert_eq!(told(), 401);
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    let refused = (400, "invalid_grant".to_owned());
    assert_eq!(error(&refresh(&visitor, "again", refresh_token)), refused);
    assert_eq!(error(&redeem(&visitor, "again", &unused)), refused);
    assert_eq!(silent(), Some("consent_required".to_owned()));
    let anew = body(&redeem(&visitor, "again", &code(&visitor, "again")));
    assert!(anew["access_token"].is_string(), "{anew}");
}
