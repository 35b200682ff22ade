//! One request: judged, connected, sent.

use super::address::{is_global, may_be_allowed};
use super::{Outbound, Sent};
use http_body_util::BodyExt as _;
use hyper::Uri;
use hyper::client::conn::http1;
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

/// Longest time for the name, the connection and TLS together, whatever the guest asks for.
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// Longest time from then to the header of the answer.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// Longest life of a connection.
const CONNECTION_TIME: Duration = Duration::from_secs(30);
/// Addresses of a name that are tried.
const TRIES: usize = 3;
/// Most header fields of an answer, and most bytes in them.
const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: usize = 64 << 10;
/// Names of this machine, of its network and of clouds' own services; the core has the longer list.
const NOT_PUBLIC: [&str; 6] = ["arpa", "home", "internal", "lan", "local", "localhost"];

/// Where a request goes, judged.
#[derive(Debug)]
pub(super) enum Destination {
    /// A listener on this machine, by plain HTTP.
    Here(Vec<SocketAddr>),
    /// Addresses of a host, by TLS in its name.
    There(Vec<SocketAddr>, ServerName<'static>),
}

impl Outbound {
    pub(super) async fn send(
        &self,
        mut request: hyper::Request<WasiBody>,
        options: RequestOptions,
    ) -> Result<Sent, Error> {
        let connect_time = options
            .connect_timeout
            .unwrap_or(CONNECT_TIME)
            .min(CONNECT_TIME);
        let answer_time = options
            .first_byte_timeout
            .unwrap_or(ANSWER_TIME)
            .min(ANSWER_TIME);
        // Apart from the request, which no other thread may see while we wait.
        let uri = request.uri().clone();
        let stream = tokio::time::timeout(connect_time, async {
            let destination = self.judge(&uri).await?;
            self.connect(destination).await
        })
        .await
        .map_err(|_elapsed| Error::ConnectionTimeout)??;
        let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
        *request.uri_mut() = path
            .parse()
            .map_err(|_error| Error::HttpRequestUriInvalid)?;
        tokio::time::timeout(answer_time, exchange(stream, request))
            .await
            .map_err(|_elapsed| Error::ConnectionReadTimeout)?
    }

    /// Whether the request may go where it wants to, and to which addresses.
    pub(super) async fn judge(&self, uri: &Uri) -> Result<Destination, Error> {
        let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
        if uri.scheme() == Some(&Scheme::HTTP) && self.is_local(authority.as_str()) {
            return here(authority);
        }
        let host = authority.host().to_ascii_lowercase();
        if uri.scheme() != Some(&Scheme::HTTPS)
            || authority.as_str().contains('@')
            || !is_dns_name(&host)
        {
            return Err(Error::HttpRequestDenied);
        }
        let port = authority.port_u16().unwrap_or(443);
        let allowed = self.allows(&host, port);
        if !allowed && (port != 443 || !is_public_name(&host)) {
            return Err(Error::HttpRequestDenied);
        }
        let addresses = self
            .resolver
            .resolve(&host)
            .await
            .map_err(|_error| Error::DestinationNotFound)?;
        if addresses.is_empty() {
            return Err(Error::DestinationNotFound);
        }
        let fits = if allowed { may_be_allowed } else { is_global };
        // One address that does not fit condemns the name: whoever mixes them wants us to try.
        if !addresses.iter().copied().all(fits) {
            return Err(Error::DestinationIpProhibited);
        }
        let name = ServerName::try_from(host).map_err(|_error| Error::HttpRequestUriInvalid)?;
        let sockets = addresses
            .into_iter()
            .map(|address| SocketAddr::new(address, port));
        Ok(Destination::There(sockets.collect(), name))
    }

    fn allows(&self, host: &str, port: u16) -> bool {
        self.allow.iter().any(|entry| match entry.rsplit_once(':') {
            Some((name, number)) => name == host && number == port.to_string(),
            None => entry == host && port == 443,
        })
    }

    async fn connect(&self, destination: Destination) -> Result<Box<dyn Stream>, Error> {
        match destination {
            Destination::Here(addresses) => Ok(Box::new(reach(&addresses).await?)),
            Destination::There(addresses, name) => {
                let connector = TlsConnector::from(self.tls()?);
                let stream = reach(&addresses).await?;
                let stream = connector.connect(name, stream).await.map_err(tls_error)?;
                Ok(Box::new(stream))
            }
        }
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

fn tls_error(error: std::io::Error) -> Error {
    let is_certificate = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        .is_some_and(|inner| matches!(inner, rustls::Error::InvalidCertificate(_)));
    if is_certificate {
        Error::TlsCertificateError
    } else {
        Error::Tls(error)
    }
}

fn here(authority: &Authority) -> Result<Destination, Error> {
    let port = authority.port_u16().ok_or(Error::HttpRequestDenied)?;
    let (v4, v6) = (
        IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(Ipv6Addr::LOCALHOST),
    );
    // Never asked of a resolver: these mean this machine.
    let addresses = match authority.host() {
        "127.0.0.1" => vec![v4],
        "[::1]" => vec![v6],
        "localhost" => vec![v4, v6],
        _ => return Err(Error::HttpRequestDenied),
    };
    let sockets = addresses
        .into_iter()
        .map(|address| SocketAddr::new(address, port));
    Ok(Destination::Here(sockets.collect()))
}

/// A connection to the first address that takes one.
async fn reach(addresses: &[SocketAddr]) -> Result<TcpStream, Error> {
    let mut failed = Error::DestinationNotFound;
    for address in addresses.iter().take(TRIES) {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => failed = Error::Connect(error),
        }
    }
    Err(failed)
}

async fn exchange(
    stream: Box<dyn Stream>,
    request: hyper::Request<WasiBody>,
) -> Result<Sent, Error> {
    let (mut sender, connection) = http1::Builder::new()
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES)
        .handshake(TokioIo::new(stream))
        .await?;
    let mut connection = Box::pin(connection);
    let mut open = true;
    let response = {
        let mut sending = pin!(sender.send_request(request));
        tokio::select! {
            response = &mut sending => response?,
            ended = &mut connection => {
                open = false;
                ended?;
                sending.await?
            }
        }
    };
    // Whoever drops the body drops this with it, and the connection ends.
    let rest = Box::new(async move {
        if open {
            tokio::time::timeout(CONNECTION_TIME, connection)
                .await
                .map_err(|_elapsed| Error::HttpResponseTimeout)??;
        }
        Ok(())
    });
    let response = response.map(|body| body.map_err(Error::from).boxed_unsync());
    Ok((response, rest))
}

/// RFC 1123 §2.1. The last label begins with a letter: no resolver takes such a name for an address.
fn is_dns_name(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    host.len() <= 253
        && host.split('.').all(is_label)
        && last.starts_with(|letter: char| letter.is_ascii_alphabetic())
}

fn is_public_name(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.') && !NOT_PUBLIC.contains(&last)
}
