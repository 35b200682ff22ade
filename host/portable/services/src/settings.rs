//! The settings document: the variable `settings` if it is set, otherwise what `doorward compose` put into the artefact.
//!
//! It is indexed once per instance and its sections are handed out as they are written: a request reads a handful of them.

use crate::bindings::exports::doorward::host::events::{Event, Level};
use crate::host::{Host, how_to_set};
use crate::keys;
use crate::url;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// Variables that configure the host itself: secrets of theirs are none of the configuration's.
const OWN_VARIABLES: [&str; 5] = [
    "sealing_key",
    "settings",
    "issuer",
    "mail_token",
    "redis_address",
];

/// The settings of one instance, read when they are first asked for.
#[derive(Default)]
pub(crate) struct Settings {
    document: OnceCell<Option<Document<'static>>>,
    /// The section `server`, the issuer in it being that of the variable.
    server: OnceCell<Option<String>>,
    complained: Cell<bool>,
}

/// The document as it is written: see the world `services`.
#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    sections: Sections<'a>,
    mail: Option<Mail>,
    #[serde(default)]
    keys: KeySettings,
}

/// How mail is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mail {
    pub(crate) service: Service,
    /// Where messages are posted to.
    pub(crate) url: String,
    /// The sender, as the service wants it.
    pub(crate) from: String,
}

/// Whose HTTP API it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Service {
    Resend,
    Postmark,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeySettings {
    rotation_days: Option<u32>,
    publish_lead_s: Option<u32>,
    algorithms: Option<Vec<keys::Algorithm>>,
}

/// Names and the JSON of each section, not looked into.
struct Sections<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// A name, copied only if it is written with escapes.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Sections<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Sections<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("an object of sections")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut sections = Vec::new();
                while let Some((Name(name), section)) = map.next_entry()? {
                    sections.push((name, section));
                }
                Ok(Sections(sections))
            }
        }
        deserializer.deserialize_map(Members)
    }
}

impl Settings {
    /// The JSON of a section; `none` if there is no such section, or no document, which is an event for the operator.
    pub(crate) fn section(&self, name: &str, host: &impl Host) -> Option<String> {
        if name == "server" {
            return self.server(host);
        }
        self.document(host)?.section(name).map(str::to_owned)
    }

    /// How mail is sent; `none` if it is not.
    pub(crate) fn mail(&self, host: &impl Host) -> Option<&Mail> {
        self.document(host)?.mail.as_ref()
    }

    /// How keys are rotated: not at all, if the document that says it cannot be read now.
    pub(crate) fn keys(&self, host: &impl Host) -> keys::Options {
        let default = keys::Options::default();
        let Some(Document { keys, .. }) = self.document(host) else {
            return keys::Options {
                rotation_days: 0,
                ..default
            };
        };
        keys::Options {
            algorithms: keys.algorithms.clone().unwrap_or(default.algorithms),
            rotation_days: keys.rotation_days.unwrap_or(default.rotation_days),
            publish_lead_s: keys
                .publish_lead_s
                .map_or(default.publish_lead_s, u64::from),
        }
    }

    fn server(&self, host: &impl Host) -> Option<String> {
        if let Some(server) = self.server.get() {
            return server.clone();
        }
        let section = self.document(host)?.section("server")?;
        let server = match host.variable("issuer") {
            Ok(None) => Ok(section.to_owned()),
            Ok(Some(issuer)) => with_issuer(section, &issuer),
            // The baked issuer would be a wrong one.
            Err(why) => {
                self.complain(
                    host,
                    "issuer",
                    &format!("the variable cannot be read: {why}"),
                );
                return None;
            }
        };
        let server = server
            .map_err(|why| self.complain(host, "issuer", &why))
            .ok();
        self.server.get_or_init(|| server).clone()
    }

    fn document(&self, host: &impl Host) -> Option<&Document<'static>> {
        if self.document.get().is_none() {
            let text = match host.variable("settings") {
                Ok(text) => text.unwrap_or_else(|| host.baked()),
                // May pass, in an instance that lives longer than one request.
                Err(why) => {
                    self.complain(
                        host,
                        "settings",
                        &format!("the variable cannot be read: {why}"),
                    );
                    return None;
                }
            };
            let document = parse(text).map_err(|why| self.complain(host, "settings", &why));
            let _ = self.document.set(document.ok());
        }
        self.document.get()?.as_ref()
    }

    /// Tells the operator what is wrong, once per instance.
    fn complain(&self, host: &impl Host, variable: &str, why: &str) {
        if !self.complained.replace(true) {
            host.emit(&Event {
                name: "settings.invalid".to_owned(),
                level: Level::Error,
                fields: vec![
                    ("variable".to_owned(), variable.to_owned()),
                    ("reason".to_owned(), why.to_owned()),
                    ("cure".to_owned(), how_to_set(variable)),
                ],
            });
        }
    }
}

impl Document<'_> {
    /// Of sections of the same name, the last.
    fn section(&self, name: &str) -> Option<&str> {
        let mut sections = self.sections.0.iter().rev();
        sections
            .find(|(own, _)| own == name)
            .map(|(_, section)| section.get())
    }
}

fn parse(text: String) -> Result<Document<'static>, String> {
    if text.trim_ascii() == "{}" {
        return Err("there is no settings document: what `doorward compose --settings variable` wrote to settings.json is its value".to_owned());
    }
    // One document per instance, which holds it to its end.
    let text: &'static str = text.leak();
    // Where, but not what: the document may hold what is not for logs.
    serde_json::from_str(text).map_err(|error| {
        let kind = match error.classify() {
            serde_json::error::Category::Data => "is not a settings document",
            _ => "is not JSON",
        };
        format!(
            "the settings document {kind} (line {}, column {})",
            error.line(),
            error.column()
        )
    })
}

/// The section `server` with another issuer.
fn with_issuer(section: &str, issuer: &str) -> Result<String, String> {
    let url = url::parse(issuer).map_err(|why| format!("the issuer `{issuer}` {why}"))?;
    if issuer.ends_with('/') || url.path_with_query.contains('?') {
        return Err(format!(
            "the issuer `{issuer}` must not end with a slash and have no query"
        ));
    }
    let replaced = || {
        let issuer = serde_json::value::to_raw_value(issuer)?;
        let mut members: BTreeMap<String, &RawValue> = serde_json::from_str(section)?;
        members.insert("issuer".to_owned(), &issuer);
        serde_json::to_string(&members)
    };
    replaced().map_err(|_: serde_json::Error| "the section `server` is no object".to_owned())
}

/// The bytes of a secret: the variable of that name. `none` if it is not set, is no name of a variable or is one of the host's
/// own.
pub(crate) fn secret(reference: &str, host: &impl Host) -> Option<Vec<u8>> {
    let named = !reference.is_empty()
        && reference.len() <= 128
        && reference
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !named || OWN_VARIABLES.contains(&reference) {
        return None;
    }
    host.variable(reference).ok()?.map(String::into_bytes)
}
