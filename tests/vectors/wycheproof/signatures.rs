//! Signatures of bare bytes: ECDSA, Ed25519 and RSA, each by its key as a JWK.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_protocol::ports::Signatures as _;
use doorward_vectors::{VERIFIERS, Verifier, wycheproof};
use serde_json::{Value, json};

/// What became of the vectors of a file.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    valid_and_taken: usize,
    invalid_and_refused: usize,
    /// What Wycheproof leaves to the verifier. The standard does not, and we refuse all of it.
    acceptable_and_refused: usize,
}

/// A file, the algorithm that it is about, and the public key of a group as a JWK.
type Subject = (&'static str, &'static str, fn(&Value) -> Value);

const ECDSA: Subject = (
    "ecdsa_secp256r1_sha256_p1363_test.json",
    "ES256",
    // Not every group has a JWK; all have the point.
    |group| {
        let point = bytes(&group["publicKey"]["uncompressed"]);
        let (x, y) = (&point[1..33], &point[33..]);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": text(x), "y": text(y) });
        for (name, given) in group["publicKeyJwk"].as_object().into_iter().flatten() {
            assert!(jwk[name] == *given || name == "kid", "{group}");
        }
        jwk
    },
);
const ED25519: Subject = ("ed25519_test.json", "EdDSA", |group| {
    group["publicKeyJwk"].clone()
});
const RSA: Subject = ("rsa_signature_2048_sha256_test.json", "RS256", |group| {
    group["keyJwk"].clone()
});

/// Runs every vector of a file.
fn run((file, alg, key): Subject, verifier: &Verifier) -> Tally {
    let groups = wycheproof::groups(file).unwrap_or_else(|why| panic!("{why:#}"));
    let mut tally = Tally::default();
    for group in &groups {
        let jwk = key(group).to_string();
        for test in group["tests"].as_array().unwrap() {
            let (message, signature) = (bytes(&test["msg"]), bytes(&test["sig"]));
            let taken = verifier.verify(&jwk, alg, &message, &signature);
            let context = format!("{} {file} {test}", verifier.name);
            // The keys of these files are all good ones.
            let taken = taken.unwrap_or_else(|why| panic!("{context}: {why:?}"));
            let (count, expected) = match test["result"].as_str().unwrap() {
                "valid" => (&mut tally.valid_and_taken, true),
                "invalid" => (&mut tally.invalid_and_refused, false),
                "acceptable" => (&mut tally.acceptable_and_refused, false),
                other => panic!("{context}: {other}"),
            };
            assert_eq!(taken, expected, "{context}");
            *count += 1;
        }
    }
    tally
}

/// The bytes that a text in hexadecimal spells.
fn bytes(hex: &Value) -> Vec<u8> {
    let hex = hex.as_str().unwrap();
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
        .collect()
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn ecdsa_p256_sha256_as_jws_writes_it() {
    for verifier in &VERIFIERS {
        let tally = run(ECDSA, verifier);
        let expected = Tally {
            valid_and_taken: 173,
            invalid_and_refused: 89,
            acceptable_and_refused: 0,
        };
        assert_eq!(tally, expected);
    }
}

#[test]
fn ed25519() {
    for verifier in &VERIFIERS {
        let tally = run(ED25519, verifier);
        let expected = Tally {
            valid_and_taken: 88,
            invalid_and_refused: 63,
            acceptable_and_refused: 0,
        };
        assert_eq!(tally, expected);
    }
}

/// `acceptable` is one vector, `MissingNull`: RFC 8017 §8.2.2 verifies by making the encoding, which has that NULL (Appendix B.1).
#[test]
fn rsa_2048_pkcs1_sha256() {
    for verifier in &VERIFIERS {
        let tally = run(RSA, verifier);
        let expected = Tally {
            valid_and_taken: 9,
            invalid_and_refused: 249,
            acceptable_and_refused: 1,
        };
        assert_eq!(tally, expected);
    }
}

/// A key that differs in one bit verifies none of the signatures that are right: the verdicts above come from the key.
#[test]
fn no_signature_is_right_by_another_key() {
    for ((file, alg, key), member) in [(ECDSA, "x"), (ED25519, "x"), (RSA, "n")] {
        let groups = wycheproof::groups(file).unwrap_or_else(|why| panic!("{why:#}"));
        for group in &groups {
            let mut jwk = key(group);
            let mut changed = URL_SAFE_NO_PAD
                .decode(jwk[member].as_str().unwrap())
                .unwrap();
            changed[20] ^= 1;
            jwk[member] = text(&changed).into();
            for test in group["tests"].as_array().unwrap() {
                let (message, signature) = (bytes(&test["msg"]), bytes(&test["sig"]));
                for verifier in &VERIFIERS {
                    let taken = verifier.verify(&jwk.to_string(), alg, &message, &signature);
                    // Most such keys are no points, and refused as such.
                    assert_ne!(taken, Ok(true), "{} {file} {test}", verifier.name);
                }
            }
        }
    }
}
