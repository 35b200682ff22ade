//! Demonstrating proof of possession: RFC 9449. What a proof says, and whether it may be believed.
//!
//! In order (§4.3): 1. size and shape ([`crate::token::jws`]); 2. `typ`; 3. `alg`, asymmetric and one of ours; 4. the key, public, of the kind that `alg` needs; 5. the
//! signature; 6. `htm`, `htu`; 7. the nonce; 8. `iat`, where no nonce says when the proof was made; 9. `ath`. That it is used once is a
//! write, [`Proof::spend`], and the caller's last step before its own.

use crate::jwk::PublicJwk;
use crate::ports::{Host, KeyFailure, Sealing, StoreFailure};
use crate::refusal::Refusal;
use crate::secret::{base64url, equal, from_base64url};
use crate::settings::NonceRule;
use crate::store;
use crate::strict_json;
use crate::time::UnixTime;
use crate::token::jws;
use fluent_uri::Uri;
use fluent_uri::component::Scheme;
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// Longest proof that is looked at, bytes.
pub const MAX_LENGTH: usize = 8 * 1024;
/// How far the `iat` of a proof may be from now, either way, seconds (§11.1).
pub const WINDOW_S: u64 = 60;
/// How long a nonce of ours is good, seconds (§8).
pub const NONCE_LIFETIME_S: u64 = 300;
/// Longest `jti` and nonce, bytes.
const MAX_TEXT: usize = 256;
/// The algorithms that are taken (§5.1 `dpop_signing_alg_values_supported`).
pub const ALGS: [&str; 5] = ["ES256", "ES384", "EdDSA", "RS256", "PS256"];
/// What nonces are sealed for.
const NONCE_PURPOSE: &[u8] = b"doorward dpop nonce";

/// What a proof must be for.
pub struct Expected<'a> {
    /// The method of the request that it came with.
    pub method: &'a str,
    /// The URI of that request, without query and fragment.
    pub uri: &'a str,
    /// The access token that it came with, if it came with one.
    pub access_token: Option<&'a str>,
    /// Whether it must have a nonce of ours.
    pub nonce: NonceRule,
    /// Now.
    pub now: UnixTime,
}

/// A proof that holds. Only [`check`] builds one; that nobody used it before, only [`Proof::spend`] knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The thumbprint of its key (RFC 7638).
    pub jkt: String,
    /// SHA-256 of its `jti`.
    jti_sha256: String,
    /// The first second at which it holds no more.
    ends_at: UnixTime,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: f64,
    #[serde(default)]
    exp: Option<f64>,
    #[serde(default)]
    nbf: Option<f64>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    ath: Option<String>,
}

/// Checks a proof.
///
/// # Errors
/// [`Refusal::DpopProofInvalid`]; [`Refusal::DpopNonceRequired`] with a fresh nonce; key failures.
pub fn check(proof: &str, expected: &Expected<'_>, host: &dyn Host) -> Result<Proof, Refusal> {
    let invalid = |what| Err(Refusal::DpopProofInvalid(what));
    if proof.len() > MAX_LENGTH {
        return invalid("it is too long");
    }
    let jws = jws::parse(proof).map_err(Refusal::DpopProofInvalid)?;
    if jws.typ() != Some("dpop+jwt") {
        return invalid("typ must be dpop+jwt");
    }
    if !ALGS.contains(&jws.alg()) {
        return invalid("alg is not supported");
    }
    let jwk = jws.header("jwk").unwrap_or(&Value::Null);
    let jwk = PublicJwk::read(jwk).map_err(Refusal::DpopProofInvalid)?;
    if !jwk.verifies(jws.alg()) {
        return invalid("the key is not for alg");
    }
    match jws.is_signed_by(&jwk, host) {
        Ok(true) => {}
        Ok(false) | Err(KeyFailure::Unsupported(_)) => return invalid("the signature is wrong"),
        Err(failure) => return Err(failure.into()),
    }
    let claims = read(jws.payload())?;
    if claims.jti.is_empty() || claims.jti.len() > MAX_TEXT {
        return invalid("jti must be 1 to 256 bytes");
    }
    if claims.htm != expected.method {
        return invalid("htm is not the method of the request");
    }
    if normalised(&claims.htu).is_none_or(|htu| normalised(expected.uri) != Some(htu)) {
        return invalid("htu is not the URI of the request");
    }
    let ends_at = ends_at(&claims, expected, host)?;
    match (expected.access_token, &claims.ath) {
        (None, _) => {}
        (Some(token), Some(ath)) if equal(ath, &sha256(token)) => {}
        (Some(_), _) => return invalid("ath is not the hash of the access token"),
    }
    Ok(Proof {
        jkt: jwk.thumbprint(),
        jti_sha256: sha256(&claims.jti),
        ends_at,
    })
}

