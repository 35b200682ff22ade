//! Resource indicators: RFC 8707.

use crate::client::metadata_document;
use crate::ports::{Host, Settings};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::settings::{Index, Resource, ResourceRule, Server};
use fluent_uri::Uri;

/// Most resources in one request.
pub const MAX_RESOURCES: usize = 8;
/// Longest resource indicator, bytes.
pub const MAX_LENGTH: usize = 1024;

/// Reads the `resource` parameters: absolute URIs without fragment (§2), none twice, each known here.
///
/// An empty path is the path `/`: clients built on WHATWG URLs cannot send an origin without it. What the operator
/// declared is what goes into `aud`, whichever of the two was sent. Where resources may be any ([`ResourceRule::Any`]), they are still not this
/// server's own endpoints, nor the URL by which a client is known: what is made for one of these, its reader could take for something else.
///
/// # Errors
/// [`Refusal::UnknownResource`], on the wire `invalid_target` (§2); store failures.
pub fn from_request<'a>(
    values: impl Iterator<Item = &'a str>,
    server: &Server,
    host: &dyn Host,
) -> Result<Vec<String>, Refusal> {
    let mut resources: Vec<String> = Vec::new();
    for value in values {
        if resources.len() == MAX_RESOURCES {
            return Err(Refusal::UnknownResource);
        }
        let resource = resolve(value, server, host)?;
        if !resources.contains(&resource) {
            resources.push(resource);
        }
    }
    Ok(resources)
}

/// Finds one resource and returns it in the declared spelling.
fn resolve(value: &str, server: &Server, host: &dyn Host) -> Result<String, Refusal> {
    check(value).map_err(|_| Refusal::UnknownResource)?;
    let other = other_spelling(value);
    let declared = [Some(value), other.as_deref()]
        .into_iter()
        .flatten()
        .find(|uri| declared(uri, host).is_some());
    if let Some(uri) = declared {
        return Ok(uri.to_owned());
    }
    if is_issuer(value, server) {
        return Ok(server.issuer.clone());
    }
    let anyones = server.resources == ResourceRule::Any
        && !is_ours(value, server)
        && !metadata_document::is_known(value, server, host)?;
    if anyones {
        Ok(value.to_owned())
    } else {
        Err(Refusal::UnknownResource)
    }
}

/// The issuer is a resource too: its userinfo endpoint.
fn is_issuer(value: &str, server: &Server) -> bool {
    value.strip_suffix('/').unwrap_or(value) == server.issuer
}

/// Whether a URI lies where this server itself is: its endpoints are nobody's to ask tokens for. A host that only some readers take for ours
/// counts as ours.
fn is_ours(value: &str, server: &Server) -> bool {
    let Some(asked) = origin(value) else {
        return false;
    };
    let ours = [
        Some(&server.issuer),
        server.mutual_tls.alias_origin.as_ref(),
    ];
    let mut ours = ours.into_iter().flatten();
    asked.0.contains('%') || ours.any(|uri| origin(uri).as_ref() == Some(&asked))
}

/// Host, in the one spelling that all readers agree on, and port of a web address; none for other URIs.
fn origin(uri: &str) -> Option<(String, u16)> {
    let uri = Uri::parse(uri).ok()?;
    let default_port = match uri.scheme().as_str().to_ascii_lowercase().as_str() {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    let authority = uri.authority()?;
    let host = authority.host().to_ascii_lowercase();
    let port = authority.port_to_u16().ok()?.unwrap_or(default_port);
    Some((host.trim_end_matches('.').to_owned(), port))
}

/// Whether a text is a resource indicator (§2).
///
/// # Errors
/// A sentence that says what is wrong with it.
pub fn check(value: &str) -> Result<(), &'static str> {
    if value.len() > MAX_LENGTH {
        return Err("is longer than 1024 bytes");
    }
    let uri = Uri::parse(value).map_err(|_| "is not an absolute URI (RFC 3986)")?;
    if uri.has_fragment() {
        Err("must not have a fragment (RFC 8707 §2)")
    } else if uri
        .authority()
        .is_some_and(|authority| authority.has_userinfo())
    {
        Err("must not hold a user name")
    } else {
        Ok(())
    }
}

