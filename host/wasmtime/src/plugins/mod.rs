//! Login plugins: components that are loaded at run time and called one instance at a time.
//!
//! Each call gets a store of its own with the limits of its plugin, records under its own prefix, and of other servers those
//! that it asks for and the operator grants, under the rules of [`crate::outbound`]. A plugin that traps, takes too long or
//! answers outside the contract is named in the log and harms nobody else's request.

pub(crate) mod inspect;
pub(crate) mod load;
#[path = "../../../portable/link/src/outcome.rs"]
pub(crate) mod outcome;
pub(crate) mod plugin;
pub(crate) mod ports;
pub(crate) mod settings_schema;

#[cfg(test)]
mod tests;

use crate::engine::bindings::core::doorward::provider::logins;
use crate::engine::bindings::core::doorward::provider::types;
use plugin::Plugin;
use std::sync::Arc;

/// The configured providers, in the operator's order.
#[derive(Default)]
pub(crate) struct Plugins {
    plugins: Vec<Arc<Plugin>>,
    listed: Vec<logins::Provider>,
}

impl Plugins {
    /// Takes the loaded plugins in the operator's order.
    pub(crate) fn new(plugins: Vec<Arc<Plugin>>) -> Self {
        let listed = plugins.iter().map(|plugin| plugin.listed()).collect();
        Self { plugins, listed }
    }

    /// What each of them said about itself when it was loaded.
    pub(crate) fn list(&self) -> &[logins::Provider] {
        &self.listed
    }

    /// What one of them said about itself.
    pub(crate) fn describe(&self, provider_id: &str) -> Option<&types::Description> {
        self.find(provider_id).map(|plugin| plugin.description())
    }

    /// The texts of one of them in one language; none if it does not know it.
    pub(crate) async fn texts(&self, provider_id: &str, language: &str) -> Vec<(String, String)> {
        match self.find(provider_id) {
            Some(plugin) => plugin.texts(language).await.to_vec(),
            None => Vec::new(),
        }
    }

    /// Hands a request to one of them.
    ///
    /// # Errors
    /// What it said, or that it gave no valid answer.
    pub(crate) async fn handle(
        &self,
        provider_id: &str,
        context: types::Context,
        request: types::Request,
    ) -> Result<types::Outcome, logins::Error> {
        match self.find(provider_id) {
            Some(plugin) => plugin.handle(context, request).await,
            None => Err(logins::Error::UnknownProvider),
        }
    }

    /// Has one of them forget somebody.
    ///
    /// # Errors
    /// What it said, or that it gave no valid answer.
    pub(crate) async fn forget(
        &self,
        provider_id: &str,
        leaver: types::Leaver,
    ) -> Result<(), logins::Error> {
        match self.find(provider_id) {
            Some(plugin) => plugin.forget(leaver).await,
            None => Err(logins::Error::UnknownProvider),
        }
    }

    /// One of them.
    pub(crate) fn find(&self, provider_id: &str) -> Option<&Arc<Plugin>> {
        self.plugins
            .iter()
            .find(|plugin| plugin.id() == provider_id)
    }
}
