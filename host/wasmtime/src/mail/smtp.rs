//! E-mail through an SMTP server (RFC 5321, by lettre): accepted into a bounded queue, delivered in the background,
//! tried again while the server has a passing problem.

use super::{Failure, Message};
use anyhow::{Context as _, ensure};
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

/// How often a message is tried. The pauses between are 1, 4, 16 and 64 times [`SmtpOptions::first_retry`].
const TRIES: u32 = 5;

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    /// STARTTLS, required (RFC 3207). Port 587 unless another is given.
    StartTls,
    /// TLS from the first byte (RFC 8314). Port 465 unless another is given.
    Tls,
    /// None: only to a server on this machine. Port 25 unless another is given.
    None,
}

/// How mail is sent.
#[derive(Clone)]
pub(crate) struct SmtpOptions {
    /// Name or address of the server; its certificate must be for it.
    pub(crate) host: String,
    /// `None`: the usual port for the encryption.
    pub(crate) port: Option<u16>,
    pub(crate) encryption: Encryption,
    /// User name and password, if the server asks for them.
    pub(crate) credentials: Option<(String, Zeroizing<String>)>,
    /// The sender, e.g. `Example <no-reply@example.com>`.
    pub(crate) from: String,
    /// Most messages that may wait. Default: 256.
    pub(crate) queue: usize,
    /// Most connections at a time. Default: 4.
    pub(crate) connections: usize,
    /// Longest that one try may take. Default: 60 s.
    pub(crate) timeout: Duration,
    /// Pause before the second try. Default: 1 s.
    pub(crate) first_retry: Duration,
}

impl SmtpOptions {
    /// Options with every default.
    pub(crate) fn new(
        host: impl Into<String>,
        encryption: Encryption,
        from: impl Into<String>,
    ) -> Self {
        Self {
            host: host.into(),
            port: None,
            encryption,
            credentials: None,
            from: from.into(),
            queue: 256,
            connections: 4,
            timeout: Duration::from_mins(1),
            first_retry: Duration::from_secs(1),
        }
    }
}

/// A way to one SMTP server.
pub(crate) struct Smtp {
    delivery: Arc<Delivery>,
    /// One permit for each message that may still be accepted.
    room: Arc<Semaphore>,
    queue: u32,
    closed: AtomicBool,
}

/// What the background tasks share.
struct Delivery {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    connections: Semaphore,
    timeout: Duration,
    first_retry: Duration,
}

impl Smtp {
    /// Prepares delivery; connects only when there is something to send.
    ///
    /// # Errors
    /// The sender is no address, the connection would be unprotected beyond this machine, or no certificate authorities
    /// are known to this machine.
    pub(crate) fn new(options: &SmtpOptions) -> anyhow::Result<Self> {
        let from: Mailbox = options
            .from
            .parse()
            .with_context(|| format!("the sender {:?} is no e-mail address", options.from))?;
        let queue = u32::try_from(options.queue.clamp(1, 65_536)).unwrap_or(1);
        let delivery = Delivery {
            transport: transport(options)?,
            from,
            connections: Semaphore::new(options.connections.clamp(1, 64)),
            timeout: options.timeout,
            first_retry: options.first_retry,
        };
        Ok(Self {
            delivery: Arc::new(delivery),
            room: Arc::new(Semaphore::new(queue as usize)),
            queue,
            closed: AtomicBool::new(false),
        })
    }

    /// Takes a message that [`super::check`] has passed. Must run inside a tokio runtime, whose tasks deliver it.
    pub(super) fn accept(&self, message: &Message) -> Result<(), Failure> {
        if message.channel != "email" {
            return Err(Failure::Unsupported("this host sends e-mail only".into()));
        }
        if self.closed.load(Ordering::Acquire) {
            return Err(Failure::Unavailable("the host is stopping".into()));
        }
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            return Err(Failure::Unavailable(
                "too many messages are waiting for the mail server".into(),
            ));
        };
        let composed = compose(&self.delivery.from, message)?;
        tokio::spawn(Arc::clone(&self.delivery).deliver(composed, domain(&message.to), place));
        Ok(())
    }

    /// See [`super::Mailer::drain`].
    pub(super) async fn drain(&self, timeout: Duration) -> usize {
        self.closed.store(true, Ordering::Release);
        // All places are free again when everything is delivered or given up.
        let all = tokio::time::timeout(timeout, self.room.acquire_many(self.queue)).await;
        if all.is_ok() {
            0
        } else {
            (self.queue as usize).saturating_sub(self.room.available_permits())
        }
    }
}

