//! What the server says of itself: RFC 8414 and OpenID Connect Discovery, one document under both names. Made from the
//! configuration: nothing that is off is advertised.

use super::Call;
use crate::claims;
use crate::client::{AuthMethod, GrantType, SigningAlg};
use crate::grant::jwt_bearer::ID_JAG_PROFILE;
use crate::http::{Answer, Body};
use crate::resource;
use crate::scope;
use crate::settings::{AssertionProfile, RegistrationMode, Resource};
use crate::token::foreign;
use serde_json::{Map, Value, json};

/// How long others may keep it, seconds.
const MAX_AGE_S: u32 = 300;

/// Answers a request for one of the documents; `None` if the path is another.
///
/// For an issuer `https://h/t1`: `/.well-known/oauth-authorization-server/t1` (RFC 8414 §3.1), the same with
/// `openid-configuration`, and `/t1/.well-known/openid-configuration` (Discovery §4).
#[must_use]
pub fn well_known(call: &Call<'_>) -> Option<Answer> {
    let base = call.base();
    let path = call.request.path;
    let inserted = |name: &str| {
        path.strip_prefix("/.well-known/")
            .and_then(|rest| rest.strip_prefix(name))
            == Some(base)
    };
    let appended = path.strip_prefix(base) == Some("/.well-known/openid-configuration");
    if !inserted("oauth-authorization-server") && !inserted("openid-configuration") && !appended {
        return None;
    }
    let told = || {
        let answer = Answer {
            status: 200,
            headers: Vec::new(),
            body: Body::Json(document(call).to_string()),
        };
        let kept = format!("public, max-age={MAX_AGE_S}");
        answer.with("cache-control", kept).cors()
    };
    let turned_away = call.request.turned_away("GET, HEAD, OPTIONS");
    Some(turned_away.unwrap_or_else(told))
}

fn document(call: &Call<'_>) -> Value {
    let issuer = &call.server.issuer;
    let at = |path: &str| format!("{issuer}{path}");
    let resources = resource::all(call.host);
    let methods = auth_methods(call);
    let secrets: Vec<_> = methods
        .iter()
        .copied()
        .filter(|method| *method != AuthMethod::None.name())
        .collect();
    let assertion_algs = assertion_algs(call);
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": at("/authorize"),
        "token_endpoint": at("/token"),
        "jwks_uri": at("/.well-known/jwks.json"),
        "userinfo_endpoint": at("/userinfo"),
        "revocation_endpoint": at("/revoke"),
        "introspection_endpoint": at("/introspect"),
        "end_session_endpoint": at("/logout"),
        "scopes_supported": scope::all(call.server, &resources).tokens(),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "form_post"],
        "grant_types_supported": grant_types(call),
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": secrets,
        "token_endpoint_auth_signing_alg_values_supported": assertion_algs,
        "revocation_endpoint_auth_signing_alg_values_supported": assertion_algs,
        "introspection_endpoint_auth_signing_alg_values_supported": assertion_algs,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "subject_types_supported": subject_types(call),
        "id_token_signing_alg_values_supported": signing_algs(call),
        "introspection_signing_alg_values_supported": signing_algs(call), // RFC 9701 §7
        "claims_supported": claims_supported(),
        "claims_parameter_supported": true,
        "request_parameter_supported": call.server.request_objects.enabled,
        "request_uri_parameter_supported": false,
        "ui_locales_supported": call.server.languages,
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
    });
    add_what_is_on(call, &resources, &mut document);
    if call.server.mutual_tls.enabled {
        add_mutual_tls(call, &mut document);
    }
    document
}

