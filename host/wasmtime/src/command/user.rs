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