/// The declaration of a resource, if the operator made one.
#[must_use]
pub fn declared(uri: &str, settings: &dyn Settings) -> Option<Resource> {
    settings
        .section(&format!("resource/{uri}"))
        .and_then(|json| serde_json::from_str(&json).ok())
}

/// Every resource that the operator declared.
#[must_use]
pub fn all(settings: &dyn Settings) -> Vec<Resource> {
    let index: Index = settings
        .section("index")
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default();
    index
        .resources
        .iter()
        .filter_map(|uri| declared(uri, settings))
        .collect()
}

/// Whether one of these takes no other access tokens than those bound by `DPoP` (RFC 9728 §2 `dpop_bound_access_tokens_required`); none: the issuer.
#[must_use]
pub fn any_demands_dpop(resources: &[String], issuer: &str, settings: &dyn Settings) -> bool {
    let demands = |uri: &str| {
        declared(uri, settings).is_some_and(|resource| resource.dpop_bound_access_tokens_required)
    };
    if resources.is_empty() {
        demands(issuer)
    } else {
        resources.iter().any(|uri| demands(uri))
    }
}

/// `https://h` for `https://h/` and the other way round; none for URIs with a longer path.
fn other_spelling(value: &str) -> Option<String> {
    let uri = Uri::parse(value).ok()?;
    uri.authority()?;
    match uri.path().as_str() {
        "" if uri.query().is_none() => Some(format!("{value}/")),
        "/" if uri.query().is_none() => value.strip_suffix('/').map(str::to_owned),
        _ => None,
    }
}

/// The resources of a token request among those granted (§2.2): all of them if it names none.
///
/// # Errors
/// [`Refusal::ResourceExceedsGrant`] if it names one that was not granted.
pub fn within_grant(asked: Vec<String>, granted: &[String]) -> Result<Vec<String>, Refusal> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    // A grant without resource is for the issuer itself; any other audience would widen it.
    if asked.iter().all(|resource| granted.contains(resource)) {
        Ok(asked)
    } else {
        Err(Refusal::ResourceExceedsGrant)
    }
}

