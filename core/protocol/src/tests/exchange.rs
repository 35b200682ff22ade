//! Token exchange: RFC 8693.

use super::*;
use crate::memory::{foreign_jwk, foreign_jwt};

const SECRET: &str = "0123456789abcdef0123";
const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Adds `first`, a resource with its server `api`; `other`, another one with `other-api`; `agent`, which may exchange the tokens of `app`;
/// `stranger`, which may exchange nobody's; `double`, which may pose as people.
pub(super) fn with_services() -> Memory {
    let memory = host();
    for (uri, server) in [
        ("https://first.example", "api"),
        ("https://other.example", "other-api"),
    ] {
        let resource = json!({ "uri": uri, "introspection_clients": [server] });
        memory
            .sections
            .borrow_mut()
            .insert(format!("resource/{uri}"), resource.to_string());
    }
    for (id, from, poses) in [
        ("api", vec![], false),
        ("other-api", vec![], false),
        ("agent", vec!["app"], false),
        ("stranger", vec![], false),
        ("double", vec!["app"], true),
    ] {
        let metadata = json!({
            "client_id": id, "client_secret": SECRET, "scope": "openid email offline_access read write",
            "token_endpoint_auth_method": "client_secret_post", "grant_types": [EXCHANGE, "client_credentials"],
            "token_exchange_from": from, "token_exchange_impersonation": poses,
        });
        add_client(&memory, &metadata);
    }
    memory
}

/// An access token of `app` for the first resource.
pub(super) fn subject_token(memory: &Memory) -> String {
    let visitor = Visitor::new(memory);
    let back = sign_in(&visitor, "app", "&resource=https://first.example");
    let answer = redeem(&visitor, "app", &parameter(&back, "code").unwrap());
    access_token(&answer)
}

pub(super) fn exchange(memory: &Memory, caller: &str, token: &str, more: &str) -> Answer {
    Visitor::new(memory).post(
        "/token",
        &format!(
            "grant_type={EXCHANGE}&client_id={caller}&client_secret={SECRET}\
             &subject_token={token}&subject_token_type={ACCESS_TOKEN}{more}"
        ),
    )
}

fn invalid_request() -> (u16, String) {
    (400, "invalid_request".to_owned())
}

#[test]
fn rfc8693_s4_1_the_server_of_a_resource_acts_for_the_person_elsewhere_and_is_named() {
    let memory = with_services();
    let token = subject_token(&memory);
    memory.now.set(memory.now.get() + 100);
    let answer = exchange(
        &memory,
        "api",
        &token,
        "&resource=https://other.example&scope=read",
    );
    let told = body(&answer);
    assert_eq!(told["issued_token_type"], ACCESS_TOKEN, "{answer:?}");
    assert_eq!(
        (&told["refresh_token"], &told["id_token"]),
        (&Value::Null, &Value::Null)
    );
    let (old, new) = (claims(&token), claims(&access_token(&answer)));
    assert_eq!(new["sub"], old["sub"]);
    assert_eq!(new["aud"], "https://other.example");
    assert_eq!(new["client_id"], "api");
    assert_eq!(new["scope"], "read");
    assert_eq!(new["act"], json!({ "sub": "api" }));
    assert_eq!(new["exp"], old["exp"], "no longer than the subject token");
    // The next one in the chain.
    let answer = exchange(
        &memory,
        "other-api",
        &access_token(&answer),
        "&resource=https://first.example",
    );
    let new = claims(&access_token(&answer));
    assert_eq!(
        new["act"],
        json!({ "sub": "other-api", "act": { "sub": "api" } })
    );
}

#[test]
fn rfc8693_s2_1_only_who_has_to_do_with_a_token_may_exchange_it() {
    let memory = with_services();
    let token = subject_token(&memory);
    let to = "&resource=https://other.example";
    for (caller, may) in [
        ("api", true),
        ("agent", true),
        ("stranger", false),
        ("other-api", false),
    ] {
        let answer = exchange(&memory, caller, &token, to);
        let expected = if may {
            (200, String::new())
        } else {
            invalid_request()
        };
        assert_eq!(error(&answer), expected, "{caller}");
    }
}

