//! Clients that registered themselves and manage that: RFC 7592.

use super::registration::{open, public, record, registered, send, with};
use super::*;

/// What a client manages itself with: path and token.
pub(super) fn handle(told: &Value) -> (String, String) {
    let uri = told["registration_client_uri"].as_str().unwrap();
    let path = uri.strip_prefix("https://id.example").unwrap().to_owned();
    let token = told["registration_access_token"].as_str().unwrap();
    (path, token.to_owned())
}

#[test]
fn rfc7592_s2_1_a_client_reads_its_registration() {
    let memory = open(&json!({}));
    let told = registered(&memory, &public());
    let (path, token) = handle(&told);
    let read = send(&memory, "GET", &path, "", &token);
    assert_eq!((read.status, body(&read)), (200, told));
}

#[test]
fn rfc7592_s3_a_wrong_token_says_nothing_of_whether_there_is_a_client() {
    let memory = open(&json!({}));
    let (path, token) = handle(&registered(&memory, &public()));
    let (_, other) = handle(&registered(&memory, &public()));
    let seen = |path: &str, token: &str| {
        let answer = send(&memory, "GET", path, "", token);
        (answer.status, answer.headers.clone(), body(&answer))
    };
    let refused = seen(&path, &other);
    assert_eq!(refused.0, 401);
    for (path, token) in [
        (path.as_str(), "dwm_x"),
        ("/register/dyn_none", &token),
        ("/register/app", &token),
        ("/register/a%20b", &token),
        ("/register/", &token),
        ("/register/https://app.example/c", &token),
    ] {
        assert_eq!(seen(path, token), refused, "{path}");
    }
    for method in ["PUT", "DELETE"] {
        let answer = send(&memory, method, &path, &public().to_string(), &other);
        assert_eq!(answer.status, 401);
    }
    assert_eq!(seen(&path, "").0, 401);
    assert_eq!(send(&memory, "GET", &path, "", &token).status, 200);
}

#[test]
fn rfc7592_s2_2_a_change_replaces_everything_and_rotates_the_token() {
    let memory = open(&json!({}));
    let told = registered(&memory, &public());
    let (path, token) = handle(&told);
    let new = json!({ "client_id": told["client_id"], "redirect_uris": ["https://new.example/cb"], "token_endpoint_auth_method": "none" });
    let changed = send(&memory, "PUT", &path, &new.to_string(), &token);
    assert_eq!(changed.status, 200, "{changed:?}");
    let changed = body(&changed);
    assert_eq!(changed["client_name"], Value::Null);
    assert_eq!(changed["grant_types"], json!(["authorization_code"]));
    assert_eq!(changed["redirect_uris"], json!(["https://new.example/cb"]));
    assert_eq!(changed["client_id_issued_at"], told["client_id_issued_at"]);
    assert_eq!(send(&memory, "GET", &path, "", &token).status, 401);
    let (_, token) = handle(&changed);
    assert_eq!(send(&memory, "GET", &path, "", &token).status, 200);
}

#[test]
fn rfc7592_s2_2_what_is_the_servers_to_say_is_refused() {
    let memory = open(&json!({}));
    let told = registered(
        &memory,
        &json!({ "redirect_uris": ["https://app.example/cb"] }),
    );
    let (path, token) = handle(&told);
    let base =
        json!({ "client_id": told["client_id"], "redirect_uris": ["https://app.example/cb"] });
    for (name, value) in [
        ("client_id", json!("app")),
        ("client_id", Value::Null),
        ("client_secret", json!("guess")),
        ("client_secret_expires_at", json!(0)),
        ("client_id_issued_at", json!(0)),
        ("registration_access_token", json!(token)),
        ("registration_client_uri", json!("x")),
    ] {
        let bad = with(base.clone(), name, value);
        let answer = send(&memory, "PUT", &path, &bad.to_string(), &token);
        assert_eq!(
            error(&answer),
            (400, "invalid_client_metadata".to_owned()),
            "{name}"
        );
    }
    let good = with(base, "client_secret", told["client_secret"].clone());
    let answer = send(&memory, "PUT", &path, &good.to_string(), &token);
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(
        body(&answer)["client_secret"],
        Value::Null,
        "it keeps its own"
    );
}

