//! RFC 8414, Authorization Server Metadata, and its neighbours: where documents are, who may read them, what they promise.

use crate::harness::client::MACHINE;
use crate::harness::http;
use crate::harness::server::{CONFIG, Place, shared};
use serde_json::{Value, json};

/// The documents of an issuer without a path.
const DOCUMENTS: [&str; 2] = [
    "/.well-known/oauth-authorization-server",
    "/.well-known/openid-configuration",
];

fn strings(value: &Value) -> Vec<&str> {
    let mut strings = value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect::<Vec<_>>();
    strings.sort_unstable();
    strings
}

#[test]
fn s2_the_issuer_is_the_one_that_the_address_was_built_from() {
    for path in DOCUMENTS {
        let answer = http::get(&shared().url(path)).send();
        assert_eq!(answer.assert_ok().json()["issuer"], json!(shared().issuer));
        assert!(
            answer
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("application/json"))
        );
    }
    assert!(!shared().issuer.ends_with('/'));
}

#[test]
fn s2_it_promises_what_there_is_and_nothing_else() {
    for path in DOCUMENTS {
        let metadata = http::get(&shared().url(path)).send().json();
        assert_eq!(
            metadata["code_challenge_methods_supported"],
            json!(["S256"])
        );
        assert_eq!(metadata["response_types_supported"], json!(["code"]));
        assert_eq!(
            metadata["authorization_response_iss_parameter_supported"],
            json!(true)
        );
        let grants = strings(&metadata["grant_types_supported"]);
        for grant in [
            "authorization_code",
            "client_credentials",
            "refresh_token",
            "urn:ietf:params:oauth:grant-type:jwt-bearer",
            "urn:ietf:params:oauth:grant-type:token-exchange",
        ] {
            assert!(grants.contains(&grant), "{grants:?}");
        }
        for never in ["implicit", "password"] {
            assert!(!grants.contains(&never), "{grants:?}");
        }
        let methods = strings(&metadata["token_endpoint_auth_methods_supported"]);
        for method in [
            "private_key_jwt",
            "client_secret_basic",
            "client_secret_post",
            "none",
        ] {
            assert!(methods.contains(&method), "{methods:?}");
        }
        // Off unless the operator switches them on.
        for off in [
            "client_secret_jwt",
            "tls_client_auth",
            "self_signed_tls_client_auth",
        ] {
            assert!(!methods.contains(&off), "{methods:?}");
        }
        let modes = strings(&metadata["response_modes_supported"]);
        assert!(
            modes
                .iter()
                .all(|mode| ["query", "form_post"].contains(mode)),
            "{modes:?}"
        );
        for absent in [
            "backchannel_authentication_endpoint",
            "mtls_endpoint_aliases",
            "check_session_iframe",
        ] {
            assert!(
                metadata
                    .get(absent)
                    .is_none_or(|value| value == &json!(false)),
                "{absent}: {metadata}"
            );
        }
        assert!(
            strings(&metadata["scopes_supported"]).contains(&"offline_access"),
            "{metadata}"
        );
    }
}

#[test]
fn s2_every_endpoint_that_it_names_is_there_and_on_the_issuer() {
    let metadata = shared().metadata();
    for (name, value) in metadata.as_object().expect("an object") {
        if !(name.ends_with("_endpoint") || name == "jwks_uri") {
            continue;
        }
        let url = value.as_str().expect("a URL");
        assert!(
            url.starts_with(&format!("{}/", shared().issuer)),
            "{name}: {url}"
        );
        assert_ne!(http::get(url).send().status, 404, "{name}: {url}");
    }
    for name in [
        "authorization_endpoint",
        "token_endpoint",
        "revocation_endpoint",
        "introspection_endpoint",
        "jwks_uri",
    ] {
        assert!(metadata[name].is_string(), "{name}");
    }
}

#[test]
fn s2_the_auth_methods_of_the_other_endpoints() {
    let metadata = shared().metadata();
    let introspection = strings(&metadata["introspection_endpoint_auth_methods_supported"]);
    assert!(!introspection.contains(&"none"), "{introspection:?}");
}

#[test]
fn s3_what_is_absent_is_404_in_json_and_no_page() {
    for path in [
        "/.well-known/oauth-protected-resource/other",
        "/.well-known/webfinger",
        "/.well-known/oauth-authorization-server/other",
        "/.well-known/openid-configuration/other",
        "/other/.well-known/openid-configuration",
    ] {
        let answer = http::get(&shared().url(path)).send();
        assert_eq!(answer.status, 404, "{path}: {answer:?}");
        answer.json();
    }
}

