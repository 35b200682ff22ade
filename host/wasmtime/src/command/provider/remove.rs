//! `doorward provider remove`

use super::Beside;
use super::add::plugin_file;
use anyhow::{anyhow, ensure};
use clap::Args;
use doorward_plugins::lock::Lock;
use doorward_plugins::signature::beside;

/// `doorward provider remove`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  doorward provider remove github")]
pub(in crate::command) struct Remove {
    /// Its id.
    id: String,
    #[command(flatten)]
    beside: Beside,
}

impl Remove {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let config = self.beside.config()?;
        let mut lock = Lock::load(&config.base).map_err(|problem| anyhow!(problem))?;
        let mut providers = config.document.provider.iter();
        ensure!(
            !providers.any(|provider| provider.id == self.id && provider.component.is_some()),
            "{} still has [[provider]] {:?}, and `doorward serve` would refuse to start without its plugin: take that entry out first",
            config.name(),
            self.id
        );
        ensure!(lock.remove(&self.id), "no plugin {:?} was let in", self.id);
        let file = plugin_file(&config, &self.id);
        lock.save().map_err(|problem| anyhow!(problem))?;
        // It may never have been signed.
        let _ = std::fs::remove_file(beside(&file));
        match std::fs::remove_file(&file) {
            Ok(()) => println!("removed {:?} and {}", self.id, file.display()),
            Err(_) => println!("removed {:?}", self.id),
        }
        println!("What it kept of people stays in the store until their accounts are removed.");
        Ok(())
    }
}
