//! `doorward client`: applications that may ask for tokens. The core checks what is asked, by the rules of RFC 7591.

use super::output::{members, print, table};
use super::store::StoreArguments;
use anyhow::Context as _;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// `doorward client`
#[derive(Debug, Subcommand)]
pub(super) enum Client {
    /// Add an application. Its secret, if it has one, is printed once.
    #[command(after_help = ADD)]
    Add(Box<Add>),
    /// List all applications.
    #[command(
        after_help = "Examples:\n  doorward client list\n  doorward client list --json --config doorward.toml"
    )]
    List(StoreArguments),
    /// Show one application.
    #[command(after_help = "Examples:\n  doorward client show shop")]
    Show(One),
    /// Give an application a new secret.
    #[command(after_help = ROTATE)]
    RotateSecret(Rotate),
    /// Remove an application. Its tokens stop working as they are used.
    #[command(after_help = "Examples:\n  doorward client remove shop")]
    Remove(One),
    /// Initial access tokens: who may register applications where not everyone may.
    #[command(subcommand)]
    Token(Token),
}

/// `doorward client token`
#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Make a token. It is printed once.
    #[command(after_help = TOKEN)]
    Add(AddToken),
    /// List all tokens.
    #[command(after_help = "Examples:\n  doorward client token list")]
    List(StoreArguments),
    /// Remove a token. Applications that were registered with it stay.
    #[command(after_help = "Examples:\n  doorward client token remove rq1oD0sXJ6nB2uYc9eWk3A")]
    Remove(OneToken),
}

const TOKEN: &str = "\
Examples:
  For one application, within a day:
    doorward client token add --name 'Build server' --uses 1 --lifetime-s 86400
  It registers itself with it:
    curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\
      -d '{\"redirect_uris\":[\"https://app.example/callback\"]}' https://id.example/register";

/// `doorward client token add`
#[derive(Debug, Args)]
pub(super) struct AddToken {
    /// Whom it is for; for your own list.
    #[arg(long)]
    name: Option<String>,
    /// How many applications may be registered with it. Default: any number.
    #[arg(long, value_name = "NUMBER")]
    uses: Option<u32>,
    /// Seconds until it ends. Default: never.
    #[arg(long, value_name = "SECONDS")]
    lifetime_s: Option<u64>,
    #[command(flatten)]
    store: StoreArguments,
}

/// A command on one token.
#[derive(Debug, Args)]
pub(super) struct OneToken {
    /// Its id, as `list` shows it.
    id: String,
    #[command(flatten)]
    store: StoreArguments,
}

const ADD: &str = "\
Examples:
  An app on a phone, a desktop or in a browser, which can keep no secret:
    doorward client add --name Shop --public --redirect-uri https://shop.example/callback
  A server that signs people in:
    doorward client add --name Shop --redirect-uri https://shop.example/callback --scope 'openid email'
  A service without people:
    doorward client add --name Reports --grant-type client_credentials --scope reports.read
  An app that uses the client library of OpenAuth:
    doorward client add --name Shop --profile openauth --redirect-uri https://shop.example/callback
  Everything else that RFC 7591 names:
    doorward client add --metadata shop.json";

const ROTATE: &str = "\
Examples:
  doorward client rotate-secret shop                     the old secret ends at once
  doorward client rotate-secret shop --overlap-s 86400   both work for a day";

/// `doorward client add`
#[derive(Debug, Args)]
pub(super) struct Add {
    /// What people see.
    #[arg(long)]
    name: Option<String>,
    /// Its `client_id`. Default: one is made up.
    #[arg(long, value_name = "CLIENT_ID")]
    id: Option<String>,
    /// Where answers may go; may be given several times.
    #[arg(long, value_name = "URI")]
    redirect_uri: Vec<String>,
    /// `strict` (default), `mcp` or `openauth`: what such clients need, where the options below say nothing else.
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
    /// It can keep no secret.
    #[arg(long, conflicts_with = "auth_method")]
    public: bool,
    /// `client_secret_basic` (default) or `client_secret_post`.
    #[arg(long, value_name = "METHOD")]
    auth_method: Option<String>,
    /// May be given several times. Default: `authorization_code`.
    #[arg(long, value_name = "GRANT_TYPE")]
    grant_type: Vec<String>,
    /// Scopes it may have, separated by spaces.
    #[arg(long)]
    scope: Option<String>,
    /// A JSON file with metadata by RFC 7591; the options above go before it.
    #[arg(long, value_name = "FILE")]
    metadata: Option<PathBuf>,
    #[command(flatten)]
    store: StoreArguments,
}

/// A command on one client.
#[derive(Debug, Args)]
pub(super) struct One {
    /// Its `client_id`.
    client_id: String,
    #[command(flatten)]
    store: StoreArguments,
}

