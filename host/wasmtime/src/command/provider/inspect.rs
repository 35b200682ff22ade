//! `doorward provider inspect`

use super::picture;
use crate::command::output::print;
use crate::plugins::{inspect, load};
use anyhow::{Context as _, anyhow};
use clap::Args;
use std::path::PathBuf;

/// `doorward provider inspect`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  doorward provider inspect github.wasm\n  doorward provider inspect github.wasm --json"
)]
pub(in crate::command) struct Inspect {
    /// The plugin.
    file: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Inspect {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let wasm = load::read(&self.file).map_err(|problem| anyhow!(problem))?;
        let inspected = inspect::inspect(&wasm).await;
        let inspection = inspected.with_context(|| self.file.display().to_string())?;
        let answer = serde_json::to_value(&inspection)?;
        print(self.json, &answer, |_| picture::text(&inspection));
        Ok(())
    }
}
