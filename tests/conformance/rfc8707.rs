//! RFC 8707, Resource Indicators.

use crate::harness::client::{self, MACHINE, SPA};
use crate::harness::flow::{self, AuthorizationRequest, Callback, Tokens};
use crate::harness::jwt;
use crate::harness::server::{CONFIG, Server, shared};
use serde_json::json;

const API: &str = "https://api.example/";
const OTHER: &str = "https://other.example/v1";

fn for_both() -> AuthorizationRequest {
    AuthorizationRequest::new(SPA)
        .with("scope", "openid offline_access api:read other:read")
        .and("resource", API)
        .and("resource", OTHER)
}

#[track_caller]
fn audience(access_token: &str) -> Vec<String> {
    let aud = jwt::read(access_token).1["aud"].clone();
    match aud {
        serde_json::Value::String(one) => vec![one],
        several => serde_json::from_value(several).expect("strings"),
    }
}

#[test]
fn s2_the_audience_is_the_resource_and_nothing_else() {
    let token = MACHINE
        .client_credentials(shared(), &[("resource", API)])
        .assert_ok()
        .text("access_token");
    assert_eq!(audience(&token), [API]);
    let tokens = AuthorizationRequest::new(SPA)
        .with("resource", API)
        .with("scope", "openid api:read")
        .tokens(shared(), &mut flow::signed_in());
    assert_eq!(audience(&tokens.access), [API]);
}

#[test]
fn s2_without_a_resource_the_audience_is_the_issuer() {
    let token = MACHINE
        .client_credentials(shared(), &[])
        .assert_ok()
        .text("access_token");
    assert_eq!(audience(&token), [shared().issuer.clone()]);
}

#[test]
fn s2_unknown_and_malformed_resources_are_invalid_target() {
    for resource in [
        "https://unknown.example/",
        "https://api.example/#fragment",
        "api.example",
        "/relative",
        "https://api.example/deeper",
        "HTTPS://API.EXAMPLE/x",
    ] {
        MACHINE
            .client_credentials(shared(), &[("resource", resource)])
            .assert_error(400, "invalid_target");
        let request = AuthorizationRequest::new(SPA).with("resource", resource);
        Callback::of(&request.open(shared())).assert_error("invalid_target");
    }
}

/// Libraries that hold resources as WHATWG URLs add the slash.
#[test]
fn s2_an_empty_path_and_a_slash_are_one_resource() {
    let token = MACHINE
        .client_credentials(shared(), &[("resource", "https://api.example")])
        .assert_ok()
        .text("access_token");
    assert_eq!(audience(&token), [API]);
}

#[test]
fn s2_1_the_parameter_may_repeat() {
    let tokens = for_both().tokens(shared(), &mut flow::signed_in());
    assert_eq!(audience(&tokens.access), [API, OTHER]);
    // Each server of one of them is told of it, and nobody else's.
    assert!(client::API.sees_active(shared(), &tokens.access));
    assert!(client::OTHER_API.sees_active(shared(), &tokens.access));
    assert!(!client::OPAQUE_API.sees_active(shared(), &tokens.access));
    let of_one = SPA.refresh_with(shared(), tokens.refresh(), &[("resource", API)]);
    let of_one = of_one.assert_ok().text("access_token");
    assert!(!client::OTHER_API.sees_active(shared(), &of_one));
    let pushed = for_both();
    let mut browser = flow::signed_in();
    let visit = browser.get(&pushed.pushed_url(shared()));
    let code = flow::finish(&mut browser, &visit).code();
    let tokens = Tokens::of(&pushed.redeem(shared(), &code));
    assert_eq!(audience(&tokens.access), [API, OTHER]);
    let twice = AuthorizationRequest::new(SPA)
        .with("scope", "openid api:read")
        .and("resource", API)
        .and("resource", API);
    assert_eq!(
        audience(&twice.tokens(shared(), &mut flow::signed_in()).access),
        [API]
    );
}

