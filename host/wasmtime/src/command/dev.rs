//! `doorward dev`: the real server for trying and developing. It makes its own keys, sends no mail, and is for this
//! machine only.

use super::store::DEV_SEALING_KEY;
use crate::application::Application;
use crate::config::client::Client;
use crate::config::protocol::ResourceRule;
use crate::config::provider::Provider;
use crate::config::{Config, safety};
use crate::dev::{DEMO_CLIENT, Dev as DevPages, origin};
use crate::keys::SealingKey;
use crate::mail::{Mailer, Outbox};
use crate::server::run;
use crate::telemetry;
use anyhow::{Context as _, ensure};
use clap::Args;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::TcpListener;

/// `doorward dev`
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  doorward dev\n  doorward dev --listen 127.0.0.1:0 --data /tmp/try\n  \
                        doorward dev --config doorward.toml      with the clients, resources and theme of this file"
)]
pub(super) struct Dev {
    /// Loopback address and port; port 0 takes a free one. Default: 127.0.0.1:8787.
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<SocketAddr>,
    /// Where database and keys are kept.
    #[arg(long, value_name = "DIR", default_value = "doorward-data")]
    data: PathBuf,
    /// Where compiled components are kept. Default: `compiled` in the data directory.
    #[arg(long, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// Clients, resources, providers and theme of this file, the same that `serve` takes.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The issuer, if it is not the address it listens on.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
}

impl Dev {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let mut config = match &self.config {
            Some(file) => Config::load(file)?,
            None => Config::none(),
        };
        telemetry::start(&config.document.log, "warn,doorward::audit=info")?;
        let listen = self
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8787)));
        ensure!(
            listen.ip().is_loopback(),
            "doorward dev hands out tokens to anyone who reaches it, so it listens on this machine only: \
             use a loopback address, or `doorward serve`"
        );
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        let issuer = self
            .issuer
            .clone()
            .unwrap_or_else(|| format!("http://{}", address(&listener)));
        if let Some(problem) = safety::issuer_problem(&issuer) {
            anyhow::bail!("--issuer {issuer:?} {problem}");
        }
        self.complete(&mut config, &issuer)?;
        let data = config.data_directory();
        private_directory(&data)?;
        let sealing_key = SealingKey::generate_file(&data.join(DEV_SEALING_KEY))?;
        let outbox = Arc::new(Outbox::printing());
        let mailer = Mailer::Outbox(Arc::clone(&outbox));
        let application = Application::open(&config, sealing_key, mailer).await?;
        let pages = DevPages::new(issuer.clone(), outbox)?;
        banner(&issuer, &pages.ready_link(), &data);
        run::run(&config, application, listener, Some(pages)).await
    }

    /// What `dev` decides, whatever the file says: where, without TLS, under which issuer; and what it adds.
    fn complete(&self, config: &mut Config, issuer: &str) -> anyhow::Result<()> {
        let current = std::env::current_dir().context("there is no current directory")?;
        config.development = true;
        let document = &mut config.document;
        if document
            .issuer
            .as_deref()
            .is_some_and(|other| other != issuer)
        {
            tracing::warn!(
                "`issuer`, `data`, `[keys]`, `[mail]` and `[server.tls]` of the file are for `doorward serve`; here the issuer is {issuer}"
            );
        }
        document.issuer = Some(issuer.to_owned());
        document.data = current.join(&self.data);
        document.cache = self
            .cache
            .as_ref()
            .map(|cache| current.join(cache))
            .or_else(|| document.cache.clone());
        document.server.tls = None;
        document.resources.get_or_insert(ResourceRule::Any);
        if document.provider.is_empty() {
            document.provider = vec![Provider::builtin("password"), Provider::builtin("pin")];
        }
        document.provider.iter_mut().for_each(loosen);
        document.open_registration();
        document.take_client_documents();
        if !document
            .client
            .iter()
            .any(|client| client.client_id == DEMO_CLIENT)
        {
            let demo = demo_client(document.keys.algorithms.as_deref())?;
            document.client.push(demo);
        }
        Ok(())
    }
}

/// Everyone here comes from one machine and signs in as the same few people again and again: where the file does not say
/// otherwise, mails per network and per address are limited as loosely as the shipped providers allow. Tries per code are not.
fn loosen(provider: &mut Provider) {
    let codes = [
        ("codes", "per_network_per_hour", 100_000),
        ("codes", "per_address_per_hour", 60),
    ];
    let failures = [("sign_in", "failures_per_network", 100_000)];
    let loose = match provider.builtin.as_deref() {
        Some("password") => [&codes[..], &failures].concat(),
        Some("pin" | "magic-link") => codes.to_vec(),
        _ => return,
    };
    for (group, name, number) in loose {
        let group = provider
            .settings
            .entry(group)
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        if let Some(group) = group.as_table_mut() {
            group.entry(name).or_insert(toml::Value::Integer(number));
        }
    }
}

/// A public client whose redirect is any loopback URI. Its ID tokens are what libraries expect of whoever says nothing, RS256, unless there are
/// no keys for that.
fn demo_client(algorithms: Option<&[String]>) -> anyhow::Result<Client> {
    let signs = |alg: &str| algorithms.is_none_or(|all| all.iter().any(|one| one == alg));
    let id_token_alg = if signs("RS256") { "RS256" } else { "ES256" };
    let metadata = r#"
        client_id = "demo"
        client_name = "Demo"
        token_endpoint_auth_method = "none"
        redirect_uris = ["http://127.0.0.1/", "http://localhost/", "http://[::1]/"]
        post_logout_redirect_uris = ["http://127.0.0.1/", "http://localhost/", "http://[::1]/"]
        loopback_any_path = true
        grant_types = ["authorization_code", "refresh_token"]
        scope = "openid profile email offline_access"
    "#;
    let metadata = format!("{metadata}\nid_token_signed_response_alg = \"{id_token_alg}\"\n");
    toml::from_str(&metadata).context("the demo client")
}

fn address(listener: &TcpListener) -> String {
    listener
        .local_addr()
        .map_or_else(|_| String::from("127.0.0.1"), |address| address.to_string())
}

fn private_directory(directory: &Path) -> anyhow::Result<()> {
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("cannot create {}", directory.display()))
}

fn banner(issuer: &str, link: &str, data: &Path) {
    println!(
        "\
Doorward is running, for this machine only.

  Try it      {link}
  Issuer      {issuer}
  Outbox      {origin}/dev/outbox   (every mail it would send; also printed here)
  Data        {data}

  An app of yours: client_id `demo`, no secret, PKCE, any redirect URI on 127.0.0.1 or localhost.
  Apps that register themselves (RFC 7591), or name the URL of their metadata document, are welcome too.
  Add others:      doorward client add --help
  For real:        doorward serve --help
",
        origin = origin(issuer),
        data = data.display()
    );
}
