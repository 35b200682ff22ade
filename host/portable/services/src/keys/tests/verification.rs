//! What a forger or a careless client may try: signatures that are nearly right, keys of the wrong kind, weak keys. What is
//! refused here the native server refuses too.

use super::*;

fn with(jwk: &Value, member: &str, value: Value) -> String {
    let mut jwk = jwk.clone();
    jwk[member] = value;
    jwk.to_string()
}

#[test]
fn rfc7518_s3_4_an_es256_signature_is_two_numbers_of_32_bytes() {
    let host = host();
    let kid = current(&host, "ES256");
    let jwk = jwk(&host, &kid).to_string();
    let signature = Keyring::default().sign(&kid, b"m", &host).unwrap();
    let verify = |signature: &[u8]| verify(&jwk, "ES256", b"m", signature);
    assert_eq!(verify(&signature), Ok(true));
    let (r, s) = signature.split_at(32);
    let zero = [0; 32];
    let der = {
        let number = |bytes: &[u8]| [&[2, 33, 0][..], bytes].concat();
        let both = [number(r), number(s)].concat();
        [&[0x30, u8::try_from(both.len()).unwrap()][..], &both].concat()
    };
    let order = URL_SAFE_NO_PAD
        .decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE")
        .unwrap();
    for forged in [
        &[][..],
        &signature[..63],
        &[&signature[..], &[0]].concat(),
        &[&[0], &signature[..]].concat(),
        &[zero, zero].concat(),
        &[r, &zero].concat(),
        &[&zero, s].concat(),
        &[s, r].concat(),
        &[r, &order].concat(),
        &[&order[..], s].concat(),
        &[0xff; 64],
        &der,
    ] {
        assert_eq!(verify(forged), Ok(false), "{forged:02x?}");
    }
    for bit in 0..512 {
        let mut flipped = signature.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verify(&flipped), Ok(false), "bit {bit}");
    }
    // n - s is the other valid half of ECDSA; JWS does not ask for the low one.
    assert_eq!(verify(&[r, &minus(&order, s)].concat()), Ok(true));
}

/// `a - b` for big-endian numbers of the same length, `a` being the larger.
fn minus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut difference: Vec<u8> = (0..a.len())
        .rev()
        .map(|at| {
            let digit = i16::from(a[at]) - i16::from(b[at]) - borrow;
            borrow = i16::from(digit < 0);
            u8::try_from(digit.rem_euclid(256)).unwrap()
        })
        .collect();
    difference.reverse();
    difference
}

#[test]
fn an_rs256_signature_is_exactly_as_long_as_the_modulus() {
    let host = host();
    let kid = current(&host, "RS256");
    let jwk = jwk(&host, &kid).to_string();
    let signature = Keyring::default().sign(&kid, b"m", &host).unwrap();
    let modulus = URL_SAFE_NO_PAD
        .decode(
            serde_json::from_str::<Value>(&jwk).unwrap()["n"]
                .as_str()
                .unwrap(),
        )
        .unwrap();
    for forged in [
        &[][..],
        &signature[1..],
        &signature[..255],
        &[&[0], &signature[..]].concat(),
        &[0; 256],
        &modulus,
        &[0xff; 256],
    ] {
        assert_eq!(verify(&jwk, "RS256", b"m", forged), Ok(false));
    }
}

#[test]
fn rfc8725_s3_1_the_kind_of_key_decides_the_algorithm() {
    let host = host();
    let [ec, rsa] = ["ES256", "RS256"].map(|alg| jwk(&host, &current(&host, alg)));
    let mut okp = json!({ "kty": "OKP", "crv": "Ed25519" });
    okp["x"] = ec["x"].clone();
    let algorithms = [
        "ES256", "RS256", "EdDSA", "none", "None", "", "HS256", "HS512", "PS256", "ES384", "es256",
        "ES256 ", "RS512", "ES256K",
    ];
    for (key, own) in [(&ec, "ES256"), (&rsa, "RS256"), (&okp, "EdDSA")] {
        for alg in algorithms.iter().filter(|alg| **alg != own) {
            for signature in [&[][..], &[1; 64]] {
                let mut bare = key.clone();
                bare.as_object_mut().unwrap().remove("alg");
                // An RSA key that names no algorithm may be for either padding.
                let either = (own, *alg) == ("RS256", "PS256");
                for jwk in [Some(key), (!either).then_some(&bare)]
                    .into_iter()
                    .flatten()
                {
                    let jwk = jwk.to_string();
                    assert!(
                        matches!(
                            verify(&jwk, alg, b"m", signature),
                            Err(Failure::Unsupported(_))
                        ),
                        "{own} key for {alg:?}"
                    );
                }
            }
        }
    }
}

