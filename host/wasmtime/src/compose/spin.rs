//! `spin.toml`, out of the template in `host/spin`.

use super::template::blocks;
use super::{Options, SettingsSource, Store};
use crate::config::Config;
use anyhow::Context as _;

const TEMPLATE: &str = include_str!("../../../spin/spin.toml");

/// The manifest. `reads_variables`: the store does.
///
/// # Errors
/// The address of the mail service is no URL.
pub(super) fn manifest(
    config: &Config,
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
