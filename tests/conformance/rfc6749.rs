//! RFC 6749, The OAuth 2.0 Authorization Framework, as OAuth 2.1 narrows it.

use crate::harness::browser::assert_error_page;
use crate::harness::client::{
    self, API, BASIC, Client, MACHINE, MACHINE_POST, ODD, POST, SPA, SPA_TWO, basic,
};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http;
use crate::harness::server::shared;

fn token_endpoint() -> String {
    shared().url("/token")
}

#[test]
fn s2_3_1_basic_with_form_encoded_credentials() {
    ODD.client_credentials(shared(), &[]).assert_ok();
}

#[test]
fn s2_3_1_basic_with_the_same_client_id_in_the_body_is_one_method() {
    MACHINE
        .client_credentials(shared(), &[("client_id", "machine")])
        .assert_ok();
    let other = MACHINE.client_credentials(shared(), &[("client_id", "machine-post")]);
    assert!(matches!(other.status, 400 | 401), "{other:?}");
}

#[test]
fn s2_3_1_secret_in_the_body_by_a_client_registered_for_it() {
    MACHINE_POST.client_credentials(shared(), &[]).assert_ok();
}

#[test]
fn s2_3_secrets_in_the_query_are_not_read() {
    let url = format!(
        "{}?client_id=machine-post&client_secret=machine-post-secret-0123456789abcdef",
        token_endpoint()
    );
    let answer = http::post(&url)
        .form(&[("grant_type", "client_credentials")])
        .send();
    assert!(matches!(answer.status, 400 | 401), "{answer:?}");
}

/// Every client by every method but its own.
#[test]
fn s2_3_only_the_registered_method_authenticates() {
    let secret = |client: &Client| match client.authentication {
        client::Authentication::None => "",
        client::Authentication::Basic(secret) | client::Authentication::Post(secret) => secret,
    };
    for client in [MACHINE, MACHINE_POST] {
        for authentication in [
            client::Authentication::None,
            client::Authentication::Basic(secret(&client)),
            client::Authentication::Post(secret(&client)),
        ] {
            let tried = Client {
                authentication,
                ..client
            };
            let answer = tried.client_credentials(shared(), &[]);
            if authentication == client.authentication {
                answer.assert_ok();
            } else {
                answer.assert_error(401, "invalid_client");
            }
        }
    }
}

#[test]
fn s2_3_two_methods_in_one_request_are_refused() {
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", "machine"),
        ("client_secret", "machine-secret-0123456789abcdef012345"),
    ];
    let authorization = basic("machine", "machine-secret-0123456789abcdef012345");
    let answer = http::post(&token_endpoint())
        .header("authorization", &authorization)
        .form(&fields)
        .send();
    assert!(matches!(answer.status, 400 | 401), "{answer:?}");
    assert!(
        matches!(
            answer.text("error").as_str(),
            "invalid_request" | "invalid_client"
        ),
        "{answer:?}"
    );
}

#[test]
fn s5_2_failed_basic_is_401_with_a_challenge() {
    for authorization in [
        basic("machine", "wrong"),
        basic("nobody", "machine-secret-0123456789abcdef012345"),
        "Basic !!!not-base64!!!".to_owned(),
        "Basic ".to_owned(),
        "Basic bm8tY29sb24=".to_owned(),
        "Basic /w==".to_owned(),
        "Basic JTpw".to_owned(),
    ] {
        let request = http::post(&token_endpoint()).header("authorization", &authorization);
        let answer = request.form(&[("grant_type", "client_credentials")]).send();
        answer.assert_error(401, "invalid_client");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(
            challenge.starts_with("Basic"),
            "{authorization}: {answer:?}"
        );
    }
}

#[test]
fn s5_2_unknown_client_and_wrong_secret_answer_alike() {
    let ask =
        |id, secret| http::post(&token_endpoint()).header("authorization", &basic(id, secret));
    let answers = [ask("machine", "wrong"), ask("nobody", "wrong")]
        .map(|request| request.form(&[("grant_type", "client_credentials")]).send());
    assert_eq!(
        (answers[0].status, &answers[0].body),
        (answers[1].status, &answers[1].body)
    );
}

