//! The signals: SIGTERM and SIGINT stop the server, SIGHUP makes it read its certificate and its plugins again.

use super::reload::Reload;
use super::tls::Tls;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// Ready once the process is asked to stop. A second signal ends it at once.
///
/// # Errors
/// The system does not let us listen for signals.
pub(crate) fn asked_to_stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            tracing::warn!("asked to stop a second time: ending at once");
            std::process::exit(130);
        });
    })
}

/// Reads certificate and plugins again at every SIGHUP.
///
/// # Errors
/// The system does not let us listen for signals.
pub(crate) fn reload_on_hangup(tls: Option<Arc<Tls>>, plugins: Reload) -> std::io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            if let Some(tls) = &tls {
                tls.reload();
            }
            plugins.run().await;
        }
    });
    Ok(())
}
