//! What a link does, over whatever stands around it.

use crate::outcome;
use crate::types::{Context, Description, Failure, Outcome, Request};
use alloc::{format, string::String, vec::Vec};
use miniserde::{Deserialize, json};

/// What `doorward compose` put into the artefact for this provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Baked {
    /// The id of the provider.
    pub(crate) provider: String,
    /// Hosts that it may send browsers to.
    pub(crate) outbound_hosts: Option<Vec<String>>,
}

impl Baked {
    /// Reads the document. `None`: it is no such document, and then there is no provider here.
    pub(crate) fn read(document: &str) -> Option<Self> {
        json::from_str(document)
            .ok()
            .filter(|baked: &Self| !baked.provider.is_empty())
    }

    fn hosts(&self) -> &[String] {
        self.outbound_hosts.as_deref().unwrap_or_default()
    }
}

/// What stands around a link.
pub(crate) trait Around {
    /// Says to the provider's fence that a call begins.
    fn begin(&self);
    /// A section of the configuration.
    fn section(&self, name: &str) -> Option<String>;
    /// What the provider says about itself.
    fn describe(&self) -> Description;
    /// Calls the provider.
    fn call(&self, context: &Context, request: &Request) -> Result<Outcome, Failure>;
}

/// Why the provider of a link gave no answer that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// What it said itself.
    Failed(Failure),
    /// It answered outside the contract, or was not asked because its settings are missing.
    Crashed(String),
}

/// What the provider says about itself; `None` if that is outside the contract. `compose` has asked it before, so that this
/// takes a provider that changes its mind.
pub(crate) fn describe(around: &impl Around) -> Option<Description> {
    around.begin();
    let description = around.describe();
    outcome::check_description(&description)
        .is_ok()
        .then_some(description)
}

/// Hands a request to the provider, with the settings that the operator wrote for it and no others.
///
/// # Errors
/// What it said, that its answer is outside the contract, or that its settings are missing.
pub(crate) fn handle(
    around: &impl Around,
    baked: &Baked,
    mut context: Context,
    request: &Request,
) -> Result<Outcome, Fault> {
    let id = &baked.provider;
    around.begin();
    context.provider_id.clone_from(id);
    // `compose` writes the section even of a provider without settings. If it is missing, the document is that of another
    // composition or cannot be read, and the provider's own defaults may be weaker than what its operator wrote.
    context.settings = around.section(&format!("provider/{id}")).ok_or_else(|| {
        Fault::Crashed(format!(
            "provider {id}: the settings have no section `provider/{id}`: give this composition the settings that were \
             written with it"
        ))
    })?;
    let outcome = around.call(&context, request).map_err(Fault::Failed)?;
    match outcome::check(&outcome, baked.hosts()) {
        Ok(()) => Ok(outcome),
        Err(reason) => Err(Fault::Crashed(format!("provider {id}: {reason}"))),
    }
}

#[cfg(test)]
mod tests;
