//! What resources say of themselves: OAuth 2.0 Protected Resource Metadata, RFC 9728. For resources at our own origin, the issuer with
//! its userinfo among them, and for others that the operator lets us speak for.
//!
//! A resource `https://h/api` is at `/.well-known/oauth-protected-resource/api` (§3.1). One at another origin, `https://other/api`, is at
//! `/.well-known/oauth-protected-resource/other/api` of ours, to be named by its own `WWW-Authenticate` (§5.1) or by a proxy.

use super::Call;
use crate::dpop;
use crate::http::{Answer, Body};
use crate::resource;
use crate::settings::Resource;
use serde_json::{Map, Value, json};

/// How long others may keep it, seconds.
const MAX_AGE_S: u32 = 300;
/// §3
const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";
/// §2
const DPOP_ALGS: &str = "dpop_signing_alg_values_supported";
/// §2
const CERTIFICATE_BOUND: &str = "tls_client_certificate_bound_access_tokens";

/// Answers a request for one of the documents; `None` if the path is another, or no such resource is ours to speak for.
#[must_use]
pub fn well_known(call: &Call<'_>) -> Option<Answer> {
    let place = call.request.path.strip_prefix(WELL_KNOWN)?;
    let place = match call.request.query {
        "" => place.to_owned(),
        query => format!("{place}?{query}"),
    };
    let document = document(call, &place)?;
    let told = || {
        let answer = Answer {
            status: 200,
            headers: Vec::new(),
            body: Body::Json(Value::Object(document).to_string()),
        };
        let kept = format!("public, max-age={MAX_AGE_S}");
        answer.with("cache-control", kept).cors()
    };
    let turned_away = call.request.turned_away("GET, HEAD, OPTIONS");
    Some(turned_away.unwrap_or_else(told))
}

/// Where the metadata of the issuer's own endpoints is, for `WWW-Authenticate` (§5.1).
#[must_use]
pub fn of_issuer(issuer: &str) -> String {
    let (origin, path) = split(issuer);
    format!("{origin}{WELL_KNOWN}{path}")
}

/// The document of the resource at a place behind the well-known path.
fn document(call: &Call<'_>, place: &str) -> Option<Map<String, Value>> {
    let issuer = &call.server.issuer;
    let origin = split(issuer).0;
    let is_here = |resource: &Resource| match split(&resource.uri) {
        (at, path) if at == origin => same_path(path, place),
        (at, path) => {
            let host = at.split_once("://").map_or("", |(_, host)| host);
            resource.metadata && place.strip_prefix('/') == Some(&format!("{host}{path}"))
        }
    };
    if let Some(resource) = resource::all(call.host).iter().find(|it| is_here(it)) {
        return Some(declared(call, resource));
    }
    same_path(split(issuer).1, place).then(|| of_the_issuer(call))
}

/// Origin, and what follows it.
fn split(uri: &str) -> (&str, &str) {
    let after_scheme = uri.find("://").map_or(0, |at| at.saturating_add(3));
    let rest = uri.get(after_scheme..).unwrap_or_default();
    let end = rest
        .find(['/', '?'])
        .map_or(uri.len(), |at| after_scheme.saturating_add(at));
    uri.split_at_checked(end).unwrap_or((uri, ""))
}

/// An empty path is the path `/`.
fn same_path(path: &str, place: &str) -> bool {
    path == place || (matches!(path, "" | "/") && matches!(place, "" | "/"))
}

/// §2. `offline_access` is no scope of a resource: it never asks for refresh tokens.
fn declared(call: &Call<'_>, resource: &Resource) -> Map<String, Value> {
    let scopes: Vec<&String> = resource
        .scopes
        .keys()
        .filter(|scope| *scope != "offline_access")
        .collect();
    let mut document = common(call, &resource.uri);
    if !scopes.is_empty() {
        document.insert("scopes_supported".to_owned(), json!(scopes));
    }
    if let Some(name) = &resource.name {
        document.insert("resource_name".to_owned(), json!(name));
    }
    let algs = &resource.dpop_signing_alg_values_supported;
    if !algs.is_empty() {
        document.insert(DPOP_ALGS.to_owned(), json!(algs));
    }
    if resource.dpop_bound_access_tokens_required {
        document.insert("dpop_bound_access_tokens_required".to_owned(), json!(true));
        // What takes bound tokens alone takes no bearer tokens.
        document.remove("bearer_methods_supported");
    }
    if resource.tls_client_certificate_bound_access_tokens {
        document.insert(CERTIFICATE_BOUND.to_owned(), json!(true));
    }
    document
}

/// The issuer as a resource: userinfo, which takes bound tokens of every kind that is on.
fn of_the_issuer(call: &Call<'_>) -> Map<String, Value> {
    let mut document = common(call, &call.server.issuer);
    document.insert(
        "scopes_supported".to_owned(),
        json!(["openid", "profile", "email"]),
    );
    document.insert("resource_name".to_owned(), json!(call.server.service_name));
    if call.server.dpop.enabled {
        document.insert(DPOP_ALGS.to_owned(), json!(dpop::ALGS));
    }
    if call.server.mutual_tls.enabled {
        document.insert(CERTIFICATE_BOUND.to_owned(), json!(true));
    }
    document
}

fn common(call: &Call<'_>, uri: &str) -> Map<String, Value> {
    Map::from_iter([
        ("resource".to_owned(), json!(uri)),
        (
            "authorization_servers".to_owned(),
            json!([call.server.issuer]),
        ),
        ("bearer_methods_supported".to_owned(), json!(["header"])),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s3_1_where_metadata_is() {
        for (issuer, at) in [
            (
                "https://h.example",
                "https://h.example/.well-known/oauth-protected-resource",
            ),
            (
                "https://h.example:8443/t1",
                "https://h.example:8443/.well-known/oauth-protected-resource/t1",
            ),
        ] {
            assert_eq!(of_issuer(issuer), at);
        }
        assert_eq!(
            split("https://h.example/a?b"),
            ("https://h.example", "/a?b")
        );
        assert_eq!(split("https://h.example?b"), ("https://h.example", "?b"));
        assert_eq!(split("https://h.example"), ("https://h.example", ""));
        assert_eq!(split("urn:x:y"), ("urn:x:y", ""));
    }
}
