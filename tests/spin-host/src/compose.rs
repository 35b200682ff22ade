//! What Spin does when it loads a component with dependencies: each becomes an instance of its own inside the component,
//! behind refusals of all that it does not inherit.
//!
//! A dependency that inherits imports the same interface as the component does, and the two imports become one: it has the
//! component's grants. One that does not inherit has its import satisfied inside ([`refusal`]), so that nothing of it
//! reaches the host.

use crate::manifest::{Component, Dependency};
use crate::refusal;
use anyhow::{Context as _, bail, ensure};
use std::path::Path;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, NodeId, PackageId};

/// The component of the file `component.source` with its dependencies in it; paths are relative to `base`.
///
/// # Errors
/// If a file cannot be read or is no component, if a dependency matches no import or two match one, or if what a
/// dependency exports is not what the component imports.
pub(crate) fn compose(id: &str, component: &Component, base: &Path) -> anyhow::Result<Vec<u8>> {
    let source = read(base, &component.source)?;
    if component.dependencies.is_empty() {
        return Ok(source);
    }
    let mut graph = CompositionGraph::new();
    let (package, instance) = instantiate(&mut graph, &format!("component:{id}"), source)?;
    for (number, (name, dependency)) in component.dependencies.iter().enumerate() {
        let number = format!("dependency:number-{number}");
        satisfy(
            &mut graph,
            (package, instance),
            &number,
            name,
            dependency,
            base,
        )
        .with_context(|| format!("dependencies.{name:?}"))?;
    }
    for export in exports(&graph, package) {
        let node = graph.alias_instance_export(instance, &export)?;
        graph.export(node, &export)?;
    }
    Ok(graph.encode(EncodeOptions::default())?)
}

/// Instantiates one dependency and gives it to the component for every import that `name` matches.
fn satisfy(
    graph: &mut CompositionGraph,
    (component, instance): (PackageId, NodeId),
    number: &str,
    name: &str,
    dependency: &Dependency,
    base: &Path,
) -> anyhow::Result<()> {
    let imports = imports(graph, component);
    let matched: Vec<_> = imports
        .iter()
        .filter(|import| matches(name, import))
        .collect();
    ensure!(!matched.is_empty(), "the component has no such import");
    let source = read(base, &dependency.path)?;
    let (package, provider) = instantiate(graph, number, source)?;
    refuse(graph, (package, provider), number, dependency)?;
    let exports = exports(graph, package);
    for import in matched {
        let export = dependency.export.as_ref().unwrap_or(import);
        if !exports.contains(export) {
            bail!("{} does not export `{export}`", dependency.path.display());
        }
        let node = graph.alias_instance_export(provider, export)?;
        graph
            .set_instantiation_argument(instance, import, node)
            .with_context(|| {
                format!(
                    "`{export}` of {} is not what is imported",
                    dependency.path.display()
                )
            })?;
    }
    Ok(())
}

/// Satisfies the imports of a dependency that it may not have.
fn refuse(
    graph: &mut CompositionGraph,
    (package, instance): (PackageId, NodeId),
    number: &str,
    dependency: &Dependency,
) -> anyhow::Result<()> {
    for import in imports(graph, package) {
        let Some(refusal) = refusal::of(&import) else {
            continue;
        };
        if dependency.inherit_configuration.has(refusal.inherited) {
            continue;
        }
        let name = format!("{number}-without-{}", refusal.name);
        let (_, refused) = instantiate(graph, &name, refusal.component(&import)?)?;
        let node = graph.alias_instance_export(refused, &import)?;
        graph
            .set_instantiation_argument(instance, &import, node)
            .with_context(|| format!("`{import}` cannot be refused"))?;
    }
    Ok(())
}

fn instantiate(
    graph: &mut CompositionGraph,
    name: &str,
    wasm: Vec<u8>,
) -> anyhow::Result<(PackageId, NodeId)> {
    let package = Package::from_bytes(name, None, wasm, graph.types_mut())?;
    let package = graph.register_package(package)?;
    Ok((package, graph.instantiate(package)))
}

fn imports(graph: &CompositionGraph, package: PackageId) -> Vec<String> {
    graph.types()[graph[package].ty()]
        .imports
        .keys()
        .cloned()
        .collect()
}

fn exports(graph: &CompositionGraph, package: PackageId) -> Vec<String> {
    graph.types()[graph[package].ty()]
        .exports
        .keys()
        .cloned()
        .collect()
}

fn read(base: &Path, path: &Path) -> anyhow::Result<Vec<u8>> {
    let path = base.join(path);
    std::fs::read(&path).with_context(|| path.display().to_string())
}

/// Whether a dependency of this name is for `import`: the name may be that of the whole import, or leave out its version
/// or its interface. A version that is given must be the import's.
fn matches(name: &str, import: &str) -> bool {
    let (name, version) = split_version(name);
    let (import, import_version) = split_version(import);
    let package = import.split_once('/').map(|(package, _)| package);
    (name == import || Some(name) == package) && (version.is_none() || version == import_version)
}

fn split_version(name: &str) -> (&str, Option<&str>) {
    match name.split_once('@') {
        Some((name, version)) => (name, Some(version)),
        None => (name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_name_may_leave_out_the_version_and_the_interface() {
        for name in ["a:b/c@0.1.0", "a:b/c", "a:b@0.1.0", "a:b"] {
            assert!(matches(name, "a:b/c@0.1.0"), "{name}");
        }
        for name in ["a:b/c@0.1.1", "a:b/d@0.1.0", "a:bb", "a:b/c@0.1", "a", "c"] {
            assert!(!matches(name, "a:b/c@0.1.0"), "{name}");
        }
        assert!(matches("github", "github") && !matches("github", "git:hub/github"));
    }
}