/// A person sees every place where it will be good.
#[test]
fn s2_1_each_of_several_is_named_on_the_consent_page() {
    let visit = flow::signed_in().get(&for_both().with("prompt", "consent").url(shared()));
    let text = visit.text();
    for words in [
        "The example API",
        "https://other.example/v1",
        "Read elsewhere",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

/// Narrowed at one request, not for good: the grant is for both.
#[test]
fn s2_2_a_narrower_token_takes_nothing_from_the_grant() {
    let request = for_both();
    let code = request.code(shared(), &mut flow::signed_in());
    let fields = [request.redemption(&code), vec![("resource", OTHER)]].concat();
    let first = Tokens::of(&SPA.token(shared(), &fields));
    assert_eq!(audience(&first.access), [OTHER]);
    let again = Tokens::of(&SPA.refresh(shared(), first.refresh()));
    assert_eq!(audience(&again.access), [API, OTHER]);
    let both = [("resource", OTHER), ("resource", API)];
    let last = Tokens::of(&SPA.refresh_with(shared(), again.refresh(), &both));
    let granted = audience(&last.access);
    assert!(granted.len() == 2 && granted.iter().all(|one| one == API || one == OTHER));
}

/// Resources whose tokens are of different kinds can be asked for together, and have to be chosen among.
#[test]
fn s2_2_several_kinds_of_tokens_are_asked_for_one_at_a_time() {
    let opaque = "https://opaque.example/";
    let request = AuthorizationRequest::new(SPA)
        .with("scope", "openid offline_access api:read opaque:read")
        .and("resource", API)
        .and("resource", opaque);
    let code = request.code(shared(), &mut flow::signed_in());
    request
        .redeem(shared(), &code)
        .assert_error(400, "invalid_target");
    // That used nothing up.
    let fields = [request.redemption(&code), vec![("resource", API)]].concat();
    let tokens = Tokens::of(&SPA.token(shared(), &fields));
    assert_eq!(audience(&tokens.access), [API]);
    let other = SPA.refresh_with(shared(), tokens.refresh(), &[("resource", opaque)]);
    assert!(other.assert_ok().text("access_token").starts_with("dwa_"));
}

#[test]
fn s2_one_that_is_unknown_among_several_is_invalid_target() {
    let fields = [("resource", API), ("resource", "https://unknown.example/")];
    MACHINE
        .client_credentials(shared(), &fields)
        .assert_error(400, "invalid_target");
    let request = for_both().and("resource", "https://unknown.example/");
    Callback::of(&request.open(shared())).assert_error("invalid_target");
}

#[test]
fn s2_2_the_token_request_chooses_among_those_granted() {
    let request = for_both();
    let code = request.code(shared(), &mut flow::signed_in());
    let fields = [request.redemption(&code), vec![("resource", OTHER)]].concat();
    let tokens = Tokens::of(&SPA.token(shared(), &fields));
    assert_eq!(audience(&tokens.access), [OTHER]);
    let scope = jwt::read(&tokens.access).1["scope"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(
        !scope.contains("api:read"),
        "a scope of another resource: {scope}"
    );
    let other = SPA.refresh_with(shared(), tokens.refresh(), &[("resource", API)]);
    assert_eq!(audience(&other.assert_ok().text("access_token")), [API]);
}

#[test]
fn s2_2_a_resource_that_was_not_granted_is_invalid_target_and_uses_nothing_up() {
    let request = AuthorizationRequest::new(SPA)
        .with("scope", "openid offline_access api:read")
        .with("resource", API);
    let code = request.code(shared(), &mut flow::signed_in());
    let fields = [request.redemption(&code), vec![("resource", OTHER)]].concat();
    SPA.token(shared(), &fields)
        .assert_error(400, "invalid_target");
    let tokens = Tokens::of(&request.redeem(shared(), &code));
    SPA.refresh_with(shared(), tokens.refresh(), &[("resource", OTHER)])
        .assert_error(400, "invalid_target");
    let successor = SPA.refresh(shared(), tokens.refresh());
    assert_eq!(audience(&successor.assert_ok().text("access_token")), [API]);
}

#[test]
fn s2_any_resource_where_the_operator_says_so() {
    let server = Server::start(&CONFIG.replace("resources = \"declared\"", "resources = \"any\""));
    let token = MACHINE
        .client_credentials(&server, &[("resource", "https://mcp.example/server")])
        .assert_ok()
        .text("access_token");
    assert_eq!(
        jwt::read(&token).1["aud"],
        json!("https://mcp.example/server")
    );
    MACHINE
        .client_credentials(&server, &[("resource", "https://mcp.example/#x")])
        .assert_error(400, "invalid_target");
    MACHINE
        .client_credentials(&server, &[("resource", "mcp")])
        .assert_error(400, "invalid_target");
    let many: Vec<String> = (0..9).map(|n| format!("https://mcp.example/{n}")).collect();
    let mut fields: Vec<_> = many.iter().map(|uri| ("resource", uri.as_str())).collect();
    MACHINE
        .client_credentials(&server, &fields)
        .assert_error(400, "invalid_target");
    fields.pop();
    MACHINE.client_credentials(&server, &fields).assert_ok();
}
