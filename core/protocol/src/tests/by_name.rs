//! Single claims by name (OpenID Connect Core §5.5), and answers that are posted.

use super::*;
use crate::page::{Consent, FormPost, Page};
use crate::policy::{Decision, Input};

fn host_with_profiles() -> Memory {
    let memory = host();
    change_client(&memory, "app", |client| {
        client["scope"] = json!("openid profile email read");
    });
    memory.identity.borrow_mut().claims = vec![
        ("name".to_owned(), "\"Ada\"".to_owned()),
        ("birthdate".to_owned(), "\"1815-12-10\"".to_owned()),
    ];
    memory
}

/// A request for `openid` alone, and these claims.
fn url(claims: &Value, extra: &str) -> String {
    let claims = form_urlencoded::Serializer::new(String::new())
        .append_pair("claims", &claims.to_string())
        .finish();
    authorize_url("app", &format!("&{claims}{extra}")).replace("openid+email+read", "openid")
}

fn tokens(visitor: &Visitor<'_>, url: &str) -> Value {
    let code = parameter(&allow(visitor, url), "code").unwrap();
    body(&redeem(visitor, "app", &code))
}

fn userinfo(visitor: &Visitor<'_>, tokens: &Value) -> Value {
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    body(&visitor.send("GET", "/userinfo", "", Some(&bearer)))
}

fn consent(answer: Answer) -> Consent {
    match answer.body {
        Body::Page(page) => match *page {
            Page::Consent(consent) => consent,
            other => panic!("{other:?}"),
        },
        _ => panic!("{answer:?}"),
    }
}

#[test]
fn s5_5_each_claim_is_told_where_it_was_asked_for_and_nowhere_else() {
    let memory = host_with_profiles();
    let visitor = Visitor::new(&memory);
    let asked =
        json!({ "id_token": { "name": null }, "userinfo": { "email": { "essential": true } } });
    let tokens = tokens(&visitor, &url(&asked, ""));
    assert_eq!(tokens["scope"], "openid");
    let id = claims_of(tokens["id_token"].as_str().unwrap());
    assert_eq!((&id["name"], &id["email"]), (&json!("Ada"), &Value::Null));
    let told = userinfo(&visitor, &tokens);
    assert_eq!(told["email"], "ada@example.org");
    assert!(told["name"].is_null() && told["birthdate"].is_null());
    // From refresh to refresh.
    let again = refresh(&visitor, "app", tokens["refresh_token"].as_str().unwrap());
    assert_eq!(
        userinfo(&visitor, &body(&again))["email"],
        "ada@example.org"
    );
}

#[test]
fn s5_5_1_a_claim_with_another_value_is_not_told() {
    let memory = host_with_profiles();
    let visitor = Visitor::new(&memory);
    let asked = json!({ "userinfo": { "name": { "value": "Bob" }, "birthdate": { "values": ["x", "1815-12-10"] } } });
    let told = userinfo(&visitor, &tokens(&visitor, &url(&asked, "")));
    assert_eq!(
        (&told["name"], &told["birthdate"]),
        (&Value::Null, &json!("1815-12-10"))
    );
}

#[test]
fn what_the_person_was_not_asked_about_is_never_told() {
    let memory = host_with_profiles();
    let visitor = Visitor::new(&memory);
    tokens(&visitor, &url(&json!({}), ""));
    let asked = url(&json!({ "userinfo": { "name": null } }), "");
    let silent = visitor.get(&format!("{asked}&prompt=none"));
    assert_eq!(
        parameter(location(&silent), "error").as_deref(),
        Some("consent_required")
    );
    let page = consent(visitor.get(location(&visitor.get(&asked))));
    assert_eq!(page.claims, ["name"]);
    tokens(&visitor, &asked);
    let silent = visitor.get(&format!("{asked}&prompt=none"));
    assert!(parameter(location(&silent), "code").is_some(), "remembered");
    let more = url(
        &json!({ "userinfo": { "name": null, "birthdate": null } }),
        "&prompt=none",
    );
    let silent = visitor.get(&more);
    assert_eq!(
        parameter(location(&silent), "error").as_deref(),
        Some("consent_required")
    );
}

#[test]
fn what_the_client_did_not_register_is_not_its_by_name_either() {
    let memory = host_with_profiles();
    let visitor = Visitor::new(&memory);
    change_client(&memory, "app", |client| client["scope"] = json!("openid"));
    let asked =
        json!({ "userinfo": { "email": { "essential": true } }, "id_token": { "email": null } });
    let tokens = tokens(&visitor, &url(&asked, ""));
    assert!(userinfo(&visitor, &tokens)["email"].is_null());
    assert!(claims_of(tokens["id_token"].as_str().unwrap())["email"].is_null());
}

