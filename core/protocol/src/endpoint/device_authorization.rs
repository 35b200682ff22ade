//! The device authorization endpoint: RFC 8628 §3.1.
//!
//! In order: 1. POST; 2. form encoding, no parameter twice; 3. client authentication, as at the token endpoint; 4. the client's grant
//! type; 5. scope, resource and `authorization_details`, as in an authorization request; 6. how many the network began; 7. the codes. No person is asked here.

use super::{Call, token};
use crate::authorization;
use crate::authorization_details;
use crate::client::GrantType;
use crate::device::{self, Asked};
use crate::grant;
use crate::http::Answer;
use crate::login;
use crate::ports::Level;
use crate::refusal::Refusal;
use crate::resource;
use crate::secret::{random_id, random_secret};
use serde::Serialize;

/// §3.2
#[derive(Debug, Serialize)]
struct DeviceAuthorizationResponse {
    device_code: String,
    user_code: String,
    verification_uri: String,
    verification_uri_complete: String,
    /// Seconds.
    expires_in: u32,
    /// Seconds.
    interval: u32,
}

/// Answers a request to `/device_authorization`.
#[must_use]
pub fn serve(call: &Call<'_>) -> Answer {
    if let Some(answer) = call.request.turned_away("POST, OPTIONS") {
        return answer;
    }
    let mut client_id = String::new();
    match begin(call, &mut client_id) {
        Ok(response) => Answer::json(200, &response).cors(),
        Err(refusal) => {
            call.log_refusal("device_authorization.refused", &refusal, &client_id);
            Answer::refusal(&refusal).cors()
        }
    }
}

fn begin(call: &Call<'_>, client_id: &mut String) -> Result<DeviceAuthorizationResponse, Refusal> {
    let params = call.request.form()?;
    let client = token::authenticate_client(call, &params)?;
    client.client().client_id.clone_into(client_id);
    let client = client.using(GrantType::DeviceCode)?;
    let asked = Asked {
        scope: authorization::scope(params.get("scope"), client)?,
        resources: resource::from_request(params.all("resource"), call.server, call.host)?,
        authorization_details: authorization_details::from_request(
            params.get("authorization_details"),
            client,
            call.server,
        )?,
    };
    login::admit("device-starts", call)?;
    let (id, secret) = (random_id(call.host), random_secret(call.host));
    let settings = &call.server.device;
    let of = (id.as_str(), secret.as_str());
    let device = device::begin(of, client_id, asked, settings, call.now, call.host)?;
    let fields = [
        ("client_id", client_id.as_str()),
        ("scope", &device.scope.to_string()),
    ];
    call.host.emit(Level::Info, "device.started", &fields);
    let (user_code, place) = (device.user_code.shown(), &call.server.issuer);
    Ok(DeviceAuthorizationResponse {
        device_code: grant::device_code(&id, &secret),
        verification_uri: format!("{place}/device"),
        verification_uri_complete: format!("{place}/device?user_code={user_code}"),
        user_code,
        expires_in: settings.lifetime_s,
        interval: settings.interval_s,
    })
}
