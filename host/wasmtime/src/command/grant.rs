//! `doorward grant`: what people gave to applications. `doorward user grants` lists them.

use super::output::{members, print};
use super::store::StoreArguments;
use clap::{Args, Subcommand};
use serde_json::json;

/// `doorward grant`
#[derive(Debug, Subcommand)]
pub(super) enum Grant {
    /// End one grant, and with it every token that was issued from it.
    #[command(after_help = "Examples:\n  doorward grant revoke 3Q2-7wAAAAAAAAAAAAAAAA")]
    Revoke(Revoke),
}

/// `doorward grant revoke`
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// Its id, as `doorward user grants` shows it.
    #[arg(allow_hyphen_values = true)]
    grant: String,
    #[command(flatten)]
    store: StoreArguments,
}

impl Grant {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let Self::Revoke(revoke) = self;
        let command = json!({ "command": "grant.revoke", "grant": revoke.grant });
        let answer = revoke.store.administer(&command).await?;
        print(revoke.store.json(), &answer, |answer| {
            answer.as_object().map(members).unwrap_or_default()
        });
        Ok(())
    }
}
