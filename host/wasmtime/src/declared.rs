//! What the configuration declares, checked by the core and put into the sections that it reads.
//!
//! The host repeats no rule of the protocol: it asks `administration.run`, by the rules that hold for everyone else, and
//! keeps the answers. Clients come last, so that their check can read the server and the resources.

use crate::config::{Config, ConfigError};
use crate::engine::core::{AdministrationFailure, Core};
use crate::engine::core_ports::CorePorts;
use crate::sections::Sections;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Fills the sections of `ports`.
///
/// # Errors
/// The first entry that the core refuses, in its words.
pub(crate) async fn check(
    core: &Core,
    ports: CorePorts,
    config: &Config,
) -> anyhow::Result<CorePorts> {
    let document = &config.document;
    let mut sections = ports.sections.clone();
    let ports = Arc::new(ports);
    let theme = document
        .theme
        .document(&config.base)
        .map_err(|problem| ConfigError::entry("[theme]", problem))?;
    sections.put(
        "server",
        ask(
            core,
            &ports,
            "server",
            "server",
            server(config)?,
            "the configuration",
        )
        .await?,
    );
    sections.put(
        "theme",
        ask(core, &ports, "theme", "theme", theme, "[theme]").await?,
    );
    // Resources and clients are checked by what the server is.
    let ports = Arc::new(CorePorts {
        sections: sections.clone(),
        ..copy(&ports)
    });
    put_resources(core, &ports, config, &mut sections).await?;
    let uris: Vec<&str> = document
        .resource
        .iter()
        .map(|resource| resource.uri.as_str())
        .collect();
    let client_ids: Vec<&str> = document
        .client
        .iter()
        .map(|client| client.client_id.as_str())
        .collect();
    sections.put(
        "index",
        json!({ "clients": client_ids, "resources": uris }).to_string(),
    );
    let ports = Arc::new(CorePorts {
        sections: sections.clone(),
        ..copy(&ports)
    });
    put_clients(core, &ports, config, &mut sections).await?;
    Ok(CorePorts {
        sections,
        ..copy(&ports)
    })
}

/// The declared resources, each in a section of its own.
async fn put_resources(
    core: &Core,
    ports: &Arc<CorePorts>,
    config: &Config,
    sections: &mut Sections,
) -> anyhow::Result<()> {
    for resource in &config.document.resource {
        let place = format!("[[resource]] {:?}", resource.uri);
        let checked = ask(core, ports, "resource", "resource", json!(resource), &place).await?;
        put_once(
            sections,
            format!("resource/{}", resource.uri),
            checked,
            &place,
        )?;
    }
    Ok(())
}

/// The declared clients, each in a section of its own.
async fn put_clients(
    core: &Core,
    ports: &Arc<CorePorts>,
    config: &Config,
    sections: &mut Sections,
) -> anyhow::Result<()> {
    for client in &config.document.client {
        let place = format!("[[client]] {:?}", client.client_id);
        let metadata = client
            .metadata(&config.base)
            .map_err(|problem| ConfigError::entry(&place, problem))?;
        let checked = ask(core, ports, "client", "metadata", metadata, &place).await?;
        put_once(
            sections,
            format!("client/{}", client.client_id),
            checked,
            &place,
        )?;
    }
    Ok(())
}

/// The same ports once more.
pub(crate) fn copy(ports: &CorePorts) -> CorePorts {
    CorePorts {
        records: Arc::clone(&ports.records),
        keys: ports.keys.clone(),
        sections: ports.sections.clone(),
        plugins: Arc::clone(&ports.plugins),
        policy: Arc::clone(&ports.policy),
        outbound: Arc::clone(&ports.outbound),
    }
}

fn put_once(
    sections: &mut Sections,
    name: String,
    document: String,
    place: &str,
) -> Result<(), ConfigError> {
    if sections.section(&name).is_some() {
        return Err(ConfigError::entry(
            place,
            "there are two of this name: remove one",
        ));
    }
    sections.put(name, document);
    Ok(())
}

/// Asks for `<kind>.check` and returns the member `kind` of the answer as JSON.
async fn ask(
    core: &Core,
    ports: &Arc<CorePorts>,
    kind: &str,
    member: &str,
    value: Value,
    place: &str,
) -> anyhow::Result<String> {
    let mut command = json!({ "command": format!("{kind}.check"), member: value });
    if kind == "client" && ports.keys.is_none() {
        // A check alone: there is nothing to seal by.
        if let Some(members) = command.as_object_mut() {
            members.insert(String::from("without_keys"), json!(true));
        }
    }
    let refused = |problem: String| anyhow::Error::from(ConfigError::entry(place, problem));
    let answered = core.administer(ports, &command.to_string()).await;
    let answered =
        answered.map_err(|fault| anyhow::anyhow!("the core did not check {place}: {fault}"))?;
    let answer = answered.map_err(|failure| {
        refused(match failure {
            AdministrationFailure::Refused(reason) | AdministrationFailure::Unavailable(reason) => {
                reason
            }
            AdministrationFailure::Absent => String::from("is unknown to the core"),
        })
    })?;
    let mut answer: Map<String, Value> = serde_json::from_str(&answer)?;
    match answer.remove(kind) {
        Some(document @ Value::Object(_)) => Ok(document.to_string()),
        _ => Err(refused(format!("the core's answer has no {kind}"))),
    }
}

/// Section `server` as the configuration has it; what it leaves out the core knows.
///
/// # Errors
/// A secret in it cannot be read.
fn server(config: &Config) -> Result<Value, ConfigError> {
    let document = &config.document;
    let mut server = Map::new();
    server.insert(
        String::from("issuer"),
        json!(document.issuer.clone().unwrap_or_default()),
    );
    server.insert(String::from("lifetimes"), json!(document.lifetimes));
    server.insert(String::from("scopes"), json!(document.scopes));
    if let Some(name) = &document.service_name {
        server.insert(String::from("service_name"), json!(name));
    }
    if let Some(rule) = document.resources {
        server.insert(String::from("resources"), json!(rule));
    }
    if let Some(seconds) = document.refresh_reuse_window_s {
        server.insert(String::from("refresh_reuse_window_s"), json!(seconds));
    }
    if !document.outbound.allow.is_empty() {
        let allow = &document.outbound.allow;
        server.insert(String::from("outbound"), json!({ "allow": allow }));
    }
    let resolve = config.resolve();
    if !resolve.is_empty() {
        server.insert(String::from("resolve"), json!(resolve));
    }
    if let Some(algorithms) = &document.keys.algorithms {
        server.insert(String::from("signing_algs"), json!(algorithms));
    }
    for (name, part) in document.protocol() {
        server.insert(name.to_owned(), crate::config::client::json(part));
    }
    let registration = document
        .registration
        .document(&config.base)
        .map_err(|problem| ConfigError::entry("[registration]", problem))?;
    server.insert(String::from("registration"), registration);
    Ok(Value::Object(server))
}
