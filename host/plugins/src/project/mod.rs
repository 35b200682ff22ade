//! Projects of plugins: [`template`] begins one, [`toolchain`] builds it.

pub mod template;
pub mod toolchain;

/// The plugin that a build leaves in the directory of its project.
pub const PLUGIN: &str = "plugin.wasm";

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Rust, on the SDK.
    Rust,
    /// JavaScript, by componentize-js.
    JavaScript,
    /// Python, by componentize-py.
    Python,
}
