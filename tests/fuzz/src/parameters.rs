//! Parameters of requests.

use crate::claims_parameter::{self, ClaimsRequest};
use crate::client::Client;
use crate::device::UserCode;
use crate::settings::Server;
use crate::{
    authorization_details as details, client, first_line, host, memory, params,
    redirect_uri as uris, resource as resources, scope as scopes, server,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::cell::OnceCell;
use std::str::from_utf8;

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
/// registered is a place of its own, and a browser goes to the host that people are shown.
pub fn redirect_uri(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let registered = [
        "https://app.example/cb",
        "http://127.0.0.1/cb",
        "com.example.app:/cb",
    ]
    .map(String::from);
    if uris::find(text, &registered, false).is_ok() && !registered.iter().any(|known| known == text)
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
    let Ok(place) = uris::place(text) else { return };
    assert!(
        !text.contains(['#', '\\', '*', ' ', '\n', '\r', '\t', '\0']),
        "registered {text:?}"
    );
    assert!(
        !text.to_ascii_lowercase().starts_with("javascript:"),
        "registered {text:?}"
    );
    if let uris::Place::Web(shown) = place {
        assert_browser_goes_to(text, &shown.to_ascii_lowercase());
    }
    let own = [text.to_owned()];
    let found = uris::find(text, &own, false).expect("itself");
    let with = found.with(&[("code", "a&b=c#d"), ("state", text)]);
    let (_, query) = with.split_once('?').expect("a query");
    let code = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "code")
        .last();
    assert_eq!(code.expect("the code").1, "a&b=c#d");
    assert!(!with.contains(['\n', '\r']));
}

/// A browser that is sent to `uri` goes to the host (and port) `shown`, or nowhere.
pub(crate) fn assert_browser_goes_to(uri: &str, shown: &str) {
    let Ok(browser) = url::Url::parse(uri) else {
        // A label that says it is Punycode, and is none: nobody owns such a name.
        assert!(shown.contains("xn--"), "{uri:?}");
        return;
    };
    let goes_to = browser.host_str().expect("a host");
    let port = browser
        .port()
        .map_or(String::new(), |port| format!(":{port}"));
    let goes_to = format!("{goes_to}{port}");
    // An IPv6 address has several spellings.
    let canonical = url::Url::parse(&format!("https://{shown}/")).expect("a host");
    let canonical = canonical.host_str().expect("a host");
    assert_eq!(format!("{canonical}{port}"), goes_to, "{uri:?}");
    assert!(
        shown.starts_with('[') || shown == goes_to,
        "{uri:?}: {shown}"
    );
    assert!(shown.ends_with(&port), "{uri:?}: {shown}");
}

/// Scopes come back from their own text, and narrowing never adds.
pub fn scope(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Ok(scope) = scopes::Scope::parse(text) else {
        return;
    };
    assert_eq!(
        scopes::Scope::parse(&scope.to_string()).as_ref(),
        Ok(&scope)
    );
    assert!(scope.tokens().len() <= scopes::MAX_SCOPES);
    let allowed = scopes::Scope::parse("openid email read").expect("a scope");
    let narrowed = scope.within(&allowed);
    assert!(narrowed.is_within(&scope) && narrowed.is_within(&allowed));
}

/// Resource indicators: absolute, without fragment; a token request never gets more than was granted.
pub fn resource(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    if resources::check(text).is_ok() {
        assert!(
            text.contains(':') && !text.contains('#') && text.len() <= 1024,
            "{text:?}"
        );
    }
    let host = host();
    if let Ok(found) = resources::from_request(text.split('\n'), &server(&host), &host) {
        for uri in found {
            assert!(resources::check(&uri).is_ok(), "{uri:?}");
            let granted = ["https://api.example/".to_owned()];
            let allowed = resources::within_grant(vec![uri.clone()], &granted);
            assert_eq!(allowed.is_ok(), uri == granted[0]);
        }
    }
}

/// PKCE: two lines, challenge and verifier. Nobody gets through but with the preimage of the challenge.
pub fn pkce(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let (challenge, verifier) = first_line(text);
    for method in [None, Some("plain"), Some("s256"), Some(verifier)] {
        let read = crate::pkce::CodeChallenge::from_request(Some(challenge), method);
        assert!(read.is_err() || method == Some("S256"), "{method:?}");
    }
    let read = crate::pkce::CodeChallenge::from_request(Some(challenge), Some("S256"));
    if let Ok(Some(challenge)) = &read {
        assert!(crate::pkce::verify(Some(challenge), None).is_err());
        // The bytes of the input are not the preimage of themselves.
        assert!(crate::pkce::verify(Some(challenge), Some(first_line(text).0)).is_err());
    }
    let hashed = crate::secret::base64url(&Sha256::digest(verifier.as_bytes()));
    let own = crate::pkce::CodeChallenge::from_request(Some(&hashed), Some("S256"));
    let own = own.expect("a challenge").expect("one");
    let legal = (43..=128).contains(&verifier.len())
        && verifier
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    assert_eq!(
        crate::pkce::verify(Some(&own), Some(verifier)).is_ok(),
        legal,
        "{verifier:?}"
    );
}

thread_local! {
    static DETAILS: OnceCell<(Server, Client)> = const { OnceCell::new() };
}

