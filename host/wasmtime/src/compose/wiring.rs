//! A composition while it is put together: wac-graph, with errors that an operator can act on.

use super::generated;
use super::offers::{Role, Surroundings};
use super::part::{Part, list, same};
use anyhow::{Context as _, bail};
use std::collections::BTreeMap;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId, Processor};

/// A component in the composition, ready to answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Instance(NodeId);

/// What one component gets from others: interface, and who answers it.
pub(crate) type Answers<'a> = &'a [(&'static str, Instance)];

/// A component that went in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Ingredient {
    /// What it is.
    pub(crate) name: String,
    /// SHA-256 of its bytes, in hexadecimal.
    pub(crate) sha256: String,
    /// How often it is there.
    pub(crate) instances: u32,
}

/// The composition so far.
pub(crate) struct Wiring {
    graph: CompositionGraph,
    surroundings: Surroundings,
    packages: BTreeMap<String, PackageId>,
    no_environment: Option<Instance>,
    memories: u32,
    ingredients: Vec<Ingredient>,
}

/// Whether what is exported as `name` answers `import`. WASI's 0.2.0 answers any 0.2: what came later only added to it.
fn answered(import: &str, name: &str) -> bool {
    let any = || {
        name.strip_suffix("0.2.0")
            .filter(|_| name.starts_with("wasi:"))
    };
    import == name || any().is_some_and(|name| same(import, name))
}

impl Wiring {
    /// An empty one, inside a host that answers this much.
    pub(crate) fn new(surroundings: Surroundings) -> Self {
        Self {
            graph: CompositionGraph::new(),
            surroundings,
            packages: BTreeMap::new(),
            no_environment: None,
            memories: 0,
            ingredients: Vec::new(),
        }
    }

    /// Puts an instance of a component in. Each of its imports is answered by `answers`, or by the host around the
    /// composition if its role has that, or there is an error. `asks`: it may ask that host for interfaces of ours.
    ///
    /// # Errors
    /// It is no component, imports what nothing answers, or imports something otherwise than it is.
    pub(crate) fn place(
        &mut self,
        part: &Part,
        role: Role,
        asks: bool,
        answers: Answers<'_>,
    ) -> anyhow::Result<Instance> {
        let surface = part.surface()?;
        let package = self.package(part)?;
        let node = self.graph.instantiate(package);
        self.memories += surface.memories;
        for import in &surface.imports {
            let answer = answers.iter().find(|(name, _)| answered(import, name));
            if let Some((name, instance)) = answer {
                self.connect(part, node, import, (*instance, name))?;
            } else if role.leaves_open(self.surroundings, asks, import) {
            } else if same(import, "wasi:cli/environment@") {
                let nothing = self.no_environment()?;
                self.connect(part, node, import, (nothing, generated::ENVIRONMENT))?;
            } else {
                let mut offered: Vec<String> =
                    answers.iter().map(|(name, _)| (*name).to_owned()).collect();
                offered.extend(role.names());
                bail!(
                    "{} imports {import}, which nothing answers. It may import {}",
                    part.name,
                    list(&offered)
                );
            }
        }
        Ok(Instance(node))
    }

    /// Puts a document in, to be read by the components that it is given to.
    ///
    /// # Errors
    /// It is too large.
    pub(crate) fn bake(&mut self, name: &str, document: &str) -> anyhow::Result<Instance> {
        let part = Part::new(format!("document of {name}"), generated::baked(document)?);
        self.place(&part, Role::Closed, false, &[])
    }

    /// Exports what `instance` exports under `name`.
    ///
    /// # Errors
    /// It does not.
    pub(crate) fn export(&mut self, instance: Instance, name: &str) -> anyhow::Result<()> {
        let export = self.graph.alias_instance_export(instance.0, name)?;
        self.graph.export(export, name)?;
        Ok(())
    }

    /// The composition as one component, validated.
    ///
    /// # Errors
    /// It is not valid: two components want the same import in ways that do not fit together.
    pub(crate) fn encode(&self) -> anyhow::Result<Vec<u8>> {
        let processor = Processor {
            name: "doorward",
            version: env!("CARGO_PKG_VERSION"),
        };
        let options = EncodeOptions {
            define_components: true,
            validate: true,
            processor: Some(processor),
        };
        self.graph
            .encode(options)
            .context("the components do not fit together")
    }

    /// How many memories an instance of the composition has.
    pub(crate) fn memories(&self) -> u32 {
        self.memories
    }

    /// What went in, in the order in which it came.
    pub(crate) fn ingredients(&self) -> &[Ingredient] {
        &self.ingredients
    }

    /// The one environment with nothing in it: it keeps nothing, so that all may share it.
    fn no_environment(&mut self) -> anyhow::Result<Instance> {
        if let Some(instance) = self.no_environment {
            return Ok(instance);
        }
        let part = Part::new("empty environment", generated::empty_environment()?);
        let instance = self.place(&part, Role::Closed, false, &[])?;
        self.no_environment = Some(instance);
        Ok(instance)
    }

    fn package(&mut self, part: &Part) -> anyhow::Result<PackageId> {
        let sha256 = part.digest();
        if let Some(ingredient) = self
            .ingredients
            .iter_mut()
            .find(|ingredient| ingredient.sha256 == sha256 && ingredient.name == part.name)
        {
            ingredient.instances += 1;
        } else {
            self.ingredients.push(Ingredient {
                name: part.name.clone(),
                sha256: sha256.clone(),
                instances: 1,
            });
        }
        if let Some(package) = self.packages.get(&sha256) {
            return Ok(*package);
        }
        // The name is for wac alone; the bytes go in as they are.
        let name = format!("doorward:part-{}", self.packages.len());
        let types = self.graph.types_mut();
        let package = Package::from_bytes(&name, None, part.wasm.to_vec(), types)
            .with_context(|| format!("{} cannot be read", part.name))?;
        let package = self.graph.register_package(package)?;
        self.packages.insert(sha256, package);
        Ok(package)
    }

    fn connect(
        &mut self,
        part: &Part,
        node: NodeId,
        import: &str,
        (answering, name): (Instance, &str),
    ) -> anyhow::Result<()> {
        let answer = self
            .graph
            .alias_instance_export(answering.0, name)
            .with_context(|| format!("what should answer {import} to {}", part.name))?;
        self.graph
            .set_instantiation_argument(node, import, answer)
            .with_context(|| {
                format!(
                    "{} imports {import}, but not as it is here: build it against the same release",
                    part.name
                )
            })
    }
}
