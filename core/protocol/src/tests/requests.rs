//! What an application can ask of a sign-in: `prompt`, `max_age`, `acr_values`, `login_hint`.

use super::*;
use crate::page::{Page, SelectAccount};
use crate::policy::{Decision, Input};

/// One provider whose sign-ins are `otp`, and three contexts.
fn host_with_contexts() -> Memory {
    let memory = host();
    change_server(&memory, |server| {
        server["authentication_contexts"] = json!([
            { "acr": "low", "amr": [["otp"], ["pwd"]] },
            { "acr": "mfa", "amr": [["pwd", "otp"]] },
        ]);
    });
    signs_in_by(&memory, &["otp"]);
    memory
}

fn signs_in_by(memory: &Memory, amr: &[&str]) {
    memory.identity.borrow_mut().amr = amr.iter().map(|method| (*method).to_owned()).collect();
}

fn told(answer: &Answer) -> Option<String> {
    parameter(location(answer), "error")
}

fn select_account(answer: &Answer) -> SelectAccount {
    match &answer.body {
        Body::Page(page) => match page.as_ref() {
            Page::SelectAccount(page) => page.clone(),
            other => panic!("{other:?}"),
        },
        _ => panic!("{answer:?}"),
    }
}

/// The claims of the ID token behind a redirect.
fn id_claims(visitor: &Visitor<'_>, client_id: &str, back: &str) -> Value {
    let code = parameter(back, "code").unwrap_or_else(|| panic!("{back}"));
    let tokens = if client_id == "web" {
        visitor.send(
            "POST",
            "/token",
            &format!("grant_type=authorization_code&code={code}&code_verifier={VERIFIER}"),
            Some("Basic d2ViOjAxMjM0NTY3ODlhYmNkZWYwMTIz"),
        )
    } else {
        redeem(visitor, client_id, &code)
    };
    claims_of(body(&tokens)["id_token"].as_str().unwrap())
}

/// `sign_in` for when somebody may be asked whether they go on.
fn begins_a_sign_in(answer: &Answer) -> bool {
    location(answer).starts_with("/test/authorize?")
}

#[test]
fn core_s3_1_2_1_select_account_shows_who_is_signed_in_and_goes_on_as_them() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let asked = visitor.get(&authorize_url("web", "&prompt=select_account"));
    let page = select_account(&visitor.get(location(&asked)));
    assert_eq!(page.account, "ada@example.org");
    let form = format!("transaction={}&csrf={}", page.transaction, page.csrf);
    assert_eq!(visitor.post("/login", &form).status, 400, "no decision");
    let chosen = visitor.post("/login", &format!("{form}&decision=continue"));
    let back = visitor.get(location(&chosen));
    assert!(parameter(location(&back), "code").is_some(), "{back:?}");
}

#[test]
fn core_s3_1_2_1_select_account_leads_to_another_account_too() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let before = id_claims(&visitor, "web", &sign_in(&visitor, "web", ""));
    let asked = visitor.get(&authorize_url("web", "&prompt=select_account"));
    let page = select_account(&visitor.get(location(&asked)));
    *memory.identity.borrow_mut() = identity("2", Some("bob@example.org"), true);
    let after = id_claims(&visitor, "web", &allow(&visitor, &page.another));
    assert_ne!(before["sub"], after["sub"]);
}

#[test]
fn a_form_about_one_account_is_no_choice_of_another() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let asked = visitor.get(&authorize_url("web", "&prompt=select_account"));
    let page = select_account(&visitor.get(location(&asked)));
    *memory.identity.borrow_mut() = identity("2", Some("bob@example.org"), true);
    sign_in(&visitor, "web", "&prompt=login");
    let form = format!(
        "transaction={}&csrf={}&decision=continue",
        page.transaction, page.csrf
    );
    let again = visitor.post("/login", &form);
    assert_eq!(again.status, 400);
    assert_eq!(select_account(&again).account, "bob@example.org");
}

#[test]
fn choosing_an_account_is_no_sign_in() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let chooses = visitor.get(&authorize_url("web", "&prompt=select_account"));
    let page = select_account(&visitor.get(location(&chooses)));
    // With `login` beside it nobody goes on without proving who they are, whatever is posted.
    let fresh = visitor.get(&authorize_url("web", "&prompt=login+select_account"));
    assert!(begins_a_sign_in(&fresh), "{fresh:?}");
    let transaction = parameter(location(&fresh), "transaction").unwrap();
    for csrf in [page.csrf.as_str(), ""] {
        let form = format!("transaction={transaction}&csrf={csrf}&decision=continue");
        let refused = visitor.post("/login", &form);
        assert!(begins_a_sign_in(&refused), "{refused:?}");
        let still = visitor.get(&format!("/consent?transaction={transaction}"));
        assert!(begins_a_sign_in(&still), "{still:?}");
    }
}

