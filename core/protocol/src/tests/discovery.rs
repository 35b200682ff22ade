//! What the server says of itself.

use super::*;

fn with_server(server: &Value) -> Memory {
    let memory = Memory::new(server);
    let api = json!({ "uri": "https://id.example/api", "name": "API", "scopes": { "api:read": "Read", "offline_access": "" } });
    let own =
        json!({ "uri": "https://other.example/v1?x", "scopes": { "other": "" }, "metadata": true });
    let foreign = json!({ "uri": "https://third.example/", "scopes": {} });
    let mut sections = memory.sections.borrow_mut();
    let mut uris = Vec::new();
    for resource in [api, own, foreign] {
        let uri = resource["uri"].as_str().unwrap().to_owned();
        sections.insert(format!("resource/{uri}"), resource.to_string());
        uris.push(uri);
    }
    sections.insert("index".to_owned(), json!({ "resources": uris }).to_string());
    drop(sections);
    memory
}

fn get(memory: &Memory, target: &str) -> Answer {
    Visitor::new(memory).get(target)
}

/// The way to each endpoint that the metadata names, and nothing but that endpoint behind it.
#[test]
fn every_endpoint_that_is_named_is_there() {
    let memory =
        with_server(&json!({ "issuer": "https://id.example", "registration": { "mode": "open" } }));
    let metadata = body(&get(&memory, "/.well-known/openid-configuration"));
    let named: Vec<(&String, &Value)> = metadata
        .as_object()
        .unwrap()
        .iter()
        .filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri")
        .collect();
    assert!(named.len() >= 8);
    for (name, url) in named {
        let path = url
            .as_str()
            .unwrap()
            .strip_prefix("https://id.example")
            .unwrap();
        assert_ne!(get(&memory, path).status, 404, "{name}");
    }
}

proptest::proptest! {
    /// One spelling of the issuer everywhere (RFC 9207 §2.4, RFC 8414 §3.3).
    #[test]
    fn the_issuer_is_the_same_everywhere(path in "(/[a-z][a-z0-9-]{0,8}){0,3}", port in proptest::option::of(1024_u16..)) {
        let origin = port.map_or("https://id.example".to_owned(), |port| format!("https://id.example:{port}"));
        let first = path.split('/').nth(1).unwrap_or_default();
        if crate::endpoint::RESERVED_SEGMENTS.contains(&first) {
            return Ok(());
        }
        let issuer = format!("{origin}{path}");
        let memory = with_server(&json!({ "issuer": issuer, "registration": { "mode": "open" } }));
        for at in [
            format!("/.well-known/oauth-authorization-server{path}"),
            format!("/.well-known/openid-configuration{path}"),
            format!("{path}/.well-known/openid-configuration"),
        ] {
            let metadata = body(&get(&memory, &at));
            proptest::prop_assert_eq!(metadata["issuer"].as_str(), Some(issuer.as_str()), "{}", at);
            for (name, value) in metadata.as_object().unwrap() {
                if name.ends_with("_endpoint") || name == "jwks_uri" {
                    proptest::prop_assert!(value.as_str().unwrap().starts_with(&format!("{issuer}/")), "{}", name);
                }
            }
        }
        let resource = body(&get(&memory, &format!("/.well-known/oauth-protected-resource{path}")));
        proptest::prop_assert_eq!(&resource["resource"], &json!(issuer));
        proptest::prop_assert_eq!(&resource["authorization_servers"], &json!([issuer]));
        let challenge = get(&memory, &format!("{path}/userinfo"));
        let (_, challenge) = challenge.headers.iter().find(|(name, _)| *name == "www-authenticate").unwrap();
        let at = format!("resource_metadata=\"{origin}/.well-known/oauth-protected-resource{path}\"");
        proptest::prop_assert!(challenge.contains(&at), "{}", challenge);
    }
}

#[test]
fn rfc9728_s2_what_resources_say_of_themselves() {
    let memory = with_server(&json!({ "issuer": "https://id.example" }));
    let at = |place: &str| {
        get(
            &memory,
            &format!("/.well-known/oauth-protected-resource{place}"),
        )
    };
    let api = body(&at("/api"));
    assert_eq!(
        api,
        json!({
            "resource": "https://id.example/api",
            "authorization_servers": ["https://id.example"],
            "bearer_methods_supported": ["header"],
            "resource_name": "API",
            "scopes_supported": ["api:read"],
        })
    );
    let asked_for = body(&at("/other.example/v1?x"));
    assert_eq!(asked_for["resource"], "https://other.example/v1?x");
    let own = body(&at(""));
    assert_eq!(own["resource"], "https://id.example");
    assert_eq!(
        own["scopes_supported"],
        json!(["openid", "profile", "email"])
    );
    for absent in [
        "/third.example/",
        "/other.example/v1",
        "/api/",
        "/ap",
        "/x",
        "x",
    ] {
        let answer = at(absent);
        assert_eq!(
            error(&answer),
            (404, "invalid_request".to_owned()),
            "{absent}"
        );
    }
}

