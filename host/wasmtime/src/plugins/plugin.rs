//! One loaded plugin.

use super::outcome;
use super::ports::{PluginPorts, Services};
use super::settings_schema;
use crate::config::references::Settings;
use crate::engine::Runtime;
use crate::engine::bindings::core::doorward::provider::logins;
use crate::engine::bindings::core::doorward::provider::types::{
    Context, Description, Leaver, Outcome, Request,
};
use crate::engine::bindings::provider::{Provider as ProviderInstance, ProviderPre};
use crate::engine::fault::Fault;
use crate::engine::sandbox::{Allowance, Guest, within};
use crate::engine::wasi;
use crate::outbound::Reach;
use anyhow::{Context as _, bail};
use doorward_plugins::digest::digest;
use std::sync::Arc;
use tokio::sync::OnceCell;
use wasmtime::Store;
use wasmtime::component::{HasSelf, Linker};

/// What a plugin exports.
const CONTRACT: &str = "doorward:provider/login-provider@0.1.0";

/// How the operator configured a plugin.
#[derive(PartialEq)]
pub(crate) struct PluginOptions {
    /// The id under which it is reached: letters, digits and hyphens.
    pub(crate) id: String,
    /// Its settings.
    pub(crate) settings: Settings,
    /// Whether secrets may stand in the configuration: in development, and where the operator says so for a test.
    pub(crate) literal_secrets: bool,
    /// Hosts that the operator lets it reach and redirect to, out of those that it asks for.
    pub(crate) outbound_hosts: Vec<String>,
    /// Memory and time of one call.
    pub(crate) allowance: Allowance,
}

/// Texts of one language: (id, wording).
pub(crate) type Texts = Arc<[(String, String)]>;

/// A loaded plugin.
pub(crate) struct Plugin {
    /// SHA-256 of its bytes.
    sha256: String,
    pre: ProviderPre<Guest<PluginPorts>>,
    options: PluginOptions,
    /// `options.settings` as the plugin reads it.
    settings: String,
    description: Description,
    /// Hosts that it may reach and send browsers to: asked for and granted.
    hosts: Arc<[String]>,
    /// Its texts in each of its languages: asked for once.
    texts: Vec<OnceCell<Texts>>,
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
        let described = describe(&pre, &options.id, options.allowance, &services).await;
        let mut description =
            described.map_err(|fault| anyhow::anyhow!("it does not describe itself: {fault}"))?;
        outcome::check_description(&description).map_err(anyhow::Error::msg)?;
        let schema = &description.settings_schema;
        settings_schema::check(schema, &options.settings.document).context("its settings")?;
        if !options.literal_secrets {
            settings_schema::check_secrets(schema, &options.settings)?;
        }
        check_granted(&options.outbound_hosts, &description.outbound_hosts)?;
        let settings = options.settings.document.to_string();
        let hosts: Arc<[String]> = options.outbound_hosts.clone().into();
        description
            .outbound_hosts
            .clone_from(&options.outbound_hosts);
        let texts = description
            .languages
            .iter()
            .map(|_| OnceCell::new())
            .collect();
        Ok(Self {
            sha256: digest(wasm),
            pre,
            options,
            settings,
            description,
            hosts,
            texts,
            services,
            sends_mail,
        })
    }

    /// Its id.
    pub(crate) fn id(&self) -> &str {
        &self.options.id
    }

    /// SHA-256 of its bytes.
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Whether loading these bytes under these options would make the same plugin.
    pub(crate) fn is(&self, sha256: &str, options: &PluginOptions) -> bool {
        self.sha256 == sha256 && self.options == *options
    }

    /// Whether it imports `doorward:host/mail`.
    pub(crate) fn sends_mail(&self) -> bool {
        self.sends_mail
    }

    /// Its entry in `logins.list`.
    pub(crate) fn listed(&self) -> logins::Provider {
        logins::Provider {
            id: self.options.id.clone(),
            label: self.description.label.clone(),
            purposes: self.description.purposes.clone(),
            manage_label: self.description.manage_label.clone(),
        }
    }

    /// What it says of itself, with the hosts that it was granted.
    pub(crate) fn description(&self) -> &Description {
        &self.description
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
        let answered = self.call(async |plugin, store| {
            plugin
                .doorward_provider_login_provider()
                .call_handle(store, &context, &request)
                .await
        });
        let outcome = answered.await?.map_err(logins::Error::Failed)?;
        match outcome::check(&outcome, &self.hosts) {
            Ok(()) => Ok(outcome),
            Err(reason) => Err(self.crashed(&reason)),
        }
    }

    /// Has a fresh instance of it forget somebody.
    ///
    /// # Errors
    /// As [`Plugin::handle`].
    pub(crate) async fn forget(&self, mut leaver: Leaver) -> Result<(), logins::Error> {
        leaver.provider_id.clone_from(&self.options.id);
        leaver.settings.clone_from(&self.settings);
        let answered = self.call(async |plugin, store| {
            plugin
                .doorward_provider_login_provider()
                .call_forget(store, &leaver)
                .await
        });
        answered.await?.map_err(logins::Error::Failed)
    }

    /// Its texts in a language that it says it knows. One that fails is asked again the next time.
    pub(crate) async fn texts(&self, language: &str) -> Texts {
        let known = &self.description.languages;
        let Some(at) = known.iter().position(|known| known == language) else {
            return Arc::default();
        };
        let Some(texts) = self.texts.get(at) else {
            return Arc::default();
        };
        let asked = texts.get_or_try_init(async || {
            let answered = self.call(async |plugin, store| {
                plugin
                    .doorward_provider_login_provider()
                    .call_texts(store, language)
                    .await
            });
            let texts = answered.await?;
            outcome::check_texts(&texts).map_err(|reason| self.crashed(&reason))?;
            Ok::<_, logins::Error>(texts.into())
        });
        asked.await.map(Arc::clone).unwrap_or_default()
    }

    /// Calls a fresh instance of it, within its bounds.
    async fn call<T>(
        &self,
        export: impl AsyncFnOnce(
            &ProviderInstance,
            &mut Store<Guest<PluginPorts>>,
        ) -> wasmtime::Result<T>,
    ) -> Result<T, logins::Error> {
        let allowance = self.options.allowance;
        let answered = within(allowance.time, async {
            let ports = PluginPorts::new(&self.options.id, &self.services);
            let mut store = Guest::store(self.pre.engine(), ports, allowance);
            let outbound = Arc::clone(&self.services.outbound);
            let reach = Reach::Hosts(outbound, Arc::clone(&self.hosts));
            store.data_mut().let_out(reach);
            let plugin = self.pre.instantiate_async(&mut store).await?;
            export(&plugin, &mut store).await
        });
        answered
            .await
            .map_err(|fault| self.crashed(&fault.to_string()))
    }

    fn crashed(&self, reason: &str) -> logins::Error {
        // Quoted: names in the trace of a trap are the plugin's own, and may not begin a line of the log.
        tracing::error!(provider = %self.options.id, ?reason, "the provider gave no valid answer");
        logins::Error::Crashed(format!("provider {}: {reason}", self.options.id))
    }
}