/// When a proof ends to hold, if it holds now: by the time in its nonce, which is ours, otherwise by its `iat` (§11.1).
fn ends_at(claims: &Claims, expected: &Expected<'_>, keys: &dyn Host) -> Result<UnixTime, Refusal> {
    let now = expected.now;
    let made = seconds(claims.iat)?;
    let not_before = claims.nbf.map_or(Ok(UnixTime(0)), seconds)?;
    let expires = claims.exp.map_or(Ok(UnixTime(u64::MAX)), seconds)?;
    if now >= expires || now.plus(WINDOW_S) < not_before {
        return Err(Refusal::DpopProofInvalid(
            "it has expired, or is not valid yet",
        ));
    }
    match &claims.nonce {
        Some(nonce) => match nonce_ends_at(nonce, now, keys)? {
            Some(end) => Ok(end),
            None => Err(Refusal::DpopNonceRequired(fresh_nonce(now, keys)?)),
        },
        None if expected.nonce == NonceRule::Required => {
            Err(Refusal::DpopNonceRequired(fresh_nonce(now, keys)?))
        }
        None if now.since(made) > WINDOW_S || made.since(now) > WINDOW_S => {
            Err(Refusal::DpopProofInvalid("iat is not now"))
        }
        None => Ok(made.plus(WINDOW_S).plus(1)),
    }
}

impl Proof {
    /// Uses the proof up (§11.1): of all who send it, one goes on.
    ///
    /// # Errors
    /// [`Refusal::DpopProofInvalid`] if it was used before; store failures.
    pub fn spend(&self, host: &dyn Host) -> Result<(), Refusal> {
        let key = format!("dpop/{}/{}", self.jkt, self.jti_sha256);
        match store::insert(host, &key, &true, Some(self.ends_at)) {
            Ok(_) => Ok(()),
            Err(StoreFailure::Conflict) => Err(Refusal::DpopProofInvalid("it was used before")),
            Err(failure) => Err(failure.into()),
        }
    }
}

/// A nonce: the time, sealed, so that nothing need be kept (§8).
///
/// # Errors
/// Key failures.
pub fn fresh_nonce(now: UnixTime, sealing: &dyn Sealing) -> Result<String, Refusal> {
    Ok(base64url(
        &sealing.seal(&now.0.to_be_bytes(), NONCE_PURPOSE)?,
    ))
}

/// When a nonce of ours that is still good ends to be.
fn nonce_ends_at(
    nonce: &str,
    now: UnixTime,
    sealing: &dyn Sealing,
) -> Result<Option<UnixTime>, Refusal> {
    let Some(sealed) = from_base64url(nonce).filter(|_| nonce.len() <= MAX_TEXT) else {
        return Ok(None);
    };
    let opened = match sealing.open(&sealed, NONCE_PURPOSE) {
        Ok(opened) => opened,
        Err(KeyFailure::Unavailable(why)) => return Err(Refusal::Keys(why)),
        Err(_) => return Ok(None),
    };
    let Ok(bytes) = <[u8; 8]>::try_from(opened) else {
        return Ok(None);
    };
    let end = UnixTime(u64::from_be_bytes(bytes)).plus(NONCE_LIFETIME_S);
    Ok(Some(end).filter(|end| now < *end))
}

/// The `ath` of an access token (§4.2), and the hash of a `jti`.
fn sha256(text: &str) -> String {
    base64url(&Sha256::digest(text.as_bytes()))
}

/// A `NumericDate` (RFC 7519 §2): seconds, perhaps with a fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "in bounds: checked before"
)]
fn seconds(date: f64) -> Result<UnixTime, Refusal> {
    if (0.0..=1e15).contains(&date) {
        Ok(UnixTime(date as u64))
    } else {
        Err(Refusal::DpopProofInvalid("a time in it is none"))
    }
}

