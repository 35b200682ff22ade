//! Clients that register themselves.

use super::*;
use crate::client::{self, Client};
use crate::policy::Denial;
use std::cell::Cell;

/// A host that is open to clients that register themselves, with `rules` of its own.
pub(super) fn open(rules: &Value) -> Memory {
    let memory = host();
    let mut server = json!({
        "issuer": "https://id.example",
        "scopes": { "read": "Read", "write": "Write", "admin": "Everything" },
        "preregistered_scopes": ["admin"],
        "registration": { "mode": "open" },
    });
    for (name, value) in rules.as_object().unwrap() {
        server["registration"][name] = value.clone();
    }
    let command = json!({ "command": "server.check", "server": server }).to_string();
    let checked: Value =
        serde_json::from_str(&crate::administration::run(&command, &memory).unwrap()).unwrap();
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), checked["server"].to_string());
    memory
}

/// Sends JSON.
pub(super) fn send(memory: &Memory, method: &str, path: &str, body: &str, token: &str) -> Answer {
    let mut headers = vec![("content-type".to_owned(), b"application/json".to_vec())];
    if !token.is_empty() {
        headers.push((
            "authorization".to_owned(),
            format!("Bearer {token}").into_bytes(),
        ));
    }
    let request = crate::http::Request {
        method,
        path,
        query: "",
        headers: &headers,
        body: body.as_bytes(),
        client_address: Some("192.0.2.1"),
        client_certificate: None,
    };
    crate::serve(&request, memory)
}

pub(super) fn register(memory: &Memory, metadata: &Value) -> Answer {
    send(memory, "POST", "/register", &metadata.to_string(), "")
}

pub(super) fn registered(memory: &Memory, metadata: &Value) -> Value {
    let answer = register(memory, metadata);
    assert_eq!(answer.status, 201, "{answer:?}");
    body(&answer)
}

pub(super) fn public() -> Value {
    json!({ "client_name": "Tool", "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"] })
}

pub(super) fn with(mut metadata: Value, name: &str, value: Value) -> Value {
    metadata[name] = value;
    metadata
}

pub(super) fn record(memory: &Memory, client_id: &str) -> Option<Client> {
    crate::store::get::<Client>(memory, &client::key(client_id))
        .unwrap()
        .map(|stored| stored.value)
}

#[test]
fn rfc7591_s3_2_1_a_client_is_told_what_was_registered() {
    let memory = open(&json!({}));
    let told = registered(
        &memory,
        &with(public(), "something_unknown", json!({ "a": 1 })),
    );
    assert!(told["client_id"].as_str().unwrap().starts_with("dyn_"));
    assert_eq!(told["redirect_uris"], json!(["https://app.example/cb"]));
    assert_eq!(told["response_types"], json!(["code"]));
    assert_eq!(told["token_endpoint_auth_method"], "none");
    assert_eq!(told["client_id_issued_at"], 1_800_000_000);
    assert_eq!(told["something_unknown"], Value::Null);
    assert_eq!(told["client_secret"], Value::Null);
    let uri = told["registration_client_uri"].as_str().unwrap();
    assert_eq!(
        uri,
        format!(
            "https://id.example/register/{}",
            told["client_id"].as_str().unwrap()
        )
    );
}

#[test]
fn rfc9700_s4_15_no_client_chooses_its_id_or_its_secret() {
    let memory = open(&json!({}));
    for id in ["app", "https://app.example/client", "usr_1", "dyn_mine"] {
        let asked = json!({ "client_id": id, "client_secret": "0123456789abcdef0123", "redirect_uris": ["https://app.example/cb"] });
        let told = registered(&memory, &asked);
        let given = told["client_id"].as_str().unwrap();
        assert!(given != id && given.starts_with("dyn_") && !given.starts_with("https://"));
        assert_ne!(told["client_secret"], "0123456789abcdef0123");
        assert_eq!(told["client_secret_expires_at"], 0);
    }
}

