//! What each fuzz target does with its bytes, and what must hold whatever they are. No target may panic; most also check a
//! property of what was accepted.

// The host in memory of the protocol's own tests names the protocol's modules as `crate::…`.
pub use doorward_protocol::*;

#[path = "../../../core/component/src/client_address/forwarded.rs"]
mod forwarded_header;
#[allow(dead_code, reason = "the protocol's own tests use the rest")]
#[path = "../../../core/protocol/src/memory.rs"]
mod memory;

mod requests;

use memory::Memory;
use serde_json::json;
use std::str::from_utf8;

pub use requests::endpoint;

const ISSUER: &str = "https://id.example";

fn host() -> Memory {
    Memory::new(&json!({ "issuer": ISSUER, "resources": "any" }))
}

fn server(host: &Memory) -> settings::Server {
    serde_json::from_str(&host.sections.borrow()["server"]).expect("settings that are our own")
}

/// Query and body parameters: no name twice but `resource`, everything UTF-8.
pub fn form(data: &[u8]) {
    let Ok(params) = params::Params::decode(data) else {
        return;
    };
    for name in ["client_id", "redirect_uri", "state", "code", "scope"] {
        let all = params.all(name).count();
        assert!(all <= 1, "{name} came {all} times");
        assert_eq!(params.get(name).is_some(), all == 1);
        let _ = params.bounded(name, 64);
    }
    assert!(params.without(&[]).len() <= params::MAX_PARAMETERS);
}

/// Redirect URIs: what is presented is accepted only if it is registered, or differs in the port on loopback alone; what may be
/// registered is a place of its own.
pub fn redirect_uri(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let registered = [
        "https://app.example/cb",
        "http://127.0.0.1/cb",
        "com.example.app:/cb",
    ]
    .map(String::from);
    if redirect_uri::find(text, &registered, false).is_ok()
        && !registered.iter().any(|known| known == text)
    {
        let port = text
            .strip_prefix("http://127.0.0.1:")
            .and_then(|rest| rest.strip_suffix("/cb"));
        let port = port.unwrap_or_else(|| panic!("accepted {text:?}"));
        assert!(
            port.bytes().all(|byte| byte.is_ascii_digit()),
            "accepted {text:?}"
        );
    }
    if redirect_uri::place(text).is_ok() {
        assert!(
            !text.contains(['#', '\\', '*', ' ', '\n', '\r', '\t', '\0']),
            "registered {text:?}"
        );
        assert!(
            !text.to_ascii_lowercase().starts_with("javascript:"),
            "registered {text:?}"
        );
        let own = [text.to_owned()];
        let found = redirect_uri::find(text, &own, false).expect("itself");
        let with = found.with(&[("code", "a&b=c#d"), ("state", text)]);
        let (_, query) = with.split_once('?').expect("a query");
        let code = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name == "code")
            .last();
        assert_eq!(code.expect("the code").1, "a&b=c#d");
        assert!(!with.contains(['\n', '\r']));
    }
}

/// Scopes come back from their own text, and narrowing never adds.
pub fn scope(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Ok(scope) = scope::Scope::parse(text) else {
        return;
    };
    assert_eq!(scope::Scope::parse(&scope.to_string()).as_ref(), Ok(&scope));
    assert!(scope.tokens().len() <= scope::MAX_SCOPES);
    let allowed = scope::Scope::parse("openid email read").expect("a scope");
    let narrowed = scope.within(&allowed);
    assert!(narrowed.is_within(&scope) && narrowed.is_within(&allowed));
}

/// Resource indicators: absolute, without fragment; a token request never gets more than was granted.
pub fn resource(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    if resource::check(text).is_ok() {
        assert!(
            text.contains(':') && !text.contains('#') && text.len() <= 1024,
            "{text:?}"
        );
    }
    let host = host();
    if let Ok(found) = resource::from_request(text.split('\n'), &server(&host), &host) {
        for uri in found {
            assert!(resource::check(&uri).is_ok(), "{uri:?}");
            let granted = ["https://api.example/".to_owned()];
            let allowed = resource::within_grant(vec![uri.clone()], &granted);
            assert_eq!(allowed.is_ok(), uri == granted[0]);
        }
    }
}

/// JWTs of ours and of others: nothing unsigned is ever believed, and nothing that is not a token is.
pub fn jwt(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let host = host();
    for typ in ["at+jwt", "JWT"] {
        assert!(
            token::jwt::verify_own(text, &[typ], &host).is_err(),
            "believed {text:?}"
        );
    }
    if let Ok(parsed) = token::foreign::parse(text) {
        assert_eq!(text.matches('.').count(), 2);
        let _ = (parsed.alg(), parsed.typ(), parsed.says("iss"));
    }
    let _ = token::access::verify(text, &server(&host), time::UnixTime(0), &host)
        .map(|_| panic!("believed {text:?}"));
    // The signed part as an attacker would write it: header and claims from the bytes, signature of nobody.
    let (header, claims) = text.split_once('\n').unwrap_or((text, "{}"));
    let made = format!(
        "{}.{}.{}",
        secret::base64url(header.as_bytes()),
        secret::base64url(claims.as_bytes()),
        "AAAA"
    );
    assert!(token::jwt::verify_own(&made, &["at+jwt"], &host).is_err());
    let _ = token::foreign::parse(&made);
}

