//! Assertions as grants: RFC 7523 §2.1 and §3, and the profile ID-JAG (`draft-ietf-oauth-identity-assertion-authz-grant`), by which an
//! enterprise's identity provider lets a client in for one of its people.
//!
//! In order: 1. the issuer is one that the operator named, for this client, and not this server itself; 2. ID-JAG: the client is confidential;
//! 3. form, type, issuer, audience, times and signature ([`crate::token::foreign`]); 4. `jti`, `sub`, and for ID-JAG `iat` and `client_id`;
//! 5. what is in it that would bind or widen the grant in a way that is not understood here: refused; 6. `cnf`: the sender must have shown
//! that key. Then, by the endpoint: 7. the person; 8. resources and scope, which client, issuer, assertion and request only narrow; 9. the
//! policy; 10. `jti`, used up last. There is no refresh token: the issuer decides anew each time.

use crate::client::Client;
use crate::grant::Confirmation;
use crate::refusal::Refusal;
use crate::resource::{self, MAX_RESOURCES};
use crate::scope::{OPENID_SCOPES, Scope};
use crate::settings::{AssertionIssuer, AssertionProfile, Server};
use crate::time::UnixTime;
use crate::token::foreign::{ALGORITHMS, Audience, Expected, Lifetime, Typ, Unverified, Verified};
use serde_json::Value;

/// `typ` of an ID-JAG.
pub const ID_JAG_TYP: &str = "oauth-id-jag+jwt";
/// As metadata lists it.
pub const ID_JAG_PROFILE: &str = "urn:ietf:params:oauth:grant-profile:id-jag";
/// What `typ` of other assertions may say, if it says anything (`draft-ietf-oauth-rfc7523bis` §3).
const GENERIC_TYPES: [&str; 2] = ["JWT", "authorization-grant+jwt"];
/// Claims that change what a grant means, and that nothing here would keep to.
const NOT_UNDERSTOOD: [&str; 3] = ["authorization_details", "act", "may_act"];

/// The issuer whose rules an assertion comes under, if this client may present its assertions.
///
/// # Errors
/// [`Refusal::AssertionInvalid`]; [`Refusal::PublicClient`] for ID-JAG.
pub fn issuer<'a>(
    token: &Unverified<'_>,
    client: &Client,
    server: &'a Server,
) -> Result<&'a AssertionIssuer, Refusal> {
    let iss = token.says("iss").unwrap_or_default();
    // Never one of our own, whatever the configuration says.
    let issuer = server
        .assertion_issuers
        .iter()
        .find(|issuer| issuer.issuer == iss && iss != server.issuer)
        .ok_or(Refusal::AssertionInvalid("its issuer is not trusted"))?;
    if !issuer.clients.contains(&client.client_id) {
        return Err(Refusal::AssertionInvalid(
            "its issuer is not trusted for this client",
        ));
    }
    if issuer.profile == AssertionProfile::IdJag && !client.is_confidential() {
        return Err(Refusal::PublicClient);
    }
    Ok(issuer)
}

/// What an assertion of this issuer must be. `audience`: the issuer of this server, alone.
#[must_use]
pub fn expected<'a>(issuer: &'a AssertionIssuer, audience: &'a [&'a str]) -> Expected<'a> {
    Expected {
        algorithms: &ALGORITHMS,
        typ: match issuer.profile {
            AssertionProfile::IdJag => Typ::Exactly(ID_JAG_TYP),
            AssertionProfile::Generic => Typ::AbsentOr(&GENERIC_TYPES),
        },
        issuer: &issuer.issuer,
        audience: Audience::Sole(audience),
        lifetime: Lifetime::AtMost(u64::from(issuer.max_lifetime_s)),
    }
}

/// An assertion that is a grant for the client that presented it. Only [`check`] builds one.
#[derive(Debug)]
pub struct Assertion<'a> {
    token: Verified,
    issuer: &'a AssertionIssuer,
}

/// Checks what is left to check of a verified assertion. `shown`: the key that the sender proved to hold.
///
/// # Errors
/// [`Refusal::AssertionInvalid`], [`Refusal::DpopProofMissing`], [`Refusal::DpopKeyMismatch`]
pub fn check<'a>(
    token: Verified,
    issuer: &'a AssertionIssuer,
    client: &Client,
    shown: Option<&Confirmation>,
) -> Result<Assertion<'a>, Refusal> {
    let invalid = |what| Err(Refusal::AssertionInvalid(what));
    if token.jti().is_none() {
        return invalid("it has no jti");
    }
    if !token
        .text("sub")
        .is_some_and(|sub| (1..=512).contains(&sub.len()))
    {
        return invalid("it has no sub");
    }
    if issuer.profile == AssertionProfile::IdJag {
        if token.text("client_id") != Some(&client.client_id) {
            return invalid("it is for another client");
        }
        if token.time("iat").is_none() {
            return invalid("it has no iat");
        }
    }
    if NOT_UNDERSTOOD
        .iter()
        .any(|name| token.claims().contains_key(*name))
    {
        return invalid("it has a claim that is not supported");
    }
    check_confirmation(token.claims().get("cnf"), shown)?;
    Ok(Assertion { token, issuer })
}

