//! One request in, one response out: what both ways into the component share.

use crate::pages::{self, Response};
use doorward_protocol::http::{Answer, Body, ClientCertificate, Request};
use doorward_protocol::page::{ErrorKind, ErrorPage, Page};
use doorward_protocol::ports::Host;

/// A request as it came in, by value.
pub(crate) struct Incoming {
    /// Upper case.
    pub(crate) method: String,
    /// Path and query, origin-form.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    /// The whole of it.
    pub(crate) body: Vec<u8>,
    /// IP address as the host believes it.
    pub(crate) client_address: Option<String>,
    /// The client's certificate, as the host believes it.
    pub(crate) client_certificate: Option<Certificate>,
}

/// A certificate by value.
#[derive(Debug)]
pub(crate) struct Certificate {
    /// DER.
    pub(crate) der: Vec<u8>,
    /// An authority vouches for it.
    pub(crate) vouched: bool,
}

/// The path of a request, without its query.
pub(crate) fn path(incoming: &Incoming) -> &str {
    incoming.target.split('?').next().unwrap_or_default()
}

/// Lets the rules answer, then renders what they said.
pub(crate) fn respond(incoming: &Incoming, host: &dyn Host) -> Response {
    let (path, query) = incoming
        .target
        .split_once('?')
        .unwrap_or((&incoming.target, ""));
    let request = Request {
        method: &incoming.method,
        path,
        query,
        headers: &incoming.headers,
        body: &incoming.body,
        client_address: incoming.client_address.as_deref(),
        client_certificate: incoming.client_certificate.as_ref().map(|certificate| {
            ClientCertificate {
                der: &certificate.der,
                vouched: certificate.vouched,
            }
        }),
    };
    pages::render(doorward_protocol::serve(&request, host), host, host)
}

/// What a request above a limit gets, by its status: 413 for a body (RFC 9110 §15.5.14), 414 for a target (§15.5.15).
/// It was never read to its end, so the rules never see it.
pub(crate) fn too_large(status: u16, host: &dyn Host) -> Response {
    let page = ErrorPage {
        kind: ErrorKind::TooLarge,
        code: None,
        message: None,
        retry_after_s: None,
        reference: String::new(),
    };
    pages::render(
        Answer {
            status,
            headers: Vec::new(),
            body: Body::Page(Box::new(Page::Error(page))),
        },
        host,
        host,
    )
}
