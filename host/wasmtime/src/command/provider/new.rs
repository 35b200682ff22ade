//! `doorward provider new`

use anyhow::anyhow;
use clap::{Args, ValueEnum};
use doorward_plugins::project::Language as Written;
use doorward_plugins::project::template::Project;
use std::path::PathBuf;

/// `doorward provider new`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  doorward provider new github --lang rust\n  doorward provider new door --lang python"
)]
pub(in crate::command) struct New {
    /// What to call it: lower-case letters, digits and hyphens.
    name: String,
    /// What to write it in.
    #[arg(long, value_name = "LANGUAGE")]
    lang: Language,
    /// Where to write it. Default: a directory of its name here.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// The SDK for Rust. Default: that of a checkout of Doorward around, else the published one.
    #[arg(long, value_name = "DIR")]
    sdk: Option<PathBuf>,
}

/// A language, as it is typed.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    /// Rust.
    Rust,
    /// JavaScript.
    Js,
    /// Python.
    Python,
}

impl New {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let language = match self.lang {
            Language::Rust => Written::Rust,
            Language::Js => Written::JavaScript,
            Language::Python => Written::Python,
        };
        let directory = self.dir.clone();
        let directory = directory.unwrap_or_else(|| PathBuf::from(&self.name));
        let project = Project {
            name: self.name.clone(),
            language,
            directory,
            sdk: self.sdk.clone(),
        };
        project.write().map_err(|problem| anyhow!(problem))?;
        println!(
            "Began {:?} in {}. Its README says how to go on.",
            project.name,
            project.directory.display()
        );
        Ok(())
    }
}
