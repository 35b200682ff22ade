//! `doorward compose`: the server for another host.

use crate::compose::picture::Pieces;
use crate::compose::{self, Options, SettingsSource, Store, Target};
use crate::config::{Config, composable};
use clap::Args;
use std::path::PathBuf;

/// `doorward compose`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  doorward compose --for spin --config doorward.toml --out spin\n  \
                        doorward compose --for spin --records redis --config doorward.toml --out spin\n  \
                        doorward compose --for wasmtime --settings variable --config doorward.toml --out serve\n\n\
                        What may be a secret (the sealing key, the mail service's token) is never in what this writes: \
                        the host gives it at run time."
)]
pub(super) struct Compose {
    /// The host.
    #[arg(long = "for", value_name = "HOST")]
    target: Target,
    /// The configuration.
    #[arg(long, value_name = "FILE", env = "DOORWARD_CONFIG")]
    config: PathBuf,
    /// The directory to write to.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Whether the settings lie in the component or in the variable `settings`. (Workers always has them beside it.)
    #[arg(long, value_name = "WHERE", default_value = "baked")]
    settings: SettingsSource,
    /// Where records are kept. Default: `directory` for wasmtime, `sqlite` for spin.
    #[arg(long, value_name = "STORE")]
    records: Option<Store>,
    /// For tests only: lets `[dev]` of the configuration count, which leads names of other servers to this machine, without TLS.
    /// What is composed so must never serve people.
    #[arg(long, hide_short_help = true)]
    development: bool,
}

impl Compose {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let mut config = Config::load(&self.config)?;
        config.development = self.development;
        let refusals = composable::refusals(&config, self.target == Target::Wasmtime);
        for refusal in &refusals {
            eprintln!("error: {refusal}");
        }
        anyhow::ensure!(
            refusals.is_empty(),
            "refusing to compose {}: it is not safe",
            config.name()
        );
        let options = Options {
            target: self.target,
            settings: self.settings,
            records: self.records,
        };
        let artefact = compose::compose(&config, options, &Pieces::embedded()).await?;
        artefact.write(&self.out)?;
        println!("core      {}", artefact.core);
        for (name, digest) in artefact.digests() {
            println!("{name:<14}  {digest}  {}", self.out.join(name).display());
        }
        println!("memories  {}", artefact.memories);
        Ok(())
    }
}
