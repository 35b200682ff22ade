//! What operators do from the command line: the JSON of `doorward:host/administration`. Never reachable over HTTP.
//!
//! One object in, one out. The member `command` says which:
//!
//! | command | further members | answer |
//! |---|---|---|
//! | `client.add` | `metadata` ([`crate::client::metadata::ClientMetadata`]) | `client`, `client_secret` if there is one: shown this once |
//! | `client.check` | `metadata`; `without_keys`: nothing is sealed, the answer is no section (default false) | `client`: the section `client/<client_id>` for a declared client |
//! | `client.list` | `after` | `clients`, `next` |
//! | `client.show` | `client_id` | `client` |
//! | `client.rotate_secret` | `client_id`, `overlap_s` (default 0) | `client_secret` |
//! | `client.remove` | `client_id` | |
//! | `client.token_add` | `name`, `uses`, `lifetime_s` | `token`, `initial_access_token` (RFC 7591 §3): shown this once |
//! | `client.token_list` | `after` | `tokens`, `next` |
//! | `client.token_remove` | `id` | |
//! | `user.add` | `email`, `name`, `sub` (of another system; default: made up) | `user` |
//! | `user.list` | `after` | `users`, `next` |
//! | `user.disable`, `user.enable`, `user.remove` | `user`: `sub` or verified address | `user` |
//! | `server.check` | `server` ([`crate::settings::Server`]; of initial access tokens `token` instead of `sha256`) | `server` |
//! | `resource.check` | `resource` ([`crate::settings::Resource`]) | `resource` |
//! | `theme.check` | `theme` ([`crate::settings::Theme`]) | `theme` |

mod clients;
mod configuration;
mod leaving;
mod users;

use crate::ports::Host;
use crate::refusal::Refusal;
use serde::Deserialize;
use serde_json::{Value, json};

/// Most entries in one listing.
const PAGE: u32 = 200;

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It breaks a rule: which member, why, how to cure it.
    Refused(String),
    /// There is no such thing.
    Absent,
    /// The store or the keys are out of order.
    Unavailable(String),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::UnknownClient | Refusal::GrantEnded => Self::Absent,
            other => Self::Unavailable(format!("{other:?}")),
        }
    }
}

impl From<crate::ports::StoreFailure> for Failure {
    fn from(failure: crate::ports::StoreFailure) -> Self {
        Self::from(Refusal::from(failure))
    }
}

#[derive(Deserialize)]
#[serde(tag = "command", deny_unknown_fields)]
enum Command {
    #[serde(rename = "client.add")]
    ClientAdd { metadata: Value },
    #[serde(rename = "client.check")]
    ClientCheck {
        metadata: Value,
        #[serde(default)]
        without_keys: bool,
    },
    #[serde(rename = "client.list")]
    ClientList { after: Option<String> },
    #[serde(rename = "client.show")]
    ClientShow { client_id: String },
    #[serde(rename = "client.rotate_secret")]
    ClientRotateSecret {
        client_id: String,
        overlap_s: Option<u32>,
    },
    #[serde(rename = "client.remove")]
    ClientRemove { client_id: String },
    #[serde(rename = "client.token_add")]
    ClientTokenAdd {
        name: Option<String>,
        uses: Option<u32>,
        lifetime_s: Option<u64>,
    },
    #[serde(rename = "client.token_list")]
    ClientTokenList { after: Option<String> },
    #[serde(rename = "client.token_remove")]
    ClientTokenRemove { id: String },
    #[serde(rename = "user.add")]
    UserAdd {
        email: String,
        name: Option<String>,
        sub: Option<String>,
    },
    #[serde(rename = "user.list")]
    UserList { after: Option<String> },
    #[serde(rename = "user.disable")]
    UserDisable { user: String },
    #[serde(rename = "user.enable")]
    UserEnable { user: String },
    #[serde(rename = "user.remove")]
    UserRemove { user: String },
    #[serde(rename = "user.sessions")]
    UserSessions { user: String, after: Option<String> },
    #[serde(rename = "user.grants")]
    UserGrants { user: String, after: Option<String> },
    #[serde(rename = "user.sign_out")]
    UserSignOut {
        user: String,
        #[serde(default)]
        apps: bool,
    },
    #[serde(rename = "grant.revoke")]
    GrantRevoke { grant: String },
    #[serde(rename = "logout.deliver")]
    LogoutDeliver,
    #[serde(rename = "server.check")]
    ServerCheck { server: Value },
    #[serde(rename = "resource.check")]
    ResourceCheck { resource: Value },
    #[serde(rename = "theme.check")]
    ThemeCheck { theme: Value },
}

/// Carries out one command.
///
/// # Errors
/// [`Failure`]
pub fn run(command: &str, host: &dyn Host) -> Result<String, Failure> {
    let command: Command = serde_json::from_str(command)
        .map_err(|error| Failure::Refused(format!("not a command: {error}")))?;
    let answer: Value = match command {
        Command::ClientAdd { metadata } => clients::add(metadata, host)?,
        Command::ClientCheck {
            metadata,
            without_keys,
        } => clients::check(metadata, without_keys, host)?,
        Command::ClientList { after } => clients::list(after.as_deref(), host)?,
        Command::ClientShow { client_id } => json!({ "client": clients::show(&client_id, host)? }),
        Command::ClientRotateSecret {
            client_id,
            overlap_s,
        } => clients::rotate_secret(&client_id, overlap_s.unwrap_or(0), host)?,
        Command::ClientRemove { client_id } => clients::remove(&client_id, host)?,
        Command::ClientTokenAdd {
            name,
            uses,
            lifetime_s,
        } => clients::token_add(name, uses, lifetime_s, host)?,
        Command::ClientTokenList { after } => clients::token_list(after.as_deref(), host)?,
        Command::ClientTokenRemove { id } => clients::token_remove(&id, host)?,
        Command::UserAdd { email, name, sub } => users::add(&email, name, sub, host)?,
        Command::UserList { after } => users::list(after.as_deref(), host)?,
        Command::UserDisable { user } => users::set_disabled(&user, true, host)?,
        Command::UserEnable { user } => users::set_disabled(&user, false, host)?,
        Command::UserRemove { user } => users::remove(&user, host)?,
        Command::UserSessions { user, after } => leaving::sessions(&user, after.as_deref(), host)?,
        Command::UserGrants { user, after } => leaving::grants(&user, after.as_deref(), host)?,
        Command::UserSignOut { user, apps } => leaving::sign_out(&user, apps, host)?,
        Command::GrantRevoke { grant } => leaving::revoke(&grant, host)?,
        Command::LogoutDeliver => leaving::deliver(host)?,
        Command::ServerCheck { server } => {
            json!({ "server": configuration::server(server, host)? })
        }
        Command::ResourceCheck { resource } => {
            json!({ "resource": configuration::resource(&resource, &clients::server(host)?)? })
        }
        Command::ThemeCheck { theme } => json!({ "theme": configuration::theme(&theme)? }),
    };
    Ok(answer.to_string())
}