/// RFC 7800 §3.1: by `jkt` alone; any other way of binding is refused, not passed over.
fn check_confirmation(cnf: Option<&Value>, shown: Option<&Confirmation>) -> Result<(), Refusal> {
    let Some(cnf) = cnf else {
        return Ok(());
    };
    let members = cnf.as_object().filter(|members| members.len() == 1);
    let Some(jkt) = members.and_then(|members| members.get("jkt")?.as_str()) else {
        return Err(Refusal::AssertionInvalid("its cnf is not supported"));
    };
    match shown {
        Some(Confirmation::Jkt(shown)) if shown == jkt => Ok(()),
        Some(_) => Err(Refusal::DpopKeyMismatch),
        None => Err(Refusal::DpopProofMissing),
    }
}

impl Assertion<'_> {
    /// Whose it is.
    #[must_use]
    pub const fn issuer(&self) -> &AssertionIssuer {
        self.issuer
    }

    /// Who, as a provider knows them: its id and their subject there.
    #[must_use]
    pub fn identity(&self) -> Option<(&str, &str)> {
        Some((self.issuer.provider.as_deref()?, self.token.text("sub")?))
    }

    /// Their verified address, if it is at a domain that the issuer is believed about.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        let email = self
            .token
            .text("email")
            .filter(|email| email.len() <= 320)?;
        let (_, domain) = email.rsplit_once('@')?;
        let verified = self.token.claims().get("email_verified") == Some(&Value::Bool(true));
        let domain = domain.to_ascii_lowercase();
        (verified && self.issuer.email_domains.contains(&domain)).then_some(email)
    }

    /// When they proved who they are, if it says so.
    #[must_use]
    pub fn auth_time(&self, now: UnixTime) -> Option<UnixTime> {
        self.token.time("auth_time").filter(|time| *time <= now)
    }

    /// What makes it one of a kind, and until when.
    #[must_use]
    pub fn jti(&self) -> Option<(&str, UnixTime)> {
        Some((self.token.jti()?, self.token.dies()?))
    }

    /// The values of its `resource`, a string or a list of them.
    ///
    /// # Errors
    /// [`Refusal::UnknownResource`]
    pub fn resources(&self) -> Result<Vec<&str>, Refusal> {
        let several = match self.token.claims().get("resource") {
            None => return Ok(Vec::new()),
            Some(Value::Array(several)) if several.len() <= MAX_RESOURCES => several.as_slice(),
            Some(one @ Value::String(_)) => std::slice::from_ref(one),
            Some(_) => return Err(Refusal::UnknownResource),
        };
        several
            .iter()
            .map(|resource| resource.as_str().ok_or(Refusal::UnknownResource))
            .collect()
    }

    /// The resources that tokens will be for. All three in the spelling of the configuration: `asked` by the request, `named` by
    /// the assertion, `bound` by the issuer's entry.
    ///
    /// # Errors
    /// [`Refusal::ResourceExceedsGrant`]
    pub fn target(
        asked: Vec<String>,
        named: &[String],
        bound: &[String],
    ) -> Result<Vec<String>, Refusal> {
        let target = if named.is_empty() {
            asked
        } else {
            resource::within_grant(asked, named)?
        };
        let outside = |uri: &String| !bound.contains(uri);
        if !bound.is_empty() && (target.is_empty() || target.iter().any(outside)) {
            return Err(Refusal::ResourceExceedsGrant);
        }
        Ok(target)
    }

    /// The scope that client, issuer and assertion leave of what is asked, or of all if nothing is. Those of OpenID Connect are
    /// about a sign-in here, and there was none.
    ///
    /// # Errors
    /// [`Refusal::NoScopeLeft`], [`Refusal::ScopeMalformed`]
    pub fn scope(&self, asked: Option<&str>, client: &Client) -> Result<Scope, Refusal> {
        let mut bound = client.scope.only(|token| !OPENID_SCOPES.contains(&token));
        if let Some(of_issuer) = &self.issuer.scope {
            bound = bound.within(of_issuer);
        }
        let mut named = false;
        match self.token.claims().get("scope") {
            None => {}
            Some(Value::String(scope)) => {
                let scope = Scope::parse(scope)?;
                named = !scope.is_empty();
                bound = bound.within(&scope);
            }
            Some(_) => return Err(Refusal::ScopeMalformed),
        }
        let scope = match asked {
            None => bound,
            Some(asked) => {
                named = true;
                Scope::parse(asked)?.within(&bound)
            }
        };
        if scope.is_empty() && named {
            return Err(Refusal::NoScopeLeft);
        }
        Ok(scope)
    }
}
