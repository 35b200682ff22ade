//! The standard way in: `wasi:http/incoming-handler`, for hosts that are not ours. The same code answers as behind the
//! narrow one.
//!
//! WASI does not tell who the client is: the section `host` of the settings names the headers that do, if any ([`client_address`],
//! [`client_certificate`]).

use crate::Component;
use crate::client_address::client_address;
use crate::client_certificate::client_certificate;
use crate::exchange::{self, Incoming};
use crate::host::WitHost;
use crate::pages::Response;
use doorward_protocol::ports::Settings as _;
use wasip2::exports::http::incoming_handler::Guest;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingRequest, Method, OutgoingBody, OutgoingResponse,
    ResponseOutparam,
};
use wasip2::io::streams::StreamError;

/// Bytes of a body that are read: no form and no token request comes near.
const BODY_LIMIT: usize = 64 * 1024;
/// Bytes of a target, as `doorward:host/http-handler` has it.
const TARGET_LIMIT: usize = 16 * 1024;
/// Bytes that WASI takes in one `blocking-write-and-flush`.
const WRITE_CHUNK: usize = 4096;

/// Why a request was not read to its end.
enum Unread {
    /// It is larger than we read; the status says what was.
    TooLarge(u16),
    /// The client went away.
    Broken,
}

impl Guest for Component {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let mut path = String::new();
        let response = match read(&request) {
            Ok(incoming) => {
                exchange::path(&incoming).clone_into(&mut path);
                exchange::respond(&incoming, &WitHost)
            }
            Err(Unread::TooLarge(status)) => exchange::too_large(status, &WitHost),
            Err(Unread::Broken) => {
                return ResponseOutparam::set(out, Err(ErrorCode::ConnectionTerminated));
            }
        };
        write(response, out);
        // These hosts do nothing by themselves; whoever asked has their answer and does not wait for this.
        doorward_protocol::after_the_answer(&path, &WitHost);
    }
}

fn read(request: &IncomingRequest) -> Result<Incoming, Unread> {
    let target = request.path_with_query().unwrap_or_else(|| "/".to_owned());
    if target.len() > TARGET_LIMIT {
        return Err(Unread::TooLarge(414));
    }
    let mut headers = request.headers().entries();
    for (name, _) in &mut headers {
        name.make_ascii_lowercase();
    }
    let method = method(request.method());
    let body = body(&request.consume().map_err(|()| Unread::Broken)?)?;
    let section = WitHost.section("host");
    let client_address = client_address(section.as_deref(), &headers);
    let client_certificate = client_certificate(section.as_deref(), &headers);
    Ok(Incoming {
        method,
        target,
        headers,
        body,
        client_address,
        client_certificate,
    })
}

fn method(method: Method) -> String {
    let known = match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
        Method::Connect => "CONNECT",
        Method::Options => "OPTIONS",
        Method::Trace => "TRACE",
        Method::Patch => "PATCH",
        Method::Other(other) => return other,
    };
    known.to_owned()
}

fn body(body: &IncomingBody) -> Result<Vec<u8>, Unread> {
    let stream = body.stream().map_err(|()| Unread::Broken)?;
    let mut bytes = Vec::new();
    loop {
        // One byte more than fits tells too large from just full.
        let room = (BODY_LIMIT + 1).saturating_sub(bytes.len());
        match stream.blocking_read(room as u64) {
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Err(Unread::Broken),
        }
        if bytes.len() > BODY_LIMIT {
            return Err(Unread::TooLarge(413));
        }
    }
}

fn write(response: Response, out: ResponseOutparam) {
    let entries: Vec<_> = response
        .headers
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.into_bytes()))
        .collect();
    let prepared = Fields::from_list(&entries)
        .ok()
        .map(OutgoingResponse::new)
        .and_then(|answer| {
            answer.set_status_code(response.status).ok()?;
            let body = answer.body().ok()?;
            Some((answer, body))
        });
    let Some((answer, body)) = prepared else {
        return ResponseOutparam::set(out, Err(ErrorCode::InternalError(None)));
    };
    ResponseOutparam::set(out, Ok(answer));
    // Whoever went away while we wrote does not miss the rest.
    if send(&body, &response.body) {
        let _ = OutgoingBody::finish(body, None);
    }
}

fn send(body: &OutgoingBody, bytes: &[u8]) -> bool {
    let Ok(stream) = body.write() else {
        return false;
    };
    bytes
        .chunks(WRITE_CHUNK)
        .all(|chunk| stream.blocking_write_and_flush(chunk).is_ok())
}