#[test]
fn a_policy_that_takes_the_scope_takes_the_claims_by_name_with_it() {
    let no_email: fn(&Input, &mut Decision) =
        |_, decision| decision.scopes.retain(|scope| scope != "email");
    let asked = json!({ "userinfo": { "email": null } });
    // Before consent.
    let memory = host_with_profiles();
    let visitor = Visitor::new(&memory);
    memory.tamper.set(Some(no_email));
    let at_once = tokens(&visitor, &url(&asked, ""));
    assert!(userinfo(&visitor, &at_once)["email"].is_null());
    // After it, and for good.
    let memory = host_with_profiles();
    let visitor = Visitor::new(&memory);
    let before = tokens(&visitor, &url(&asked, ""));
    memory.tamper.set(Some(no_email));
    let after = body(&refresh(
        &visitor,
        "app",
        before["refresh_token"].as_str().unwrap(),
    ));
    assert!(userinfo(&visitor, &after)["email"].is_null());
    assert!(userinfo(&visitor, &before)["email"].is_null());
}

#[test]
fn s5_5_1_sub_names_the_person_who_is_expected() {
    let memory = host_with_profiles();
    let visitor = Visitor::new(&memory);
    let first = tokens(&visitor, &url(&json!({}), ""));
    let sub = claims_of(first["id_token"].as_str().unwrap())["sub"].clone();
    for (sub, answer) in [(sub, "code"), (json!("someone-else"), "error")] {
        let asked = json!({ "id_token": { "sub": { "value": sub } } });
        let silent = visitor.get(&url(&asked, "&prompt=none"));
        assert!(parameter(location(&silent), answer).is_some(), "{silent:?}");
    }
}

#[test]
fn s5_5_1_1_an_essential_acr_is_reached_or_there_is_no_code() {
    let memory = host_with_profiles();
    let visitor = Visitor::new(&memory);
    change_server(&memory, |server| {
        server["authentication_contexts"] = json!([
            { "acr": "low", "amr": [["otp"]] }, { "acr": "mfa", "amr": [["pwd", "otp"]] },
        ]);
    });
    memory.identity.borrow_mut().amr = vec!["otp".to_owned()];
    tokens(&visitor, &url(&json!({}), ""));
    let mfa =
        |values: &[&str]| json!({ "id_token": { "acr": { "essential": true, "values": values } } });
    let error = |back: &str| parameter(back, "error").unwrap_or_default();
    let silent = visitor.get(&url(&mfa(&["mfa"]), "&prompt=none"));
    assert_eq!(error(location(&silent)), "interaction_required");
    let back = allow(&visitor, &url(&mfa(&["mfa"]), ""));
    assert_eq!(error(&back), "unmet_authentication_requirements");
    let unknown = visitor.get(&url(&mfa(&["unheard-of"]), ""));
    assert_eq!(
        error(location(&unknown)),
        "unmet_authentication_requirements"
    );
    let reached = tokens(&visitor, &url(&mfa(&["mfa", "low"]), ""));
    assert_eq!(
        claims_of(reached["id_token"].as_str().unwrap())["acr"],
        "low"
    );
    memory.identity.borrow_mut().amr = vec!["otp".to_owned(), "pwd".to_owned()];
    let reached = tokens(&visitor, &url(&mfa(&["mfa"]), ""));
    assert_eq!(
        claims_of(reached["id_token"].as_str().unwrap())["acr"],
        "mfa"
    );
}

fn form_post(answer: Answer) -> FormPost {
    match answer.body {
        Body::Page(page) => match *page {
            Page::FormPost(page) => page,
            other => panic!("{other:?}"),
        },
        _ => panic!("{answer:?}"),
    }
}

#[test]
fn form_post_carries_answers_and_errors_to_the_registered_place() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    for (extra, name) in [
        ("", "code"),
        ("&max_age=0&prompt=none", "error"),
        ("&prompt=none+login", "error"),
    ] {
        let url = authorize_url("web", &format!("&response_mode=form_post{extra}"));
        let page = form_post(visitor.get(&url));
        assert_eq!(page.action.as_str(), "https://web.example/cb");
        let names: Vec<&str> = page.fields.iter().map(|(name, _)| name.as_str()).collect();
        assert!(
            names.contains(&name) && names.contains(&"state") && names.contains(&"iss"),
            "{names:?}"
        );
    }
}

#[test]
fn other_response_modes_are_refused() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    for mode in ["web_message", "fragment", "jwt", "form_post.jwt", "x"] {
        let refused = visitor.get(&authorize_url("app", &format!("&response_mode={mode}")));
        assert_eq!(
            parameter(location(&refused), "error").as_deref(),
            Some("invalid_request"),
            "{mode}"
        );
    }
    change_client(&memory, "app", |client| {
        client["redirect_uris"] = json!(["com.example.app:/cb"]);
    });
    let native = authorize_url("app", "&response_mode=form_post")
        .replace("https://app.example/cb", "com.example.app:/cb");
    assert!(
        location(&visitor.get(&native)).starts_with("com.example.app:/cb?error=invalid_request")
    );
}
