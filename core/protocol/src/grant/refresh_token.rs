//! Refresh tokens: OAuth 2.1 §4.3, rotation and replay detection as RFC 9700 §4.14.2 asks, made safe for lost answers.
//!
//! A token is `dwr_<grant>.<family>.<secret>`. The family part is the same for all tokens of a grant, the secret is new in
//! each. Only hashes of both are kept. The successor's secret is SHA-256 over the old secret and a random salt that stays in
//! the record for the reuse window: whoever presents the old token again inside the window gets the same successor, without
//! the store ever holding one, and neither an old token nor the store alone is enough to make it.
//!
//! In order: 1. the family; 2. the client; 3. the key that it is bound to; 4. is it the newest, one rotated inside the
//! window, or an old one; 5. has it expired. What was asked for is checked by the endpoint before anything changes.

use super::{Confirmation, Grant, Presented, Refresh, Rotated};
use crate::client::Client;
use crate::client::authenticate::AuthenticatedClient;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::{SecretHash, base64url, sha256_of};
use crate::time::UnixTime;

/// Most rotations inside one window that are remembered; beyond it the oldest counts as old.
pub const MAX_ROTATED: usize = 16;
/// Longest reuse window, seconds.
pub const MAX_REUSE_WINDOW_S: u32 = 3600;

/// What a presented refresh token turned out to be. Only [`recognise`] builds one.
#[derive(Debug, PartialEq, Eq)]
pub enum Recognised {
    /// The newest: rotate it.
    Newest,
    /// Rotated a moment ago: the secret that took its place, to be given out again without a write.
    JustRotated(String),
}

/// Lifetimes that govern a client's refresh tokens, seconds.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// Since the last rotation.
    pub idle_s: u32,
    /// Since the grant was given.
    pub grant_s: u32,
    /// The reuse window.
    pub reuse_window_s: u32,
}

/// Decides what the presented token is. The caller has read `grant` by its id and authenticated `client`; `shown` is the key that its sender showed.
///
/// # Errors
/// `invalid_grant` on the wire, always. On [`Refusal::RefreshTokenReplayed`] the caller also revokes the grant.
pub fn recognise(
    presented: &Presented<'_>,
    client: &AuthenticatedClient,
    shown: Option<&Confirmation>,
    grant: &Grant,
    reuse_window_s: u32,
    now: UnixTime,
) -> Result<Recognised, Refusal> {
    let refresh = grant.refresh.as_ref().ok_or(Refusal::RefreshTokenUnknown)?;
    // A grant's id is no secret. Only who ever held a token of this grant knows its family, so that nobody else can
    // have the grant revoked.
    if !refresh.family_sha256.matches(presented.family) {
        return Err(Refusal::RefreshTokenUnknown);
    }
    if grant.client_id != client.client().client_id {
        return Err(Refusal::RefreshTokenOfAnotherClient);
    }
    if grant.confirmation.is_some() && grant.confirmation.as_ref() != shown {
        return Err(match grant.confirmation {
            Some(Confirmation::X5tS256(_)) => Refusal::CertificateMismatch,
            _ => Refusal::DpopKeyMismatch,
        });
    }
    if refresh.sha256.matches(presented.secret) {
        return if now < refresh.expires_at {
            Ok(Recognised::Newest)
        } else {
            Err(Refusal::RefreshTokenExpired)
        };
    }
    let recent = refresh
        .rotated
        .iter()
        .find(|rotated| rotated.sha256.matches(presented.secret));
    match recent {
        Some(rotated) if now.since(rotated.at) < u64::from(reuse_window_s) => {
            if now >= refresh.expires_at {
                return Err(Refusal::RefreshTokenExpired);
            }
            newest(refresh, presented.secret).map(Recognised::JustRotated)
        }
        _ => Err(Refusal::RefreshTokenReplayed),
    }
}

