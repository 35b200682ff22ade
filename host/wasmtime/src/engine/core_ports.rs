//! What the core may call, answered: `doorward:host`, `doorward:provider/logins`, `doorward:policy/engine`.

use super::bindings::core::doorward::host::{events, keys, records, sealing, settings, signatures};
use super::bindings::core::doorward::policy::{engine, types as policy_types};
use super::bindings::core::doorward::provider::{logins, types as provider_types};
use super::sandbox::Guest;
use crate::keys::Keyring;
use crate::outbound::Outbound;
use crate::plugins::Plugins;
use crate::policy::Policy;
use crate::records::Store;
use crate::sections::Sections;
use crate::{events as log, keys as keyring, records as store};
use std::sync::Arc;

/// Everything that the core may call.
pub(crate) struct CorePorts {
    /// The records.
    pub(crate) records: Arc<dyn Store>,
    /// The keys; none while a configuration is only checked.
    pub(crate) keys: Option<Arc<Keyring>>,
    /// The configuration.
    pub(crate) sections: Sections,
    /// The login plugins.
    pub(crate) plugins: Arc<Plugins>,
    /// The scope policy.
    pub(crate) policy: Arc<Policy>,
    /// Other servers.
    pub(crate) outbound: Arc<Outbound>,
}

type Core = Guest<Arc<CorePorts>>;

impl CorePorts {
    /// Whether the store reads and writes and the keys are there.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        self.records
            .ready()
            .await
            .map_err(|failure| failure.to_string())?;
        self.keyring()
            .and_then(|keys| keys.current("ES256"))
            .map(drop)
            .map_err(|failure| failure.to_string())
    }

    fn keyring(&self) -> Result<&Keyring, keyring::Failure> {
        let absent = || keyring::Failure::Unavailable(String::from("the keys are not open"));
        self.keys.as_deref().ok_or_else(absent)
    }
}

pub(crate) fn record_failure(failure: store::Failure) -> records::Failure {
    match failure {
        store::Failure::Conflict => records::Failure::Conflict,
        store::Failure::Invalid(text) => records::Failure::Invalid(text),
        store::Failure::Unavailable(text) => {
            tracing::error!(%text, "records are unavailable");
            records::Failure::Unavailable(text)
        }
    }
}

impl records::Host for Core {
    async fn get(
        &mut self,
        key: String,
    ) -> wasmtime::Result<Result<Option<records::Entry>, records::Failure>> {
        let entry = self.ports.records.get(&key).await.map_err(record_failure);
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
    ) -> wasmtime::Result<Result<u64, records::Failure>> {
        Ok(self
            .ports
            .records
            .insert(&key, value, expires_at)
            .await
            .map_err(record_failure))
    }

