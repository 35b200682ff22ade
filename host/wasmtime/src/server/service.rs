//! One request: its bounds, the host's own paths, the core, the answer. In this order:
//!
//! 1. the target is a path (RFC 9112 §3.2.1) within its bound, the header section within its own;
//! 2. `/healthz`, `/readyz`, and in `dev` what lies below `/dev/`, are the host's;
//! 3. the body arrives, within its bound and its time;
//! 4. there is room for one more request;
//! 5. a fresh instance of the core answers within its time.

use super::Answer;
use super::client_address::ProxyRules;
use super::client_certificate::{CertificateHeader, PeerCertificate};
use super::refusal::Refusal;
use super::{body, health};
use crate::dev::Dev;
use crate::engine::core::{Core, Request as CoreRequest, Response as CoreResponse};
use crate::engine::core_ports::CorePorts;
use http_body_util::Full;
use hyper::body::{Body, Bytes};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Bounds on one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestLimits {
    /// Path and query.
    pub(crate) target_bytes: usize,
    /// Names and values of the header section.
    pub(crate) header_bytes: usize,
    /// Its fields.
    pub(crate) headers: usize,
    /// Body.
    pub(crate) body_bytes: usize,
    /// For the body to arrive.
    pub(crate) body_time: Duration,
    /// Requests at once.
    pub(crate) concurrent: u32,
}

/// The other end of a connection.
#[derive(Debug, Clone)]
pub(crate) struct Peer {
    pub(crate) address: IpAddr,
    /// What it proved to hold in the TLS handshake.
    pub(crate) certificate: Option<PeerCertificate>,
}

/// Answers requests.
pub(crate) struct Service {
    pub(crate) core: Core,
    /// What requests that begin now find; those under way keep what they began with.
    ports: RwLock<Arc<CorePorts>>,
    pub(crate) proxies: ProxyRules,
    /// Where a proxy tells the client's certificate.
    pub(crate) certificate_header: CertificateHeader,
    pub(crate) limits: RequestLimits,
    /// Permits for requests in the core.
    pub(crate) room: Semaphore,
    /// The pages of `doorward dev`.
    pub(crate) dev: Option<Dev>,
    next_id: AtomicU64,
}

impl Service {
    /// A service.
    pub(crate) fn new(
        core: Core,
        ports: Arc<CorePorts>,
        proxies: ProxyRules,
        limits: RequestLimits,
    ) -> Self {
        let room = Semaphore::new(limits.concurrent as usize);
        Self {
            core,
            ports: RwLock::new(ports),
            proxies,
            certificate_header: CertificateHeader::default(),
            limits,
            room,
            dev: None,
            next_id: AtomicU64::new(1),
        }
    }

    /// What a request that begins now finds.
    pub(crate) fn ports(&self) -> Arc<CorePorts> {
        Arc::clone(&self.ports.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Gives other ports to all requests that begin from now on.
    pub(crate) fn replace_ports(&self, ports: Arc<CorePorts>) {
        *self.ports.write().unwrap_or_else(PoisonError::into_inner) = ports;
    }

    /// Answers one request of a connection from `peer`, and logs that it did: its method, path, status and time; never
    /// its query, body, cookies or credentials.
    pub(crate) async fn answer<B>(&self, peer: &Peer, request: Request<B>) -> Answer
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let started = Instant::now();
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (head, body) = request.into_parts();
        let answer = match self.route(id, peer, &head, body).await {
            Ok(answer) => answer,
            Err(refusal) => {
                tracing::warn!(request = id, reason = ?refusal, "refused by the host");
                refusal.answer(&head.headers)
            }
        };
        if tracing::enabled!(target: "doorward::access", tracing::Level::INFO) {
            let (path, us) = (log_path(head.uri.path()), started.elapsed().as_micros());
            let status = answer.status().as_u16();
            tracing::info!(target: "doorward::access", request = id, method = %head.method, path, status, us);
        }
        answer
    }

    async fn route<B>(&self, id: u64, peer: &Peer, head: &Parts, body: B) -> Result<Answer, Refusal>
    where
        B: Body<Data = Bytes>,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let target = self.target(head)?;
        self.check_header(&head.headers)?;
        match head.uri.path() {
            "/healthz" => return Ok(health::alive()),
            "/readyz" => return Ok(health::readiness(self.ready().await)),
            _ => {}
        }
        let client = self.proxies.client(peer.address, &head.headers);
        let dev = self
            .dev
            .as_ref()
            .filter(|_| head.uri.path().starts_with("/dev/"));
        if let Some(dev) = dev
            && let Some(answer) = dev.answer(self, client, head).await
        {
            return Ok(answer);
        }
        let body = body::read(body, self.limits.body_bytes, self.limits.body_time).await?;
        let client_certificate = self.certificate_header.certificate(
            &self.proxies,
            peer.address,
            peer.certificate.as_ref(),
            &head.headers,
        );
        let request = CoreRequest {
            method: head.method.as_str().to_owned(),
            target,
            headers: header_list(&head.headers),
            body: body.into(),
            client_address: Some(client.to_string()),
            client_certificate,
        };
        self.ask_core(id, request).await
    }

