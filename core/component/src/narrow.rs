//! The narrow way in: `doorward:host/http-handler`, for the hosts that are ours.

use crate::Component;
use crate::bindings::exports::doorward::host::http_handler::{Guest, Request, Response};
use crate::exchange::{self, Incoming};
use crate::host::WitHost;

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
