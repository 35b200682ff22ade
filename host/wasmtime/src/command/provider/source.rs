//! Where plugins come from: a file with its signature beside it, or a registry.

use crate::plugins::load;
use anyhow::{Context as _, anyhow, bail};
use doorward_plugins::lock::write_whole;
use doorward_plugins::registry::{self, Artifact, Credentials, SCHEME};
use doorward_plugins::signature;
use std::path::Path;

/// Who asks registries: the variables that [`credentials`] reads.
const USERNAME: &str = "DOORWARD_REGISTRY_USERNAME";
const PASSWORD: &str = "DOORWARD_REGISTRY_PASSWORD";

/// Reads a plugin and its signature from a file, or fetches it.
pub(super) async fn read(source: &str) -> anyhow::Result<Artifact> {
    let found = if source.starts_with(SCHEME) {
        registry::pull(source, &credentials()?).await
    } else {
        let file = Path::new(source);
        load::read(file).and_then(|wasm| {
            let signature = signature::of(file)?;
            Ok(Artifact { wasm, signature })
        })
    };
    found.map_err(|problem| anyhow!(problem))
}

/// Writes a signature beside its plugin, or takes away the one of what was there before.
pub(super) fn write_signature(plugin: &Path, text: Option<&str>) -> anyhow::Result<()> {
    let file = signature::beside(plugin);
    let written = match text {
        Some(text) => write_whole(&file, text.as_bytes()),
        None => match std::fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        },
    };
    written.with_context(|| format!("cannot write {}", file.display()))
}

/// Who asks registries: nobody in particular, unless the environment says otherwise.
pub(super) fn credentials() -> anyhow::Result<Credentials> {
    match (std::env::var(USERNAME), std::env::var(PASSWORD)) {
        (Ok(username), Ok(password)) => Ok(Credentials::Basic { username, password }),
        (Err(_), Err(_)) => Ok(Credentials::Anonymous),
        _ => bail!("of {USERNAME} and {PASSWORD} only one is set"),
    }
}
