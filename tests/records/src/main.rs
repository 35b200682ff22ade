//! The checks for a component, from the command line.

use anyhow::{Context as _, bail};
use clap::{Parser, Subcommand};
use doorward_records_conformance::backend::ComponentSubject;
use doorward_records_conformance::process::{Order, ProcessSubject, work};
use doorward_records_conformance::redis::Server;
use doorward_records_conformance::{Check, Subject, Verdict, run};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// Checks that a store of records keeps what `doorward:host/records` promises.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs every check on a component that exports `doorward:host/records@0.1.0`, and those about processes in processes.
    Check {
        /// The component. It gets an empty directory as /data, `SQLite` under the label `default`, and the variables below.
        component: PathBuf,
        /// Starts a `redis-server` and sets the variable `redis_address` to an empty database of it.
        #[arg(long)]
        redis: bool,
        /// A variable, NAME=VALUE; may be repeated.
        #[arg(long = "variable", value_parser = variable)]
        variables: Vec<(String, String)>,
    },
    /// Is a process that holds a store, for the checks.
    #[command(hide = true)]
    Worker {
        /// What to run, JSON.
        order: String,
    },
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Arguments::parse().command {
        Command::Worker { order } => {
            work(serde_json::from_str::<Order>(&order).context("the order")?).await?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Check {
            component,
            redis,
            variables,
        } => {
            let variables: BTreeMap<_, _> = variables.into_iter().collect();
            let server = if redis { Some(Server::start()?) } else { None };
            let new = || ComponentSubject::new(&component, variables.clone(), server.clone());
            let program = std::env::current_exe()?;
            let kept = checked("one process", Arc::new(new()?), |_| true).await
                & checked(
                    "two processes",
                    Arc::new(ProcessSubject::new(&program, new()?)),
                    |check| check.concurrent,
                )
                .await;
            if !kept {
                bail!("promises were broken");
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs the wanted checks and prints what came of each.
async fn checked(place: &str, subject: Arc<dyn Subject>, wanted: fn(&Check) -> bool) -> bool {
    let report = run(subject, wanted, |check, verdict| match verdict {
        Verdict::Kept => println!("ok      {} ({place})", check.name),
        Verdict::Broken(how) => println!("BROKEN  {} ({place}): {how}", check.name),
        Verdict::NotRun(why) => println!("not run {} ({place}): {why}", check.name),
    });
    report.await.broken().is_empty()
}
