//! The configuration as an operator meets it: mistakes are named, unsafe settings refused, accounts managed.

use crate::harness::client::{Client, SPA};
use crate::harness::cookies::set_by;
use crate::harness::flow::{self, AuthorizationRequest};
use crate::harness::http::{self, encode};
use crate::harness::server::{CONFIG, Place, Server, assert_all_refused, refused, run_alone};

#[test]
fn unknown_keys_are_named_with_the_nearest_known_one() {
    for (entry, wrong, nearest) in [
        ("isuer = \"https://id.example\"", "isuer", "issuer"),
        (
            "[lifetimes]\nacces_token_s = 60",
            "acces_token_s",
            "access_token_s",
        ),
        (
            "[[client]]\nclient_id = \"x\"\nredirect_uri = [\"https://x.example/\"]",
            "redirect_uri",
            "redirect_uris",
        ),
    ] {
        let log = refused(entry);
        assert!(
            log.contains(wrong) && log.contains(nearest),
            "{entry}: {log}"
        );
    }
}

#[test]
fn malformed_values_are_refused() {
    let entries = [
        "[lifetimes]\nauthorization_code_s = 600",
        "[lifetimes]\naccess_token_s = 1",
        "[lifetimes]\naccess_token_s = -1",
        "[[resource]]\nuri = \"not absolute\"",
        "[[resource]]\nuri = \"https://api.example/#x\"",
        "[[client]]\nclient_id = \"x\"\ntoken_endpoint_auth_method = \"unheard_of\"",
        "[[client]]\nclient_id = \"x\"\ngrant_types = [\"password\"]",
        "[[client]]\nclient_id = \"x\"\nid_token_signed_response_alg = \"none\"",
        "[[client]]\nclient_id = \"x\"\nid_token_signed_response_alg = \"HS256\"",
        "[[client]]\nclient_id = \"x\"\ntoken_endpoint_auth_method = \"none\"\ngrant_types = [\"client_credentials\"]",
    ];
    assert_all_refused(entries.map(|entry| (entry.to_owned(), entry.to_owned())));
}

/// What would have to be signed by a key that nobody has is refused before the start, with the cure.
#[test]
fn an_algorithm_without_keys_is_refused_wherever_it_is_asked_for() {
    let resource = |alg| {
        format!(
            "[[resource]]\nuri = \"https://api.example/\"\naccess_token_signing_alg = \"{alg}\"\n"
        )
    };
    let client = "[[client]]\nclient_id = \"x\"\ntoken_endpoint_auth_method = \"none\"\nredirect_uris = [\"https://x.example/\"]\n\
                  id_token_signed_response_alg = \"EdDSA\"\n";
    for (entry, alg) in [
        (resource("ES384"), "ES384"),
        (resource("EdDSA"), "EdDSA"),
        (client.to_owned(), "EdDSA"),
    ] {
        let log = refused(&entry);
        for part in [alg, "signing keys", "ES256, RS256", "[keys]"] {
            assert!(log.contains(part), "{entry}: {log}");
        }
    }
    let listed = "[keys]\nalgorithms = [\"ES256\", \"RS256\", \"EdDSA\"]\n";
    Server::start(&format!("{listed}{}", resource("EdDSA")));
}

#[test]
fn one_client_id_is_one_client() {
    let client = "[[client]]\nclient_id = \"x\"\ntoken_endpoint_auth_method = \"none\"\nredirect_uris = [\"https://x.example/\"]\n";
    refused(&format!("{client}\n{client}"));
}

#[test]
fn one_provider_needs_no_choice() {
    let (providers, clients) = CONFIG.split_once("[[resource]]").expect("a resource");
    let (begin, _) = providers.split_once("[[provider]]").expect("a provider");
    let config =
        format!("{begin}[[provider]]\nid = \"pin\"\nbuiltin = \"pin\"\n\n[[resource]]{clients}");
    let server = Server::start(&config);
    let visit = AuthorizationRequest::new(SPA).open(&server);
    assert!(
        visit.url.path().ends_with("/pin/authorize"),
        "{}",
        visit.url
    );
    visit.form_with("email");
}

/// RFC 9700 §2.6 and RFC 6265bis §4.1.3.2: behind TLS, cookies are for this host alone and never travel in the clear.
#[test]
fn an_https_issuer_has_host_cookies_and_hsts() {
    let place = Place::new(CONFIG).with_issuer("https://id.example");
    let server = place.start();
    let query = encode(&AuthorizationRequest::new(SPA).parameters);
    let answer = http::get(&format!("{}/authorize?{query}", server.place.origin())).send();
    let cookies = set_by(&answer);
    assert!(!cookies.is_empty(), "{answer:?}");
    for cookie in cookies {
        assert!(
            cookie.name.starts_with("__Host-") && cookie.has("secure") && cookie.has("path=/"),
            "{cookie:?}"
        );
    }
    let hsts = answer
        .header("strict-transport-security")
        .unwrap_or_default();
    assert!(hsts.starts_with("max-age="), "{answer:?}");
}

/// The command line works on the native server's database, and `dev` and `serve` are the native server's commands: no other
/// host has them.
mod native_only {
    use super::*;

