//! JSON Web Token: the examples of §3.1 and §6.1.

use crate::hosts;
use crate::rfc7515::{CLAIMS, HS256, SECRET, compact};
use doorward_protocol::jwks::Source;
use doorward_protocol::secret::from_base64url;
use doorward_protocol::time::UnixTime;
use doorward_protocol::token::foreign::{self, Audience, Expected, Fault, Lifetime, Typ};
use serde_json::json;

/// When the example expires.
const EXP: u64 = 1_300_819_380;

fn expected<'a>(algorithms: &'a [&'a str]) -> Expected<'a> {
    Expected {
        algorithms,
        typ: Typ::AbsentOr(&["JWT"]),
        issuer: "joe",
        audience: Audience::AbsentOrAmong("https://id.example"),
        lifetime: Lifetime::AtMost(3600),
    }
}

#[test]
fn s3_1_the_example_holds_by_its_secret_until_it_expires() {
    let token = compact(HS256);
    let secret = from_base64url(SECRET).unwrap();
    let verified = |secrets: &[Vec<u8>], now| {
        foreign::parse(&token)
            .unwrap()
            .verify_hs256(&expected(&["HS256"]), secrets, UnixTime(now))
    };
    let claims = verified(&[vec![0; 32], secret.clone()], EXP - 1).unwrap();
    assert_eq!(claims.claims()["http://example.com/is_root"], json!(true));
    for (secrets, now) in [
        (vec![vec![0; 32]], EXP - 1),
        (vec![], EXP - 1),
        (vec![secret], EXP + foreign::SKEW_S),
    ] {
        assert!(verified(&secrets, now).is_err());
    }
}

#[test]
fn s3_1_the_example_never_passes_as_one_by_a_public_key() {
    let keys = json!({ "keys": [{ "kty": "oct", "k": SECRET }] });
    for host in hosts("https://id.example", EXP - 1) {
        let token = compact(HS256);
        let verified = foreign::parse(&token).unwrap().verify(
            &expected(&["HS256"]),
            Source::Inline(&keys),
            UnixTime(host.now.get()),
            &host,
        );
        assert_eq!(verified, Err(Fault::Invalid("its algorithm is not taken")));
    }
}

#[test]
fn s6_1_the_unsecured_example_is_refused_whatever_the_caller_takes() {
    let token = format!("eyJhbGciOiJub25lIn0.{CLAIMS}.");
    let keys = json!({ "keys": [] });
    for host in hosts("https://id.example", EXP - 1) {
        let verified = foreign::parse(&token).unwrap().verify(
            &expected(&["none", "ES256"]),
            Source::Inline(&keys),
            UnixTime(host.now.get()),
            &host,
        );
        assert_eq!(verified, Err(Fault::Invalid("it is not signed")));
    }
}
