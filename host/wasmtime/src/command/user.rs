//! `doorward user`: people.

use super::import::{self, Source};
use super::output::{members, print, table};
use super::store::StoreArguments;
use anyhow::{Context as _, ensure};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

/// `doorward user`
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a person by an address that they are known to control.
    #[command(after_help = "Examples:\n  doorward user add ada@example.com --name 'Ada Lovelace'")]
    Add(Add),
    /// Add people who come from another system, with the `sub` that they had there.
    #[command(after_help = IMPORT)]
    Import(Import),
    /// List all people.
    #[command(after_help = "Examples:\n  doorward user list --json")]
    List(StoreArguments),
    /// Stop a person from signing in, and end their sessions and grants.
    #[command(after_help = "Examples:\n  doorward user disable ada@example.com")]
    Disable(One),
    /// Let a person sign in again.
    #[command(after_help = "Examples:\n  doorward user enable ada@example.com")]
    Enable(One),
    /// Remove a person for good.
    #[command(after_help = "Examples:\n  doorward user remove ada@example.com")]
    Remove(One),
    /// List where a person is signed in.
    #[command(after_help = "Examples:\n  doorward user sessions ada@example.com")]
    Sessions(One),
    /// List what a person gave to applications.
    #[command(after_help = "Examples:\n  doorward user grants ada@example.com --json")]
    Grants(One),
    /// Sign a person out everywhere. What they gave applications for while they are away stays, unless --apps is given.
    #[command(
        after_help = "Examples:\n  doorward user sign-out ada@example.com\n  doorward user sign-out ada@example.com --apps"
    )]
    SignOut(SignOut),
}

/// `doorward user sign-out`
#[derive(Debug, Args)]
pub(super) struct SignOut {
    /// Their `sub` or e-mail address.
    user: String,
    /// Also end everything that they gave to applications.
    #[arg(long)]
    apps: bool,
    #[command(flatten)]
    store: StoreArguments,
}

/// `doorward user add`
#[derive(Debug, Args)]
pub(super) struct Add {
    /// E-mail address.
    email: String,
    /// Full name.
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    store: StoreArguments,
}

const IMPORT: &str = "\
Examples:
  doorward user import people.jsonl                        lines such as {\"email\":\"ada@example.com\",\"sub\":\"42\",\"name\":\"Ada\"}
  doorward user import --from openauth persist.json        storage of OpenAuth: its MemoryStorage file, or lines [key, value]

Passwords are not taken over: people set one with a code that is mailed to them, or sign in by such a code.";

/// `doorward user import`
#[derive(Debug, Args)]
pub(super) struct Import {
    /// The file.
    file: PathBuf,
    /// What it is: `lines` of JSON, or the storage of `openauth`.
    #[arg(long, value_enum, default_value_t = Source::Lines)]
    from: Source,
    /// Take addresses that only stand in properties of subjects as verified: the application put no others there.
    #[arg(long)]
    properties_are_verified: bool,
    #[command(flatten)]
    store: StoreArguments,
}

impl Import {
    async fn run(&self) -> anyhow::Result<()> {
        let text = std::fs::read_to_string(&self.file)
            .with_context(|| format!("cannot read {}", self.file.display()))?;
        let people = import::read(&text, self.from, self.properties_are_verified)
            .with_context(|| self.file.display().to_string())?;
        let commands: Vec<Value> = people.iter().map(import::Person::command).collect();
        let mut failed = Vec::new();
        for (person, answer) in people
            .iter()
            .zip(self.store.administer_all(&commands).await?)
        {
            if let Err(error) = answer {
                failed.push(json!({ "email": person.email, "reason": error.to_string() }));
            }
        }
        let answer = json!({ "imported": people.len() - failed.len(), "failed": failed });
        print(self.store.json(), &answer, |answer| {
            let refused = answer
                .get("failed")
                .and_then(Value::as_array)
                .map(Vec::as_slice);
            let refused = table(refused.unwrap_or_default(), &["email", "reason"]);
            format!("imported  {}\n{refused}", people.len() - failed.len())
        });
        ensure!(
            failed.is_empty(),
            "{} of {} were not imported",
            failed.len(),
            people.len()
        );
        Ok(())
    }
}

/// A command on one person.
#[derive(Debug, Args)]
pub(super) struct One {
    /// Their `sub` or e-mail address.
    user: String,
    #[command(flatten)]
    store: StoreArguments,
}

impl User {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => {
                let command =
                    json!({ "command": "user.add", "email": add.email, "name": add.name });
                let answer = add.store.administer(&command).await?;
                print(add.store.json(), &answer, shown);
                Ok(())
            }
            Self::Import(import) => import.run().await,
            Self::List(store) => {
                let answer = store.list("user.list", "users").await?;
                print(store.json(), &answer, list);
                Ok(())
            }
            Self::Disable(one) => one.run("user.disable").await,
            Self::Enable(one) => one.run("user.enable").await,
            Self::Remove(one) => one.run("user.remove").await,
            Self::Sessions(one) => one.list("user.sessions", "sessions", sessions).await,
            Self::Grants(one) => one.list("user.grants", "grants", grants).await,
            Self::SignOut(sign_out) => {
                let command = json!({
                    "command": "user.sign_out",
                    "user": sign_out.user,
                    "apps": sign_out.apps,
                });
                let answer = sign_out.store.administer(&command).await?;
                print(sign_out.store.json(), &answer, shown);
                Ok(())
            }
        }
    }
}

impl One {
    async fn run(&self, command: &str) -> anyhow::Result<()> {
        let answer = self
            .store
            .administer(&json!({ "command": command, "user": self.user }))
            .await?;
        print(self.store.json(), &answer, shown);
        Ok(())
    }

    async fn list(
        &self,
        command: &str,
        list: &str,
        for_people: fn(&Value) -> String,
    ) -> anyhow::Result<()> {
        let command = json!({ "command": command, "user": self.user });
        let answer = self.store.list_by(command, list).await?;
        print(self.store.json(), &answer, for_people);
        Ok(())
    }
}

fn sessions(answer: &Value) -> String {
    rows(
        answer,
        "sessions",
        &["sid", "device", "provider", "auth_time", "last_used"],
        "Signed in nowhere.",
    )
}

fn grants(answer: &Value) -> String {
    rows(
        answer,
        "grants",
        &[
            "grant",
            "client_id",
            "scope",
            "device",
            "created_at",
            "last_used",
        ],
        "Nothing given to any application.",
    )
}

fn rows(answer: &Value, list: &str, columns: &[&str], none: &str) -> String {
    match answer.get(list).and_then(Value::as_array) {
        Some(rows) if !rows.is_empty() => table(rows, columns),
        _ => none.to_owned(),
    }
}

fn shown(answer: &Value) -> String {
    let user = answer
        .get("user")
        .and_then(Value::as_object)
        .or_else(|| answer.as_object());
    user.map(members).unwrap_or_default()
}

fn list(answer: &Value) -> String {
    let users = answer
        .get("users")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if users.is_empty() {
        return String::from(
            "Nobody yet. People appear here when they first sign in, or by `doorward user add`.",
        );
    }
    table(
        users,
        &[
            "sub",
            "email",
            "email_verified",
            "name",
            "disabled",
            "created_at",
        ],
    )
}
