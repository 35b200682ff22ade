//! `wasi:http/outgoing-handler`: requests to where the manifest allows, by HTTP/1.1. What is not allowed is
//! `HTTP-request-denied`, as on Spin.

use super::AllowedHosts;
use http_body_util::BodyExt as _;
use hyper::Uri;
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::{PathAndQuery, Scheme};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;
use wasmtime_wasi_http::io::TokioIo;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpHooks};

/// How long each step may take if the guest does not say: ten minutes.
const DEFAULT_TIMEOUT: Duration = Duration::from_mins(10);

/// Sends the requests of one guest.
pub(crate) struct OutboundHttp(pub(crate) Arc<AllowedHosts>);

type Connection = Box<dyn Future<Output = Result<(), Error>> + Send>;
type Sent = (hyper::Response<WasiBody>, Connection);

impl WasiHttpHooks for OutboundHttp {
    fn send_request(
        &mut self,
        request: hyper::Request<WasiBody>,
        options: Option<RequestOptions>,
        _sent: Connection,
    ) -> Box<dyn Future<Output = Result<Sent, Error>> + Send> {
        let allowed = self.0.allow_url(&request.uri().to_string(), "https");
        Box::new(async move {
            if allowed {
                send(request, options.unwrap_or_default()).await
            } else {
                Err(Error::HttpRequestDenied)
            }
        })
    }
}

async fn send(
    mut request: hyper::Request<WasiBody>,
    options: RequestOptions,
) -> Result<Sent, Error> {
    let connect_timeout = options.connect_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let first_byte_timeout = options.first_byte_timeout.unwrap_or(DEFAULT_TIMEOUT);
    let authority = request
        .uri()
        .authority()
        .cloned()
        .ok_or(Error::HttpRequestUriInvalid)?;
    if request.uri().scheme() != Some(&Scheme::HTTP) {
        return Err(Error::InternalError(Some(String::from(
            "the test host speaks no TLS",
        ))));
    }
    let address = (
        authority.host().to_owned(),
        authority.port_u16().unwrap_or(80),
    );
    let stream = tokio::time::timeout(connect_timeout, TcpStream::connect(address))
        .await
        .map_err(|_elapsed| Error::ConnectionTimeout)?
        .map_err(Error::Connect)?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", PathAndQuery::as_str);
    *request.uri_mut() = path
        .parse::<Uri>()
        .map_err(|_error| Error::HttpRequestUriInvalid)?;
    let host =
        HeaderValue::from_str(authority.as_str()).map_err(|_error| Error::HttpRequestUriInvalid)?;
    request.headers_mut().insert(HOST, host);
    let driver = tokio::spawn(connection);
    let response = tokio::time::timeout(first_byte_timeout, sender.send_request(request))
        .await
        .map_err(|_elapsed| Error::ConnectionReadTimeout)??;
    let ended: Connection = Box::new(async move {
        match driver.await {
            Ok(ended) => Ok(ended?),
            Err(_gone) => Ok(()),
        }
    });
    Ok((
        response.map(|body| body.map_err(Error::from).boxed_unsync()),
        ended,
    ))
}