#[test]
fn rfc9728_s2_what_is_on_here_userinfo_takes_bound() {
    let own = |server: Value| {
        body(&get(
            &with_server(&server),
            "/.well-known/oauth-protected-resource",
        ))
    };
    let all = own(json!({ "issuer": "https://id.example", "mutual_tls": { "enabled": true } }));
    assert_eq!(
        all["dpop_signing_alg_values_supported"],
        json!(crate::dpop::ALGS)
    );
    assert_eq!(all["tls_client_certificate_bound_access_tokens"], true);
    let none = own(json!({ "issuer": "https://id.example", "dpop": { "enabled": false } }));
    for name in [
        "dpop_signing_alg_values_supported",
        "tls_client_certificate_bound_access_tokens",
        "dpop_bound_access_tokens_required",
    ] {
        assert!(none.get(name).is_none(), "{none}");
    }
    assert!(
        all.get("dpop_bound_access_tokens_required").is_none(),
        "bearer tokens are taken too"
    );
}

#[test]
fn rfc9728_s2_which_bound_tokens_a_resource_takes_its_operator_says() {
    let server = json!({ "issuer": "https://id.example", "mutual_tls": { "enabled": true } });
    let memory = with_server(&server);
    let said = json!({
        "uri": "https://id.example/api", "dpop_bound_access_tokens_required": true,
        "dpop_signing_alg_values_supported": ["ES256"], "tls_client_certificate_bound_access_tokens": true,
    });
    memory.sections.borrow_mut().insert(
        "resource/https://id.example/api".to_owned(),
        said.to_string(),
    );
    let told = body(&get(&memory, "/.well-known/oauth-protected-resource/api"));
    assert_eq!(
        told,
        json!({
            "resource": "https://id.example/api",
            "authorization_servers": ["https://id.example"],
            "dpop_bound_access_tokens_required": true,
            "dpop_signing_alg_values_supported": ["ES256"],
            "tls_client_certificate_bound_access_tokens": true,
        })
    );
}

#[test]
fn a_resource_takes_only_what_is_issued_here() {
    let check = |server: &Value, resource: &Value| {
        let mut resource = resource.clone();
        resource["uri"] = json!("https://api.example");
        let command = json!({ "command": "resource.check", "resource": resource });
        crate::administration::run(&command.to_string(), &Memory::new(server))
    };
    let required = json!({ "dpop_bound_access_tokens_required": true });
    let by = |algs: Value| json!({ "dpop_bound_access_tokens_required": true, "dpop_signing_alg_values_supported": algs });
    let certificates = json!({ "tls_client_certificate_bound_access_tokens": true });
    let plain = json!({ "issuer": "https://id.example" });
    let no_dpop = json!({ "issuer": "https://id.example", "dpop": { "enabled": false } });
    let with_tls = json!({ "issuer": "https://id.example", "mutual_tls": { "enabled": true } });
    assert!(check(&plain, &required).is_ok() && check(&with_tls, &certificates).is_ok());
    assert!(check(&plain, &by(json!(["ES512", "ES256"]))).is_ok());
    for (server, bad) in [
        (&no_dpop, &required),
        (&plain, &certificates),
        (&plain, &by(json!(["ES512"]))),
        (&plain, &by(json!(["none"]))),
        (&plain, &by(json!(["HS256"]))),
        (&plain, &by(json!([""]))),
        (&plain, &by(json!(vec!["ES256"; 17]))),
    ] {
        assert!(check(server, bad).is_err(), "{server} {bad}");
    }
}

#[test]
fn what_is_well_known_elsewhere_is_absent_in_json() {
    for issuer in ["https://id.example", "https://id.example/t1"] {
        let memory = with_server(&json!({ "issuer": issuer }));
        for path in [
            "/.well-known/webfinger",
            "/.well-known/oauth-authorization-server/other",
            "/.well-known/openid-configuration/other",
            "/other/.well-known/openid-configuration",
            "/t1/.well-known/other",
            "/.well-known/",
        ] {
            let answer = get(&memory, path);
            assert_eq!(
                error(&answer),
                (404, "invalid_request".to_owned()),
                "{path}"
            );
        }
    }
}

#[test]
fn oidc_userinfo_says_where_to_learn_more() {
    let memory = with_server(&json!({ "issuer": "https://id.example" }));
    let visitor = Visitor::new(&memory);
    let challenge = |authorization: Option<&str>| {
        let answer = visitor.send("GET", "/userinfo", "", authorization);
        let found = answer
            .headers
            .iter()
            .find(|(name, _)| *name == "www-authenticate");
        found.unwrap().1.clone()
    };
    let realm = "Bearer realm=\"OAuth\", resource_metadata=\"https://id.example/.well-known/oauth-protected-resource\"";
    assert_eq!(challenge(None), format!("{realm}, scope=\"openid\""));
    assert_eq!(
        challenge(Some("Bearer x")),
        format!("{realm}, error=\"invalid_token\"")
    );
}
