//! JSON Web Signature, Appendix A: one JWS for each algorithm, of the JWT of RFC 7519 §3.1 or of the text «Payload».

use doorward_protocol::jwk::PublicJwk;
use doorward_protocol::jwks::{Jwks, Missing};
use doorward_protocol::ports::{KeyFailure, Signatures as _};
use doorward_protocol::secret::from_base64url;
use doorward_protocol::token::jws::{self, Unproven};
use doorward_vectors::VERIFIERS;
use serde_json::{Value, json};

/// The claims of A.1, A.2, A.3 and A.5.
pub(crate) const CLAIMS: &str = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
/// A.1: the header and the signature, and the secret.
pub(crate) const HS256: (&str, &str) = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9",
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
);
pub(crate) const SECRET: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
/// A.2.
const RS256: (&str, &str) = (
    "eyJhbGciOiJSUzI1NiJ9",
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
);
const RSA_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
/// A.3.
const ES256: (&str, &str) = (
    "eyJhbGciOiJFUzI1NiJ9",
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
);

/// The header, claims and signature as they travel.
pub(crate) fn compact((header, signature): (&str, &str)) -> String {
    format!("{header}.{CLAIMS}.{signature}")
}

fn rsa_key() -> Value {
    json!({ "kty": "RSA", "n": RSA_MODULUS, "e": "AQAB" })
}

fn ec_key() -> Value {
    json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    })
}

fn set(key: &Value) -> Jwks {
    Jwks::of(&json!({ "keys": [key] })).unwrap()
}

/// By each verifier the example holds by its key, and nothing that was changed about it does.
fn holds(example: (&str, &str), key: &Value, another: &Value) {
    let text = compact(example);
    let other_claims = text.replacen("eyJpc3Mi", "eyJJc3Mi", 1);
    for verifier in VERIFIERS {
        let verified = |text: &str, key| jws::parse(text).unwrap().verify(&set(key), &verifier);
        assert_eq!(verified(&text, key), Ok(()), "{verifier:?}");
        assert_eq!(
            verified(&other_claims, key),
            Err(Unproven::Wrong),
            "{verifier:?}"
        );
        assert_eq!(
            verified(&text, another),
            Err(Unproven::Missing(Missing::Unknown)),
            "{verifier:?}"
        );
    }
}

#[test]
fn appendix_a_1_hs256() {
    let (text, secret) = (compact(HS256), from_base64url(SECRET).unwrap());
    let jws = jws::parse(&text).unwrap();
    assert!(jws.is_keyed_by(&[vec![0; 64], secret.clone()]));
    assert!(!jws.is_keyed_by(&[vec![0; 64]]));
    let other = text.replacen("eyJpc3Mi", "eyJJc3Mi", 1);
    assert!(!jws::parse(&other).unwrap().is_keyed_by(&[secret]));
    // What is symmetric is no public key, neither to the core nor to a host.
    let key = json!({ "kty": "oct", "k": SECRET });
    assert!(PublicJwk::read(&key).is_err());
    for verifier in VERIFIERS {
        let answer = verifier.verify(
            &key.to_string(),
            "HS256",
            jws.signing_input(),
            jws.signature(),
        );
        assert!(answer.is_err(), "{verifier:?}");
    }
}

#[test]
fn appendix_a_2_rs256() {
    holds(RS256, &rsa_key(), &ec_key());
}

#[test]
fn appendix_a_3_es256() {
    holds(ES256, &ec_key(), &rsa_key());
}

#[test]
fn appendix_a_4_es512_is_refused_by_name() {
    let text = "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";
    let key = json!({
        "kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    });
    assert_eq!(
        PublicJwk::read(&key),
        Err("a key of this kind is not taken")
    );
    let jws = jws::parse(text).unwrap();
    assert_eq!((jws.alg(), jws.payload()), ("ES512", &b"Payload"[..]));
    for verifier in VERIFIERS {
        for key in [key.clone(), ec_key()] {
            assert_eq!(
                jws.verify(&set(&key), &verifier),
                Err(Unproven::Missing(Missing::Unknown))
            );
        }
        let refused = verifier
            .verify(
                &key.to_string(),
                "ES512",
                jws.signing_input(),
                jws.signature(),
            )
            .unwrap_err();
        let why = "the algorithm is not ES256, ES384, RS256, PS256 or EdDSA";
        assert_eq!(refused, KeyFailure::Unsupported(why.to_owned()));
    }
}

#[test]
fn appendix_a_5_nothing_verifies_what_is_unsecured() {
    let text = format!("eyJhbGciOiJub25lIn0.{CLAIMS}.");
    let jws = jws::parse(&text).unwrap();
    assert_eq!((jws.alg(), jws.signature()), ("none", &[][..]));
    assert!(!jws.is_keyed_by(&[vec![0; 32]]));
    for verifier in VERIFIERS {
        for key in [rsa_key(), ec_key()] {
            assert!(
                verifier
                    .verify(&key.to_string(), "none", jws.signing_input(), &[])
                    .is_err()
            );
            assert_eq!(
                jws.verify(&set(&key), &verifier),
                Err(Unproven::Missing(Missing::Unknown))
            );
        }
    }
}

#[test]
fn appendix_a_6_and_a_7_there_is_no_json_serialization() {
    let (header, signature) = ES256;
    let flattened = json!({ "payload": CLAIMS, "protected": header, "signature": signature });
    let general = json!({ "payload": CLAIMS, "signatures": [{ "protected": header, "signature": signature }] });
    for text in [flattened, general] {
        assert!(jws::parse(&text.to_string()).is_err());
    }
}

/// The negative test case.
#[test]
fn appendix_e_an_extension_that_is_not_understood_is_refused() {
    let text = "eyJhbGciOiJub25lIiwNCiAiY3JpdCI6WyJodHRwOi8vZXhhbXBsZS5jb20vVU5ERUZJTkVEIl0sDQogImh0dHA6Ly9leGFtcGxlLmNvbS9VTkRFRklORUQiOnRydWUNCn0.RkFJTA.";
    assert_eq!(jws::parse(text), Err("its header has an extension"));
}
