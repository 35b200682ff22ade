//! RFC 7591, OAuth 2.0 Dynamic Client Registration.

use crate::harness::browser::Browser;
use crate::harness::dpop::now;
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http;
use crate::harness::registration::{client, own, public, register, registered, with};
use crate::harness::server::{CONFIG, Server, shared};
use crate::harness::signer::{self, header, sign, statement_claims};
use serde_json::{Value, json};

const CALLBACK: &str = "https://arrived.example/callback";

#[test]
fn s3_2_1_a_registered_client_works_all_the_way() {
    let told = registered(shared(), &public(CALLBACK));
    assert_eq!(told["redirect_uris"], json!([CALLBACK]));
    assert_eq!(told["token_endpoint_auth_method"], "none");
    assert_eq!(told["response_types"], json!(["code"]));
    assert!(told["client_id_issued_at"].is_u64());
    assert!(told.get("client_secret").is_none(), "{told}");
    let client = client(&told);
    let request = AuthorizationRequest::new(client);
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    client.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn s3_2_1_a_confidential_client_gets_a_secret_that_works() {
    for method in ["client_secret_basic", "client_secret_post"] {
        let metadata = with(
            public(CALLBACK),
            "token_endpoint_auth_method",
            json!(method),
        );
        let told = registered(shared(), &metadata);
        assert_eq!(told["client_secret_expires_at"], 0, "it does not expire");
        let client = client(&told);
        let request = AuthorizationRequest::new(client);
        request.tokens(shared(), &mut flow::signed_in());
        // Not by another method than it registered.
        let code = request.code(shared(), &mut flow::signed_in());
        let other = http::post(&shared().url("/token"))
            .form(&[request.redemption(&code), vec![("client_id", client.id)]].concat())
            .send();
        other.assert_error(401, "invalid_client");
    }
}

#[test]
fn s2_the_default_method_is_client_secret_basic() {
    let told = registered(shared(), &json!({ "redirect_uris": [CALLBACK] }));
    assert_eq!(told["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(told["grant_types"], json!(["authorization_code"]));
    assert!(told["client_secret"].is_string());
}

/// RFC 9700 §4.15: an id of its own choice could be that of a person, or the URL of somebody's document.
#[test]
fn rfc9700_s4_15_nobody_chooses_a_client_id() {
    for id in ["spa", "https://app.example/client.json", "dyn_mine"] {
        let told = registered(shared(), &with(public(CALLBACK), "client_id", json!(id)));
        let given = told["client_id"].as_str().expect("a string");
        assert!(given.starts_with("dyn_") && given != id, "{given}");
    }
}

#[test]
fn s2_unknown_metadata_is_ignored_and_not_echoed() {
    let metadata = with(public(CALLBACK), "x_unknown", json!({ "a": ["b"] }));
    let metadata = with(
        metadata,
        "logo_uri",
        json!("https://arrived.example/logo.png"),
    );
    let metadata = with(metadata, "consent", json!("implicit"));
    let told = registered(shared(), &metadata);
    for absent in ["x_unknown", "logo_uri", "consent"] {
        assert!(told.get(absent).is_none(), "{told}");
    }
}

/// What clients of the Model Context Protocol send: grant types and scopes from somewhere else.
#[test]
fn s2_what_is_not_offered_is_left_out() {
    let grants = json!([
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
    ]);
    let metadata = with(public(CALLBACK), "grant_types", grants);
    let metadata = with(
        metadata,
        "scope",
        json!("openid mcp:tools reports:write reports:read"),
    );
    let told = registered(shared(), &metadata);
    assert_eq!(
        told["grant_types"],
        json!(["authorization_code", "refresh_token"])
    );
    let scope: Vec<&str> = told["scope"]
        .as_str()
        .expect("a string")
        .split(' ')
        .collect();
    assert!(scope.contains(&"reports:read") && scope.contains(&"api:read"));
    assert!(
        !scope.contains(&"reports:write"),
        "the operator keeps it back"
    );
    let client = client(&told);
    let refused = client.client_credentials(shared(), &[("scope", "api:read")]);
    assert_ne!(refused.status, 200);
}

#[test]
fn s3_2_2_invalid_client_metadata() {
    for (member, value) in [
        ("response_types", json!(["token"])),
        ("response_types", json!(["none"])),
        ("grant_types", json!(["implicit"])),
        ("grant_types", json!(["client_credentials"])),
        ("grant_types", json!("authorization_code")),
        ("token_endpoint_auth_method", json!("password")),
        ("scope", json!("\u{e4}")),
        ("client_name", json!("a\nb")),
        ("client_uri", json!("javascript:alert(1)")),
        ("policy_uri", json!("data:text/html,x")),
        ("tos_uri", json!("//arrived.example")),
    ] {
        let answer = register(shared(), &with(public(CALLBACK), member, value.clone()));
        assert_eq!(answer.status, 400, "{member}: {value}");
        answer.assert_error(400, "invalid_client_metadata");
    }
}

#[test]
fn s3_2_2_invalid_redirect_uri() {
    for uri in [
        "http://arrived.example/callback",
        "https://*.arrived.example/callback",
        "https://arrived.example/callback#x",
        "https://user@arrived.example/callback",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "/callback",
        "",
    ] {
        for uris in [json!([uri]), json!([CALLBACK, uri])] {
            let answer = register(shared(), &with(public(CALLBACK), "redirect_uris", uris));
            assert_eq!(answer.status, 400, "{uri}");
            answer.assert_error(400, "invalid_redirect_uri");
        }
    }
    register(
        shared(),
        &with(public(CALLBACK), "redirect_uris", json!([])),
    )
    .assert_error(400, "invalid_redirect_uri");
}

#[test]
fn s2_native_applications_list_places_of_several_kinds() {
    let uris = json!([
        "http://127.0.0.1:33418/",
        "https://vscode.dev/redirect",
        "com.example.app:/callback",
        "cursor://anysphere.cursor-retrieval/oauth/callback",
        "noowner://callback",
    ]);
    let metadata = with(public(CALLBACK), "redirect_uris", uris.clone());
    let told = registered(
        shared(),
        &with(metadata, "application_type", json!("native")),
    );
    assert_eq!(
        told["redirect_uris"].as_array().map(Vec::as_slice),
        uris.as_array().and_then(|uris| uris.get(..4)),
        "a scheme without an owner is left out"
    );
}

#[test]
fn bodies_are_json_and_bounded() {
    let endpoint = shared().endpoint("registration_endpoint");
    let post = |kind: &str, body: &str| http::post(&endpoint).body(kind, body.to_owned()).send();
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for (kind, body) in [
        ("application/json", ""),
        ("application/json", "[]"),
        ("application/json", "{"),
        ("application/json", deep.as_str()),
        (
            "application/json",
            r#"{"redirect_uris":[],"redirect_uris":[]}"#,
        ),
        ("text/plain", "{}"),
        ("application/x-www-form-urlencoded", "redirect_uris=x"),
    ] {
        post(kind, body).assert_error(400, "invalid_client_metadata");
    }
    let long = format!(r#"{{"x":"{}"}}"#, "x".repeat(65 * 1024));
    // The server may close the connection while we still send; then there is no answer to read.
    if let Ok(answer) = http::post_alone(&endpoint)
        .body("application/json", long)
        .try_send()
    {
        assert!(matches!(answer.status, 400 | 413), "{answer:?}");
    }
    let got = http::get(&endpoint).send();
    assert_eq!(
        (got.status, got.header("allow")),
        (405, Some("POST, OPTIONS"))
    );
}

#[test]
fn cors_for_applications_in_browsers() {
    let endpoint = shared().endpoint("registration_endpoint");
    let preflight = http::method("OPTIONS", &endpoint)
        .header("origin", "https://spa.example")
        .header("access-control-request-method", "POST")
        .send();
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    for answer in [
        register(shared(), &public(CALLBACK)),
        register(shared(), &json!({})),
    ] {
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
}

/// RFC 9700 §4.11.2, OAuth 2.1 §7.3.1: strangers' clients.
#[test]
fn rfc9700_s4_11_2_nobody_is_sent_on_by_a_client_that_nobody_knows() {
    let client = client(&registered(shared(), &public(CALLBACK)));
    let bad = AuthorizationRequest::new(client).with("scope", "nonsense");
    let visit = bad.open(shared());
    assert!(visit.left_for().is_none(), "{visit:?}");
    visit.assert_error_page(400);
    let foreign = AuthorizationRequest::new(client).with("redirect_uri", "https://evil.example/");
    foreign.open(shared()).assert_error_page(400);
}

#[test]
fn oauth21_s7_3_1_consent_is_asked_for_every_time_and_marked() {
    for redirect_uri in [CALLBACK, "http://127.0.0.1/callback"] {
        let told = registered(shared(), &public(redirect_uri));
        let request = AuthorizationRequest::new(client(&told));
        let mut browser = flow::signed_in();
        for _ in 0..2 {
            let page = browser.get(&request.url(shared()));
            let text = page.text();
            let goal = if redirect_uri == CALLBACK {
                "arrived.example"
            } else {
                "a program on this device"
            };
            for words in ["Registered by itself", "Unverified", goal] {
                assert!(text.contains(words), "{words}: {text}");
            }
            flow::finish(&mut browser, &page);
        }
    }
}

#[test]
fn s59_registrations_from_one_network_are_bounded() {
    let config = CONFIG.replace("per_network_per_hour = 100000", "per_network_per_hour = 10");
    let server = Server::start(&config);
    let endpoint = server.endpoint("registration_endpoint");
    let body = public(CALLBACK).to_string();
    let statuses = (0..40)
        .map(|_| {
            let request = http::post(&endpoint).body("application/json", body.clone());
            request.send().status
        })
        .collect::<Vec<_>>();
    let made = statuses.iter().filter(|status| **status == 201).count();
    // An hour may end in between.
    assert!((10..=20).contains(&made), "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
}

#[test]
fn s3_an_initial_access_token_of_the_configuration_lets_in() {
    let token = "chosen-by-the-operator-0123456789abcdef";
    let tokens = format!(
        "mode = \"token\"\ninitial_access_tokens = [{{ name = \"CI\", token = \"{token}\" }}]"
    );
    let server = Server::start(&CONFIG.replace("mode = \"open\"", &tokens));
    let post = || {
        let endpoint = server.endpoint("registration_endpoint");
        http::post(&endpoint).body("application/json", public(CALLBACK).to_string())
    };
    post().send().assert_error(401, "invalid_token");
    for wrong in ["CI", &token[1..], &format!("{token}0")] {
        let answer = post().bearer(wrong).send();
        answer.assert_error(401, "invalid_token");
    }
    for _ in 0..2 {
        assert_eq!(post().bearer(token).send().status, 201);
    }
}

#[test]
fn off_there_is_no_endpoint() {
    let config = CONFIG.replace("mode = \"open\"", "mode = \"off\"");
    let server = Server::start(&config);
    assert!(server.metadata().get("registration_endpoint").is_none());
    let answer = http::post(&server.url("/register"))
        .body("application/json", "{}")
        .send();
    assert_eq!(answer.status, 404);
    answer.json();
}

#[test]
fn s3_1_1_software_statements_of_strangers_are_refused() {
    let metadata = with(
        public(CALLBACK),
        "software_statement",
        json!("eyJhbGciOiJub25lIn0.e30."),
    );
    let answer = register(shared(), &metadata);
    assert!(
        [
            "invalid_software_statement",
            "unapproved_software_statement"
        ]
        .contains(&answer.text("error").as_str()),
        "{answer:?}"
    );
    assert_eq!(answer.status, 400);
}

#[test]
fn s3_1_1_what_a_software_statement_says_goes_first_and_comes_back() {
    let callback = "https://software.example/callback";
    let claims = signer::with(statement_claims(), "redirect_uris", json!([callback]));
    let statement = sign(&header("JWT"), &claims);
    let metadata = with(
        public(CALLBACK),
        "software_statement",
        json!(statement.clone()),
    );
    let told = registered(shared(), &metadata);
    assert_eq!(told["client_name"], "Known to a Directory");
    assert_eq!(told["redirect_uris"], json!([callback]));
    assert_eq!(told["software_statement"], json!(statement), "unmodified");
    let request = AuthorizationRequest::new(client(&told));
    request.tokens(shared(), &mut flow::signed_in());
    // RFC 7592 §2.2: the directory's word holds for changes too.
    let mut change = with(public(CALLBACK), "client_id", told["client_id"].clone());
    let put = |change: &Value| {
        own(&told, "PUT")
            .body("application/json", change.to_string())
            .send()
    };
    put(&change).assert_error(400, "invalid_client_metadata");
    change["software_statement"] = json!(statement);
    assert_eq!(put(&change).json()["redirect_uris"], json!([callback]));
}

#[test]
fn s3_2_2_software_statements_that_do_not_hold() {
    let claims = statement_claims();
    let past = json!(now() - 120);
    let by_rsa = json!({ "alg": "RS256", "kid": "rsa" });
    for (what, statement) in [
        (
            "expired",
            sign(&header("JWT"), &signer::with(claims.clone(), "exp", past)),
        ),
        (
            "for another server",
            sign(
                &header("JWT"),
                &signer::with(claims.clone(), "aud", json!("https://other.example")),
            ),
        ),
        ("of another type", sign(&header("at+jwt"), &claims)),
        (
            "by a key that is not the directory's",
            signer::sign_by("rsa", jsonwebtoken::Algorithm::RS256, &by_rsa, &claims),
        ),
    ] {
        let metadata = with(public(CALLBACK), "software_statement", json!(statement));
        let answer = register(shared(), &metadata);
        assert_eq!(
            (answer.status, answer.text("error").as_str()),
            (400, "invalid_software_statement"),
            "{what}"
        );
    }
    let stranger = signer::with(claims, "iss", json!("https://evil.example"));
    let statement = sign(&header("JWT"), &stranger);
    let metadata = with(public(CALLBACK), "software_statement", json!(statement));
    register(shared(), &metadata).assert_error(400, "unapproved_software_statement");
}

/// A sign-in that begins with no session at all.
#[test]
fn a_newcomer_signs_in_to_a_client_that_registered_itself() {
    let told = registered(shared(), &public(CALLBACK));
    let request = AuthorizationRequest::new(client(&told)).with("resource", "https://api.example/");
    let request = request.with("scope", "openid api:read");
    let mut browser = Browser::new(&shared().issuer);
    let visit = browser.get(&request.url(shared()));
    let email = crate::harness::random::email();
    let visit = flow::sign_in_by_pin(shared(), &mut browser, visit, &email);
    let text = visit.text();
    assert!(text.contains("The example API"), "{text}");
    let callback = flow::finish(&mut browser, &visit);
    let tokens = request.redeem(shared(), &callback.code());
    assert_eq!(tokens.assert_ok().text("scope"), "openid api:read");
}

/// The command line works on the store of the native server.
mod native_only {
    use super::*;

    fn token(server: &Server, more: &[&str]) -> String {
        let arguments = [&["client", "token", "add", "--json"], more].concat();
        let output = server.command(&arguments);
        assert!(output.status.success(), "{output:?}");
        let answer: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let token = answer["initial_access_token"].as_str();
        token.expect("a token").to_owned()
    }

    #[test]
    fn s3_an_initial_access_token_where_one_is_needed() {
        let config = CONFIG.replace("mode = \"open\"", "mode = \"token\"");
        let server = Server::start(&config);
        let go = |token: &str| {
            let request = http::post(&server.endpoint("registration_endpoint"))
                .body("application/json", public(CALLBACK).to_string());
            let request = if token.is_empty() {
                request
            } else {
                request.bearer(token)
            };
            request.send()
        };
        let closed = go("");
        closed.assert_error(401, "invalid_token");
        assert!(closed.list("www-authenticate").starts_with("Bearer"));
        let once = token(&server, &["--uses", "1", "--name", "once"]);
        go(&format!("{once}x")).assert_error(401, "invalid_token");
        assert_eq!(go(&once).status, 201);
        go(&once).assert_error(401, "invalid_token");
        let many = token(&server, &[]);
        assert_eq!([go(&many).status, go(&many).status], [201, 201]);
        let listed = server.command(&["client", "token", "list", "--json"]);
        let listed: Value = serde_json::from_slice(&listed.stdout).expect("JSON");
        let id = listed["tokens"][0]["id"].as_str().expect("an id");
        let removed = server.command(&["client", "token", "remove", id]);
        assert!(removed.status.success(), "{removed:?}");
        go(&many).assert_error(401, "invalid_token");
    }
}
