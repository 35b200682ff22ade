//! JSON Web Tokens in compact form: RFC 7515 §3.1, RFC 7519. Made here, and read back strictly.

use crate::client::SigningAlg;
use crate::ports::{Keys, Signatures};
use crate::refusal::Refusal;
use crate::secret::base64url;
use crate::token::jws;
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Signs claims into a JWT of type `typ`.
///
/// # Errors
/// A key failure.
pub fn sign(
    typ: &str,
    alg: SigningAlg,
    claims: &impl Serialize,
    keys: &(impl Keys + ?Sized),
) -> Result<String, Refusal> {
    let kid = keys.current(alg.name())?;
    let header = format!(r#"{{"alg":"{}","typ":"{typ}","kid":"{kid}"}}"#, alg.name());
    let claims = serde_json::to_vec(claims).map_err(|error| Refusal::Keys(error.to_string()))?;
    let mut token = base64url(header.as_bytes());
    token.push('.');
    token.push_str(&base64url(&claims));
    let signature = keys.sign(&kid, token.as_bytes())?;
    token.push('.');
    token.push_str(&base64url(&signature));
    Ok(token)
}

#[derive(Deserialize)]
struct JwkSet<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct JwkId<'a> {
    kid: &'a str,
    alg: &'a str,
}

/// Reads a JWT that we signed ourselves: one of the types `typs`, which is returned, one of our keys by `kid`, the algorithm that this key is for, a right
/// signature. Keys named in the token (`jku`, `jwk`, `x5u`) are never looked at. Expiry is the caller's.
///
/// # Errors
/// [`Refusal::TokenInvalid`], or a key failure.
pub fn verify_own(
    token: &str,
    typs: &[&'static str],
    keys: &(impl Keys + Signatures + ?Sized),
) -> Result<(&'static str, Map<String, Value>), Refusal> {
    let jws = jws::parse(token).map_err(|_| Refusal::TokenInvalid)?;
    let typ = typs
        .iter()
        .find(|typ| jws.typ() == Some(**typ))
        .ok_or(Refusal::TokenInvalid)?;
    let published = keys.jwks()?;
    let jwk = jws
        .kid()
        .and_then(|kid| find_key(&published, kid, jws.alg()))
        .ok_or(Refusal::TokenInvalid)?;
    if !keys.verify(jwk, jws.alg(), jws.signing_input(), jws.signature())? {
        return Err(Refusal::TokenInvalid);
    }
    let claims = serde_json::from_slice(jws.payload()).map_err(|_| Refusal::TokenInvalid)?;
    Ok((typ, claims))
}

/// The JWK of this `kid`, if it is for this `alg`.
fn find_key<'a>(jwks: &'a str, kid: &str, alg: &str) -> Option<&'a str> {
    let set: JwkSet<'a> = serde_json::from_str(jwks).ok()?;
    set.keys.into_iter().map(RawValue::get).find(|jwk| {
        serde_json::from_str::<JwkId<'_>>(jwk).is_ok_and(|id| id.kid == kid && id.alg == alg)
    })
}
