//! Assertions as grants: RFC 7523, ID-JAG.

use super::foreign::{NOW, jwk, signed};
use super::*;
use crate::memory::{foreign_jwk, foreign_jwt};

const SECRET: &str = "0123456789abcdef0123";

fn issuers(more: &Value) -> Value {
    let mut idp = json!({
        "issuer": "https://idp.example", "jwks": { "keys": [jwk("idp", "k1")] }, "clients": ["agent", "public"],
        "provider": "test",
    });
    for (name, value) in more.as_object().unwrap() {
        idp[name] = value.clone();
    }
    let workloads = json!({
        "issuer": "https://ci.example", "jwks": { "keys": [jwk("ci", "k1")] }, "clients": ["agent", "public"],
        "profile": "generic", "provider": "test", "max_lifetime_s": 3600,
    });
    json!([idp, workloads])
}

/// A host that trusts an identity provider, a client `agent` that may present its assertions, and Ada, who was here before.
fn host_with(more: &Value) -> Memory {
    let memory = super::host();
    configure(&memory, more);
    for metadata in [
        json!({
            "client_id": "agent", "client_secret": SECRET, "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"], "scope": "openid offline_access read write",
        }),
        json!({
            "client_id": "agent2", "client_secret": SECRET, "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"], "scope": "read",
        }),
        json!({
            "client_id": "public", "token_endpoint_auth_method": "none",
            "grant_types": ["urn:ietf:params:oauth:grant-type:jwt-bearer"], "scope": "read",
        }),
    ] {
        let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
        let answer: Value =
            serde_json::from_str(&crate::administration::run(&command, &memory).unwrap()).unwrap();
        let key = format!("client/{}", metadata["client_id"].as_str().unwrap());
        memory
            .sections
            .borrow_mut()
            .insert(key, answer["client"].to_string());
    }
    sign_in(&Visitor::new(&memory), "app", "");
    memory
}

fn configure(memory: &Memory, more: &Value) {
    let server = json!({
        "issuer": "https://id.example", "assertion_issuers": issuers(more), "experimental": { "id_jag": "draft-04" },
    });
    let check = json!({ "command": "server.check", "server": server }).to_string();
    crate::administration::run(&check, memory).unwrap();
    let mut sections = memory.sections.borrow_mut();
    sections.insert("server".to_owned(), server.to_string());
    for (uri, scopes) in [
        ("https://api.example/", "read"),
        ("https://other.example/", "write"),
    ] {
        let resource = json!({ "uri": uri, "scopes": { scopes: "" } });
        sections.insert(format!("resource/{uri}"), resource.to_string());
    }
}

pub(super) fn host() -> Memory {
    host_with(&json!({}))
}

fn header() -> Value {
    json!({ "alg": "ES256", "kid": "k1", "typ": "oauth-id-jag+jwt" })
}

fn claims() -> Value {
    json!({
        "iss": "https://idp.example", "sub": "1", "aud": "https://id.example", "client_id": "agent", "jti": "a",
        "exp": NOW + 300, "iat": NOW, "scope": "read", "resource": "https://api.example",
    })
}

fn with(mut value: Value, name: &str, to: Value) -> Value {
    if to.is_null() {
        value.as_object_mut().unwrap().remove(name);
    } else {
        value[name] = to;
    }
    value
}

pub(super) fn id_jag(name: &str, to: Value) -> String {
    signed("idp", &header(), &with(claims(), name, to))
}

fn form(assertion: &str, more: &str) -> String {
    format!(
        "grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&client_id=agent&client_secret={SECRET}&assertion={assertion}{more}"
    )
}

pub(super) fn redeem(memory: &Memory, assertion: &str, more: &str) -> Answer {
    Visitor::new(memory).post("/token", &form(assertion, more))
}

fn invalid_grant() -> (u16, String) {
    (400, "invalid_grant".to_owned())
}

fn payload(answer: &Answer) -> Value {
    let token = body(answer)["access_token"].as_str().unwrap().to_owned();
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&crate::secret::from_base64url(claims).unwrap()).unwrap()
}

