//! A server from start to end: listener, background work, signals, and what is finished before it stops.

use super::accept::{self, ConnectionLimits};
use super::client_address::ProxyRules;
use super::client_certificate::CertificateHeader;
use super::reload::Reload;
use super::service::{RequestLimits, Service};
use super::shutdown;
use super::tls::{Files, Tls};
use crate::application::Application;
use crate::config::Config;
use crate::config::limits::Limits;
use crate::config::server::ClientCertificates;
use crate::dev::Dev;
use crate::keys::Keyring;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;

/// How often keys that another process changed are noticed, and rotation looked at.
const KEY_INTERVAL: Duration = Duration::from_secs(30);
/// How often it is looked whether a client is still to be told of a sign-out.
const LOGOUT_INTERVAL: Duration = Duration::from_secs(30);

/// Serves until the process is asked to stop.
///
/// # Errors
/// The certificate cannot be read, or the system gives no signals.
pub(crate) async fn run(
    config: &Config,
    application: Application,
    listener: TcpListener,
    dev: Option<Dev>,
) -> anyhow::Result<()> {
    let (document, limits) = (&config.document, &config.document.limits);
    let tls = match &document.server.tls {
        Some(tls) => Some(Arc::new(Tls::load(Files {
            certificate: config.path(&tls.certificate),
            key: config.path(&tls.key),
            client_ca: tls.client_ca.as_ref().map(|file| config.path(file)),
            ask_clients: tls.client_certificates == ClientCertificates::Request,
        })?)),
        None => None,
    };
    let proxies = ProxyRules {
        trusted: document.server.trusted_proxies.clone(),
        header: document.server.forwarded_header,
    };
    let Application {
        core,
        ports,
        loader,
        records,
        keys,
        mailer,
    } = application;
    let mut service = Service::new(core, ports, proxies, request_limits(limits));
    service.certificate_header = CertificateHeader {
        name: document
            .server
            .client_certificate_header
            .as_ref()
            .map(|name| name.to_ascii_lowercase()),
        vouched: document.server.proxy_verifies_client_certificates,
    };
    service.dev = dev;
    let stop = shutdown::asked_to_stop()?;
    let service = Arc::new(service);
    let reload = Reload {
        config: config.clone(),
        loader,
        service: Arc::clone(&service),
    };
    shutdown::reload_on_hangup(tls.clone(), reload)?;
    let tending = tokio::spawn(tend_keys(keys));
    let telling = tokio::spawn(tell_of_sign_outs(Arc::clone(&service)));
    accept::serve(listener, service, tls, connection_limits(limits), stop).await;
    tending.abort();
    telling.abort();
    let unsent = mailer.drain(Duration::from_secs(limits.shutdown_s)).await;
    if unsent > 0 {
        tracing::error!(unsent, "mails could not be delivered before the end");
    }
    records.close().await;
    tracing::info!("stopped");
    Ok(())
}

fn request_limits(limits: &Limits) -> RequestLimits {
    RequestLimits {
        target_bytes: limits.target_bytes,
        header_bytes: limits.header_bytes,
        headers: limits.headers,
        body_bytes: limits.body_bytes,
        body_time: Duration::from_millis(limits.body_time_ms),
        concurrent: limits.concurrent_requests,
    }
}

fn connection_limits(limits: &Limits) -> ConnectionLimits {
    ConnectionLimits {
        connections: limits.connections,
        header_time: Duration::from_millis(limits.header_time_ms),
        header_bytes: limits.header_bytes,
        headers: limits.headers,
        streams: limits.streams,
        shutdown: Duration::from_secs(limits.shutdown_s),
    }
}

/// Rotates keys when they are due and takes over what another process changed.
async fn tend_keys(keys: Arc<Keyring>) {
    loop {
        tokio::time::sleep(KEY_INTERVAL).await;
        let keys = Arc::clone(&keys);
        let tended = tokio::task::spawn_blocking(move || {
            keys.reload_if_changed()?;
            let now = SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| since.as_secs());
            keys.maintain(now)
        });
        match tended.await {
            Ok(Ok(true)) => tracing::info!("signing keys were rotated"),
            Ok(Ok(false)) => {}
            Ok(Err(failure)) => tracing::error!(%failure, "the signing keys cannot be tended"),
            Err(error) => tracing::error!(%error, "the signing keys cannot be tended"),
        }
    }
}

/// Has the core tell clients of sign-outs that they could not be told of at once (OpenID Connect Back-Channel Logout §2.5), until
/// nothing is due.
async fn tell_of_sign_outs(service: Arc<Service>) {
    loop {
        tokio::time::sleep(LOGOUT_INTERVAL).await;
        while service.deliver_logouts().await {}
    }
}
