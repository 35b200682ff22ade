//! OAuth 2.1 §4.2: a client for itself.

use super::TokenRequest;
use super::issuance::{Issuance, TokenResponse};
use crate::authorization_details;
use crate::client::GrantType;
use crate::grant::client_credentials;
use crate::policy;
use crate::refusal::Refusal;
use crate::resource;

pub(super) fn issue(request: &TokenRequest<'_>) -> Result<TokenResponse, Refusal> {
    let (call, params) = (request.call, request.params);
    request.client.confidential()?;
    let client = request.client.using(GrantType::ClientCredentials)?;
    let scope = client_credentials::scope(client, params.get("scope"))?;
    let resources = resource::from_request(params.all("resource"), call.server, call.host)?;
    let details = authorization_details::from_request(
        params.get("authorization_details"),
        client,
        call.server,
    )?;
    let input = policy::Input {
        stage: "issue".to_owned(),
        now: call.now.0,
        client: client.facts(),
        grant_type: GrantType::ClientCredentials.name().to_owned(),
        scopes: scope.tokens().to_vec(),
        resources: resources.clone(),
        ..policy::Input::default()
    };
    let permit = policy::permit(&input, call.host).map_err(|refusal| match refusal {
        Refusal::PolicyDenied { reason } => Refusal::PolicyRefusesClient { reason },
        other => other,
    })?;
    if permit.scope.is_empty() && !scope.is_empty() {
        return Err(Refusal::NoScopeLeft);
    }
    Issuance {
        authorization_details: &details,
        ..Issuance::new(client, &resources, &permit)
    }
    .issue(request)
}