#[test]
fn a_token_of_another_and_a_dead_one_are_refused_alike() {
    let memory = with_services();
    let token = subject_token(&memory);
    let to = "&resource=https://other.example";
    let (others, dead) = (
        exchange(&memory, "stranger", &token, to),
        exchange(&memory, "stranger", "ey.no.token", to),
    );
    assert_eq!((others.status, &others.body), (dead.status, &dead.body));
}

#[test]
fn rfc8693_s2_2_1_nothing_is_widened() {
    let memory = with_services();
    let token = subject_token(&memory);
    for (more, code) in [
        (
            "&resource=https://other.example&scope=write",
            "invalid_scope",
        ),
        (
            "&resource=https://other.example&scope=offline_access",
            "invalid_scope",
        ),
        (
            "&resource=https://other.example&scope=openid",
            "invalid_scope",
        ),
        ("&resource=https://unknown.example", "invalid_target"),
        ("&audience=https://unknown.example", "invalid_target"),
        ("&resource=https://id.example", "invalid_target"),
        ("", "invalid_request"),
    ] {
        let answer = exchange(&memory, "api", &token, more);
        assert_eq!(error(&answer), (400, code.to_owned()), "{more}");
    }
}

#[test]
fn rfc8693_s1_1_impersonation_is_for_clients_that_the_operator_lets() {
    let memory = with_services();
    let token = subject_token(&memory);
    let answer = exchange(&memory, "double", &token, "&resource=https://other.example");
    assert_eq!(claims(&access_token(&answer)).get("act"), None);
    // Who acted before stays.
    let acted = access_token(&exchange(
        &memory,
        "agent",
        &token,
        "&resource=https://first.example",
    ));
    let again = exchange(&memory, "api", &acted, "&resource=https://first.example");
    assert_eq!(
        claims(&access_token(&again))["act"],
        json!({ "sub": "api", "act": { "sub": "agent" } })
    );
}

#[test]
fn rfc8693_s4_1_a_chain_of_actors_ends_somewhere() {
    let memory = with_services();
    let mut token = subject_token(&memory);
    let hops = [("api", "other"), ("other-api", "first")];
    for (caller, to) in hops.iter().cycle().take(5) {
        token = access_token(&exchange(
            &memory,
            caller,
            &token,
            &format!("&resource=https://{to}.example"),
        ));
    }
    let sixth = exchange(
        &memory,
        "other-api",
        &token,
        "&resource=https://first.example",
    );
    assert_eq!(error(&sixth), invalid_request());
}

#[test]
fn rfc8693_s2_1_an_actor_token_is_the_callers_own() {
    let memory = with_services();
    let token = subject_token(&memory);
    let of = |client: &str| {
        let form =
            format!("grant_type=client_credentials&client_id={client}&client_secret={SECRET}");
        access_token(&Visitor::new(&memory).post("/token", &form))
    };
    let with = |actor: &str| {
        exchange(
            &memory,
            "double",
            &token,
            &format!(
                "&resource=https://other.example&actor_token={actor}&actor_token_type={ACCESS_TOKEN}"
            ),
        )
    };
    let answer = with(&of("double"));
    assert_eq!(
        claims(&access_token(&answer))["act"],
        json!({ "sub": "double" })
    );
    assert_eq!(error(&with(&of("agent"))), invalid_request());
    assert_eq!(error(&with("x")), invalid_request());
    let without_type = exchange(&memory, "double", &token, "&actor_token=x");
    assert_eq!(error(&without_type), invalid_request());
}

