//! What the client library of `OpenAuth` sends and reads: the profile `openauth`.

use super::*;
use crate::secret::from_base64url;

/// A host with a client of that profile beside the usual ones.
fn with_openauth() -> Memory {
    let memory = host();
    let metadata = json!({
        "client_id": "oa", "profile": "openauth", "redirect_uris": ["https://app.example/cb"],
    });
    let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
    let answer: Value =
        serde_json::from_str(&crate::administration::run(&command, &memory).unwrap()).unwrap();
    memory
        .sections
        .borrow_mut()
        .insert("client/oa".to_owned(), answer["client"].to_string());
    memory
}

/// Its authorization request names no scope.
fn first_tokens(visitor: &Visitor<'_>) -> Value {
    let mut url = authorize_url("oa", "");
    url = url.replace("&scope=openid+email+read", "");
    let code = parameter(&allow(visitor, &url), "code").unwrap();
    let answer = redeem(visitor, "oa", &code);
    assert_eq!(answer.status, 200, "{answer:?}");
    body(&answer)
}

fn unnamed_refresh(visitor: &Visitor<'_>, token: &str, more: &str) -> Answer {
    visitor.post(
        "/token",
        &format!("grant_type=refresh_token&refresh_token={token}{more}"),
    )
}

fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&from_base64url(part).unwrap()).unwrap()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap()
}

#[test]
fn access_tokens_say_mode_type_and_properties_to_the_client_itself() {
    let memory = with_openauth();
    let tokens = first_tokens(&Visitor::new(&memory));
    let access = claims(&tokens["access_token"]);
    assert_eq!(access["mode"], "access");
    assert_eq!(access["type"], "user");
    assert_eq!(access["aud"], "oa");
    assert_eq!(access["properties"]["id"], access["sub"]);
    assert_eq!(access["properties"]["email"], "ada@example.org");
    assert_eq!(tokens["scope"], "openid profile email offline_access");
}

#[test]
fn access_tokens_of_other_clients_say_none_of_it() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    let answer = redeem(&visitor, "app", &code(&visitor, "app"));
    let access = claims(&body(&answer)["access_token"]);
    for name in ["mode", "type", "properties"] {
        assert_eq!(access.get(name), None, "{name}");
    }
    assert_eq!(access["aud"], "https://id.example");
}

#[test]
fn a_token_for_the_client_itself_is_none_for_userinfo() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    let tokens = first_tokens(&visitor);
    let bearer = format!("Bearer {}", text(&tokens, "access_token"));
    let answer = visitor.send("GET", "/userinfo", "", Some(&bearer));
    assert_eq!(error(&answer), (401, "invalid_token".to_owned()));
}

#[test]
fn a_policy_may_say_other_properties_and_never_another_mode() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    memory.tamper.set(Some(|_, decision| {
        for (name, value) in [
            ("properties", r#"{"team":"blue"}"#),
            ("mode", r#""refresh""#),
        ] {
            decision.claims.push((name.to_owned(), value.to_owned()));
        }
    }));
    let access = claims(&first_tokens(&visitor)["access_token"]);
    assert_eq!(access["properties"], json!({ "team": "blue" }));
    assert_eq!(access["mode"], "access");
}

#[test]
fn a_refresh_without_client_id_is_bound_by_its_token() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    let first = first_tokens(&visitor);
    let answer = unnamed_refresh(&visitor, text(&first, "refresh_token"), "");
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(claims(&body(&answer)["access_token"])["client_id"], "oa");
    let named = refresh(&visitor, "oa", text(&body(&answer), "refresh_token"));
    assert_eq!(named.status, 200, "{named:?}");
}

#[test]
fn other_clients_must_still_name_themselves() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    let first = body(&redeem(&visitor, "app", &code(&visitor, "app")));
    let token = text(&first, "refresh_token");
    assert_eq!(
        error(&unnamed_refresh(&visitor, token, "")),
        (401, "invalid_client".to_owned())
    );
    assert_eq!(refresh(&visitor, "app", token).status, 200);
}

#[test]
fn a_wrong_name_is_worse_than_none() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    let first = first_tokens(&visitor);
    let token = text(&first, "refresh_token");
    for (more, refused) in [
        ("&client_id=app", (400, "invalid_grant".to_owned())),
        ("&client_id=nobody", (401, "invalid_client".to_owned())),
        ("&client_secret=guess", (401, "invalid_client".to_owned())),
        ("&client_assertion=x", (401, "invalid_client".to_owned())),
    ] {
        assert_eq!(
            error(&unnamed_refresh(&visitor, token, more)),
            refused,
            "{more}"
        );
    }
    let form = format!("grant_type=refresh_token&refresh_token={token}");
    assert_eq!(
        visitor
            .send("POST", "/token", &form, Some("Basic b2E6"))
            .status,
        401,
        "beside a header"
    );
    assert_eq!(unnamed_refresh(&visitor, token, "").status, 200);
}

#[test]
fn a_dead_or_forged_token_without_client_id_is_invalid_grant_and_harms_nobody() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    let first = first_tokens(&visitor);
    let token = text(&first, "refresh_token");
    let parts: Vec<&str> = token.split('.').collect();
    for forged in [
        format!("{}.{}.{}", parts[0], "A".repeat(43), parts[2]),
        format!("{}.{}.{}", "dwr_AAAAAAAAAAAAAAAAAAAAAA", parts[1], parts[2]),
    ] {
        assert_eq!(
            error(&unnamed_refresh(&visitor, &forged, "")),
            (400, "invalid_grant".to_owned())
        );
    }
    assert_eq!(unnamed_refresh(&visitor, token, "").status, 200);
}

#[test]
fn parallel_refreshes_get_the_same_successor_for_a_minute_and_a_replay_ends_the_grant() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    let first = first_tokens(&visitor);
    let token = text(&first, "refresh_token");
    let next = body(&unnamed_refresh(&visitor, token, ""));
    memory.now.set(memory.now.get() + 59);
    let again = body(&unnamed_refresh(&visitor, token, ""));
    assert_eq!(again["refresh_token"], next["refresh_token"]);
    memory.now.set(memory.now.get() + 1);
    for dead in [token, text(&next, "refresh_token")] {
        assert_eq!(
            error(&unnamed_refresh(&visitor, dead, "")),
            (400, "invalid_grant".to_owned())
        );
    }
}

#[test]
fn oauth21_s4_1_1_pkce_is_demanded_and_an_empty_verifier_counts_as_none() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    let bare =
        "/authorize?response_type=code&client_id=oa&redirect_uri=https://app.example/cb&state=s";
    let refused = visitor.get(bare);
    assert_eq!(
        parameter(location(&refused), "error").as_deref(),
        Some("invalid_request")
    );
    let code = code(&visitor, "oa");
    let form = format!("grant_type=authorization_code&client_id=oa&code={code}&code_verifier=");
    assert_eq!(
        error(&visitor.post("/token", &form)),
        (400, "invalid_grant".to_owned())
    );
    assert_eq!(redeem(&visitor, "oa", &code).status, 200);
}

#[test]
fn response_type_token_is_refused() {
    let memory = with_openauth();
    let visitor = Visitor::new(&memory);
    let url = authorize_url("oa", "").replace("response_type=code", "response_type=token");
    assert_eq!(
        parameter(location(&visitor.get(&url)), "error").as_deref(),
        Some("unsupported_response_type")
    );
}
