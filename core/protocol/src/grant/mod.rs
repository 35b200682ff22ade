//! Grants: what a person gave to a client. One record holds all of it (the code's state, the refresh token's, the scopes
//! and the resources) so that redeeming, rotating and revoking are each one read and one conditional write.

pub mod authorization_code;
pub mod client_credentials;
pub mod device_code;
pub mod jwt_bearer;
pub mod refresh_token;
pub mod token_exchange;

use crate::pkce::CodeChallenge;
use crate::ports::{Host, Records, StoreFailure};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::{SecretHash, is_base64url};
use crate::store::{self, Stored};
use crate::time::UnixTime;
use crate::user::User;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Starts every authorization code: `dwc_<grant>.<secret>`.
const CODE_PREFIX: &str = "dwc_";
/// Starts every device code: `dwd_<grant>.<secret>`.
const DEVICE_PREFIX: &str = "dwd_";
/// Starts every refresh token: `dwr_<grant>.<family>.<secret>`.
const REFRESH_PREFIX: &str = "dwr_";

/// A grant, as it is kept under `grant/<id>`. Revoking it is removing the record: ids are random and never come back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// To whom.
    pub client_id: String,
    /// By whom.
    pub sub: String,
    /// The generation of the user's grants that it belongs to; see [`User::generation`].
    pub generation: u32,
    /// If it ends with the session, the generation of those; see [`User::session_generation`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_generation: Option<u32>,
    /// The browser session in which it was given, its public id.
    pub sid: String,
    /// What.
    pub scope: Scope,
    /// At which resources; none: at the issuer itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// When the person proved who they are.
    pub auth_time: UnixTime,
    /// How (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// By which provider.
    pub provider: String,
    /// How strongly (OpenID Connect Core §2 `acr`), if the configuration has names for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// What, in the words of RFC 9396.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details: Vec<Value>,
    /// Which claims the client asked for by name (OpenID Connect Core §5.5): the `claims` parameter as it was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claims: Option<Value>,
    /// The key that its refresh tokens are bound to: that of a public client (RFC 9449 §5, RFC 8705 §4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<Confirmation>,
    /// Who acts for the person (RFC 8693 §4.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<Value>,
    /// When it was given.
    pub created_at: UnixTime,
    /// On what: see [`crate::user_agent`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Until when its entry in the index of its person is kept: see [`crate::granted`].
    #[serde(default)]
    pub listed_until: UnixTime,
    /// Its authorization code.
    pub code: Code,
    /// Its refresh token, once the code was redeemed, if the client uses them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh: Option<Refresh>,
}

/// The authorization code of a grant. Kept after it was redeemed, so that a replay is known for what it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// SHA-256 of its secret.
    pub sha256: SecretHash,
    /// When it dies unredeemed.
    pub expires_at: UnixTime,
    /// When it was redeemed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redeemed_at: Option<UnixTime>,
    /// Where it was sent; empty for a device code, which is sent nowhere.
    pub redirect_uri: String,
    /// The authorization request named that URI itself (RFC 6749 §4.1.3).
    pub redirect_uri_sent: bool,
    /// RFC 7636.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<CodeChallenge>,
    /// For the ID token (OpenID Connect Core §3.1.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The key that must be shown when it is redeemed (RFC 9449 §10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop_jkt: Option<String>,
}

/// The key that whoever presents a token must prove to hold: the `cnf` claim (RFC 7800 §3.1).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Confirmation {
    /// SHA-256 thumbprint of a JWK (RFC 9449 §6.1).
    #[serde(rename = "jkt")]
    Jkt(String),
    /// SHA-256 thumbprint of a certificate (RFC 8705 §3.1).
    #[serde(rename = "x5t#S256")]
    X5tS256(String),
}

/// The refresh token of a grant: see [`mod@refresh_token`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refresh {
    /// SHA-256 of the part that all tokens of this grant share: tells an old token from a made-up one.
    pub family_sha256: SecretHash,
    /// SHA-256 of the secret of the newest token.
    pub sha256: SecretHash,
    /// When the newest token was made.
    pub issued_at: UnixTime,
    /// When the newest token dies unused.
    pub expires_at: UnixTime,
    /// Tokens rotated within the reuse window, newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rotated: Vec<Rotated>,
}

/// A token that was rotated a moment ago.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rotated {
    /// SHA-256 of its secret.
    pub sha256: SecretHash,
    /// With it and the token's own secret, and only with both, its successor can be made again.
    pub salt: String,
    /// When it was rotated.
    pub at: UnixTime,
}