#[test]
fn rfc7592_s2_3_with_a_client_its_tokens_are_gone() {
    let memory = open(&json!({}));
    let told = registered(
        &memory,
        &with(public(), "scope", json!("openid email read")),
    );
    let id = told["client_id"].as_str().unwrap();
    let (path, token) = handle(&told);
    let visitor = Visitor::new(&memory);
    let tokens = body(&redeem(&visitor, id, &code(&visitor, id)));
    let access = tokens["access_token"].as_str().unwrap();
    let userinfo = || {
        visitor
            .send("GET", "/userinfo", "", Some(&format!("Bearer {access}")))
            .status
    };
    let pending = code(&visitor, id);
    assert_eq!(userinfo(), 200);
    let removed = send(&memory, "DELETE", &path, "", &token);
    assert_eq!((removed.status, removed.body), (204, Body::Empty));
    assert_eq!(userinfo(), 401);
    let refresh_token = tokens["refresh_token"].as_str().unwrap();
    assert_eq!(
        error(&refresh(&visitor, id, refresh_token)),
        (401, "invalid_client".to_owned())
    );
    assert_eq!(
        error(&redeem(&visitor, id, &pending)),
        (401, "invalid_client".to_owned())
    );
    assert_eq!(send(&memory, "GET", &path, "", &token).status, 401);
}

#[test]
fn a_client_that_changed_where_it_is_answered_is_asked_about_again() {
    let memory = open(&json!({}));
    let uris = json!(["https://app.example/cb"]);
    let told = registered(
        &memory,
        &json!({ "redirect_uris": uris, "token_endpoint_auth_method": "client_secret_post" }),
    );
    let (path, token) = handle(&told);
    let id = told["client_id"].as_str().unwrap();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, id, "");
    let remembered = visitor.get(&authorize_url(id, ""));
    assert!(location(&remembered).starts_with("https://app.example/cb?code="));
    let new = json!({ "client_id": id, "redirect_uris": ["https://app.example/cb", "https://evil.example/"],
        "token_endpoint_auth_method": "client_secret_post" });
    assert_eq!(
        send(&memory, "PUT", &path, &new.to_string(), &token).status,
        200
    );
    let asked = visitor.get(&authorize_url(id, ""));
    assert!(location(&asked).starts_with("/consent?"), "{asked:?}");
}

/// A secret of which only the hash is kept verifies nothing: who changes to `client_secret_jwt` gets another.
#[test]
fn rfc7592_s2_2_a_change_to_client_secret_jwt_brings_a_secret_that_can_be_used() {
    let memory = open(&json!({}));
    change_server(&memory, |server| {
        server["client_assertions"] = json!({ "client_secret_jwt": true });
    });
    let metadata = json!({ "redirect_uris": ["https://app.example/cb"] });
    let told = registered(&memory, &metadata);
    let (path, token) = handle(&told);
    let new = with(metadata, "client_id", told["client_id"].clone());
    let new = with(
        new,
        "token_endpoint_auth_method",
        json!("client_secret_jwt"),
    );
    let changed = send(&memory, "PUT", &path, &new.to_string(), &token);
    assert_eq!(changed.status, 200, "{changed:?}");
    let changed = body(&changed);
    let secret = changed["client_secret"].as_str().unwrap();
    assert_ne!(told["client_secret"], json!(secret));
    let kept = record(&memory, told["client_id"].as_str().unwrap()).unwrap();
    assert!(kept.secrets.iter().all(|secret| secret.sealed.is_some()));
    let (_, token) = handle(&changed);
    let again = body(&send(&memory, "PUT", &path, &new.to_string(), &token));
    assert_eq!(again["client_secret"], Value::Null, "it keeps that one");
}

