//! What a link does, over whatever stands around it.

use crate::outcome;
use crate::types::{Context, Description, Failure, Leaver, Outcome, Request};
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
    /// Its texts in one language.
    fn texts(&self, language: &str) -> Vec<(String, String)>;
    /// Calls the provider.
    fn call(&self, context: &Context, request: &Request) -> Result<Outcome, Failure>;
    /// Has it forget somebody.
    fn forget(&self, leaver: &Leaver) -> Result<(), Failure>;
}

/// Why the provider of a link gave no answer that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// What it said itself.
    Failed(Failure),
    /// It answered outside the contract, or was not asked because its settings are missing.
    Crashed(String),
}

/// What the provider says about itself, with the hosts that it was granted; `None` if that is outside the contract. `compose`
/// has asked it before, so that this takes a provider that changes its mind.
pub(crate) fn describe(around: &impl Around, baked: &Baked) -> Option<Description> {
    around.begin();
    let mut description = around.describe();
    outcome::check_description(&description).ok()?;
    description.outbound_hosts = baked.hosts().to_vec();
    Some(description)
}

/// Its texts in one language; none if it does not know it, or they are outside the contract.
pub(crate) fn texts(around: &impl Around, baked: &Baked, language: &str) -> Vec<(String, String)> {
    let knows = |description: Description| description.languages.iter().any(|one| one == language);
    if !describe(around, baked).is_some_and(knows) {
        return Vec::new();
    }
    around.begin();
    let texts = around.texts(language);
    match outcome::check_texts(&texts) {
        Ok(()) => texts,
        Err(_) => Vec::new(),
    }
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
    context.settings = settings(around, id)?;
    let outcome = around.call(&context, request).map_err(Fault::Failed)?;
    match outcome::check(&outcome, baked.hosts()) {
        Ok(()) => Ok(outcome),
        Err(reason) => Err(Fault::Crashed(format!("provider {id}: {reason}"))),
    }
}

/// Has the provider forget somebody, with its own settings.
///
/// # Errors
/// What it said, or that its settings are missing.
pub(crate) fn forget(around: &impl Around, baked: &Baked, mut leaver: Leaver) -> Result<(), Fault> {
    around.begin();
    leaver.provider_id.clone_from(&baked.provider);
    leaver.settings = settings(around, &baked.provider)?;
    around.forget(&leaver).map_err(Fault::Failed)
}

/// What the operator wrote for a provider. `compose` writes the section even of one without settings. If it is missing, the
/// document is that of another composition or cannot be read, and the provider's own defaults may be weaker than what its
/// operator wrote.
fn settings(around: &impl Around, id: &str) -> Result<String, Fault> {
    around.section(&format!("provider/{id}")).ok_or_else(|| {
        Fault::Crashed(format!(
            "provider {id}: the settings have no section `provider/{id}`: give this composition the settings that were \
             written with it"
        ))
    })
}

#[cfg(test)]
mod tests;
