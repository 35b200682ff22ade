//! The keyring as its callers see it: first use, other instances, rotation, outages. Every instance is a [`Keyring`] of its
//! own over one store; signatures are verified by aws-lc.

// The native server's own: both are put to the same.
#[path = "../../../../../wasmtime/src/keys/tests/relying_party.rs"]
mod relying_party;
mod rotation;
mod sealing;
mod signing;
mod verification;

use super::set::{RECORD, Set};
use super::*;
use crate::bindings::exports::doorward::host::events::Level;
use crate::fake::Fake;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::Arc;

const NOW: u64 = 1_800_000_000;
const SEALING_KEY: &str = "0707070707070707070707070707070707070707070707070707070707070707";

/// A host of a new deployment.
fn host() -> Fake {
    let host = Fake::default();
    host.set("sealing_key", SEALING_KEY);
    host.now.set(NOW);
    host
}

/// Another host of the same deployment, at the same time.
fn beside(host: &Fake) -> Fake {
    let other = Fake {
        store: Arc::clone(&host.store),
        ..Fake::default()
    };
    other.variables.replace(host.variables.borrow().clone());
    other.now.set(host.now.get());
    other
}

/// Keys for everything that there can be keys for.
fn every_algorithm() -> Options {
    Options {
        algorithms: Algorithm::ALL.to_vec(),
        ..Options::default()
    }
}

fn current(host: &Fake, alg: &str) -> String {
    Keyring::default()
        .current(alg, &every_algorithm(), host)
        .unwrap()
}

fn published(host: &Fake) -> Vec<Value> {
    published_with(&Options::default(), host)
}

fn published_with(options: &Options, host: &Fake) -> Vec<Value> {
    let set = Keyring::default().jwks(options, host).unwrap();
    let set: Value = serde_json::from_str(&set).unwrap();
    set["keys"].as_array().unwrap().clone()
}

fn jwk(host: &Fake, kid: &str) -> Value {
    published(host)
        .into_iter()
        .find(|key| key["kid"] == kid)
        .unwrap()
}

fn bytes(member: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(member.as_str().unwrap()).unwrap()
}

/// Whether aws-lc takes the signature.
fn verified_elsewhere(jwk: &Value, message: &[u8], signature: &[u8]) -> bool {
    match jwk["alg"].as_str().unwrap() {
        "ES256" => {
            let point = [vec![4], bytes(&jwk["x"]), bytes(&jwk["y"])].concat();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                .verify(message, signature)
                .is_ok()
        }
        "ES384" => {
            let point = [vec![4], bytes(&jwk["x"]), bytes(&jwk["y"])].concat();
            UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point)
                .verify(message, signature)
                .is_ok()
        }
        "EdDSA" => UnparsedPublicKey::new(&ED25519, bytes(&jwk["x"]))
            .verify(message, signature)
            .is_ok(),
        _ => RsaPublicKeyComponents {
            n: bytes(&jwk["n"]),
            e: bytes(&jwk["e"]),
        }
        .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
        .is_ok(),
    }
}

fn record(host: &Fake) -> Option<(Vec<u8>, u64)> {
    host.store.lock().unwrap().records.get(RECORD).cloned()
}