/// A place that was taken from a client while somebody was signing in gets nothing any more.
#[test]
fn a_sign_in_ends_where_its_redirect_uri_is_no_longer_registered() {
    let memory = open(&json!({}));
    let told = registered(&memory, &public());
    let (path, token) = handle(&told);
    let id = told["client_id"].as_str().unwrap();
    let visitor = Visitor::new(&memory);
    sign_in(&visitor, "web", "");
    let begun = visitor.get(&authorize_url(id, ""));
    let page = visitor.get(location(&begun));
    let Body::Page(page) = page.body else {
        panic!("{page:?}")
    };
    let crate::page::Page::Consent(consent) = *page else {
        panic!("{page:?}")
    };
    let new = json!({ "client_id": id, "redirect_uris": ["https://new.example/cb"], "token_endpoint_auth_method": "none" });
    let changed = send(&memory, "PUT", &path, &new.to_string(), &token);
    assert_eq!(changed.status, 200, "{changed:?}");
    for decision in ["deny", "allow"] {
        let form = format!(
            "transaction={}&csrf={}&decision={decision}",
            consent.transaction, consent.csrf
        );
        let answer = visitor.post("/consent", &form);
        assert_eq!((answer.status, location(&answer)), (400, ""), "{decision}");
    }
}

/// Of two changes with one token one is made; the other finds that the token is another now.
#[test]
fn rfc7592_s2_2_one_token_makes_one_change() {
    let memory = open(&json!({}));
    let told = registered(&memory, &public());
    let (path, token) = handle(&told);
    let change = |host: &str| {
        let uris = json!([format!("https://{host}.example/cb")]);
        let new = with(public(), "redirect_uris", uris);
        with(new, "client_id", told["client_id"].clone()).to_string()
    };
    let (rival_path, rival_token, rival) = (path.clone(), token.clone(), change("first"));
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        let answer = send(memory, "PUT", &rival_path, &rival, &rival_token);
        assert_eq!(answer.status, 200, "{answer:?}");
    }));
    let late = send(&memory, "PUT", &path, &change("second"), &token);
    assert_eq!(error(&late), (401, "invalid_token".to_owned()));
    let client = record(&memory, told["client_id"].as_str().unwrap()).unwrap();
    assert_eq!(client.redirect_uris, ["https://first.example/cb"]);
}

/// Nor does a change bring back what was removed meanwhile, or a removal wait for a change.
#[test]
fn rfc7592_s2_3_what_was_removed_stays_removed() {
    let memory = open(&json!({}));
    let told = registered(&memory, &public());
    let (path, token) = handle(&told);
    let new = with(public(), "client_id", told["client_id"].clone()).to_string();
    let (rival_path, rival_token) = (path.clone(), token.clone());
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        let answer = send(memory, "DELETE", &rival_path, "", &rival_token);
        assert_eq!(answer.status, 204, "{answer:?}");
    }));
    let late = send(&memory, "PUT", &path, &new, &token);
    assert_eq!(error(&late), (401, "invalid_token".to_owned()));
    assert!(record(&memory, told["client_id"].as_str().unwrap()).is_none());
}

/// The token of one client is nobody else's, nor is it any other kind of token, or another kind this one.
#[test]
fn rfc7592_s3_a_registration_access_token_is_for_its_client_and_for_nothing_else() {
    let memory = open(&json!({}));
    let one = registered(
        &memory,
        &with(public(), "scope", json!("openid email read")),
    );
    let two = registered(&memory, &public());
    let ((one_path, one_token), (two_path, two_token)) = (handle(&one), handle(&two));
    let visitor = Visitor::new(&memory);
    let id = one["client_id"].as_str().unwrap();
    let tokens = body(&redeem(&visitor, id, &code(&visitor, id)));
    for (path, token) in [
        (&one_path, two_token.as_str()),
        (&two_path, one_token.as_str()),
        (&one_path, tokens["access_token"].as_str().unwrap()),
        (&one_path, tokens["refresh_token"].as_str().unwrap()),
        (&one_path, id),
    ] {
        for method in ["GET", "PUT", "DELETE"] {
            let answer = send(&memory, method, path, &public().to_string(), token);
            assert_eq!(
                error(&answer),
                (401, "invalid_token".to_owned()),
                "{method} {token}"
            );
        }
    }
    let as_bearer = Some(format!("Bearer {one_token}"));
    let userinfo = visitor.send("GET", "/userinfo", "", as_bearer.as_deref());
    assert_eq!(userinfo.status, 401);
    let another = send(
        &memory,
        "POST",
        "/register",
        &public().to_string(),
        &one_token,
    );
    assert_eq!(another.status, 401, "nor does it register another client");
}
