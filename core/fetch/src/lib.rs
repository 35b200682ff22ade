//! One bounded request over `wasi:http/outgoing-handler`: what the core and the providers send theirs by.
//!
//! One deadline holds from the connection to the last byte, kept here with WASI's own clock, whether or not the host keeps
//! time. Redirects are answers: no host of this interface follows them. No more of a body is read than was asked for.
//!
//! Where a request may go, others decide: the caller, and the host.

use wasip2::clocks::monotonic_clock::subscribe_duration;
use wasip2::http::outgoing_handler;
use wasip2::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, IncomingBody, IncomingResponse, Method,
    OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use wasip2::io::poll::{Pollable, poll};
use wasip2::io::streams::{OutputStream, StreamError};

/// Nanoseconds of a second.
const SECOND: u64 = 1_000_000_000;
/// Longest deadline, seconds: less than a host gives to a request, so that there is time to answer.
const MAX_TIMEOUT_S: u32 = 8;
/// Most header fields of an answer.
const MAX_HEADERS: usize = 100;
/// Most bytes in the names and values of its header fields.
const MAX_HEADER_BYTES: usize = 32 * 1024;
/// Bytes that are asked for at once.
const CHUNK: usize = 16 * 1024;
/// How we say who asks: neither the version nor anything about this installation.
const USER_AGENT: &str = "doorward";

/// A request to another server.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// `GET` or `POST`.
    pub method: &'a str,
    /// By plain HTTP instead of HTTPS.
    pub plain: bool,
    /// `host` or `host:port`.
    pub authority: &'a str,
    /// Begins with `/`.
    pub path_with_query: &'a str,
    /// Names in lower case. `user-agent` and `content-length` are added.
    pub headers: &'a [(&'a str, &'a str)],
    /// Empty for `GET`.
    pub body: &'a [u8],
    /// Longest answer that is read, bytes; a longer one fails.
    pub max_bytes: usize,
    /// Until the whole answer is there, seconds; at most 8.
    pub timeout_s: u32,
}