#[test]
fn rfc8693_s2_1_other_types_are_refused_by_name() {
    let memory = with_services();
    let token = subject_token(&memory);
    let types = "urn:ietf:params:oauth:token-type";
    for more in [
        format!("&requested_token_type={types}:refresh_token"),
        format!("&requested_token_type={types}:jwt"),
        format!("&requested_token_type={types}:id_token"),
    ] {
        let more = format!("&resource=https://other.example{more}");
        assert_eq!(
            error(&exchange(&memory, "api", &token, &more)),
            invalid_request(),
            "{more}"
        );
    }
    for subject_type in ["id_token", "refresh_token", "jwt", "saml2"] {
        let form = format!(
            "grant_type={EXCHANGE}&client_id=api&client_secret={SECRET}&resource=https://other.example\
             &subject_token={token}&subject_token_type={types}:{subject_type}"
        );
        let answer = Visitor::new(&memory).post("/token", &form);
        assert_eq!(error(&answer), invalid_request(), "{subject_type}");
    }
}

#[test]
fn what_ends_the_subject_token_ends_what_came_from_it() {
    let seen = |memory: &Memory, token: &str| {
        let form = format!("client_id=other-api&client_secret={SECRET}&token={token}");
        body(&Visitor::new(memory).post("/introspect", &form))["active"] == true
    };
    let disable: fn(&Memory, &str) = |memory, _| {
        let command = json!({ "command": "user.disable", "user": "ada@example.org" }).to_string();
        crate::administration::run(&command, memory).unwrap();
    };
    let end_grant: fn(&Memory, &str) = |memory, token| {
        let jti = claims(token)["jti"].as_str().unwrap().to_owned();
        crate::grant::revoke(jti.split_once('.').unwrap().0, memory).unwrap();
    };
    let take_client: fn(&Memory, &str) = |memory, _| {
        memory.sections.borrow_mut().remove("client/app");
    };
    for end in [disable, end_grant, take_client] {
        let memory = with_services();
        let token = subject_token(&memory);
        let to = "&resource=https://other.example";
        let new = access_token(&exchange(&memory, "api", &token, to));
        assert!(seen(&memory, &new));
        end(&memory, &token);
        assert!(!seen(&memory, &new));
        assert_eq!(
            error(&exchange(&memory, "api", &token, to)),
            invalid_request()
        );
    }
}

#[test]
fn an_expired_or_revoked_token_is_not_exchanged() {
    let memory = with_services();
    let token = subject_token(&memory);
    let form = format!("client_id=app&token={token}");
    assert_eq!(Visitor::new(&memory).post("/revoke", &form).status, 200);
    let to = "&resource=https://other.example";
    assert_eq!(
        error(&exchange(&memory, "api", &token, to)),
        invalid_request()
    );
    let token = subject_token(&memory);
    memory.now.set(memory.now.get() + 600);
    assert_eq!(
        error(&exchange(&memory, "api", &token, to)),
        invalid_request()
    );
}

#[test]
fn tokens_about_clients_id_tokens_and_refresh_tokens_are_not_exchanged() {
    let memory = with_services();
    let visitor = Visitor::new(&memory);
    let form = format!("grant_type=client_credentials&client_id=api&client_secret={SECRET}");
    let of_a_client = access_token(&visitor.post("/token", &form));
    let tokens = body(&redeem(&visitor, "app", &code(&visitor, "app")));
    let to = "&resource=https://other.example";
    for token in [
        of_a_client.as_str(),
        tokens["id_token"].as_str().unwrap(),
        tokens["refresh_token"].as_str().unwrap(),
    ] {
        assert_eq!(
            error(&exchange(&memory, "agent", token, to)),
            invalid_request()
        );
        assert_eq!(
            error(&exchange(&memory, "api", token, to)),
            invalid_request()
        );
    }
}

#[test]
fn the_policy_is_asked_and_can_refuse() {
    let memory = with_services();
    let token = subject_token(&memory);
    memory.tamper.set(Some(|input, decision| {
        if input.stage == "exchange" && input.client.id == "api" {
            decision.deny = Some(crate::policy::Denial {
                reason: "no".to_owned(),
                message: None,
            });
        }
    }));
    let to = "&resource=https://other.example";
    let refused = error(&exchange(&memory, "api", &token, to));
    assert_eq!(refused, (400, "unauthorized_client".to_owned()));
    assert_eq!(exchange(&memory, "agent", &token, to).status, 200);
}

