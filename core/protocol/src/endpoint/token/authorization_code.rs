//! OAuth 2.1 §4.1.3: a code becomes tokens.

use super::issuance::TokenResponse;
use super::of_grant::{self, Asked};
use super::{TokenRequest, revoke_on_replay};
use crate::client::GrantType;
use crate::grant;
use crate::grant::authorization_code::{Redemption, redeem};
use crate::ports::StoreFailure;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::MAX_TRIES;

pub(super) fn issue(request: &TokenRequest<'_>) -> Result<TokenResponse, Refusal> {
    let (call, params, client) = (request.call, request.params, request.client);
    client.using(GrantType::AuthorizationCode)?;
    let presented = grant::parse_code(params.require("code")?).ok_or(Refusal::CodeUnknown)?;
    let redemption = Redemption {
        client,
        presented,
        redirect_uri: params.get("redirect_uri"),
        code_verifier: params.get("code_verifier"),
        confirmation: request.sender.confirmation(),
    };
    let resources = resource::from_request(params.all("resource"), call.server, call.host)?;
    let asked = Asked {
        resources: &resources,
        scope: None,
        authorization_details: params.get("authorization_details"),
        stage: "issue",
        grant_type: GrantType::AuthorizationCode,
    };
    for _ in 0..MAX_TRIES {
        let stored = grant::find(presented.grant_id, call.host)?.ok_or(Refusal::CodeUnknown)?;
        let redeemable = redeem(&redemption, &stored.value, call.now).inspect_err(|refusal| {
            revoke_on_replay(call, refusal, &presented, client.client());
        })?;
        let prepared = of_grant::prepare(request, &stored.value, &asked)?;
        let (grant, refresh_token) = of_grant::with_first_refresh_token(
            request,
            presented.grant_id,
            prepared.narrowed(stored.value),
            &prepared.permit,
        );
        let nonce = grant.code.nonce.clone();
        let of = (presented.grant_id, &grant);
        let response = of_grant::issue(request, of, &prepared, nonce.as_deref(), refresh_token)?;
        let grant = redeemable.spend(grant, call.now);
        let of = (presented.grant_id, &grant);
        match of_grant::write(request, of, stored.version, &response) {
            Ok(()) => return Ok(response),
            Err(StoreFailure::Conflict) => {} // Someone was faster: read again, and see a replay or a revocation.
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}
