//! `doorward keys`: signing keys, and the key that seals them.

use super::output::{print, table};
use super::store::{StoreArguments, existing_sealing_key};
use crate::application::{database, key_options};
use crate::keys::{Keyring, SealingKey};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// `doorward keys`
#[derive(Debug, Subcommand)]
pub(super) enum Keys {
    /// List the signing keys.
    #[command(after_help = "Examples:\n  doorward keys list --config doorward.toml")]
    List(StoreArguments),
    /// Make a new signing key that takes over.
    #[command(after_help = ROTATE)]
    Rotate(Rotate),
    /// Make the key that seals the signing keys, in a file for its owner only.
    #[command(
        after_help = "Examples:\n  doorward keys generate-sealing-key /etc/doorward/sealing.key"
    )]
    GenerateSealingKey(Generate),
}

const ROTATE: &str = "\
Examples:
  doorward keys rotate                          a new ES256 key, published now, signing in a day
  doorward keys rotate --alg RS256
  doorward keys rotate --activate-in-s 0        at once: after a leak; verifiers with a stale JWK Set will fail";

/// `doorward keys rotate`
#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// One of those that `algorithms` of `[keys]` lists.
    #[arg(long, default_value = "ES256")]
    alg: String,
    /// Seconds until it signs; it is published at once.
    #[arg(long, default_value_t = 86_400)]
    activate_in_s: u64,
    #[command(flatten)]
    store: StoreArguments,
}

/// `doorward keys generate-sealing-key`
#[derive(Debug, Args)]
pub(super) struct Generate {
    /// The file to make.
    file: PathBuf,
}

impl Keys {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::List(store) => {
                let answer = json!({ "keys": open(store)?.list() });
                print(store.json(), &answer, list);
            }
            Self::Rotate(rotate) => {
                let made = open(&rotate.store)?.rotate(&rotate.alg, rotate.activate_in_s)?;
                print(rotate.store.json(), &json!({ "keys": [made] }), list);
            }
            Self::GenerateSealingKey(generate) => {
                anyhow::ensure!(
                    !generate.file.exists(),
                    "{} is there already",
                    generate.file.display()
                );
                SealingKey::generate_file(&generate.file)?;
                println!(
                    "made {}; without it the signing keys are lost: keep a copy apart",
                    generate.file.display()
                );
            }
        }
        Ok(())
    }
}

fn open(store: &StoreArguments) -> anyhow::Result<Arc<Keyring>> {
    let config = store.config()?;
    Keyring::open(
        &database(&config),
        existing_sealing_key(&config)?,
        key_options(&config),
    )
}

fn list(answer: &Value) -> String {
    let keys = answer
        .get("keys")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    table(
        keys,
        &[
            "kid",
            "alg",
            "state",
            "created_at",
            "activates_at",
            "retires_at",
        ],
    )
}
