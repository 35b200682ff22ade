//! The command line: one file per command.

mod client;
mod compose;
mod config;
mod dev;
mod grant;
mod import;
mod keys;
mod output;
mod provider;
mod serve;
mod store;
mod user;

#[cfg(test)]
mod tests;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Doorward: an OAuth 2.1 and OpenID Connect authorization server in one file.
#[derive(Debug, Parser)]
#[command(name = "doorward", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  doorward dev                              a complete server on this machine, with a link to try it
  doorward serve --config doorward.toml     the same for real
  doorward client add --help                how to add an application";

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a complete server on this machine, for trying and developing.
    Dev(dev::Dev),
    /// Run the server.
    Serve(serve::Serve),
    /// Build the server for another host, out of the same components.
    Compose(compose::Compose),
    /// Applications that may ask for tokens.
    #[command(subcommand)]
    Client(client::Client),
    /// People.
    #[command(subcommand)]
    User(user::User),
    /// What people gave to applications.
    #[command(subcommand)]
    Grant(grant::Grant),
    /// Login plugins: ways to sign in that others wrote.
    #[command(subcommand)]
    Provider(provider::Provider),
    /// Signing keys, and the key that seals them.
    #[command(subcommand)]
    Keys(keys::Keys),
    /// The configuration file.
    #[command(subcommand)]
    Config(config::Config),
}

/// Runs the command that was typed.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return failed(&anyhow::anyhow!("cannot start: {error}")),
    };
    match runtime.block_on(run(cli.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Dev(dev) => dev.run().await,
        Command::Serve(serve) => serve.run().await,
        Command::Compose(compose) => compose.run().await,
        Command::Client(client) => client.run().await,
        Command::User(user) => user.run().await,
        Command::Grant(grant) => grant.run().await,
        Command::Provider(provider) => provider.run().await,
        Command::Keys(keys) => keys.run(),
        Command::Config(config) => config.run().await,
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}
