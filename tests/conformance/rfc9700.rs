//! RFC 9700, Best Current Practice for OAuth 2.0 Security: what no other module here is named after.

use crate::harness::browser::assert_error_page;
use crate::harness::client::{Client, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Callback};
use crate::harness::http;
use crate::harness::server::{CONFIG, assert_all_refused, refused, shared};

/// What is close to `https://spa.example/callback`, but is not it.
const NEARLY: [&str; 30] = [
    "https://spa.example/Callback",
    "https://SPA.example/callback",
    "HTTPS://spa.example/callback",
    "https://spa.example/callback/",
    "https://spa.example//callback",
    "https://spa.example/./callback",
    "https://spa.example/x/../callback",
    "https://spa.example/%63allback",
    "https://spa.example/callback%2e",
    "https://spa.example/callback%00",
    "https://spa.example/callback?",
    "https://spa.example/callback?x=1",
    "https://spa.example/callback?code=smuggled",
    "https://spa.example/callback#",
    "https://spa.example/callback#fragment",
    "https://spa.example/callback;x",
    "https://spa.example\\callback",
    "https://spa.example/callback\\",
    "https://user@spa.example/callback",
    "https://spa.example@evil.example/callback",
    "https://spa.example:443/callback",
    "https://spa.example:8443/callback",
    "https://spa.example./callback",
    "https://spa.example.evil.example/callback",
    "https://evil.example/https://spa.example/callback",
    "http://spa.example/callback",
    "//spa.example/callback",
    " https://spa.example/callback",
    "https://spa.example/callback ",
    "javascript:alert(1)//https://spa.example/callback",
];

#[test]
fn s4_1_3_redirect_uris_are_compared_exactly() {
    for redirect_uri in NEARLY {
        AuthorizationRequest::new(Client {
            redirect_uri,
            ..SPA
        })
        .open(shared())
        .assert_error_page(400);
    }
}

/// The same holds once a person is signed in, and for errors that would otherwise go to the client.
#[test]
fn s4_11_2_never_an_open_redirector() {
    let mut browser = flow::signed_in();
    for redirect_uri in NEARLY {
        let request = AuthorizationRequest::new(Client {
            redirect_uri,
            ..SPA
        });
        for broken in [
            request.clone(),
            request.clone().with("prompt", "none"),
            request.without("response_type"),
        ] {
            assert_error_page(&browser.get_once(&broken.url(shared())), 400);
        }
    }
}

#[test]
fn s2_1_plain_http_redirects_cannot_be_registered() {
    for redirect_uri in [
        "http://spa.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.2.example/cb",
    ] {
        let log = refused(&with_client(&format!(
            "redirect_uris = [\"{redirect_uri}\"]"
        )));
        assert!(log.contains("redirect_uri"), "{log}");
    }
}

#[test]
fn s4_1_1_wildcards_and_other_traps_cannot_be_registered() {
    let uris = [
        "https://*.example/callback",
        "https://spa.example/*",
        "https://spa.example/callback#fragment",
        "https://spa.example/callback#",
        "https://user@spa.example/callback",
        "https://spa.example/call back",
        "https://spa.example\\\\callback",
        "https:/callback",
        "/callback",
        "spa.example/callback",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://spa.example/x",
        "about:blank",
        "view-source:https://spa.example/",
        "https://spa.example/callback?code=x",
    ];
    let entry = |uri: &str| format!("redirect_uris = [\"{uri}\"]");
    assert_all_refused(uris.map(|uri| (uri.to_owned(), with_client(&entry(uri)))));
}

#[test]
fn s4_1_1_every_uri_of_a_client_is_checked() {
    let redirect = "redirect_uris = [\"https://x.example/callback\"]\n";
    let hostile = [
        "javascript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,x",
        "java\\tscript:alert(1)",
        "JAVASCRIPT:alert(1)",
    ];
    let members = ["client_uri", "policy_uri", "tos_uri"];
    let shown = members
        .iter()
        .flat_map(|member| hostile.map(|uri| format!("{member} = \"{uri}\"")));
    let back = [
        "javascript:alert(1)",
        "http://x.example/out",
        "https://*.example/",
        "data:text/html,x",
    ];
    let back = back.map(|uri| format!("post_logout_redirect_uris = [\"{uri}\"]"));
    assert_all_refused(
        shown
            .chain(back)
            .map(|entry| (entry.clone(), with_client(&format!("{redirect}{entry}")))),
    );
}

fn with_client(entry: &str) -> String {
    format!(
        "{CONFIG}\n[[client]]\nclient_id = \"tried\"\ngrant_types = [\"authorization_code\"]\n\
         token_endpoint_auth_method = \"none\"\nscope = \"openid\"\n{entry}\n"
    )
}

