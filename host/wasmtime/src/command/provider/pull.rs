//! `doorward provider pull`

use super::source;
use anyhow::{Context as _, anyhow};
use clap::Args;
use doorward_plugins::digest::digest;
use doorward_plugins::lock::write_whole;
use doorward_plugins::registry;
use std::path::PathBuf;

/// `doorward provider pull`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  doorward provider pull oci://registry.example/acme/door:1.0 --out door.wasm\n  \
                        doorward provider inspect door.wasm"
)]
pub(in crate::command) struct Pull {
    /// Where from.
    reference: String,
    /// The file to write; its signature goes beside it.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

impl Pull {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            !self.out.exists(),
            "{} is there already",
            self.out.display()
        );
        let pulled = registry::pull(&self.reference, &source::credentials()?).await;
        let artifact = pulled.map_err(|problem| anyhow!(problem))?;
        write_whole(&self.out, &artifact.wasm)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        source::write_signature(&self.out, artifact.signature.as_deref())?;
        println!("{}", self.out.display());
        println!("sha256 {}", digest(&artifact.wasm));
        Ok(())
    }
}
