//! `client_secret_jwt`: OpenID Connect Core §9, HS256. Off unless the operator says `client_assertions.client_secret_jwt = true`.
//!
//! It is the one method that needs the secret itself and not its hash, so that it is kept sealed by the host, bound to the client's id, for
//! clients that registered this method and for no others: in their record, or in the section of one that stands in the configuration.

use super::metadata::Unfit;
use super::{AuthMethod, Client, ClientSecret};
use crate::ports::Sealing;
use crate::refusal::Refusal;
use crate::secret::{base64url, from_base64url};
use crate::settings::Server;
use crate::time::UnixTime;
use crate::token::foreign::{Expected, Fault, Unverified, Verified};

/// Bound to what it is for, so that nothing else that is sealed can be put in its place.
fn associated_data(client_id: &str) -> Vec<u8> {
    [b"client_secret_jwt ", client_id.as_bytes()].concat()
}

/// Whether a client may use this method here.
///
/// # Errors
/// A sentence that says why not.
pub fn allowed(server: &Server) -> Result<(), Unfit> {
    if server.client_assertions.client_secret_jwt {
        Ok(())
    } else {
        Err("token_endpoint_auth_method `client_secret_jwt` is off: it needs secrets that the server can read; use `private_key_jwt`, or set client_assertions.client_secret_jwt".to_owned())
    }
}

/// Seals the newest secret of a client that registered this method; any other stays as it is.
///
/// # Errors
/// A key failure.
pub fn keep(
    client: &mut Client,
    secret: Option<&str>,
    sealing: &(impl Sealing + ?Sized),
) -> Result<(), Refusal> {
    if client.token_endpoint_auth_method != AuthMethod::ClientSecretJwt {
        return Ok(());
    }
    let bound = associated_data(&client.client_id);
    if let (Some(secret), Some(newest)) = (secret, client.secrets.last_mut()) {
        newest.sealed = Some(base64url(&sealing.seal(secret.as_bytes(), &bound)?));
    }
    Ok(())
}

/// Verifies an assertion by the client's secrets.
///
/// # Errors
/// [`Fault`]
pub fn verify(
    token: Unverified<'_>,
    client: &Client,
    expected: &Expected<'_>,
    server: &Server,
    now: UnixTime,
    sealing: &(impl Sealing + ?Sized),
) -> Result<Verified, Fault> {
    allowed(server).map_err(|_| Fault::Invalid("client_secret_jwt is off"))?;
    let bound = associated_data(&client.client_id);
    let live = |secret: &&ClientSecret| secret.expires_at.is_none_or(|at| now < at);
    let open = |sealed: Vec<u8>| sealing.open(&sealed, &bound);
    let secrets = client
        .secrets
        .iter()
        .filter(live)
        .filter_map(|secret| secret.sealed.as_deref().and_then(from_base64url))
        .map(open)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|failure| Fault::Ours(failure.into()))?;
    token.verify_hs256(expected, &secrets, now)
}
