//! RFC 8414 §2: what the metadata says of each feature, to the letter: with it these members and these items of lists, without it none of them,
//! and nothing else changes. At every place where the metadata is, for an issuer with a path and one without.

use super::*;
use std::collections::BTreeSet;

/// One per issuer: itself, and where its metadata is (RFC 8414 §3.1, OpenID Connect Discovery §4).
const ISSUERS: [(&str, &[&str]); 2] = [
    (
        "https://id.example",
        &[
            "/.well-known/oauth-authorization-server",
            "/.well-known/openid-configuration",
        ],
    ),
    (
        "https://id.example/t1",
        &[
            "/.well-known/oauth-authorization-server/t1",
            "/.well-known/openid-configuration/t1",
            "/t1/.well-known/openid-configuration",
        ],
    ),
];

/// Where some other server would have its metadata, or a client that counts wrongly looks for it.
const ELSEWHERE: [&str; 8] = [
    "/.well-known/oauth-authorization-server/",
    "/.well-known/oauth-authorization-server/t2",
    "/.well-known/oauth-authorization-server/t1/",
    "/.well-known/openid-configuration/t1/x",
    "/.well-known/openid-configurations",
    "/t1/.well-known/oauth-authorization-server",
    "/t2/.well-known/openid-configuration",
    "/t1/t1/.well-known/openid-configuration",
];

fn get(memory: &Memory, path: &str) -> Answer {
    Visitor::new(memory).get(path)
}

/// A server with these settings and resources.
fn server(issuer: &str, settings: &Value, resources: &[Value]) -> Memory {
    let mut server = json!({ "issuer": issuer });
    for (name, value) in settings.as_object().unwrap() {
        server[name] = value.clone();
    }
    let memory = Memory::new(&server);
    let uris: Vec<&Value> = resources.iter().map(|resource| &resource["uri"]).collect();
    let mut sections = memory.sections.borrow_mut();
    sections.insert("index".to_owned(), json!({ "resources": uris }).to_string());
    for resource in resources {
        let key = format!("resource/{}", resource["uri"].as_str().unwrap());
        sections.insert(key, resource.to_string());
    }
    drop(sections);
    memory
}

/// Everything that a document promises, one thing a line: `member`, `member item`, `member.name`. What is `false` promises nothing.
fn promises(metadata: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for (name, value) in metadata.as_object().unwrap() {
        match value {
            Value::Bool(false) => {}
            Value::Array(items) => all.extend(
                items
                    .iter()
                    .map(|item| format!("{name} {}", item.as_str().unwrap())),
            ),
            Value::Object(members) => {
                all.extend(members.keys().map(|member| format!("{name}.{member}")));
            }
            _ => {
                all.insert(name.clone());
            }
        }
    }
    all
}

/// What one server promises, which it does everywhere alike.
fn promised(
    issuer: &str,
    places: &[&str],
    settings: &Value,
    resources: &[Value],
) -> BTreeSet<String> {
    let memory = server(issuer, settings, resources);
    let documents: Vec<Value> = places
        .iter()
        .map(|place| {
            let answer = get(&memory, place);
            assert_eq!(answer.status, 200, "{place}: {answer:?}");
            body(&answer)
        })
        .collect();
    let [first, others @ ..] = documents.as_slice() else {
        panic!()
    };
    assert_eq!(first["issuer"], issuer);
    assert!(others.iter().all(|other| other == first), "{documents:?}");
    promises(first)
}

/// A feature: what switches it on, what switches it off, and what comes with it.
struct Feature {
    what: &'static str,
    on: Value,
    off: Value,
    resources: Vec<Value>,
    brings: Vec<String>,
}

fn feature(what: &'static str, on: Value, off: Value, brings: &[&str]) -> Feature {
    Feature {
        what,
        on,
        off,
        resources: Vec::new(),
        brings: brings.iter().map(|promise| (*promise).to_owned()).collect(),
    }
}

/// These items of a list, for each of the lists of one kind.
fn each(lists: &[&str], items: &[&str]) -> Vec<String> {
    lists
        .iter()
        .flat_map(|list| items.iter().map(move |item| format!("{list} {item}")))
        .collect()
}

