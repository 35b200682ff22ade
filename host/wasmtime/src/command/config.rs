//! `doorward config`: the configuration file.

use crate::application;
use crate::config::safety;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// `doorward config`
#[derive(Debug, Subcommand)]
pub(super) enum Config {
    /// Check a configuration as `serve` would, without starting or changing anything.
    #[command(after_help = "Examples:\n  doorward config check --config doorward.toml")]
    Check(Check),
}

/// `doorward config check`
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The file.
    #[arg(long, value_name = "FILE", default_value = "doorward.toml")]
    config: PathBuf,
}

impl Config {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let Self::Check(check) = self;
        let config = crate::config::Config::load(&check.config)?;
        let refusals = safety::refusals(&config);
        for refusal in &refusals {
            eprintln!("error: {refusal}");
        }
        anyhow::ensure!(
            refusals.is_empty(),
            "`doorward serve` would not start with {}",
            config.name()
        );
        application::check(&config, config.document.mail.is_some()).await?;
        println!("{} is good", config.name());
        Ok(())
    }
}
