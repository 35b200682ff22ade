//! What access tokens are made of, and that nothing else is taken for one.

use super::*;

const SECRET: &str = "0123456789abcdef0123";

fn with_resources() -> Memory {
    let memory = host();
    for resource in [
        json!({ "uri": "https://jwt.example", "introspection_clients": ["server"] }),
        json!({ "uri": "https://opaque.example", "introspection_clients": ["server"], "access_token_format": "opaque" }),
        json!({ "uri": "https://two.example", "access_token_format": "opaque" }),
        json!({ "uri": "https://rsa.example", "access_token_signing_alg": "RS256", "access_token_typ": "JWT", "introspection_clients": ["server"] }),
    ] {
        let key = format!("resource/{}", resource["uri"].as_str().unwrap());
        memory
            .sections
            .borrow_mut()
            .insert(key, resource.to_string());
    }
    for (id, typ, alg) in [("server", "at+jwt", "ES256"), ("plain", "JWT", "RS256")] {
        let metadata = json!({
            "client_id": id, "client_secret": SECRET, "scope": "openid read", "redirect_uris": ["https://app.example/cb"],
            "token_endpoint_auth_method": "client_secret_post", "grant_types": ["client_credentials", "authorization_code"],
            "access_token_typ": typ, "access_token_signed_response_alg": alg,
        });
        add_client(&memory, &metadata);
    }
    memory
}

fn header(token: &str) -> Value {
    let header = token.split('.').next().unwrap();
    serde_json::from_slice(&from_base64url(header).unwrap()).unwrap()
}

/// What `client` gets for itself.
fn for_itself(memory: &Memory, client: &str, more: &str) -> Answer {
    let form =
        format!("grant_type=client_credentials&client_id={client}&client_secret={SECRET}{more}");
    Visitor::new(memory).post("/token", &form)
}

fn active(memory: &Memory, token: &str) -> bool {
    let form = format!("client_id=server&client_secret={SECRET}&token={token}");
    body(&Visitor::new(memory).post("/introspect", &form))["active"] == true
}

/// The tokens of `plain`, whose access tokens have the common type.
fn plain_tokens(visitor: &Visitor<'_>) -> Value {
    let back = sign_in(visitor, "plain", "");
    let form = format!(
        "grant_type=authorization_code&client_id=plain&client_secret={SECRET}&code={}&code_verifier={VERIFIER}",
        parameter(&back, "code").unwrap()
    );
    body(&visitor.post("/token", &form))
}

fn bearer(memory: &Memory, token: &str) -> u16 {
    let header = format!("Bearer {token}");
    Visitor::new(memory)
        .send("GET", "/userinfo", "", Some(&header))
        .status
}

#[test]
fn the_resource_says_of_which_kind_then_the_client_then_rfc9068() {
    let memory = with_resources();
    for (client, resource, alg, typ) in [
        ("server", "", "ES256", "at+jwt"),
        ("plain", "", "RS256", "JWT"),
        ("plain", "&resource=https://jwt.example", "RS256", "JWT"),
        ("server", "&resource=https://rsa.example", "RS256", "JWT"),
    ] {
        let header = header(&access_token(&for_itself(&memory, client, resource)));
        assert_eq!(
            (&header["alg"], &header["typ"]),
            (&json!(alg), &json!(typ)),
            "{client}{resource}"
        );
    }
    let token = access_token(&for_itself(
        &memory,
        "plain",
        "&resource=https://opaque.example",
    ));
    assert!(token.starts_with("dwa_"), "{token}");
}

#[test]
fn one_token_is_of_one_kind() {
    let memory = with_resources();
    for (resources, good) in [
        (["https://jwt.example", "https://opaque.example"], false),
        (["https://jwt.example", "https://rsa.example"], false),
        (["https://opaque.example", "https://two.example"], true),
    ] {
        let more = format!("&resource={}&resource={}", resources[0], resources[1]);
        let answer = for_itself(&memory, "server", &more);
        let expected = if good {
            (200, String::new())
        } else {
            (400, "invalid_target".to_owned())
        };
        assert_eq!(error(&answer), expected, "{resources:?}");
    }
}

