//! What a plugin may call: records under its own prefix, password hashing, mail and events, each with a bound per call.

use crate::engine::bindings::core::doorward::host::{events, records, sealing, signatures};
use crate::engine::bindings::core::doorward::provider::types;
use crate::engine::bindings::provider::doorward::host::{mail, passwords};
use crate::engine::core_ports::{
    record_failure, record_listed, sealing_failure, signature_failure,
};
use crate::engine::sandbox::Guest;
use crate::events as log;
use crate::keys::{Failure as KeyFailure, Keyring, verify};
use crate::mail::{Failure as MailFailure, Mailer, Message};
use crate::outbound::Outbound;
use crate::passwords::{Failure as HashFailure, Passwords, Verdict};
use crate::records::Store;
use std::sync::Arc;

/// Events of one call; more are dropped, and the log says so once.
const EVENTS_PER_CALL: u32 = 32;
/// Bytes of all names and values of one event; a larger one is dropped.
const EVENT_BYTES: usize = 4 << 10;
/// Messages of one call.
const MESSAGES_PER_CALL: u32 = 4;

/// What the plugins share.
pub(crate) struct Services {
    /// The records, of which each plugin sees its own.
    pub(crate) records: Arc<dyn Store>,
    /// The key that seals; none while a configuration is only checked.
    pub(crate) keys: Option<Arc<Keyring>>,
    /// Password hashing.
    pub(crate) passwords: Arc<Passwords>,
    /// Delivery of messages.
    pub(crate) mailer: Mailer,
    /// Other servers, of which each plugin reaches those that it was granted.
    pub(crate) outbound: Arc<Outbound>,
}

/// What one call of one plugin may use.
pub(crate) struct PluginPorts {
    id: String,
    /// `provider/<id>/`
    prefix: String,
    services: Arc<Services>,
    events_left: u32,
    messages_left: u32,
}

impl PluginPorts {
    /// For one call of the plugin `id`.
    pub(crate) fn new(id: &str, services: &Arc<Services>) -> Self {
        Self {
            id: id.to_owned(),
            prefix: format!("provider/{id}/"),
            services: Arc::clone(services),
            events_left: EVENTS_PER_CALL,
            messages_left: MESSAGES_PER_CALL,
        }
    }

    /// The key in the store. The empty key would be the prefix itself.
    fn key(&self, key: &str) -> Result<String, records::Failure> {
        if key.is_empty() {
            return Err(records::Failure::Invalid(String::from("the key is empty")));
        }
        Ok(format!("{}{key}", self.prefix))
    }
}

type Plugin = Guest<PluginPorts>;
type Recorded<T> = wasmtime::Result<Result<T, records::Failure>>;

impl records::Host for Plugin {
    async fn get(&mut self, key: String) -> Recorded<Option<records::Entry>> {
        let key = match self.ports.key(&key) {
            Ok(key) => key,
            Err(failure) => return Ok(Err(failure)),
        };
        let entry = self
            .ports
            .services
            .records
            .get(&key)
            .await
            .map_err(record_failure);
        Ok(entry.map(|entry| {
            entry.map(|entry| records::Entry {
                value: entry.value,
                version: entry.version,
            })
        }))
    }