#[test]
fn rfc9449_a_bound_token_is_exchanged_by_who_holds_its_key() {
    let memory = with_services();
    let visitor = Visitor::new(&memory);
    let proof = |name: &str, jti: &str| {
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": foreign_jwk(name) });
        let claims = json!({
            "jti": jti, "htm": "POST", "htu": "https://id.example/token", "iat": memory.now.get(),
        });
        Some(foreign_jwt(&header, &claims))
    };
    let back = sign_in(&visitor, "app", "&resource=https://first.example");
    *visitor.dpop.borrow_mut() = proof("one", "1");
    let answer = redeem(&visitor, "app", &parameter(&back, "code").unwrap());
    let token = access_token(&answer);
    let form = format!(
        "grant_type={EXCHANGE}&client_id=agent&client_secret={SECRET}&resource=https://other.example\
         &subject_token={token}&subject_token_type={ACCESS_TOKEN}"
    );
    for (name, status) in [(None, 400), (Some("two"), 400), (Some("one"), 200)] {
        *visitor.dpop.borrow_mut() = name.and_then(|name| proof(name, "2"));
        let answer = visitor.post("/token", &form);
        assert_eq!(answer.status, status, "{name:?}");
        if status == 200 {
            assert_eq!(claims(&access_token(&answer))["cnf"], claims(&token)["cnf"]);
        }
    }
}

#[test]
fn a_client_narrows_its_own_token_and_is_no_actor() {
    let memory = with_services();
    let metadata = json!({
        "client_id": "shop", "client_secret": SECRET, "scope": "openid email read",
        "redirect_uris": ["https://app.example/cb"], "token_endpoint_auth_method": "client_secret_post",
        "grant_types": ["authorization_code", EXCHANGE],
    });
    add_client(&memory, &metadata);
    let visitor = Visitor::new(&memory);
    let both = "&resource=https://first.example&resource=https://other.example";
    let back = sign_in(&visitor, "shop", both);
    let form = format!(
        "grant_type=authorization_code&client_id=shop&client_secret={SECRET}&code={}&code_verifier={VERIFIER}",
        parameter(&back, "code").unwrap()
    );
    let token = access_token(&visitor.post("/token", &form));
    let answer = exchange(
        &memory,
        "shop",
        &token,
        "&resource=https://first.example&scope=read",
    );
    let new = claims(&access_token(&answer));
    assert_eq!(
        (&new["aud"], &new["scope"]),
        (&json!("https://first.example"), &json!("read"))
    );
    assert_eq!(new.get("act"), None);
    let wider = exchange(
        &memory,
        "shop",
        &access_token(&answer),
        "&resource=https://other.example",
    );
    assert_eq!(error(&wider), (400, "invalid_target".to_owned()));
}

#[test]
fn public_clients_exchange_nothing_and_the_grant_type_can_be_off() {
    let memory = with_services();
    let metadata = json!({
        "client_id": "p", "token_endpoint_auth_method": "none", "grant_types": [EXCHANGE],
    });
    let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
    assert!(crate::administration::run(&command, &memory).is_err());
    let token = subject_token(&memory);
    let server = json!({ "issuer": "https://id.example", "token_exchange": { "enabled": false } });
    memory
        .sections
        .borrow_mut()
        .insert("server".to_owned(), server.to_string());
    let answer = exchange(&memory, "api", &token, "&resource=https://other.example");
    assert_eq!(error(&answer), (400, "unsupported_grant_type".to_owned()));
}

#[test]
fn a_token_is_exchanged_so_often_and_no_oftener() {
    let memory = with_services();
    let mut token = access_token(&exchange(
        &memory,
        "api",
        &subject_token(&memory),
        "&resource=https://first.example",
    ));
    for _ in 1..crate::grant::token_exchange::MAX_EXCHANGES {
        token = access_token(&exchange(&memory, "api", &token, ""));
    }
    let jti = claims(&token)["jti"].as_str().unwrap().to_owned();
    assert!(jti.len() < 400, "it is a part of a key: {jti}");
    assert_eq!(
        error(&exchange(&memory, "api", &token, "")),
        invalid_request()
    );
}
