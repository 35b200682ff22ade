//! RFC 9449, OAuth 2.0 Demonstrating Proof of Possession (`DPoP`).

use crate::harness::client::{API, BASIC, BOUND, Client, MACHINE, SPA};
use crate::harness::dpop::{Proof, now};
use crate::harness::flow::{self, AuthorizationRequest, Tokens};
use crate::harness::http::{self, Response};
use crate::harness::jwt::{self, SigningKey};
use crate::harness::server::{CONFIG, Server, shared};
use serde_json::{Value, json};

fn token_with(server: &Server, client: Client, fields: &[(&str, &str)], proof: &str) -> Response {
    client
        .request(&server.url("/token"), fields)
        .header("dpop", proof)
        .send()
}

fn proof(server: &Server, key: &SigningKey) -> String {
    Proof::new(key, "POST", &server.url("/token")).sign()
}

fn machine_with(proof: &str) -> Response {
    token_with(
        shared(),
        MACHINE,
        &[("grant_type", "client_credentials")],
        proof,
    )
}

fn refresh_with(client: Client, token: &str, proof: &str) -> Response {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    token_with(shared(), client, &fields, proof)
}

/// Tokens of the code flow, bound to `key`.
fn bound_tokens(client: Client, key: &SigningKey) -> Tokens {
    let request = AuthorizationRequest::new(client);
    let code = request.code(shared(), &mut flow::signed_in());
    let fields = request.redemption(&code);
    Tokens::of(&token_with(
        shared(),
        client,
        &fields,
        &proof(shared(), key),
    ))
}

fn jkt_of(access_token: &str) -> Value {
    jwt::read(access_token).1["cnf"]["jkt"].clone()
}

fn userinfo(scheme: &str, token: &str, proofs: &[String]) -> Response {
    let request =
        http::get(&shared().url("/userinfo")).header("authorization", &format!("{scheme} {token}"));
    proofs
        .iter()
        .fold(request, |request, proof| request.header("dpop", proof))
        .send()
}

fn userinfo_proof<'a>(key: &'a SigningKey, token: &str) -> Proof<'a> {
    Proof::new(key, "GET", &shared().url("/userinfo")).with_token(token)
}

#[track_caller]
fn assert_challenged(answer: &Response, error: &str) {
    let challenges = answer.list("www-authenticate");
    assert_eq!(answer.status, 401, "{answer:?}");
    let dpop = challenges
        .split_once("DPoP ")
        .unwrap_or_else(|| panic!("no DPoP in {challenges}"))
        .1;
    assert!(dpop.contains("algs=\"") && dpop.contains("ES256"), "{dpop}");
    assert!(dpop.contains(&format!("error=\"{error}\"")), "{dpop}");
}

#[test]
fn s5_tokens_are_bound_to_the_key_of_the_proof() {
    let key = SigningKey::new();
    let tokens = bound_tokens(SPA, &key);
    assert_eq!(tokens.response["token_type"], json!("DPoP"));
    assert_eq!(jkt_of(&tokens.access), json!(key.thumbprint()));
    let answer = machine_with(&proof(shared(), &key));
    assert_eq!(answer.assert_ok().json()["token_type"], json!("DPoP"));
    assert_eq!(
        jkt_of(&answer.text("access_token")),
        json!(key.thumbprint())
    );
}

#[test]
fn s5_without_a_proof_tokens_are_bearer_tokens() {
    let tokens = flow::tokens_for(SPA);
    assert_eq!(tokens.response["token_type"], json!("Bearer"));
    assert_eq!(jkt_of(&tokens.access), Value::Null);
}

#[test]
fn s5_refresh_tokens_of_public_clients_are_bound_to_the_key() {
    let (key, thief) = (SigningKey::new(), SigningKey::new());
    let tokens = bound_tokens(SPA, &key);
    SPA.refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_grant");
    refresh_with(SPA, tokens.refresh(), &proof(shared(), &thief))
        .assert_error(400, "invalid_grant");
    let next = Tokens::of(&refresh_with(SPA, tokens.refresh(), &proof(shared(), &key)));
    assert_eq!(jkt_of(&next.access), json!(key.thumbprint()));
    // A replay without the key is no reason to revoke; and the successor is bound as well.
    refresh_with(SPA, next.refresh(), &proof(shared(), &thief)).assert_error(400, "invalid_grant");
    refresh_with(SPA, next.refresh(), &proof(shared(), &key)).assert_ok();
}

#[test]
fn s5_refresh_tokens_of_confidential_clients_are_not() {
    let (key, next_key) = (SigningKey::new(), SigningKey::new());
    let tokens = bound_tokens(BASIC, &key);
    let next = Tokens::of(&refresh_with(
        BASIC,
        tokens.refresh(),
        &proof(shared(), &next_key),
    ));
    assert_eq!(jkt_of(&next.access), json!(next_key.thumbprint()));
}

