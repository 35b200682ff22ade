//! `doorward provider push`

use super::source;
use crate::plugins::inspect;
use anyhow::{Context as _, anyhow};
use clap::Args;
use doorward_plugins::registry;

/// `doorward provider push`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  doorward provider push plugin.wasm oci://registry.example/acme/door:1.0\n\n\
                        A signature beside the file (plugin.wasm.minisig) goes with it. DOORWARD_REGISTRY_USERNAME and \
                        DOORWARD_REGISTRY_PASSWORD say who pushes. It prints the reference by digest, which always names these bytes."
)]
pub(in crate::command) struct Push {
    /// The plugin's file.
    file: String,
    /// Where to: a reference with a tag.
    reference: String,
}

impl Push {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let artifact = source::read(&self.file).await?;
        let inspected = inspect::inspect(&artifact.wasm).await;
        inspected.with_context(|| self.file.clone())?;
        let pushed = registry::push(&self.reference, artifact, &source::credentials()?).await;
        let digest = pushed.map_err(|problem| anyhow!(problem))?;
        let repository = match self.reference.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => repository,
            _ => &self.reference,
        };
        println!("{repository}@{digest}");
        Ok(())
    }
}
