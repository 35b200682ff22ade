//! ID tokens: OpenID Connect Core §2, signed as the client registered.

use super::{access, jwt};
use crate::claims;
use crate::claims_parameter;
use crate::client::{Client, SigningAlg};
use crate::grant::Grant;
use crate::pairwise;
use crate::ports::{Host, Keys, Signatures};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::base64url;
use crate::settings::Server;
use crate::time::UnixTime;
use crate::user::User;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

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
    let mut about = claims::about(user, scope);
    let by_name = claims_parameter::of_grant(grant.claims.as_ref());
    about.extend(claims_parameter::about(user, &by_name.id_token));
    let claims = Claims {
        iss: &server.issuer,
        sub: &pairwise::sub(client, &user.sub, host)?,
        aud: &client.client_id,
        iat: now,
        exp: now.plus(u64::from(server.lifetimes.id_token_s)),
        auth_time: grant.auth_time,
        nonce,
        at_hash: half_hash(client.id_token_signed_response_alg, access_token),
        sid: &pairwise::sid(client, &grant.sid, host)?,
        acr: grant.acr.as_deref(),
        amr: Some(grant.amr.as_slice()).filter(|amr| !amr.is_empty()),
        about,
    };
    jwt::sign(TYP, client.id_token_signed_response_alg, &claims, host)
}

/// `at_hash` (Core §3.1.3.6): the left half of the hash that goes with the ID token's own algorithm. Ed25519 hashes by SHA-512
/// (RFC 8032 §5.1).
fn half_hash(alg: SigningAlg, access_token: &str) -> String {
    let octets = access_token.as_bytes();
    let hash = match alg {
        SigningAlg::Es256 | SigningAlg::Rs256 => Sha256::digest(octets).to_vec(),
        SigningAlg::Es384 => Sha384::digest(octets).to_vec(),
        SigningAlg::EdDsa => Sha512::digest(octets).to_vec(),
    };
    let (half, _) = hash.split_at(hash.len() / 2);
    base64url(half)
}

/// An ID token of ours, perhaps expired, given back as `id_token_hint` (RP-Initiated Logout §2, Core §3.1.2.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// The user, as this client knows them (see [`crate::pairwise`]).
    pub sub: String,
    /// The client.
    pub client_id: String,
    /// The session, likewise.
    pub sid: String,
}

/// Reads `id_token_hint`.
///
/// # Errors
/// [`Refusal::HintInvalid`]; key failures.
pub fn hint(
    token: &str,
    server: &Server,
    keys: &(impl Keys + Signatures + ?Sized),
) -> Result<Hint, Refusal> {
    let (_, claims) = jwt::verify_own(token, &[TYP], keys).map_err(|refusal| match refusal {
        Refusal::TokenInvalid => Refusal::HintInvalid,
        other => other,
    })?;
    // Access tokens may have the same type, but say what they are.
    if claims.contains_key(access::TOKEN_USE) {
        return Err(Refusal::HintInvalid);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenID Connect Core §3.1.3.6; the octets are those of its example in §A.3 (`access_token`, `at_hash`), the longer ones were
    /// computed by another implementation.
    #[test]
    fn openid_core_s3_1_3_6_at_hash_follows_the_algorithm() {
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        for (alg, expected) in [
            (SigningAlg::Rs256, "77QmUPtjPfzWtF2AnpK9RQ"),
            (SigningAlg::Es256, "77QmUPtjPfzWtF2AnpK9RQ"),
            (SigningAlg::Es384, "jtAeDp945y1dDqU3nkIVGNZP1HjH_MFs"),
            (
                SigningAlg::EdDsa,
                "q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM",
            ),
        ] {
            assert_eq!(half_hash(alg, token), expected);
        }
    }
}
