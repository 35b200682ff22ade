//! JWS by JWK, JWK Set or secret: the core's reader of JWS, its reader of keys, and the verifiers below them.
//!
//! A vector is held against every way that there is here to take a JWS: by the public keys that a client or issuer registered
//! ([`check_inline`], then [`Jwks`]), by those that were fetched ([`Jwks`] alone), and by the secret of a client.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_protocol::jwk::PublicJwk;
use doorward_protocol::jwks::{Jwks, check_inline};
use doorward_protocol::ports::Signatures as _;
use doorward_protocol::token::foreign::ALGORITHMS;
use doorward_protocol::token::jws;
use doorward_public_keys::PublicKey;
use doorward_vectors::{VERIFIERS, Verifier, wycheproof};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Vectors of `json_web_signature_test.json` that are judged otherwise here, by `tcId`: those that are called valid with a character that is
/// none of base64url's, one in the header and one in the payload (RFC 7515 §2; RFC 4648 §3.3 has decoders refuse them), and those that are
/// called invalid for their padding, which they lost: they are the valid one to the letter.
const STRAY_CHARACTER: [u64; 2] = [372, 373];
const LOST_PADDING: ([u64; 2], u64) = ([367, 370], 357);

/// What became of the vectors of a file. Each is counted once.
type Tally = BTreeMap<String, usize>;

const BY_PUBLIC_KEY: &str = "valid, and taken by a public key";
const BY_SECRET: &str = "valid, and taken by a secret";
const REFUSED: &str = "invalid, and refused every way";
const STRAY: &str = "called valid, and refused for a character that is none of base64url's";
const LOST: &str = "called invalid, and the same as one that is valid";
const ENCRYPTED: &str = "encrypted, and refused";

/// Runs every vector of `file` over `verifier`.
fn run(file: &str, verifier: &Verifier) -> Tally {
    let groups = wycheproof::groups(file).unwrap_or_else(|why| panic!("{why:#}"));
    let mut tally = Tally::new();
    for group in &groups {
        assert_private_keys_are_refused(&group["private"], verifier);
        let keys = group.get("public").unwrap_or(&group["private"]);
        for test in group["tests"].as_array().unwrap() {
            let verdict = verdict(keys, test, verifier).or_else(|| {
                (file == "json_web_signature_test.json")
                    .then(|| mistaken(group, test).map(str::to_owned))?
            });
            let context = format!("{} {file} {} {test}", verifier.name, group["comment"]);
            *tally.entry(verdict.expect(&context)).or_default() += 1;
        }
    }
    tally
}

/// Holds one vector against every way to take it. None: what comes of it is not what Wycheproof says.
fn verdict(keys: &Value, test: &Value, verifier: &Verifier) -> Option<String> {
    if let Some(jwe) = test.get("jwe") {
        let refused = jws::parse(&serialized(jwe)).is_err();
        return refused.then(|| ENCRYPTED.to_owned());
    }
    let text = serialized(&test["jws"]);
    let fetched = by_public_keys(&text, keys, verifier);
    let registered = check_inline(&set(keys)).is_ok() && fetched;
    let secret = secrets(keys).is_some_and(|secrets| by_secret(&text, &secrets));
    match (test["result"].as_str(), [registered, fetched, secret]) {
        (Some("valid"), [true, true, false]) => Some(BY_PUBLIC_KEY.to_owned()),
        (Some("valid"), [false, false, true]) => Some(BY_SECRET.to_owned()),
        (Some("valid"), [false, false, false]) => other_algorithm(&text),
        (Some("invalid"), [false, false, false]) => Some(REFUSED.to_owned()),
        _ => None,
    }
}

/// How it travels: compact as it is, in JSON as an object.
fn serialized(token: &Value) -> String {
    token
        .as_str()
        .map_or_else(|| token.to_string(), str::to_owned)
}

/// What is said of a JWS by an algorithm that is not taken here.
fn other_algorithm(text: &str) -> Option<String> {
    let jws = jws::parse(text).ok()?;
    let alg = jws.alg();
    (alg != "HS256" && !ALGORITHMS.contains(&alg))
        .then(|| format!("valid by {alg}, which is not taken here, and refused"))
}

