//! Where libraries are known to differ, both verifiers here say the same, and no: a token that is good on one host is good on all.

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use doorward_protocol::ports::Signatures as _;
    use doorward_vectors::VERIFIERS;
    use serde_json::{Value, json};

    /// RFC 8037 Appendix A.1.
    const ED25519: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

    fn ed25519(x: &str) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "x": x })
    }

    /// Says for each verifier what it says of this key and signature.
    fn verdicts(jwk: &Value, alg: &str, signature: &[u8]) -> [Option<bool>; 2] {
        VERIFIERS.map(|verifier| verifier.verify(&jwk.to_string(), alg, b"m", signature).ok())
    }

    /// R is the neutral element and S is h·a: right by the equation of RFC 8032 §5.1.7, and made without a nonce.
    #[test]
    fn ed25519_a_signature_whose_r_is_of_small_order_is_wrong() {
        let signature = URL_SAFE_NO_PAD
            .decode("AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABAXfQbm00CYmmrSjXgwfITA7tdwtK5K6Yi32PslZP6CQ")
            .unwrap();
        assert_eq!(
            verdicts(&ed25519(ED25519), "EdDSA", &signature),
            [Some(false); 2]
        );
    }

    #[test]
    fn rfc8032_s5_1_3_an_ed25519_key_has_one_spelling() {
        for above in 0..19 {
            for sign in [0, 0x80] {
                // 2^255 - 19 + above, a second name for the point whose y is `above`.
                let mut y = [0xff; 32];
                y[0] = 0xed + above;
                y[31] = 0x7f | sign;
                let jwk = ed25519(&URL_SAFE_NO_PAD.encode(y));
                assert_eq!(verdicts(&jwk, "EdDSA", &[1; 64]), [None; 2], "{above}");
            }
        }
    }

    #[test]
    fn rfc8032_s5_1_7_an_ed25519_key_of_small_order_is_none() {
        let hex = |text: &str| -> [u8; 32] {
            std::array::from_fn(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).unwrap())
        };
        for y in [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ] {
            for sign in [0, 0x80] {
                let mut point = hex(y);
                point[31] |= sign;
                let jwk = ed25519(&URL_SAFE_NO_PAD.encode(point));
                // By s = 0 and R = A, or R = the neutral element: right for every message, or for some.
                for r in [&point[..], &[1][..]] {
                    let mut signature = [0; 64];
                    signature[..r.len()].copy_from_slice(r);
                    assert_eq!(verdicts(&jwk, "EdDSA", &signature), [None; 2], "{y}");
                }
            }
        }
    }

    #[test]
    fn an_rsa_modulus_is_odd_and_no_number_below_it_makes_a_verifier_fall() {
        for (last, taken) in [(0xfe, None), (0xff, Some(false))] {
            let mut modulus = [0xff; 256];
            modulus[255] = last;
            for e in ["Aw", "AQAB", "_____w"] {
                let jwk = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode(modulus), "e": e });
                for alg in ["RS256", "PS256"] {
                    for signature in [[0; 256], [1; 256], modulus, [0xff; 256]] {
                        assert_eq!(verdicts(&jwk, alg, &signature), [taken; 2], "{alg} {jwk}");
                    }
                }
            }
        }
    }

    #[test]
    fn coordinates_that_are_not_reduced_or_not_on_the_curve_are_no_key() {
        // RFC 7515 Appendix A.3, and the primes of both curves.
        let x = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
        let y = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
        let p256 = "_____wAAAAEAAAAAAAAAAAAAAAD_______________8";
        let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        for (x, y) in [
            (y, x),
            (x, x),
            (p256, y),
            (x, p256),
            (zero, zero),
            (p256, p256),
        ] {
            let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
            assert_eq!(verdicts(&jwk, "ES256", &[1; 64]), [None; 2], "{jwk}");
        }
        let zero = URL_SAFE_NO_PAD.encode([0; 48]);
        let jwk = json!({ "kty": "EC", "crv": "P-384", "x": zero, "y": zero });
        assert_eq!(verdicts(&jwk, "ES384", &[1; 96]), [None; 2]);
    }
}
