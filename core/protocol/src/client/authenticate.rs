//! Client authentication: OAuth 2.1 §2.4. By the one method that the client registered, in one way per request.

use super::basic::{self, Authorization};
use super::{AuthMethod, Client, GrantType, assertion, find, mutual_tls, named};
use crate::grant;
use crate::http::ClientCertificate;
use crate::params::Params;
use crate::ports::Host;
use crate::refusal::Refusal;
use crate::settings::Server;
use crate::time::UnixTime;

/// A client that proved who it is, or a public one that said so (RFC 6749 §3.2.1). Only [`authenticate`] builds one.
#[derive(Debug, Clone)]
pub struct AuthenticatedClient(Client);

impl AuthenticatedClient {
    /// The client.
    #[must_use]
    pub const fn client(&self) -> &Client {
        &self.0
    }

    /// The client, if it registered for this grant type.
    ///
    /// # Errors
    /// [`Refusal::GrantTypeOfAnotherClient`], on the wire `unauthorized_client`.
    pub fn using(&self, grant_type: GrantType) -> Result<&Client, Refusal> {
        if self.0.may(grant_type) {
            Ok(&self.0)
        } else {
            Err(Refusal::GrantTypeOfAnotherClient)
        }
    }

    /// The client, if it is confidential.
    ///
    /// # Errors
    /// [`Refusal::PublicClient`]
    pub fn confidential(&self) -> Result<&Client, Refusal> {
        if self.0.is_confidential() {
            Ok(&self.0)
        } else {
            Err(Refusal::PublicClient)
        }
    }
}

/// The public client that a refresh request names by its token alone: what the client library of `OpenAuth` sends. `None`: the
/// request is no such one, and its client must say who it is.
///
/// In order: 1. no other way of naming a client is in the request; 2. the token is one of ours; 3. its grant is there and knows the
/// token's family, so that an id of a grant alone names nobody; 4. the grant's client is public and has `refresh_without_client_id`.
/// The value says no more than a `client_id` in the body would: whether the token is good is still for
/// [`crate::grant::refresh_token::recognise`] to say.
///
/// # Errors
/// [`Refusal::RefreshTokenUnknown`] for a token of our shape that no grant knows; store failures.
pub fn by_refresh_token(
    body: &Params,
    host: &dyn Host,
) -> Result<Option<AuthenticatedClient>, Refusal> {
    let names_itself = [
        "client_id",
        "client_secret",
        "client_assertion",
        "client_assertion_type",
    ]
    .iter()
    .any(|name| body.get(name).is_some());
    if names_itself || body.get("grant_type") != Some(GrantType::RefreshToken.name()) {
        return Ok(None);
    }
    let Some(presented) = body
        .get("refresh_token")
        .and_then(grant::parse_refresh_token)
    else {
        return Ok(None);
    };
    let grant = grant::find(presented.grant_id, host)?
        .map(|stored| stored.value)
        .ok_or(Refusal::RefreshTokenUnknown)?;
    let refresh = grant.refresh.as_ref().ok_or(Refusal::RefreshTokenUnknown)?;
    if !refresh.family_sha256.matches(presented.family) {
        return Err(Refusal::RefreshTokenUnknown);
    }
    let client = match find(&grant.client_id, host) {
        Err(Refusal::UnknownClient) => return Err(Refusal::RefreshTokenUnknown),
        found => found?,
    };
    let allowed = client.refresh_without_client_id && !client.is_confidential();
    Ok(allowed.then_some(AuthenticatedClient(client)))
}

/// What a request presented.
struct Presented<'a> {
    client_id: &'a str,
    secret: Option<&'a str>,
    /// The secret of a `Basic` header as it came, if that reads otherwise.
    unencoded_secret: Option<&'a str>,
    method: AuthMethod,
    basic: bool,
}

/// Where a request can say who sent it.
#[derive(Clone, Copy)]
pub struct Credentials<'a> {
    /// The `Authorization` header.
    pub authorization: Option<&'a str>,
    /// See [`crate::http::Request::client_certificate`].
    pub certificate: Option<ClientCertificate<'a>>,
    /// The form.
    pub body: &'a Params,
    /// Where it came from.
    pub client_address: Option<&'a str>,
}