/// Browsers send `MCP-Protocol-Version` on discovery, so that a preflight comes first.
#[test]
fn cors_of_what_applications_in_browsers_call() {
    let metadata = shared().metadata();
    let url = |name: &str| metadata[name].as_str().expect("a URL").to_owned();
    let mut open = DOCUMENTS.map(|path| shared().url(path)).to_vec();
    open.extend(
        [
            "jwks_uri",
            "token_endpoint",
            "revocation_endpoint",
            "userinfo_endpoint",
            "registration_endpoint",
        ]
        .map(url),
    );
    for url in open {
        let preflight = http::method("OPTIONS", &url)
            .header("origin", "https://spa.example")
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "authorization,content-type,mcp-protocol-version,dpop",
            )
            .send();
        assert!(
            matches!(preflight.status, 200 | 204),
            "{url}: {preflight:?}"
        );
        assert_eq!(
            preflight.header("access-control-allow-origin"),
            Some("*"),
            "{url}"
        );
        let headers = preflight
            .list("access-control-allow-headers")
            .to_lowercase();
        for header in [
            "authorization",
            "content-type",
            "mcp-protocol-version",
            "dpop",
        ] {
            assert!(headers.contains(header), "{url}: {headers}");
        }
        let answer = http::get(&url)
            .header("origin", "https://spa.example")
            .send();
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "{url}: {answer:?}"
        );
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            None,
            "{url}"
        );
        let exposed = answer.list("access-control-expose-headers").to_lowercase();
        assert!(exposed.contains("www-authenticate"), "{url}: {exposed}");
    }
}

/// RFC 9700 §2.6.
#[test]
fn cors_never_for_pages_and_introspection() {
    for path in [
        "/authorize",
        "/pin/authorize",
        "/password/authorize",
        "/logout",
        "/introspect",
        "/consent",
    ] {
        for method in ["OPTIONS", "GET", "POST"] {
            let answer = http::method(method, &shared().url(path))
                .header("origin", "https://spa.example")
                .header("access-control-request-method", "GET")
                .send();
            assert_eq!(
                answer.header("access-control-allow-origin"),
                None,
                "{method} {path}: {answer:?}"
            );
        }
    }
}

#[test]
fn cors_of_errors_at_the_token_endpoint() {
    let refused = http::post(&shared().url("/token"))
        .header("origin", "https://spa.example")
        .form(&[("grant_type", "password")])
        .send();
    assert_eq!(
        refused.header("access-control-allow-origin"),
        Some("*"),
        "{refused:?}"
    );
}

#[test]
fn s3_1_an_issuer_with_a_path_has_its_documents_at_three_addresses() {
    let server = Place::new(CONFIG).with_issuer_path("/tenant/one").start();
    let origin = server.place.origin();
    let issuer = format!("{origin}/tenant/one");
    assert_eq!(server.issuer, issuer);
    for path in [
        "/.well-known/oauth-authorization-server/tenant/one",
        "/.well-known/openid-configuration/tenant/one",
        "/tenant/one/.well-known/openid-configuration",
    ] {
        let metadata = http::get(&format!("{origin}{path}"))
            .send()
            .assert_ok()
            .json();
        assert_eq!(metadata["issuer"], json!(issuer), "{path}");
        assert_eq!(
            metadata["token_endpoint"],
            json!(format!("{issuer}/token")),
            "{path}"
        );
    }
    // Those of an issuer without a path would be a lie.
    for path in DOCUMENTS {
        assert_eq!(
            http::get(&format!("{origin}{path}")).send().status,
            404,
            "{path}"
        );
    }
    MACHINE.client_credentials(&server, &[]).assert_ok();
    crate::openid_core::code_flow_keeps_to_the_issuer(&server);
}

/// A server that believes `Host` would hand out links and tokens in another's name (CVE-2026-29067).
#[test]
fn the_host_header_is_not_believed() {
    let host = "Host: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: host=evil.example;proto=https\r\n";
    for path in DOCUMENTS
        .iter()
        .copied()
        .chain(["/authorize?client_id=nobody", "/logout"])
    {
        let answer = http::raw(
            &shared().place.origin(),
            &format!("GET {path} HTTP/1.1\r\n{host}Connection: close\r\n\r\n"),
        );
        assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        assert!(!answer.contains("evil.example"), "{path}:\n{answer}");
    }
}
