//! Rich authorization requests: RFC 9396.

use super::*;
use crate::page::Page;

const WEB: &str = "Basic d2ViOjAxMjM0NTY3ODlhYmNkZWYwMTIz";

fn host_with_payments() -> Memory {
    let memory = host();
    change_server(&memory, |server| {
        server["authorization_details"] = json!({
            "payment": {
                "description": "Pay from your account", "actions": ["initiate", "status"], "members": { "amount": "string" },
            },
        });
    });
    for client_id in ["app", "web"] {
        change_client(&memory, client_id, |client| {
            client["authorization_details_types"] = json!(["payment"]);
        });
    }
    memory
}

fn payment(actions: &[&str]) -> Value {
    json!([{ "type": "payment", "actions": actions, "amount": "12.50" }])
}

fn encoded(details: &Value) -> String {
    let text = details.to_string();
    let parameter = form_urlencoded::Serializer::new(String::new())
        .append_pair("authorization_details", &text)
        .finish();
    format!("&{parameter}")
}

#[test]
fn s7_what_was_agreed_to_is_in_the_answer_and_in_the_token() {
    let memory = host_with_payments();
    let visitor = Visitor::new(&memory);
    let details = payment(&["initiate", "status"]);
    let back = sign_in(&visitor, "app", &encoded(&details));
    let tokens = body(&redeem(&visitor, "app", &parameter(&back, "code").unwrap()));
    assert_eq!(tokens["authorization_details"], details);
    let claims = claims_of(tokens["access_token"].as_str().unwrap());
    assert_eq!(claims["authorization_details"], details);
    // §6.1: a token for less, and never one for more.
    let refresh = |details: &Value| {
        let form = format!(
            "grant_type=refresh_token&client_id=app&refresh_token={}{}",
            tokens["refresh_token"].as_str().unwrap(),
            encoded(details)
        );
        visitor.post("/token", &form)
    };
    let less = body(&refresh(&payment(&["status"])));
    assert_eq!(less["authorization_details"], payment(&["status"]));
    let more = json!([{ "type": "payment", "actions": ["status"], "amount": "1000" }]);
    let refused = error(&refresh(&more));
    assert_eq!(refused, (400, "invalid_authorization_details".to_owned()));
}

#[test]
fn s5_what_is_unknown_or_not_the_clients_is_refused() {
    let memory = host_with_payments();
    let visitor = Visitor::new(&memory);
    for (client_id, details) in [
        ("app", json!([{ "type": "unheard-of" }])),
        ("app", json!([{ "type": "payment", "unheard": 1 }])),
        ("strict", payment(&["status"])),
    ] {
        let refused = visitor.get(&authorize_url(client_id, &encoded(&details)));
        let told = parameter(location(&refused), "error");
        assert_eq!(told.as_deref(), Some("invalid_authorization_details"));
    }
}

#[test]
fn s2_consent_says_it_in_words_each_time_and_the_form_is_bound_to_it() {
    let memory = host_with_payments();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "app", &encoded(&payment(&["status"])));
    let url = authorize_url("app", &encoded(&payment(&["status"])));
    let silent = visitor.get(&format!("{url}&prompt=none"));
    let told = parameter(location(&silent), "error");
    assert_eq!(told.as_deref(), Some("consent_required"));
    let asked = visitor.get(location(&visitor.get(&url)));
    let Body::Page(page) = asked.body else {
        panic!()
    };
    let Page::Consent(consent) = *page else {
        panic!()
    };
    let detail = &consent.details[0];
    assert_eq!(detail.title, "Pay from your account");
    let amount = ("amount".to_owned(), vec!["12.50".to_owned()]);
    assert!(detail.members.contains(&amount), "{detail:?}");
}

#[test]
fn a_type_that_is_gone_is_in_no_new_token() {
    let memory = host_with_payments();
    let visitor = Visitor::new(&memory);
    let back = sign_in(&visitor, "app", &encoded(&payment(&["status"])));
    change_server(&memory, |server| {
        server["authorization_details"] = json!({});
    });
    let tokens = body(&redeem(&visitor, "app", &parameter(&back, "code").unwrap()));
    assert!(tokens["authorization_details"].is_null(), "{tokens}");
    let claims = claims_of(tokens["access_token"].as_str().unwrap());
    assert!(claims["authorization_details"].is_null(), "{claims}");
}

#[test]
fn s6_a_client_for_itself() {
    let memory = host_with_payments();
    let visitor = Visitor::new(&memory);
    change_client(&memory, "web", |client| {
        client["grant_types"] = json!(["client_credentials"]);
    });
    let ask = |details: &Value| {
        let form = format!("grant_type=client_credentials{}", encoded(details));
        visitor.send("POST", "/token", &form, Some(WEB))
    };
    let tokens = body(&ask(&payment(&["status"])));
    assert_eq!(tokens["authorization_details"], payment(&["status"]));
    let refused = error(&ask(&payment(&["delete"])));
    assert_eq!(refused, (400, "invalid_authorization_details".to_owned()));
}

#[test]
fn a_pushed_request_carries_them() {
    let memory = host_with_payments();
    let visitor = Visitor::new(&memory);
    let url = authorize_url("app", &encoded(&payment(&["status"])));
    let pushed = visitor.post("/par", url.split_once('?').unwrap().1);
    let request_uri = body(&pushed)["request_uri"].as_str().unwrap().to_owned();
    let back = allow(
        &visitor,
        &format!("/authorize?client_id=app&request_uri={request_uri}"),
    );
    let tokens = body(&redeem(&visitor, "app", &parameter(&back, "code").unwrap()));
    assert_eq!(tokens["authorization_details"], payment(&["status"]));
}
