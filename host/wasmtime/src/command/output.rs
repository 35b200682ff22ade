//! What commands print: JSON for programs, a table or a list of members for people.

use serde_json::{Map, Value};

/// Longest cell of a table.
const CELL: usize = 60;

/// Prints an answer: as JSON, or by `for_people`.
pub(super) fn print(json: bool, answer: &Value, for_people: impl FnOnce(&Value) -> String) {
    if json {
        println!("{answer:#}");
    } else {
        println!("{}", for_people(answer).trim_end());
    }
}

/// A table of these members of each object; what none of them has gets no column.
pub(super) fn table(rows: &[Value], columns: &[&str]) -> String {
    let present = |column: &&&str| {
        rows.iter()
            .any(|row| !row.get(**column).is_none_or(Value::is_null))
    };
    let columns: Vec<&str> = columns.iter().filter(present).copied().collect();
    let mut lines: Vec<Vec<String>> =
        vec![columns.iter().map(|column| column.to_uppercase()).collect()];
    lines.extend(rows.iter().map(|row| {
        columns
            .iter()
            .map(|column| cell(row.get(*column)))
            .collect()
    }));
    let width = |index: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(index))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns.len())
        .map(|index| width(index).unwrap_or(0))
        .collect();
    let padded = |line: &Vec<String>| {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        cells.join("  ").trim_end().to_owned()
    };
    lines.iter().map(padded).collect::<Vec<_>>().join("\n")
}

/// The members of an object, one in a line.
pub(super) fn members(object: &Map<String, Value>) -> String {
    let width = object.keys().map(String::len).max().unwrap_or(0);
    let line = |(name, value): (&String, &Value)| format!("{name:width$}  {}", plain(value));
    object
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(line)
        .collect::<Vec<_>>()
        .join("\n")
}

fn cell(value: Option<&Value>) -> String {
    let text = value.map(plain).unwrap_or_default();
    match text.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// A value on one line. Control characters could play tricks on a terminal: names come from strangers.
fn plain(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
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