const METHODS: [&str; 3] = [
    "token_endpoint_auth_methods_supported",
    "revocation_endpoint_auth_methods_supported",
    "introspection_endpoint_auth_methods_supported",
];
const METHOD_ALGS: [&str; 3] = [
    "token_endpoint_auth_signing_alg_values_supported",
    "revocation_endpoint_auth_signing_alg_values_supported",
    "introspection_endpoint_auth_signing_alg_values_supported",
];
const SIGNING: [&str; 2] = [
    "id_token_signing_alg_values_supported",
    "introspection_signing_alg_values_supported",
];
const FOREIGN: [&str; 5] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];

fn assertion_issuer(profile: &str) -> Value {
    json!({ "experimental": { "id_jag": "draft-04" }, "assertion_issuers": [{
        "issuer": "https://idp.example", "jwks_uri": "https://idp.example/keys", "profile": profile,
        "clients": ["agent"], "provider": "test",
    }] })
}

fn clients_and_their_ways() -> Vec<Feature> {
    let mut shared_secrets = feature(
        "client_secret_jwt",
        json!({ "client_assertions": { "client_secret_jwt": true } }),
        json!({ "client_assertions": { "client_secret_jwt": false } }),
        &[],
    );
    shared_secrets.brings = [
        each(&METHODS, &["client_secret_jwt"]),
        each(&METHOD_ALGS, &["HS256"]),
    ]
    .concat();
    let mut certificates = feature(
        "mutual TLS",
        json!({ "mutual_tls": { "enabled": true } }),
        json!({ "mutual_tls": { "enabled": false, "alias_origin": "https://mtls.id.example" } }),
        &["tls_client_certificate_bound_access_tokens"],
    );
    certificates.brings.extend(each(
        &METHODS,
        &["tls_client_auth", "self_signed_tls_client_auth"],
    ));
    vec![
        feature(
            "open registration",
            json!({ "registration": { "mode": "open" } }),
            json!({ "registration": { "mode": "off" } }),
            &["registration_endpoint"],
        ),
        feature(
            "registration by token",
            json!({ "registration": { "mode": "token" } }),
            json!({}),
            &["registration_endpoint"],
        ),
        feature(
            "metadata documents",
            json!({ "client_id_metadata": { "enabled": true } }),
            json!({ "client_id_metadata": { "enabled": false } }),
            &["client_id_metadata_document_supported"],
        ),
        shared_secrets,
        certificates,
        feature(
            "mutual TLS at a name of its own",
            json!({ "mutual_tls": { "enabled": true, "alias_origin": "https://mtls.id.example" } }),
            json!({ "mutual_tls": { "enabled": true } }),
            &[
                "mtls_endpoint_aliases.device_authorization_endpoint",
                "mtls_endpoint_aliases.introspection_endpoint",
                "mtls_endpoint_aliases.pushed_authorization_request_endpoint",
                "mtls_endpoint_aliases.revocation_endpoint",
                "mtls_endpoint_aliases.token_endpoint",
                "mtls_endpoint_aliases.userinfo_endpoint",
            ],
        ),
        feature(
            "an alias of what is off",
            json!({ "mutual_tls": { "enabled": true, "alias_origin": "https://mtls.id.example" } }),
            json!({
                "mutual_tls": { "enabled": true, "alias_origin": "https://mtls.id.example" },
                "device": { "enabled": false }, "pushed_authorization_requests": { "enabled": false },
            }),
            &[
                "device_authorization_endpoint",
                "grant_types_supported urn:ietf:params:oauth:grant-type:device_code",
                "mtls_endpoint_aliases.device_authorization_endpoint",
                "mtls_endpoint_aliases.pushed_authorization_request_endpoint",
                "pushed_authorization_request_endpoint",
            ],
        ),
    ]
}

