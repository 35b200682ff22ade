//! A device without a browser, and the person who lets it in: RFC 8628.

use super::browser::{Browser, Visit};
use super::client::{Client, Fields};
use super::http::Response;
use super::server::Server;

/// The value of `grant_type`.
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A device that shows a code.
#[derive(Debug, Clone)]
#[expect(clippy::struct_field_names, reason = "as RFC 8628 spells it")]
pub(crate) struct Device {
    pub(crate) client: Client,
    pub(crate) device_code: String,
    pub(crate) user_code: String,
    pub(crate) response: Response,
}

impl Device {
    /// Starts.
    #[track_caller]
    pub(crate) fn start(server: &Server, client: Client, fields: Fields<'_>) -> Self {
        let url = server.url("/device_authorization");
        let response = client.request(&url, fields).send();
        response.assert_ok().assert_no_store();
        Self {
            client,
            device_code: response.text("device_code"),
            user_code: response.text("user_code"),
            response,
        }
    }

    /// Polls once.
    pub(crate) fn poll(&self, server: &Server) -> Response {
        self.client.token(
            server,
            &[
                ("grant_type", GRANT_TYPE),
                ("device_code", &self.device_code),
            ],
        )
    }
}

/// Types a code; what comes after: the question, or the choice of a provider.
#[track_caller]
pub(crate) fn type_code(server: &Server, browser: &mut Browser, user_code: &str) -> Visit {
    let page = browser.get(&server.url("/device"));
    let form = page.form_with("text").set("user_code", user_code);
    browser.press(&page, &form, "")
}
