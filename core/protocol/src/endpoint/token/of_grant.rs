//! Tokens from a grant: what is left to check once the code, refresh token or device code is known to be good, and the grant's record.

use super::TokenRequest;
use super::issuance::{Issuance, TokenResponse};
use crate::acr;
use crate::authorization_details;
use crate::claims_parameter;
use crate::client::{Client, GrantType};
use crate::grant::{self, Grant, refresh_token};
use crate::granted;
use crate::policy::{self, Permit};
use crate::ports::StoreFailure;
use crate::refusal::Refusal;
use crate::resource;
use crate::scope::Scope;
use crate::secret::random_secret;
use crate::store;
use crate::user::{self, User};
use serde_json::Value;

/// What a token request asks of a grant.
pub(super) struct Asked<'a> {
    /// `resource`, each known here; none: all that were granted.
    pub(super) resources: &'a [String],
    /// `scope`; none: all that was granted.
    pub(super) scope: Option<&'a str>,
    /// `authorization_details`; none: all that were granted.
    pub(super) authorization_details: Option<&'a str>,
    /// For the policy: `issue` or `refresh`.
    pub(super) stage: &'a str,
    /// For the policy.
    pub(super) grant_type: GrantType,
}

/// What a grant gives at this request.
pub(super) struct Prepared {
    pub(super) user: User,
    pub(super) resources: Vec<String>,
    pub(super) permit: Permit,
    pub(super) authorization_details: Vec<Value>,
}

/// Checks that it was given to this client, resource, scope, user and policy, in that order.
pub(super) fn prepare(
    request: &TokenRequest<'_>,
    grant: &Grant,
    asked: &Asked<'_>,
) -> Result<Prepared, Refusal> {
    let (call, client) = (request.call, request.client.client());
    if !client.was_there(grant.created_at) {
        return Err(Refusal::GrantEnded);
    }
    let resources = resource::within_grant(asked.resources.to_vec(), &grant.resources)?;
    // What the operator took from the configuration since is no longer granted.
    resource::from_request(resources.iter().map(String::as_str), call.server, call.host)?;
    let details =
        authorization_details::from_request(asked.authorization_details, client, call.server)?;
    let granted =
        authorization_details::still_granted(&grant.authorization_details, client, call.server);
    let details = authorization_details::within_grant(details, &granted)?;
    let granted = grant.scope.within(&client.scope);
    let granted = resource::scope_at(&granted, &resources, &grant.resources, call.host);
    let scope = match asked.scope {
        None => granted,
        Some(asked) => narrowed(&Scope::parse(asked)?, &granted)?,
    };
    if scope.is_empty() && !grant.scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    let user = user::find(&grant.sub, call.host)?.map(|stored| stored.value);
    grant.stands(user.as_ref())?;
    let user = user.ok_or(Refusal::GrantEnded)?;
    let of = (asked.stage, asked.grant_type);
    let permit = permit(request, (grant, &user), of, &scope, &resources)?;
    Ok(Prepared {
        user,
        resources,
        permit,
        authorization_details: details,
    })
}