/// What a code or refresh token says of itself, before anything is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented<'a> {
    /// The grant's id: a plain key, no proof of anything.
    pub grant_id: &'a str,
    /// The family part; empty in a code.
    pub family: &'a str,
    /// The secret part.
    pub secret: &'a str,
}

/// Takes an authorization code apart. `None`: not one of ours.
#[must_use]
pub fn parse_code(code: &str) -> Option<Presented<'_>> {
    parse_prefixed(CODE_PREFIX, code)
}

/// Takes a device code (RFC 8628 §3.2) apart. `None`: not one of ours.
#[must_use]
pub fn parse_device_code(code: &str) -> Option<Presented<'_>> {
    parse_prefixed(DEVICE_PREFIX, code)
}

fn parse_prefixed<'a>(prefix: &str, code: &'a str) -> Option<Presented<'a>> {
    let (grant_id, secret) = code.strip_prefix(prefix)?.split_once('.')?;
    (is_base64url(grant_id, 22) && is_base64url(secret, 43)).then_some(Presented {
        grant_id,
        family: "",
        secret,
    })
}

/// Takes a refresh token apart. `None`: not one of ours.
#[must_use]
pub fn parse_refresh_token(token: &str) -> Option<Presented<'_>> {
    let mut parts = token.strip_prefix(REFRESH_PREFIX)?.split('.');
    let (grant_id, family, secret) = (parts.next()?, parts.next()?, parts.next()?);
    let legal = is_base64url(grant_id, 22) && is_base64url(family, 43) && is_base64url(secret, 43);
    (legal && parts.next().is_none()).then_some(Presented {
        grant_id,
        family,
        secret,
    })
}

/// Puts an authorization code together.
#[must_use]
pub fn code(grant_id: &str, secret: &str) -> String {
    format!("{CODE_PREFIX}{grant_id}.{secret}")
}

/// Puts a device code together.
#[must_use]
pub fn device_code(grant_id: &str, secret: &str) -> String {
    format!("{DEVICE_PREFIX}{grant_id}.{secret}")
}

/// Puts a refresh token together.
#[must_use]
pub fn refresh_token(grant_id: &str, family: &str, secret: &str) -> String {
    format!("{REFRESH_PREFIX}{grant_id}.{family}.{secret}")
}

/// The key of a grant's record.
#[must_use]
pub fn key(grant_id: &str) -> String {
    format!("grant/{grant_id}")
}

impl Grant {
    /// How long the record must be kept: as long as anything issued from it can be alive, `access_lifetime_s` from `now`
    /// for access tokens.
    #[must_use]
    pub fn kept_until(&self, now: UnixTime, access_lifetime_s: u32) -> UnixTime {
        let access = now.plus(u64::from(access_lifetime_s));
        let refresh = self
            .refresh
            .as_ref()
            .map_or(UnixTime(0), |refresh| refresh.expires_at);
        access.max(refresh)
    }

    /// Whether the user whose grant this is still stands by it.
    ///
    /// # Errors
    /// [`Refusal::GrantEnded`] if they are gone, disabled, or have ended all grants since.
    pub fn stands(&self, user: Option<&User>) -> Result<(), Refusal> {
        match user {
            Some(user)
                if !user.disabled
                    && user.generation == self.generation
                    && self
                        .session_generation
                        .is_none_or(|generation| generation == user.session_generation) =>
            {
                Ok(())
            }
            _ => Err(Refusal::GrantEnded),
        }
    }

    /// When something was last issued from it.
    #[must_use]
    pub fn last_used(&self) -> UnixTime {
        let redeemed = self.code.redeemed_at.unwrap_or(self.created_at);
        let refreshed = self
            .refresh
            .as_ref()
            .map_or(UnixTime(0), |refresh| refresh.issued_at);
        redeemed.max(refreshed)
    }
}

/// Reads a grant.
///
/// # Errors
/// A store failure.
pub fn find(grant_id: &str, host: &dyn Host) -> Result<Option<Stored<Grant>>, Refusal> {
    store::get(host, &key(grant_id))
}

/// Revokes a grant and with it every token issued from it.
///
/// # Errors
/// A store failure.
pub fn revoke(grant_id: &str, records: &(impl Records + ?Sized)) -> Result<(), StoreFailure> {
    records.remove(&key(grant_id), None)
}
