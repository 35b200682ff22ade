//! Client secrets that are JWTs, signed with a key of one's own: "Sign in with Apple" (ES256; RFC 7519).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::DecodePrivateKey as _;
use serde_json::json;

use crate::Failure;
use crate::settings::Secret;

/// How long one is good for, seconds: it is made for one request.
const LIFETIME_S: u64 = 300;

/// How to make such a secret.
#[derive(Debug, Clone)]
pub struct SignedSecret {
    /// `iss`: the team.
    pub team_id: String,
    /// `kid`: the key's id.
    pub key_id: String,
    /// The private key: the text of the `.p8` file (PKCS #8, PEM, P-256).
    pub private_key: Secret,
    /// `aud`: the server.
    pub audience: String,
}

impl SignedSecret {
    /// The secret of `client_id`, at this time. The signature needs no randomness (RFC 6979).
    pub(super) fn make(&self, client_id: &str, now: u64) -> Result<String, Failure> {
        let wrong = |what: &str| Failure::Unavailable(format!("settings: {what}"));
        if self.team_id.is_empty() || self.key_id.is_empty() {
            return Err(wrong("`team_id` or `key_id` is empty"));
        }
        let key = SigningKey::from_pkcs8_pem(self.private_key.reveal().trim()).map_err(|_| {
            wrong(
                "`private_key` is no P-256 key in PEM (PKCS #8): give it the text of the .p8 file",
            )
        })?;
        let header = json!({"alg": "ES256", "kid": self.key_id});
        let claims = json!({
            "iss": self.team_id,
            "iat": now,
            "exp": now + LIFETIME_S,
            "aud": self.audience,
            "sub": client_id,
        });
        let encode = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature: Signature = key.sign(message.as_bytes());
        Ok(format!(
            "{message}.{}",
            URL_SAFE_NO_PAD.encode(signature.to_bytes())
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;

    /// A key for tests only.
    const KEY: &str = include_str!("testdata/test-only.p8");

    fn apple(key: &str) -> SignedSecret {
        SignedSecret {
            team_id: "TEAM".to_owned(),
            key_id: "KEY".to_owned(),
            private_key: Secret::new(key),
            audience: "https://appleid.apple.com".to_owned(),
        }
    }

    #[test]
    fn it_is_a_jwt_that_our_key_signed() {
        let jwt = apple(KEY).make("com.example.door", 1_000).unwrap();
        let (message, signature) = jwt.rsplit_once('.').unwrap();
        let (header, claims) = message.split_once('.').unwrap();
        let read = |part: &str| -> serde_json::Value {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        assert_eq!(read(header), json!({"alg": "ES256", "kid": "KEY"}));
        let expected = json!({
            "iss": "TEAM", "iat": 1_000, "exp": 1_300, "aud": "https://appleid.apple.com", "sub": "com.example.door",
        });
        assert_eq!(read(claims), expected);
        let key = VerifyingKey::from(&SigningKey::from_pkcs8_pem(KEY.trim()).unwrap());
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        assert!(key.verify(message.as_bytes(), &signature).is_ok());
    }

    #[test]
    fn what_is_no_key_is_said_without_quoting_it() {
        for key in [
            "",
            "s3cret",
            "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----",
        ] {
            let Err(Failure::Unavailable(text)) = apple(key).make("door", 0) else {
                panic!("a secret of {key:?}")
            };
            assert!(
                text.contains("private_key") && !text.contains("s3cret"),
                "{text}"
            );
        }
    }
}