#[test]
fn a_hint_at_someone_else_asks_who_goes_on() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let same = visitor.get(&authorize_url("web", "&login_hint=ADA@example.org"));
    assert!(parameter(location(&same), "code").is_some());
    let other = "&login_hint=bob@example.org";
    let asked = visitor.get(&authorize_url("web", other));
    select_account(&visitor.get(location(&asked)));
    let silent = visitor.get(&authorize_url("web", &format!("{other}&prompt=none")));
    assert_eq!(told(&silent).as_deref(), Some("account_selection_required"));
}

#[test]
fn core_s3_1_2_6_an_application_that_nobody_agreed_to_learns_nothing_by_hints() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    for hint in ["ada@example.org", "bob@example.org"] {
        let extra = format!("&prompt=none&login_hint={hint}");
        let silent = visitor.get(&authorize_url("app", &extra));
        assert_eq!(told(&silent).as_deref(), Some("consent_required"));
    }
}

#[test]
fn core_s3_1_2_1_values_of_prompt_that_nobody_knows_are_passed_over() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let back = visitor.get(&authorize_url("web", "&prompt=create+sing"));
    assert!(parameter(location(&back), "code").is_some());
}

#[test]
fn core_s3_1_2_1_max_age_of_zero_signs_in_again() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let asked = visitor.get(&authorize_url("web", "&max_age=0"));
    assert!(begins_a_sign_in(&asked), "{asked:?}");
    let back = allow(&visitor, location(&asked));
    assert!(parameter(&back, "code").is_some());
}

#[test]
fn registration_s2_default_max_age_counts_where_the_request_says_nothing() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    change_client(&memory, "web", |client| {
        client["default_max_age"] = json!(60);
    });
    sign_in(&visitor, "web", "");
    memory.now.set(memory.now.get() + 61);
    assert!(begins_a_sign_in(&visitor.get(&authorize_url("web", ""))));
    let own = visitor.get(&authorize_url("web", "&max_age=3600"));
    assert!(parameter(location(&own), "code").is_some());
}

#[test]
fn core_s5_5_1_1_acr_values_are_tried_for_once() {
    let memory = host_with_contexts();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let silent = visitor.get(&authorize_url("web", "&acr_values=mfa&prompt=none"));
    assert_eq!(
        id_claims(&visitor, "web", location(&silent))["acr"],
        json!("low")
    );
    let tried = visitor.get(&authorize_url("web", "&acr_values=mfa"));
    assert!(begins_a_sign_in(&tried), "{tried:?}");
    let back = allow(&visitor, location(&tried));
    assert_eq!(id_claims(&visitor, "web", &back)["acr"], json!("low"));
    signs_in_by(&memory, &["otp", "pwd"]);
    let back = sign_in(&visitor, "web", "&acr_values=mfa");
    assert_eq!(id_claims(&visitor, "web", &back)["acr"], json!("mfa"));
    // From then on it is there.
    let silent = visitor.get(&authorize_url("web", "&acr_values=mfa&prompt=none"));
    let claims = id_claims(&visitor, "web", location(&silent));
    assert_eq!(claims["acr"], json!("mfa"));
    assert_eq!(claims["amr"], json!(["otp", "pwd"]));
}

#[test]
fn registration_s2_default_acr_values_count_where_the_request_says_nothing() {
    let memory = host_with_contexts();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    change_client(&memory, "web", |client| {
        client["default_acr_values"] = json!(["mfa"]);
    });
    assert!(begins_a_sign_in(&visitor.get(&authorize_url("web", ""))));
    let own = visitor.get(&authorize_url("web", "&acr_values=low"));
    assert!(parameter(location(&own), "code").is_some());
}

#[test]
fn values_of_acr_that_nobody_listed_ask_nothing() {
    let memory = host_with_contexts();
    let visitor = Visitor::new(&memory);
    let back = sign_in(&visitor, "web", "&acr_values=urn:mace:gold");
    assert_eq!(id_claims(&visitor, "web", &back)["acr"], json!("low"));
    let none = host();
    let visitor = Visitor::new(&none);
    let back = sign_in(&visitor, "web", "&acr_values=low");
    assert!(id_claims(&visitor, "web", &back)["acr"].is_null());
}

const MFA_FOR_READ: fn(&Input, &mut Decision) = |input, decision| {
    if input.scopes.iter().any(|scope| scope == "read") {
        decision.require_acr = Some("mfa".to_owned());
    }
};

