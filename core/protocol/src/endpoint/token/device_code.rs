//! RFC 8628 §3.4: a device polls until the person has answered.

use super::TokenRequest;
use super::issuance::TokenResponse;
use super::of_grant::{self, Asked};
use crate::client::GrantType;
use crate::device;
use crate::grant;
use crate::grant::device_code::redeem;
use crate::ports::StoreFailure;
use crate::refusal::Refusal;
use crate::resource;
use crate::store::MAX_TRIES;

pub(super) fn issue(request: &TokenRequest<'_>) -> Result<TokenResponse, Refusal> {
    let (call, params, client) = (request.call, request.params, request.client);
    if !call.server.device.enabled {
        return Err(Refusal::UnsupportedGrantType);
    }
    let registered = client.using(GrantType::DeviceCode)?;
    let presented = grant::parse_device_code(params.require("device_code")?)
        .ok_or(Refusal::DeviceCodeUnknown)?;
    let resources = resource::from_request(params.all("resource"), call.server, call.host)?;
    let asked = Asked {
        resources: &resources,
        scope: None,
        authorization_details: params.get("authorization_details"),
        stage: "issue",
        grant_type: GrantType::DeviceCode,
    };
    for _ in 0..MAX_TRIES {
        let Some(stored) = grant::find(presented.grant_id, call.host)? else {
            let (id, secret) = (presented.grant_id, presented.secret);
            match device::poll(id, secret, registered, call.now, call.host)? {}
        };
        let redeemable = redeem(client, &presented, &stored.value, call.now)?;
        let prepared = of_grant::prepare(request, &stored.value, &asked)?;
        let (grant, refresh_token) = of_grant::with_first_refresh_token(
            request,
            presented.grant_id,
            stored.value,
            &prepared.permit,
        );
        let of = (presented.grant_id, &grant);
        let response = of_grant::issue(request, of, &prepared, None, refresh_token)?;
        let grant = redeemable.spend(grant, call.now);
        let of = (presented.grant_id, &grant);
        match of_grant::write(request, of, stored.version, &response) {
            Ok(()) => return Ok(response),
            Err(StoreFailure::Conflict) => {} // Another poll was faster, or it was revoked: read again.
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}
