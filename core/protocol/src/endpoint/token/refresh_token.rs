//! OAuth 2.1 §4.3: a refresh token becomes an access token and its successor.

use super::issuance::TokenResponse;
use super::of_grant::{self, Asked};
use super::{TokenRequest, revoke_on_replay};
use crate::client::GrantType;
use crate::grant;
use crate::grant::refresh_token::{self, Recognised, recognise};
use crate::ports::StoreFailure;
use crate::refusal::Refusal;
use crate::resource;
use crate::secret::random_secret;
use crate::store::MAX_TRIES;

pub(super) fn issue(request: &TokenRequest<'_>) -> Result<TokenResponse, Refusal> {
    let (call, params, client) = (request.call, request.params, request.client);
    client.using(GrantType::RefreshToken)?;
    let presented = grant::parse_refresh_token(params.require("refresh_token")?)
        .ok_or(Refusal::RefreshTokenUnknown)?;
    let resources = resource::from_request(params.all("resource"), call.server, call.host)?;
    let asked = Asked {
        resources: &resources,
        scope: params.get("scope"),
        authorization_details: params.get("authorization_details"),
        stage: "refresh",
        grant_type: GrantType::RefreshToken,
    };
    let window = refresh_token::reuse_window_s(client.client(), call.server);
    let shown = request.sender.confirmation();
    for _ in 0..MAX_TRIES {
        let stored =
            grant::find(presented.grant_id, call.host)?.ok_or(Refusal::RefreshTokenUnknown)?;
        let recognised = recognise(&presented, client, shown, &stored.value, window, call.now)
            .inspect_err(|refusal| {
                revoke_on_replay(call, refusal, &presented, client.client());
            })?;
        let prepared = of_grant::prepare(request, &stored.value, &asked)?;
        let grant = prepared.narrowed(stored.value);
        let (grant, secret) = match &recognised {
            Recognised::JustRotated(secret) => (grant, secret.clone()),
            Recognised::Newest => {
                let lifetimes = refresh_token::lifetimes(
                    client.client(),
                    call.server,
                    &grant.scope,
                    prepared.permit.refresh_token_lifetime_s,
                );
                refresh_token::rotate(
                    grant,
                    presented.secret,
                    random_secret(call.host),
                    lifetimes,
                    call.now,
                )
            }
        };
        let token = grant::refresh_token(presented.grant_id, presented.family, &secret);
        let of = (presented.grant_id, &grant);
        let response = of_grant::issue(request, of, &prepared, None, Some(token))?;
        let written = match recognised {
            // The same answer once more; nothing to write.
            Recognised::JustRotated(_) => Ok(()),
            Recognised::Newest => of_grant::write(request, of, stored.version, &response),
        };
        match written {
            Ok(()) => return Ok(response),
            Err(StoreFailure::Conflict) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
    Err(Refusal::Contention)
}