#[test]
fn s5_2_clients_that_must_prove_a_key() {
    let request = AuthorizationRequest::new(BOUND);
    let code = request.code(shared(), &mut flow::signed_in());
    request
        .redeem(shared(), &code)
        .assert_error(400, "invalid_dpop_proof");
    let key = SigningKey::new();
    let answer = token_with(
        shared(),
        BOUND,
        &request.redemption(&code),
        &proof(shared(), &key),
    );
    let tokens = Tokens::of(&answer);
    assert_eq!(jkt_of(&tokens.access), json!(key.thumbprint()));
    BOUND
        .refresh(shared(), tokens.refresh())
        .assert_error(400, "invalid_dpop_proof");
}

#[test]
fn s4_3_proofs_that_do_not_hold() {
    let key = SigningKey::new();
    let url = shared().url("/token");
    let new = || Proof::new(&key, "POST", &url);
    let mut private = key.jwk();
    private["d"] = json!(jwt::encode(&[1; 32]));
    let proofs = [
        ("typ", new().header("typ", json!("JWT"))),
        ("alg none", new().header("alg", json!("none"))),
        ("alg HS256", new().header("alg", json!("HS256"))),
        ("alg of another key", new().header("alg", json!("EdDSA"))),
        ("a private key", new().header("jwk", private)),
        (
            "a symmetric key",
            new().header("jwk", json!({"kty": "oct", "k": "AAAA"})),
        ),
        ("another key", new().header("jwk", SigningKey::new().jwk())),
        ("crit", new().header("crit", json!(["x"]))),
        ("htm", new().claim("htm", json!("GET"))),
        ("htu", new().claim("htu", json!(shared().url("/userinfo")))),
        ("no htu", new().claim("htu", Value::Null)),
        ("jti", new().claim("jti", json!(""))),
        ("an old iat", new().claim("iat", json!(now() - 120))),
        ("an iat to come", new().claim("iat", json!(now() + 120))),
        ("no iat", new().claim("iat", Value::Null)),
    ];
    for (what, proof) in proofs {
        let answer = machine_with(&proof.sign());
        assert_eq!(answer.status, 400, "{what}: {answer:?}");
        answer.assert_error(400, "invalid_dpop_proof");
    }
    for garbage in ["x", "..", "a.b.c", &"x".repeat(9_000)] {
        machine_with(garbage).assert_error(400, "invalid_dpop_proof");
    }
    let answer = MACHINE
        .request(&url, &[("grant_type", "client_credentials")])
        .header("dpop", &new().sign())
        .header("dpop", &new().sign())
        .send();
    answer.assert_error(400, "invalid_dpop_proof");
}

#[test]
fn s4_3_htu_without_its_query_and_in_another_spelling() {
    let key = SigningKey::new();
    let url = shared().url("/token");
    for htu in [
        format!("{url}?x=1"),
        format!("{url}#x"),
        url.replace("http://", "HTTP://"),
        url.replace("/token", "/%74oken"),
    ] {
        machine_with(&Proof::new(&key, "POST", &htu).sign()).assert_ok();
    }
}

#[test]
fn s11_1_a_proof_is_good_once() {
    let proof = proof(shared(), &SigningKey::new());
    machine_with(&proof).assert_ok();
    for _ in 0..3 {
        machine_with(&proof).assert_error(400, "invalid_dpop_proof");
    }
}

#[test]
fn s10_a_code_is_bound_to_the_key_that_the_request_named() {
    let (key, thief) = (SigningKey::new(), SigningKey::new());
    let request = AuthorizationRequest::new(SPA).with("dpop_jkt", &key.thumbprint());
    let code = request.code(shared(), &mut flow::signed_in());
    let fields = request.redemption(&code);
    request
        .redeem(shared(), &code)
        .assert_error(400, "invalid_grant");
    token_with(shared(), SPA, &fields, &proof(shared(), &thief)).assert_error(400, "invalid_grant");
    token_with(shared(), SPA, &fields, &proof(shared(), &key)).assert_ok();
}

#[test]
fn s10_a_malformed_thumbprint_is_refused() {
    let request = AuthorizationRequest::new(SPA).with("dpop_jkt", "x");
    let visit = flow::signed_in().get(&request.url(shared()));
    flow::Callback::of(&visit).assert_error("invalid_request");
}

#[test]
fn s7_1_userinfo_takes_a_bound_token_with_its_proof_only() {
    let (key, thief) = (SigningKey::new(), SigningKey::new());
    let token = bound_tokens(SPA, &key).access;
    let good = userinfo_proof(&key, &token).sign();
    userinfo("DPoP", &token, std::slice::from_ref(&good)).assert_ok();
    let proofs = [
        ("used before", good),
        ("another key", userinfo_proof(&thief, &token).sign()),
        ("another token", userinfo_proof(&key, "another").sign()),
        (
            "no token",
            Proof::new(&key, "GET", &shared().url("/userinfo")).sign(),
        ),
        (
            "another method",
            Proof::new(&key, "POST", &shared().url("/userinfo"))
                .with_token(&token)
                .sign(),
        ),
        (
            "another endpoint",
            Proof::new(&key, "GET", &shared().url("/token"))
                .with_token(&token)
                .sign(),
        ),
    ];
    for (what, proof) in proofs {
        let answer = userinfo("DPoP", &token, &[proof]);
        let error = if what == "another key" {
            "invalid_token"
        } else {
            "invalid_dpop_proof"
        };
        assert_challenged(&answer, error);
    }
    assert_challenged(&userinfo("DPoP", &token, &[]), "invalid_dpop_proof");
}