#[test]
fn an_id_jag_becomes_one_access_token_for_its_person() {
    let memory = host();
    let answer = redeem(&memory, &id_jag("jti", json!("a")), "");
    assert_eq!(answer.status, 200, "{answer:?}");
    let (told, claims) = (body(&answer), payload(&answer));
    assert_eq!(told["scope"], "read");
    assert!(told.get("refresh_token").is_none() && told.get("id_token").is_none());
    assert_eq!(claims["aud"], "https://api.example/");
    assert_eq!(claims["client_id"], "agent");
    assert!(claims["sub"].as_str().unwrap().starts_with("usr_"));
    assert!(claims.get("auth_time").is_none(), "nobody knows");
    assert_eq!(
        error(&redeem(&memory, &id_jag("jti", json!("a")), "")),
        invalid_grant(),
        "again"
    );
    assert_eq!(redeem(&memory, &id_jag("jti", json!("b")), "").status, 200);
}

#[test]
fn each_mutated_claim_is_refused_and_uses_nothing_up() {
    let memory = host();
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", json!("https://id.example")),
        ("iss", Value::Null),
        ("sub", Value::Null),
        ("sub", json!("")),
        ("sub", json!("2")),
        ("aud", Value::Null),
        ("aud", json!(["https://id.example"])),
        ("aud", json!("https://id.example/")),
        ("aud", json!("https://id.example/token")),
        ("aud", json!("https://other.example")),
        ("client_id", Value::Null),
        ("client_id", json!("agent2")),
        ("client_id", json!(["agent"])),
        ("jti", Value::Null),
        ("jti", json!("")),
        ("jti", json!(1)),
        ("exp", Value::Null),
        ("exp", json!(NOW - 60)),
        ("exp", json!(NOW + 361)),
        ("iat", Value::Null),
        ("iat", json!(NOW + 61)),
        ("nbf", json!(NOW + 61)),
        ("authorization_details", json!([])),
        ("authorization_details", json!([{ "type": "x" }])),
        ("act", json!({ "sub": "someone" })),
        ("may_act", json!({ "sub": "someone" })),
        ("cnf", json!({})),
        ("cnf", json!("x")),
        ("cnf", json!({ "jwk": jwk("x", "1") })),
        ("cnf", json!({ "x5t#S256": "x" })),
        ("cnf", json!({ "jkt": "x", "kid": "y" })),
    ] {
        let answer = redeem(&memory, &id_jag(name, value.clone()), "");
        assert_eq!(error(&answer), invalid_grant(), "{name} {value}");
    }
    for header in [
        with(header(), "typ", Value::Null),
        with(header(), "typ", json!("JWT")),
        with(header(), "typ", json!("at+jwt")),
        with(header(), "alg", json!("none")),
        with(header(), "alg", json!("HS256")),
        with(header(), "kid", json!("k2")),
        with(header(), "crit", json!(["x"])),
    ] {
        let answer = redeem(&memory, &signed("idp", &header, &claims()), "");
        assert_eq!(error(&answer), invalid_grant(), "{header}");
    }
    for holder in ["evil", "ci"] {
        let answer = redeem(&memory, &signed(holder, &header(), &claims()), "");
        assert_eq!(error(&answer), invalid_grant(), "signed by {holder}");
    }
    assert_eq!(redeem(&memory, &id_jag("x", json!(1)), "").status, 200);
}

#[test]
fn the_client_must_be_confidential_registered_and_named_by_the_operator() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let post = |client: &str, assertion: &str| {
        error(&visitor.post(
            "/token",
            &format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&{client}&assertion={assertion}"),
        ))
    };
    let agent2 = format!("client_id=agent2&client_secret={SECRET}");
    assert_eq!(
        post(&agent2, &id_jag("client_id", json!("agent2"))),
        invalid_grant()
    );
    let invalid_client = (401, "invalid_client".to_owned());
    assert_eq!(
        post("client_id=public", &id_jag("client_id", json!("public"))),
        invalid_client
    );
    assert_eq!(
        post("client_id=agent", &id_jag("x", json!(1))),
        invalid_client
    );
    let web = format!("client_id=web&client_secret={SECRET}");
    assert_eq!(
        post(&web, &id_jag("client_id", json!("web"))).0,
        401,
        "another method"
    );
    assert_eq!(
        post("client_id=app", &id_jag("client_id", json!("app"))),
        (400, "unauthorized_client".to_owned())
    );
    let off = json!({ "issuer": "https://id.example" });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), off.to_string());
    assert_eq!(
        error(&redeem(&memory, &id_jag("x", json!(1)), "")),
        (400, "unsupported_grant_type".to_owned())
    );
}

