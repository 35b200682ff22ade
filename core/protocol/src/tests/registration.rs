//! Clients that register themselves.

use super::*;
use crate::client::{self, Client};
use crate::policy::Denial;

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

/// Every member that only operators may set, in the metadata and in the record itself: the client is the same as without them, at its
/// registration and after a change.
#[test]
fn members_of_the_operator_alone_are_not_read() {
    use super::registration_management::handle;
    let memory = open(&json!({}));
    let mut greedy = public();
    for (name, value) in [
        ("access_token_audience", json!("client")),
        ("access_token_lifetime_s", json!(86_400)),
        ("access_token_signed_response_alg", json!("RS256")),
        ("access_token_typ", json!("JWT")),
        ("authorization_details_types", json!(["payment"])),
        ("client_id_issued_at", json!(0)),
        ("client_secret_expires_at", json!(0)),
        ("consent", json!("implicit")),
        ("default_acr_values", json!(["x"])),
        ("default_scope", json!("admin")),
        ("introspection_signed_response_alg", json!("ES256")),
        ("legacy_assertion_audience", json!(true)),
        ("loopback_any_path", json!(true)),
        ("profile", json!("openauth")),
        ("refresh_reuse_window_s", json!(3_600)),
        ("refresh_token_lifetime_s", json!(1)),
        ("refresh_without_client_id", json!(true)),
        ("registration", json!({ "expires_at": 1 })),
        ("registration_access_token", json!("dwm_x")),
        ("require_pkce", json!(false)),
        ("require_request_object_typ", json!(true)),
        ("secrets", json!([{ "sha256": "x" }])),
        ("sector", json!({})),
        ("sector_identifier", json!("victim.example")),
        ("subject_properties", json!("user")),
        ("tls_client_auth", json!({ "san_dns": "victim.example" })),
        ("token_exchange_from", json!(["app"])),
        ("token_exchange_impersonation", json!(true)),
        ("trust", json!("declared")),
        ("unused_in", Value::Null),
    ] {
        greedy[name] = value;
    }
    let without_identity = |told: &Value| {
        let mut client = record(&memory, told["client_id"].as_str().unwrap()).unwrap();
        client.client_id.clear();
        client.registration = None;
        client
    };
    let modest = without_identity(&registered(&memory, &public()));
    assert_eq!(modest.trust, client::Trust::Dynamic);
    let told = registered(&memory, &greedy);
    assert_eq!(without_identity(&told), modest);
    let (path, token) = handle(&told);
    for server_own in [
        "client_id_issued_at",
        "client_secret_expires_at",
        "registration_access_token",
    ] {
        greedy.as_object_mut().unwrap().remove(server_own);
    }
    let change = with(greedy, "client_id", told["client_id"].clone());
    let changed = send(&memory, "PUT", &path, &change.to_string(), &token);
    assert_eq!(changed.status, 200, "{changed:?}");
    assert_eq!(without_identity(&told), modest);
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