/// The secret of the newest token, made again from that of one rotated inside the window: the successor, or, if that was
/// rotated meanwhile too, the successor's successor. One that is not the newest would count as a replay when it is used.
fn newest(refresh: &Refresh, secret: &str) -> Result<String, Refusal> {
    let mut secret = secret.to_owned();
    for _ in 0..=refresh.rotated.len() {
        if refresh.sha256.matches(&secret) {
            return Ok(secret);
        }
        let rotated = refresh
            .rotated
            .iter()
            .find(|rotated| rotated.sha256.matches(&secret));
        let rotated = rotated.ok_or(Refusal::RefreshTokenReplayed)?;
        secret = successor(&secret, &rotated.salt);
    }
    Err(Refusal::RefreshTokenReplayed)
}

/// Rotates: the grant with a new newest token, and that token's secret. `salt` is 256 fresh random bits.
#[must_use]
pub fn rotate(
    mut grant: Grant,
    old_secret: &str,
    salt: String,
    lifetimes: Lifetimes,
    now: UnixTime,
) -> (Grant, String) {
    let secret = successor(old_secret, &salt);
    if let Some(refresh) = &mut grant.refresh {
        let window = u64::from(lifetimes.reuse_window_s);
        refresh
            .rotated
            .retain(|rotated| now.since(rotated.at) < window);
        if refresh.rotated.len() == MAX_ROTATED {
            refresh.rotated.remove(0);
        }
        if window > 0 {
            refresh.rotated.push(Rotated {
                sha256: refresh.sha256.clone(),
                salt,
                at: now,
            });
        }
        refresh.sha256 = SecretHash::of(&secret);
        refresh.issued_at = now;
        refresh.expires_at = expiry(grant.created_at, lifetimes, now);
    }
    (grant, secret)
}

/// The first refresh token of a grant.
#[must_use]
pub fn begin(
    family: &str,
    secret: &str,
    granted_at: UnixTime,
    lifetimes: Lifetimes,
    now: UnixTime,
) -> Refresh {
    Refresh {
        family_sha256: SecretHash::of(family),
        sha256: SecretHash::of(secret),
        issued_at: now,
        expires_at: expiry(granted_at, lifetimes, now),
        rotated: Vec::new(),
    }
}

/// Idle lifetime from now, but never past the end of the grant.
fn expiry(granted_at: UnixTime, lifetimes: Lifetimes, now: UnixTime) -> UnixTime {
    now.plus(u64::from(lifetimes.idle_s))
        .min(granted_at.plus(u64::from(lifetimes.grant_s)))
}

/// The lifetimes of a client's refresh tokens, narrowed by a policy's bound if it set one.
#[must_use]
pub fn lifetimes(
    client: &Client,
    server: &crate::settings::Server,
    scope: &Scope,
    policy_bound_s: Option<u32>,
) -> Lifetimes {
    let own = client
        .refresh_token_lifetime_s
        .unwrap_or(server.lifetimes.refresh_token_s);
    Lifetimes {
        idle_s: policy_bound_s.map_or(own, |bound| bound.min(own)),
        // Without `offline_access` a grant lives no longer than the session that it was given in can (OpenID Connect Core §11).
        grant_s: if scope.has("offline_access") {
            server.lifetimes.grant_s
        } else {
            server.lifetimes.grant_s.min(server.lifetimes.session_s)
        },
        reuse_window_s: reuse_window_s(client, server),
    }
}

/// The reuse window of a client, seconds.
#[must_use]
pub fn reuse_window_s(client: &Client, server: &crate::settings::Server) -> u32 {
    client
        .refresh_reuse_window_s
        .unwrap_or(server.refresh_reuse_window_s)
        .min(MAX_REUSE_WINDOW_S)
}

fn successor(old_secret: &str, salt: &str) -> String {
    base64url(&sha256_of(&[
        b"doorward refresh token successor",
        old_secret.as_bytes(),
        salt.as_bytes(),
    ]))
}
