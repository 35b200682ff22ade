//! `spin.toml`, out of the template in `host/spin`.

use super::template::blocks;
use super::{Options, SettingsSource, Store};
use crate::config::Config;
use anyhow::Context as _;
use serde_json::Value;
use std::collections::BTreeSet;

const TEMPLATE: &str = include_str!("../../../spin/spin.toml");

/// The manifest. `settings`: the document that the core reads. `reads_variables`: the store does.
///
/// # Errors
/// The address of the mail service is no URL.
pub(super) fn manifest(
    config: &Config,
    settings: &str,
    options: Options,
    store: Option<Store>,
    reads_variables: bool,
) -> anyhow::Result<String> {
    let document = &config.document;
    let redis = store == Some(Store::Redis);
    let mail = document.mail.as_ref();
    let mail = mail.and_then(|mail| mail.api.map(|api| (mail, api)));
    let mut outbound = Vec::new();
    if let Some((mail, api)) = mail {
        outbound.push(origin(
            mail.api_url.as_deref().unwrap_or_else(|| api.url()),
        )?);
    }
    if redis {
        outbound.push(String::from("{{ redis_address }}"));
    }
    outbound.extend(other_servers(config, settings)?);
    let mut inherited = vec![if redis {
        "allowed_outbound_hosts"
    } else {
        "sqlite_databases"
    }];
    if reads_variables {
        inherited.push("variables");
    }
    let included = |block: &str| match block {
        "mail" => mail.is_some(),
        "redis" => redis,
        "sqlite" => !redis,
        "settings" => options.settings == SettingsSource::Variable,
        "outbound" => !outbound.is_empty(),
        _ => false,
    };
    let issuer = document.issuer.clone().unwrap_or_default();
    Ok(blocks(TEMPLATE, included)
        .replace("@VERSION@", env!("CARGO_PKG_VERSION"))
        .replace("@ISSUER@", &quoted(&issuer))
        .replace("@OUTBOUND@", &list(&outbound))
        .replace("@RECORDS@", &list(&inherited)))
}

/// Members of clients and issuers whose URL the core itself requests.
const REQUESTED: [&str; 4] = [
    "backchannel_logout_uri",
    "jwks_uri",
    "metadata_uri",
    "sector_identifier_uri",
];

/// Where the core and the providers send requests: to the hosts that the configuration names, or to anyone where it lets clients
/// name hosts themselves. What those may be the core decides by name; Spin's operator can block private networks below.
fn other_servers(config: &Config, settings: &str) -> anyhow::Result<BTreeSet<String>> {
    let document: Value = serde_json::from_str(settings)?;
    let sections = document.get("sections").unwrap_or(&Value::Null);
    let server = sections.get("server").unwrap_or(&Value::Null);
    let mut hosts = BTreeSet::new();
    let documents = server.pointer("/client_id_metadata/enabled") == Some(&Value::Bool(true));
    let registration = server.pointer("/registration/mode").and_then(Value::as_str);
    if documents || registration.is_some_and(|mode| mode != "off") {
        hosts.insert(String::from("https://*:443"));
    } else {
        let mut urls = Vec::new();
        requested(sections, &mut urls);
        for url in urls {
            hosts.insert(origin(url)?);
        }
    }
    let allowed = &config.document.outbound.allow;
    hosts.extend(allowed.iter().map(|host| format!("https://{host}")));
    hosts.extend(config.resolve().into_values());
    let providers = &config.document.provider;
    let granted = providers
        .iter()
        .flat_map(|provider| &provider.outbound_hosts);
    hosts.extend(granted.map(|host| format!("https://{host}")));
    Ok(hosts)
}

fn requested<'a>(value: &'a Value, urls: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(url) if REQUESTED.contains(&name.as_str()) => urls.push(url),
                    member => requested(member, urls),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| requested(item, urls)),
        _ => {}
    }
}

/// Scheme, host and port of a URL, as `allowed_outbound_hosts` wants them.
fn origin(url: &str) -> anyhow::Result<String> {
    let uri: hyper::Uri = url.parse().with_context(|| format!("{url:?} is no URL"))?;
    let scheme = uri.scheme_str().context("it has no scheme")?;
    let authority = uri.authority().context("it has no host")?;
    Ok(format!("{scheme}://{authority}"))
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list<T: AsRef<str>>(items: &[T]) -> String {
    let items: Vec<String> = items.iter().map(|item| quoted(item.as_ref())).collect();
    items.join(", ")
}
