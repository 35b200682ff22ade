//! `doorward provider add`: shows what a plugin is, asks, and lets it in. In this order:
//!
//! 1. the bytes are read, within their bound;
//! 2. they are a plugin that describes itself, and its id is one that a provider may have;
//! 3. what is granted is among what it asks for;
//! 4. its signature is right, if it must be or can be told;
//! 5. the operator has seen it and says yes;
//! 6. the file is written, then the lockfile.

use super::{Beside, picture, source};
use crate::config::Config;
use crate::config::provider::Provider;
use crate::plugins::inspect::{self, Inspection};
use crate::plugins::load;
use anyhow::{Context as _, anyhow, bail, ensure};
use clap::Args;
use doorward_plugins::lock::{Entry, Lock, write_whole};
use doorward_plugins::project::PLUGIN;
use doorward_plugins::registry::{self, Artifact, SCHEME};
use doorward_plugins::signature::{self, Key};
use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

/// Where plugins are kept, beside the configuration.
const DIRECTORY: &str = "plugins";

/// `doorward provider add`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  doorward provider add github.wasm --allow-host github.com --allow-host api.github.com\n  \
                        doorward provider add github.wasm --id work --yes\n  \
                        doorward provider add oci://registry.example/acme/github:1.2 --key acme.pub"
)]
pub(in crate::command) struct Add {
    /// The plugin: a file, or `oci://` and a reference.
    plugin: String,
    /// The id under which it runs. Default: from the name of the file, or of the project.
    #[arg(long)]
    id: Option<String>,
    /// A host that it may reach, out of those that it asks for. May be repeated.
    #[arg(long = "allow-host", value_name = "HOST")]
    hosts: Vec<String>,
    /// A public key of minisign beside those of the configuration, by which it must be signed.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Also write the `[[provider]]` entry at the end of the configuration.
    #[arg(long)]
    append: bool,
    /// Ask nothing.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    beside: Beside,
}

impl Add {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let config = self.beside.config()?;
        let mut lock = Lock::load(&config.base).map_err(|problem| anyhow!(problem))?;
        let found = source::read(&self.plugin).await?;
        let inspected = inspect::inspect(&found.wasm).await;
        let inspection = inspected.with_context(|| self.plugin.clone())?;
        let id = self.id()?;
        let configured = configured(&config, &id)?;
        self.check_hosts(&inspection)?;
        let signer = self.signer(&config, &found)?;
        println!("{}", picture::text(&inspection));
        match (&signer, &found.signature) {
            (Some(signer), _) => println!("Signed by {signer}.\n"),
            (None, Some(_)) => {
                println!("Signed, by a key that nobody here trusts: not verified.\n");
            }
            (None, None) => println!("Not signed.\n"),
        }
        self.confirm(&id, lock.entry(&id), &inspection)?;

