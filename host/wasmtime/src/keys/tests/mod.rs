//! The keyring as its callers see it: first start, restart, rotation, outages.

mod relying_party;
mod rotation;
mod sealing;
mod verification;

use super::rotation::MAX_KEYS;
use super::signing::SigningKey;
use super::*;
use crate::records::clock::manual::Manual;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::Connection;
use serde_json::{Value, json};
use std::path::PathBuf;
use tempfile::TempDir;

const NOW: u64 = 1_800_000_000;

fn sealing_key() -> SealingKey {
    SealingKey::from_bytes([7; 32])
}

/// A new database and a clock that stands still.
struct Place {
    _directory: TempDir,
    path: PathBuf,
    time: Manual,
}

fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("doorward.db");
    Place {
        _directory: directory,
        path,
        time: Manual::at(NOW),
    }
}

impl Place {
    fn open(&self) -> Arc<Keyring> {
        self.open_with(KeyOptions::default())
    }

    fn open_with(&self, options: KeyOptions) -> Arc<Keyring> {
        Keyring::open(
            &self.path,
            sealing_key(),
            KeyOptions {
                clock: self.time.clock(),
                busy_timeout: Duration::from_secs(20),
                ..options
            },
        )
        .unwrap()
    }
}

/// Keys for everything that there can be keys for.
fn every_algorithm() -> KeyOptions {
    KeyOptions {
        algorithms: ["ES256", "RS256", "ES384", "EdDSA"]
            .map(String::from)
            .to_vec(),
        ..KeyOptions::default()
    }
}

fn published(keys: &Keyring) -> Vec<Value> {
    let set: Value = serde_json::from_str(&keys.jwks().unwrap()).unwrap();
    set["keys"].as_array().unwrap().clone()
}

fn jwk(keys: &Keyring, kid: &str) -> Value {
    published(keys)
        .into_iter()
        .find(|key| key["kid"] == kid)
        .unwrap()
}

#[test]
fn the_first_start_makes_one_key_for_each_algorithm() {
    let place = place();
    let keys = place.open_with(every_algorithm());
    let set = published(&keys);
    assert_eq!(set.len(), 4);
    for (alg, length) in [("ES256", 64), ("RS256", 256), ("ES384", 96), ("EdDSA", 64)] {
        let kid = keys.current(alg).unwrap();
        let jwk = jwk(&keys, &kid);
        let signature = keys.sign(&kid, b"message").unwrap();
        assert_eq!(signature.len(), length);
        assert_eq!(
            keys.verify(&jwk.to_string(), alg, b"message", &signature),
            Ok(true)
        );
        assert_eq!(
            keys.verify(&jwk.to_string(), alg, b"massage", &signature),
            Ok(false)
        );
        let mut members: Vec<&str> = jwk
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        members.sort_unstable();
        let expected = match alg {
            "ES256" | "ES384" => vec!["alg", "crv", "kid", "kty", "use", "x", "y"],
            "EdDSA" => vec!["alg", "crv", "kid", "kty", "use", "x"],
            _ => vec!["alg", "e", "kid", "kty", "n", "use"],
        };
        assert_eq!(members, expected);
        assert_eq!((&jwk["alg"], &jwk["use"]), (&json!(alg), &json!("sig")));
    }
    assert_eq!(keys.current("HS256"), Err(signing::not_offered("HS256")));
    assert_eq!(keys.sign("nobody", b"m"), Err(Failure::UnknownKey));
}

#[test]
fn there_are_keys_for_what_is_configured_and_for_nothing_else() {
    let place = place();
    let algorithms = |keys: &Keyring| {
        let mut algs: Vec<String> = keys.list().into_iter().map(|key| key.alg).collect();
        algs.sort_unstable();
        algs
    };
    let only = |algorithms: &[&str]| KeyOptions {
        algorithms: algorithms.iter().map(|alg| String::from(*alg)).collect(),
        ..KeyOptions::default()
    };
    let keys = place.open_with(only(&["ES256"]));
    assert_eq!(algorithms(&keys), ["ES256"]);
    for refused in [keys.current("RS256").err(), keys.rotate("RS256", 0).err()] {
        assert!(
            matches!(&refused, Some(Failure::Unsupported(why)) if why.contains("[keys]")),
            "{refused:?}"
        );
    }
    let keys = place.open_with(only(&["ES256", "EdDSA"]));
    assert_eq!(algorithms(&keys), ["ES256", "EdDSA"]);
    // What is no longer configured signs no more; what it signed before can still be verified.
    let eddsa = keys.current("EdDSA").unwrap();
    let keys = place.open_with(only(&["ES256"]));
    assert!(keys.current("EdDSA").is_err());
    jwk(&keys, &eddsa);
}