#[test]
fn what_is_signed_here_verifies_elsewhere_and_under_its_thumbprint() {
    let host = host();
    for (alg, length) in [("ES256", 64), ("RS256", 256), ("ES384", 96), ("EdDSA", 64)] {
        let kid = current(&host, alg);
        let jwk = jwk(&host, &kid);
        let signature = Keyring::default().sign(&kid, b"message", &host).unwrap();
        assert_eq!(signature.len(), length);
        assert!(verified_elsewhere(&jwk, b"message", &signature));
        assert!(!verified_elsewhere(&jwk, b"massage", &signature));
        let own = |message: &[u8]| verify(&jwk.to_string(), alg, message, &signature);
        assert_eq!((own(b"message"), own(b"massage")), (Ok(true), Ok(false)));
        let mut members: Vec<&String> = jwk.as_object().unwrap().keys().collect();
        members.sort_unstable();
        let ec = vec!["alg", "crv", "kid", "kty", "use", "x", "y"];
        let (expected, required) = match alg {
            "ES256" => (
                ec,
                json!({ "crv": "P-256", "kty": "EC", "x": jwk["x"], "y": jwk["y"] }),
            ),
            "ES384" => (
                ec,
                json!({ "crv": "P-384", "kty": "EC", "x": jwk["x"], "y": jwk["y"] }),
            ),
            "EdDSA" => (
                vec!["alg", "crv", "kid", "kty", "use", "x"],
                json!({ "crv": "Ed25519", "kty": "OKP", "x": jwk["x"] }),
            ),
            _ => (
                vec!["alg", "e", "kid", "kty", "n", "use"],
                json!({ "e": "AQAB", "kty": "RSA", "n": jwk["n"] }),
            ),
        };
        assert_eq!(members, expected);
        assert_eq!((&jwk["alg"], &jwk["use"]), (&json!(alg), &json!("sig")));
        // RFC 7638 §3: the required members in lexicographic order, which is how serde_json writes them.
        let digest =
            aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, required.to_string().as_bytes());
        assert_eq!(kid, URL_SAFE_NO_PAD.encode(digest.as_ref()));
    }
}

#[test]
fn there_are_keys_for_what_is_configured_and_for_nothing_else() {
    let host = host();
    let algorithms = |options: &Options| {
        let mut algs: Vec<String> = published_with(options, &host)
            .iter()
            .map(|key| key["alg"].as_str().unwrap().to_owned())
            .collect();
        algs.sort_unstable();
        algs
    };
    let of = |algorithms: &[Algorithm]| Options {
        algorithms: algorithms.to_vec(),
        ..Options::default()
    };
    assert_eq!(algorithms(&of(&[Algorithm::Es256])), ["ES256"]);
    let few = of(&[Algorithm::Es256, Algorithm::EdDsa]);
    assert_eq!(algorithms(&few), ["ES256", "EdDSA"]);
    for alg in ["RS256", "ES384"] {
        assert!(matches!(
            Keyring::default().current(alg, &few, &host),
            Err(Failure::Unsupported(why)) if why.contains("[keys]")
        ));
    }
    assert_eq!(
        algorithms(&every_algorithm()),
        ["ES256", "ES384", "EdDSA", "RS256"]
    );
}

#[test]
fn two_signatures_of_one_message_differ_and_both_verify() {
    let host = host();
    let kid = current(&host, "ES256");
    let sign = || Keyring::default().sign(&kid, b"m", &host).unwrap();
    let (one, two) = (sign(), sign());
    assert_ne!(one, two);
    let jwk = jwk(&host, &kid);
    assert!(verified_elsewhere(&jwk, b"m", &one) && verified_elsewhere(&jwk, b"m", &two));
}

#[test]
fn the_first_use_makes_the_key_that_was_asked_for_and_publishing_makes_all() {
    let host = host();
    let kid = current(&host, "ES256");
    let keys = Set::open(
        &record(&host).unwrap().0,
        &Keyring::default().envelopes(&host).unwrap().at_rest,
    );
    assert_eq!(keys.unwrap().keys.len(), 1);
    assert_eq!(published(&host).len(), 2);
    assert_eq!(current(&host, "ES256"), kid);
    let names: Vec<String> = host
        .events
        .borrow()
        .iter()
        .map(|event| event.name.clone())
        .collect();
    assert_eq!(names, ["keys.generated", "keys.generated"]);
}

