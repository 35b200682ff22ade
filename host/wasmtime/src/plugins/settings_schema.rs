//! Checks the operator's settings against the JSON Schema that a plugin declares.
//!
//! The part of draft 2020-12 that settings need: `type`, `properties`, `required`, `additionalProperties` (a boolean),
//! `items`, `enum`, `const`, `minimum`, `maximum`, `minLength`, `maxLength`, `minItems`, `maxItems`. Annotations are
//! skipped. A schema that says anything else does not load: a constraint that we cannot check must not look checked.

use crate::config::references::Settings;
use anyhow::{Context as _, bail, ensure};
use serde_json::{Map, Value};

/// Keywords that constrain nothing.
const ANNOTATIONS: [&str; 9] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "format",
];

/// Nested schemas and values deeper than this are refused.
const DEPTH: usize = 16;

/// Checks `settings` against the text of a schema. An empty text is the schema of a plugin without settings.
///
/// # Errors
/// What does not match, with its place; or what the schema says that we do not know.
pub(crate) fn check(schema: &str, settings: &Value) -> anyhow::Result<()> {
    if schema.trim().is_empty() {
        ensure!(
            settings.as_object().is_some_and(Map::is_empty),
            "this provider takes no settings"
        );
        return Ok(());
    }
    let schema: Value = serde_json::from_str(schema).context("its schema is no JSON")?;
    check_value(&schema, settings, "settings", DEPTH)
}

/// Refuses secrets (`"format": "secret"`) that stand in the configuration instead of being referred to.
///
/// # Errors
/// The first of them, with its place.
pub(crate) fn check_secrets(schema: &str, settings: &Settings) -> anyhow::Result<()> {
    if schema.trim().is_empty() {
        return Ok(());
    }
    let schema: Value = serde_json::from_str(schema).context("its schema is no JSON")?;
    let mut found = Vec::new();
    secrets(&schema, &settings.document, "settings", &mut found);
    if let Some(place) = found
        .iter()
        .find(|place| !settings.referred.contains(place))
    {
        bail!(
            "{place} stands in the file: write {{ env = \"NAME\" }} or {{ file = \"path\" }} instead, or set \
             `allow_literal_secrets = true` in a test"
        );
    }
    Ok(())
}

/// Places of values that are secrets by the schema, which was checked: it is not deep.
fn secrets(schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) if !text.is_empty() && schema["format"] == "secret" => {
            found.push(place.to_owned());
        }
        Value::Object(members) => {
            for (name, member) in members {
                let properties = schema.get("properties");
                let schema = properties.and_then(|properties| properties.get(name));
                secrets(
                    schema.unwrap_or(&Value::Null),
                    member,
                    &format!("{place}.{name}"),
                    found,
                );
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                secrets(&schema["items"], item, &format!("{place}[{index}]"), found);
            }
        }
        _ => {}
    }
}

fn check_value(schema: &Value, value: &Value, place: &str, depth: usize) -> anyhow::Result<()> {
    let depth = depth
        .checked_sub(1)
        .context("its schema is nested too deeply")?;
    let keywords = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Bool(false) => bail!("{place} is not allowed"),
        Value::Object(keywords) => keywords,
        _ => bail!("its schema for {place} is neither an object nor a boolean"),
    };
    for (keyword, argument) in keywords {
        check_keyword(keywords, keyword, argument, value, place, depth)?;
    }
    Ok(())
}

fn check_keyword(
    schema: &Map<String, Value>,
    keyword: &str,
    argument: &Value,
    value: &Value,
    place: &str,
    depth: usize,
) -> anyhow::Result<()> {
    match keyword {
        "type" => check_type(argument, value, place),
        "enum" => {
            let allowed = argument
                .as_array()
                .context("`enum` of its schema is no array")?;
            ensure!(allowed.contains(value), "{place} must be one of {argument}");
            Ok(())
        }
        "const" => {
            ensure!(value == argument, "{place} must be {argument}");
            Ok(())
        }
        "properties" => check_properties(argument, value, place, depth),
        "required" => check_required(argument, value, place),
        "additionalProperties" => check_additional(schema, argument, value, place),
        "items" => {
            let mut items = value.as_array().into_iter().flatten().enumerate();
            items.try_for_each(|(index, item)| {
                check_value(argument, item, &format!("{place}[{index}]"), depth)
            })
        }
        "minimum" | "maximum" | "minLength" | "maxLength" | "minItems" | "maxItems" => {
            check_bound(keyword, argument, value, place)
        }
        annotation if ANNOTATIONS.contains(&annotation) => Ok(()),
        unknown => bail!("its schema uses the keyword {unknown:?}, which this host does not check"),
    }
}

fn check_type(argument: &Value, value: &Value, place: &str) -> anyhow::Result<()> {
    let names: Vec<&str> = match argument {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => bail!("`type` of its schema is neither a string nor an array"),
    };
    let matches = names.iter().any(|name| match *name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        _ => false,
    });
    ensure!(matches, "{place} must be of type {}", names.join(" or "));
    Ok(())
}

fn check_properties(
    argument: &Value,
    value: &Value,
    place: &str,
    depth: usize,
) -> anyhow::Result<()> {
    let properties = argument
        .as_object()
        .context("`properties` of its schema is no object")?;
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    for (name, schema) in properties {
        if let Some(member) = object.get(name) {
            check_value(schema, member, &format!("{place}.{name}"), depth)?;
        }
    }
    Ok(())
}

fn check_required(argument: &Value, value: &Value, place: &str) -> anyhow::Result<()> {
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    for name in argument
        .as_array()
        .context("`required` of its schema is no array")?
    {
        let name = name
            .as_str()
            .context("`required` of its schema names something that is no string")?;
        ensure!(object.contains_key(name), "{place}.{name} is missing");
    }
    Ok(())
}

fn check_additional(
    schema: &Map<String, Value>,
    argument: &Value,
    value: &Value,
    place: &str,
) -> anyhow::Result<()> {
    let allowed = argument
        .as_bool()
        .context("`additionalProperties` of its schema is no boolean")?;
    let Some(object) = value.as_object().filter(|_| !allowed) else {
        return Ok(());
    };
    let known = schema.get("properties").and_then(Value::as_object);
    for name in object.keys() {
        let declared = known.is_some_and(|known| known.contains_key(name));
        ensure!(
            declared,
            "{place}.{name} is not a setting of this provider{}",
            nearest(name, known)
        );
    }
    Ok(())
}

fn nearest(name: &str, known: Option<&Map<String, Value>>) -> String {
    let known = known.into_iter().flat_map(Map::keys).map(String::as_str);
    crate::config::nearest::nearest(name, known)
        .map_or_else(String::new, |near| format!("; did you mean {near:?}?"))
}

fn check_bound(keyword: &str, argument: &Value, value: &Value, place: &str) -> anyhow::Result<()> {
    let bound = argument
        .as_f64()
        .with_context(|| format!("`{keyword}` of its schema is no number"))?;
    let (measured, what) = match keyword {
        "minimum" | "maximum" => (value.as_f64(), "value"),
        "minLength" | "maxLength" => (
            value.as_str().map(|text| count(text.chars().count())),
            "length",
        ),
        _ => (
            value.as_array().map(|items| count(items.len())),
            "number of items",
        ),
    };
    let Some(measured) = measured else {
        return Ok(());
    };
    let holds = if keyword.starts_with("min") {
        measured >= bound
    } else {
        measured <= bound
    };
    ensure!(holds, "the {what} of {place} breaks {keyword} {argument}");
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "settings are far smaller than 2^52"
)]
fn count(count: usize) -> f64 {
    count as f64
}
