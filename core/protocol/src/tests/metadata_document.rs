//! Clients whose id is the URL of a document.

use super::*;
use crate::client::metadata_document::check_url;
use crate::client::{AuthMethod, Client, GrantType, named};
use crate::ports::Fetched;
use crate::refusal::Refusal;

pub(super) const URL: &str = "https://app.example/client.json";

/// A host where documents are on, with `rules` of its own.
pub(super) fn on(rules: &Value) -> Memory {
    let memory = host();
    let mut server = json!({
        "issuer": "https://id.example",
        "scopes": { "read": "Read", "admin": "Everything" },
        "preregistered_scopes": ["admin"],
        "client_id_metadata": { "enabled": true },
    });
    for (name, value) in rules.as_object().unwrap() {
        server["client_id_metadata"][name] = value.clone();
    }
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), server.to_string());
    memory
}

pub(super) fn document() -> Value {
    json!({
        "client_id": URL,
        "client_name": "App",
        "redirect_uris": ["https://app.example/cb", "http://127.0.0.1/callback"],
        "grant_types": ["authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:jwt-bearer"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    })
}

pub(super) fn with(mut document: Value, name: &str, value: Value) -> Value {
    document[name] = value;
    document
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Fetched {
    Fetched {
        status,
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.as_bytes().to_vec(),
    }
}

pub(super) fn publish(memory: &Memory, document: &Value) {
    serve(
        memory,
        answer(
            200,
            &[("content-type", "application/json")],
            &document.to_string(),
        ),
    );
}

pub(super) fn serve(memory: &Memory, answer: Fetched) {
    memory.web.borrow_mut().insert(URL.to_owned(), answer);
}

/// What somebody finds who names this URL: each comes from another network.
pub(super) fn find(url: &str, memory: &Memory) -> Result<Client, Refusal> {
    let [a, b, c, ..] = crate::secret::sha256_of(&[url.as_bytes()]);
    named(url, Some(&format!("10.{a}.{b}.{c}")), memory)
}

pub(super) fn fetches(memory: &Memory) -> usize {
    memory.sent.borrow().len()
}

pub(super) fn later(memory: &Memory, seconds: u64) {
    memory.now.set(memory.now.get() + seconds);
}

pub(super) fn found(memory: &Memory) -> Client {
    find(URL, memory).unwrap()
}

pub(super) fn is_unreachable(memory: &Memory) -> bool {
    matches!(
        find(URL, memory),
        Err(Refusal::ClientDocumentUnreachable(_))
    )
}

pub(super) fn is_invalid(memory: &Memory) -> bool {
    matches!(find(URL, memory), Err(Refusal::ClientDocumentInvalid(_)))
}

#[test]
fn s3_what_can_be_the_url_of_a_document() {
    for good in [
        URL,
        "https://claude.ai/oauth/mcp-oauth-client-metadata",
        "https://app.example:8443/c",
        "https://xn--80ak6aa92e.example/c",
        "https://app.example/c/",
        "https://app.example/a.b/..c",
    ] {
        assert!(check_url(good).is_ok(), "{good}");
    }
    let long = format!("https://app.example/{}", "c".repeat(512));
    for bad in [
        "http://app.example/c",
        "HTTPS://app.example/c",
        "https://app.example",
        "https://app.example/",
        "https://app.example?c",
        "https://app.example/c?d",
        "https://app.example/c#d",
        "https://app.example/c#",
        "https://user@app.example/c",
        "https://user:pw@app.example/c",
        "https://@app.example/c",
        "https://app.example/./c",
        "https://app.example/../c",
        "https://app.example/a/..",
        "https://app.example/%2e%2e/c",
        "https://app.example/%2E/c",
        "https://app.example/.%2e/c",
        "https://app.example\\c",
        "https://app.example/c d",
        "https://app.example/\u{e4}",
        "https://APP.example/c",
        "https://app.example:x/c",
        "https://app.example:/c",
        "https://app.example:99999/c",
        "https://app.example:0/c",
        // Fetches are counted for each host and port: by another spelling they would be another's.
        "https://app.example:0443/c",
        "https://app.example:08443/c",
        "https:///c",
        "https://.example/c",
        "https://app.example./c",
        "https://localhost/c",
        "https://app.localhost/c",
        "https://metadata.google.internal/c",
        "https://printer.local/c",
        "https://intranet/c",
        "https://127.0.0.1/c",
        "https://127.1/c",
        "https://2130706433/c",
        "https://0x7f.0.0.1/c",
        "https://169.254.169.254/c",
        "https://[::1]/c",
        "https://[::ffff:127.0.0.1]/c",
        &long,
    ] {
        assert!(check_url(bad).is_err(), "{bad}");
        if bad.starts_with("https://") {
            let memory = on(&json!({}));
            assert!(
                matches!(find(bad, &memory), Err(Refusal::ClientDocumentInvalid(_))),
                "{bad}"
            );
            assert_eq!(fetches(&memory), 0, "{bad}");
        }
    }
}

#[test]
fn off_nothing_is_fetched_and_no_url_is_a_client() {
    let memory = on(&json!({ "enabled": false }));
    publish(&memory, &document());
    assert!(matches!(find(URL, &memory), Err(Refusal::UnknownClient)));
    assert_eq!(fetches(&memory), 0);
    let memory = on(&json!({ "allowed_hosts": ["other.example"] }));
    publish(&memory, &document());
    assert!(matches!(find(URL, &memory), Err(Refusal::UnknownClient)));
    assert_eq!(fetches(&memory), 0);
    let memory = on(&json!({ "allowed_hosts": ["app.example"] }));
    publish(&memory, &document());
    assert_eq!(found(&memory).client_id, URL);
}

#[test]
fn s4_a_document_makes_a_client() {
    let memory = on(&json!({}));
    publish(&memory, &document());
    let client = found(&memory);
    assert_eq!(client.client_id, URL);
    assert_eq!(
        client.grant_types,
        [GrantType::AuthorizationCode, GrantType::RefreshToken],
        "what is not offered is left out"
    );
    assert_eq!(client.token_endpoint_auth_method, AuthMethod::None);
    assert!(client.require_pkce && client.secrets.is_empty());
    assert!(client.scope.has("read") && !client.scope.has("admin"));
    assert_eq!(memory.sent.borrow()[0].0, "GET");
}

#[test]
fn s4_what_is_no_document() {
    for bad in [
        with(
            document(),
            "client_id",
            json!("https://app.example/other.json"),
        ),
        with(
            document(),
            "client_id",
            json!("https://app.example/client.json/"),
        ),
        with(
            document(),
            "client_id",
            json!("https://APP.example/client.json"),
        ),
        with(document(), "client_id", Value::Null),
        with(document(), "client_secret", json!("x")),
        with(document(), "client_secret_expires_at", json!(0)),
        with(
            document(),
            "token_endpoint_auth_method",
            json!("client_secret_basic"),
        ),
        with(
            document(),
            "token_endpoint_auth_method",
            json!("client_secret_post"),
        ),
        with(
            document(),
            "token_endpoint_auth_method",
            json!("client_secret_jwt"),
        ),
        with(document(), "token_endpoint_auth_method", json!("magic")),
        with(document(), "redirect_uris", json!([])),
        with(document(), "redirect_uris", Value::Null),
        with(
            document(),
            "redirect_uris",
            json!(["http://app.example/cb"]),
        ),
        with(
            document(),
            "redirect_uris",
            json!(["https://app.example/*"]),
        ),
        with(document(), "redirect_uris", json!(["javascript:alert(1)"])),
        with(document(), "client_name", json!("a\u{7}b")),
        with(document(), "client_uri", json!("javascript:alert(1)")),
        with(document(), "grant_types", json!(["client_credentials"])),
        json!([]),
        json!("x"),
    ] {
        let memory = on(&json!({}));
        publish(&memory, &bad);
        assert!(is_invalid(&memory), "{bad}");
    }
}

/// Where resources may be any, the URL of a client is none: a token for it, the client could take for one about who signed in there.
#[test]
fn rfc8707_s2_no_client_is_a_resource() {
    let memory = on(&json!({}));
    change_server(&memory, |server| server["resources"] = json!("any"));
    publish(&memory, &document());
    let visitor = Visitor::new(&memory);
    let ask = |uri: &str| {
        let answer = visitor.get(&authorize_url("app", &format!("&resource={uri}")));
        parameter(location(&answer), "error")
    };
    assert_eq!(ask(URL), None, "nobody knows it as a client yet");
    found(&memory);
    let refused = Some("invalid_target".to_owned());
    assert_eq!(ask(URL), refused);
    assert_eq!(
        ask("https://claude.ai/oauth/mcp-oauth-client-metadata"),
        refused
    );
    // That somebody names a resource as a client makes it none.
    let api = "https://api.example/";
    assert!(find("https://api.example/mcp", &memory).is_err());
    assert_eq!((ask(api), ask("https://api.example/mcp")), (None, None));
    // The operator may say otherwise.
    memory
        .sections
        .borrow_mut()
        .insert(format!("resource/{URL}"), json!({ "uri": URL }).to_string());
    assert_eq!(ask(URL), None);
}

#[test]
fn the_configuration_is_checked() {
    let memory = host();
    let refused = |rules: Value| {
        let server = json!({ "issuer": "https://id.example", "client_id_metadata": rules });
        let command = json!({ "command": "server.check", "server": server }).to_string();
        crate::administration::run(&command, &memory).is_err()
    };
    assert!(!refused(
        json!({ "pinned": [document()], "trusted": [URL], "allowed_hosts": ["app.example", "b.example:8443"] })
    ));
    for bad in [
        json!({ "pinned": [with(document(), "client_secret", json!("x"))] }),
        json!({ "pinned": [with(document(), "client_id", json!("http://app.example/c"))] }),
        json!({ "trusted": ["https://app.example"] }),
        json!({ "trusted": ["*"] }),
        json!({ "allowed_hosts": ["*.example"] }),
        json!({ "allowed_hosts": ["https://app.example"] }),
        json!({ "allowed_hosts": ["App.example"] }),
    ] {
        assert!(refused(bad.clone()), "{bad}");
    }
}

/// `ChatGPT` prefers to sign, and can do without.
#[test]
fn a_document_with_choices_is_usable_by_what_is_supported() {
    let memory = on(&json!({}));
    let choices = with(
        with(document(), "token_endpoint_auth_method", json!("magic_jwt")),
        "token_endpoint_auth_methods_supported",
        json!(["none", "magic_jwt", "client_secret_post"]),
    );
    publish(&memory, &choices);
    assert_eq!(found(&memory).token_endpoint_auth_method, AuthMethod::None);
}

#[test]
fn a_document_that_prefers_to_sign_is_taken_at_its_word() {
    let memory = on(&json!({}));
    let signs = with(
        with(
            with(
                document(),
                "token_endpoint_auth_method",
                json!("private_key_jwt"),
            ),
            "token_endpoint_auth_methods_supported",
            json!(["none", "private_key_jwt"]),
        ),
        "jwks_uri",
        json!("https://app.example/jwks.json"),
    );
    publish(&memory, &signs);
    let client = found(&memory);
    assert_eq!(client.token_endpoint_auth_method, AuthMethod::PrivateKeyJwt);
    assert_eq!(
        client.jwks_uri.as_deref(),
        Some("https://app.example/jwks.json")
    );
    assert!(client.secrets.is_empty());
    // Without keys it can only do the other.
    publish(&memory, &with(signs, "jwks_uri", Value::Null));
    later(&memory, 300);
    assert_eq!(found(&memory).token_endpoint_auth_method, AuthMethod::None);
}

/// Where a browser is sent for consent, with `redirect_uri`.
pub(super) fn ask(visitor: &Visitor<'_>, redirect_uri: &str) -> Answer {
    let url = authorize_url("app", "")
        .replace("client_id=app", &format!("client_id={URL}"))
        .replace("https://app.example/cb", redirect_uri);
    visitor.get(&url)
}

/// Signs in, allows, and returns the consent page that was shown.
pub(super) fn allow(visitor: &Visitor<'_>, redirect_uri: &str) -> crate::page::Consent {
    let mut answer = ask(visitor, redirect_uri);
    for _ in 0..5 {
        if let Body::Page(page) = &answer.body {
            let crate::page::Page::Consent(consent) = page.as_ref().clone() else {
                panic!("{page:?}")
            };
            let form = format!(
                "transaction={}&csrf={}&decision=allow",
                consent.transaction, consent.csrf
            );
            let done = visitor.post("/consent", &form);
            assert!(location(&done).starts_with(redirect_uri), "{done:?}");
            return consent;
        }
        answer = visitor.get(location(&answer));
    }
    panic!("no consent page: {answer:?}")
}

#[test]
fn consent_to_a_document_is_remembered_until_it_changes() {
    let memory = on(&json!({}));
    publish(&memory, &document());
    let visitor = Visitor::new(&memory);
    let page = allow(&visitor, "https://app.example/cb");
    assert!(page.client.unverified);
    assert_eq!(page.client.published_at.as_deref(), Some("app.example"));
    let again = ask(&visitor, "https://app.example/cb");
    assert!(
        location(&again).starts_with("https://app.example/cb?code="),
        "{again:?}"
    );
    // A name may change; where the answers go may not.
    publish(&memory, &with(document(), "client_name", json!("New")));
    later(&memory, 300);
    let again = ask(&visitor, "https://app.example/cb");
    assert!(
        location(&again).starts_with("https://app.example/cb?code="),
        "{again:?}"
    );
    let uris = json!(["https://app.example/cb", "https://evil.example/cb"]);
    publish(&memory, &with(document(), "redirect_uris", uris));
    later(&memory, 300);
    let asked = ask(&visitor, "https://app.example/cb");
    assert!(location(&asked).starts_with("/consent?"), "{asked:?}");
}

#[test]
fn a_trusted_document_loses_the_mark_but_not_the_question_on_loopback() {
    let memory = on(&json!({ "trusted": [URL] }));
    publish(&memory, &document());
    let visitor = Visitor::new(&memory);
    for _ in 0..2 {
        let page = allow(&visitor, "http://127.0.0.1:51234/callback");
        assert!(!page.client.unverified && page.client.loopback);
    }
}

#[test]
fn a_whole_flow_with_a_document() {
    let memory = on(&json!({}));
    publish(&memory, &document());
    let visitor = Visitor::new(&memory);
    allow(&visitor, "https://app.example/cb");
    let back = ask(&visitor, "https://app.example/cb");
    let code = parameter(location(&back), "code").unwrap();
    let tokens = redeem(&visitor, URL, &code);
    assert_eq!(tokens.status, 200, "{tokens:?}");
    let tokens = body(&tokens);
    let refreshed = refresh(&visitor, URL, tokens["refresh_token"].as_str().unwrap());
    assert_eq!(refreshed.status, 200, "{refreshed:?}");
    let access = body(&refreshed)["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let userinfo = visitor.send("GET", "/userinfo", "", Some(&format!("Bearer {access}")));
    assert_eq!(userinfo.status, 200);
    // Keys of records cannot hold a URL.
    let legal = |key: &String| key.len() <= 512 && !key.contains("://");
    assert!(memory.rows.borrow().keys().all(legal));
}

#[test]
fn errors_of_strangers_documents_are_shown_here() {
    let memory = on(&json!({}));
    publish(&memory, &document());
    let visitor = Visitor::new(&memory);
    let url = format!(
        "/authorize?response_type=code&client_id={URL}&redirect_uri=https://app.example/cb&scope=nonsense"
    );
    assert_eq!(visitor.get(&url).status, 400);
    let elsewhere = ask(&visitor, "https://evil.example/cb");
    assert_eq!((elsewhere.status, location(&elsewhere)), (400, ""));
}

/// A document can say tomorrow that its answers go elsewhere; where it lies, it cannot.
#[test]
fn core_s8_1_the_sector_of_a_document_is_its_own_host() {
    for (redirect_uri, good) in [
        ("https://app.example/cb", true),
        ("https://victim.example/cb", false),
    ] {
        let memory = on(&json!({}));
        change_server(&memory, |server| {
            server["pairwise"] = json!({ "enabled": true });
        });
        let document = with(document(), "subject_type", json!("pairwise"));
        publish(
            &memory,
            &with(document, "redirect_uris", json!([redirect_uri])),
        );
        assert_eq!(is_invalid(&memory), !good, "{redirect_uri}");
    }
}

/// What an application was given lives on while its document cannot be had, and so must the way to end it; one document that is
/// gone must not keep people from everything else.
#[test]
fn an_application_whose_document_is_gone_is_removed_like_any_other() {
    use crate::page::{Account, Page};
    let account = |visitor: &Visitor<'_>| -> Account {
        let answer = visitor.get("/account");
        match answer.body {
            Body::Page(page) => match *page {
                Page::Account(account) => account,
                page => panic!("{page:?}"),
            },
            _ => panic!("{answer:?}"),
        }
    };
    for (status, what) in [(404, ""), (200, "{}"), (500, "")] {
        let memory = on(&json!({}));
        publish(&memory, &document());
        let visitor = Visitor::new(&memory);
        allow(&visitor, "https://app.example/cb");
        let back = ask(&visitor, "https://app.example/cb");
        let code = parameter(location(&back), "code").unwrap();
        let tokens = body(&redeem(&visitor, URL, &code));
        assert_eq!(account(&visitor).apps.len(), 1);
        let gone = answer(status, &[("content-type", "application/json")], what);
        serve(&memory, gone);
        later(&memory, 600);
        let apps = account(&visitor).apps;
        let [app] = apps.as_slice() else {
            panic!("{status} {apps:?}")
        };
        assert!(app.unverified);
        let form = format!("action=remove_app&app={}&csrf={}", app.app, app.csrf);
        assert_eq!(visitor.post("/account", &form).status, 303);
        publish(&memory, &document());
        later(&memory, 60);
        let token = tokens["refresh_token"].as_str().unwrap();
        assert_eq!(error(&refresh(&visitor, URL, token)).1, "invalid_grant");
    }
}