/// What another server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Names in lower case. Fields whose value is no text are left out.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The host does not let us go there, or does not take such a request.
    Refused(&'static str),
    /// Longer than `max_bytes`.
    TooLarge,
    /// No answer, or not in time.
    Unreachable(&'static str),
}

/// Sends one request and reads the whole answer.
///
/// # Errors
/// [`Failure`]
pub fn send(request: &Request<'_>) -> Result<Response, Failure> {
    let seconds = request.timeout_s.min(MAX_TIMEOUT_S);
    let deadline = subscribe_duration(u64::from(seconds) * SECOND);
    let (outgoing, body) = prepare(request)?;
    let pending = outgoing_handler::handle(outgoing, Some(options(seconds)))
        .map_err(|error| failure(&error))?;
    if let Some(body) = body {
        // Why a body was not taken, the answer says, or why there is none.
        let _ = write(body, request.body, &deadline);
    }
    let response = response(&pending, &deadline)?;
    let headers = headers(&response)?;
    Ok(Response {
        status: response.status(),
        headers,
        body: read(&response, request.max_bytes, &deadline)?,
    })
}

fn prepare(request: &Request<'_>) -> Result<(OutgoingRequest, Option<OutgoingBody>), Failure> {
    const NOT_TAKEN: &str = "the host does not take the request";
    let method = match request.method {
        "GET" => Method::Get,
        "POST" => Method::Post,
        _ => return Err(Failure::Refused("only GET and POST are sent")),
    };
    let has_body = request.method == "POST";
    let field = |name: &str, value: &str| (name.to_owned(), value.as_bytes().to_vec());
    let mut fields = vec![field("user-agent", USER_AGENT)];
    if has_body {
        fields.push(field("content-length", &request.body.len().to_string()));
    }
    fields.extend(
        request
            .headers
            .iter()
            .map(|(name, value)| field(name, value)),
    );
    let fields = Fields::from_list(&fields).map_err(|_| Failure::Refused(NOT_TAKEN))?;
    let outgoing = OutgoingRequest::new(fields);
    let scheme = if request.plain {
        Scheme::Http
    } else {
        Scheme::Https
    };
    outgoing
        .set_method(&method)
        .and_then(|()| outgoing.set_scheme(Some(&scheme)))
        .and_then(|()| outgoing.set_authority(Some(request.authority)))
        .and_then(|()| outgoing.set_path_with_query(Some(request.path_with_query)))
        .map_err(|()| Failure::Refused(NOT_TAKEN))?;
    let body = has_body
        .then(|| outgoing.body())
        .transpose()
        .map_err(|()| Failure::Refused(NOT_TAKEN))?;
    Ok((outgoing, body))
}

/// Timeouts that a host does not offer are kept by the deadline alone.
fn options(seconds: u32) -> RequestOptions {
    let (options, time) = (RequestOptions::new(), Some(u64::from(seconds) * SECOND));
    let _ = options.set_connect_timeout(time);
    let _ = options.set_first_byte_timeout(time);
    let _ = options.set_between_bytes_timeout(time);
    options
}

fn write(body: OutgoingBody, bytes: &[u8], deadline: &Pollable) -> Result<(), Failure> {
    let broken = || Failure::Unreachable("the connection broke");
    let stream = body.write().map_err(|()| broken())?;
    let mut rest = bytes;
    while !rest.is_empty() {
        let room = permitted(&stream, deadline)?.min(rest.len());
        let (now, later) = rest.split_at_checked(room).unwrap_or((rest, &[]));
        stream.write(now).map_err(|_| broken())?;
        rest = later;
    }
    stream.flush().map_err(|_| broken())?;
    permitted(&stream, deadline)?;
    drop(stream);
    OutgoingBody::finish(body, None).map_err(|error| failure(&error))
}

/// Waits until the stream takes bytes; how many.
fn permitted(stream: &OutputStream, deadline: &Pollable) -> Result<usize, Failure> {
    loop {
        match stream.check_write() {
            Ok(0) => wait(&stream.subscribe(), deadline)?,
            Ok(room) => return Ok(usize::try_from(room).unwrap_or(usize::MAX)),
            Err(StreamError::Closed | StreamError::LastOperationFailed(_)) => {
                return Err(Failure::Unreachable("the connection broke"));
            }
        }
    }
}

fn response(
    pending: &FutureIncomingResponse,
    deadline: &Pollable,
) -> Result<IncomingResponse, Failure> {
    loop {
        match pending.get() {
            None => wait(&pending.subscribe(), deadline)?,
            Some(Ok(Ok(response))) => return Ok(response),
            Some(Ok(Err(error))) => return Err(failure(&error)),
            Some(Err(())) => return Err(Failure::Unreachable("the answer was taken already")),
        }
    }
}

/// Fields whose value is no text are left out: nothing that is read here has such a value.
fn headers(response: &IncomingResponse) -> Result<Vec<(String, String)>, Failure> {
    let entries = response.headers().entries();
    let bytes: usize = entries
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum();
    if entries.len() > MAX_HEADERS || bytes > MAX_HEADER_BYTES {
        return Err(Failure::Unreachable("its header is too large"));
    }
    let text = |(name, value): (String, Vec<u8>)| {
        Some((name.to_ascii_lowercase(), String::from_utf8(value).ok()?))
    };
    Ok(entries.into_iter().filter_map(text).collect())
}

fn read(
    response: &IncomingResponse,
    max_bytes: usize,
    deadline: &Pollable,
) -> Result<Vec<u8>, Failure> {
    let broken = || Failure::Unreachable("the connection broke");
    let incoming: IncomingBody = response.consume().map_err(|()| broken())?;
    let stream = incoming.stream().map_err(|()| broken())?;
    let mut bytes = Vec::new();
    loop {
        // One byte more than fits tells too large from just full.
        let room = max_bytes.saturating_add(1).saturating_sub(bytes.len());
        match stream.read(room.min(CHUNK) as u64) {
            Ok(chunk) if chunk.is_empty() => wait(&stream.subscribe(), deadline)?,
            Ok(chunk) => bytes.extend_from_slice(&chunk),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(_)) => return Err(broken()),
        }
        if bytes.len() > max_bytes {
            return Err(Failure::TooLarge);
        }
        if deadline.ready() {
            return Err(Failure::Unreachable(LATE));
        }
    }
}

const LATE: &str = "no answer in time";

fn wait(event: &Pollable, deadline: &Pollable) -> Result<(), Failure> {
    let ready = poll(&[event, deadline]);
    if ready.contains(&1) {
        Err(Failure::Unreachable(LATE))
    } else {
        Ok(())
    }
}

/// The kind of error, without what the other side or the host adds to it.
fn failure(error: &ErrorCode) -> Failure {
    match error {
        ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => {
            Failure::Refused("this host does not let us go there")
        }
        ErrorCode::DnsTimeout | ErrorCode::DnsError(_) => {
            Failure::Unreachable("its name is not found")
        }
        ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => Failure::Unreachable(LATE),
        ErrorCode::ConnectionRefused
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationUnavailable
        | ErrorCode::DestinationIpUnroutable => Failure::Unreachable("it refuses connections"),
        ErrorCode::TlsProtocolError
        | ErrorCode::TlsCertificateError
        | ErrorCode::TlsAlertReceived(_) => {
            Failure::Unreachable("its certificate or TLS is not acceptable")
        }
        _ => Failure::Unreachable("the connection broke"),
    }
}
