//! `doorward user`: people.

use super::output::{members, print, table};
use super::store::StoreArguments;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

/// `doorward user`
#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a person by an address that they are known to control.
    #[command(after_help = "Examples:\n  doorward user add ada@example.com --name 'Ada Lovelace'")]
    Add(Add),
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
            Self::List(store) => {
                let answer = store.list("user.list", "users").await?;
                print(store.json(), &answer, list);
                Ok(())
            }
            Self::Disable(one) => one.run("user.disable").await,
            Self::Enable(one) => one.run("user.enable").await,
            Self::Remove(one) => one.run("user.remove").await,
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