#[test]
fn s4_12_303_after_credentials() {
    let server = shared();
    let (mut browser, email) = (
        crate::harness::browser::Browser::new(&server.issuer),
        crate::harness::random::email(),
    );
    let visit = browser.get(&AuthorizationRequest::new(SPA).url(server));
    let page = flow::ask_for_pin(&mut browser, visit, &email);
    let form = page
        .form_with("one-time-code")
        .fill("one-time-code", &server.mailed_code(&email, 1));
    let signed_in = browser.press(&page, &form, "verify");
    assert_eq!(signed_in.hops[0].status, 303, "{:?}", signed_in.hops[0]);
    let consent = signed_in.form("allow");
    let allowed = browser.press(&signed_in, &consent, "allow");
    assert!(
        allowed.hops.iter().all(|hop| hop.status == 303),
        "{:?}",
        allowed.hops
    );
}

#[test]
fn s2_1_2_tokens_never_come_from_the_authorization_endpoint() {
    for response_type in ["token", "id_token", "id_token token", "code token"] {
        let request = AuthorizationRequest::new(SPA).with("response_type", response_type);
        let visit = flow::signed_in().get(&request.url(shared()));
        let callback = Callback::of(&visit);
        callback.assert_error("unsupported_response_type");
        assert!(
            !callback.url.as_str().contains("token="),
            "{}",
            callback.url
        );
    }
}

#[test]
fn s2_4_no_resource_owner_password_credentials() {
    let fields = [
        ("grant_type", "password"),
        ("username", "x"),
        ("password", "y"),
    ];
    SPA.token(shared(), &fields)
        .assert_error(400, "unsupported_grant_type");
    assert!(
        !shared().metadata()["grant_types_supported"]
            .to_string()
            .contains("password")
    );
}

#[test]
fn s4_1_3_a_code_smuggled_in_the_query_never_arrives_twice() {
    let request = AuthorizationRequest::new(SPA)
        .with("code", "smuggled")
        .with("iss", "https://evil.example")
        .with("error", "x");
    let callback = request.allow(shared(), &mut flow::signed_in());
    assert_ne!(callback.code(), "smuggled");
    assert_eq!(
        (callback.get("iss"), callback.get("error")),
        (Some(shared().issuer.as_str()), None)
    );
}

/// RFC 9700 §4.17: answers go to the redirect URI, never to a window.
#[test]
fn s4_17_web_message_and_other_response_modes_are_refused() {
    for mode in ["web_message", "fragment", "jwt", "query.jwt", "unheard_of"] {
        let visit = AuthorizationRequest::new(SPA)
            .with("response_mode", mode)
            .open(shared());
        match visit.left_for() {
            Some(url) => {
                Callback::of(&visit).assert_error("invalid_request");
                assert_eq!(url.fragment(), None);
            }
            None => {
                visit.assert_error_page(400);
            }
        }
    }
    assert!(
        !shared().metadata()["response_modes_supported"]
            .to_string()
            .contains("web_message")
    );
}

/// OpenID Connect Core §6: by reference they are not supported, and by value only of clients with keys. Neither must be taken for
/// a request without parameters.
#[test]
fn request_objects_of_a_client_without_keys_are_refused() {
    let visit = |name| {
        AuthorizationRequest::new(SPA)
            .with(name, "https://spa.example/object")
            .open(shared())
    };
    visit("request").assert_error_page(400);
    Callback::of(&visit("request_uri")).assert_error("request_uri_not_supported");
    assert_ne!(
        shared().metadata()["request_uri_parameter_supported"],
        serde_json::json!(true)
    );
}

#[test]
fn s2_2_2_secrets_are_not_in_the_log() {
    let server = shared();
    let request = AuthorizationRequest::new(SPA);
    let mut browser = flow::signed_in();
    let code = request.code(server, &mut browser);
    let tokens = flow::Tokens::of(&request.redeem(server, &code));
    let successor = SPA.refresh(server, tokens.refresh()).text("refresh_token");
    request
        .redeem(server, &code)
        .assert_error(400, "invalid_grant");
    http::get(&server.url("/userinfo"))
        .bearer(&tokens.access)
        .send();
    let log = server.log.text();
    let secrets = [
        code.as_str(),
        &tokens.access,
        tokens.refresh(),
        tokens.id(),
        &successor,
        &request.code_verifier,
        "machine-secret-0123456789abcdef012345",
    ];
    for secret in secrets
        .map(str::to_owned)
        .into_iter()
        .chain(browser.jar.values().into_iter().map(|(_, value)| value))
    {
        // The part after the last dot is what makes codes and refresh tokens secret.
        let tail = secret.rsplit('.').next().unwrap_or_default();
        assert!(
            !log.contains(&secret) && !log.contains(tail),
            "a secret is in the log"
        );
    }
}
