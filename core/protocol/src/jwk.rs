//! Public keys of others, as JWKs: RFC 7517, RFC 7518 §6, RFC 8037. Read strictly, for verifying signatures and nothing else.

mod roca;

use crate::secret::{base64url, from_base64url};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// Members that only private or symmetric keys have (RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2).
const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key of a kind that we verify signatures by. Only [`PublicJwk::read`] builds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicJwk {
    /// The required members alone, in the order of RFC 7638 §3.2, without white space.
    required: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    P256,
    P384,
    Ed25519,
    Rsa,
}

impl PublicJwk {
    /// Reads a JWK.
    ///
    /// # Errors
    /// A sentence that says what is wrong: not an object, a secret in it, a kind of key that is not known here, a member missing or of
    /// the wrong length.
    pub fn read(jwk: &Value) -> Result<Self, &'static str> {
        let members = jwk.as_object().ok_or("the key is not a JWK")?;
        if SECRET_MEMBERS
            .iter()
            .any(|name| members.contains_key(*name))
        {
            return Err("the key must be a public one");
        }
        let (kty, crv) = (text(members, "kty"), text(members, "crv"));
        match (kty, crv) {
            (Some("EC"), Some("P-256")) => ec(members, "P-256", 32, Kind::P256),
            (Some("EC"), Some("P-384")) => ec(members, "P-384", 48, Kind::P384),
            (Some("OKP"), Some("Ed25519")) => {
                let x = exactly(members, "x", 32)?;
                Ok(Self {
                    required: format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
                    kind: Kind::Ed25519,
                })
            }
            (Some("RSA"), None) => rsa(members),
            _ => Err("a key of this kind is not taken"),
        }
    }

    /// Whether signatures by the JOSE algorithm `alg` are this kind of key's.
    #[must_use]
    pub fn verifies(&self, alg: &str) -> bool {
        matches!(
            (self.kind, alg),
            (Kind::P256, "ES256")
                | (Kind::P384, "ES384")
                | (Kind::Ed25519, "EdDSA" | "Ed25519")
                | (Kind::Rsa, "RS256" | "PS256")
        )
    }

    /// The key as JSON with the required members alone: what is handed to [`crate::ports::Signatures::verify`], so that nothing else that
    /// its sender wrote is believed.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.required
    }

    /// The SHA-256 thumbprint in base64url (RFC 7638).
    #[must_use]
    pub fn thumbprint(&self) -> String {
        base64url(&Sha256::digest(self.required.as_bytes()))
    }
}

/// Whether a text can be a SHA-256 thumbprint.
#[must_use]
pub fn is_thumbprint(text: &str) -> bool {
    text.len() == 43 && from_base64url(text).is_some_and(|bytes| bytes.len() == 32)
}

fn text<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    members.get(name).and_then(Value::as_str)
}

/// A member in its only spelling: a thumbprint must not have two.
fn decoded(members: &Map<String, Value>, name: &str) -> Result<(String, Vec<u8>), &'static str> {
    let text = text(members, name).ok_or("a member of the key is missing")?;
    let bytes = from_base64url(text).ok_or("a member of the key is not base64url")?;
    Ok((text.to_owned(), bytes))
}

fn exactly(
    members: &Map<String, Value>,
    name: &str,
    length: usize,
) -> Result<String, &'static str> {
    let (text, bytes) = decoded(members, name)?;
    if bytes.len() == length {
        Ok(text)
    } else {
        Err("a member of the key has the wrong length")
    }
}

fn ec(
    members: &Map<String, Value>,
    crv: &str,
    length: usize,
    kind: Kind,
) -> Result<PublicJwk, &'static str> {
    let (x, y) = (
        exactly(members, "x", length)?,
        exactly(members, "y", length)?,
    );
    Ok(PublicJwk {
        required: format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#),
        kind,
    })
}

/// RFC 7518 §3.3: 2048 bits or more. An exponent of 1 signs everything; a huge one is only there to be slow.
fn rsa(members: &Map<String, Value>) -> Result<PublicJwk, &'static str> {
    let ((n, modulus), (e, exponent)) = (decoded(members, "n")?, decoded(members, "e")?);
    let (Some(&top), Some(&last), Some(&low)) = (modulus.first(), modulus.last(), exponent.last())
    else {
        return Err("a member of the key is empty");
    };
    if top == 0 || !(256..=1024).contains(&modulus.len()) || (modulus.len() == 256 && top < 0x80) {
        return Err("the RSA modulus must have 2048 to 8192 bits");
    }
    if last % 2 == 0 {
        return Err("the RSA modulus must be odd");
    }
    if exponent.len() > 4 || exponent.first() == Some(&0) || low % 2 == 0 || exponent == [1] {
        return Err("the RSA exponent must be an odd number from 3 to 2^32");
    }
    if roca::fingerprint(&modulus) {
        return Err(
            "the RSA key was made by a chip whose keys can be computed (CVE-2017-15361): make another one",
        );
    }
    Ok(PublicJwk {
        required: format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
        kind: Kind::Rsa,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_with_a_secret_in_them_weak_ones_and_unknown_kinds_are_refused() {
        let x = "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs";
        for jwk in [
            json!("text"),
            json!({"kty": "oct", "k": "AAAA"}),
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": x, "d": x}),
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": x, "d": null}),
            json!({"kty": "EC", "crv": "P-256", "x": x}),
            json!({"kty": "EC", "crv": "P-256", "x": x, "y": "AAAA"}),
            json!({"kty": "EC", "crv": "P-256", "x": format!("{x}="), "y": x}),
            json!({"kty": "EC", "crv": "P-384", "x": x, "y": x}),
            json!({"kty": "EC", "crv": "secp256k1", "x": x, "y": x}),
            json!({"kty": "RSA", "n": "AQAB", "e": "AQAB"}),
            json!({"kty": "RSA", "n": base64url(&[0xff; 256]), "e": "AQ"}),
            json!({"kty": "RSA", "n": base64url(&[0xff; 256]), "e": "Ag"}),
            json!({"kty": "RSA", "n": base64url(&[0xfe; 256]), "e": "AQAB"}),
        ] {
            assert!(PublicJwk::read(&jwk).is_err(), "{jwk}");
        }
    }

    #[test]
    fn a_key_verifies_its_own_algorithms_only() {
        let x = "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs";
        let jwk = PublicJwk::read(&json!({"kty": "EC", "crv": "P-256", "x": x, "y": x})).unwrap();
        assert!(jwk.verifies("ES256"));
        for alg in ["none", "HS256", "ES384", "RS256", "EdDSA", ""] {
            assert!(!jwk.verifies(alg), "{alg}");
        }
    }
}
