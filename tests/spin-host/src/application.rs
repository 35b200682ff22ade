//! A manifest with the values of its variables: what each component is, and what it is granted.

use crate::compose;
use crate::manifest::{Component, Manifest, Variable};
use crate::outbound::AllowedHosts;
use crate::template::resolve;
use crate::variables::ComponentVariables;
use anyhow::{Context as _, bail};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// An application that can be started.
pub struct Application {
    /// The name of the application.
    pub name: String,
    /// The version of the application; may be empty.
    pub version: String,
    /// `(route, component)`, in the order of the manifest.
    pub routes: Vec<(String, String)>,
    /// By id.
    pub components: BTreeMap<String, Granted>,
}

/// One component and what it is granted.
pub struct Granted {
    /// The component, its dependencies in it.
    pub wasm: Vec<u8>,
    /// What `fermyon:spin/variables` gives.
    pub variables: Arc<ComponentVariables>,
    /// What `wasi:cli/environment` gives.
    pub environment: Vec<(String, String)>,
    /// The labels that `fermyon:spin/sqlite` opens.
    pub sqlite_databases: Vec<String>,
    /// Where it may connect to.
    pub allowed_hosts: Arc<AllowedHosts>,
}

impl Application {
    /// Reads a manifest and the files that it names. `given` are values of variables; they go before the environment's
    /// `SPIN_VARIABLE_<NAME>`, which `environment` looks up. A value for a variable that is not declared is ignored, as on
    /// Spin.
    ///
    /// # Errors
    /// If something of it cannot be read, if a required variable has no value, or if a dependency does not fit.
    pub fn read(
        path: &Path,
        given: &BTreeMap<String, String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> anyhow::Result<Self> {
        let at = || path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(at)?;
        let manifest = Manifest::parse(&text).with_context(at)?;
        let base = path.parent().unwrap_or(Path::new("."));
        let values = values(&manifest.variables, given, environment).with_context(at)?;
        let components = manifest.component.iter().map(|(id, component)| {
            let granted = grant(id, component, base, &values);
            Ok((
                id.clone(),
                granted.with_context(|| format!("{}: component.{id}", path.display()))?,
            ))
        });
        Ok(Self {
            components: components.collect::<anyhow::Result<_>>()?,
            routes: manifest
                .trigger
                .http
                .into_iter()
                .map(|http| (http.route, http.component))
                .collect(),
            name: manifest.application.name,
            version: manifest.application.version,
        })
    }
}

fn values(
    declared: &BTreeMap<String, Variable>,
    given: &BTreeMap<String, String>,
    environment: impl Fn(&str) -> Option<String>,
) -> anyhow::Result<BTreeMap<String, String>> {
    let value = |name: &str, variable: &Variable| {
        let from_environment =
            || environment(&format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase()));
        given
            .get(name)
            .cloned()
            .or_else(from_environment)
            .or_else(|| variable.default.clone())
    };
    let (mut values, mut missing) = (BTreeMap::new(), Vec::new());
    for (name, variable) in declared {
        match value(name, variable) {
            Some(value) => _ = values.insert(name.clone(), value),
            None => missing.push(name.as_str()),
        }
    }
    if !missing.is_empty() {
        bail!(
            "required variables have no value: {}; give them with --variable <name>=<value> or SPIN_VARIABLE_<NAME>",
            missing.join(", ")
        );
    }
    Ok(values)
}

fn grant(
    id: &str,
    component: &Component,
    base: &Path,
    values: &BTreeMap<String, String>,
) -> anyhow::Result<Granted> {
    let variables = component.variables.iter().map(|(name, template)| {
        let value = resolve(template, values).with_context(|| format!("variables.{name}"))?;
        Ok((name.clone(), value))
    });
    let hosts = component
        .allowed_outbound_hosts
        .iter()
        .map(|host| resolve(host, values));
    let hosts = hosts
        .collect::<anyhow::Result<Vec<_>>>()
        .context("allowed_outbound_hosts")?;
    Ok(Granted {
        variables: Arc::new(ComponentVariables {
            component: id.to_owned(),
            values: variables.collect::<anyhow::Result<_>>()?,
        }),
        environment: component.environment.clone().into_iter().collect(),
        sqlite_databases: component.sqlite_databases.clone(),
        allowed_hosts: Arc::new(AllowedHosts::parse(&hosts)?),
        wasm: compose::compose(id, component, base)?,
    })
}