/// Authenticates the client of a request.
///
/// # Errors
/// `invalid_client` for anyone unknown, wrong, or using another method than registered; `invalid_request` for two methods
/// at once.
pub fn authenticate(
    credentials: &Credentials<'_>,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<AuthenticatedClient, Refusal> {
    let basic = credentials.authorization.map(basic::parse);
    if assertion::is_presented(credentials.body) {
        return by_assertion(basic.as_ref(), credentials, server, now, host);
    }
    let presented = presented(basic.as_ref(), credentials.body)?;
    let failed = Refusal::ClientAuthenticationFailed {
        basic: presented.basic,
    };
    let client = match named(presented.client_id, credentials.client_address, host) {
        Err(Refusal::UnknownClient) => return Err(failed),
        found => found?,
    };
    let registered = client.token_endpoint_auth_method;
    // RFC 8705 §2: such a client names itself by `client_id` and proves it by its connection.
    if presented.method == AuthMethod::None && mutual_tls::is_mutual_tls(registered) {
        mutual_tls::authenticate(&client, credentials.certificate, server, now, host)?;
        return Ok(AuthenticatedClient(client));
    }
    if registered != presented.method {
        return Err(Refusal::ClientAuthenticationMethod {
            basic: presented.basic,
        });
    }
    match presented.secret {
        None => Ok(AuthenticatedClient(client)),
        Some(secret)
            if has_secret(&client, secret, now)
                || presented
                    .unencoded_secret
                    .is_some_and(|secret| has_secret(&client, secret, now)) =>
        {
            Ok(AuthenticatedClient(client))
        }
        Some(_) => Err(failed),
    }
}

/// RFC 7521 §4.2. Half an assertion counts as one too: such a request must not pass as one without.
fn by_assertion(
    basic: Option<&Authorization>,
    credentials: &Credentials<'_>,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<AuthenticatedClient, Refusal> {
    let body = credentials.body;
    if matches!(basic, Some(Authorization::Malformed)) {
        return Err(Refusal::ClientAuthenticationFailed { basic: true });
    }
    if matches!(basic, Some(Authorization::Credentials { .. }))
        || body.get("client_secret").is_some()
    {
        return Err(Refusal::SeveralClientAuthentications);
    }
    let presented = assertion::presented(body)?;
    let client = match named(presented.client_id(), credentials.client_address, host) {
        Err(Refusal::UnknownClient) => {
            return Err(Refusal::ClientAuthenticationFailed { basic: false });
        }
        found => found?,
    };
    if client.token_endpoint_auth_method != presented.method() {
        return Err(Refusal::ClientAuthenticationMethod { basic: false });
    }
    presented.verify(&client, server, now, host)?;
    Ok(AuthenticatedClient(client))
}

/// Sorts out which single method a request uses (RFC 6749 §2.3: no more than one).
fn presented<'a>(
    basic: Option<&'a Authorization>,
    body: &'a Params,
) -> Result<Presented<'a>, Refusal> {
    let (body_id, body_secret) = (body.get("client_id"), body.get("client_secret"));
    match (basic, body_id, body_secret) {
        (Some(Authorization::Malformed), ..) => {
            Err(Refusal::ClientAuthenticationFailed { basic: true })
        }
        (Some(Authorization::Credentials { .. }), _, Some(_)) => {
            Err(Refusal::SeveralClientAuthentications)
        }
        // The same id in header and body is one method, not two; a different one is a mix-up.
        (Some(Authorization::Credentials { client_id, .. }), Some(id), None) if id != client_id => {
            Err(Refusal::SeveralClientAuthentications)
        }
        (
            Some(Authorization::Credentials {
                client_id,
                client_secret,
                unencoded_secret,
            }),
            _,
            None,
        ) => Ok(Presented {
            client_id,
            secret: Some(client_secret),
            unencoded_secret: Some(unencoded_secret),
            method: AuthMethod::ClientSecretBasic,
            basic: true,
        }),
        (_, Some(client_id), Some(secret)) => Ok(Presented {
            client_id,
            secret: Some(secret),
            unencoded_secret: None,
            method: AuthMethod::ClientSecretPost,
            basic: false,
        }),
        (_, Some(client_id), None) => Ok(Presented {
            client_id,
            secret: None,
            unencoded_secret: None,
            method: AuthMethod::None,
            basic: false,
        }),
        // Nobody at all is a client that failed to authenticate too (RFC 6749 §5.2).
        (_, None, _) => Err(Refusal::ClientAuthenticationFailed { basic: false }),
    }
}

/// Whether the client has this secret now. Looks at every one, so that the time says nothing about which.
fn has_secret(client: &Client, secret: &str, now: UnixTime) -> bool {
    client.secrets.iter().fold(false, |found, kept| {
        let live = kept.expires_at.is_none_or(|at| now < at);
        (kept.sha256.matches(secret) & live) | found
    })
}