fn with_details(then: impl FnOnce(&Server, &Client)) {
    DETAILS.with(|cell| {
        let (server, client) = cell.get_or_init(|| {
            let payment = json!({
                "description": "Payment", "actions": ["initiate", "cancel"], "locations": ["https://bank.example/"],
                "datatypes": ["iban"], "privileges": ["admin"], "required": ["actions"],
                "members": { "amount": "number", "to": "string", "tags": "strings", "now": "boolean", "more": "object" },
            });
            let settings = json!({
                "issuer": crate::ISSUER,
                "authorization_details": { "payment": payment, "other": {}, "not-registered": {} },
            });
            let server = server(&memory::Memory::new(&settings));
            let client = client(
                &json!({
                    "client_id": "bank", "redirect_uris": ["https://bank.example/cb"],
                    "authorization_details_types": ["payment", "other"],
                }),
                &server,
            );
            (server, client)
        });
        then(server, client);
    });
}

/// `authorization_details`: one line for what was granted, one for what is asked later. Whatever is accepted is of registered types, holds
/// nothing that they do not have, comes back from its own text, and narrowing never adds.
pub fn authorization_details(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let (granted, asked) = first_line(text);
    with_details(|server, client| {
        let Ok(granted) = details::from_request(Some(granted), client, server) else {
            return;
        };
        check_details(&granted, server);
        let again = json!(granted).to_string();
        // Escapes that were undone may be written longer, but never shorter than what was allowed.
        if again.len() <= details::MAX_BYTES {
            let again = details::from_request(Some(&again), client, server);
            assert_eq!(again.as_ref(), Ok(&granted));
        }
        assert_eq!(details::still_granted(&granted, client, server), granted);
        assert_eq!(
            details::within_grant(granted.clone(), &granted).as_ref(),
            Ok(&granted)
        );
        let Ok(asked) = details::from_request(Some(asked), client, server) else {
            return;
        };
        if let Ok(given) = details::within_grant(asked.clone(), &granted) {
            assert_eq!(given, asked);
            for detail in &given {
                assert!(granted.iter().any(|whole| is_part(detail, whole)));
            }
        }
    });
}

fn check_details(accepted: &[Value], server: &Server) {
    assert!((1..=details::MAX_OBJECTS).contains(&accepted.len()));
    for detail in accepted {
        let members = detail.as_object().expect("an object");
        let name = members["type"].as_str().expect("a type");
        assert!(["payment", "other"].contains(&name), "{name}");
        let known = [
            "type",
            "actions",
            "locations",
            "datatypes",
            "privileges",
            "amount",
            "to",
            "tags",
            "now",
            "more",
        ];
        for member in members.keys() {
            assert!(known.contains(&member.as_str()), "{member}");
            assert!(name == "payment" || member == "type", "{member}");
        }
        if name == "payment" {
            let actions = members["actions"].as_array().expect("a list");
            assert!(!actions.is_empty());
            assert!(actions.iter().all(|it| it == "initiate" || it == "cancel"));
        }
        let (title, lines) = details::in_words(detail, server);
        assert!(!title.is_empty() && lines.len() + 1 == members.len());
    }
}

/// The lists of RFC 9396 §2.2 hold nothing that those of `whole` do not hold, everything else is the same.
fn is_part(part: &Value, whole: &Value) -> bool {
    let (part, whole) = (
        part.as_object().expect("one"),
        whole.as_object().expect("one"),
    );
    part.len() == whole.len()
        && part
            .iter()
            .all(|(name, value)| match (value, whole.get(name)) {
                (_, None) => false,
                (Value::Array(part), Some(Value::Array(whole)))
                    if ["actions", "locations", "datatypes", "privileges"]
                        .contains(&name.as_str()) =>
                {
                    part.iter().all(|item| whole.contains(item))
                }
                (value, Some(other)) => value == other,
            })
}

/// The `claims` parameter: names of persons' claims alone are kept, and they are given out within the scopes that hold them.
pub fn claims(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Ok(parsed) = claims_parameter::parse(Some(text)) else {
        return;
    };
    let kept = serde_json::to_vec(&parsed.claims).expect("a record");
    let read: ClaimsRequest = serde_json::from_slice(&kept).expect("the same record");
    assert_eq!(read, parsed.claims);
    let holders = parsed.claims.scopes();
    let all = scopes::Scope::parse("email profile").expect("a scope");
    assert!(holders.is_within(&all), "{holders}");
    assert_eq!(parsed.claims.is_empty(), holders.is_empty());
    assert!(parsed.claims.within(&scopes::Scope::default()).is_empty());
    assert_eq!(parsed.claims.within(&all), parsed.claims);
    assert!(parsed.claims.beyond(&all).is_empty());
    let email = scopes::Scope::parse("email").expect("a scope");
    let within = parsed.claims.within(&email);
    assert!(within.scopes().is_within(&email));
    for name in parsed.claims.beyond(&email) {
        assert!(!name.starts_with("email"), "{name}");
    }
    assert!(parsed.sub.is_none_or(|sub| sub.len() <= 255));
    if let Some(demand) = parsed.acr {
        assert!((1..=crate::acr::MAX_VALUES).contains(&demand.values.len()));
    }
}

/// User codes: what is read is eight letters, and what is shown of it is read again.
pub fn user_code(data: &[u8]) {
    let Ok(text) = from_utf8(data) else { return };
    let Some(code) = UserCode::parse(text) else {
        return;
    };
    let shown = code.shown();
    let letters: String = shown.chars().filter(|letter| *letter != '-').collect();
    assert!(letters.len() == 8 && shown.len() == 9, "{shown:?}");
    assert!(
        letters.bytes().all(|byte| byte.is_ascii_uppercase()),
        "{shown:?}"
    );
    assert_eq!(UserCode::parse(&shown).as_ref(), Some(&code));
    assert_eq!(UserCode::parse(&shown.to_ascii_lowercase()), Some(code));
    // Nothing but spacing may lie between the letters.
    assert_eq!(text.chars().filter(char::is_ascii_alphanumeric).count(), 8);
}
