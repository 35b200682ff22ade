//! The client credentials grant: OAuth 2.1 §4.2. No user, no refresh token, no record.

use crate::client::Client;
use crate::refusal::Refusal;
use crate::scope::{OPENID_SCOPES, Scope};

/// The scopes that a client gets for itself: those asked for that it may have, or all of its own if it asks for none. Those of
/// OpenID Connect are about a person and never among them.
///
/// # Errors
/// [`Refusal::NoScopeLeft`] if it asked for some and may have none of them.
pub fn scope(client: &Client, asked: Option<&str>) -> Result<Scope, Refusal> {
    let own = client.scope.only(|token| !OPENID_SCOPES.contains(&token));
    let Some(asked) = asked else { return Ok(own) };
    let granted = Scope::parse(asked)?.within(&own);
    if granted.is_empty() {
        Err(Refusal::NoScopeLeft)
    } else {
        Ok(granted)
    }
}
