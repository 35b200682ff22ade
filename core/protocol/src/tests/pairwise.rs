//! Pairwise subjects: OpenID Connect Core §8.1.

use super::*;

/// `one` and `two` are of one sector, `far` is of another; all of them are pairwise.
fn with_sectors() -> Memory {
    let memory = host();
    let server = json!({ "issuer": "https://id.example", "pairwise": { "enabled": true } });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), server.to_string());
    for (id, sector) in [
        ("one", "shared.example"),
        ("two", "shared.example"),
        ("far", "far.example"),
    ] {
        let metadata = json!({
            "client_id": id, "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
            "grant_types": ["authorization_code", "refresh_token"], "scope": "openid email read", "subject_type": "pairwise",
            "sector_identifier_uri": format!("https://{sector}/uris.json"),
        });
        add_client(&memory, &metadata);
    }
    memory
}

fn tokens(visitor: &Visitor<'_>, client_id: &str) -> Value {
    body(&redeem(visitor, client_id, &code(visitor, client_id)))
}

fn claim(tokens: &Value, token: &str, name: &str) -> String {
    claims(tokens[token].as_str().unwrap())[name]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn core_s8_1_one_name_for_a_sector_and_another_for_the_next() {
    let memory = with_sectors();
    let visitor = Visitor::new(&memory);
    let [one, two, far, public] = ["one", "two", "far", "app"].map(|id| tokens(&visitor, id));
    let sub = |tokens: &Value| claim(tokens, "id_token", "sub");
    assert_eq!(sub(&one), sub(&two));
    assert_ne!(sub(&one), sub(&far));
    assert_ne!(sub(&one), sub(&public));
    for tokens in [&one, &far] {
        assert_eq!(
            sub(tokens),
            claim(tokens, "access_token", "sub"),
            "the same everywhere"
        );
        assert!(sub(tokens).starts_with(crate::user::SUB_PREFIX));
        let header = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
        let told = body(&visitor.send("GET", "/userinfo", "", Some(&header)));
        assert_eq!(told["sub"], json!(sub(tokens)));
    }
    // It stays, also in another session and after a refresh.
    let again = tokens(&Visitor::new(&memory), "one");
    assert_eq!(sub(&one), sub(&again));
    let refreshed = body(&refresh(
        &visitor,
        "one",
        one["refresh_token"].as_str().unwrap(),
    ));
    assert_eq!(sub(&one), sub(&refreshed));
}

#[test]
fn nothing_else_in_the_tokens_of_two_sectors_tells_that_it_is_one_person() {
    let memory = with_sectors();
    let visitor = Visitor::new(&memory);
    let (one, far) = (tokens(&visitor, "one"), tokens(&visitor, "far"));
    for token in ["id_token", "access_token"] {
        let (one, far) = (
            claims(one[token].as_str().unwrap()),
            claims(far[token].as_str().unwrap()),
        );
        for name in ["sub", "sid", "jti"] {
            let both = (&one[name], &far[name]);
            assert!(
                both.0.is_null() || both.0 != both.1,
                "{token} {name}: {both:?}"
            );
        }
        let public = {
            let rows = memory.rows.borrow();
            let key = rows
                .keys()
                .find(|key| key.starts_with("user/"))
                .unwrap()
                .clone();
            key.trim_start_matches("user/").to_owned()
        };
        assert!(!one.to_string().contains(&public), "{one}");
    }
    let grant = |tokens: &Value| {
        claim(tokens, "access_token", "jti")
            .split('.')
            .next()
            .unwrap()
            .to_owned()
    };
    assert_ne!(grant(&one), grant(&far));
}

#[test]
fn core_s3_1_2_1_a_hint_names_the_person_by_the_name_that_the_client_knows() {
    let memory = with_sectors();
    let visitor = Visitor::new(&memory);
    let (one, far) = (tokens(&visitor, "one"), tokens(&visitor, "far"));
    let _consented = tokens(&visitor, "two");
    let silent = |client: &str, tokens: &Value| {
        let hint = tokens["id_token"].as_str().unwrap();
        let back = location(&visitor.get(&authorize_url(
            client,
            &format!("&prompt=none&id_token_hint={hint}"),
        )))
        .to_owned();
        parameter(&back, "error")
    };
    assert_eq!(silent("one", &one), None);
    assert_eq!(silent("two", &one), None, "the same sector");
    assert_eq!(silent("far", &one), Some("login_required".to_owned()));
    assert_eq!(silent("far", &far), None);
}

/// Else a client could ask of anyone whose public name it was told whether they are the person in front of it.
#[test]
fn core_s8_1_the_public_name_of_a_person_is_nobodys_to_a_pairwise_client() {
    let memory = with_sectors();
    let visitor = Visitor::new(&memory);
    let (public, consented) = (tokens(&visitor, "app"), tokens(&visitor, "far"));
    let silent = |extra: &str| {
        let url = authorize_url("far", &format!("&prompt=none{extra}"));
        parameter(location(&visitor.get(&url)), "error")
    };
    assert_eq!(silent(""), None);
    let hint = public["id_token"].as_str().unwrap();
    let refused = Some("login_required".to_owned());
    assert_eq!(silent(&format!("&id_token_hint={hint}")), refused);
    for (sub, answer) in [
        (claim(&public, "id_token", "sub"), refused),
        (claim(&consented, "id_token", "sub"), None),
    ] {
        let asked = json!({ "id_token": { "sub": { "value": sub } } }).to_string();
        let asked: String = form_urlencoded::byte_serialize(asked.as_bytes()).collect();
        assert_eq!(silent(&format!("&claims={asked}")), answer);
    }
}

/// §8.1: by asking for a public name, a client that knows people by others could find out who is who.
#[test]
fn nobody_is_known_to_a_pairwise_client_by_their_public_name() {
    let memory = with_sectors();
    let visitor = Visitor::new(&memory);
    let (public, far) = (tokens(&visitor, "app"), tokens(&visitor, "far"));
    let silent = |name: &str| {
        let claims = json!({ "id_token": { "sub": { "value": name } } }).to_string();
        let claims: String = form_urlencoded::byte_serialize(claims.as_bytes()).collect();
        let url = authorize_url("far", &format!("&prompt=none&claims={claims}"));
        parameter(location(&visitor.get(&url)), "error")
    };
    assert_eq!(silent(&claim(&far, "id_token", "sub")), None);
    let public_name = claim(&public, "id_token", "sub");
    assert_eq!(silent(&public_name), Some("login_required".to_owned()));
    let hint = public["id_token"].as_str().unwrap();
    let hinted = visitor.get(&authorize_url(
        "far",
        &format!("&prompt=none&id_token_hint={hint}"),
    ));
    assert_eq!(
        parameter(location(&hinted), "error").as_deref(),
        Some("login_required")
    );
}

#[test]
fn a_hint_signs_out_by_the_names_that_its_client_knows() {
    let memory = with_sectors();
    let visitor = Visitor::new(&memory);
    let one = tokens(&visitor, "one");
    let other = tokens(&Visitor::new(&memory), "one");
    let sign_out = |tokens: &Value| {
        let hint = tokens["id_token"].as_str().unwrap();
        let answer = visitor.get(&format!("/logout?id_token_hint={hint}"));
        matches!(&answer.body, Body::Page(page) if matches!(**page, crate::page::Page::SignedOut(_)))
    };
    assert!(
        !sign_out(&other),
        "another session of the same person: they are asked"
    );
    assert!(sign_out(&one));
}

#[test]
fn the_salt_is_made_once() {
    let memory = with_sectors();
    let visitor = Visitor::new(&memory);
    let _ = tokens(&visitor, "one");
    let salt = memory.rows.borrow()["pairwise/salt"].clone();
    assert_eq!(salt.2, None, "it never ends");
    let _ = tokens(&visitor, "far");
    assert_eq!(memory.rows.borrow()["pairwise/salt"], salt);
}

#[test]
fn clients_that_cannot_be_pairwise_are_told_why() {
    let memory = with_sectors();
    let check = |metadata: Value| {
        let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
        format!("{:?}", crate::administration::run(&command, &memory))
    };
    let client = |uris: Value, more: Value| {
        let mut metadata = json!({
            "client_id": "x", "token_endpoint_auth_method": "none", "redirect_uris": uris, "subject_type": "pairwise",
        });
        metadata
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        metadata
    };
    let two_hosts = json!(["https://a.example/cb", "https://b.example/cb"]);
    assert!(check(client(two_hosts, json!({}))).contains("sector_identifier_uri"));
    let loopback = json!(["http://127.0.0.1/cb"]);
    assert!(check(client(loopback, json!({}))).contains("sector_identifier_uri"));
    let one = json!(["https://a.example/cb"]);
    let public = json!({ "subject_type": "public", "sector_identifier_uri": "https://a.example/" });
    assert!(check(client(one.clone(), public)).contains("pairwise"));
    assert!(check(client(one.clone(), json!({}))).contains("a.example"));
    let off = json!({ "issuer": "https://id.example" });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), off.to_string());
    assert!(check(client(one, json!({}))).contains("[pairwise]"));
    let document = body(&Visitor::new(&memory).get("/.well-known/openid-configuration"));
    assert_eq!(document["subject_types_supported"], json!(["public"]));
}