/// `Authorization: Basic`
pub fn basic(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    if let client::basic::Authorization::Credentials { client_id, .. } = client::basic::parse(text)
    {
        assert!(
            text.get(..5)
                .is_some_and(|scheme| scheme.eq_ignore_ascii_case("basic"))
        );
        assert!(client_id.len() <= text.len());
    }
}

/// The `Cookie` header, and what a browser and a session are taken from.
pub fn cookie(data: &[u8]) {
    let headers = [("cookie".to_owned(), data.to_vec())];
    let request = http::Request {
        method: "GET",
        path: "/authorize",
        query: "",
        headers: &headers,
        body: &[],
        client_address: None,
        client_certificate: None,
    };
    if let Some(value) = request.cookie("__Host-doorward") {
        assert!(!value.contains(';'));
    }
    let host = host();
    let cookies = cookie::Cookies::of(&server(&host));
    let browser = browser::Browser::of(&request, &cookies, &host);
    let token = browser.csrf(&["consent", "1"]);
    assert_ne!(token, browser.csrf(&["consent", "2"]));
    let answer = serve(&request, &host);
    assert!(answer.status < 500, "{answer:?}");
}

/// Client metadata: what is accepted has only redirect URIs that are places of their own, and no public client does without PKCE.
pub fn client_metadata(data: &[u8]) {
    let Ok(metadata) = serde_json::from_slice::<client::metadata::ClientMetadata>(data) else {
        return;
    };
    let made_up = ("made-up".to_owned(), "0123456789abcdef".to_owned());
    let Ok((client, _)) = client::metadata::check(
        metadata,
        client::Trust::Registered,
        &server(&host()),
        made_up,
        time::UnixTime(0),
    ) else {
        return;
    };
    for uri in client
        .redirect_uris
        .iter()
        .chain(&client.post_logout_redirect_uris)
    {
        assert!(redirect_uri::place(uri).is_ok(), "registered {uri:?}");
    }
    assert!(client.is_confidential() || client.require_pkce);
    assert!(client.is_confidential() || !client.may(client::GrantType::ClientCredentials));
    let kept = serde_json::to_vec(&client).expect("a record");
    let read: client::Client = serde_json::from_slice(&kept).expect("the same record");
    assert_eq!(read, client);
}

/// `DPoP` proofs, as they come and with the bytes as header and claims: nobody's signature is ever believed.
pub fn dpop(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let (header, claims) = text.split_once('\n').unwrap_or((text, "{}"));
    let made = format!(
        "{}.{}.{}",
        secret::base64url(header.as_bytes()),
        secret::base64url(claims.as_bytes()),
        "AAAA"
    );
    for proof in [text, &made] {
        let headers = [
            ("dpop".to_owned(), proof.as_bytes().to_vec()),
            (
                "content-type".to_owned(),
                b"application/x-www-form-urlencoded".to_vec(),
            ),
        ];
        let request = http::Request {
            method: "POST",
            path: "/token",
            query: "",
            headers: &headers,
            body: b"grant_type=client_credentials&client_id=svc&client_secret=0123456789abcdef0123",
            client_address: None,
            client_certificate: None,
        };
        let answer = serve(&request, &requests::host());
        assert!((400..500).contains(&answer.status), "{answer:?}");
    }
    if let Ok(jwk) = serde_json::from_str(header)
        && let Ok(key) = jwk::PublicJwk::read(&jwk)
    {
        assert!(jwk::is_thumbprint(&key.thumbprint()));
        assert!(!key.as_json().contains("\"d\""));
    }
}

/// Codes and refresh tokens: what is taken apart comes back together, and nothing in it can be more than one part of a key.
pub fn grant_strings(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    if let Some(parts) = grant::parse_code(text) {
        assert_eq!(grant::code(parts.grant_id, parts.secret), text);
        assert!(!parts.grant_id.contains('/'));
    }
    if let Some(parts) = grant::parse_refresh_token(text) {
        assert_eq!(
            grant::refresh_token(parts.grant_id, parts.family, parts.secret),
            text
        );
        assert!(!parts.grant_id.contains('/'));
    }
    assert_eq!(
        secret::from_base64url(text).is_some_and(|bytes| secret::base64url(&bytes) != text),
        false
    );
}

/// `Forwarded` and `X-Forwarded-For`: the part that the proxy wrote last is read, whatever stands before it.
pub fn forwarded(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let _ = forwarded_header::address(text);
    let _ = forwarded_header::forwarded_for(text);
    let appended = format!("{text}, for=192.0.2.7");
    let (_, last) = forwarded_header::last_part(&appended, ',');
    assert_eq!(
        forwarded_header::forwarded_for(last)
            .map(|address| address.to_string())
            .as_deref(),
        Some("192.0.2.7")
    );
}