/// A URI in the spelling in which two are compared (§4.3: RFC 3986 §6.2.2 and §6.2.3), without query and fragment; none if it is not one
/// of HTTP.
fn normalised(uri: &str) -> Option<String> {
    let uri = Uri::parse(uri).ok()?.normalize();
    let authority = uri.authority()?;
    if authority.has_userinfo()
        || ![Scheme::new_or_panic("https"), Scheme::new_or_panic("http")].contains(&uri.scheme())
    {
        return None;
    }
    let path = match uri.path().as_str() {
        "" => "/",
        path => path,
    };
    Some(format!("{}://{authority}{path}", uri.scheme()))
}

/// No member twice; what we do not read nests no deeper than a JWK in a header.
fn read(claims: &[u8]) -> Result<Claims, Refusal> {
    strict_json::object(claims, 6)
        .ok()
        .and_then(|claims| serde_json::from_value(Value::Object(claims)).ok())
        .ok_or(Refusal::DpopProofInvalid(
            "a claim of it is missing or malformed",
        ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::{Memory, foreign_jwk, foreign_jwt};
    use serde_json::json;

    const URI: &str = "https://id.example/token";

    fn memory() -> Memory {
        Memory::new(&json!({ "issuer": "https://id.example" }))
    }

    fn header() -> Value {
        json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": foreign_jwk("one") })
    }

    fn claims(memory: &Memory) -> Value {
        json!({ "jti": "j", "htm": "POST", "htu": URI, "iat": memory.now.get() })
    }

    fn with(mut object: Value, name: &str, value: Value) -> Value {
        object[name] = value;
        object
    }

    fn expected(memory: &Memory) -> Expected<'static> {
        Expected {
            method: "POST",
            uri: URI,
            access_token: None,
            nonce: NonceRule::Off,
            now: UnixTime(memory.now.get()),
        }
    }

    fn checked(memory: &Memory, header: &Value, claims: &Value) -> Result<Proof, Refusal> {
        check(&foreign_jwt(header, claims), &expected(memory), memory)
    }

    #[test]
    fn rfc9449_s4_3_a_proof_that_holds_names_its_key() {
        let memory = memory();
        let proof = checked(&memory, &header(), &claims(&memory)).unwrap();
        assert_eq!(
            proof.jkt,
            PublicJwk::read(&foreign_jwk("one")).unwrap().thumbprint()
        );
    }

    #[test]
    fn rfc9449_s4_3_every_member_of_the_header_is_checked() {
        let memory = memory();
        let private = with(foreign_jwk("one"), "d", json!("AAAA"));
        let other_kind = json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(&[1; 32])});
        for header in [
            with(header(), "typ", json!("JWT")),
            with(header(), "typ", json!("at+jwt")),
            with(header(), "typ", Value::Null),
            with(header(), "alg", json!("none")),
            with(header(), "alg", json!("HS256")),
            with(header(), "alg", json!("RS256")),
            with(header(), "alg", json!("es256")),
            with(header(), "jwk", private),
            with(header(), "jwk", other_kind),
            with(header(), "jwk", json!({"kty": "oct", "k": "AAAA"})),
            with(header(), "jwk", Value::Null),
            with(header(), "crit", json!(["b64"])),
        ] {
            let refused = checked(&memory, &header, &claims(&memory));
            assert!(
                matches!(refused, Err(Refusal::DpopProofInvalid(_))),
                "{header}: {refused:?}"
            );
        }
    }

    #[test]
    fn rfc9449_s4_3_every_claim_is_checked() {
        let memory = memory();
        let now = memory.now.get();
        for (name, value) in [
            ("jti", json!("")),
            ("jti", json!("j".repeat(257))),
            ("jti", Value::Null),
            ("htm", json!("GET")),
            ("htm", json!("post")),
            ("htu", json!("https://id.example/userinfo")),
            ("htu", json!("https://id.example/token/")),
            ("htu", json!("https://id.example:8443/token")),
            ("htu", json!("http://id.example/token")),
            ("htu", json!("https://evil.example/token")),
            ("htu", json!("https://id.example@evil.example/token")),
            ("htu", json!("https://id.example:1@evil.example/token")),
            ("htu", json!("/token")),
            ("htu", json!("https://id.example/TOKEN")),
            ("iat", json!(now - 61)),
            ("iat", json!(now + 61)),
            ("iat", json!(-1)),
            ("iat", json!("now")),
            ("iat", Value::Null),
            ("exp", json!(now)),
            ("nbf", json!(now + 61)),
        ] {
            let refused = checked(
                &memory,
                &header(),
                &with(claims(&memory), name, value.clone()),
            );
            assert!(
                matches!(refused, Err(Refusal::DpopProofInvalid(_))),
                "{name} {value}: {refused:?}"
            );
        }
    }

    #[test]
    fn rfc9449_s4_3_htu_is_compared_as_rfc3986_says() {
        let memory = memory();
        for htu in [
            "https://id.example/token?x=1",
            "https://id.example/token#f",
            "https://id.example:443/token",
            "HTTPS://ID.Example/token",
            "https://id.example/%74oken",
            "https://id.example/x/../token",
        ] {
            let claims = with(claims(&memory), "htu", json!(htu));
            assert!(checked(&memory, &header(), &claims).is_ok(), "{htu}");
        }
    }

    #[test]
    fn rfc9449_s4_3_the_signature_is_by_the_key_in_the_header() {
        let memory = memory();
        let proof = foreign_jwt(&header(), &claims(&memory));
        let other = foreign_jwt(&with(header(), "jwk", foreign_jwk("two")), &claims(&memory));
        let (signed, _) = proof.rsplit_once('.').unwrap();
        let (_, signature) = other.rsplit_once('.').unwrap();
        let forged = format!("{signed}.{signature}");
        for forged in [
            forged.as_str(),
            &format!("{signed}."),
            signed,
            "",
            "..",
            &format!("{proof}.x"),
            &format!("{proof}{}", "A".repeat(MAX_LENGTH)),
        ] {
            let refused = check(forged, &expected(&memory), &memory);
            assert!(
                matches!(refused, Err(Refusal::DpopProofInvalid(_))),
                "{forged}"
            );
        }
    }

    #[test]
    fn rfc9449_s4_3_ath_is_the_hash_of_the_token_that_came_along() {
        let memory = memory();
        let expected = Expected {
            access_token: Some("token"),
            ..expected(&memory)
        };
        for (ath, good) in [
            (json!(sha256("token")), true),
            (json!(sha256("other")), false),
            (json!("token"), false),
            (Value::Null, false),
        ] {
            let proof = foreign_jwt(&header(), &with(claims(&memory), "ath", ath.clone()));
            assert_eq!(check(&proof, &expected, &memory).is_ok(), good, "{ath}");
        }
    }

    #[test]
    fn rfc9449_s11_1_a_proof_is_used_once_for_as_long_as_it_holds() {
        let memory = memory();
        let claims = with(claims(&memory), "iat", json!(memory.now.get() + 60));
        let spend = || checked(&memory, &header(), &claims)?.spend(&memory);
        assert_eq!(spend(), Ok(()));
        for _ in 0..=120 {
            assert!(matches!(spend(), Err(Refusal::DpopProofInvalid(_))));
            memory.now.set(memory.now.get() + 1);
        }
        let other_key = with(header(), "jwk", foreign_jwk("two"));
        let claims = self::claims(&memory);
        assert!(
            checked(&memory, &other_key, &claims)
                .unwrap()
                .spend(&memory)
                .is_ok()
        );
    }

    #[test]
    fn rfc9449_s8_nonces_are_ours_young_and_bound_to_their_purpose() {
        let memory = memory();
        let mut expected = expected(&memory);
        expected.nonce = NonceRule::Required;
        let try_with = |nonce: Value, now: u64| {
            let claims = with(with(claims(&memory), "nonce", nonce), "iat", json!(1));
            let expected = Expected {
                now: UnixTime(now),
                ..self::expected(&memory)
            };
            check(&foreign_jwt(&header(), &claims), &expected, &memory)
        };
        let refused = check(
            &foreign_jwt(&header(), &claims(&memory)),
            &expected,
            &memory,
        );
        let Err(Refusal::DpopNonceRequired(nonce)) = refused else {
            panic!("{refused:?}")
        };
        let now = memory.now.get();
        assert!(
            try_with(json!(nonce), now + 299).is_ok(),
            "whatever its iat"
        );
        let elsewhere = base64url(&memory.seal(&now.to_be_bytes(), b"other").unwrap());
        for (bad, at) in [
            (json!(nonce), now + 300),
            (json!("x"), now),
            (json!(""), now),
            (json!(elsewhere), now),
        ] {
            assert!(
                matches!(
                    try_with(bad.clone(), at),
                    Err(Refusal::DpopNonceRequired(_))
                ),
                "{bad}"
            );
        }
    }
}