/// Whether a vector is one of those that are judged otherwise, and why.
fn mistaken(group: &Value, test: &Value) -> Option<&'static str> {
    let id = test["tcId"].as_u64()?;
    if STRAY_CHARACTER.contains(&id) {
        return (test["result"] == "valid" && test["jws"].as_str()?.contains('?')).then_some(STRAY);
    }
    let (lost, valid) = LOST_PADDING;
    let valid = group["tests"]
        .as_array()?
        .iter()
        .find(|other| other["tcId"] == valid)?;
    let same = lost.contains(&id) && test["result"] == "invalid" && test["jws"] == valid["jws"];
    same.then_some(LOST)
}

/// A JWK Set, of one key if it was one.
fn set(keys: &Value) -> Value {
    if keys.get("keys").is_some() {
        keys.clone()
    } else {
        json!({ "keys": [keys] })
    }
}

fn by_public_keys(text: &str, keys: &Value, verifier: &Verifier) -> bool {
    let keys = Jwks::of(&set(keys)).unwrap();
    jws::parse(text).is_ok_and(|jws| jws.verify(&keys, verifier).is_ok())
}

fn by_secret(text: &str, secrets: &[Vec<u8>]) -> bool {
    jws::parse(text).is_ok_and(|jws| jws.is_keyed_by(secrets))
}

/// The secrets of a client, if these keys can be that. A client's secrets have neither `kid` nor `alg` and are in no JWK: a set that is
/// wrong as a set (with public keys besides, with one `kid` twice, with keys of ciphers) does not exist here, nor can it be taken.
fn secrets(keys: &Value) -> Option<Vec<Vec<u8>>> {
    let keys = set(keys)["keys"].as_array().unwrap().clone();
    let names = |name: &str| {
        keys.iter()
            .map(|key| key[name].to_string())
            .collect::<Vec<_>>()
    };
    let mut kids = names("kid");
    kids.dedup();
    let hmac = |alg: &String| alg.starts_with("\"HS");
    let fit = names("kty").iter().all(|kty| kty == "\"oct\"")
        && names("alg").iter().all(hmac)
        && kids.len() == keys.len();
    let secret = |key: &Value| URL_SAFE_NO_PAD.decode(key["k"].as_str().unwrap()).unwrap();
    fit.then(|| keys.iter().map(secret).collect())
}

/// Whoever sends a private key, or a secret as a key, is told so.
fn assert_private_keys_are_refused(keys: &Value, verifier: &Verifier) {
    for key in set(keys)["keys"].as_array().unwrap() {
        // One of the mixed set is public.
        if key.get("d").or(key.get("k")).is_none() {
            continue;
        }
        assert_eq!(
            PublicJwk::read(key),
            Err("the key must be a public one"),
            "{key}"
        );
        for alg in ALGORITHMS {
            assert!(PublicKey::read(&key.to_string(), alg).is_err(), "{key}");
            let answer = verifier.verify(&key.to_string(), alg, b"", &[1; 64]);
            assert!(answer.is_err(), "{key}");
        }
    }
}

#[track_caller]
fn assert_tally(file: &str, expected: &[(&str, usize)]) {
    let expected: Tally = expected
        .iter()
        .map(|(verdict, count)| ((*verdict).to_owned(), *count))
        .collect();
    for verifier in VERIFIERS {
        assert_eq!(run(file, &verifier), expected, "{}", verifier.name);
    }
}

#[test]
fn json_web_signature() {
    assert_tally(
        "json_web_signature_test.json",
        &[
            (BY_PUBLIC_KEY, 16),
            (BY_SECRET, 8),
            (REFUSED, 353),
            ("valid by ES512, which is not taken here, and refused", 2),
            ("valid by PS384, which is not taken here, and refused", 6),
            ("valid by PS512, which is not taken here, and refused", 4),
            ("valid by RS384, which is not taken here, and refused", 4),
            ("valid by RS512, which is not taken here, and refused", 4),
            (STRAY, 2),
            (LOST, 2),
        ],
    );
}

#[test]
fn json_web_key() {
    assert_tally(
        "json_web_key_test.json",
        &[
            (BY_PUBLIC_KEY, 1),
            (BY_SECRET, 2),
            (REFUSED, 21),
            ("valid by HS384, which is not taken here, and refused", 1),
            ("valid by HS512, which is not taken here, and refused", 1),
        ],
    );
}

#[test]
fn json_web_crypto() {
    assert_tally(
        "json_web_crypto_test.json",
        &[
            (BY_PUBLIC_KEY, 2),
            (BY_SECRET, 2),
            (REFUSED, 45),
            (ENCRYPTED, 34),
        ],
    );
}