    /// RFC 9700 §4.14.2: a refresh asks whether the person may still come in.
    #[test]
    fn a_disabled_person_is_out() {
        let server = Server::start(CONFIG);
        let (mut browser, email) = flow::newcomer(&server);
        let tokens = AuthorizationRequest::new(SPA).tokens(&server, &mut browser);
        let disabled = server.command(&["user", "disable", &email]);
        assert!(
            disabled.status.success(),
            "{}",
            String::from_utf8_lossy(&disabled.stderr)
        );
        SPA.refresh(&server, tokens.refresh())
            .assert_error(400, "invalid_grant");
        let visit = browser.get(&AuthorizationRequest::new(SPA).url(&server));
        assert!(
            visit.try_form("allow").is_none()
                && visit
                    .left_for()
                    .is_none_or(|url| !url.as_str().contains("code=")),
            "{visit:?}"
        );
        let mut elsewhere = crate::harness::browser::Browser::new(&server.issuer);
        let visit = elsewhere.get(&AuthorizationRequest::new(SPA).url(&server));
        let visit = flow::sign_in_by_pin(&server, &mut elsewhere, visit, &email);
        assert!(
            visit.try_form("allow").is_none()
                && visit
                    .left_for()
                    .is_none_or(|url| !url.as_str().contains("code=")),
            "{visit:?}"
        );
    }

    /// `doorward dev` alone: the demo client with a redirect to any loopback address.
    #[test]
    fn the_demo_client_works_out_of_the_box() {
        let server = Server::start("");
        let (mut browser, email) = (
            crate::harness::browser::Browser::new(&server.issuer),
            crate::harness::random::email(),
        );
        let demo = crate::harness::client::Client {
            id: "demo",
            redirect_uri: "http://localhost:4711/any/path",
            ..SPA
        };
        let request =
            AuthorizationRequest::new(demo).with("scope", "openid profile email offline_access");
        let visit = browser.get(&request.url(&server));
        let visit = flow::sign_in_by_pin(&server, &mut browser, visit, &email);
        let code = flow::finish(&mut browser, &visit).code();
        let tokens = flow::Tokens::of(&request.redeem(&server, &code));
        demo.refresh(&server, tokens.refresh()).assert_ok();
        let elsewhere = crate::harness::client::Client {
            redirect_uri: "https://evil.example/callback",
            ..demo
        };
        AuthorizationRequest::new(elsewhere)
            .open(&server)
            .assert_error_page(400);
    }

    /// What `doorward dev` has for developers is not in `doorward serve`, which starts on nothing unsafe.
    #[test]
    fn serve_has_nothing_of_dev_and_refuses_what_is_unsafe() {
        let place = Place::new("");
        let key = place.data().with_file_name("sealing.key");
        let made = run_alone(&["keys", "generate-sealing-key", key.to_str().expect("UTF-8")]);
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let issuer = |issuer: &str| format!("issuer = \"{issuer}\"\n");
        let listen = |listen: &str| format!("listen = \"{listen}\"\ndata = {:?}\n", place.data());
        let keys = format!("[keys]\nsealing_key_file = {key:?}\n");
        let rest = "[mail]\nhost = \"127.0.0.1\"\nencryption = \"none\"\nfrom = \"id@example.test\"\n\
                    [[provider]]\nid = \"password\"\nbuiltin = \"password\"\n";
        let secret = "[[client]]\nclient_id = \"machine\"\nclient_secret = \"literal-secret-0123456789abcdef0123\"\n\
                      grant_types = [\"client_credentials\"]\ntoken_endpoint_auth_method = \"client_secret_basic\"\n";
        let (own, here) = (issuer(&place.origin()), listen(&place.listen()));
        let good = format!("{own}{here}{keys}{rest}");
        for (config, says) in [
            (format!("{own}{here}{rest}"), "sealing"),
            (format!("{here}{keys}{rest}"), "issuer"),
            (
                format!(
                    "{good}[provider.settings]\nmin_length = {{ env = \"DOORWARD_TEST_NOT_SET\" }}\n"
                ),
                "DOORWARD_TEST_NOT_SET",
            ),
            (
                format!(
                    "{}{}{keys}{rest}",
                    issuer("https://id.example"),
                    listen("0.0.0.0:0")
                ),
                "listen",
            ),
            (
                format!("{}{here}{keys}{rest}", issuer("http://id.example")),
                "issuer",
            ),
            (
                format!("{}{here}{keys}{rest}", issuer("https://id.example/")),
                "slash",
            ),
            (
                format!("{}{here}{keys}{rest}", issuer("https://id.example/?x")),
                "query",
            ),
            (
                format!("{}{here}{keys}{rest}", issuer("ftp://id.example")),
                "https",
            ),
            (format!("{good}{secret}"), "client_secret"),
        ] {
            place.configure(&config);
            let checked = run_alone(&[
                "config",
                "check",
                "--config",
                place.config().to_str().expect("UTF-8"),
            ]);
            let printed = String::from_utf8_lossy(&checked.stderr);
            assert!(
                !checked.status.success() && printed.contains(says),
                "no word of {says}: {printed}\n{config}"
            );
        }
        place.configure(&good);
        std::fs::create_dir(place.data()).expect("a directory");
        let server = place.serve();
        for path in ["/dev/outbox", "/dev/callback", "/dev"] {
            assert_eq!(http::get(&server.url(path)).send().status, 404, "{path}");
        }
        let demo = Client {
            id: "demo",
            redirect_uri: "http://127.0.0.1:4711/callback",
            ..SPA
        };
        AuthorizationRequest::new(demo)
            .open(&server)
            .assert_error_page(400);
    }
}
