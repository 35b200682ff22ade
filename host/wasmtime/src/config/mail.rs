//! `[mail]`: what takes the mail. The native server speaks SMTP; on the hosts that `doorward compose` builds for there are no
//! sockets, and mail goes out through the HTTP API of a service. A file may have both.

use super::ConfigError;
use super::secret::Secret;
use crate::mail::{Encryption as SmtpEncryption, SmtpOptions};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// `[mail]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    /// Name of the SMTP server: for `serve`.
    pub(crate) host: Option<String>,
    /// The service whose HTTP API takes the mail: for `compose`. Its token is the variable `mail_token` at run time.
    pub(crate) api: Option<MailApi>,
    /// Where messages are posted to, https, or http on loopback. Default: the service's own.
    pub(crate) api_url: Option<String>,
    /// Default 587 for `starttls`, 465 for `tls`, 25 for `none`.
    pub(crate) port: Option<u16>,
    /// Default `starttls`.
    #[serde(default)]
    pub(crate) encryption: Encryption,
    /// With `password`: how to log in. Neither: without.
    pub(crate) username: Option<String>,
    /// `{ env = "…" }` or `{ file = "…" }`.
    pub(crate) password: Option<Secret>,
    /// The sender: `Example <no-reply@id.example>`.
    pub(crate) from: String,
}

/// A service that takes mail over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MailApi {
    /// Resend, and what speaks its API.
    Resend,
    /// Postmark, and what speaks its API.
    Postmark,
}

impl MailApi {
    /// Where the service itself takes messages.
    pub(crate) fn url(self) -> &'static str {
        match self {
            Self::Resend => "https://api.resend.com/emails",
            Self::Postmark => "https://api.postmarkapp.com/email",
        }
    }
}

/// How the connection to the SMTP server is protected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Encryption {
    /// STARTTLS, required (RFC 3207).
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// None; only to this machine.
    None,
}

impl Mail {
    /// What `serve` says to a `[mail]` that has no SMTP server.
    pub(crate) fn no_host() -> ConfigError {
        let problem = "has no host: `doorward serve` delivers by SMTP, so name the server (`api` is for `doorward compose`)";
        ConfigError::entry("[mail]", problem)
    }

    /// As the sender of mail takes it. Relative files start at `base`.
    ///
    /// # Errors
    /// There is no host, or the password cannot be read.
    pub(crate) fn options(&self, base: &Path) -> Result<SmtpOptions, ConfigError> {
        let encryption = match self.encryption {
            Encryption::Starttls => SmtpEncryption::StartTls,
            Encryption::Tls => SmtpEncryption::Tls,
            Encryption::None => SmtpEncryption::None,
        };
        let host = self.host.clone().ok_or_else(Self::no_host)?;
        let mut options = SmtpOptions::new(host, encryption, self.from.clone());
        options.port = self.port;
        if let (Some(username), Some(password)) = (&self.username, &self.password) {
            let password = password
                .read(base)
                .map_err(|problem| ConfigError::entry("password of [mail]", problem))?;
            options.credentials = Some((username.clone(), password));
        }
        Ok(options)
    }
}