/// `doorward client rotate-secret`
#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// Its `client_id`.
    client_id: String,
    /// Seconds for which the old secret still works.
    #[arg(long, default_value_t = 0)]
    overlap_s: u32,
    #[command(flatten)]
    store: StoreArguments,
}

impl Client {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => add.run().await,
            Self::List(store) => {
                let answer = store.list("client.list", "clients").await?;
                print(store.json(), &answer, list);
                Ok(())
            }
            Self::Show(one) => one.run("client.show").await,
            Self::Remove(one) => one.run("client.remove").await,
            Self::Token(token) => token.run().await,
            Self::RotateSecret(rotate) => {
                let command = json!({
                    "command": "client.rotate_secret",
                    "client_id": rotate.client_id,
                    "overlap_s": rotate.overlap_s,
                });
                let answer = rotate.store.administer(&command).await?;
                print(rotate.store.json(), &answer, shown);
                Ok(())
            }
        }
    }
}

impl Token {
    async fn run(&self) -> anyhow::Result<()> {
        match self {
            Self::Add(add) => {
                let command = json!({
                    "command": "client.token_add",
                    "name": add.name,
                    "uses": add.uses,
                    "lifetime_s": add.lifetime_s,
                });
                let answer = add.store.administer(&command).await?;
                print(add.store.json(), &answer, |answer| {
                    let shown = flat(answer, "token");
                    format!("{shown}\n\nThe token is shown this once: keep it now.")
                });
            }
            Self::List(store) => {
                let answer = store.list("client.token_list", "tokens").await?;
                print(store.json(), &answer, list_tokens);
            }
            Self::Remove(one) => {
                let command = json!({ "command": "client.token_remove", "id": one.id });
                let answer = one.store.administer(&command).await?;
                print(one.store.json(), &answer, shown);
            }
        }
        Ok(())
    }
}

impl Add {
    async fn run(&self) -> anyhow::Result<()> {
        let command = json!({ "command": "client.add", "metadata": self.metadata()? });
        let answer = self.store.administer(&command).await?;
        print(self.store.json(), &answer, |answer| {
            let once = answer
                .get("client_secret")
                .is_some_and(|secret| !secret.is_null());
            let note = if once {
                "\n\nThe secret is shown this once: keep it now."
            } else {
                ""
            };
            format!("{}{note}", shown(answer))
        });
        Ok(())
    }

    fn metadata(&self) -> anyhow::Result<Value> {
        let mut metadata = match &self.metadata {
            Some(file) => read_metadata(file)?,
            None => Map::new(),
        };
        let mut set = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                metadata.insert(name.to_owned(), value);
            }
        };
        set("client_id", self.id.clone().map(Value::from));
        set("profile", self.profile.clone().map(Value::from));
        set("client_name", self.name.clone().map(Value::from));
        set(
            "redirect_uris",
            (!self.redirect_uri.is_empty()).then(|| json!(self.redirect_uri)),
        );
        set(
            "grant_types",
            (!self.grant_type.is_empty()).then(|| json!(self.grant_type)),
        );
        set("scope", self.scope.clone().map(Value::from));
        let method = if self.public {
            Some("none")
        } else {
            self.auth_method.as_deref()
        };
        set("token_endpoint_auth_method", method.map(Value::from));
        Ok(Value::Object(metadata))
    }
}

fn read_metadata(file: &PathBuf) -> anyhow::Result<Map<String, Value>> {
    let text =
        std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is no JSON object", file.display()))
}

impl One {
    async fn run(&self, command: &str) -> anyhow::Result<()> {
        let command = json!({ "command": command, "client_id": self.client_id });
        let answer = self.store.administer(&command).await?;
        print(self.store.json(), &answer, shown);
        Ok(())
    }
}

/// Members of the client, with those beside it.
fn shown(answer: &Value) -> String {
    flat(answer, "client")
}

/// Members of the object `name`, with those beside it.
fn flat(answer: &Value, name: &str) -> String {
    let mut object = answer.as_object().cloned().unwrap_or_default();
    if let Some(Value::Object(inner)) = object.remove(name) {
        object.extend(inner);
    }
    members(&object)
}

fn list_tokens(answer: &Value) -> String {
    let tokens = answer
        .get("tokens")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if tokens.is_empty() {
        return String::from(
            "No tokens yet. `doorward client token add --help` shows how to make one.",
        );
    }
    table(
        tokens,
        &["id", "name", "uses_left", "expires_at", "created_at"],
    )
}

fn list(answer: &Value) -> String {
    let clients = answer
        .get("clients")
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .unwrap_or_default();
    if clients.is_empty() {
        return String::from("No clients yet. `doorward client add --help` shows how to add one.");
    }
    table(
        clients,
        &[
            "client_id",
            "client_name",
            "trust",
            "token_endpoint_auth_method",
            "grant_types",
            "scope",
        ],
    )
}
