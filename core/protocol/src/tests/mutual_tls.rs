//! RFC 8705: clients that authenticate by a certificate, and tokens that are bound to one.

use super::*;
use crate::certificate::samples::{ED25519, P256, der};
use crate::certificate::thumbprint;
use crate::http::{ClientCertificate, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const SUBJECT: &str = r"CN=Client One,OU=Payments,O=Example\, Incorporated,C=DE";

/// A server that sees certificates.
fn host() -> Memory {
    Memory::new(
        &json!({ "issuer": "https://id.example", "mutual_tls": { "enabled": true, "alias_origin": "https://mtls.id.example" } }),
    )
}

fn check(memory: &Memory, metadata: &Value) -> Result<Value, String> {
    let command = json!({ "command": "client.check", "metadata": metadata }).to_string();
    match crate::administration::run(&command, memory) {
        Ok(answer) => Ok(serde_json::from_str::<Value>(&answer).unwrap()["client"].clone()),
        Err(crate::administration::Failure::Refused(why)) => Err(why),
        Err(other) => panic!("{other:?}"),
    }
}

fn declare(memory: &Memory, client_id: &str, method: &str, more: &Value) {
    let mut metadata = json!({
        "client_id": client_id, "token_endpoint_auth_method": method, "grant_types": ["client_credentials"], "scope": "read",
    });
    for (name, value) in more.as_object().unwrap() {
        metadata[name] = value.clone();
    }
    add_client(memory, &metadata);
}

/// A request with a certificate; whether an authority vouches for it.
fn send(
    memory: &Memory,
    (method, path): (&str, &str),
    form: &str,
    authorization: Option<&str>,
    certificate: Option<(&[u8], bool)>,
) -> Answer {
    let mut headers = vec![(
        "content-type".to_owned(),
        b"application/x-www-form-urlencoded".to_vec(),
    )];
    headers.extend(authorization.map(|value| ("authorization".to_owned(), value.into())));
    let request = Request {
        method,
        path,
        query: "",
        headers: &headers,
        body: form.as_bytes(),
        client_address: None,
        client_certificate: certificate.map(|(der, vouched)| ClientCertificate { der, vouched }),
    };
    crate::serve(&request, memory)
}

fn token(memory: &Memory, client_id: &str, certificate: Option<(&[u8], bool)>) -> (u16, Value) {
    let form = format!("grant_type=client_credentials&client_id={client_id}");
    let answer = send(memory, ("POST", "/token"), &form, None, certificate);
    (answer.status, body(&answer))
}

#[track_caller]
fn assert_failed(answer: &(u16, Value)) {
    assert_eq!(
        (answer.0, &answer.1["error"]),
        (401, &json!("invalid_client")),
        "{answer:?}"
    );
}

#[test]
fn rfc8705_s2_1_2_each_registered_name_of_a_vouched_certificate_authenticates() {
    let (memory, certificate, other) = (host(), der(P256), der(ED25519));
    for (client, member, value) in [
        ("dn", "tls_client_auth_subject_dn", SUBJECT),
        ("dns", "tls_client_auth_san_dns", "client.example"),
        (
            "uri",
            "tls_client_auth_san_uri",
            "https://client.example/app",
        ),
        ("ip", "tls_client_auth_san_ip", "192.0.2.7"),
        ("ip6", "tls_client_auth_san_ip", "2001:0db8::0007"),
        ("email", "tls_client_auth_san_email", "ops@client.example"),
    ] {
        declare(
            &memory,
            client,
            "tls_client_auth",
            &json!({ member: value }),
        );
        assert_eq!(
            token(&memory, client, Some((&certificate, true))).0,
            200,
            "{member}"
        );
        assert_failed(&token(&memory, client, Some((&other, true))));
        // Anyone can make a certificate with any name in it.
        assert_failed(&token(&memory, client, Some((&certificate, false))));
        assert_failed(&token(&memory, client, None));
    }
}

#[test]
fn rfc8705_s2_1_a_name_elsewhere_in_the_certificate_does_not_count() {
    let (memory, certificate) = (host(), der(P256));
    for (client, member, value) in [
        ("a", "tls_client_auth_san_dns", "Client"),
        ("b", "tls_client_auth_san_dns", "ops@client.example"),
        ("c", "tls_client_auth_san_email", "client.example"),
        ("d", "tls_client_auth_san_uri", "https://client.example/"),
        ("e", "tls_client_auth_subject_dn", "CN=Client One"),
        ("f", "tls_client_auth_subject_dn", "CN=client.example"),
    ] {
        declare(
            &memory,
            client,
            "tls_client_auth",
            &json!({ member: value }),
        );
        assert_failed(&token(&memory, client, Some((&certificate, true))));
    }
}

fn ec_jwk() -> Value {
    let certificate = crate::certificate::Certificate::read(&der(P256)).unwrap();
    serde_json::from_str(certificate.key.unwrap().as_json()).unwrap()
}

#[test]
fn rfc8705_s2_2_a_self_signed_certificate_is_known_by_its_key() {
    let (memory, certificate, other) = (host(), der(P256), der(ED25519));
    let method = "self_signed_tls_client_auth";
    declare(
        &memory,
        "key",
        method,
        &json!({ "jwks": { "keys": [ec_jwk()] } }),
    );
    let mut with_certificate = ec_jwk();
    with_certificate["x5c"] = json!([STANDARD.encode(&certificate)]);
    declare(
        &memory,
        "x5c",
        method,
        &json!({ "jwks": { "keys": [with_certificate] } }),
    );
    for client in ["key", "x5c"] {
        assert_eq!(
            token(&memory, client, Some((&certificate, false))).0,
            200,
            "{client}"
        );
        assert_failed(&token(&memory, client, Some((&other, true))));
        assert_failed(&token(&memory, client, None));
        assert_failed(&token(&memory, client, Some((b"no certificate", true))));
    }
    let mut of_another = ec_jwk();
    of_another["x5c"] = json!([STANDARD.encode(&other)]);
    declare(
        &memory,
        "another",
        method,
        &json!({ "jwks": { "keys": [of_another] } }),
    );
    assert_failed(&token(&memory, "another", Some((&certificate, true))));
}

#[test]
fn rfc8705_s2_2_2_keys_are_fetched_and_an_outage_is_no_wrong_certificate() {
    let (memory, certificate) = (host(), der(P256));
    let uri = "https://client.example/keys";
    declare(
        &memory,
        "remote",
        "self_signed_tls_client_auth",
        &json!({ "jwks_uri": uri }),
    );
    assert_eq!(token(&memory, "remote", Some((&certificate, false))).0, 503);
    memory.now.set(memory.now.get() + 3600);
    let answer = crate::ports::Fetched {
        status: 200,
        headers: vec![(
            "content-type".to_owned(),
            "application/jwk-set+json".to_owned(),
        )],
        body: json!({ "keys": [ec_jwk()] }).to_string().into_bytes(),
    };
    memory.web.borrow_mut().insert(uri.to_owned(), answer);
    assert_eq!(token(&memory, "remote", Some((&certificate, false))).0, 200);
}

#[test]
fn rfc8705_s2_another_way_of_authentication_does_not_do() {
    let (memory, certificate) = (host(), der(P256));
    declare(
        &memory,
        "dn",
        "tls_client_auth",
        &json!({ "tls_client_auth_subject_dn": SUBJECT }),
    );
    let form = "grant_type=client_credentials&client_id=dn&client_secret=guess";
    let shown = Some((certificate.as_slice(), true));
    let answer = send(&memory, ("POST", "/token"), form, None, shown);
    assert_failed(&(answer.status, body(&answer)));
    // A client that registered a secret does not get in by a certificate.
    declare(
        &memory,
        "secret",
        "client_secret_basic",
        &json!({ "client_secret": "0123456789abcdef0123" }),
    );
    assert_failed(&token(&memory, "secret", Some((&certificate, true))));
}

#[test]
fn where_it_is_off_no_certificate_counts() {
    let memory = Memory::new(&json!({ "issuer": "https://id.example" }));
    let certificate = der(P256);
    declare(
        &memory,
        "dn",
        "tls_client_auth",
        &json!({ "tls_client_auth_subject_dn": SUBJECT }),
    );
    assert_failed(&token(&memory, "dn", Some((&certificate, true))));
    declare(
        &memory,
        "bound",
        "client_secret_post",
        &json!({ "client_secret": "0123456789abcdef0123", "tls_client_certificate_bound_access_tokens": true }),
    );
    let form = "grant_type=client_credentials&client_id=bound&client_secret=0123456789abcdef0123";
    let answer = send(
        &memory,
        ("POST", "/token"),
        form,
        None,
        Some((&certificate, true)),
    );
    assert_eq!(answer.status, 400);
    let metadata = body(&Visitor::new(&memory).get("/.well-known/oauth-authorization-server"));
    assert!(
        metadata
            .get("tls_client_certificate_bound_access_tokens")
            .is_none()
    );
    let methods = metadata["token_endpoint_auth_methods_supported"].to_string();
    assert!(!methods.contains("tls_client_auth"), "{methods}");
}

#[test]
fn rfc8705_s3_1_tokens_are_bound_and_introspection_says_so() {
    let (memory, certificate) = (host(), der(P256));
    let more = json!({ "client_secret": "0123456789abcdef0123", "tls_client_certificate_bound_access_tokens": true });
    declare(&memory, "bound", "client_secret_post", &more);
    let credentials = "client_id=bound&client_secret=0123456789abcdef0123";
    let form = format!("grant_type=client_credentials&{credentials}");
    let ask = |certificate| send(&memory, ("POST", "/token"), &form, None, certificate);
    let without = ask(None);
    assert_eq!(
        (without.status, &body(&without)["error"]),
        (400, &json!("invalid_grant"))
    );
    // Nobody need vouch for it: the binding is to the key.
    let answer = body(&ask(Some((&certificate, false))));
    assert_eq!(answer["token_type"], "Bearer");
    let access_token = answer["access_token"].as_str().unwrap();
    let form = format!("token={access_token}&{credentials}");
    let told = body(&send(&memory, ("POST", "/introspect"), &form, None, None));
    assert_eq!(told["active"], true);
    assert_eq!(told["cnf"], json!({ "x5t#S256": thumbprint(&certificate) }));
}

/// Signs a person in with a public client and gives the answer to its code.
fn person(memory: &Memory, certificate: &[u8]) -> Value {
    *memory.identity.borrow_mut() = identity("1", Some("ada@example.org"), true);
    let metadata = json!({
        "client_id": "app", "token_endpoint_auth_method": "none", "redirect_uris": ["https://app.example/cb"],
        "grant_types": ["authorization_code", "refresh_token"], "scope": "openid email read",
        "tls_client_certificate_bound_access_tokens": true,
    });
    add_client(memory, &metadata);
    let visitor = Visitor::new(memory);
    let code = code(&visitor, "app");
    let form = format!(
        "grant_type=authorization_code&client_id=app&code={code}&code_verifier={VERIFIER}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb"
    );
    let refused = send(memory, ("POST", "/token"), &form, None, None);
    assert_eq!(refused.status, 400, "no certificate, no token: {refused:?}");
    let answer = send(
        memory,
        ("POST", "/token"),
        &form,
        None,
        Some((certificate, false)),
    );
    assert_eq!(answer.status, 200, "{answer:?}");
    body(&answer)
}

#[test]
fn rfc8705_s3_a_bound_token_is_good_with_its_certificate_only() {
    let (memory, certificate, other) = (host(), der(P256), der(ED25519));
    let tokens = person(&memory, &certificate);
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let userinfo = |shown: Option<&[u8]>| {
        let shown = shown.map(|der| (der, false));
        send(&memory, ("GET", "/userinfo"), "", Some(&bearer), shown)
    };
    assert_eq!(userinfo(Some(&certificate)).status, 200);
    for shown in [None, Some(other.as_slice())] {
        let refused = userinfo(shown);
        assert_eq!(
            (refused.status, &body(&refused)["error"]),
            (401, &json!("invalid_token"))
        );
    }
}

#[test]
fn rfc8705_s4_a_public_clients_refresh_token_is_bound_too() {
    let (memory, certificate, other) = (host(), der(P256), der(ED25519));
    let tokens = person(&memory, &certificate);
    let token = tokens["refresh_token"].as_str().unwrap();
    let form = format!("grant_type=refresh_token&client_id=app&refresh_token={token}");
    let refresh = |shown: Option<&[u8]>| {
        let shown = shown.map(|der| (der, false));
        send(&memory, ("POST", "/token"), &form, None, shown)
    };
    for shown in [None, Some(other.as_slice())] {
        let refused = refresh(shown);
        assert_eq!(
            (refused.status, &body(&refused)["error"]),
            (400, &json!("invalid_grant"))
        );
    }
    assert_eq!(
        refresh(Some(&certificate)).status,
        200,
        "who stole the token did not spoil it"
    );
}

#[test]
fn rfc8705_s3_3_and_s5_metadata() {
    let metadata = body(&Visitor::new(&host()).get("/.well-known/oauth-authorization-server"));
    assert_eq!(metadata["tls_client_certificate_bound_access_tokens"], true);
    let methods = metadata["token_endpoint_auth_methods_supported"]
        .as_array()
        .unwrap();
    for method in ["tls_client_auth", "self_signed_tls_client_auth"] {
        assert!(methods.contains(&json!(method)), "{method}");
    }
    assert_eq!(
        metadata["mtls_endpoint_aliases"]["token_endpoint"],
        "https://mtls.id.example/token"
    );
    assert_eq!(
        metadata["mtls_endpoint_aliases"]["userinfo_endpoint"],
        "https://mtls.id.example/userinfo"
    );
}

#[test]
fn rfc8705_s2_1_2_metadata_of_clients_is_checked() {
    let memory = host();
    let fit = |method: &str, more: Value| {
        let mut metadata = json!({
            "client_id": "c", "token_endpoint_auth_method": method, "grant_types": ["client_credentials"],
        });
        for (name, value) in more.as_object().unwrap() {
            metadata[name] = value.clone();
        }
        check(&memory, &metadata).is_ok()
    };
    let dns = json!({ "tls_client_auth_san_dns": "client.example" });
    assert!(fit("tls_client_auth", dns.clone()));
    assert!(!fit("tls_client_auth", json!({})));
    assert!(!fit("client_secret_basic", dns));
    assert!(!fit("self_signed_tls_client_auth", json!({})));
    for more in [
        json!({ "tls_client_auth_san_dns": "a.example", "tls_client_auth_san_ip": "192.0.2.7" }),
        json!({ "tls_client_auth_san_dns": "*.example" }),
        json!({ "tls_client_auth_san_dns": "" }),
        json!({ "tls_client_auth_san_ip": "client.example" }),
        json!({ "tls_client_auth_subject_dn": "client.example" }),
        json!({ "tls_client_auth_san_email": "two words" }),
        json!({ "tls_client_auth_san_dns": "a.example", "client_secret": "0123456789abcdef0123" }),
        json!({
            "tls_client_auth_san_dns": "a.example", "dpop_bound_access_tokens": true,
            "tls_client_certificate_bound_access_tokens": true,
        }),
    ] {
        assert!(!fit("tls_client_auth", more.clone()), "{more}");
    }
    for origin in [
        "http://mtls.example",
        "https://mtls.example/",
        "mtls.example",
        "https://u@mtls.example",
    ] {
        let server =
            json!({ "issuer": "https://id.example", "mutual_tls": { "alias_origin": origin } });
        let command = json!({ "command": "server.check", "server": server }).to_string();
        assert!(
            crate::administration::run(&command, &memory).is_err(),
            "{origin}"
        );
    }
}
