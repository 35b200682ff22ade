//! `doorward-spin-host up`: serves an application as `spin up` would, for tests.

use anyhow::{Context as _, bail};
use clap::{Args, Parser, Subcommand};
use doorward_spin_host::application::Application;
use doorward_spin_host::engine::Engine;
use doorward_spin_host::serve::Server;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves an application as Spin would, for tests.
#[derive(Parser)]
struct Command {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Loads the application and serves it until it is ended.
    Up(Up),
}

#[derive(Args)]
struct Up {
    /// The manifest.
    #[arg(long, default_value = "spin.toml")]
    from: PathBuf,
    /// Where to listen. Port 0 is a free one; the line `Serving http://…` names it.
    #[arg(long, default_value = "127.0.0.1:3000")]
    listen: SocketAddr,
    /// Where the database lies.
    #[arg(long, default_value = ".spin")]
    state_dir: PathBuf,
    /// The value of a variable, `name=value`, or `name=@file` for what a file has.
    #[arg(long = "variable", value_name = "NAME=VALUE")]
    variables: Vec<String>,
    /// Where compiled components are kept; processes may share it. Without it, each start compiles.
    #[arg(long)]
    cache: Option<PathBuf>,
    /// Requests that can be answered at once.
    #[arg(long, default_value_t = 1000)]
    instances: u32,
    /// Says what the components import from the host, and ends.
    #[arg(long)]
    print_imports: bool,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Action::Up(up) = Command::parse().action;
    let given = up.variables.iter().map(|argument| variable(argument));
    let given = given.collect::<anyhow::Result<BTreeMap<_, _>>>()?;
    let application = Application::read(&up.from, &given, |name| std::env::var(name).ok())?;
    let engine = Engine::start(up.instances, up.cache.as_deref())?;
    let server = Server::load(application, &engine, &up.state_dir)
        .with_context(|| up.from.display().to_string())?;
    if up.print_imports {
        for (component, imports) in server.imports() {
            for import in imports {
                println!("{component}: {import}");
            }
        }
        return Ok(());
    }
    let listener = TcpListener::bind(up.listen)
        .await
        .with_context(|| up.listen.to_string())?;
    println!("Serving http://{}", listener.local_addr()?);
    Ok(Arc::new(server).serve(listener).await?)
}

fn variable(argument: &str) -> anyhow::Result<(String, String)> {
    let Some((name, value)) = argument.split_once('=') else {
        bail!("--variable must be <name>=<value> or <name>=@<file>");
    };
    let value = match value.strip_prefix('@') {
        Some(file) => {
            std::fs::read_to_string(file).with_context(|| format!("--variable {name}: {file}"))?
        }
        None => value.to_owned(),
    };
    Ok((name.to_owned(), value))
}
