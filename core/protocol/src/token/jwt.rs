//! JSON Web Tokens in compact form: RFC 7515 §3.1, RFC 7519. Made here, and read back strictly.

use crate::client::SigningAlg;
use crate::ports::{Keys, Signatures};
use crate::refusal::Refusal;
use crate::secret::{base64url, from_base64url};
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Longest token that is looked at, bytes.
pub const MAX_LENGTH: usize = 16 * 1024;

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

/// The header of a token, read before anything is believed.
#[derive(Debug, Deserialize)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default)]
    typ: Option<String>,
    /// RFC 7515 §4.1.11: what we do not understand we must refuse, and we understand no extension.
    #[serde(default)]
    crit: Option<Value>,
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
    let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::TokenInvalid)?;
    let (header, claims) = signed.split_once('.').ok_or(Refusal::TokenInvalid)?;
    if token.len() > MAX_LENGTH || claims.contains('.') {
        return Err(Refusal::TokenInvalid);
    }
    let header: Header = decode(header)?;
    if header.crit.is_some() {
        return Err(Refusal::TokenInvalid);
    }
    let typ = typs
        .iter()
        .find(|typ| header.typ.as_deref() == Some(typ))
        .ok_or(Refusal::TokenInvalid)?;
    let jwks = keys.jwks()?;
    let jwk = find_key(&jwks, &header.kid, &header.alg).ok_or(Refusal::TokenInvalid)?;
    let signature = from_base64url(signature).ok_or(Refusal::TokenInvalid)?;
    if !keys.verify(jwk, &header.alg, signed.as_bytes(), &signature)? {
        return Err(Refusal::TokenInvalid);
    }
    Ok((typ, decode(claims)?))
}

/// The JWK of this `kid`, if it is for this `alg`.
fn find_key<'a>(jwks: &'a str, kid: &str, alg: &str) -> Option<&'a str> {
    let set: JwkSet<'a> = serde_json::from_str(jwks).ok()?;
    set.keys.into_iter().map(RawValue::get).find(|jwk| {
        serde_json::from_str::<JwkId<'_>>(jwk).is_ok_and(|id| id.kid == kid && id.alg == alg)
    })
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Refusal> {
    let bytes = from_base64url(part).ok_or(Refusal::TokenInvalid)?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::TokenInvalid)
}
