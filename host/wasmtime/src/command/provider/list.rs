//! `doorward provider list`

use super::Beside;
use crate::command::output::{print, table};
use crate::config::{Config, ConfigError};
use crate::plugins::load;
use clap::Args;
use doorward_plugins::lock::{Entry, FILE, Lock, Mismatch};
use serde_json::{Value, json};

/// `doorward provider list`
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  doorward provider list\n  doorward provider list --json")]
pub(in crate::command) struct List {
    #[command(flatten)]
    beside: Beside,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl List {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        let config = self.beside.config()?;
        let lock = Lock::load(&config.base).map_err(|problem| ConfigError::entry(FILE, problem))?;
        let mut rows: Vec<Value> = configured(&config, &lock);
        let unused = lock.entries().iter().filter(|entry| {
            let mut providers = config.document.provider.iter();
            !providers.any(|provider| provider.id == entry.id && provider.component.is_some())
        });
        rows.extend(unused.map(|entry| row(entry, "not in the configuration", &[])));
        print(self.json, &json!({ "providers": rows }), |_| {
            table(
                &rows,
                &[
                    "id", "state", "contract", "hosts", "signer", "sha256", "source",
                ],
            )
        });
        Ok(())
    }
}

/// The providers of the configuration, in its order.
fn configured(config: &Config, lock: &Lock) -> Vec<Value> {
    let rows = config.document.provider.iter().map(|provider| {
        let hosts = &provider.outbound_hosts;
        if let Some(builtin) = &provider.builtin {
            return json!({ "id": provider.id, "state": "built in", "hosts": hosts, "source": builtin });
        }
        let file = config.path(provider.component.as_deref().unwrap_or(std::path::Path::new("")));
        let state = match load::read(&file) {
            Err(_) => "its file cannot be read",
            Ok(wasm) => match lock.check(&provider.id, &file, &wasm) {
                Ok(()) => "good",
                Err(Mismatch::Absent { .. }) => "not let in",
                Err(Mismatch::Differs { .. }) => "not what was let in",
            },
        };
        match lock.entry(&provider.id) {
            Some(entry) => row(entry, state, hosts),
            None => json!({ "id": provider.id, "state": state, "hosts": hosts, "source": file }),
        }
    });
    rows.collect()
}

fn row(entry: &Entry, state: &str, hosts: &[String]) -> Value {
    json!({
        "id": entry.id,
        "state": state,
        "contract": entry.contract,
        "hosts": hosts,
        "signer": entry.signer,
        "sha256": entry.sha256,
        "source": entry.source,
    })
}