    async fn replace(
        &mut self,
        key: String,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> wasmtime::Result<Result<u64, records::Failure>> {
        Ok(self
            .ports
            .records
            .replace(&key, version, value, expires_at)
            .await
            .map_err(record_failure))
    }

    async fn remove(
        &mut self,
        key: String,
        version: Option<u64>,
    ) -> wasmtime::Result<Result<(), records::Failure>> {
        Ok(self
            .ports
            .records
            .remove(&key, version)
            .await
            .map_err(record_failure))
    }

    async fn increment(
        &mut self,
        key: String,
        by: u64,
        expires_at: u64,
    ) -> wasmtime::Result<Result<u64, records::Failure>> {
        Ok(self
            .ports
            .records
            .increment(&key, by, expires_at)
            .await
            .map_err(record_failure))
    }

    async fn list(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<records::Listed>, records::Failure>> {
        let listed = self
            .ports
            .records
            .list(&prefix, after.as_deref(), limit)
            .await
            .map_err(record_failure);
        Ok(listed.map(|listed| listed.into_iter().map(record_listed).collect()))
    }
}

pub(crate) fn record_listed(listed: store::Listed) -> records::Listed {
    records::Listed {
        key: listed.key,
        value: listed.value,
        version: listed.version,
    }
}

fn key_failure(failure: keyring::Failure) -> keys::Failure {
    match failure {
        keyring::Failure::UnknownKey => keys::Failure::UnknownKey,
        keyring::Failure::Unsupported(text) => keys::Failure::Unsupported(text),
        keyring::Failure::Forged => keys::Failure::Unavailable(failure.to_string()),
        keyring::Failure::Unavailable(text) => {
            tracing::error!(%text, "keys are unavailable");
            keys::Failure::Unavailable(text)
        }
    }
}

impl keys::Host for Core {
    async fn current(&mut self, alg: String) -> wasmtime::Result<Result<String, keys::Failure>> {
        Ok(self
            .ports
            .keyring()
            .and_then(|keys| keys.current(&alg))
            .map_err(key_failure))
    }

    async fn sign(
        &mut self,
        kid: String,
        message: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, keys::Failure>> {
        Ok(self
            .ports
            .keyring()
            .and_then(|keys| keys.sign(&kid, &message))
            .map_err(key_failure))
    }

    async fn jwks(&mut self) -> wasmtime::Result<Result<String, keys::Failure>> {
        Ok(self
            .ports
            .keyring()
            .and_then(Keyring::jwks)
            .map(|jwks| jwks.to_string())
            .map_err(key_failure))
    }
}

/// What sealing answers, to the core and to plugins alike.
pub(crate) fn sealing_failure(failure: keyring::Failure) -> sealing::Failure {
    match failure {
        keyring::Failure::Forged => sealing::Failure::Forged,
        keyring::Failure::Unsupported(text) => sealing::Failure::Unsupported(text),
        failure => {
            tracing::error!(%failure, "keys are unavailable");
            sealing::Failure::Unavailable(failure.to_string())
        }
    }
}

impl sealing::Host for Core {
    async fn seal(
        &mut self,
        plaintext: Vec<u8>,
        associated_data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, sealing::Failure>> {
        Ok(self
            .ports
            .keyring()
            .and_then(|keys| keys.seal(&plaintext, &associated_data))
            .map_err(sealing_failure))
    }

    async fn open(
        &mut self,
        sealed: Vec<u8>,
        associated_data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, sealing::Failure>> {
        Ok(self
            .ports
            .keyring()
            .and_then(|keys| keys.open_sealed(&sealed, &associated_data))
            .map_err(sealing_failure))
    }
}

/// What verification answers, to the core and to plugins alike.
pub(crate) fn signature_failure(failure: keyring::Failure) -> signatures::Failure {
    match failure {
        keyring::Failure::Unavailable(text) => {
            tracing::error!(%text, "keys are unavailable");
            signatures::Failure::Unavailable(text)
        }
        failure => signatures::Failure::Unsupported(failure.to_string()),
    }
}

impl signatures::Host for Core {
    async fn verify(
        &mut self,
        jwk: String,
        alg: String,
        message: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<Result<bool, signatures::Failure>> {
        Ok(self
            .ports
            .keyring()
            .and_then(|keys| keys.verify(&jwk, &alg, &message, &signature))
            .map_err(signature_failure))
    }
}

impl settings::Host for Core {
    fn section(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.ports.sections.section(&name).map(str::to_owned))
    }

    fn secret(&mut self, reference: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.ports.sections.secret(&reference).map(<[u8]>::to_vec))
    }
}

impl events::Host for Core {
    fn emit(&mut self, event: events::Event) -> wasmtime::Result<()> {
        log::emit("core", &event);
        Ok(())
    }
}

impl provider_types::Host for Core {}
impl policy_types::Host for Core {}

impl logins::Host for Core {
    fn list(&mut self) -> wasmtime::Result<Vec<logins::Provider>> {
        Ok(self.ports.plugins.list().to_vec())
    }

    async fn describe(
        &mut self,
        provider_id: String,
    ) -> wasmtime::Result<Option<provider_types::Description>> {
        Ok(self.ports.plugins.describe(&provider_id).cloned())
    }

    async fn texts(
        &mut self,
        provider_id: String,
        language: String,
    ) -> wasmtime::Result<Vec<(String, String)>> {
        let plugins = Arc::clone(&self.ports.plugins);
        Ok(plugins.texts(&provider_id, &language).await)
    }

    async fn forget(
        &mut self,
        provider_id: String,
        leaver: provider_types::Leaver,
    ) -> wasmtime::Result<Result<(), logins::Error>> {
        let plugins = Arc::clone(&self.ports.plugins);
        Ok(plugins.forget(&provider_id, leaver).await)
    }

    async fn handle(
        &mut self,
        provider_id: String,
        context: provider_types::Context,
        request: provider_types::Request,
    ) -> wasmtime::Result<Result<provider_types::Outcome, logins::Error>> {
        let plugins = Arc::clone(&self.ports.plugins);
        Ok(plugins.handle(&provider_id, context, request).await)
    }
}

impl engine::Host for Core {
    async fn decide(
        &mut self,
        input: policy_types::Input,
    ) -> wasmtime::Result<Result<policy_types::Decision, String>> {
        let policy = Arc::clone(&self.ports.policy);
        Ok(policy.decide(&input).await)
    }
}