#[test]
fn rfc9068_s5_access_tokens_of_the_common_type_are_no_id_tokens_and_the_other_way_round() {
    let memory = with_resources();
    let visitor = Visitor::new(&memory);
    let tokens = plain_tokens(&visitor);
    let (access, id) = (
        tokens["access_token"].as_str().unwrap(),
        tokens["id_token"].as_str().unwrap(),
    );
    assert_eq!(
        (header(access), header(id)),
        (header(id), header(access)),
        "only their claims differ"
    );
    assert_eq!((bearer(&memory, access), bearer(&memory, id)), (200, 401));
    let introspected = |token: &str| {
        let form = format!("client_id=plain&client_secret={SECRET}&token={token}");
        body(&Visitor::new(&memory).post("/introspect", &form))["active"] == true
    };
    assert!(introspected(access) && !introspected(id));
    // As a hint at sign-out an access token proves nothing: the person is asked.
    let sign_out = |hint: &str| visitor.get(&format!("/logout?id_token_hint={hint}"));
    let asked = |answer: &Answer| matches!(&answer.body, Body::Page(page) if matches!(**page, crate::page::Page::ConfirmSignOut(_)));
    assert!(asked(&sign_out(access)));
    assert!(!asked(&sign_out(id)));
}

#[test]
fn what_marks_an_access_token_nobody_else_can_set() {
    assert!(crate::claims::RESERVED.contains(&crate::token::access::TOKEN_USE));
    let memory = with_resources();
    memory.tamper.set(Some(|_, decision| {
        decision
            .claims
            .push(("token_use".to_owned(), "\"id\"".to_owned()));
    }));
    assert_eq!(for_itself(&memory, "server", "").status, 503);
}

#[test]
fn of_an_opaque_token_only_its_hash_is_kept_and_nothing_is_in_it() {
    let memory = with_resources();
    let token = access_token(&for_itself(
        &memory,
        "server",
        "&resource=https://opaque.example&scope=read",
    ));
    let secret = token.split_once('.').unwrap().1;
    for (key, (value, ..)) in memory.rows.borrow().iter() {
        assert!(
            !key.contains(secret) && !String::from_utf8_lossy(value).contains(secret),
            "{key}"
        );
    }
    let form = format!("client_id=server&client_secret={SECRET}&token={token}");
    let told = body(&Visitor::new(&memory).post("/introspect", &form));
    assert_eq!(
        (&told["active"], &told["scope"], &told["aud"]),
        (
            &json!(true),
            &json!("read"),
            &json!("https://opaque.example")
        )
    );
}

#[test]
fn opaque_tokens_that_are_forged_expired_or_revoked_are_dead() {
    let memory = with_resources();
    let new = || {
        access_token(&for_itself(
            &memory,
            "server",
            "&resource=https://opaque.example",
        ))
    };
    let token = new();
    let (id, _) = token.split_once('.').unwrap();
    for forged in [
        format!("{id}.{}", "A".repeat(43)),
        format!("{id}."),
        id.to_owned(),
        "dwa_.".to_owned(),
        format!("{token}.x"),
        "dwa_../../grant/x.y".to_owned(),
    ] {
        assert!(!active(&memory, &forged), "{forged}");
    }
    assert!(active(&memory, &token));
    // Another client's attempt changes nothing.
    let revoke = |client: &str, token: &str| {
        let form = format!("client_id={client}&client_secret={SECRET}&token={token}");
        Visitor::new(&memory).post("/revoke", &form).status
    };
    assert_eq!(revoke("plain", &token), 200);
    assert!(active(&memory, &token));
    assert_eq!(revoke("server", &token), 200);
    assert!(!active(&memory, &token));
    let rows = memory
        .rows
        .borrow()
        .keys()
        .filter(|key| key.starts_with("access/"))
        .count();
    assert_eq!(rows, 0, "nothing of it is left");
    let token = new();
    memory.now.set(memory.now.get() + 600);
    assert!(!active(&memory, &token));
}

#[test]
fn opaque_tokens_end_with_their_grant_and_their_person() {
    let opaque_issuer = json!({ "uri": "https://id.example", "access_token_format": "opaque" });
    for command in [Some("user.disable"), None] {
        let memory = with_resources();
        memory.sections.borrow_mut().insert(
            "resource/https://id.example".to_owned(),
            opaque_issuer.to_string(),
        );
        let visitor = Visitor::new(&memory);
        let tokens = body(&redeem(&visitor, "app", &code(&visitor, "app")));
        let token = tokens["access_token"].as_str().unwrap();
        assert!(token.starts_with("dwa_"));
        assert_eq!(bearer(&memory, token), 200, "userinfo takes it");
        if let Some(command) = command {
            let command = json!({ "command": command, "user": "ada@example.org" }).to_string();
            crate::administration::run(&command, &memory).unwrap();
        } else {
            let refresh = tokens["refresh_token"].as_str().unwrap();
            visitor.post("/revoke", &format!("client_id=app&token={refresh}"));
        }
        assert_eq!(bearer(&memory, token), 401);
    }
}