/// Asks the policy about tokens from a grant, at a stage and for a grant type.
pub(super) fn permit(
    request: &TokenRequest<'_>,
    (grant, user): (&Grant, &User),
    (stage, grant_type): (&str, GrantType),
    scope: &Scope,
    resources: &[String],
) -> Result<Permit, Refusal> {
    let call = request.call;
    let client = request.client.client();
    let by_name = claims_parameter::of_grant(grant.claims.as_ref()).within(&client.scope);
    let input = policy::Input {
        stage: stage.to_owned(),
        now: call.now.0,
        client: client.facts(),
        user: Some(user.facts()),
        session: Some(policy::SessionFacts {
            acr: acr::strongest(&grant.amr, &call.server.authentication_contexts)
                .map(str::to_owned),
            amr: grant.amr.clone(),
            auth_time: grant.auth_time.0,
            provider: grant.provider.clone(),
            client_address: call.request.client_address.map(str::to_owned),
        }),
        grant_type: grant_type.name().to_owned(),
        scopes: policy::scopes_of(scope, &by_name),
        resources: resources.to_vec(),
    };
    // To the client a grant that the policy takes back is a dead one, like any other (RFC 6749 §5.2).
    let permit = policy::permit(&input, call.host).map_err(|refusal| match refusal {
        Refusal::PolicyDenied { reason } => Refusal::PolicyEndsGrant { reason },
        other => other,
    })?;
    let permit = permit.about(scope, &by_name);
    if permit
        .require_provider
        .as_ref()
        .is_some_and(|provider| *provider != grant.provider)
    {
        return Err(Refusal::PolicyEndsGrant {
            reason: "provider".to_owned(),
        });
    }
    if permit.scope.is_empty() && !scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    Ok(permit)
}

impl Prepared {
    /// The grant without the claims by name that the policy took away; it gives none of them back.
    pub(super) fn narrowed(&self, mut grant: Grant) -> Grant {
        grant.claims = claims_parameter::kept(&self.permit.claims_by_name);
        grant
    }
}

/// The scope of a refresh request: no wider than what was granted (OAuth 2.1 §4.3.1).
fn narrowed(asked: &Scope, granted: &Scope) -> Result<Scope, Refusal> {
    if asked.is_within(granted) {
        Ok(asked.clone())
    } else {
        Err(Refusal::ScopeExceedsGrant)
    }
}

/// Gives a grant its first refresh token, if the client uses them, bound to the key that a public client showed.
pub(super) fn with_first_refresh_token(
    request: &TokenRequest<'_>,
    grant_id: &str,
    mut grant: Grant,
    permit: &Permit,
) -> (Grant, Option<String>) {
    let (call, client) = (request.call, request.client.client());
    if !client.may(GrantType::RefreshToken) {
        return (grant, None);
    }
    let lifetimes = refresh_token::lifetimes(
        client,
        call.server,
        &grant.scope,
        permit.refresh_token_lifetime_s,
    );
    let (family, secret) = (random_secret(call.host), random_secret(call.host));
    grant.refresh = Some(refresh_token::begin(
        &family,
        &secret,
        grant.created_at,
        lifetimes,
        call.now,
    ));
    // A confidential client's are bound to its authentication already (RFC 9449 §5).
    if !client.is_confidential() {
        grant.confirmation = request.sender.confirmation().cloned();
    }
    let token = grant::refresh_token(grant_id, &family, &secret);
    (grant, Some(token))
}

/// Makes the tokens of a grant. Writes nothing to it.
pub(super) fn issue(
    request: &TokenRequest<'_>,
    (grant_id, grant): (&str, &Grant),
    prepared: &Prepared,
    nonce: Option<&str>,
    refresh_token: Option<String>,
) -> Result<TokenResponse, Refusal> {
    let client: &Client = request.client.client();
    Issuance {
        user: Some(&prepared.user),
        grant: Some((grant_id, grant)),
        authorization_details: &prepared.authorization_details,
        act: grant.act.as_ref(),
        nonce,
        refresh_token,
        ..Issuance::new(client, &prepared.resources, &prepared.permit)
    }
    .issue(request)
}

/// Writes a grant that is still as it was read, for as long as anything issued from it can be alive.
pub(super) fn write(
    request: &TokenRequest<'_>,
    (grant_id, grant): (&str, &Grant),
    version: u64,
    response: &TokenResponse,
) -> Result<(), StoreFailure> {
    let kept_until = grant.kept_until(request.call.now, response.expires_in);
    let relisted = granted::keep_listed(grant_id, grant, kept_until, request.call.host)?;
    store::replace(
        request.call.host,
        &grant::key(grant_id),
        version,
        relisted.as_ref().unwrap_or(grant),
        Some(kept_until),
    )
    .map(drop)
}