fn grants_and_requests() -> Vec<Feature> {
    let mut request_objects = feature(
        "signed requests",
        json!({ "request_objects": { "enabled": true } }),
        json!({ "request_objects": { "enabled": false } }),
        &["request_parameter_supported"],
    );
    request_objects.brings.extend(each(
        &["request_object_signing_alg_values_supported"],
        &FOREIGN,
    ));
    vec![
        feature(
            "devices",
            json!({ "device": { "enabled": true } }),
            json!({ "device": { "enabled": false } }),
            &[
                "device_authorization_endpoint",
                "grant_types_supported urn:ietf:params:oauth:grant-type:device_code",
            ],
        ),
        feature(
            "token exchange",
            json!({ "token_exchange": { "enabled": true } }),
            json!({ "token_exchange": { "enabled": false } }),
            &["grant_types_supported urn:ietf:params:oauth:grant-type:token-exchange"],
        ),
        feature(
            "assertions of other issuers",
            assertion_issuer("generic"),
            json!({}),
            &["grant_types_supported urn:ietf:params:oauth:grant-type:jwt-bearer"],
        ),
        feature(
            "ID-JAG",
            assertion_issuer("id_jag"),
            assertion_issuer("generic"),
            &["authorization_grant_profiles_supported urn:ietf:params:oauth:grant-profile:id-jag"],
        ),
        feature(
            "pushed requests",
            json!({ "pushed_authorization_requests": { "enabled": true } }),
            json!({ "pushed_authorization_requests": { "enabled": false } }),
            &["pushed_authorization_request_endpoint"],
        ),
        feature(
            "pushed requests of everyone",
            json!({ "pushed_authorization_requests": { "required": true } }),
            json!({}),
            &["require_pushed_authorization_requests"],
        ),
        request_objects,
        feature(
            "strengths of a sign-in",
            json!({ "authentication_contexts": [
                { "acr": "weak", "amr": [["otp"]] }, { "acr": "strong", "amr": [["pwd"]] },
            ] }),
            json!({}),
            &["acr_values_supported strong", "acr_values_supported weak"],
        ),
        feature(
            "rich requests",
            json!({ "authorization_details": { "payment": {}, "account": {} } }),
            json!({}),
            &[
                "authorization_details_types_supported account",
                "authorization_details_types_supported payment",
            ],
        ),
        feature(
            "scopes",
            json!({ "scopes": { "read": "Read" } }),
            json!({}),
            &["scopes_supported read"],
        ),
    ]
}

fn tokens() -> Vec<Feature> {
    let mut dpop = feature(
        "DPoP",
        json!({ "dpop": { "enabled": true, "nonce": "required" } }),
        json!({ "dpop": { "enabled": false } }),
        &[],
    );
    dpop.brings = each(&["dpop_signing_alg_values_supported"], &FOREIGN);
    let mut algs = feature(
        "further algorithms",
        json!({ "signing_algs": ["ES256", "RS256", "ES384", "EdDSA"] }),
        json!({}),
        &[],
    );
    algs.brings = each(&SIGNING, &["ES384", "EdDSA"]);
    let mut one_alg = feature(
        "RSA",
        json!({ "signing_algs": ["ES256", "RS256"] }),
        json!({ "signing_algs": ["ES256"] }),
        &[],
    );
    one_alg.brings = each(&SIGNING, &["RS256"]);
    let mut opaque = feature(
        "a resource with opaque tokens",
        json!({}),
        json!({}),
        &[
            "protected_resources https://api.example/",
            "scopes_supported api:read",
        ],
    );
    opaque.resources = vec![json!({
        "uri": "https://api.example/", "scopes": { "api:read": "Read" }, "access_token_format": "opaque",
    })];
    vec![
        dpop,
        algs,
        one_alg,
        opaque,
        feature(
            "pairwise subjects",
            json!({ "pairwise": { "enabled": true } }),
            json!({ "pairwise": { "enabled": false } }),
            &["subject_types_supported pairwise"],
        ),
        // What programs need not know before they meet it.
        feature(
            "the account page",
            json!({ "account": { "enabled": true } }),
            json!({ "account": { "enabled": false } }),
            &[],
        ),
        feature(
            "any resource",
            json!({ "resources": "any" }),
            json!({ "resources": "declared" }),
            &[],
        ),
        feature(
            "scopes that are kept back",
            json!({ "scopes": { "read": "" }, "preregistered_scopes": ["read"] }),
            json!({ "scopes": { "read": "" } }),
            &[],
        ),
    ]
}

#[test]
fn s2_each_feature_brings_its_members_and_nothing_else() {
    let features = [clients_and_their_ways(), grants_and_requests(), tokens()];
    let features: Vec<Feature> = features.into_iter().flatten().collect();
    for (issuer, places) in ISSUERS {
        for feature in &features {
            let on = promised(issuer, places, &feature.on, &feature.resources);
            let off = promised(issuer, places, &feature.off, &[]);
            let came: BTreeSet<&String> = on.difference(&off).collect();
            let went: Vec<&String> = off.difference(&on).collect();
            let expected: BTreeSet<&String> = feature.brings.iter().collect();
            assert_eq!(came, expected, "{} at {issuer}", feature.what);
            assert!(went.is_empty(), "{} takes away {went:?}", feature.what);
        }
    }
}

