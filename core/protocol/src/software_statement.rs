//! Software statements: RFC 7591 §2.3. What someone whom the operator trusts says of a client that registers itself.

use crate::jwks::Source;
use crate::ports::Host;
use crate::refusal::Refusal;
use crate::settings::{Server, StatementIssuer};
use crate::time::UnixTime;
use crate::token::foreign::{self, Audience, Expected, Lifetime, Typ};
use serde_json::{Map, Value};

/// Claims of the JWT itself: no client metadata.
const OF_THE_JWT: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];

/// A statement whose issuer is trusted and whose signature holds. Only [`verify`] builds one.
#[derive(Debug, Clone, PartialEq)]
pub struct SoftwareStatement {
    jwt: String,
    issuer: String,
    metadata: Map<String, Value>,
}

impl SoftwareStatement {
    /// As it came.
    #[must_use]
    pub fn jwt(&self) -> &str {
        &self.jwt
    }

    /// Who vouches.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// What they say of the client, in the names of RFC 7591 §2. Goes before what the client says itself (§3).
    #[must_use]
    pub const fn metadata(&self) -> &Map<String, Value> {
        &self.metadata
    }
}

/// Verifies a statement. It is good for many registrations, so that neither `exp` nor `jti` need be there; what is there counts.
///
/// # Errors
/// [`Refusal::SoftwareStatementUnapproved`] for an issuer that is not among
/// [`crate::settings::Registration::software_statement_issuers`], [`Refusal::SoftwareStatementInvalid`] for anything else about it;
/// [`Refusal::Unreachable`] if its issuer's keys cannot be fetched.
pub fn verify(
    jwt: &str,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<SoftwareStatement, Refusal> {
    let issuers = &server.registration.software_statement_issuers;
    if issuers.is_empty() {
        return Err(Refusal::SoftwareStatementUnapproved); // Whatever it is.
    }
    let token = foreign::parse(jwt).map_err(Refusal::SoftwareStatementInvalid)?;
    let issuer = token.says("iss").unwrap_or_default();
    let trusted = issuers
        .iter()
        .find(|trusted| trusted.issuer == issuer)
        .ok_or(Refusal::SoftwareStatementUnapproved)?;
    let algorithms: Vec<&str> = trusted.algorithms.iter().map(String::as_str).collect();
    let expected = Expected {
        algorithms: &algorithms,
        typ: Typ::AbsentOr(&["JWT", "software-statement+jwt"]),
        issuer: &trusted.issuer,
        audience: Audience::AbsentOrAmong(&server.issuer),
        lifetime: Lifetime::Any,
    };
    let verified = token
        .verify(&expected, source(trusted)?, now, host)
        .map_err(|fault| fault.refusal(Refusal::SoftwareStatementInvalid))?;
    let members = verified.claims().iter();
    let metadata = members
        .filter(|(name, _)| !OF_THE_JWT.contains(&name.as_str()) && *name != "software_statement")
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    Ok(SoftwareStatement {
        jwt: jwt.to_owned(),
        issuer: trusted.issuer.clone(),
        metadata,
    })
}

fn source(trusted: &StatementIssuer) -> Result<Source<'_>, Refusal> {
    match (&trusted.jwks, &trusted.jwks_uri) {
        (Some(set), _) => Ok(Source::Inline(set)),
        (None, Some(uri)) => Ok(Source::Uri(uri)),
        (None, None) => Err(Refusal::Misconfigured(format!(
            "registration.software_statement_issuers: `{}` has no keys",
            trusted.issuer
        ))),
    }
}