/// Hosts are granted out of those that it asks for; one that asks for `*` takes what its settings name.
fn check_granted(granted: &[String], asked: &[String]) -> anyhow::Result<()> {
    for host in granted {
        if !asked.iter().any(|asked| asked == host || asked == "*") {
            bail!("it is granted {host:?}, which it does not ask for (it asks for {asked:?})");
        }
    }
    Ok(())
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
    check_contract(kind.exports(runtime.engine()).map(|(name, _)| name))?;
    let mut linker = Linker::new(runtime.engine());
    wasi::link_everything(&mut linker)?;
    ProviderInstance::add_to_linker::<_, HasSelf<_>>(&mut linker, |guest| guest)?;
    Ok((
        ProviderPre::new(linker.instantiate_pre(&component)?)?,
        sends_mail,
    ))
}

/// Asks a plugin what it is, and nothing else.
///
/// # Errors
/// It is no component of world `provider`, or does not describe itself.
pub(crate) async fn ask(
    runtime: &Runtime,
    wasm: &[u8],
    allowance: Allowance,
    services: Arc<Services>,
) -> anyhow::Result<Description> {
    const ID: &str = "unnamed";
    let (pre, _) = link(runtime, ID, wasm).map_err(|error| anyhow::anyhow!("{error:#}"))?;
    let described = describe(&pre, ID, allowance, &services).await;
    described.map_err(|fault| anyhow::anyhow!("it does not describe itself: {fault}"))
}

/// One that was made for another version of the contract is told both.
fn check_contract<'a>(mut exports: impl Iterator<Item = &'a str>) -> wasmtime::Result<()> {
    let provider = |name: &&str| name.starts_with("doorward:provider/login-provider@");
    match exports.find(provider) {
        Some(other) if other != CONTRACT => Err(wasmtime::Error::msg(format!(
            "it is made for {other:?}, and this server has {CONTRACT:?}"
        ))),
        _ => Ok(()),
    }
}

async fn describe(
    pre: &ProviderPre<Guest<PluginPorts>>,
    id: &str,
    allowance: Allowance,
    services: &Arc<Services>,
) -> Result<Description, Fault> {
    within(allowance.time, async {
        let ports = PluginPorts::new(id, services);
        let mut store = Guest::store(pre.engine(), ports, allowance);
        let plugin = pre.instantiate_async(&mut store).await?;
        plugin
            .doorward_provider_login_provider()
            .call_describe(&mut store)
            .await
    })
    .await
}
