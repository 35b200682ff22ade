//! ID tokens: OpenID Connect Core §2, signed as the client registered.

use super::jwt;
use crate::claims;
use crate::client::Client;
use crate::grant::Grant;
use crate::ports::{Host, Keys};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::base64url;
use crate::settings::Server;
use crate::time::UnixTime;
use crate::user::User;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// The type of an ID token.
pub const TYP: &str = "JWT";

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    iat: UnixTime,
    exp: UnixTime,
    auth_time: UnixTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    at_hash: String,
    sid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<&'a [String]>,
    #[serde(flatten)]
    about: Map<String, Value>,
}

/// Issues the ID token that goes with an access token. On refresh without `nonce` (Core §12.2).
///
/// # Errors
/// A key failure.
#[expect(
    clippy::too_many_arguments,
    reason = "one each of what an ID token speaks of"
)]
pub fn issue(
    client: &Client,
    user: &User,
    grant: &Grant,
    scope: &Scope,
    nonce: Option<&str>,
    access_token: &str,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<String, Refusal> {
    let claims = Claims {
        iss: &server.issuer,
        sub: &user.sub,
        aud: &client.client_id,
        iat: now,
        exp: now.plus(u64::from(server.lifetimes.id_token_s)),
        auth_time: grant.auth_time,
        nonce,
        at_hash: half_hash(access_token),
        sid: &grant.sid,
        acr: grant.acr.as_deref(),
        amr: Some(grant.amr.as_slice()).filter(|amr| !amr.is_empty()),
        about: claims::about(user, scope),
    };
    jwt::sign(TYP, client.id_token_signed_response_alg, &claims, host)
}

/// `at_hash` (Core §3.1.3.6): the left half of SHA-256, which goes with ES256 and RS256 alike.
fn half_hash(access_token: &str) -> String {
    let hash: [u8; 32] = Sha256::digest(access_token.as_bytes()).into();
    let (half, _) = hash.split_at(16);
    base64url(half)
}

/// An ID token of ours, perhaps expired, given back as `id_token_hint` (RP-Initiated Logout §2, Core §3.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The user.
    pub sub: String,
    /// The client.
    pub client_id: String,
    /// The session.
    pub sid: String,
}

/// Reads `id_token_hint`.
///
/// # Errors
/// [`Refusal::HintInvalid`]; key failures.
pub fn hint(token: &str, server: &Server, keys: &(impl Keys + ?Sized)) -> Result<Hint, Refusal> {
    let claims = jwt::verify_own(token, TYP, keys).map_err(|refusal| match refusal {
        Refusal::TokenInvalid => Refusal::HintInvalid,
        other => other,
    })?;
    let text = |name: &str| {
        claims
            .get(name)
            .and_then(Value::as_str)
            .map(str::to_owned)
            .ok_or(Refusal::HintInvalid)
    };
    if text("iss")? != server.issuer {
        return Err(Refusal::HintInvalid);
    }
    Ok(Hint {
        sub: text("sub")?,
        client_id: text("aud")?,
        sid: text("sid")?,
    })
}
