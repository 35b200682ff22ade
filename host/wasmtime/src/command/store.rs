//! Which store a command works on. It may: while a server runs on the same one, both see each other's writes.

use crate::application::Application;
use crate::config::Config;
use crate::keys::SealingKey;
use crate::mail::Mailer;
use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// The sealing key that `dev` makes in its data directory.
pub(super) const DEV_SEALING_KEY: &str = "sealing.key";
/// The issuer where none is configured: the sections need one, these commands do not.
const UNUSED_ISSUER: &str = "http://127.0.0.1:8787";

/// Where the data is.
#[derive(Debug, Args)]
pub(super) struct StoreArguments {
    /// The configuration of the server.
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    config: Option<PathBuf>,
    /// The data directory of `doorward dev`. Default: doorward-data, if no --config is given.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl StoreArguments {
    /// Whether to print JSON.
    pub(super) fn json(&self) -> bool {
        self.json
    }

    /// The configuration: the file's, or that of `dev` in this directory.
    pub(super) fn config(&self) -> anyhow::Result<Config> {
        let mut config = match &self.config {
            Some(file) => Config::load(file)?,
            None => Config::none(),
        };
        if let Some(directory) = &self.data {
            config.document.data.clone_from(directory);
        }
        config
            .document
            .issuer
            .get_or_insert_with(|| UNUSED_ISSUER.to_owned());
        // Plugins take no part in these commands.
        config.document.provider.clear();
        Ok(config)
    }

    /// Runs one command of the core's administration.
    pub(super) async fn administer(&self, command: &Value) -> anyhow::Result<Value> {
        let config = self.config()?;
        let application =
            Application::open(&config, existing_sealing_key(&config)?, Mailer::None).await?;
        let answer = application.administer(command).await;
        application.close().await;
        answer
    }

    /// Runs many commands, one after the other, whatever becomes of each.
    pub(super) async fn administer_all(
        &self,
        commands: &[Value],
    ) -> anyhow::Result<Vec<anyhow::Result<Value>>> {
        let config = self.config()?;
        let application =
            Application::open(&config, existing_sealing_key(&config)?, Mailer::None).await?;
        let mut answers = Vec::new();
        for command in commands {
            answers.push(application.administer(command).await);
        }
        application.close().await;
        Ok(answers)
    }

    /// Runs a listing to its end: every page of member `list`.
    pub(super) async fn list(&self, command: &str, list: &str) -> anyhow::Result<Value> {
        self.list_by(json!({ "command": command }), list).await
    }

    /// The same of a command with further members.
    pub(super) async fn list_by(&self, mut asked: Value, list: &str) -> anyhow::Result<Value> {
        let config = self.config()?;
        let application =
            Application::open(&config, existing_sealing_key(&config)?, Mailer::None).await?;
        let mut entries = Vec::new();
        let mut after = Value::Null;
        loop {
            if let Some(members) = asked.as_object_mut() {
                members.insert(String::from("after"), after);
            }
            let mut answer = application.administer(&asked).await?;
            if let Some(Value::Array(page)) = answer.get_mut(list).map(Value::take) {
                entries.extend(page);
            }
            after = answer.get("next").cloned().unwrap_or_default();
            if after.is_null() {
                break;
            }
        }
        application.close().await;
        Ok(json!({ list: entries }))
    }
}

/// The sealing key that a configuration names, or that of `dev`.
pub(super) fn existing_sealing_key(config: &Config) -> anyhow::Result<SealingKey> {
    let keys = &config.document.keys;
    if let Some(name) = &keys.sealing_key_env {
        let text = zeroize::Zeroizing::new(
            std::env::var(name)
                .ok()
                .with_context(|| format!("the environment variable {name} is not set"))?,
        );
        return SealingKey::from_text(&text)
            .with_context(|| format!("the environment variable {name}"));
    }
    let file = match &keys.sealing_key_file {
        Some(file) => config.path(file),
        None => config.data_directory().join(DEV_SEALING_KEY),
    };
    if !file.is_file() {
        bail!("{}", no_store(&config.data_directory(), &file));
    }
    SealingKey::read_file(&file)
}

fn no_store(directory: &Path, file: &Path) -> String {
    format!(
        "there is no server's data in {}: the sealing key {} is not there. Give --config FILE or --data DIR, or run \
         `doorward dev` here first",
        directory.display(),
        file.display()
    )
}
