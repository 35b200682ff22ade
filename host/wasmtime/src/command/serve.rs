//! `doorward serve`: the server.

use super::store::existing_sealing_key;
use crate::application::Application;
use crate::config::{Config, safety};
use crate::mail::{Mailer, Smtp};
use crate::server::run;
use crate::telemetry;
use anyhow::Context as _;
use clap::Args;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// `doorward serve`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  doorward serve --config /etc/doorward/doorward.toml\n  \
                        DOORWARD_LOG=debug doorward serve --config doorward.toml"
)]
pub(super) struct Serve {
    /// The configuration.
    #[arg(long, value_name = "FILE", env = "DOORWARD_CONFIG")]
    config: PathBuf,
}

impl Serve {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let mut config = Config::load(&self.config)?;
        config.document.take_client_documents();
        telemetry::start(&config.document.log, "info")?;
        let refusals = safety::refusals(&config);
        for refusal in &refusals {
            eprintln!("error: {refusal}");
        }
        anyhow::ensure!(
            refusals.is_empty(),
            "refusing to start with {}: it is not safe",
            config.name()
        );
        let mailer = match &config.document.mail {
            Some(mail) => Mailer::Smtp(Arc::new(Smtp::new(&mail.options(&config.base)?)?)),
            None => Mailer::None,
        };
        let application =
            Application::open(&config, existing_sealing_key(&config)?, mailer).await?;
        let address = safety::listen_address(&config.document);
        let listener = TcpListener::bind(address)
            .await
            .with_context(|| format!("cannot listen on {address}"))?;
        let issuer = config.document.issuer.as_deref().unwrap_or_default();
        tracing::info!(issuer, listen = %listener.local_addr()?, "serving");
        run::run(&config, application, listener, None).await
    }
}
