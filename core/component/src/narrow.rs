//! The narrow way in: `doorward:host/http-handler`, for the hosts that are ours.

use crate::Component;
use crate::bindings::exports::doorward::host::http_handler::{Guest, Request, Response};
use crate::client_certificate::client_certificate as told;
use crate::exchange::{self, Certificate, Incoming};
use crate::host::WitHost;
use doorward_protocol::ports::Settings as _;

impl Guest for Component {
    fn handle(request: Request) -> Response {
        let Request {
            method,
            target,
            headers,
            body,
            client_address,
            client_certificate,
        } = request;
        // Workers pass headers on as they come; a host that knows the certificate itself has no such section.
        let client_certificate = match client_certificate {
            Some(certificate) => Some(Certificate {
                der: certificate.der,
                vouched: certificate.vouched,
            }),
            None => told(WitHost.section("host").as_deref(), &headers),
        };
        let response = exchange::respond(
            &Incoming {
                method,
                target,
                headers,
                body,
                client_address,
                client_certificate,
            },
            &WitHost,
        );
        let headers = response
            .headers
            .into_iter()
            .map(|(name, value)| (name.into(), value.into_bytes()))
            .collect();
        Response {
            status: response.status,
            headers,
            body: response.body,
        }
    }
}