#[test]
fn rfc9470_s5_a_policy_that_requires_an_acr_gets_it_or_there_is_no_code() {
    let memory = host_with_contexts();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    memory.tamper.set(Some(MFA_FOR_READ));
    let silent = visitor.get(&authorize_url("web", "&prompt=none"));
    assert_eq!(told(&silent).as_deref(), Some("interaction_required"));
    let back = sign_in(&visitor, "web", "");
    assert_eq!(
        parameter(&back, "error").as_deref(),
        Some("unmet_authentication_requirements")
    );
    signs_in_by(&memory, &["pwd", "otp"]);
    let back = sign_in(&visitor, "web", "&prompt=login");
    assert_eq!(id_claims(&visitor, "web", &back)["acr"], json!("mfa"));
}

/// "Continue as" is no sign-in: whoever chose to go on as the one who is signed in has yet to reach what the policy asks for.
#[test]
fn rfc9470_who_goes_on_as_they_are_signs_in_where_the_policy_asks_for_more() {
    let memory = host_with_contexts();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    memory.tamper.set(Some(MFA_FOR_READ));
    let asked = visitor.get(&authorize_url("web", "&prompt=select_account"));
    let page = select_account(&visitor.get(location(&asked)));
    let form = format!(
        "transaction={}&csrf={}&decision=continue",
        page.transaction, page.csrf
    );
    let chosen = visitor.post("/login", &form);
    let stepped = visitor.get(location(&chosen));
    assert!(begins_a_sign_in(&stepped), "{stepped:?}");
    signs_in_by(&memory, &["pwd", "otp"]);
    let back = allow(&visitor, location(&stepped));
    assert_eq!(id_claims(&visitor, "web", &back)["acr"], json!("mfa"));
}

/// The same for whoever was asked to agree before the policy asked for more.
#[test]
fn rfc9470_a_policy_that_asks_for_more_meanwhile_gets_it() {
    let memory = host_with_contexts();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let asked = visitor.get(&authorize_url("app", ""));
    assert!(location(&asked).starts_with("/consent?"), "{asked:?}");
    memory.tamper.set(Some(MFA_FOR_READ));
    assert!(begins_a_sign_in(&visitor.get(location(&asked))));
}

#[test]
fn a_policy_that_requires_an_acr_ends_what_was_granted_by_a_weaker_sign_in() {
    let memory = host_with_contexts();
    let visitor = Visitor::new(&memory);
    let code = code(&visitor, "app");
    let tokens = body(&redeem(&visitor, "app", &code));
    memory.tamper.set(Some(MFA_FOR_READ));
    let refused = refresh(&visitor, "app", tokens["refresh_token"].as_str().unwrap());
    assert_eq!(error(&refused), (400, "invalid_grant".to_owned()));
    // A context that is not listed is reached by nobody.
    change_server(&memory, |server| {
        server["authentication_contexts"] = json!([]);
    });
    signs_in_by(&memory, &["pwd", "otp"]);
    let back = sign_in(&visitor, "web", "&prompt=login");
    assert_eq!(parameter(&back, "error").as_deref(), Some("access_denied"));
}

#[test]
fn rfc9700_s4_11_2_errors_of_who_came_by_themselves_are_told_here() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let bad = "&resource=https://unknown.example/";
    for trust in ["dynamic", "metadata_document"] {
        change_client(&memory, "app", |client| client["trust"] = json!(trust));
        let stranger = Visitor::new(&memory).get(&authorize_url("app", bad));
        assert_eq!((stranger.status, location(&stranger)), (400, ""));
        let silent = format!("{bad}&prompt=none");
        let silent = Visitor::new(&memory).get(&authorize_url("app", &silent));
        assert_eq!(told(&silent).as_deref(), Some("invalid_target"));
    }
    sign_in(&visitor, "web", "");
    let signed_in = visitor.get(&authorize_url("app", bad));
    assert_eq!(told(&signed_in).as_deref(), Some("invalid_target"));
}

/// RFC 9700 §4.11.2: the same where the refusal comes after the request was read, and before anybody signed in.
#[test]
fn rfc9700_s4_11_2_an_acr_that_nobody_has_sends_nobody_on() {
    let memory = host();
    let claims = "&claims=%7B%22id_token%22%3A%7B%22acr%22%3A%7B%22essential%22%3Atrue%2C%22value%22%3A%22x%22%7D%7D%7D";
    for trust in ["dynamic", "metadata_document"] {
        change_client(&memory, "app", |client| client["trust"] = json!(trust));
        let stranger = Visitor::new(&memory).get(&authorize_url("app", claims));
        assert_eq!((stranger.status, location(&stranger)), (400, ""));
        let silent = format!("{claims}&prompt=none");
        let silent = Visitor::new(&memory).get(&authorize_url("app", &silent));
        assert!(told(&silent).is_some(), "{silent:?}");
    }
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let signed_in = visitor.get(&authorize_url("app", claims));
    assert!(told(&signed_in).is_some(), "{signed_in:?}");
}