#[test]
fn s3_1_unknown_parameters_are_ignored() {
    let request = AuthorizationRequest::new(SPA)
        .with("unheard_of", "1")
        .with("ui_locales", "de en");
    let code = request.code(shared(), &mut flow::signed_in());
    let fields = [request.redemption(&code), vec![("unheard_of", "1")]].concat();
    SPA.token(shared(), &fields).assert_ok();
}

#[test]
fn s3_1_repeated_parameters_are_invalid_request() {
    for name in [
        "response_type",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "unheard_of",
    ] {
        let request = AuthorizationRequest::new(SPA)
            .and(name, "again")
            .and(name, "again");
        // Whose of the two it is nobody knows: nothing of it is believed, and nobody is sent anywhere.
        request.open(shared()).assert_error_page(400);
        // Nor when it comes by POST, also where one of the two is empty.
        let fields = [request.fields(), vec![(name, "")]].concat();
        let posted = http::post(&shared().url("/authorize")).form(&fields).send();
        assert_error_page(&posted, 400);
    }
}

/// RFC 6749 §3.1 and §3.2, and every endpoint that came after them.
#[test]
fn s3_1_repeated_parameters_are_refused_at_every_endpoint() {
    let twice = [("unheard_of", "1"), ("unheard_of", "2")];
    let public = [&[("client_id", SPA.id)], &twice[..]].concat();
    for path in ["/par", "/device_authorization", "/revoke", "/token"] {
        let answer = http::post(&shared().url(path)).form(&public).send();
        answer.assert_error(400, "invalid_request");
    }
    BASIC
        .request(&shared().url("/introspect"), &twice)
        .send()
        .assert_error(400, "invalid_request");
    let query = "?unheard_of=1&unheard_of=2";
    let tokens = flow::tokens_for(SPA);
    http::get(&shared().url(&format!("/userinfo{query}")))
        .bearer(&tokens.access)
        .send()
        .assert_error(400, "invalid_request");
    let mut browser = flow::signed_in();
    for path in ["/logout", "/account", "/device", "/consent", "/login"] {
        let visit = browser.get(&shared().url(&format!("{path}{query}")));
        visit.assert_error_page(400);
    }
}

/// RFC 6749 §3.1: parameters sent without a value are treated as if they were not there.
#[test]
fn s3_1_a_parameter_without_a_value_is_none() {
    let empty = [
        "prompt",
        "max_age",
        "display",
        "login_hint",
        "id_token_hint",
        "acr_values",
        "claims",
        "resource",
    ];
    let mut request = AuthorizationRequest::new(SPA).with("state", "");
    for name in empty {
        request = request.with(name, "");
    }
    let callback = request.allow(shared(), &mut flow::signed_in());
    assert_eq!(callback.get("state"), None);
    request.redeem(shared(), &callback.code()).assert_ok();
}

#[test]
fn s3_1_repeated_client_id_or_redirect_uri_never_redirects() {
    for (name, value) in [
        ("client_id", "spa"),
        ("client_id", "spa-two"),
        ("redirect_uri", "https://spa.example/callback"),
    ] {
        AuthorizationRequest::new(SPA)
            .and(name, value)
            .open(shared())
            .assert_error_page(400);
    }
}

#[test]
fn s3_2_repeated_token_parameters_are_invalid_request() {
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    for name in [
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "client_id",
    ] {
        let mut fields = request.redemption(&code);
        fields.push(("client_id", "spa"));
        let value = fields
            .iter()
            .find(|field| field.0 == name)
            .expect("the field")
            .1;
        fields.push((name, value));
        http::post(&token_endpoint())
            .form(&fields)
            .send()
            .assert_error(400, "invalid_request");
    }
    // None of it used the code up.
    request.redeem(shared(), &code).assert_ok();
}

