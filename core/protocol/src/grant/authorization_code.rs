//! Redeeming an authorization code: OAuth 2.1 §4.1.3; PKCE, RFC 7636 §4.6; replay, RFC 6749 §4.1.2.
//!
//! In order: 1. the code's secret; 2. its client; 3. redirect URI; 4. PKCE; 5. the key that it is bound to; 6. was it redeemed
//! before; 7. has it expired. Nothing
//! has changed until all of them passed, so that a refused request leaves the code usable for its owner.

use super::{Confirmation, Grant, Presented};
use crate::client::authenticate::AuthenticatedClient;
use crate::pkce::{self, PkceVerified};
use crate::refusal::Refusal;
use crate::time::UnixTime;

/// What the client sent to redeem a code. Parsed, not yet believed.
pub struct Redemption<'a> {
    /// Proof that client authentication ran.
    pub client: &'a AuthenticatedClient,
    /// The code, taken apart.
    pub presented: Presented<'a>,
    /// OAuth 2.0 clients send it again (RFC 6749 §4.1.3); OAuth 2.1 dropped it.
    pub redirect_uri: Option<&'a str>,
    /// The PKCE secret.
    pub code_verifier: Option<&'a str>,
    /// The key that the client showed.
    pub confirmation: Option<&'a Confirmation>,
}

/// Proof that a code may become tokens.
#[derive(Debug)]
pub struct Redeemable(PkceVerified);

/// Decides whether the code of `grant`, as it was read, may become tokens at `now`.
///
/// # Errors
/// Every refusal is `invalid_grant` on the wire (RFC 6749 §5.2). On [`Refusal::CodeReplayed`] the caller also revokes the
/// grant (§4.1.2).
pub fn redeem(
    request: &Redemption<'_>,
    grant: &Grant,
    now: UnixTime,
) -> Result<Redeemable, Refusal> {
    let code = &grant.code;
    if !code.sha256.matches(request.presented.secret) {
        return Err(Refusal::CodeUnknown);
    }
    // Ownership before replay: another client's attempt is refused and revokes nothing.
    if grant.client_id != request.client.client().client_id {
        return Err(Refusal::CodeOfAnotherClient);
    }
    match request.redirect_uri {
        Some(uri) if uri != code.redirect_uri => return Err(Refusal::RedirectUriMismatch),
        // Without PKCE the redirect URI is what ties the code to its request (RFC 6749 §4.1.3).
        None if code.redirect_uri_sent && code.challenge.is_none() => {
            return Err(Refusal::RedirectUriMismatch);
        }
        _ => {}
    }
    let verified = pkce::verify(code.challenge.as_ref(), request.code_verifier)?;
    // RFC 9449 §10: the key that the authorization request named.
    let shown = match request.confirmation {
        Some(Confirmation::Jkt(jkt)) => Some(jkt),
        _ => None,
    };
    if code.dpop_jkt.is_some() && code.dpop_jkt.as_ref() != shown {
        return Err(Refusal::DpopKeyMismatch);
    }
    // Replay last: who saw the code in a history or a log, but has no verifier, cannot have the grant revoked.
    if code.redeemed_at.is_some() {
        return Err(Refusal::CodeReplayed);
    }
    if now >= code.expires_at {
        return Err(Refusal::CodeExpired);
    }
    Ok(Redeemable(verified))
}

impl Redeemable {
    /// The grant with its code spent.
    #[must_use]
    pub fn spend(self, mut grant: Grant, now: UnixTime) -> Grant {
        let Self(PkceVerified { .. }) = self;
        grant.code.redeemed_at = Some(now);
        grant
    }
}