#[test]
fn scope_and_resource_are_only_ever_narrowed() {
    let memory = host_with(
        &json!({ "scope": "read write", "resources": ["https://api.example/", "https://other.example"] }),
    );
    let nth = std::cell::Cell::new(0);
    let ask = |scope: Value, resource: Value, more: &str| {
        nth.set(nth.get() + 1);
        let claims = with(with(claims(), "scope", scope), "resource", resource);
        let assertion = signed(
            "idp",
            &header(),
            &with(claims, "jti", json!(nth.get().to_string())),
        );
        redeem(&memory, &assertion, more)
    };
    let (api, other) = ("https://api.example/", "https://other.example/");
    // What the assertion says is the most there is.
    let answer = ask(json!("read admin openid offline_access"), json!(api), "");
    assert_eq!(body(&answer)["scope"], "read");
    let answer = ask(
        json!("read write"),
        json!([api, other]),
        "&resource=https://other.example/",
    );
    assert_eq!(
        (
            body(&answer)["scope"].clone(),
            payload(&answer)["aud"].clone()
        ),
        (json!("write"), json!(other))
    );
    let answer = ask(json!("read write"), json!([api, other]), "&scope=read");
    assert_eq!(body(&answer)["scope"], "read");
    let answer = ask(Value::Null, json!(api), "");
    assert_eq!(body(&answer)["scope"], "read write");
    for (scope, resource, more, code) in [
        (json!("read"), json!(api), "&scope=write", "invalid_scope"),
        (json!("admin"), json!(api), "", "invalid_scope"),
        (json!("openid"), json!(api), "", "invalid_scope"),
        (json!(["read"]), json!(api), "", "invalid_scope"),
        (
            json!("read"),
            json!(api),
            "&resource=https://other.example/",
            "invalid_target",
        ),
        (
            json!("read"),
            json!("https://unknown.example/"),
            "",
            "invalid_target",
        ),
        (
            json!("read"),
            json!("https://id.example"),
            "",
            "invalid_target",
        ),
        (json!("read"), json!(5), "", "invalid_target"),
        (json!("read"), json!([api, 5]), "", "invalid_target"),
        (json!("read"), Value::Null, "", "invalid_target"),
        (
            json!("read"),
            Value::Null,
            "&resource=https://id.example",
            "invalid_target",
        ),
    ] {
        let answer = ask(scope.clone(), resource.clone(), more);
        assert_eq!(
            error(&answer),
            (400, code.to_owned()),
            "{scope} {resource} {more}"
        );
    }
}

#[test]
fn a_refused_request_leaves_the_assertion_usable() {
    let memory = host();
    let assertion = id_jag("x", json!(1));
    assert_eq!(error(&redeem(&memory, &assertion, "&scope=admin")).0, 400);
    assert_eq!(
        error(&redeem(&memory, &assertion, "&resource=https://no.example")).0,
        400
    );
    let deny: fn(&crate::policy::Input, &mut crate::policy::Decision) = |input, decision| {
        assert_eq!(input.stage, "exchange");
        decision.deny = Some(crate::policy::Denial::default());
    };
    memory.tamper.set(Some(deny));
    assert_eq!(error(&redeem(&memory, &assertion, "")), invalid_grant());
    memory.tamper.set(None);
    memory.outage.set(true);
    assert_eq!(error(&redeem(&memory, &assertion, "")).0, 503);
    memory.outage.set(false);
    assert_eq!(redeem(&memory, &assertion, "").status, 200);
}

#[test]
fn an_issuer_bounds_the_lifetime_of_what_comes_of_its_assertions() {
    let memory = host_with(&json!({ "access_token_lifetime_s": 45 }));
    assert_eq!(
        body(&redeem(&memory, &id_jag("x", json!(1)), ""))["expires_in"],
        45
    );
}