#[test]
fn s3_1_2_4_no_redirect_with_an_unknown_client_or_redirect_uri() {
    let request = AuthorizationRequest::new(SPA);
    request
        .clone()
        .with("client_id", "nobody")
        .open(shared())
        .assert_error_page(400);
    request
        .clone()
        .with("client_id", "")
        .open(shared())
        .assert_error_page(400);
    request
        .clone()
        .without("client_id")
        .open(shared())
        .assert_error_page(400);
    request
        .clone()
        .with("redirect_uri", "https://evil.example/")
        .open(shared())
        .assert_error_page(400);
    request
        .clone()
        .with("redirect_uri", "")
        .open(shared())
        .assert_error_page(400);
    // Two are registered, so one has to be named.
    request
        .clone()
        .without("redirect_uri")
        .open(shared())
        .assert_error_page(400);
    // A client without any.
    request
        .with("client_id", "machine")
        .open(shared())
        .assert_error_page(400);
}

#[test]
fn s3_1_the_authorization_endpoint_takes_get_and_post() {
    let request = AuthorizationRequest::new(SPA);
    let endpoint = shared().url("/authorize");
    let posted = http::post(&endpoint).form(&request.parameters).send();
    assert!(matches!(posted.status, 200 | 303), "{posted:?}");
    for method in ["PUT", "DELETE", "PATCH"] {
        let answer = http::method(method, &request.url(shared())).send();
        assert_eq!(answer.status, 405, "{answer:?}");
        let allow = answer.list("allow");
        assert!(allow.contains("GET") && allow.contains("POST"), "{allow}");
    }
}

#[test]
fn s3_2_the_token_endpoint_takes_post_only() {
    for method in ["GET", "PUT", "DELETE", "PATCH"] {
        let answer = http::method(method, &token_endpoint()).send();
        assert_eq!(answer.status, 405, "{answer:?}");
        assert!(answer.list("allow").contains("POST"), "{answer:?}");
    }
}