#[test]
fn what_nobody_signs_by_is_unsupported_or_unknown_and_makes_no_key() {
    let host = host();
    let keyring = Keyring::default();
    for alg in ["HS256", "none", "", "es256", "EdDSA"] {
        assert!(matches!(
            keyring.current(alg, &Options::default(), &host),
            Err(Failure::Unsupported(_))
        ));
    }
    assert_eq!(
        keyring.sign("nobody", b"m", &host),
        Err(Failure::UnknownKey)
    );
    assert_eq!(record(&host), None);
}

#[test]
fn racing_first_requests_end_with_one_set() {
    let host = host();
    let (store, threads) = (Arc::clone(&host.store), 8);
    let barrier = std::sync::Barrier::new(threads);
    let sets: Vec<(String, String)> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..threads)
            .map(|_| {
                let (store, barrier) = (&store, &barrier);
                scope.spawn(move || {
                    let own = Fake {
                        store: Arc::clone(store),
                        ..self::host()
                    };
                    let keyring = Keyring::default();
                    barrier.wait();
                    let kid = keyring.current("ES256", &Options::default(), &own).unwrap();
                    keyring.sign(&kid, b"m", &own).unwrap();
                    (kid, keyring.jwks(&Options::default(), &own).unwrap())
                })
            })
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
    assert_eq!(published(&host).len(), 2);
}

#[test]
fn a_set_is_read_once_and_then_believed_for_seconds() {
    let host = host();
    current(&host, "ES256");
    host.reads.set(0);
    let keyring = Keyring::default();
    for _ in 0..3 {
        let kid = keyring
            .current("ES256", &Options::default(), &host)
            .unwrap();
        keyring.sign(&kid, b"m", &host).unwrap();
    }
    assert_eq!(host.reads.get(), 1);
    host.now.set(NOW + BELIEVED_S);
    keyring
        .current("ES256", &Options::default(), &host)
        .unwrap();
    assert_eq!(host.reads.get(), 2);
    // A clock that was set back proves nothing.
    host.now.set(NOW - 1000);
    keyring
        .current("ES256", &Options::default(), &host)
        .unwrap();
    assert_eq!(host.reads.get(), 3);
}

#[test]
fn a_key_is_published_everywhere_before_anything_signed_by_it_is_out() {
    let one = host();
    let two = beside(&one);
    let (publisher, signer) = (Keyring::default(), Keyring::default());
    // The publisher knows a set without the key, and believes it.
    publisher
        .current("ES256", &Options::default(), &one)
        .unwrap();
    let kid = signer.current("RS256", &Options::default(), &two).unwrap();
    signer.sign(&kid, b"m", &two).unwrap();
    let jwks = publisher.jwks(&Options::default(), &one).unwrap();
    assert!(jwks.contains(&kid));
    // And signs by it, should it be asked to.
    let third = Keyring::default();
    third.read(0, &one).unwrap();
    third.sign(&kid, b"m", &one).unwrap();
}

#[test]
fn another_instance_finds_the_key_that_a_believing_one_does_not_know_yet() {
    let one = host();
    let two = beside(&one);
    let believing = Keyring::default();
    believing
        .current("ES256", &Options::default(), &one)
        .unwrap();
    let kid = current(&two, "RS256");
    believing.sign(&kid, b"m", &one).unwrap();
}

#[test]
fn without_a_sealing_key_nothing_works_and_the_cure_is_said() {
    for (key, about) in [
        (None, "is not set"),
        (Some("secret"), "is not 32 bytes"),
        (Some(&SEALING_KEY[2..]), "is not 32 bytes"),
    ] {
        let host = host();
        host.variables.borrow_mut().clear();
        if let Some(key) = key {
            host.set("sealing_key", key);
        }
        let keyring = Keyring::default();
        let options = Options::default();
        for failure in [
            keyring.current("ES256", &options, &host).unwrap_err(),
            keyring.jwks(&options, &host).unwrap_err(),
            keyring.sign("k", b"m", &host).unwrap_err(),
            keyring.seal(b"x", b"", &host).unwrap_err(),
            keyring.open(b"x", b"", &host).unwrap_err(),
        ] {
            let Failure::Unavailable(text) = failure else {
                panic!("{failure:?}");
            };
            for part in [
                about,
                "DOORWARD_SEALING_KEY",
                "the variable `sealing_key`",
                "openssl rand",
            ] {
                assert!(text.contains(part), "{text}");
            }
            assert!(key.is_none_or(|key| !text.contains(key)), "{text}");
        }
        assert_eq!(record(&host), None);
    }
}

