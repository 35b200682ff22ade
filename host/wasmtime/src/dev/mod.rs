//! What only `doorward dev` has: a ready link, the mails it "sent", and a page that turns the demo client's code into
//! tokens, so that a newcomer sees them without writing code. None of it exists in `serve`.

mod callback;
mod html;
mod outbox;
mod pkce;

#[cfg(test)]
mod tests;

use crate::mail::Outbox;
use crate::server::Answer;
use crate::server::service::Service;
use hyper::header::HOST;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use pkce::Pkce;
use std::net::IpAddr;
use std::sync::Arc;

/// The demo client.
pub(crate) const DEMO_CLIENT: &str = "demo";
/// What the ready link asks for.
const DEMO_SCOPE: &str = "openid profile email offline_access";

const OTHER_HOST: &str = "<p>These pages answer to 127.0.0.1, [::1] and localhost only.</p>";

/// The pages below `/dev/`.
pub(crate) struct Dev {
    issuer: String,
    outbox: Arc<Outbox>,
    pkce: Pkce,
}

/// The origin of an issuer: `dev`'s own pages lie outside its path.
pub(crate) fn origin(issuer: &str) -> &str {
    let authority = issuer.find("://").map_or(0, |at| at + 3);
    let path = issuer.get(authority..).and_then(|rest| rest.find('/'));
    path.and_then(|at| issuer.get(..authority + at))
        .unwrap_or(issuer)
}

impl Dev {
    /// For a server at `issuer` whose mail goes to `outbox`.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(crate) fn new(issuer: String, outbox: Arc<Outbox>) -> anyhow::Result<Self> {
        Ok(Self {
            issuer,
            outbox,
            pkce: Pkce::generate()?,
        })
    }

    /// The link that starts a sign-in of the demo client and ends at `/dev/callback`.
    pub(crate) fn ready_link(&self) -> String {
        format!(
            "{issuer}/authorize?response_type=code&client_id={DEMO_CLIENT}&redirect_uri={redirect_uri}&scope={scope}\
             &state={state}&code_challenge={challenge}&code_challenge_method=S256",
            issuer = self.issuer,
            redirect_uri = html::encode(&self.redirect_uri()),
            scope = DEMO_SCOPE.replace(' ', "+"),
            state = self.pkce.state,
            challenge = self.pkce.challenge,
        )
    }

    fn redirect_uri(&self) -> String {
        format!("{}/dev/callback", origin(&self.issuer))
    }

    /// Answers a request below `/dev/`; `None` if there is no such page.
    pub(crate) async fn answer(
        &self,
        service: &Service,
        client: IpAddr,
        head: &Parts,
    ) -> Option<Answer> {
        if head.method != Method::GET && head.method != Method::HEAD {
            return None;
        }
        if !is_for_this_machine(head) {
            return Some(html::page(
                StatusCode::FORBIDDEN,
                "Not from here",
                OTHER_HOST,
            ));
        }
        match head.uri.path() {
            "/dev/outbox" => Some(outbox::answer(&self.outbox, &head.headers)),
            "/dev/callback" => Some(
                callback::answer(self, service, client, head.uri.query().unwrap_or_default()).await,
            ),
            _ => None,
        }
    }
}

/// Whether the browser asked for this machine by its own names. A foreign name that resolves to loopback (DNS rebinding)
/// would let that site's script read the codes in the outbox.
fn is_for_this_machine(head: &Parts) -> bool {
    let host = head
        .headers
        .get(HOST)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let authority = host.parse::<hyper::http::uri::Authority>();
    authority.is_ok_and(|authority| crate::config::safety::is_loopback_host(authority.host()))
}