#[test]
fn s3_2_other_content_types_are_invalid_request() {
    let body = "grant_type=client_credentials";
    let authorization = basic("machine", "machine-secret-0123456789abcdef012345");
    let ask = || http::post(&token_endpoint()).header("authorization", &authorization);
    let json = ask().body("application/json", r#"{"grant_type":"client_credentials"}"#);
    let multipart = ask().body("multipart/form-data; boundary=x", "--x--");
    let plain = ask().body("text/plain", body);
    let malformed = ask().body(";;;", body);
    let missing = ask().raw_body(body);
    let two = ask()
        .header("content-type", "application/x-www-form-urlencoded")
        .header("content-type", "application/json");
    let utf16 = ask().body(
        "application/x-www-form-urlencoded",
        vec![0xff, 0xfe, b'g', 0],
    );
    for request in [
        json,
        multipart,
        plain,
        malformed,
        missing,
        two.raw_body(body),
        utf16,
    ] {
        request.send().assert_error(400, "invalid_request");
    }
    ask()
        .body("application/x-www-form-urlencoded; charset=UTF-8", body)
        .send()
        .assert_ok();
    ask()
        .body("Application/X-WWW-Form-Urlencoded", body)
        .send()
        .assert_ok();
}

#[test]
fn s3_2_a_body_that_is_too_large_is_413() {
    let body = format!(
        "grant_type=client_credentials&filler={}",
        "x".repeat(4 * 1024 * 1024)
    );
    // The server may close the connection while we still send; then there is no answer to read.
    if let Ok(answer) = http::post_alone(&token_endpoint())
        .body("application/x-www-form-urlencoded", body)
        .try_send()
    {
        assert_eq!(answer.status, 413, "{answer:?}");
    }
    let modest = format!(
        "grant_type=client_credentials&filler={}",
        "x".repeat(1_200_000)
    );
    if let Ok(answer) = http::post_alone(&token_endpoint())
        .body("application/x-www-form-urlencoded", modest)
        .try_send()
    {
        assert_eq!(answer.status, 413, "{answer:?}");
    }
    MACHINE.client_credentials(shared(), &[]).assert_ok();
}

#[test]
fn s3_3_scopes_beyond_the_client_are_dropped_and_the_rest_is_echoed() {
    let answer = MACHINE.client_credentials(
        shared(),
        &[("scope", "reports:read reports:write unheard:of")],
    );
    assert_eq!(answer.assert_ok().text("scope"), "reports:read");
    let request = AuthorizationRequest::new(SPA_TWO).with("scope", "openid reports:write email");
    let tokens = request.tokens(shared(), &mut flow::signed_in());
    let mut scope = tokens.response["scope"]
        .as_str()
        .expect("a scope")
        .split(' ')
        .collect::<Vec<_>>();
    scope.sort_unstable();
    assert_eq!(scope, ["email", "openid"]);
}

#[test]
fn s3_3_nothing_left_is_invalid_scope() {
    MACHINE
        .client_credentials(shared(), &[("scope", "reports:write")])
        .assert_error(400, "invalid_scope");
    let request = AuthorizationRequest::new(SPA).with("scope", "unheard:of");
    flow::Callback::of(&request.open(shared())).assert_error("invalid_scope");
}

#[test]
fn s3_3_malformed_scope_is_invalid_scope() {
    for scope in [
        "reports:read \"quoted\"",
        "reports:read\\",
        "reports:réad",
        "\u{7f}",
    ] {
        MACHINE
            .client_credentials(shared(), &[("scope", scope)])
            .assert_error(400, "invalid_scope");
    }
}

#[test]
fn s4_1_2_1_response_types_that_are_not_supported() {
    for response_type in [
        "token",
        "id_token",
        "id_token token",
        "code token",
        "code id_token",
        "none",
        "CODE",
    ] {
        let request = AuthorizationRequest::new(SPA).with("response_type", response_type);
        flow::Callback::of(&request.open(shared())).assert_error("unsupported_response_type");
    }
    for request in [
        AuthorizationRequest::new(SPA).without("response_type"),
        AuthorizationRequest::new(SPA).with("response_type", ""),
    ] {
        flow::Callback::of(&request.open(shared())).assert_error("invalid_request");
    }
}

#[test]
fn s4_1_2_1_denied_consent_is_access_denied() {
    let (request, mut browser) = (
        AuthorizationRequest::new(SPA).with("prompt", "consent"),
        flow::signed_in(),
    );
    let visit = browser.get(&request.url(shared()));
    let denied = browser.press(&visit, &visit.form("deny"), "deny");
    let callback = flow::Callback::of(&denied);
    callback.assert_error("access_denied");
    assert_eq!(callback.get("state"), Some(request.value("state")));
}

#[test]
fn s4_1_2_state_comes_back_byte_for_byte() {
    for state in [
        "a b+c%20",
        "ä/ö?&=#;,",
        "{\"json\":[1]}",
        "  ",
        &"x".repeat(500),
        "%00%zz",
        "=&=&",
    ] {
        let request = AuthorizationRequest::new(SPA).with("state", state);
        let callback = request.allow(shared(), &mut flow::signed_in());
        assert_eq!(callback.get("state"), Some(state));
        let refused = flow::Callback::of(&request.with("scope", "unheard:of").open(shared()));
        assert_eq!(refused.get("state"), Some(state));
    }
    let callback = AuthorizationRequest::new(SPA)
        .without("state")
        .allow(shared(), &mut flow::signed_in());
    assert_eq!(callback.get("state"), None);
}

#[test]
fn s3_1_2_the_query_of_a_redirect_uri_is_kept() {
    let request =
        AuthorizationRequest::new(SPA).with("redirect_uri", "https://spa.example/other?tenant=1");
    let callback = request.allow(shared(), &mut flow::signed_in());
    assert_eq!(
        (callback.url.path(), callback.get("tenant")),
        ("/other", Some("1"))
    );
    request.redeem(shared(), &callback.code()).assert_ok();
}

#[test]
fn s4_1_2_a_replayed_code_is_refused_and_ends_its_grant() {
    let request = AuthorizationRequest::new(SPA)
        .with("resource", "https://api.example/")
        .with("scope", "openid offline_access api:read");
    let code = request.code(shared(), &mut flow::signed_in());
    let tokens = Tokens::of(&request.redeem(shared(), &code));
    assert!(API.sees_active(shared(), &tokens.access));
    request
        .redeem(shared(), &code)
        .assert_error(400, "invalid_grant");
    SPA.refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_grant");
    assert!(!API.sees_active(shared(), &tokens.access));
}

#[test]
fn s4_1_2_after_a_replay_userinfo_refuses_the_access_token() {
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    let tokens = Tokens::of(&request.redeem(shared(), &code));
    let userinfo = shared().url("/userinfo");
    http::get(&userinfo)
        .bearer(&tokens.access)
        .send()
        .assert_ok();
    request
        .redeem(shared(), &code)
        .assert_error(400, "invalid_grant");
    assert_eq!(
        http::get(&userinfo).bearer(&tokens.access).send().status,
        401
    );
}

#[test]
fn s4_1_2_a_replay_by_another_client_changes_nothing() {
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    let tokens = Tokens::of(&request.redeem(shared(), &code));
    SPA_TWO
        .token(shared(), &request.redemption(&code))
        .assert_error(400, "invalid_grant");
    SPA.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn s4_1_3_a_code_is_bound_to_its_client() {
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    for other in [SPA_TWO, BASIC, POST] {
        other
            .token(shared(), &request.redemption(&code))
            .assert_error(400, "invalid_grant");
    }
    // Whoever tried could not burn it.
    request.redeem(shared(), &code).assert_ok();
}

#[test]
fn s4_1_3_a_code_is_bound_to_its_redirect_uri() {
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    for other in [
        "https://spa.example/other?tenant=1",
        "https://spa.example/callback/",
        "https://evil.example/",
    ] {
        let mut fields = request.redemption(&code);
        fields.retain(|field| field.0 != "redirect_uri");
        fields.push(("redirect_uri", other));
        let answer = SPA.token(shared(), &fields);
        assert_eq!(answer.status, 400, "{other:?}: {answer:?}");
        assert!(
            ["invalid_grant", "invalid_request"].contains(&answer.text("error").as_str()),
            "{answer:?}"
        );
    }
    request.redeem(shared(), &code).assert_ok();
}

/// OAuth 2.1 §4.1.3 dropped the parameter: `code_challenge` has taken over what it was for.
#[test]
fn oauth2_1_s4_1_3_redirect_uri_may_be_left_out_of_the_token_request_or_is_demanded() {
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    let mut fields = request.redemption(&code);
    fields.retain(|field| field.0 != "redirect_uri");
    let answer = SPA.token(shared(), &fields);
    if answer.status != 200 {
        assert!(
            ["invalid_grant", "invalid_request"].contains(&answer.text("error").as_str()),
            "{answer:?}"
        );
        request.redeem(shared(), &code).assert_ok();
    }
}

#[test]
fn s4_1_3_missing_and_malformed_codes() {
    let request = AuthorizationRequest::new(SPA);
    let mut fields = request.redemption("");
    fields.retain(|field| field.0 != "code");
    SPA.token(shared(), &fields)
        .assert_error(400, "invalid_request");
    for code in [
        "x",
        "x.y",
        "..",
        "a.b.c.d.e",
        "\u{0}",
        "grant/../client",
        &"x".repeat(10_000),
        "ü.ü",
    ] {
        let answer = request.redeem(shared(), code);
        assert_eq!(answer.status, 400, "{code:?}: {answer:?}");
        assert!(
            ["invalid_grant", "invalid_request"].contains(&answer.text("error").as_str()),
            "{answer:?}"
        );
    }
}

#[test]
fn s4_1_3_public_clients_name_themselves() {
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    let answer = http::post(&token_endpoint())
        .form(&request.redemption(&code))
        .send();
    assert!(matches!(answer.status, 400 | 401), "{answer:?}");
    assert!(
        ["invalid_request", "invalid_client"].contains(&answer.text("error").as_str()),
        "{answer:?}"
    );
    request.redeem(shared(), &code).assert_ok();
}

#[test]
fn s4_4_client_credentials() {
    let answer = MACHINE.client_credentials(shared(), &[("scope", "reports:read")]);
    answer.assert_ok().assert_no_store();
    let json = answer.json();
    assert!(
        json["token_type"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")),
        "{json}"
    );
    assert!(
        json["expires_in"]
            .as_u64()
            .is_some_and(|seconds| seconds > 0),
        "{json}"
    );
    // §4.4.3: there is nobody to ask again later.
    assert!(
        json.get("refresh_token").is_none() && json.get("id_token").is_none(),
        "{json}"
    );
}

#[test]
fn s4_4_public_clients_have_no_credentials() {
    let answer = SPA.client_credentials(shared(), &[]);
    assert!(
        ["unauthorized_client", "invalid_client"].contains(&answer.text("error").as_str()),
        "{answer:?}"
    );
}

#[test]
fn s4_4_clients_get_the_grants_that_they_are_registered_for() {
    BASIC
        .client_credentials(shared(), &[])
        .assert_error(400, "unauthorized_client");
    let answer = MACHINE.token(
        shared(),
        &[
            ("grant_type", "authorization_code"),
            ("code", "x.y"),
            ("code_verifier", "z"),
        ],
    );
    answer.assert_error(400, "unauthorized_client");
    MACHINE
        .refresh(shared(), "x.y")
        .assert_error(400, "unauthorized_client");
}

#[test]
fn s5_1_token_responses_are_json_that_nobody_keeps() {
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(shared(), &mut flow::signed_in());
    let answer = request.redeem(shared(), &code);
    answer.assert_ok().assert_no_store();
    assert!(
        answer
            .header("content-type")
            .is_some_and(|kind| kind.starts_with("application/json"))
    );
    let json = answer.json();
    assert!(
        json["token_type"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")),
        "{json}"
    );
    assert!(
        json["expires_in"]
            .as_u64()
            .is_some_and(|seconds| (30..=3600).contains(&seconds)),
        "{json}"
    );
}

#[test]
fn s5_2_grant_types_that_are_not_supported() {
    for grant_type in [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "AUTHORIZATION_CODE",
        "unheard of",
    ] {
        BASIC
            .token(shared(), &[("grant_type", grant_type)])
            .assert_error(400, "unsupported_grant_type");
    }
    BASIC
        .token(shared(), &[])
        .assert_error(400, "invalid_request");
    BASIC
        .token(shared(), &[("grant_type", "")])
        .assert_error(400, "invalid_request");
}

#[test]
fn s6_a_refresh_token_is_bound_to_its_client() {
    let tokens = flow::tokens_for(SPA);
    for other in [SPA_TWO, BASIC, POST] {
        other
            .refresh(shared(), tokens.refresh())
            .assert_error(400, "invalid_grant");
    }
    SPA.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn s6_a_refresh_may_narrow_the_scope_and_widen_it_again_up_to_the_grant() {
    let tokens = AuthorizationRequest::new(SPA)
        .with("scope", "openid email offline_access reports:read")
        .tokens(shared(), &mut flow::signed_in());
    let narrow = SPA.refresh_with(shared(), tokens.refresh(), &[("scope", "reports:read")]);
    assert_eq!(narrow.assert_ok().text("scope"), "reports:read");
    let whole = SPA.refresh(shared(), &narrow.text("refresh_token"));
    assert!(
        whole
            .assert_ok()
            .text("scope")
            .split(' ')
            .any(|scope| scope == "email"),
        "{}",
        whole.body
    );
}

#[test]
fn s6_a_refresh_never_widens_the_grant() {
    let tokens = AuthorizationRequest::new(SPA)
        .with("scope", "openid offline_access")
        .tokens(shared(), &mut flow::signed_in());
    let wide = SPA.refresh_with(
        shared(),
        tokens.refresh(),
        &[("scope", "openid offline_access reports:read")],
    );
    if wide.status == 200 {
        assert!(
            !wide.text("scope").contains("reports:read"),
            "{}",
            wide.body
        );
    } else {
        wide.assert_error(400, "invalid_scope");
    }
    let other = SPA.refresh_with(shared(), tokens.refresh(), &[("scope", "reports:read")]);
    other.assert_error(400, "invalid_scope");
    SPA.refresh(shared(), tokens.refresh()).assert_ok();
}

#[test]
fn s6_missing_and_unknown_refresh_tokens() {
    SPA.token(shared(), &[("grant_type", "refresh_token")])
        .assert_error(400, "invalid_request");
    for token in [
        "x",
        "x.y",
        "..",
        "a.b.c.d",
        &"x".repeat(10_000),
        "grant/x.y",
    ] {
        SPA.refresh(shared(), token)
            .assert_error(400, "invalid_grant");
    }
}