#[test]
fn a_person_is_known_by_their_subject_or_by_an_address_the_issuer_is_believed_about() {
    let ada = |email: &str, verified: Value| {
        let claims = with(
            with(claims(), "sub", json!("elsewhere")),
            "email",
            json!(email),
        );
        signed("idp", &header(), &with(claims, "email_verified", verified))
    };
    let memory = host();
    assert_eq!(
        error(&redeem(&memory, &ada("ada@example.org", json!(true)), "")),
        invalid_grant(),
        "off"
    );
    configure(&memory, &json!({ "email_domains": ["example.com"] }));
    assert_eq!(
        error(&redeem(&memory, &ada("ada@example.org", json!(true)), "")),
        invalid_grant(),
        "another domain"
    );
    configure(&memory, &json!({ "email_domains": ["example.org"] }));
    for (email, verified) in [
        ("ada@example.org", Value::Null),
        ("ada@example.org", json!(false)),
        ("ada@example.org", json!("true")),
        ("ada@sub.example.org", json!(true)),
        ("bob@example.org", json!(true)),
        ("@example.org", json!(true)),
    ] {
        assert_eq!(
            error(&redeem(&memory, &ada(email, verified.clone()), "")),
            invalid_grant(),
            "{email} {verified}"
        );
    }
    assert_eq!(
        redeem(&memory, &ada("Ada@Example.ORG", json!(true)), "").status,
        200
    );
    let users = memory
        .rows
        .borrow()
        .keys()
        .filter(|key| key.starts_with("user/"))
        .count();
    assert_eq!(users, 1, "nobody was created");
}

#[test]
fn a_disabled_person_gets_nothing_and_what_they_had_is_dead() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let first = body(&redeem(&memory, &id_jag("jti", json!("a")), ""));
    let introspect = || {
        let form = format!(
            "client_id=agent&client_secret={SECRET}&token={}",
            first["access_token"].as_str().unwrap()
        );
        body(&visitor.post("/introspect", &form))["active"].clone()
    };
    assert_eq!(introspect(), true);
    let command = json!({ "command": "user.disable", "user": "ada@example.org" }).to_string();
    crate::administration::run(&command, &memory).unwrap();
    assert_eq!(introspect(), false);
    assert_eq!(
        error(&redeem(&memory, &id_jag("jti", json!("b")), "")),
        invalid_grant()
    );
}

#[test]
fn cnf_forces_a_dpop_proof_by_that_key() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let jkt = crate::jwk::PublicJwk::read(&foreign_jwk("device"))
        .unwrap()
        .thumbprint();
    let bound = |jti: &str| {
        let claims = with(claims(), "cnf", json!({ "jkt": jkt }));
        form(
            &signed("idp", &header(), &with(claims, "jti", json!(jti))),
            "",
        )
    };
    let show = |holder: &str, jti: &str| {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": foreign_jwk(holder) });
        let claims =
            json!({ "jti": jti, "htm": "POST", "htu": "https://id.example/token", "iat": NOW });
        *visitor.dpop.borrow_mut() = Some(foreign_jwt(&header, &claims));
    };
    assert_eq!(
        error(&visitor.post("/token", &bound("1"))),
        (400, "invalid_dpop_proof".to_owned())
    );
    show("other", "p1");
    assert_eq!(error(&visitor.post("/token", &bound("1"))), invalid_grant());
    show("device", "p2");
    let answer = visitor.post("/token", &bound("1"));
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(payload(&answer)["cnf"]["jkt"], json!(jkt));
    assert_eq!(body(&answer)["token_type"], "DPoP");
}

#[test]
fn of_two_that_race_with_one_assertion_one_wins() {
    let memory = host();
    let grants = |memory: &Memory| {
        let rows = memory.rows.borrow();
        rows.keys().filter(|key| key.starts_with("grant/")).count()
    };
    let before = grants(&memory);
    let assertion = id_jag("x", json!(1));
    let rival = assertion.clone();
    // The loser has checked everything when the winner comes.
    *memory.before_jti.borrow_mut() = Some(Box::new(move |memory| {
        assert_eq!(redeem(memory, &rival, "").status, 200);
    }));
    assert_eq!(error(&redeem(&memory, &assertion, "")), invalid_grant());
    assert_eq!(grants(&memory), before + 1, "the loser has no grant");
}

