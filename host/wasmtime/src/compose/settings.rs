//! The settings document: what the core and the providers read, as the doc comment of the world `services` describes it.

use super::Target;
use crate::application;
use crate::config::{Config, ConfigError};
use crate::sections::Sections;
use crate::server::client_address::ForwardedHeader;
use serde_json::{Map, Value, json};

/// The document of a configuration whose sections the core has checked. `baked`: it will lie in a component.
///
/// # Errors
/// A section is no JSON, a secret of a provider is not there, or would be baked.
pub(crate) fn document(
    config: &Config,
    checked: &Sections,
    target: Target,
    baked: bool,
) -> anyhow::Result<String> {
    let mut sections = Map::new();
    for (name, document) in checked.documents() {
        let mut section: Value = serde_json::from_str(document)?;
        if let Some(issued_at) = section.get_mut("client_id_issued_at") {
            // When a declared client was first composed is no fact about it, and would make every artefact another one.
            *issued_at = json!(0);
        }
        sections.insert(name.to_owned(), section);
    }
    for provider in &config.document.provider {
        let place = format!("[[provider]] {:?}", provider.id);
        let settings = provider.settings(&config.base);
        let settings = settings.map_err(|problem| ConfigError::entry(&place, problem))?;
        if let (true, Some(secret)) = (baked, settings.referred.first()) {
            let cure = format!(
                "{secret} is a secret, and no component holds any: compose with `--settings variable`, which leaves the settings \
                 to a variable of the deployment"
            );
            return Err(ConfigError::entry(&place, cure).into());
        }
        sections.insert(format!("provider/{}", provider.id), settings.document);
    }
    let mut host = Map::new();
    if let Some(header) = client_address_header(config, target) {
        host.insert(String::from("client_address_header"), json!(header));
    }
    let server = &config.document.server;
    if let Some(header) = &server.client_certificate_header {
        let header = header.to_ascii_lowercase();
        host.insert(String::from("client_certificate_header"), json!(header));
        let vouched = server.proxy_verifies_client_certificates;
        host.insert(String::from("client_certificate_vouched"), json!(vouched));
    }
    if !host.is_empty() {
        sections.insert(String::from("host"), Value::Object(host));
    }
    let keys = application::key_options(config);
    let mail = config.document.mail.as_ref();
    let mail = mail.and_then(|mail| mail.api.map(|api| (mail, api)));
    let mail = mail.map_or(Value::Null, |(mail, api)| {
        let url = mail.api_url.as_deref().unwrap_or_else(|| api.url());
        json!({ "service": api, "url": url, "from": mail.from })
    });
    let document = json!({
        "sections": sections,
        "mail": mail,
        "keys": { "rotation_days": keys.rotation_days, "publish_lead_s": keys.publish_lead_s, "algorithms": keys.algorithms },
    });
    Ok(document.to_string())
}

/// The header whose last value tells the client's address: that of a proxy in front, if the operator states that there is
/// one; otherwise Spin's own, which it appends to every request, and none for `wasmtime serve`, which has none. On Workers the
/// host passes the address by the narrow way in.
fn client_address_header(config: &Config, target: Target) -> Option<&'static str> {
    let server = &config.document.server;
    match target {
        Target::Spin | Target::Wasmtime if server.behind_proxy => {
            Some(match server.forwarded_header {
                ForwardedHeader::XForwardedFor => "x-forwarded-for",
                ForwardedHeader::Forwarded => "forwarded",
            })
        }
        Target::Spin => Some("spin-client-addr"),
        Target::Wasmtime | Target::Workers => None,
    }
}