/// The scopes that are of use at the resources `chosen` out of those `granted`: a scope that only a resource left out declares
/// is left out too, so that a token for one tells another nothing (RFC 8707 §2.2).
#[must_use]
pub fn scope_at(
    scope: &Scope,
    chosen: &[String],
    granted: &[String],
    settings: &dyn Settings,
) -> Scope {
    if chosen.len() == granted.len() {
        return scope.clone();
    }
    let declares = |uri: &String, token: &str| {
        declared(uri, settings).is_some_and(|resource| resource.scopes.contains_key(token))
    };
    scope.only(|token| {
        let left_out = granted
            .iter()
            .any(|uri| !chosen.contains(uri) && declares(uri, token));
        !left_out || chosen.iter().any(|uri| declares(uri, token))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use serde_json::json;

    /// What may be sent, and what is declared of it.
    const SPELLINGS: [(&str, Option<&str>); 14] = [
        ("https://api.example/", Some("https://api.example/")),
        ("https://api.example", Some("https://api.example/")),
        ("https://other.example/v1", Some("https://other.example/v1")),
        ("https://bare.example", Some("https://bare.example")),
        ("https://bare.example/", Some("https://bare.example")),
        ("https://id.example", Some("https://id.example")),
        ("https://id.example/", Some("https://id.example")),
        ("https://other.example/v1/", None),
        ("https://other.example/", None),
        ("https://API.example/", None),
        ("https://api.example/#x", None),
        ("https://me@api.example/", None),
        ("https://api.example/%2e", None),
        ("/api", None),
    ];

    /// A host that declares three resources.
    fn host() -> Memory {
        let memory = Memory::new(&json!({ "issuer": "https://id.example" }));
        for (uri, scope) in [
            ("https://api.example/", "read"),
            ("https://other.example/v1", "write"),
            ("https://bare.example", "else"),
        ] {
            let resource = json!({ "uri": uri, "scopes": { scope: "" } });
            let key = format!("resource/{uri}");
            memory
                .sections
                .borrow_mut()
                .insert(key, resource.to_string());
        }
        memory
    }

    proptest::proptest! {
        #[test]
        fn s2_an_indicator_is_absolute_and_has_no_fragment(text in "[a-z]{0,6}:?/{0,2}[a-z@.:]{0,12}[/?#a-z%0-9]{0,12}") {
            if check(&text).is_ok() {
                let (scheme, rest) = text.split_once(':').unwrap();
                proptest::prop_assert!(!scheme.is_empty() && !rest.contains('#'));
                let authority = rest.strip_prefix("//").and_then(|rest| rest.split(['/', '?']).next());
                proptest::prop_assert!(authority.is_none_or(|authority| !authority.contains('@')));
            }
        }

        #[test]
        fn s2_2_a_token_request_never_gets_more_than_was_granted(
            asked in proptest::collection::vec("[a-d]", 0..4),
            granted in proptest::collection::vec("[a-d]", 0..4),
        ) {
            match within_grant(asked.clone(), &granted) {
                Ok(given) => {
                    proptest::prop_assert!(given.iter().all(|uri| granted.contains(uri)));
                    proptest::prop_assert!(asked.is_empty() || given == asked);
                }
                Err(refusal) => {
                    proptest::prop_assert_eq!(refusal, Refusal::ResourceExceedsGrant);
                    proptest::prop_assert!(asked.iter().any(|uri| !granted.contains(uri)));
                }
            }
        }

        /// Whatever is asked for, what comes of it the operator declared, in the declared spelling, each once.
        #[test]
        fn s2_1_what_a_request_gets_is_what_the_operator_declared(asked in proptest::collection::vec(0_usize..SPELLINGS.len(), 0..10)) {
            let host = host();
            let server = crate::settings::server(&host).unwrap();
            let values: Vec<&str> = asked.iter().map(|at| SPELLINGS[*at].0).collect();
            let meant: Vec<Option<&str>> = asked.iter().map(|at| SPELLINGS[*at].1).collect();
            match from_request(values.into_iter(), &server, &host) {
                Ok(found) => {
                    let mut expected: Vec<&str> = Vec::new();
                    for uri in meant {
                        let uri = uri.expect("declared");
                        if !expected.contains(&uri) {
                            expected.push(uri);
                        }
                    }
                    proptest::prop_assert!(found.len() <= MAX_RESOURCES);
                    proptest::prop_assert_eq!(found, expected);
                }
                Err(refusal) => {
                    proptest::prop_assert_eq!(refusal, Refusal::UnknownResource);
                    proptest::prop_assert!(meant.contains(&None) || asked.len() > MAX_RESOURCES);
                }
            }
        }

        /// RFC 8707 §2.2: the token for some of the resources has no scope that only another one declares, and never one more.
        #[test]
        fn s2_2_a_token_for_one_resource_tells_it_nothing_of_another(first: bool, second: bool, tokens in proptest::collection::vec("read|write|openid|else", 0..5)) {
            let granted = ["https://api.example/".to_owned(), "https://other.example/v1".to_owned()];
            let chosen: Vec<String> = [first, second].iter().zip(&granted).filter(|(chosen, _)| **chosen).map(|(_, uri)| uri.clone()).collect();
            let scope = Scope::parse(&tokens.join(" ")).unwrap();
            let at = scope_at(&scope, &chosen, &granted, &host());
            proptest::prop_assert!(at.is_within(&scope));
            for token in scope.tokens() {
                let left_out = (token == "read" && !first) || (token == "write" && !second);
                proptest::prop_assert_eq!(at.has(token), !left_out, "{}", token);
            }
        }

        #[test]
        fn the_two_spellings_of_an_origin_are_each_others(host in "[a-z]{1,8}\\.example") {
            let (short, long) = (format!("https://{host}"), format!("https://{host}/"));
            proptest::prop_assert_eq!(other_spelling(&short), Some(long.clone()));
            proptest::prop_assert_eq!(other_spelling(&long), Some(short.clone()));
            proptest::prop_assert_eq!(other_spelling(&format!("{long}path")), None);
        }
    }
}