    async fn insert(
        &mut self,
        key: String,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Recorded<u64> {
        match self.ports.key(&key) {
            Ok(key) => Ok(self
                .ports
                .services
                .records
                .insert(&key, value, expires_at)
                .await
                .map_err(record_failure)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn replace(
        &mut self,
        key: String,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Recorded<u64> {
        let key = match self.ports.key(&key) {
            Ok(key) => key,
            Err(failure) => return Ok(Err(failure)),
        };
        Ok(self
            .ports
            .services
            .records
            .replace(&key, version, value, expires_at)
            .await
            .map_err(record_failure))
    }

    async fn remove(&mut self, key: String, version: Option<u64>) -> Recorded<()> {
        match self.ports.key(&key) {
            Ok(key) => Ok(self
                .ports
                .services
                .records
                .remove(&key, version)
                .await
                .map_err(record_failure)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn increment(&mut self, key: String, by: u64, expires_at: u64) -> Recorded<u64> {
        match self.ports.key(&key) {
            Ok(key) => Ok(self
                .ports
                .services
                .records
                .increment(&key, by, expires_at)
                .await
                .map_err(record_failure)),
            Err(failure) => Ok(Err(failure)),
        }
    }

    async fn list(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> Recorded<Vec<records::Listed>> {
        let own = &self.ports.prefix;
        let (prefix, after) = (
            format!("{own}{prefix}"),
            after.map(|after| format!("{own}{after}")),
        );
        let listed = self
            .ports
            .services
            .records
            .list(&prefix, after.as_deref(), limit)
            .await
            .map_err(record_failure);
        Ok(listed.map(|listed| {
            listed
                .into_iter()
                .filter_map(|record| self.own_listed(record))
                .collect()
        }))
    }
}

impl Plugin {
    /// A listed record as the plugin knows it. Whatever is not under its prefix is not its own.
    fn own_listed(&self, record: crate::records::Listed) -> Option<records::Listed> {
        let key = record.key.strip_prefix(&self.ports.prefix)?.to_owned();
        Some(records::Listed {
            key,
            ..record_listed(record)
        })
    }
}

impl PluginPorts {
    /// What a plugin seals is bound to its id, so that no other opens it. Nothing that the core seals begins like this.
    fn bound(&self, associated_data: &[u8]) -> Vec<u8> {
        [self.prefix.as_bytes(), associated_data].concat()
    }

    fn keyring(&self) -> Result<&Keyring, KeyFailure> {
        let absent = || KeyFailure::Unavailable(String::from("the keys are not open"));
        self.services.keys.as_deref().ok_or_else(absent)
    }
}

impl sealing::Host for Plugin {
    async fn seal(
        &mut self,
        plaintext: Vec<u8>,
        associated_data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, sealing::Failure>> {
        let bound = self.ports.bound(&associated_data);
        Ok(self
            .ports
            .keyring()
            .and_then(|keys| keys.seal(&plaintext, &bound))
            .map_err(sealing_failure))
    }

    async fn open(
        &mut self,
        sealed: Vec<u8>,
        associated_data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, sealing::Failure>> {
        let bound = self.ports.bound(&associated_data);
        Ok(self
            .ports
            .keyring()
            .and_then(|keys| keys.open_sealed(&sealed, &bound))
            .map_err(sealing_failure))
    }
}

impl signatures::Host for Plugin {
    async fn verify(
        &mut self,
        jwk: String,
        alg: String,
        message: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, signatures::Failure>> {
        Ok(verify(&jwk, &alg, &message, &signature).map_err(signature_failure))
    }
}

fn hash_failure(failure: HashFailure) -> passwords::Failure {
    match failure {
        HashFailure::Invalid(text) => passwords::Failure::Invalid(text),
        HashFailure::Busy => passwords::Failure::Busy,
    }
}

impl passwords::Host for Plugin {
    async fn hash(
        &mut self,
        password: Vec<u8>,
    ) -> wasmtime::Result<Result<String, passwords::Failure>> {
        Ok(self
            .ports
            .services
            .passwords
            .hash(&password)
            .await
            .map_err(hash_failure))
    }

    async fn verify(
        &mut self,
        password: Vec<u8>,
        phc: String,
    ) -> wasmtime::Result<Result<passwords::Verdict, passwords::Failure>> {
        let verdict = self.ports.services.passwords.verify(&password, &phc).await;
        Ok(verdict.map_err(hash_failure).map(|verdict| match verdict {
            Verdict::Wrong => passwords::Verdict::Wrong,
            Verdict::Right => passwords::Verdict::Right,
            Verdict::RightRehash => passwords::Verdict::RightRehash,
        }))
    }
}

impl mail::Host for Plugin {
    async fn deliver(
        &mut self,
        message: mail::Message,
    ) -> wasmtime::Result<Result<(), mail::Failure>> {
        let Some(left) = self.ports.messages_left.checked_sub(1) else {
            return Ok(Err(mail::Failure::Invalid(format!(
                "more than {MESSAGES_PER_CALL} messages in one call"
            ))));
        };
        self.ports.messages_left = left;
        let message = Message {
            channel: message.channel,
            to: message.to,
            subject: message.subject,
            text: message.text,
            code: message.code,
        };
        Ok(self
            .ports
            .services
            .mailer
            .deliver(message)
            .await
            .map_err(|failure| match failure {
                MailFailure::Unsupported(text) => mail::Failure::Unsupported(text),
                MailFailure::Invalid(text) => mail::Failure::Invalid(text),
                MailFailure::Unavailable(text) => {
                    tracing::error!(provider = %self.ports.id, %text, "mail is unavailable");
                    mail::Failure::Unavailable(text)
                }
            }))
    }
}

impl events::Host for Plugin {
    fn emit(&mut self, mut event: events::Event) -> wasmtime::Result<()> {
        let ports = &mut self.ports;
        let Some(left) = ports.events_left.checked_sub(1) else {
            return Ok(());
        };
        ports.events_left = left;
        if left == 0 {
            tracing::warn!(provider = %ports.id, "more than {EVENTS_PER_CALL} events in one call; the rest is dropped");
            return Ok(());
        }
        let bytes: usize = event
            .fields
            .iter()
            .map(|(name, value)| name.len() + value.len())
            .sum();
        if bytes + event.name.len() > EVENT_BYTES {
            tracing::warn!(provider = %ports.id, "an event of more than {EVENT_BYTES} bytes is dropped");
            return Ok(());
        }
        event.name = format!("provider.{}.{}", ports.id, event.name);
        log::emit(&ports.id, &event);
        Ok(())
    }
}

impl types::Host for Plugin {}
