//! Client authentication by a JWT: RFC 7521 §4.2, RFC 7523 §2.2 and §3, OpenID Connect Core §9.
//!
//! In order: 1. `client_assertion_type`; 2. the token's form; 3. `iss` and `sub` are one, and `client_id` in the body no other; 4. the client, and
//! that it registered this method; 5. algorithm, `typ`; 6. `aud`: one string, the issuer, so that what was made for another server or another
//! endpoint is worth nothing here (`draft-ietf-oauth-rfc7523bis` §4); 7. times; 8. the signature; 9. `jti`, used up last.

use super::{AuthMethod, Client, client_secret_jwt, private_key_jwt};
use crate::one_time::{self, Kind};
use crate::params::Params;
use crate::ports::Host;
use crate::refusal::Refusal;
use crate::settings::Server;
use crate::time::UnixTime;
use crate::token::foreign::{self, Audience, Expected, Lifetime, Typ, Unverified};

/// The only value of `client_assertion_type` (RFC 7523 §2.2).
pub const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// What `typ` may say, if it says anything (`draft-ietf-oauth-rfc7523bis` §4): a token made for something else is none.
const TYPES: [&str; 2] = ["JWT", "client-authentication+jwt"];

/// Whether a request carries an assertion, or half of one.
#[must_use]
pub fn is_presented(body: &Params) -> bool {
    body.get("client_assertion").is_some() || body.get("client_assertion_type").is_some()
}

/// An assertion, before anything is believed.
pub struct Presented<'a> {
    token: Unverified<'a>,
    client_id: String,
}

/// Takes an assertion apart.
///
/// # Errors
/// [`Refusal::ClientAssertionInvalid`]
pub fn presented(body: &Params) -> Result<Presented<'_>, Refusal> {
    if body.get("client_assertion_type") != Some(TYPE) {
        return Err(Refusal::ClientAssertionInvalid(
            "client_assertion_type is another",
        ));
    }
    let assertion = body.get("client_assertion").ok_or(
        // A type without an assertion.
        Refusal::ClientAssertionInvalid("client_assertion is missing"),
    )?;
    let token = foreign::parse(assertion).map_err(Refusal::ClientAssertionInvalid)?;
    let client_id = match (token.says("iss"), token.says("sub")) {
        (Some(iss), Some(sub)) if iss == sub => sub.to_owned(),
        _ => return Err(Refusal::ClientAssertionInvalid("iss and sub are not one")),
    };
    if body.get("client_id").is_some_and(|id| id != client_id) {
        return Err(Refusal::ClientAssertionInvalid("client_id is another"));
    }
    Ok(Presented { token, client_id })
}

impl Presented<'_> {
    /// Who sent it, as it says.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Which method it is: that of the algorithm. What the client registered must be the same, so that no public key is ever
    /// taken for a shared secret.
    #[must_use]
    pub fn method(&self) -> AuthMethod {
        if self.token.alg().starts_with("HS") {
            AuthMethod::ClientSecretJwt
        } else {
            AuthMethod::PrivateKeyJwt
        }
    }

    /// Verifies it and uses it up. `client` is the one that it names, and registered [`Presented::method`].
    ///
    /// # Errors
    /// [`Refusal::ClientAssertionInvalid`]; [`Refusal::Unreachable`] if the client's keys cannot be fetched; store and key
    /// failures.
    pub fn verify(
        self,
        client: &Client,
        server: &Server,
        now: UnixTime,
        host: &dyn Host,
    ) -> Result<(), Refusal> {
        let method = self.method();
        let token_endpoint = format!("{}/token", server.issuer);
        let both = [server.issuer.as_str(), token_endpoint.as_str()];
        let [issuer, _] = &both;
        let only = [client.token_endpoint_auth_signing_alg.as_deref()];
        let only: Vec<&str> = only.into_iter().flatten().collect();
        let known: &[&str] = if method == AuthMethod::ClientSecretJwt {
            &["HS256"]
        } else {
            &foreign::ALGORITHMS
        };
        let expected = Expected {
            algorithms: if only.is_empty() { known } else { &only },
            typ: Typ::AbsentOr(&TYPES),
            issuer: &client.client_id,
            audience: Audience::Sole(if client.legacy_assertion_audience {
                &both
            } else {
                std::slice::from_ref(issuer)
            }),
            lifetime: Lifetime::AtMost(u64::from(server.client_assertions.max_lifetime_s)),
        };
        let verified = if method == AuthMethod::ClientSecretJwt {
            client_secret_jwt::verify(self.token, client, &expected, server, now, host)
        } else {
            private_key_jwt::verify(self.token, client, &expected, now, host)
        }
        .map_err(|fault| fault.refusal(Refusal::ClientAssertionInvalid))?;
        let (Some(jti), Some(dies)) = (verified.jti(), verified.dies()) else {
            return Err(Refusal::ClientAssertionInvalid("it has no jti"));
        };
        if one_time::consume(Kind::ClientAssertion, &client.client_id, jti, dies, host)? {
            Ok(())
        } else {
            Err(Refusal::ClientAssertionInvalid("it was used before"))
        }
    }
}
