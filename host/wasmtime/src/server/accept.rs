//! Accepts connections, as many at once as may be, until it is told to stop.

use super::connection;
use super::service::{Peer, Service};
use super::tls::Tls;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// Bounds on connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionLimits {
    /// At once. More stay in the system's queue.
    pub(crate) connections: usize,
    /// For a TLS handshake, for the header of a request, and between requests.
    pub(crate) header_time: Duration,
    /// Bytes of a header section.
    pub(crate) header_bytes: usize,
    /// Fields of a header section.
    pub(crate) headers: usize,
    /// Streams of one HTTP/2 connection.
    pub(crate) streams: u32,
    /// For requests in flight, once told to stop.
    pub(crate) shutdown: Duration,
}

/// Serves until `stop` is ready, then finishes the requests in flight.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    tls: Option<Arc<Tls>>,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()>,
) {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let Some((stream, peer, permit)) = accepted else {
            continue;
        };
        let (service, tls, watcher) = (Arc::clone(&service), tls.clone(), graceful.watcher());
        tokio::spawn(async move {
            one_connection(stream, peer, service, tls, limits, watcher).await;
            drop(permit);
        });
    }
    drop(listener);
    let in_flight = graceful.count();
    tracing::info!(
        connections = in_flight,
        "stopping: no new connections, finishing requests in flight"
    );
    if tokio::time::timeout(limits.shutdown, graceful.shutdown())
        .await
        .is_err()
    {
        tracing::warn!(
            seconds = limits.shutdown.as_secs(),
            "requests were still in flight and are cut off"
        );
    }
}

type Accepted = (
    TcpStream,
    std::net::IpAddr,
    tokio::sync::OwnedSemaphorePermit,
);

async fn accept(listener: &TcpListener, room: &Arc<Semaphore>) -> Option<Accepted> {
    let permit = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => Some((stream, peer.ip(), permit)),
        Err(error) => {
            // Out of file descriptors, or the peer is gone already: neither is a reason to end, nor to spin.
            tracing::warn!(%error, "cannot accept a connection");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

async fn one_connection(
    stream: TcpStream,
    peer: std::net::IpAddr,
    service: Arc<Service>,
    tls: Option<Arc<Tls>>,
    limits: ConnectionLimits,
    watcher: Watcher,
) {
    // Answers are small and whole: waiting to fill a segment only delays them.
    let _best_effort = stream.set_nodelay(true);
    let Some(tls) = tls else {
        let peer = Peer {
            address: peer,
            certificate: None,
        };
        return connection::serve(stream, false, peer, service, limits, watcher).await;
    };
    match tokio::time::timeout(limits.header_time, tls.accept(stream)).await {
        Ok(Ok((stream, certificate))) => {
            let peer = Peer {
                address: peer,
                certificate,
            };
            let http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2".as_slice());
            connection::serve(stream, http2, peer, service, limits, watcher).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "TLS handshake failed"),
        Err(_elapsed) => tracing::debug!("TLS handshake took too long"),
    }
}