#[test]
fn rfc7523_s3_other_assertions_by_the_generic_profile() {
    let memory = host();
    let claims = json!({
        "iss": "https://ci.example", "sub": "1", "aud": "https://id.example", "jti": "a", "exp": NOW + 3000,
    });
    let visitor = Visitor::new(&memory);
    let post = |header: &Value, claims: &Value| {
        let assertion = signed("ci", header, claims);
        error(&visitor.post(
            "/token",
            &format!("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&client_id=public&assertion={assertion}"),
        ))
    };
    let plain = json!({ "alg": "ES256", "kid": "k1" });
    for header in [header(), with(plain.clone(), "typ", json!("at+jwt"))] {
        assert_eq!(post(&header, &claims), invalid_grant(), "{header}");
    }
    for (name, value) in [
        ("jti", Value::Null),
        ("exp", Value::Null),
        ("exp", json!(NOW + 3661)),
        ("aud", json!(["https://id.example"])),
    ] {
        assert_eq!(
            post(&plain, &with(claims.clone(), name, value)),
            invalid_grant(),
            "{name}"
        );
    }
    assert_eq!(post(&plain, &claims), (200, String::new()));
    assert_eq!(post(&plain, &claims), invalid_grant(), "again");
}

#[test]
fn configurations_that_would_let_everyone_in_are_refused() {
    let keys = json!({ "keys": [jwk("idp", "k1")] });
    let good =
        json!({ "issuer": "https://idp.example", "jwks": keys, "clients": ["a"], "provider": "p" });
    let refused = |issuers: Value| {
        let server = json!({
            "issuer": "https://id.example", "assertion_issuers": issuers, "experimental": { "id_jag": "draft-04" },
        });
        let command = json!({ "command": "server.check", "server": server }).to_string();
        crate::administration::run(&command, &super::host()).is_err()
    };
    assert!(!refused(json!([good])));
    for (name, value) in [
        ("issuer", json!("https://id.example")),
        ("issuer", json!("")),
        ("clients", json!([])),
        ("clients", Value::Null),
        ("provider", Value::Null),
        ("email_domains", json!(["*"])),
        ("email_domains", json!(["Example.org"])),
        ("email_domains", json!(["ada@example.org"])),
        ("jwks", Value::Null),
        ("jwks", json!({ "keys": [] })),
        ("jwks_uri", json!("https://idp.example/keys")),
        ("max_lifetime_s", json!(301)),
        ("max_lifetime_s", json!(0)),
        ("resources", json!(["not a uri"])),
        ("create_users", json!(true)),
    ] {
        assert!(
            refused(json!([with(good.clone(), name, value.clone())])),
            "{name} {value}"
        );
    }
    assert!(refused(json!([good, good])), "twice");
}

#[test]
fn metadata_lists_the_grant_only_if_there_is_an_issuer() {
    let memory = host();
    let visitor = Visitor::new(&memory);
    let path = "/.well-known/oauth-authorization-server";
    let grants = |document: &Value| document["grant_types_supported"].to_string();
    let document = body(&visitor.get(path));
    assert!(grants(&document).contains("jwt-bearer"));
    assert_eq!(
        document["authorization_grant_profiles_supported"],
        json!(["urn:ietf:params:oauth:grant-profile:id-jag"])
    );
    let off = json!({ "issuer": "https://id.example" });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), off.to_string());
    let document = body(&visitor.get(path));
    assert!(!grants(&document).contains("jwt-bearer"));
    assert!(
        document
            .get("authorization_grant_profiles_supported")
            .is_none()
    );
}

#[test]
fn an_unfinished_specification_is_named_with_its_version_or_nothing_starts() {
    let issuer = |profile: &str| {
        json!([{
            "issuer": "https://idp.example", "jwks": { "keys": [jwk("idp", "k1")] }, "clients": ["a"], "provider": "p",
            "profile": profile,
        }])
    };
    let starts = |profile: &str, experimental: Value| {
        let server = json!({
            "issuer": "https://id.example", "assertion_issuers": issuer(profile), "experimental": experimental,
        });
        let command = json!({ "command": "server.check", "server": server }).to_string();
        crate::administration::run(&command, &super::host())
            .map_err(|refused| format!("{refused:?}"))
    };
    assert!(starts("id_jag", json!({ "id_jag": "draft-04" })).is_ok());
    assert!(starts("generic", json!({})).is_ok());
    for (profile, experimental) in [
        ("id_jag", json!({})),
        ("id_jag", json!({ "id_jag": "draft-03" })),
        ("generic", json!({ "id_jag": "draft-03" })),
    ] {
        let refused = starts(profile, experimental).unwrap_err();
        assert!(refused.contains("draft-04"), "{refused}");
    }
    assert!(starts("generic", json!({ "idjag": "draft-04" })).is_err());
}