#[test]
fn malformed_weak_and_private_keys_are_refused() {
    let host = host();
    let [ec, rsa] = ["ES256", "RS256"].map(|alg| jwk(&host, &current(&host, alg)));
    let bytes = |length: usize, fill: u8| json!(URL_SAFE_NO_PAD.encode(vec![fill; length]));
    let refused_for_ec = [
        String::new(),
        "{}".into(),
        "[]".into(),
        "null".into(),
        with(&ec, "kty", json!("RSA")),
        with(&ec, "kty", json!("oct")),
        with(&ec, "crv", json!("P-384")),
        with(&ec, "crv", json!("secp256k1")),
        with(&ec, "crv", Value::Null),
        with(&ec, "x", bytes(31, 1)),
        with(&ec, "x", bytes(33, 0)),
        with(&ec, "x", json!(format!("{}=", ec["x"].as_str().unwrap()))),
        with(&ec, "y", bytes(32, 1)),
        with(&ec, "y", Value::Null),
        with(&ec, "alg", json!("RS256")),
        with(&ec, "use", json!("enc")),
        with(&ec, "key_ops", json!(["sign"])),
        with(&ec, "d", bytes(32, 1)),
        with(&ec, "k", bytes(32, 1)),
        ec.to_string().replacen('{', r#"{"kty":"EC","#, 1),
        with(&ec, "x5c", json!("A".repeat(20_000))),
        json!({ "kty": "EC", "crv": "P-256", "x": bytes(32, 0), "y": bytes(32, 0) }).to_string(),
    ];
    for jwk in &refused_for_ec {
        assert!(
            matches!(
                verify(jwk, "ES256", b"m", &[1; 64]),
                Err(Failure::Unsupported(_))
            ),
            "{jwk}"
        );
    }
    let refused_for_rsa = [
        with(&rsa, "n", bytes(128, 0xff)),
        with(&rsa, "n", bytes(256, 0x7f)),
        with(&rsa, "n", bytes(1025, 0xff)),
        with(&rsa, "n", bytes(0, 0)),
        with(
            &rsa,
            "n",
            json!(URL_SAFE_NO_PAD.encode([vec![0], vec![0xff; 256]].concat())),
        ),
        with(&rsa, "e", json!("AQ")),
        with(&rsa, "e", json!("Ag")),
        with(&rsa, "e", json!("")),
        with(&rsa, "e", bytes(200, 0xff)),
        with(&rsa, "p", json!("AQ")).replace("\"p\"", "\"d\""),
    ];
    for jwk in &refused_for_rsa {
        assert!(
            matches!(
                verify(jwk, "RS256", b"m", &[1; 256]),
                Err(Failure::Unsupported(_))
            ),
            "{jwk}"
        );
    }
    // What a key may well say of itself.
    let fine = with(&ec, "key_ops", json!(["verify"]));
    assert_eq!(verify(&fine, "ES256", b"m", &[1; 64]), Ok(false));
}

#[test]
fn rfc8037_ed25519_verifies_under_both_of_its_names() {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    let pair = Ed25519KeyPair::generate().unwrap();
    let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()) });
    let signature = pair.sign(b"m");
    for alg in ["EdDSA", "Ed25519"] {
        for jwk in [
            jwk.to_string(),
            with(&jwk, "alg", json!("EdDSA")),
            with(&jwk, "alg", json!("Ed25519")),
        ] {
            assert_eq!(verify(&jwk, alg, b"m", signature.as_ref()), Ok(true));
            assert_eq!(verify(&jwk, alg, b"n", signature.as_ref()), Ok(false));
            assert_eq!(
                verify(&jwk, alg, b"m", &signature.as_ref()[..63]),
                Ok(false)
            );
        }
    }
}

#[test]
fn rfc7518_s3_5_ps256_has_a_salt_as_long_as_the_hash() {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{
        KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RSA_PSS_SHA384, RsaEncoding, RsaKeyPair,
    };
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    // RFC 8017 §A.1.1: the modulus, and in five bytes the exponent 65537.
    let der = pair.public_key().as_ref();
    let n = &der[der.len() - 5 - 256..der.len() - 5];
    let jwk = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": "AQAB" }).to_string();
    let sign = |encoding: &'static dyn RsaEncoding| {
        let mut signature = vec![0; 256];
        pair.sign(encoding, &SystemRandom::new(), b"m", &mut signature)
            .unwrap();
        signature
    };
    let pss = sign(&RSA_PSS_SHA256);
    assert_eq!(verify(&jwk, "PS256", b"m", &pss), Ok(true));
    assert_eq!(verify(&jwk, "PS256", b"n", &pss), Ok(false));
    assert_eq!(verify(&jwk, "PS256", b"m", &pss[..255]), Ok(false));
    // Neither padding passes for the other, nor another hash.
    assert_eq!(verify(&jwk, "RS256", b"m", &pss), Ok(false));
    for other in [sign(&RSA_PKCS1_SHA256), sign(&RSA_PSS_SHA384)] {
        assert_eq!(verify(&jwk, "PS256", b"m", &other), Ok(false));
    }
}

#[test]
fn keys_of_other_implementations_verify_up_to_the_largest() {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
    for (size, bytes) in [(KeySize::Rsa2048, 256), (KeySize::Rsa4096, 512)] {
        let pair = RsaKeyPair::generate(size).unwrap();
        // RFC 8017 §A.1.1: the modulus, and in five bytes the exponent 65537.
        let der = pair.public_key().as_ref();
        let (n, e) = der[der.len() - 5 - bytes..].split_at(bytes);
        assert_eq!(e, [2, 3, 1, 0, 1]);
        let jwk = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(n), "e": "AQAB" });
        let mut signature = vec![0; bytes];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            b"m",
            &mut signature,
        )
        .unwrap();
        assert_eq!(
            verify(&jwk.to_string(), "RS256", b"m", &signature),
            Ok(true)
        );
        assert_eq!(
            verify(&jwk.to_string(), "RS256", b"n", &signature),
            Ok(false)
        );
    }
}
