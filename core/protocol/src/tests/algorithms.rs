//! Which algorithms things are signed by: those that there are keys for, and no others are promised to anybody.

use super::{body, code, host, redeem};
use crate::memory::{Memory, Visitor};
use crate::secret::from_base64url;
use serde_json::{Value, json};

fn run(memory: &Memory, command: &Value) -> Result<Value, String> {
    crate::administration::run(&command.to_string(), memory)
        .map(|answer| serde_json::from_str(&answer).unwrap())
        .map_err(|failure| format!("{failure:?}"))
}

fn signing_by(algs: &[&str]) -> Memory {
    Memory::new(&json!({ "issuer": "https://id.example", "signing_algs": algs }))
}

#[test]
fn discovery_lists_the_algorithms_that_there_are_keys_for() {
    for (configured, listed) in [
        (vec!["ES256", "RS256"], json!(["RS256", "ES256"])),
        (vec!["ES256"], json!(["ES256"])),
        (
            vec!["EdDSA", "ES256", "ES384"],
            json!(["ES256", "ES384", "EdDSA"]),
        ),
    ] {
        let memory = signing_by(&configured);
        let answer = Visitor::new(&memory).get("/.well-known/openid-configuration");
        assert_eq!(
            body(&answer)["id_token_signing_alg_values_supported"],
            listed
        );
    }
}

#[test]
fn a_list_without_es256_or_with_what_is_no_signature_here_is_refused() {
    let memory = host();
    let check = |algs: Value| {
        let server = json!({ "issuer": "https://id.example", "signing_algs": algs });
        run(
            &memory,
            &json!({ "command": "server.check", "server": server }),
        )
    };
    assert!(check(json!(["ES256", "EdDSA"])).is_ok());
    for (algs, why) in [
        (json!([]), "must hold ES256"),
        (json!(["RS256"]), "must hold ES256"),
        (json!(["ES256", "ES256"]), "twice"),
        (json!(["ES256", "HS256"]), "HS256"),
        (json!(["ES256", "none"]), "none"),
    ] {
        let refused = check(algs).unwrap_err();
        assert!(refused.contains(why), "{refused}");
    }
}

#[test]
fn a_client_that_asks_for_an_algorithm_without_keys_is_refused_with_the_cure() {
    let add = |memory: &Memory, metadata: Value| {
        run(
            memory,
            &json!({ "command": "client.add", "metadata": metadata }),
        )
    };
    let client = |alg: Value| json!({ "redirect_uris": ["https://a.example/cb"], "id_token_signed_response_alg": alg });
    let memory = signing_by(&["ES256", "EdDSA"]);
    assert!(add(&memory, client(json!("EdDSA"))).is_ok());
    for metadata in [
        client(json!("ES384")),
        // The default of OpenID Connect Registration §2 is RS256.
        json!({ "redirect_uris": ["https://a.example/cb"] }),
    ] {
        let refused = add(&memory, metadata).unwrap_err();
        assert!(
            refused.contains("id_token_signed_response_alg") && refused.contains("ES256, EdDSA"),
            "{refused}"
        );
    }
    // Who gets no ID tokens need not say how they are signed.
    let service = json!({ "grant_types": ["client_credentials"], "scope": "read" });
    assert!(add(&memory, service).is_ok());
}

#[test]
fn a_resource_that_asks_for_an_algorithm_without_keys_is_refused_with_the_cure() {
    let memory = signing_by(&["ES256", "EdDSA"]);
    let check = |alg: &str| {
        let resource = json!({ "uri": "https://api.example/", "access_token_signing_alg": alg });
        let command = json!({ "command": "resource.check", "resource": resource });
        run(&memory, &command)
    };
    assert!(check("EdDSA").is_ok());
    for alg in ["ES384", "RS256"] {
        let refused = check(alg).unwrap_err();
        for part in ["access_token_signing_alg", alg, "ES256, EdDSA", "[keys]"] {
            assert!(refused.contains(part), "{refused}");
        }
    }
}

#[test]
fn id_tokens_are_signed_as_the_client_registered() {
    for alg in ["RS256", "ES256", "ES384", "EdDSA"] {
        let memory = host();
        for (section, member, value) in [
            (
                "server",
                "signing_algs",
                json!(["ES256", "RS256", "ES384", "EdDSA"]),
            ),
            ("client/app", "id_token_signed_response_alg", json!(alg)),
        ] {
            let mut sections = memory.sections.borrow_mut();
            let mut document: Value = serde_json::from_str(&sections[section]).unwrap();
            document[member] = value;
            sections.insert(section.to_owned(), document.to_string());
        }
        let visitor = Visitor::new(&memory);
        let answer = body(&redeem(&visitor, "app", &code(&visitor, "app")));
        let header = answer["id_token"]
            .as_str()
            .unwrap()
            .split('.')
            .next()
            .unwrap();
        let header: Value = serde_json::from_slice(&from_base64url(header).unwrap()).unwrap();
        assert_eq!(header["alg"], alg);
    }
}