    /// Has the core tell a few clients of sign-outs that they missed; whether there may be more.
    pub(crate) async fn deliver_logouts(&self) -> bool {
        let command = r#"{"command":"logout.deliver"}"#;
        match self.core.administer(&self.ports(), command).await {
            Ok(Ok(answer)) => answer != r#"{"tried":0}"#,
            Ok(Err(failure)) => {
                tracing::warn!(?failure, "clients cannot be told of sign-outs");
                false
            }
            Err(fault) => {
                tracing::warn!(%fault, "clients cannot be told of sign-outs");
                false
            }
        }
    }

    /// Hands a request to a fresh instance of the core.
    ///
    /// # Errors
    /// There is no room, or the core did not answer.
    pub(crate) async fn ask_core(&self, id: u64, request: CoreRequest) -> Result<Answer, Refusal> {
        let _permit = self.room.try_acquire().map_err(|_| Refusal::Full)?;
        match self.core.handle(&self.ports(), request).await {
            Ok(response) => to_answer(response).map_err(|problem| {
                tracing::error!(request = id, %problem, "the core answered outside the contract");
                Refusal::CoreFailed
            }),
            Err(fault) => {
                tracing::error!(request = id, %fault, "the core did not answer");
                Err(Refusal::CoreFailed)
            }
        }
    }

    /// The target in origin form. Over HTTP/2, and in HTTP/1.1's absolute form (RFC 9112 §3.2.2), an authority comes
    /// with it; who we are is in the configuration and nowhere else, so that it is dropped.
    fn target(&self, head: &Parts) -> Result<String, Refusal> {
        let target = head
            .uri
            .path_and_query()
            .map(hyper::http::uri::PathAndQuery::as_str)
            .unwrap_or_default();
        if head.method == Method::CONNECT || !target.starts_with('/') {
            return Err(Refusal::MalformedTarget);
        }
        if target.len() > self.limits.target_bytes {
            return Err(Refusal::TargetTooLong);
        }
        Ok(target.to_owned())
    }

    fn check_header(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        if headers.len() > self.limits.headers || bytes > self.limits.header_bytes {
            return Err(Refusal::HeaderTooLarge);
        }
        Ok(())
    }

    async fn ready(&self) -> Result<(), String> {
        self.ports().ready().await
    }
}

fn header_list(headers: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect()
}

/// Fields that belong to the connection (RFC 9110 §7.6.1) or are counted here: not the core's to set.
fn is_connection_field(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection" | "keep-alive" | "transfer-encoding" | "upgrade" | "content-length" | "te"
    )
}

fn to_answer(response: CoreResponse) -> Result<Answer, String> {
    let mut answer = Response::new(Full::new(Bytes::from(response.body)));
    let status = StatusCode::from_u16(response.status)
        .ok()
        .filter(|status| *status >= StatusCode::OK);
    *answer.status_mut() = status.ok_or_else(|| format!("status {}", response.status))?;
    for (name, value) in response.headers {
        let field =
            HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("header name {name:?}"))?;
        let value = HeaderValue::from_maybe_shared(Bytes::from(value))
            .map_err(|_| format!("value of {name}"))?;
        if !is_connection_field(&field) {
            answer.headers_mut().append(field, value);
        }
    }
    Ok(answer)
}

/// A path for the log: bounded. Percent-encoded as it came, so that it has no control characters.
fn log_path(path: &str) -> &str {
    path.get(..path.len().min(200)).unwrap_or("/")
}
