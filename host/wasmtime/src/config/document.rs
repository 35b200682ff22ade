//! The whole file.

use super::client::Client;
use super::keys::Keys;
use super::limits::Limits;
use super::mail::Mail;
use super::protocol::{Lifetimes, Resource, ResourceRule};
use super::provider::Provider;
use super::server::Server;
use super::theme::Theme;
use crate::passwords::PasswordOptions;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where `doorward` listens if nobody says otherwise.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:8787";

/// `doorward.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Document {
    /// The issuer: `https://id.example`, or `http` on loopback. No trailing slash, no query, no fragment.
    pub(crate) issuer: Option<String>,
    /// What people see as the name of the service. Default `Doorward`.
    pub(crate) service_name: Option<String>,
    /// Address and port. Default `127.0.0.1:8787`.
    pub(crate) listen: Option<SocketAddr>,
    /// Directory of the database and the keys. Default `doorward-data`.
    pub(crate) data: PathBuf,
    /// Directory of compiled components. Default `compiled` in `data`.
    pub(crate) cache: Option<PathBuf>,
    /// Lets `serve` accept secrets that stand in this file. For tests. Default `false`.
    pub(crate) allow_literal_secrets: bool,
    /// How long a rotated refresh token still gets the same successor. Default 30; 0 is strict.
    pub(crate) refresh_reuse_window_s: Option<u32>,
    /// How it is reached.
    pub(crate) server: Server,
    /// Bounds on time, memory, sizes and numbers.
    pub(crate) limits: Limits,
    /// Lifetimes of what is issued.
    pub(crate) lifetimes: Lifetimes,
    /// Signing keys.
    pub(crate) keys: Keys,
    /// Delivery of mail.
    pub(crate) mail: Option<Mail>,
    /// How the pages look.
    pub(crate) theme: Theme,
    /// Scopes beside those of OpenID Connect and of the resources, with their description for the consent page.
    pub(crate) scopes: BTreeMap<String, String>,
    /// Which resources may be asked for: `declared` (default) or `any`.
    pub(crate) resources: Option<ResourceRule>,
    /// Declared resources (RFC 8707).
    pub(crate) resource: Vec<Resource>,
    /// Declared clients (RFC 7591 names).
    pub(crate) client: Vec<Client>,
    /// Ways to sign in, in the order in which they are shown.
    pub(crate) provider: Vec<Provider>,
    /// Password hashing.
    pub(crate) passwords: Passwords,
    /// Logging.
    pub(crate) log: Log,
}

impl Default for Document {
    fn default() -> Self {
        Self {
            issuer: None,
            service_name: None,
            listen: None,
            data: PathBuf::from("doorward-data"),
            cache: None,
            allow_literal_secrets: false,
            refresh_reuse_window_s: None,
            server: Server::default(),
            limits: Limits::default(),
            lifetimes: Lifetimes::default(),
            keys: Keys::default(),
            mail: None,
            theme: Theme::default(),
            scopes: BTreeMap::new(),
            resources: None,
            resource: Vec::new(),
            client: Vec::new(),
            provider: Vec::new(),
            passwords: Passwords::default(),
            log: Log::default(),
        }
    }
}

impl Document {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// The first thing that is no TOML, or not as described here.
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

/// `[passwords]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Passwords {
    /// Threads that hash. Default: one less than the processors, at least 1.
    pub(crate) threads: Option<usize>,
    /// Hashes that may wait for a thread; more are answered `busy`. Default 64.
    pub(crate) queue: Option<usize>,
}

impl Passwords {
    /// As the hashing takes it.
    pub(crate) fn options(&self) -> PasswordOptions {
        let default = PasswordOptions::default();
        PasswordOptions {
            workers: self.threads.unwrap_or(default.workers),
            queue: self.queue.unwrap_or(default.queue),
            ..default
        }
    }
}

/// `[log]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    /// A filter as of tracing: `info` (default), `debug`, `warn,doorward=debug`. The variable `DOORWARD_LOG` goes first.
    pub(crate) level: Option<String>,
    /// `text` (default) or `json`, one object per line.
    pub(crate) format: LogFormat,
}

/// How a log line is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}