#[test]
fn s7_2_a_bound_token_is_no_bearer_token_and_the_other_way_round() {
    let key = SigningKey::new();
    let token = bound_tokens(SPA, &key).access;
    assert_challenged(&userinfo("Bearer", &token, &[]), "invalid_token");
    let proof = userinfo_proof(&key, &token).sign();
    assert_challenged(&userinfo("Bearer", &token, &[proof]), "invalid_token");
    let bearer = flow::tokens_for(SPA).access;
    let proof = userinfo_proof(&key, &bearer).sign();
    assert_challenged(&userinfo("DPoP", &bearer, &[proof]), "invalid_token");
}

#[test]
fn s6_2_introspection_tells_the_binding() {
    let key = SigningKey::new();
    let request = AuthorizationRequest::new(SPA)
        .with("scope", "openid api:read")
        .with("resource", "https://api.example/");
    let code = request.code(shared(), &mut flow::signed_in());
    let answer = token_with(
        shared(),
        SPA,
        &request.redemption(&code),
        &proof(shared(), &key),
    );
    let seen = API
        .introspect(shared(), &answer.assert_ok().text("access_token"))
        .assert_ok()
        .json();
    assert_eq!(seen["token_type"], json!("DPoP"), "{seen}");
    assert_eq!(seen["cnf"], json!({"jkt": key.thumbprint()}), "{seen}");
}

#[test]
fn s8_nonces_where_the_operator_asks_for_them() {
    let server = Server::start(&format!("{CONFIG}\n[dpop]\nnonce = \"required\"\n"));
    let key = SigningKey::new();
    let url = server.url("/token");
    let fields = [("grant_type", "client_credentials")];
    let ask = |nonce: Option<&str>| {
        let proof = Proof::new(&key, "POST", &url);
        let proof = match nonce {
            Some(nonce) => proof.claim("nonce", json!(nonce)),
            None => proof,
        };
        token_with(&server, MACHINE, &fields, &proof.sign())
    };
    let refused = ask(None);
    refused.assert_error(400, "use_dpop_nonce");
    let nonce = refused.header("dpop-nonce").expect("a nonce").to_owned();
    assert!(
        refused
            .list("access-control-expose-headers")
            .contains("DPoP-Nonce"),
        "{refused:?}"
    );
    ask(Some("made-up")).assert_error(400, "use_dpop_nonce");
    let answer = ask(Some(&nonce));
    answer.assert_ok();
    let next = answer
        .header("dpop-nonce")
        .expect("the next one")
        .to_owned();
    ask(Some(&next)).assert_ok();
}

/// §9: a resource says so with 401.
#[test]
fn s9_nonces_at_userinfo() {
    let server = Server::start(&format!("{CONFIG}\n[dpop]\nnonce = \"required\"\n"));
    let key = SigningKey::new();
    let (mut browser, _) = flow::newcomer(&server);
    let request = AuthorizationRequest::new(SPA);
    let code = request.code(&server, &mut browser);
    let fields = request.redemption(&code);
    let proof = || Proof::new(&key, "POST", &server.url("/token"));
    let refused = token_with(&server, SPA, &fields, &proof().sign());
    refused.assert_error(400, "use_dpop_nonce");
    let nonce = json!(refused.header("dpop-nonce"));
    let answer = token_with(&server, SPA, &fields, &proof().claim("nonce", nonce).sign());
    let token = Tokens::of(&answer).access;
    let ask = |nonce: Option<&str>| {
        let proof = Proof::new(&key, "GET", &server.url("/userinfo")).with_token(&token);
        let proof = match nonce {
            Some(nonce) => proof.claim("nonce", json!(nonce)),
            None => proof,
        };
        http::get(&server.url("/userinfo"))
            .header("authorization", &format!("DPoP {token}"))
            .header("dpop", &proof.sign())
            .send()
    };
    let refused = ask(None);
    assert_challenged(&refused, "use_dpop_nonce");
    ask(refused.header("dpop-nonce")).assert_ok();
}

#[test]
fn s5_1_metadata_names_the_algorithms_while_it_is_on() {
    let algs = shared().metadata()["dpop_signing_alg_values_supported"].clone();
    assert!(
        algs.as_array()
            .is_some_and(|algs| algs.contains(&json!("ES256")) && !algs.contains(&json!("none"))),
        "{algs}"
    );
    let config = CONFIG.replace("dpop_bound_access_tokens = true\n", "");
    let server = Server::start(&format!("{config}\n[dpop]\nenabled = false\n"));
    assert_eq!(
        server.metadata().get("dpop_signing_alg_values_supported"),
        None
    );
    let proof = proof(&server, &SigningKey::new());
    let fields = [("grant_type", "client_credentials")];
    token_with(&server, MACHINE, &fields, &proof).assert_error(400, "invalid_dpop_proof");
}