/// What is there whatever the operator says.
#[test]
fn s2_the_rest_is_always_there() {
    let nothing = json!({
        "device": { "enabled": false }, "token_exchange": { "enabled": false }, "dpop": { "enabled": false },
        "pushed_authorization_requests": { "enabled": false }, "request_objects": { "enabled": false },
        "signing_algs": ["ES256"],
    });
    for (issuer, places) in ISSUERS {
        let all = promised(issuer, places, &nothing, &[]);
        let mut members: Vec<&str> = all
            .iter()
            .filter(|promise| !promise.starts_with("claims_supported "))
            .map(String::as_str)
            .collect();
        members.retain(|promise| !METHOD_ALGS.iter().any(|list| promise.starts_with(list)));
        assert_eq!(
            members,
            [
                "authorization_endpoint",
                "authorization_response_iss_parameter_supported",
                "backchannel_logout_session_supported",
                "backchannel_logout_supported",
                "claims_parameter_supported",
                "code_challenge_methods_supported S256",
                "end_session_endpoint",
                "grant_types_supported authorization_code",
                "grant_types_supported client_credentials",
                "grant_types_supported refresh_token",
                "id_token_signing_alg_values_supported ES256",
                "introspection_endpoint",
                "introspection_endpoint_auth_methods_supported client_secret_basic",
                "introspection_endpoint_auth_methods_supported client_secret_post",
                "introspection_endpoint_auth_methods_supported private_key_jwt",
                "introspection_signing_alg_values_supported ES256",
                "issuer",
                "jwks_uri",
                "prompt_values_supported consent",
                "prompt_values_supported login",
                "prompt_values_supported none",
                "prompt_values_supported select_account",
                "response_modes_supported form_post",
                "response_modes_supported query",
                "response_types_supported code",
                "revocation_endpoint",
                "revocation_endpoint_auth_methods_supported client_secret_basic",
                "revocation_endpoint_auth_methods_supported client_secret_post",
                "revocation_endpoint_auth_methods_supported none",
                "revocation_endpoint_auth_methods_supported private_key_jwt",
                "scopes_supported email",
                "scopes_supported offline_access",
                "scopes_supported openid",
                "scopes_supported profile",
                "subject_types_supported public",
                "token_endpoint",
                "token_endpoint_auth_methods_supported client_secret_basic",
                "token_endpoint_auth_methods_supported client_secret_post",
                "token_endpoint_auth_methods_supported none",
                "token_endpoint_auth_methods_supported private_key_jwt",
                "ui_locales_supported ar",
                "ui_locales_supported de",
                "ui_locales_supported en",
                "ui_locales_supported es",
                "ui_locales_supported fr",
                "ui_locales_supported ja",
                "ui_locales_supported zh",
                "userinfo_endpoint",
            ]
        );
    }
}

/// An endpoint that is off is not there, and one that is there is said.
#[test]
fn s2_what_is_not_advertised_is_not_there() {
    for (path, on, off) in [
        (
            "/register",
            json!({ "registration": { "mode": "open" } }),
            json!({ "registration": { "mode": "off" } }),
        ),
        (
            "/device_authorization",
            json!({}),
            json!({ "device": { "enabled": false } }),
        ),
        (
            "/device",
            json!({}),
            json!({ "device": { "enabled": false } }),
        ),
        (
            "/par",
            json!({}),
            json!({ "pushed_authorization_requests": { "enabled": false } }),
        ),
        (
            "/account",
            json!({}),
            json!({ "account": { "enabled": false } }),
        ),
    ] {
        for (issuer, _) in ISSUERS {
            let at = format!(
                "{}{path}",
                issuer.strip_prefix("https://id.example").unwrap()
            );
            assert_ne!(get(&server(issuer, &on, &[]), &at).status, 404, "{at}");
            assert_eq!(get(&server(issuer, &off, &[]), &at).status, 404, "{at}");
        }
    }
}

#[test]
fn s3_nowhere_else_is_there_metadata_nor_a_page() {
    for (issuer, places) in ISSUERS {
        let memory = server(issuer, &json!({}), &[]);
        let others = ISSUERS.iter().flat_map(|(_, places)| places.iter());
        let elsewhere = others
            .chain(&ELSEWHERE)
            .filter(|path| !places.contains(path));
        for path in elsewhere {
            let answer = get(&memory, path);
            assert_eq!(
                error(&answer),
                (404, "invalid_request".to_owned()),
                "{path} of {issuer}"
            );
        }
    }
}