        let file = plugin_file(&config, &id);
        if let Some(directory) = file.parent() {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("cannot make {}", directory.display()))?;
        }
        write_whole(&file, &found.wasm)
            .with_context(|| format!("cannot write {}", file.display()))?;
        source::write_signature(&file, found.signature.as_deref())?;
        lock.put(Entry {
            id: id.clone(),
            source: self.plugin.clone(),
            sha256: inspection.sha256.clone(),
            contract: inspection.contract.clone(),
            hosts: self.hosts.clone(),
            signer,
        });
        lock.save().map_err(|problem| anyhow!(problem))?;
        println!("Let in {id:?}: {}", file.display());
        if configured {
            println!("{} has [[provider]] {id:?} already.", config.name());
            return Ok(());
        }
        self.entry(&config, &id, &inspection)
    }

    /// Prints the entry of the configuration, or writes it there.
    fn entry(&self, config: &Config, id: &str, inspection: &Inspection) -> anyhow::Result<()> {
        let block = block(id, &self.hosts, inspection);
        if !self.append {
            println!("\nAdd to {}:\n{block}", config.name());
            return Ok(());
        }
        let path = &self.beside.config;
        let mut file = std::fs::OpenOptions::new().append(true).open(path);
        let written = file.as_mut().map_err(|error| error.to_string());
        written
            .and_then(|file| {
                file.write_all(block.as_bytes())
                    .map_err(|error| error.to_string())
            })
            .map_err(|error| anyhow!("cannot write {}: {error}", path.display()))?;
        println!("\nAdded to {}:\n{block}", config.name());
        Ok(())
    }

    fn id(&self) -> anyhow::Result<String> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        if self.plugin.starts_with(SCHEME) {
            return registry::name(&self.plugin).map_err(|problem| anyhow!(problem));
        }
        let path = Path::new(&self.plugin);
        let built = path.file_name().is_some_and(|name| name == PLUGIN);
        let path = std::path::absolute(path)?;
        // What `build` leaves is named after its project.
        let named = if built {
            path.parent()
        } else {
            Some(path.as_path())
        };
        let stem = named.and_then(Path::file_stem);
        let stem = stem.and_then(|stem| stem.to_str()).unwrap_or_default();
        let name = stem.strip_prefix("doorward_provider_").unwrap_or(stem);
        let id = name.replace('_', "-").to_ascii_lowercase();
        ensure!(
            !id.is_empty(),
            "there is no id in {:?}: give --id",
            self.plugin
        );
        Ok(id)
    }

    /// The key that signed it, of those that are trusted. A signature that is there is right, or nothing is let in, as soon as
    /// there is a key to tell.
    fn signer(&self, config: &Config, found: &Artifact) -> anyhow::Result<Option<String>> {
        let plugins = &config.document.plugins;
        let mut keys = plugins.keys()?;
        // `serve` knows the keys of the configuration only.
        if let Some(file) = self.key.as_deref().filter(|_| !plugins.require_signatures) {
            keys.push(Key::read(file).map_err(|problem| anyhow!(problem))?);
        }
        let required = plugins.require_signatures || self.key.is_some();
        let Some(signature) = &found.signature else {
            ensure!(
                !required,
                "{}: {}",
                self.plugin,
                load::unsigned(Path::new(&self.plugin))
            );
            return Ok(None);
        };
        if keys.is_empty() {
            return Ok(None);
        }
        let signer = signature::verify(&found.wasm, signature, &keys);
        let signer = signer.map_err(|problem| anyhow!("{}: {problem}", self.plugin))?;
        Ok(Some(signer.text().to_owned()))
    }

    fn check_hosts(&self, inspection: &Inspection) -> anyhow::Result<()> {
        for host in &self.hosts {
            let mut asked = inspection.hosts.iter();
            ensure!(
                asked.any(|asked| asked == host || asked == "*"),
                "it does not ask for {host:?}: {}",
                match inspection.hosts.as_slice() {
                    [] => String::from("it asks for no host"),
                    hosts => format!("it asks for {}", picture::printable(&hosts.join(", "))),
                }
            );
        }
        Ok(())
    }

    /// Has the operator say yes.
    fn confirm(&self, id: &str, before: Option<&Entry>, new: &Inspection) -> anyhow::Result<()> {
        let missing: Vec<&str> = new
            .hosts
            .iter()
            .map(String::as_str)
            .filter(|host| *host != "*" && !self.hosts.iter().any(|granted| granted == host))
            .collect();
        if !missing.is_empty() {
            println!(
                "Not granted: {}. Grant with --allow-host.\n",
                picture::printable(&missing.join(", "))
            );
        }
        if let Some(before) = before.filter(|before| before.sha256 != new.sha256) {
            println!("It replaces {}, from {}.\n", before.sha256, before.source);
        }
        if self.yes {
            return Ok(());
        }
        let (input, mut output) = (std::io::stdin(), std::io::stdout());
        if !input.is_terminal() {
            bail!("nobody is here to say yes: add --yes once you have read the above");
        }
        write!(output, "Let it in as {id:?}? [y/N] ")?;
        output.flush()?;
        let mut answer = String::new();
        input.lock().read_line(&mut answer)?;
        ensure!(
            matches!(answer.trim(), "y" | "Y" | "yes"),
            "it was not let in"
        );
        Ok(())
    }
}

/// Whether the configuration has a plugin of this id already.
///
/// # Errors
/// It has a builtin of this id, or no provider may be called so.
fn configured(config: &Config, id: &str) -> anyhow::Result<bool> {
    let mut providers = config.document.provider.iter();
    if let Some(provider) = providers.find(|provider| provider.id == id) {
        ensure!(
            provider.component.is_some(),
            "{} has a builtin of id {id:?}: give another --id",
            config.name()
        );
        return Ok(true);
    }
    let mut provider = Provider::builtin(id);
    provider.component = provider.builtin.take().map(PathBuf::from);
    provider
        .check()
        .map_err(|problem| anyhow!("{problem}; give another --id"))?;
    Ok(false)
}

/// Where the plugin of an id is kept: where the configuration says, or in `plugins`.
pub(super) fn plugin_file(config: &Config, id: &str) -> PathBuf {
    let mut providers = config.document.provider.iter();
    let component = providers
        .find(|provider| provider.id == id)
        .and_then(|provider| provider.component.clone());
    config.path(&component.unwrap_or_else(|| relative(id)))
}

fn relative(id: &str) -> PathBuf {
    Path::new(DIRECTORY).join(format!("{id}.wasm"))
}

/// The entry of the configuration. What comes from the plugin stands in comments, on one line each.
fn block(id: &str, hosts: &[String], inspection: &Inspection) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let component = relative(id).display().to_string();
    let mut block = format!(
        "\n[[provider]]\nid = {}\ncomponent = {}\n",
        quoted(id),
        quoted(&component)
    );
    if !hosts.is_empty() {
        let hosts: Vec<String> = hosts.iter().map(|host| quoted(host)).collect();
        block.extend(["outbound_hosts = [", &hosts.join(", "), "]\n"]);
    }
    let settings = inspection.settings_schema.as_ref().map(picture::settings);
    let settings = settings.unwrap_or_default();
    if !settings.is_empty() {
        block.push_str("[provider.settings]\n");
        for line in settings {
            block.extend(["# ", &line, "\n"]);
        }
    }
    block
}
