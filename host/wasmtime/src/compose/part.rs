//! A component that goes in, and what can be read off it.

use anyhow::{Context as _, bail, ensure};
pub(crate) use doorward_plugins::digest::digest;
use std::borrow::Cow;
use wasmparser::{Parser, Payload};

/// A component by its name in messages.
#[derive(Clone)]
pub(crate) struct Part {
    /// What it is: `core`, `provider "github"`.
    pub(crate) name: String,
    /// Its bytes.
    pub(crate) wasm: Cow<'static, [u8]>,
}

impl Part {
    /// One of ours.
    pub(crate) fn own(name: &str, wasm: &'static [u8]) -> Self {
        Self {
            name: name.to_owned(),
            wasm: Cow::Borrowed(wasm),
        }
    }

    /// Any other.
    pub(crate) fn new(name: impl Into<String>, wasm: impl Into<Cow<'static, [u8]>>) -> Self {
        Self {
            name: name.into(),
            wasm: wasm.into(),
        }
    }

    /// The SHA-256 of its bytes, in hexadecimal.
    pub(crate) fn digest(&self) -> String {
        digest(&self.wasm)
    }

    /// Names of what it imports and exports, and how many memories an instance of it has.
    ///
    /// # Errors
    /// It is no component.
    pub(crate) fn surface(&self) -> anyhow::Result<Surface> {
        ensure!(
            Parser::is_component(&self.wasm),
            "{} is no component: build it for wasm32-wasip2, or make one of a module with `wasm-tools component new`",
            self.name
        );
        let unreadable = || format!("{} cannot be read", self.name);
        let mut surface = Surface::default();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(&self.wasm) {
            match payload.with_context(unreadable)? {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::MemorySection(memories) => surface.memories += memories.count(),
                Payload::ComponentImportSection(imports) if depth == 0 => {
                    for import in imports {
                        let name = import.with_context(unreadable)?.name.name;
                        surface.imports.push(name.to_owned());
                    }
                }
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        let name = export.with_context(unreadable)?.name.name;
                        surface.exports.push(name.to_owned());
                    }
                }
                _ => {}
            }
        }
        Ok(surface)
    }
}

/// What a component is from outside.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    /// Names of imports, in order.
    pub(crate) imports: Vec<String>,
    /// Names of exports, in order.
    pub(crate) exports: Vec<String>,
    /// Memories of one instance: each module in it is instantiated once.
    pub(crate) memories: u32,
}

impl Surface {
    /// The export of an interface: `name` as it stands, or, if it ends in `@`, the one of any 0.2.
    pub(crate) fn export(&self, name: &str) -> Option<&str> {
        let mut exports = self.exports.iter().map(String::as_str);
        exports.find(|export| same(export, name))
    }
}

/// Whether an import or export is the interface `name`: as it stands, or, if `name` ends in `@`, any release of WASI 0.2.
pub(crate) fn same(found: &str, name: &str) -> bool {
    if !name.ends_with('@') {
        return found == name;
    }
    let patch = found
        .strip_prefix(name)
        .and_then(|version| version.strip_prefix("0.2."));
    patch.is_some_and(|patch| !patch.is_empty() && patch.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The one export of `name` that `part` must have.
///
/// # Errors
/// It has none.
pub(crate) fn required_export(part: &Part, name: &str, cure: &str) -> anyhow::Result<String> {
    let surface = part.surface()?;
    match surface.export(name) {
        Some(export) => Ok(export.to_owned()),
        None => bail!(
            "{} does not export {}; it exports {}. {cure}",
            part.name,
            name.trim_end_matches('@'),
            list(&surface.exports)
        ),
    }
}

/// Names for a sentence.
pub(crate) fn list(names: &[String]) -> String {
    if names.is_empty() {
        return String::from("nothing");
    }
    names.join(", ")
}