#[test]
fn another_sealing_key_is_refused_and_nothing_is_overwritten() {
    let host = host();
    let set = published(&host);
    let before = record(&host);
    let other = beside(&host);
    other.set("sealing_key", &SEALING_KEY.replace('7', "8"));
    let keyring = Keyring::default();
    let options = Options::default();
    for failure in [
        keyring.current("ES256", &options, &other).unwrap_err(),
        keyring.jwks(&options, &other).unwrap_err(),
        keyring.sign("k", b"m", &other).unwrap_err(),
    ] {
        assert!(
            matches!(&failure, Failure::Unavailable(text)
                if text.contains("another sealing key") && text.contains("backup")),
            "{failure:?}"
        );
    }
    assert_eq!(record(&host), before);
    assert_eq!(published(&host), set);
}

#[test]
fn a_damaged_record_is_refused_and_nothing_is_overwritten() {
    let host = host();
    current(&host, "ES256");
    let (sound, version) = record(&host).unwrap();
    let envelopes = Keyring::default();
    let at_rest = &envelopes.envelopes(&host).unwrap().at_rest;
    let sealed = |text: &str| at_rest.seal(text.as_bytes(), RECORD.as_bytes()).unwrap();
    let mut flipped = sound.clone();
    flipped[40] ^= 1;
    for damaged in [
        vec![],
        b"{}".to_vec(),
        sound[..sound.len() - 1].to_vec(),
        flipped,
        // Sealed by us, for somewhere else.
        at_rest
            .seal(br#"{"format":1,"keys":[]}"#, b"keys/other")
            .unwrap(),
        sealed("{}"),
        sealed(r#"{"format":2,"keys":[]}"#),
        sealed(
            r#"{"format":1,"keys":[{"alg":"HS256","number":1,"created_at":1,"activates_at":1,"public":"","private":""}]}"#,
        ),
        sealed(
            r#"{"format":1,"keys":[{"alg":"ES256","number":1,"created_at":1,"activates_at":1,"public":"AA","private":"AA"}]}"#,
        ),
    ] {
        host.store
            .lock()
            .unwrap()
            .records
            .insert(RECORD.into(), (damaged.clone(), version));
        for _ in 0..2 {
            assert!(matches!(
                Keyring::default().current("ES256", &Options::default(), &host),
                Err(Failure::Unavailable(_))
            ));
        }
        assert_eq!(record(&host), Some((damaged, version)));
    }
}

#[test]
fn private_keys_lie_sealed() {
    let host = host();
    published(&host);
    let (sealed, _) = record(&host).unwrap();
    let keyring = Keyring::default();
    let known = keyring.read(0, &host).unwrap();
    for key in &known.set.keys {
        let secret = &key.pair.secret;
        let encoded = URL_SAFE_NO_PAD.encode(secret.as_slice());
        for needle in [&secret[..16], &encoded.as_bytes()[..16]] {
            assert!(!sealed.windows(16).any(|window| window == needle));
        }
    }
    assert!(sealed.len() < 4096, "{}", sealed.len());
}

#[test]
fn an_outage_is_unavailable_and_passes() {
    let host = host();
    let kid = current(&host, "ES256");
    host.outage.set(true);
    let fresh = Keyring::default();
    assert!(matches!(
        fresh.current("ES256", &Options::default(), &host),
        Err(Failure::Unavailable(_))
    ));
    host.outage.set(false);
    assert_eq!(fresh.current("ES256", &Options::default(), &host), Ok(kid));
}
