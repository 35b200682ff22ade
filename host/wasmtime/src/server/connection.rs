//! One connection: HTTP/1.1, or over TLS what ALPN says.

use super::accept::ConnectionLimits;
use super::service::{Peer, Service};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulConnection, Watcher};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// Serves one connection until it ends, or, once the watcher says stop, until its requests in flight are answered.
pub(super) async fn serve<S>(
    stream: S,
    http2: bool,
    peer: Peer,
    service: Arc<Service>,
    limits: ConnectionLimits,
    watcher: Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let peer = Arc::new(peer);
    let answer = service_fn(move |request: hyper::Request<Incoming>| {
        let (service, peer) = (Arc::clone(&service), Arc::clone(&peer));
        async move { Ok::<_, Infallible>(service.answer(&peer, request).await) }
    });
    let stream = TokioIo::new(stream);
    if http2 {
        drive(
            http2_builder(limits).serve_connection(stream, answer),
            watcher,
        )
        .await;
    } else {
        drive(
            http1_builder(limits).serve_connection(stream, answer),
            watcher,
        )
        .await;
    }
}

async fn drive<C: GracefulConnection<Error = hyper::Error>>(connection: C, watcher: Watcher) {
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%error, "connection ended");
    }
}

/// Twice what [`super::service`] takes: it refuses with an answer, where hyper would only hang up.
fn http1_builder(limits: ConnectionLimits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_headers(limits.headers.saturating_mul(2))
        .max_buf_size(limits.header_bytes.saturating_mul(2).max(8 << 10))
        .half_close(false)
        .pipeline_flush(true);
    builder
}

fn http2_builder(limits: ConnectionLimits) -> http2::Builder<TokioExecutor> {
    let mut builder = http2::Builder::new(TokioExecutor::new());
    builder
        .timer(TokioTimer::new())
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_concurrent_streams(limits.streams)
        .max_send_buf_size(256 << 10)
        .keep_alive_interval(limits.header_time)
        .keep_alive_timeout(limits.header_time);
    builder
}