#[test]
fn nothing_that_is_kept_is_a_secret_of_the_client() {
    let memory = open(&json!({}));
    let told = registered(
        &memory,
        &json!({ "redirect_uris": ["https://app.example/cb"] }),
    );
    let kept: Vec<String> = memory
        .rows
        .borrow()
        .values()
        .map(|(value, ..)| String::from_utf8(value.clone()).unwrap())
        .collect();
    for secret in ["client_secret", "registration_access_token"] {
        let secret = told[secret].as_str().unwrap();
        assert!(kept.iter().all(|value| !value.contains(secret)));
    }
}

#[test]
fn members_of_the_operator_alone_are_not_read() {
    let memory = open(&json!({}));
    let mut asked = public();
    for (name, value) in [
        ("consent", json!("implicit")),
        ("require_pkce", json!(false)),
        ("refresh_without_client_id", json!(true)),
        ("subject_properties", json!("user")),
        ("profile", json!("openauth")),
        ("access_token_audience", json!("client")),
        ("token_exchange_from", json!(["app"])),
        ("loopback_any_path", json!(true)),
        ("access_token_lifetime_s", json!(86_400)),
        ("refresh_reuse_window_s", json!(3_600)),
        ("trust", json!("declared")),
    ] {
        asked[name] = value;
    }
    let told = registered(&memory, &asked);
    let client = record(&memory, told["client_id"].as_str().unwrap()).unwrap();
    assert_eq!(client.trust, client::Trust::Dynamic);
    assert_eq!(client.consent, client::ConsentRule::Explicit);
    assert!(
        client.require_pkce
            && !client.refresh_without_client_id
            && client.subject_properties.is_none()
    );
    assert!(client.token_exchange_from.is_empty() && !client.loopback_any_path);
    assert!(client.access_token_lifetime_s.is_none() && client.refresh_reuse_window_s.is_none());
}