#[test]
fn signatures_verify_with_another_implementation() {
    let keys = place().open_with(every_algorithm());
    for (alg, theirs) in [
        ("ES256", jsonwebtoken::Algorithm::ES256),
        ("RS256", jsonwebtoken::Algorithm::RS256),
        ("ES384", jsonwebtoken::Algorithm::ES384),
        ("EdDSA", jsonwebtoken::Algorithm::EdDSA),
    ] {
        let kid = keys.current(alg).unwrap();
        let input = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(json!({ "alg": alg }).to_string()),
            URL_SAFE_NO_PAD.encode(r#"{"sub":"x"}"#)
        );
        let token = format!(
            "{input}.{}",
            URL_SAFE_NO_PAD.encode(keys.sign(&kid, input.as_bytes()).unwrap())
        );
        let key: jsonwebtoken::jwk::Jwk = serde_json::from_value(jwk(&keys, &kid)).unwrap();
        assert_eq!(
            key.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)
                .unwrap(),
            kid
        );
        let mut validation = jsonwebtoken::Validation::new(theirs);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        let key = jsonwebtoken::DecodingKey::from_jwk(&key).unwrap();
        assert_eq!(
            jsonwebtoken::decode::<Value>(&token, &key, &validation)
                .unwrap()
                .claims["sub"],
            "x"
        );
    }
}

/// The signature that the RFC gives, made by the key that it gives. `tests/vectors` verifies it.
#[test]
fn rfc8037_appendix_a_4_ed25519() {
    // PKCS#8 (RFC 8410 §7): a sequence of version 0, the algorithm, and the seed in an octet string.
    let mut pkcs8 = vec![
        0x30, 46, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 34, 4, 32,
    ];
    let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A");
    pkcs8.extend(seed.unwrap());
    let key = SigningKey::from_pkcs8("EdDSA", &pkcs8).unwrap();
    let thumbprint = key.public().unwrap().thumbprint();
    assert_eq!(thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let signature = key.sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    assert_eq!(
        URL_SAFE_NO_PAD.encode(signature.unwrap()),
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
}

#[test]
fn keys_survive_a_restart_and_lie_sealed() {
    let place = place();
    let keys = place.open();
    let (kid, set) = (keys.current("ES256").unwrap(), keys.jwks().unwrap());
    drop(keys);
    let keys = place.open();
    assert_eq!(
        (keys.current("ES256").unwrap(), keys.jwks().unwrap()),
        (kid, set)
    );
    // PKCS#8 begins with the algorithm's object identifier in clear: id-ecPublicKey, rsaEncryption.
    let identifiers: [&[u8]; 2] = [
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01],
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01],
    ];
    for suffix in ["", "-wal"] {
        let bytes = std::fs::read(format!("{}{suffix}", place.path.display())).unwrap();
        for identifier in identifiers {
            assert!(
                !bytes
                    .windows(identifier.len())
                    .any(|window| window == identifier)
            );
        }
    }
}

#[test]
fn parallel_first_starts_end_with_the_same_keys() {
    let place = place();
    let sets: Vec<Arc<str>> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| place.open().jwks().unwrap()))
            .collect();
        starts
            .into_iter()
            .map(|start| start.join().unwrap())
            .collect()
    });
    assert!(sets.iter().all(|set| *set == sets[0]), "{sets:?}");
    assert_eq!(published(&place.open()).len(), 2);
}

#[test]
fn another_sealing_key_is_refused_and_nothing_is_overwritten() {
    let place = place();
    let set = place.open().jwks().unwrap();
    let error = Keyring::open(
        &place.path,
        SealingKey::from_bytes([8; 32]),
        KeyOptions::default(),
    )
    .unwrap_err();
    let text = format!("{error:#}");
    assert!(
        text.contains("another sealing key") && text.contains("backup"),
        "{text}"
    );
    assert_eq!(place.open().jwks().unwrap(), set);
}

#[test]
fn a_sealed_key_moved_to_another_row_does_not_open() {
    let place = place();
    drop(place.open());
    let database = Connection::open(&place.path).unwrap();
    database
        .execute(
            "UPDATE signing_key SET kid = 'chosen' WHERE alg = 'ES256'",
            [],
        )
        .unwrap();
    assert!(Keyring::open(&place.path, sealing_key(), KeyOptions::default()).is_err());
}