fn transport(options: &SmtpOptions) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let host = options.host.as_str();
    let builder = match options.encryption {
        Encryption::StartTls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host)
            .context("TLS to the mail server")?,
        Encryption::Tls => {
            AsyncSmtpTransport::<Tokio1Executor>::relay(host).context("TLS to the mail server")?
        }
        Encryption::None => {
            let loopback = host == "localhost"
                || host
                    .parse::<IpAddr>()
                    .is_ok_and(|address| address.is_loopback());
            ensure!(
                loopback,
                "mail without encryption may go to this machine only (127.0.0.1, ::1 or localhost), not to {host}; use starttls or tls"
            );
            AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host)
        }
    };
    let builder = builder.timeout(Some(options.timeout));
    let builder = match options.port {
        Some(port) => builder.port(port),
        None => builder,
    };
    Ok(match &options.credentials {
        Some((name, password)) => builder
            .credentials(Credentials::new(name.clone(), password.to_string()))
            .build(),
        None => builder.build(),
    })
}

/// Only this much of an address appears in logs.
fn domain(to: &str) -> String {
    to.rsplit_once('@')
        .map_or_else(String::new, |(_, domain)| domain.to_owned())
}

fn compose(from: &Mailbox, message: &Message) -> Result<lettre::Message, Failure> {
    let to = message
        .to
        .parse()
        .map_err(|_| Failure::Invalid("the recipient is no e-mail address".into()))?;
    lettre::Message::builder()
        .from(from.clone())
        .to(Mailbox::new(None, to))
        .subject(message.subject.as_str())
        .message_id(None)
        // RFC 3834 §5: nobody's holiday notice shall answer this.
        .raw_header(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".into(),
        ))
        .header(ContentType::TEXT_PLAIN)
        .body(message.text.clone())
        .map_err(|_| Failure::Invalid("the message cannot be encoded".into()))
}

/// What one try came to.
enum Try {
    Delivered,
    /// Worth another try; why, for the log.
    Later(String),
    /// The server will never take it; why, for the log.
    Never(String),
}

impl Delivery {
    /// Tries until the message is delivered, refused for good or given up. Its place in the queue is free afterwards.
    async fn deliver(
        self: Arc<Self>,
        message: lettre::Message,
        domain: String,
        _place: OwnedSemaphorePermit,
    ) {
        let mut pause = self.first_retry;
        for attempt in 1..=TRIES {
            match self.attempt(message.clone()).await {
                Try::Delivered => {
                    tracing::debug!(attempt, domain, "mail delivered");
                    return;
                }
                Try::Never(why) => {
                    tracing::warn!(attempt, domain, why, "the mail server refused a mail");
                    return;
                }
                Try::Later(why) if attempt == TRIES => tracing::error!(
                    attempt,
                    domain,
                    why,
                    "a mail could not be delivered and was given up"
                ),
                Try::Later(why) => {
                    tracing::warn!(attempt, domain, why, "a mail could not be delivered yet");
                    tokio::time::sleep(pause).await;
                    pause *= 4;
                }
            }
        }
    }

    async fn attempt(&self, message: lettre::Message) -> Try {
        let Ok(_connection) = self.connections.acquire().await else {
            return Try::Later("stopping".into());
        };
        match tokio::time::timeout(self.timeout, self.transport.send(message)).await {
            Ok(Ok(_accepted)) => Try::Delivered,
            Ok(Err(error)) if error.is_permanent() || error.is_client() => {
                Try::Never(describe(&error))
            }
            Ok(Err(error)) => Try::Later(describe(&error)),
            Err(_elapsed) => Try::Later("the mail server took too long".into()),
        }
    }
}

/// An error for the log. What the server answered is left out but for its code: spam filters quote the mail.
fn describe(error: &Error) -> String {
    if let Some(code) = error.status() {
        return format!("the mail server answered {code}");
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
