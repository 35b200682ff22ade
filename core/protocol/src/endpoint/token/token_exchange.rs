//! RFC 8693: an access token becomes a narrower one. What may be exchanged is decided in [`crate::grant::token_exchange`].

use super::TokenRequest;
use super::issuance::{Issuance, TokenResponse};
use super::of_grant;
use crate::client::GrantType;
use crate::grant::token_exchange::{ACCESS_TOKEN, check, check_type};
use crate::refusal::Refusal;
use crate::resource;
use crate::time::UnixTime;
use crate::token::access::{self, LiveToken};

pub(super) fn issue(request: &TokenRequest<'_>) -> Result<TokenResponse, Refusal> {
    let (call, params, shown) = (request.call, request.params, request.sender.confirmation());
    if !call.server.token_exchange.enabled {
        return Err(Refusal::UnsupportedGrantType);
    }
    request.client.confidential()?;
    let caller = request.client.using(GrantType::TokenExchange)?;
    let subject_token = params.require("subject_token")?;
    params.require("subject_token_type")?;
    check_type(params.get("subject_token_type"), "subject_token_type")?;
    let actor_type = params.get("actor_token_type");
    if actor_type.is_some() != params.get("actor_token").is_some() {
        // §2.1: the one without the other says nothing.
        return Err(Refusal::MissingParameter(if actor_type.is_some() {
            "actor_token"
        } else {
            "actor_token_type"
        }));
    }
    if actor_type.is_some() {
        check_type(actor_type, "actor_token_type")?;
    }
    if params.get("requested_token_type").is_some() {
        check_type(params.get("requested_token_type"), "requested_token_type")?;
    }
    let subject = live(request, subject_token)?;
    let actor = params
        .get("actor_token")
        .map(|token| live(request, token))
        .transpose()?;
    let exchange = check(caller, &subject, shown, call.host)?;
    let act = exchange.actors(actor.as_ref(), shown)?;
    // A resource has one name here, by whichever parameter it comes (§2.1).
    let named = params.all("resource").chain(params.get("audience"));
    let named = resource::from_request(named, call.server, call.host)?;
    let issuer = &call.server.issuer;
    let target = exchange.target(named, issuer)?;
    resource::from_request(target.iter().map(String::as_str), call.server, call.host)?;
    let scope = exchange.scope(params.get("scope"), &target, issuer, call.host)?;
    let (Some(user), Some((grant_id, grant))) = (&subject.user, &subject.grant) else {
        return Err(Refusal::SubjectTokenInvalid("it is about no person"));
    };
    let permit = of_grant::permit(
        request,
        (grant, user),
        ("exchange", GrantType::TokenExchange),
        &scope,
        &target,
    )
    .map_err(|refusal| match refusal {
        Refusal::PolicyDenied { reason } | Refusal::PolicyEndsGrant { reason } => {
            Refusal::PolicyRefusesClient { reason }
        }
        other => other,
    })?;
    let ends = [Some(&subject), actor.as_ref()];
    let expires_by = ends.into_iter().flatten().map(LiveToken::expires_at).min();
    let mut response = Issuance {
        user: Some(user),
        // As it was: the caller saw it there, and learns no other name of the person.
        sub: Some(subject.text("sub")),
        grant: Some((grant_id, grant)),
        made_of: Some(&subject),
        authorization_details: exchange.authorization_details(),
        act: act.as_ref(),
        id_token: false,
        expires_by: expires_by.or(Some(UnixTime(0))),
        ..Issuance::new(caller, &target, &permit)
    }
    .issue(request)?;
    response.issued_token_type = Some(ACCESS_TOKEN);
    Ok(response)
}

/// Reads a token that is to be exchanged, or to act.
fn live(request: &TokenRequest<'_>, token: &str) -> Result<LiveToken, Refusal> {
    let call = request.call;
    access::verify(token, call.server, call.now, call.host).map_err(|refusal| match refusal {
        Refusal::TokenInvalid => Refusal::SubjectTokenInvalid("it is not valid"),
        other => other,
    })
}