#[test]
fn rfc7591_s2_1_grant_types_that_are_not_offered_are_left_out_and_said() {
    let memory = open(&json!({}));
    let grants = json!([
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:device_code"
    ]);
    let told = registered(&memory, &with(public(), "grant_types", grants));
    assert_eq!(
        told["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
}

#[test]
fn rfc7591_s2_1_what_contradicts_itself_is_refused() {
    let memory = open(&json!({}));
    let invalid = (400, "invalid_client_metadata".to_owned());
    for (name, value) in [
        ("response_types", json!(["token"])),
        ("response_types", json!([])),
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!([])),
        ("grant_types", json!("authorization_code")),
        ("grant_types", json!(["refresh_token"])),
        ("token_endpoint_auth_method", json!("magic")),
        ("token_endpoint_auth_method", json!("client_secret_jwt")),
        ("token_endpoint_auth_method", json!("private_key_jwt")),
        ("scope", json!("a\"b")),
        ("scope", json!(["read"])),
        ("client_name", json!("x".repeat(201))),
        ("client_name", json!("a\u{0}b")),
        ("client_name", json!(1)),
        ("id_token_signed_response_alg", json!("none")),
    ] {
        let answer = register(&memory, &with(public(), name, value.clone()));
        assert_eq!(error(&answer), invalid, "{name}: {value}");
    }
    assert!(memory.rows.borrow().is_empty(), "nothing was written");
}

#[test]
fn the_operator_gives_them_a_profile() {
    let memory = open(&json!({ "profile": "mcp" }));
    let told = registered(
        &memory,
        &json!({ "redirect_uris": ["http://localhost/callback"] }),
    );
    assert_eq!(told["token_endpoint_auth_method"], "none");
    assert_eq!(
        told["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
    let client = record(&memory, told["client_id"].as_str().unwrap()).unwrap();
    assert_eq!(client.refresh_reuse_window_s, Some(60));
    assert!(client.scope.has("read") && client.default_scope.is_none());
}

#[test]
fn software_statements_are_refused_by_name() {
    let memory = open(&json!({}));
    let answer = register(
        &memory,
        &with(public(), "software_statement", json!("e30.e30.e30")),
    );
    assert_eq!(
        error(&answer),
        (400, "unapproved_software_statement".to_owned())
    );
}

#[test]
fn redirect_uris_that_nobody_can_mean_well_are_refused() {
    let memory = open(&json!({}));
    for bad in [
        "http://app.example/cb",
        "https://*.app.example/cb",
        "https://app.example/*",
        "https://app.example/cb#x",
        "https://user@app.example/cb",
        "javascript:alert(1)",
        "javascript://app.example/%0aalert(1)",
        "JavaScript://app.example/%0aalert(1)",
        "data:text/html,x",
        "data://x/",
        "file:///etc/passwd",
        "intent://x/",
        " https://app.example/cb",
        "/cb",
        "",
        "https://app.example/cb?code=x",
        "https://%61pp.example/cb",
        "https://app%2eexample/cb",
        "https://app.example%2f.evil.example/cb",
        "https://app.example\\@evil.example/cb",
        "https://\u{430}pp.example/cb",
        "https://app.example\u{3002}evil.example/cb",
        "https://app.example:65536/cb",
    ] {
        for uris in [json!([bad]), json!(["https://app.example/cb", bad])] {
            let answer = register(&memory, &with(public(), "redirect_uris", uris));
            assert_eq!(
                error(&answer),
                (400, "invalid_redirect_uri".to_owned()),
                "{bad}"
            );
        }
    }
    for none in [json!([]), Value::Null] {
        let answer = register(&memory, &with(public(), "redirect_uris", none));
        assert_eq!(error(&answer), (400, "invalid_redirect_uri".to_owned()));
    }
}

#[test]
fn applications_list_several_kinds_of_places() {
    let memory = open(&json!({}));
    let uris = json!([
        "http://127.0.0.1:33418/",
        "https://vscode.dev/redirect",
        "com.example.app:/cb",
        "cursor://anysphere.cursor-retrieval/oauth/cb",
        "someapp://callback",
    ]);
    let told = registered(&memory, &with(public(), "redirect_uris", uris.clone()));
    assert_eq!(
        told["redirect_uris"],
        json!(uris.as_array().unwrap()[..4]),
        "a scheme without an owner is left out"
    );
    assert_eq!(told["application_type"], "web");
    let told = registered(
        &memory,
        &with(
            public(),
            "redirect_uris",
            json!(["http://localhost:8787/callback"]),
        ),
    );
    assert_eq!(told["application_type"], "native");
    let answer = register(
        &memory,
        &with(public(), "redirect_uris", json!(["someapp://callback"])),
    );
    assert_eq!(error(&answer), (400, "invalid_redirect_uri".to_owned()));
}

proptest::proptest! {
    /// Advisories on workers-oauth-provider #80, #87, #97: by case, by white space, by control characters.
    #[test]
    fn no_uri_that_is_registered_runs_a_script(
        before in "[ \t\n\u{0}\u{1}\u{200b}]{0,2}", scheme in "(?i)javascript|data|vbscript|file|blob", between in "[\t\n\u{0}]{0,1}",
        rest in "(:|:/|://|%3a)[a-z/.()%0-9]{0,20}", member in 0_usize..6,
    ) {
        let memory = open(&json!({}));
        let uri = format!("{before}{scheme}{between}{rest}");
        let member = ["redirect_uris", "post_logout_redirect_uris", "client_uri", "policy_uri", "tos_uri", "logo_uri"][member];
        let value = if member.ends_with('s') { json!(["https://app.example/cb", uri]) } else { json!(uri) };
        let answer = register(&memory, &with(public(), member, value));
        if answer.status == 201 {
            proptest::prop_assert_eq!(member, "logo_uri", "only because it is not kept");
            proptest::prop_assert_eq!(&body(&answer)["logo_uri"], &Value::Null);
        }
    }
}

#[test]
fn links_of_applications_under_development_are_left_out() {
    let memory = open(&json!({}));
    let told = registered(
        &memory,
        &with(public(), "client_uri", json!("http://localhost:3000")),
    );
    assert_eq!(told["client_uri"], Value::Null);
    let told = registered(
        &memory,
        &with(public(), "logo_uri", json!("https://app.example/logo.png")),
    );
    assert_eq!(
        told["logo_uri"],
        Value::Null,
        "never fetched, never shown, so not kept"
    );
}

#[test]
fn a_client_may_have_what_is_offered_and_gets_what_it_named() {
    let memory = open(&json!({}));
    let told = registered(
        &memory,
        &with(public(), "scope", json!("read admin mcp:tools")),
    );
    assert_eq!(
        told["scope"], "openid profile email offline_access read write",
        "never what the operator keeps back"
    );
    let client = record(&memory, told["client_id"].as_str().unwrap()).unwrap();
    assert_eq!(client.default_scope.unwrap().to_string(), "read");
    let memory = open(&json!({ "scopes": ["read"] }));
    assert_eq!(registered(&memory, &public())["scope"], "read");
}

#[test]
fn the_policy_is_asked_and_can_only_narrow() {
    let memory = open(&json!({}));
    memory.tamper.set(Some(|input, decision| {
        if input.stage == "registration" {
            assert_eq!(input.client.trust, "dynamic");
            decision.scopes.retain(|scope| scope != "write");
        }
    }));
    assert_eq!(
        registered(&memory, &public())["scope"],
        "openid profile email offline_access read"
    );
    memory.tamper.set(Some(|_, decision| {
        decision.deny = Some(Denial {
            reason: "no".to_owned(),
            message: None,
        });
    }));
    assert_eq!(
        error(&register(&memory, &public())),
        (403, "access_denied".to_owned())
    );
}

#[test]
fn off_there_is_no_such_endpoint() {
    let memory = open(&json!({ "mode": "off" }));
    assert_eq!(register(&memory, &public()).status, 404);
    assert_eq!(
        send(&memory, "GET", "/register/dyn_x", "", "dwm_x").status,
        404
    );
    let metadata = body(&Visitor::new(&memory).get("/.well-known/openid-configuration"));
    assert_eq!(metadata["registration_endpoint"], Value::Null);
}

#[test]
fn rfc9700_s59_open_registration_is_bounded() {
    let memory = open(&json!({ "per_network_per_hour": 5 }));
    let statuses: Vec<u16> = (0..7)
        .map(|_| register(&memory, &public()).status)
        .collect();
    assert_eq!(statuses, [201, 201, 201, 201, 201, 429, 429]);
    memory.now.set(memory.now.get() + 3_600);
    assert_eq!(register(&memory, &public()).status, 201);

    let memory = open(&json!({ "max_unused": 3, "unused_days": 1 }));
    let made = Cell::new(0);
    for _ in 0..10 {
        if register(&memory, &public()).status == 201 {
            made.set(made.get() + 1);
        }
    }
    assert_eq!(made.get(), 3);
}

#[test]
fn unused_clients_are_forgotten_and_used_ones_stay() {
    let memory = open(&json!({ "unused_days": 2 }));
    let told = registered(
        &memory,
        &with(public(), "scope", json!("openid email read")),
    );
    let id = told["client_id"].as_str().unwrap();
    let visitor = Visitor::new(&memory);
    let day = 86_400;
    for _ in 0..4 {
        memory.now.set(memory.now.get() + day + 1);
        let used = redeem(&visitor, id, &code(&visitor, id));
        assert_eq!(used.status, 200, "{used:?}");
    }
    let writes = record(&memory, id).unwrap().registration.unwrap().used_at;
    assert_eq!(redeem(&visitor, id, &code(&visitor, id)).status, 200);
    let later = record(&memory, id).unwrap().registration.unwrap().used_at;
    assert_eq!(writes, later, "noted once a day");
    memory.now.set(memory.now.get() + 2 * day + 1);
    assert!(record(&memory, id).is_none());
}

#[test]
fn a_secret_expires_when_the_operator_says_so() {
    let memory = open(&json!({ "client_secret_days": 1, "grant_types": ["client_credentials"] }));
    let told = registered(
        &memory,
        &json!({ "grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_post" }),
    );
    let ends = told["client_secret_expires_at"].as_u64().unwrap();
    assert_eq!(ends, memory.now.get() + 86_400);
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope=read",
        told["client_id"].as_str().unwrap(),
        told["client_secret"].as_str().unwrap()
    );
    let visitor = Visitor::new(&memory);
    assert_eq!(visitor.post("/token", &form).status, 200);
    memory.now.set(ends);
    assert_eq!(
        error(&visitor.post("/token", &form)),
        (401, "invalid_client".to_owned())
    );
}

#[test]
fn bodies_are_bounded_in_size_and_depth() {
    let memory = open(&json!({}));
    let deep = format!("{}1{}", "[".repeat(10_000), "]".repeat(10_000));
    let long = format!(r#"{{"x":"{}"}}"#, "x".repeat(64 * 1024));
    for body in [
        "",
        "null",
        "[]",
        "\"x\"",
        "{",
        &deep,
        &format!(r#"{{"x":{deep}}}"#),
        r#"{"redirect_uris":["https://a.example/"],"redirect_uris":["https://b.example/"]}"#,
        &long,
    ] {
        let answer = send(&memory, "POST", "/register", body, "");
        assert_eq!(
            error(&answer),
            (400, "invalid_client_metadata".to_owned()),
            "{body:.40}"
        );
    }
    let form = Visitor::new(&memory).post("/register", "{}");
    assert_eq!(error(&form), (400, "invalid_client_metadata".to_owned()));
}

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
fn oauth21_s7_3_1_a_public_client_that_registered_itself_is_asked_about_every_time() {
    let memory = open(&json!({}));
    let told = registered(
        &memory,
        &with(public(), "scope", json!("openid email read")),
    );
    let visitor = Visitor::new(&memory);
    let id = told["client_id"].as_str().unwrap();
    code(&visitor, id);
    let again = visitor.get(&authorize_url(id, ""));
    assert!(location(&again).starts_with("/consent?"), "{again:?}");
    let page = visitor.get(location(&again));
    let Body::Page(page) = page.body else {
        panic!("{page:?}")
    };
    let crate::page::Page::Consent(consent) = *page else {
        panic!("{page:?}")
    };
    assert!(consent.client.unverified);
    assert_eq!(consent.client.redirect_host, "app.example");
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

/// RFC 9700 §4.11.2: nobody can use us to send people on with a client of their own.
#[test]
fn errors_of_clients_that_registered_themselves_are_shown_here() {
    let memory = open(&json!({}));
    let told = registered(&memory, &public());
    let id = told["client_id"].as_str().unwrap();
    let answer = Visitor::new(&memory).get(&format!(
        "/authorize?response_type=code&client_id={id}&redirect_uri=https://app.example/cb&scope=nonsense"
    ));
    assert_eq!((answer.status, location(&answer)), (400, ""));
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

/// Where resources may be any, so may scopes; what the operator keeps back, or left out of a list, is kept back all the same.
#[test]
fn where_any_scope_may_be_had_what_is_kept_back_is_not() {
    let asked = with(public(), "scope", json!("read admin mcp:tools"));
    let any = |memory: &Memory| change_server(memory, |server| server["resources"] = json!("any"));
    let memory = open(&json!({}));
    any(&memory);
    assert_eq!(
        registered(&memory, &asked)["scope"],
        "openid profile email offline_access read write mcp:tools"
    );
    let memory = open(&json!({ "scopes": ["read"] }));
    any(&memory);
    assert_eq!(registered(&memory, &asked)["scope"], "read");
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

/// What was refused is no client: once those that were registered are forgotten, there is room again, however many knocked meanwhile.
#[test]
fn knocking_does_not_keep_registration_closed() {
    const DAY_S: u64 = 86_400;
    let memory = open(&json!({ "max_unused": 2, "unused_days": 1 }));
    for status in [201, 201, 429, 429] {
        assert_eq!(register(&memory, &public()).status, status);
    }
    memory.now.set(memory.now.get() + DAY_S);
    for _ in 0..5 {
        assert_eq!(register(&memory, &public()).status, 429);
    }
    memory.now.set(memory.now.get() + DAY_S);
    for status in [201, 201, 429] {
        assert_eq!(register(&memory, &public()).status, status);
    }
}

/// A client that is used leaves its place to another; one that goes away too.
#[test]
fn max_unused_counts_the_unused() {
    let memory = open(&json!({ "max_unused": 2, "unused_days": 30 }));
    let visitor = Visitor::new(&memory);
    let named = with(public(), "scope", json!("openid email read"));
    let (first, second) = (registered(&memory, &named), registered(&memory, &named));
    assert_eq!(register(&memory, &public()).status, 429);
    let id = first["client_id"].as_str().unwrap();
    for _ in 0..3 {
        assert_eq!(redeem(&visitor, id, &code(&visitor, id)).status, 200);
    }
    let kept = record(&memory, id).unwrap().registration.unwrap();
    assert!(kept.unused_in.is_none());
    let third = registered(&memory, &named);
    assert_eq!(
        register(&memory, &public()).status,
        429,
        "one place was given back, once"
    );
    let (path, token) = handle(&second);
    assert_eq!(send(&memory, "DELETE", &path, "", &token).status, 204);
    registered(&memory, &public());
    assert_eq!(register(&memory, &public()).status, 429);
    // A change of its metadata is no use of it.
    let (path, token) = handle(&third);
    let new = with(named.clone(), "client_id", third["client_id"].clone());
    let changed = send(&memory, "PUT", &path, &new.to_string(), &token);
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(register(&memory, &public()).status, 429);
    // In the next window the places of this one still count.
    memory.now.set(memory.now.get() + 30 * 86_400);
    assert_eq!(register(&memory, &public()).status, 429);
    memory.now.set(memory.now.get() + 30 * 86_400);
    registered(&memory, &public());
}

/// Who has an initial access token takes no place, and so gives none back.
#[test]
fn clients_with_an_initial_access_token_take_no_place() {
    let memory = open(&json!({
        "max_unused": 1, "initial_access_tokens": [{ "name": "CI", "token": "0123456789abcdef0123456789abcdef" }],
    }));
    let named = with(public(), "scope", json!("openid email read"));
    let by_token = |memory: &Memory| {
        let token = "0123456789abcdef0123456789abcdef";
        body(&send(
            memory,
            "POST",
            "/register",
            &named.to_string(),
            token,
        ))
    };
    let told = by_token(&memory);
    by_token(&memory);
    let id = told["client_id"].as_str().unwrap();
    let visitor = Visitor::new(&memory);
    assert_eq!(redeem(&visitor, id, &code(&visitor, id)).status, 200);
    registered(&memory, &public());
    assert_eq!(register(&memory, &public()).status, 429);
}

#[test]
fn of_two_first_uses_at_once_one_gives_the_place_back() {
    let memory = open(&json!({ "max_unused": 1 }));
    let named = with(public(), "scope", json!("openid email read"));
    let told = registered(&memory, &named);
    let id = told["client_id"].as_str().unwrap().to_owned();
    let client = record(&memory, &id).unwrap();
    let server = crate::settings::server(&memory).unwrap();
    let rival = client.clone();
    *memory.before_replace.borrow_mut() = Some(Box::new(move |memory| {
        let server = crate::settings::server(memory).unwrap();
        client::registration::used(
            &rival,
            &server,
            crate::time::UnixTime(memory.now.get()),
            memory,
        );
    }));
    client::registration::used(
        &client,
        &server,
        crate::time::UnixTime(memory.now.get()),
        &memory,
    );
    registered(&memory, &public());
    assert_eq!(register(&memory, &public()).status, 429);
}
