//! The whole file.

use super::client::Client;
use super::keys::Keys;
use super::limits::Limits;
use super::mail::Mail;
use super::outbound::{Dev, Outbound};
use super::plugins::Plugins;
use super::protocol::{Lifetimes, Resource, ResourceRule};
use super::provider::Provider;
use super::registration::Registration;
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
    /// Clients that register themselves.
    pub(crate) registration: Registration,
    /// Ways to sign in, in the order in which they are shown.
    pub(crate) provider: Vec<Provider>,
    /// Whom to believe about plugins from outside.
    pub(crate) plugins: Plugins,
    // Parts of the protocol, passed on as they stand: which members they have is the core's to say.
    /// See `settings::Server::device` of the core.
    pub(crate) device: Option<toml::Value>,
    /// See `settings::Server::pushed_authorization_requests` of the core.
    pub(crate) pushed_authorization_requests: Option<toml::Value>,
    /// See `settings::Server::client_assertions` of the core.
    pub(crate) client_assertions: Option<toml::Value>,
    /// See `settings::Server::request_objects` of the core.
    pub(crate) request_objects: Option<toml::Value>,
    /// See `settings::Server::dpop` of the core.
    pub(crate) dpop: Option<toml::Value>,
    /// See `settings::Server::mutual_tls` of the core.
    pub(crate) mutual_tls: Option<toml::Value>,
    /// See `settings::Server::token_exchange` of the core.
    pub(crate) token_exchange: Option<toml::Value>,
    /// See `settings::Server::assertion_issuers` of the core.
    pub(crate) assertion_issuers: Option<toml::Value>,
    /// See `settings::Server::client_id_metadata` of the core.
    pub(crate) client_id_metadata: Option<toml::Value>,
    /// See `settings::Server::preregistered_scopes` of the core.
    pub(crate) preregistered_scopes: Option<toml::Value>,
    /// See `settings::Server::authentication_contexts` of the core.
    pub(crate) authentication_contexts: Option<toml::Value>,
    /// See `settings::Server::experimental` of the core.
    pub(crate) experimental: Option<toml::Value>,
    /// See `settings::Server::confirmations` of the core.
    pub(crate) confirmations: Option<toml::Value>,
    /// See `settings::Server::authorization_details` of the core.
    pub(crate) authorization_details: Option<toml::Value>,
    /// See `settings::Server::pairwise` of the core.
    pub(crate) pairwise: Option<toml::Value>,
    /// See `settings::Server::account` of the core.
    pub(crate) account: Option<toml::Value>,
    /// See `settings::Server::userinfo` of the core.
    pub(crate) userinfo: Option<toml::Value>,
    /// See `settings::Server::languages` of the core.
    pub(crate) languages: Option<toml::Value>,
    /// Other servers.
    pub(crate) outbound: Outbound,
    /// What counts while developing only.
    pub(crate) dev: Option<Dev>,
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
            registration: Registration::default(),
            provider: Vec::new(),
            plugins: Plugins::default(),
            device: None,
            pushed_authorization_requests: None,
            client_assertions: None,
            request_objects: None,
            dpop: None,
            mutual_tls: None,
            token_exchange: None,
            assertion_issuers: None,
            client_id_metadata: None,
            preregistered_scopes: None,
            authentication_contexts: None,
            experimental: None,
            confirmations: None,
            authorization_details: None,
            pairwise: None,
            account: None,
            userinfo: None,
            languages: None,
            outbound: Outbound::default(),
            dev: None,
            passwords: Passwords::default(),
            log: Log::default(),
        }
    }
}

impl Document {
    /// The parts of the protocol that the file has, by the names of the core.
    pub(crate) fn protocol(&self) -> impl Iterator<Item = (&'static str, &toml::Value)> {
        [
            ("device", &self.device),
            (
                "pushed_authorization_requests",
                &self.pushed_authorization_requests,
            ),
            ("client_assertions", &self.client_assertions),
            ("request_objects", &self.request_objects),
            ("dpop", &self.dpop),
            ("mutual_tls", &self.mutual_tls),
            ("token_exchange", &self.token_exchange),
            ("assertion_issuers", &self.assertion_issuers),
            ("client_id_metadata", &self.client_id_metadata),
            ("preregistered_scopes", &self.preregistered_scopes),
            ("authentication_contexts", &self.authentication_contexts),
            ("experimental", &self.experimental),
            ("confirmations", &self.confirmations),
            ("authorization_details", &self.authorization_details),
            ("pairwise", &self.pairwise),
            ("account", &self.account),
            ("userinfo", &self.userinfo),
            ("languages", &self.languages),
        ]
        .into_iter()
        .filter_map(|(name, part)| Some((name, part.as_ref()?)))
    }

    /// Documents of clients are taken unless the file says otherwise: this host reaches public addresses only, whatever a
    /// name resolves to.
    pub(crate) fn take_client_documents(&mut self) {
        default_member(&mut self.client_id_metadata, "enabled", true);
    }

    /// Everyone may register clients unless the file says otherwise.
    pub(crate) fn open_registration(&mut self) {
        let members = &mut self.registration.members;
        members.entry("mode").or_insert("open".into());
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// The first thing that is no TOML, or not as described here.
    pub(crate) fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

/// Gives a table a member that it does not have.
fn default_member(part: &mut Option<toml::Value>, name: &str, value: impl Into<toml::Value>) {
    let part = part.get_or_insert_with(|| toml::Value::Table(toml::Table::new()));
    if let Some(table) = part.as_table_mut() {
        table.entry(name).or_insert(value.into());
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