#[test]
fn rfc9068_s5_tokens_of_other_kinds_are_no_opaque_tokens() {
    let memory = with_resources();
    let visitor = Visitor::new(&memory);
    let tokens = body(&redeem(&visitor, "app", &code(&visitor, "app")));
    let refresh = tokens["refresh_token"].as_str().unwrap();
    let disguised = refresh.replace("dwr_", "dwa_");
    for token in [refresh, &disguised] {
        assert_eq!(bearer(&memory, token), 401);
    }
}

/// A proof of `holder`'s key for a request to the token endpoint.
fn proof(holder: &str, jti: &str) -> String {
    let header =
        json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": crate::memory::foreign_jwk(holder) });
    let claims = json!({
        "jti": jti, "htm": "POST", "htu": "https://id.example/token", "iat": 1_800_000_000,
    });
    crate::memory::foreign_jwt(&header, &claims)
}

#[test]
fn rfc9728_s2_a_resource_that_takes_bound_tokens_alone_gets_no_others() {
    let memory = with_resources();
    let bound =
        json!({ "uri": "https://bound.example", "dpop_bound_access_tokens_required": true });
    memory.sections.borrow_mut().insert(
        "resource/https://bound.example".to_owned(),
        bound.to_string(),
    );
    let refused = (400, "invalid_dpop_proof".to_owned());
    for more in [
        "&resource=https://bound.example",
        "&resource=https://bound.example/",
        "&resource=https://jwt.example&resource=https://bound.example",
    ] {
        assert_eq!(
            error(&for_itself(&memory, "server", more)),
            refused,
            "{more}"
        );
    }
    let other = for_itself(&memory, "server", "&resource=https://jwt.example");
    assert_eq!(other.status, 200, "others take what they took");
    // A code is not used up by a request without a proof.
    let visitor = Visitor::new(&memory);
    let back = sign_in(&visitor, "app", "&resource=https://bound.example");
    let code = parameter(&back, "code").unwrap();
    assert_eq!(error(&redeem(&visitor, "app", &code)), refused);
    *visitor.dpop.borrow_mut() = Some(proof("one", "1"));
    let tokens = redeem(&visitor, "app", &code);
    assert_eq!(body(&tokens)["token_type"], "DPoP", "{tokens:?}");
    assert!(claims(&access_token(&tokens))["cnf"]["jkt"].is_string());
    // Nor by a refresh.
    *visitor.dpop.borrow_mut() = None;
    let refresh_token = body(&tokens)["refresh_token"].as_str().unwrap().to_owned();
    assert_eq!(refresh(&visitor, "app", &refresh_token).status, 400);
    *visitor.dpop.borrow_mut() = Some(proof("one", "2"));
    assert_eq!(refresh(&visitor, "app", &refresh_token).status, 200);
}

/// Where resources may be any: a token for one of our own endpoints, or for what some reader takes for one, is nobody's to ask for.
#[test]
fn rfc8707_s2_our_own_endpoints_are_nobodys_resource() {
    let memory = with_resources();
    change_server(&memory, |server| {
        server["resources"] = json!("any");
        server["mutual_tls"] =
            json!({ "enabled": true, "alias_origin": "https://mtls.id.example" });
    });
    let ask = |uri: &str| for_itself(&memory, "server", &format!("&resource={uri}"));
    for ours in [
        "https://id.example/token",
        "https://id.example/userinfo",
        "https://id.example/register/dyn_x",
        "https://id.example/app",
        "https://id.example//",
        "https://ID.example/token",
        "https://id.example:443/token",
        "https://id.example./token",
        "https://%2569d.example/token",
        "https://id.example?x",
        "https://mtls.id.example/token",
    ] {
        let answer = ask(ours);
        assert_eq!(error(&answer), (400, "invalid_target".to_owned()), "{ours}");
    }
    for issuer in ["https://id.example", "https://id.example/"] {
        let token = access_token(&ask(issuer));
        assert_eq!(claims_of(&token)["aud"], "https://id.example", "{issuer}");
    }
    for other in [
        "https://other.example/token",
        "https://id.example:8443/",
        "urn:example:api",
    ] {
        assert_eq!(claims_of(&access_token(&ask(other)))["aud"], other);
    }
    let declared = json!({ "uri": "https://id.example/api" });
    memory.sections.borrow_mut().insert(
        "resource/https://id.example/api".to_owned(),
        declared.to_string(),
    );
    assert_eq!(
        ask("https://id.example/api").status,
        200,
        "the operator's own"
    );
}
