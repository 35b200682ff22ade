//! Requests over `wasi:http/outgoing-handler`. They end within [`DEADLINE`], whether or not the host keeps time.

use super::{Request, Sent};
use std::time::Duration;
use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme,
};
use wasip2::io::poll::{Pollable, poll};
use wasip2::io::streams::{OutputStream, StreamError};

/// For the connection, and again for the first byte of the answer.
const TIMEOUT: Duration = Duration::from_secs(5);
/// For everything.
const DEADLINE: Duration = Duration::from_secs(10);

/// Sends a request and waits for the status of its answer. The answer's body is not read: there is nothing in it that we
/// need.
pub(crate) fn send(request: &Request<'_>) -> Sent {
    try_send(request).map_or_else(Sent::Failed, Sent::Status)
}

fn try_send(request: &Request<'_>) -> Result<u16, &'static str> {
    let deadline = subscribe_duration(nanoseconds(DEADLINE));
    let (outgoing, body) = prepare(request).ok_or("the host does not take the request")?;
    let pending =
        outgoing_handler::handle(outgoing, Some(options())).map_err(|error| name(&error))?;
    // Why a body was not taken, the answer says, or why there is none.
    let _ = write(body, &request.body, &deadline);
    status(&pending, &deadline)
}

fn prepare(request: &Request<'_>) -> Option<(OutgoingRequest, OutgoingBody)> {
    let (name, value) = &request.authentication;
    let fields = Fields::from_list(&[
        ((*name).to_owned(), value.as_bytes().to_vec()),
        ("content-type".to_owned(), b"application/json".to_vec()),
        ("accept".to_owned(), b"application/json".to_vec()),
        (
            "content-length".to_owned(),
            request.body.len().to_string().into_bytes(),
        ),
    ])
    .ok()?;
    let outgoing = OutgoingRequest::new(fields);
    let scheme = if request.url.plain {
        Scheme::Http
    } else {
        Scheme::Https
    };
    outgoing.set_method(&Method::Post).ok()?;
    outgoing.set_scheme(Some(&scheme)).ok()?;
    outgoing.set_authority(Some(request.url.authority)).ok()?;
    outgoing
        .set_path_with_query(Some(request.url.path_with_query))
        .ok()?;
    let body = outgoing.body().ok()?;
    Some((outgoing, body))
}

/// Timeouts that a host does not offer are ours to keep.
fn options() -> RequestOptions {
    let options = RequestOptions::new();
    let _ = options.set_connect_timeout(Some(nanoseconds(TIMEOUT)));
    let _ = options.set_first_byte_timeout(Some(nanoseconds(TIMEOUT)));
    options
}

fn write(body: OutgoingBody, bytes: &[u8], deadline: &Pollable) -> Result<(), &'static str> {
    const BROKEN: &str = "the connection broke";
    let stream = body.write().map_err(|()| BROKEN)?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = permitted(&stream, deadline)?.min(rest.len());
        let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
        stream.write(now).map_err(|_| BROKEN)?;
        rest = later;
    }
    stream.flush().map_err(|_| BROKEN)?;
    permitted(&stream, deadline)?;
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|error| name(&error))
}

/// Waits until the stream takes bytes; how many.
fn permitted(stream: &OutputStream, deadline: &Pollable) -> Result<usize, &'static str> {
    loop {
        match stream.check_write() {
            Ok(0) => wait(&stream.subscribe(), deadline)?,
            Ok(room) => return Ok(usize::try_from(room).unwrap_or(usize::MAX)),
            Err(StreamError::Closed | StreamError::LastOperationFailed(_)) => {
                return Err("the connection broke");
            }
        }
    }
}

fn status(pending: &FutureIncomingResponse, deadline: &Pollable) -> Result<u16, &'static str> {
    loop {
        match pending.get() {
            None => wait(&pending.subscribe(), deadline)?,
            Some(Ok(Ok(response))) => return Ok(response.status()),
            Some(Ok(Err(error))) => return Err(name(&error)),
            Some(Err(())) => return Err("the answer was taken already"),
        }
    }
}

fn wait(event: &Pollable, deadline: &Pollable) -> Result<(), &'static str> {
    let ready = poll(&[event, deadline]);
    if ready.contains(&0) {
        Ok(())
    } else {
        Err("no answer in time")
    }
}

/// The kind of error, without what the host adds to it.
fn name(error: &ErrorCode) -> &'static str {
    match error {
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) => "its name is not found",
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => "no answer in time",
        ErrorCode::ConnectionRefused
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable => "it refuses connections",
        ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => "its certificate or TLS is not acceptable",
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            "the host does not let us reach it: allow its address, under Spin in `allowed_outbound_hosts`"
        }
        _ => "the connection broke",
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
