//! `spin.toml`, version 2, as far as Doorward's artefact needs it. What is not known here is an error, so that a test does
//! not pass because a key was overlooked.

use crate::variables::check_name;
use anyhow::{Context as _, ensure};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// A whole manifest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    spin_manifest_version: u32,
    /// `[application]`.
    pub application: Details,
    /// `[variables]`.
    #[serde(default)]
    pub variables: BTreeMap<String, Variable>,
    /// `[[trigger.http]]`.
    pub trigger: Triggers,
    /// `[component.<id>]`.
    pub component: BTreeMap<String, Component>,
}

/// `[application]`. Nothing of it changes what the application does.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "as in the manifest")]
pub struct Details {
    pub name: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub authors: Vec<String>,
}

/// A variable of the application: it has a default, or it is required.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The value if none is given.
    pub default: Option<String>,
    /// The application does not start without a value.
    #[serde(default)]
    pub required: bool,
    /// The value is not to be shown. Nothing here shows values.
    #[serde(default)]
    pub secret: bool,
    /// For people.
    pub description: Option<String>,
}

/// `[trigger]`: HTTP only.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Triggers {
    /// In the order of the manifest.
    pub http: Vec<HttpTrigger>,
}

/// One `[[trigger.http]]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpTrigger {
    /// For people.
    #[serde(default)]
    pub id: String,
    /// `/path`, or `/path/...` for all that is below.
    pub route: String,
    /// The `<id>` of a component.
    pub component: String,
}

/// One `[component.<id>]`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// The file, relative to the manifest.
    pub source: PathBuf,
    /// For people.
    #[serde(default)]
    pub description: String,
    /// Values that may have templates, by the names that the component uses.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The environment, as it stands.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// Entries that may have templates.
    #[serde(default)]
    pub allowed_outbound_hosts: Vec<String>,
    /// Labels.
    #[serde(default)]
    pub sqlite_databases: Vec<String>,
    /// What satisfies imports of the component, by interface or package.
    #[serde(default)]
    pub dependencies: BTreeMap<String, Dependency>,
}

/// One entry of `[component.<id>.dependencies]`: a file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dependency {
    /// The file, relative to the manifest.
    pub path: PathBuf,
    /// The export that is used; without it, that of the name of the import.
    pub export: Option<String>,
    /// What of the component's configuration the dependency has; without it, nothing.
    #[serde(default)]
    pub inherit_configuration: Inheritance,
}

/// `inherit_configuration`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Inheritance {
    /// All or nothing.
    Whole(bool),
    /// What is listed.
    Listed(Vec<Inherited>),
}

/// A part of a component's configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the keys of the manifest")]
pub enum Inherited {
    Environment,
    Files,
    AllowedOutboundHosts,
    KeyValueStores,
    SqliteDatabases,
    Variables,
    AiModels,
}

impl Default for Inheritance {
    fn default() -> Self {
        Self::Whole(false)
    }
}

impl Inheritance {
    /// Whether `part` is inherited.
    #[must_use]
    pub fn has(&self, part: Inherited) -> bool {
        match self {
            Self::Whole(all) => *all,
            Self::Listed(parts) => parts.contains(&part),
        }
    }
}

impl Manifest {
    /// Reads the text of a manifest.
    ///
    /// # Errors
    /// If Spin would not take it, or if it has what this host does not know.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let manifest: Self = toml::from_str(text)?;
        ensure!(
            manifest.spin_manifest_version == 2,
            "spin_manifest_version must be 2"
        );
        for (name, variable) in &manifest.variables {
            check_name(name).map_err(|reason| anyhow::anyhow!("variables.{name}: {reason}"))?;
            ensure!(
                variable.required != variable.default.is_some(),
                "variables.{name}: must be `required` or have a `default`, not both"
            );
        }
        for trigger in &manifest.trigger.http {
            let known = manifest.component.contains_key(&trigger.component);
            ensure!(
                known,
                "trigger.http: there is no component `{}`",
                trigger.component
            );
        }
        for (id, component) in &manifest.component {
            component
                .check()
                .with_context(|| format!("component.{id}"))?;
        }
        Ok(manifest)
    }
}

impl Component {
    fn check(&self) -> anyhow::Result<()> {
        for name in self.variables.keys() {
            check_name(name).map_err(|reason| anyhow::anyhow!("variables.{name}: {reason}"))?;
        }
        for label in &self.sqlite_databases {
            ensure!(
                label == crate::sqlite::DEFAULT_LABEL,
                "sqlite_databases: `{label}` is not configured; there is `default` only"
            );
        }
        for (name, dependency) in &self.dependencies {
            let package = name.contains(':') && !name.contains('/');
            ensure!(
                !(package && dependency.export.is_some()),
                "dependencies.{name}: a package cannot be satisfied by one export"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
