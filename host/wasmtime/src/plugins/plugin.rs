//! One loaded plugin.

use super::outcome;
use super::ports::{PluginPorts, Services};
use super::settings_schema;
use crate::engine::Runtime;
use crate::engine::bindings::core::doorward::provider::logins;
use crate::engine::bindings::core::doorward::provider::types::{
    Context, Description, Outcome, Request,
};
use crate::engine::bindings::provider::{Provider as ProviderInstance, ProviderPre};
use crate::engine::fault::Fault;
use crate::engine::sandbox::{Allowance, Guest, within};
use crate::engine::wasi;
use anyhow::{Context as _, bail};
use std::sync::Arc;
use wasmtime::component::{HasSelf, Linker};

/// How the operator configured a plugin.
pub(crate) struct PluginOptions {
    /// The id under which it is reached: letters, digits and hyphens.
    pub(crate) id: String,
    /// Its settings.
    pub(crate) settings: serde_json::Value,
    /// Hosts that the operator lets it reach and redirect to, out of those that it asks for.
    pub(crate) outbound_hosts: Vec<String>,
    /// Memory and time of one call.
    pub(crate) allowance: Allowance,
}

/// A loaded plugin.
pub(crate) struct Plugin {
    pre: ProviderPre<Guest<PluginPorts>>,
    options: PluginOptions,
    /// `options.settings` as the plugin reads it.
    settings: String,
    description: Description,
    /// Hosts that it may send browsers to: asked for and granted.
    hosts: Vec<String>,
    services: Arc<Services>,
    sends_mail: bool,
}

impl Plugin {
    /// Loads a plugin from its bytes, asks it once what it is, and checks the operator's settings against its schema.
    ///
    /// # Errors
    /// It is no component of world `provider`, does not describe itself, or its settings do not match.
    pub(crate) async fn load(
        runtime: &Runtime,
        wasm: &[u8],
        options: PluginOptions,
        services: Arc<Services>,
    ) -> anyhow::Result<Self> {
        let (pre, sends_mail) =
            link(runtime, &options.id, wasm).map_err(|error| anyhow::anyhow!("{error:#}"))?;
        let described = describe(&pre, &options, &services).await;
        let description =
            described.map_err(|fault| anyhow::anyhow!("it does not describe itself: {fault}"))?;
        outcome::check_description(&description).map_err(anyhow::Error::msg)?;
        let schema = &description.settings_schema;
        settings_schema::check(schema, &options.settings).context("its settings")?;
        for host in &options.outbound_hosts {
            if !description.outbound_hosts.contains(host) {
                bail!(
                    "it is granted {host:?}, which it does not ask for (it asks for {:?})",
                    description.outbound_hosts
                );
            }
        }
        let settings = options.settings.to_string();
        let hosts = options.outbound_hosts.clone();
        Ok(Self {
            pre,
            options,
            settings,
            description,
            hosts,
            services,
            sends_mail,
        })
    }

    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.options.id
    }

    /// Whether it imports `doorward:host/mail`.
    pub(crate) fn sends_mail(&self) -> bool {
        self.sends_mail
    }

    /// Its entry in `logins.list`.
    pub(crate) fn listed(&self) -> logins::Provider {
        logins::Provider {
            id: self.options.id.clone(),
            description: self.description.clone(),
        }
    }

    /// Hands one request to a fresh instance of it.
    ///
    /// # Errors
    /// What it said, or `crashed` with a text for the log.
    pub(crate) async fn handle(
        &self,
        mut context: Context,
        request: Request,
    ) -> Result<Outcome, logins::Error> {
        context.provider_id.clone_from(&self.options.id);
        context.settings.clone_from(&self.settings);
        let allowance = self.options.allowance;
        let answered = within(allowance.time, async {
            let ports = PluginPorts::new(&self.options.id, &self.services);
            let mut store = Guest::store(self.pre.engine(), ports, allowance);
            let plugin = self.pre.instantiate_async(&mut store).await?;
            plugin
                .doorward_provider_login_provider()
                .call_handle(&mut store, &context, &request)
                .await
        });
        let answered = answered
            .await
            .map_err(|fault| self.crashed(&fault.to_string()))?;
        let outcome = answered.map_err(logins::Error::Failed)?;
        match outcome::check(&outcome, &self.hosts) {
            Ok(()) => Ok(outcome),
            Err(reason) => Err(self.crashed(&reason)),
        }
    }

    fn crashed(&self, reason: &str) -> logins::Error {
        tracing::error!(provider = %self.options.id, %reason, "the provider gave no valid answer");
        logins::Error::Crashed(format!("provider {}: {reason}", self.options.id))
    }
}

fn link(
    runtime: &Runtime,
    id: &str,
    wasm: &[u8],
) -> wasmtime::Result<(ProviderPre<Guest<PluginPorts>>, bool)> {
    let component = runtime.component(id, wasm)?;
    let kind = component.component_type();
    let mut imports = kind.imports(runtime.engine());
    let sends_mail = imports.any(|(name, _)| name.starts_with("doorward:host/mail@"));
    let mut linker = Linker::new(runtime.engine());
    wasi::link_everything(&mut linker)?;
    ProviderInstance::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    Ok((
        ProviderPre::new(linker.instantiate_pre(&component)?)?,
        sends_mail,
    ))
}

async fn describe(
    pre: &ProviderPre<Guest<PluginPorts>>,
    options: &PluginOptions,
    services: &Arc<Services>,
) -> Result<Description, Fault> {
    within(options.allowance.time, async {
        let ports = PluginPorts::new(&options.id, services);
        let mut store = Guest::store(pre.engine(), ports, options.allowance);
        let plugin = pre.instantiate_async(&mut store).await?;
        plugin
            .doorward_provider_login_provider()
            .call_describe(&mut store)
            .await
    })
    .await
}
