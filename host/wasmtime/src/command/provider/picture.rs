//! What a plugin is and could touch, for people.

use crate::command::output::members;
use crate::plugins::inspect::Inspection;
use serde_json::{Map, Value};

/// What an import lets a plugin do.
const ABILITIES: [(&str, &str); 6] = [
    (
        "doorward:host/records",
        "keep records of its own (nobody else's)",
    ),
    (
        "doorward:host/sealing",
        "encrypt what it keeps, by a key that this server holds",
    ),
    ("doorward:host/passwords", "hash and check passwords"),
    (
        "doorward:host/mail",
        "send mail in this service's name, 4 messages per request",
    ),
    ("doorward:host/events", "write audit events under its name"),
    ("doorward:host/signatures", "verify signatures of others"),
];

/// The whole of it.
pub(super) fn text(inspection: &Inspection) -> String {
    let mut facts = Map::new();
    let mut fact = |name: &str, value: String| facts.insert(name.to_owned(), Value::String(value));
    fact("label", inspection.label.clone());
    fact(
        "contract",
        format!("doorward:provider@{}", inspection.contract),
    );
    fact("size", format!("{} bytes", inspection.size));
    fact("sha256", inspection.sha256.clone());
    fact("asked for", inspection.purposes.join(", "));
    if !inspection.languages.is_empty() {
        fact(
            "languages",
            format!("en, {}", inspection.languages.join(", ")),
        );
    }
    let mut text = members(&facts);
    text.push_str("\n\nIt can:\n");
    for ability in abilities(inspection) {
        text.push_str("  - ");
        text.push_str(&ability);
        text.push('\n');
    }
    text.push_str(
        "It cannot: open files or sockets, see the environment, read what others keep, put markup on a page,\n\
         reach hosts that are not granted, or private addresses.\n",
    );
    if let Some(schema) = &inspection.settings_schema {
        text.push_str("\nSettings:\n");
        for line in settings(schema) {
            text.push_str("  ");
            text.push_str(&line);
            text.push('\n');
        }
    }
    text
}

/// Sentences about what it imports and asks for.
fn abilities(inspection: &Inspection) -> Vec<String> {
    let mut abilities = vec![String::from("show pages and read what people enter there")];
    let granted = ABILITIES
        .iter()
        .filter(|(interface, _)| inspection.imports(interface));
    abilities.extend(granted.map(|(_, ability)| (*ability).to_owned()));
    let reaches = inspection.imports("wasi:http/outgoing-handler");
    let (verb, hosts) = (
        if reaches {
            "reach, and send browsers to,"
        } else {
            "send browsers to"
        },
        printable(&inspection.hosts.join(", ")),
    );
    match inspection.hosts.as_slice() {
        [] if reaches => abilities.push(String::from("reach no other server: it asks for none")),
        [] => {}
        [any] if any == "*" => {
            abilities.push(format!("{verb} whichever hosts you grant (`*`)"));
        }
        _ => abilities.push(format!("{verb} those that you grant of: {hosts}")),
    }
    abilities
}

/// One line per setting, as TOML comments that can be uncommented.
pub(super) fn settings(schema: &Value) -> Vec<String> {
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    let line = |(name, property): (&String, &Value)| {
        let kind = property.get("type").and_then(Value::as_str);
        let needed = if required.contains(&name.as_str()) {
            ", required"
        } else {
            ""
        };
        let about = property.get("description").and_then(Value::as_str);
        let about = about.map_or_else(String::new, |about| format!(": {about}"));
        printable(&format!(
            "{name} ({}{needed}){about}",
            kind.unwrap_or("any")
        ))
    };
    properties.into_iter().flatten().map(line).collect()
}

/// Text of a stranger on one line of a terminal.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_control() {
                '\u{fffd}'
            } else {
                letter
            }
        })
        .collect()
}
