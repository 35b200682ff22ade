//! `doorward provider`: login plugins, one file per command.

mod add;
mod build;
mod inspect;
mod list;
mod new;
mod picture;
mod pull;
mod push;
mod remove;
mod source;

use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `doorward provider`
#[derive(Debug, Subcommand)]
pub(super) enum Provider {
    /// Begin a plugin: a small provider that works.
    New(new::New),
    /// Build the plugin of a project.
    Build(build::Build),
    /// Say what a plugin is and what it could touch, without letting it in.
    Inspect(inspect::Inspect),
    /// Let a plugin in: keep its file and its digest beside the configuration.
    Add(add::Add),
    /// List the plugins that were let in, and what became of them.
    List(list::List),
    /// Put a plugin into a registry.
    Push(push::Push),
    /// Fetch a plugin from a registry, without letting it in.
    Pull(pull::Pull),
    /// Take a plugin out again.
    Remove(remove::Remove),
}

/// Which configuration a command works beside.
#[derive(Debug, Args)]
struct Beside {
    /// The configuration; plugins and their lockfile are kept in its directory.
    #[arg(
        long,
        value_name = "FILE",
        env = "DOORWARD_CONFIG",
        default_value = "doorward.toml"
    )]
    config: PathBuf,
}

impl Beside {
    fn config(&self) -> anyhow::Result<crate::config::Config> {
        Ok(crate::config::Config::load(&self.config)?)
    }
}

impl Provider {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::New(new) => new.run(),
            Self::Build(build) => build.run(),
            Self::Inspect(inspect) => inspect.run().await,
            Self::Add(add) => add.run().await,
            Self::Push(push) => push.run().await,
            Self::Pull(pull) => pull.run().await,
            Self::List(list) => list.run(),
            Self::Remove(remove) => remove.run(),
        }
    }
}