#[test]
fn rotation_publishes_first_signs_later_and_deletes_last() {
    let place = place();
    let keys = place.open();
    let old = keys.current("ES256").unwrap();
    let new = keys.rotate("ES256", 3600).unwrap();
    assert_eq!(
        (new.state, new.activates_at, new.retires_at),
        (State::Next, NOW + 3600, None)
    );
    assert_eq!(published(&keys).len(), 3);
    assert_eq!(keys.current("ES256").unwrap(), old);
    assert_eq!(keys.sign(&new.kid, b"m"), Err(Failure::UnknownKey));

    place.time.set(NOW + 3600);
    assert_eq!(keys.current("ES256").unwrap(), new.kid);
    keys.sign(&new.kid, b"m").unwrap();
    // Someone asked for the current key a moment ago.
    keys.sign(&old, b"m").unwrap();
    let retired = keys.list().into_iter().find(|key| key.kid == old).unwrap();
    let retires_at = retired.retires_at.unwrap();
    assert_eq!(retired.state, State::Retired);
    assert!(retires_at >= NOW + 3600 + 86_400);

    place.time.set(retires_at - 1);
    assert_eq!(keys.sign(&old, b"m"), Err(Failure::UnknownKey));
    assert_eq!(keys.maintain(place.time.now()), Ok(false));
    assert_eq!(published(&keys).len(), 3);
    assert_eq!(keys.maintain(retires_at), Ok(true));
    assert_eq!(published(&keys).len(), 2);
    assert!(keys.list().iter().all(|key| key.kid != old));
}

#[test]
fn retention_is_never_shorter_than_the_longest_token() {
    let place = place();
    let keys = place.open_with(KeyOptions {
        retention_s: 10,
        max_token_life_s: 1_000_000,
        ..KeyOptions::default()
    });
    let old = keys.current("ES256").unwrap();
    keys.rotate("ES256", 0).unwrap();
    let retired = keys.list().into_iter().find(|key| key.kid == old).unwrap();
    assert!(retired.retires_at.unwrap() >= NOW + 1_000_000);
}

#[test]
fn a_running_server_notices_what_another_process_rotated() {
    let place = place();
    let (server, command) = (place.open(), place.open());
    assert_eq!(server.reload_if_changed(), Ok(false));
    let new = command.rotate("RS256", 0).unwrap();
    assert_eq!(server.reload_if_changed(), Ok(true));
    assert_eq!(server.reload_if_changed(), Ok(false));
    assert_ne!(server.current("RS256").unwrap(), "");
    assert_eq!(server.list(), command.list());
    assert!(server.list().iter().any(|key| key.kid == new.kid));
}

#[test]
fn old_keys_get_a_successor_once() {
    let place = place();
    let (one, two) = (place.open(), place.open());
    let day = 86_400;
    assert_eq!(one.maintain(NOW + 90 * day - 1), Ok(false));
    let due = NOW + 90 * day;
    place.time.set(due);
    let changes: Vec<bool> = std::thread::scope(|scope| {
        let runs: Vec<_> = [&one, &two]
            .into_iter()
            .map(|keys| scope.spawn(|| keys.maintain(due).unwrap()))
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(changes.iter().filter(|changed| **changed).count(), 1);
    one.reload_if_changed().unwrap();
    let next: Vec<KeyInfo> = one
        .list()
        .into_iter()
        .filter(|key| key.state == State::Next)
        .collect();
    assert_eq!(
        next.iter()
            .map(|key| (key.alg.as_str(), key.activates_at))
            .collect::<Vec<_>>(),
        [("ES256", due + day), ("RS256", due + day)]
    );
    let never = Keyring::open(
        &place.path,
        sealing_key(),
        KeyOptions {
            rotation_days: 0,
            clock: place.time.clock(),
            ..KeyOptions::default()
        },
    )
    .unwrap();
    assert_eq!(
        never.maintain(due + 10 * day).map(|_| never
            .list()
            .iter()
            .filter(|key| key.state == State::Next)
            .count()),
        Ok(0)
    );
}

#[test]
fn the_number_of_published_keys_is_bounded() {
    let place = place();
    let keys = place.open();
    for _ in 1..MAX_KEYS {
        keys.rotate("ES256", 60).unwrap();
    }
    assert!(
        matches!(keys.rotate("ES256", 60), Err(Failure::Unavailable(why)) if why.contains("wait"))
    );
    assert!(matches!(
        keys.rotate("ES512", 60),
        Err(Failure::Unsupported(_))
    ));
    assert!(matches!(
        keys.rotate("ES256", u64::MAX),
        Err(Failure::Unsupported(_))
    ));
}

#[test]
fn a_locked_database_keeps_known_keys_working() {
    let place = place();
    let keys = Keyring::open(
        &place.path,
        sealing_key(),
        KeyOptions {
            busy_timeout: Duration::from_millis(50),
            ..KeyOptions::default()
        },
    )
    .unwrap();
    let other = Connection::open(&place.path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(
        keys.rotate("ES256", 0),
        Err(Failure::Unavailable(_))
    ));
    keys.sign(&keys.current("ES256").unwrap(), b"m").unwrap();
    other.execute_batch("ROLLBACK").unwrap();
    keys.rotate("ES256", 0).unwrap();
}
