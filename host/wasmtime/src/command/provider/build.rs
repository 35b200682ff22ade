//! `doorward provider build`

use crate::plugins::load;
use anyhow::anyhow;
use clap::Args;
use doorward_plugins::digest::digest;
use doorward_plugins::project::toolchain;
use std::path::PathBuf;

/// `doorward provider build`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  doorward provider build\n  doorward provider build door --stub-wasi"
)]
pub(in crate::command) struct Build {
    /// The directory of the project.
    #[arg(default_value = ".")]
    directory: PathBuf,
    /// For Python: give it nothing of the platform, not even the time, so that `doorward compose` takes it.
    #[arg(long)]
    stub_wasi: bool,
}

impl Build {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let built = toolchain::build(&self.directory, self.stub_wasi);
        let plugin = built.map_err(|problem| anyhow!(problem))?;
        let wasm = load::read(&plugin).map_err(|problem| anyhow!(problem))?;
        println!("{}", plugin.display());
        println!("{} bytes", wasm.len());
        println!("sha256 {}", digest(&wasm));
        Ok(())
    }
}
