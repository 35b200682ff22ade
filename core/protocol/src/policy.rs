//! The shapes of `wit/policy`, and the rule that a decision never widens.

use crate::acr;
use crate::claims::RESERVED;
use crate::claims_parameter::ClaimsRequest;
use crate::ports::Host;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::settings::Server;
use serde_json::Value;

/// The client, as a policy sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClientFacts {
    /// `client_id`
    pub id: String,
    /// `public` or `confidential`
    pub kind: String,
    /// `declared`, `registered` or `dynamic`
    pub trust: String,
    /// `client_name`
    pub name: Option<String>,
    /// Scopes it may have at all.
    pub scopes: Vec<String>,
    /// Registered redirect URIs.
    pub redirect_uris: Vec<String>,
}

/// The user, as a policy sees them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFacts {
    /// `sub`
    pub sub: String,
    /// Linked providers.
    pub providers: Vec<String>,
    /// `email`
    pub email: Option<String>,
    /// `email_verified`
    pub email_verified: bool,
    /// Groups.
    pub groups: Vec<String>,
    /// (name, JSON)
    pub claims: Vec<(String, String)>,
}

/// The browser session, as a policy sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionFacts {
    /// `acr`
    pub acr: Option<String>,
    /// `amr`
    pub amr: Vec<String>,
    /// `auth_time`
    pub auth_time: u64,
    /// Provider used.
    pub provider: String,
    /// IP address.
    pub client_address: Option<String>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Input {
    /// `registration`, `authorization`, `issue`, `refresh`, `exchange`
    pub stage: String,
    /// Seconds since the epoch.
    pub now: u64,
    /// Who asks.
    pub client: ClientFacts,
    /// For whom.
    pub user: Option<UserFacts>,
    /// From where.
    pub session: Option<SessionFacts>,
    /// How.
    pub grant_type: String,
    /// What.
    pub scopes: Vec<String>,
    /// At which resources.
    pub resources: Vec<String>,
}

/// Nothing is granted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Denial {
    /// Machine-readable.
    pub reason: String,
    /// For the person.
    pub message: Option<String>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decision {
    /// If present the rest is ignored.
    pub deny: Option<Denial>,
    /// Granted, a subset of those asked.
    pub scopes: Vec<String>,
    /// Upper bound, seconds.
    pub access_token_lifetime_s: Option<u32>,
    /// Upper bound, seconds.
    pub refresh_token_lifetime_s: Option<u32>,
    /// Sign in again with this `acr`.
    pub require_acr: Option<String>,
    /// Sign in by this provider.
    pub require_provider: Option<String>,
    /// Ask again.
    pub require_consent: bool,
    /// (name, JSON) to add to the access token.
    pub claims: Vec<(String, String)>,
    /// For the decision log.
    pub rules: Vec<String>,
}

/// What a policy left of a request. Only [`permit`] builds one.
#[derive(Debug, Clone)]
pub struct Permit {
    /// A subset of what was asked.
    pub scope: Scope,
    /// Upper bound, seconds.
    pub access_token_lifetime_s: Option<u32>,
    /// Upper bound, seconds.
    pub refresh_token_lifetime_s: Option<u32>,
    /// Which claims may be given out by name: those whose scope it left.
    pub claims_by_name: ClaimsRequest,
    /// Ask, even if they agreed before.
    pub require_consent: bool,
    /// Their sign-in must reach this `acr`. Only [`permit_before_sign_in`] leaves it to its caller.
    pub require_acr: Option<String>,
    /// They must have signed in by this provider.
    pub require_provider: Option<String>,
    /// To add to the access token.
    pub claims: Vec<(String, Value)>,
}

/// Asks the policy, and makes sure that its answer is one: narrower than the question, without reserved claims. Any
/// failure denies; so does an `acr` that the sign-in behind the question does not reach.
///
/// # Errors
/// [`Refusal::PolicyDenied`], [`Refusal::PolicyFailed`]; both are `access_denied`.
pub fn permit(input: &Input, host: &dyn Host) -> Result<Permit, Refusal> {
    let permit = permit_before_sign_in(input, host)?;
    if let Some(acr) = &permit.require_acr {
        let server: Option<Server> = host
            .section("server")
            .and_then(|json| serde_json::from_str(&json).ok());
        let contexts = server
            .ok_or(Refusal::SettingsMissing)?
            .authentication_contexts;
        let amr = input.session.as_ref().map(|session| session.amr.as_slice());
        if !acr::reaches(amr.unwrap_or_default(), acr, &contexts) {
            return Err(Refusal::PolicyDenied {
                reason: "acr".to_owned(),
            });
        }
    }
    Ok(permit)
}

/// The same where the person can still sign in by other means: the caller sees to [`Permit::require_acr`].
///
/// # Errors
/// As [`permit`].
pub fn permit_before_sign_in(input: &Input, host: &dyn Host) -> Result<Permit, Refusal> {
    let decision = host.decide(input).map_err(Refusal::PolicyFailed)?;
    if let Some(denial) = decision.deny {
        return Err(Refusal::PolicyDenied {
            reason: denial.reason,
        });
    }
    if let Some(wider) = decision
        .scopes
        .iter()
        .find(|scope| !input.scopes.contains(scope))
    {
        return Err(Refusal::PolicyFailed(format!(
            "it granted `{wider}`, which was not asked for"
        )));
    }
    Ok(Permit {
        scope: Scope::of(decision.scopes),
        access_token_lifetime_s: decision.access_token_lifetime_s,
        refresh_token_lifetime_s: decision.refresh_token_lifetime_s,
        claims_by_name: ClaimsRequest::default(),
        require_consent: decision.require_consent,
        require_acr: decision.require_acr,
        require_provider: decision.require_provider,
        claims: decision
            .claims
            .iter()
            .map(extra_claim)
            .collect::<Result<_, _>>()?,
    })
}

/// The scopes to ask about: those of `scope`, and those that hold claims asked for by name.
#[must_use]
pub fn scopes_of(scope: &Scope, claims: &ClaimsRequest) -> Vec<String> {
    let mut scopes = scope.tokens().to_vec();
    let further = claims.scopes();
    scopes.extend(further.only(|token| !scope.has(token)).tokens().to_vec());
    scopes
}

impl Permit {
    /// Takes the answer to a question about [`scopes_of`] apart again.
    #[must_use]
    pub fn about(mut self, scope: &Scope, claims: &ClaimsRequest) -> Self {
        self.claims_by_name = claims.within(&self.scope);
        self.scope = self.scope.within(scope);
        self
    }
}

fn extra_claim((name, json): &(String, String)) -> Result<(String, Value), Refusal> {
    if RESERVED.contains(&name.as_str()) {
        return Err(Refusal::PolicyFailed(format!(
            "it set the reserved claim `{name}`"
        )));
    }
    let value = serde_json::from_str(json)
        .map_err(|_| Refusal::PolicyFailed(format!("its claim `{name}` is not JSON")))?;
    Ok((name.clone(), value))
}