/// What is there only while it is on.
fn add_what_is_on(call: &Call<'_>, resources: &[Resource], document: &mut Value) {
    let at = |path: &str| format!("{}{path}", call.server.issuer);
    let mut add = |name: &str, value: Value| {
        if let Some(object) = document.as_object_mut() {
            object.insert(name.to_owned(), value);
        }
    };
    let details = &call.server.authorization_details;
    if !details.is_empty() {
        let types: Vec<&str> = details.keys().map(String::as_str).collect();
        add("authorization_details_types_supported", json!(types)); // RFC 9396 §10
    }
    let contexts = &call.server.authentication_contexts;
    if !contexts.is_empty() {
        let values: Vec<&str> = contexts.iter().map(|context| &*context.acr).collect();
        add("acr_values_supported", json!(values));
    }
    let pushed = &call.server.pushed_authorization_requests;
    if pushed.enabled {
        let endpoint = json!(at("/par"));
        add("pushed_authorization_request_endpoint", endpoint); // RFC 9126 §5
        add(
            "require_pushed_authorization_requests",
            json!(pushed.required),
        );
    }
    if call.server.request_objects.enabled {
        add(
            "request_object_signing_alg_values_supported",
            json!(foreign::ALGORITHMS),
        );
    }
    if call
        .server
        .assertion_issuers
        .iter()
        .any(|issuer| issuer.profile == AssertionProfile::IdJag)
    {
        add(
            "authorization_grant_profiles_supported",
            json!([ID_JAG_PROFILE]),
        );
    }
    if !resources.is_empty() {
        let uris: Vec<&str> = resources
            .iter()
            .map(|resource| resource.uri.as_str())
            .collect();
        add("protected_resources", json!(uris)); // RFC 9728 §4
    }
    if call.server.registration.mode != RegistrationMode::Off {
        add("registration_endpoint", json!(at("/register")));
    }
    if call.server.client_id_metadata.enabled {
        add("client_id_metadata_document_supported", json!(true));
    }
    if call.server.device.enabled {
        let endpoint = json!(at("/device_authorization"));
        add("device_authorization_endpoint", endpoint); // RFC 8628 §4
    }
    if call.server.dpop.enabled {
        let algs = json!(crate::dpop::ALGS); // RFC 9449 §5.1
        add("dpop_signing_alg_values_supported", algs);
    }
}

/// The endpoints at which a client can show a certificate (RFC 8705 §5).
const MUTUAL_TLS_ENDPOINTS: [&str; 6] = [
    "token_endpoint",
    "userinfo_endpoint",
    "revocation_endpoint",
    "introspection_endpoint",
    "pushed_authorization_request_endpoint",
    "device_authorization_endpoint",
];

/// RFC 8705 §3.3, §5.
fn add_mutual_tls(call: &Call<'_>, document: &mut Value) {
    let Some(object) = document.as_object_mut() else {
        return;
    };
    object.insert(
        "tls_client_certificate_bound_access_tokens".to_owned(),
        json!(true),
    );
    let Some(alias) = &call.server.mutual_tls.alias_origin else {
        return;
    };
    let issuer = &call.server.issuer;
    let origin = issuer.strip_suffix(call.base()).unwrap_or(issuer);
    let aliases: Map<String, Value> = MUTUAL_TLS_ENDPOINTS
        .iter()
        .filter_map(|name| {
            let path = object.get(*name)?.as_str()?.strip_prefix(origin)?;
            Some(((*name).to_owned(), json!(format!("{alias}{path}"))))
        })
        .collect();
    object.insert("mtls_endpoint_aliases".to_owned(), Value::Object(aliases));
}

/// OpenID Connect Core §8.
fn subject_types(call: &Call<'_>) -> &'static [&'static str] {
    if call.server.pairwise.enabled {
        &["public", "pairwise"]
    } else {
        &["public"]
    }
}

/// The grant types that are on.
fn grant_types(call: &Call<'_>) -> Vec<&'static str> {
    GrantType::ALL
        .into_iter()
        .filter(|grant_type| match grant_type {
            GrantType::AuthorizationCode
            | GrantType::RefreshToken
            | GrantType::ClientCredentials => true,
            GrantType::TokenExchange => call.server.token_exchange.enabled,
            GrantType::JwtBearer => !call.server.assertion_issuers.is_empty(),
            GrantType::DeviceCode => call.server.device.enabled,
        })
        .map(GrantType::name)
        .collect()
}

/// The ways of client authentication that are on.
fn auth_methods(call: &Call<'_>) -> Vec<&'static str> {
    AuthMethod::ALL
        .into_iter()
        .filter(|method| method.is_on(call.server))
        .map(AuthMethod::name)
        .collect()
}

/// The algorithms of JWTs by which clients authenticate.
fn assertion_algs(call: &Call<'_>) -> Vec<&'static str> {
    let symmetric = call.server.client_assertions.client_secret_jwt;
    let symmetric = symmetric.then_some("HS256");
    foreign::ALGORITHMS.into_iter().chain(symmetric).collect()
}

/// The algorithms that the host has keys for.
fn signing_algs(call: &Call<'_>) -> Vec<&'static str> {
    SigningAlg::ALL
        .into_iter()
        .filter(|alg| call.server.signing_algs.contains(alg))
        .map(SigningAlg::name)
        .collect()
}

fn claims_supported() -> Vec<&'static str> {
    let own = [
        "sub",
        "iss",
        "aud",
        "exp",
        "iat",
        "auth_time",
        "nonce",
        "at_hash",
        "acr",
        "amr",
        "sid",
        "email",
        "email_verified",
    ];
    own.into_iter().chain(claims::PROFILE).collect()
}
