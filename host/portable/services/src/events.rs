//! Events as lines of JSON on standard error. Member names are those that the native server writes with `log.format =
//! "json"`, so that one query of the log works everywhere.

use crate::bindings::exports::doorward::host::events::{Event, Level};
use serde::Serialize;
use std::borrow::Cow;
use std::time::Duration;

/// What these lines are, as in the native server.
const TARGET: &str = "doorward::audit";
/// Longest line, with its end: what WASI writes in one call.
const MAX_LINE_BYTES: usize = 4096;
/// Most fields of an event.
const MAX_FIELDS: usize = 32;
/// Longest name of an event, a field or a source, in bytes.
const MAX_NAME_BYTES: usize = 64;
/// How many bytes of a value are written; the first bound with which the line fits is taken.
const VALUE_BYTES: [usize; 5] = [1024, 256, 64, 16, 0];

/// The order of the members is the native server's too.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    /// The fields as one JSON object.
    message: String,
    /// `core`, or the id of a provider.
    source: Cow<'a, str>,
    event: Cow<'a, str>,
    target: &'static str,
}

/// The line of an event, with its line break; at most 4096 bytes. A first field named `source` says who speaks, otherwise it
/// is the core.
pub(crate) fn line(event: &Event, now: Duration) -> Vec<u8> {
    let (source, fields) = match event.fields.split_first() {
        Some(((name, source), rest)) if name == "source" => (source.as_str(), rest),
        _ => ("core", event.fields.as_slice()),
    };
    VALUE_BYTES
        .iter()
        .map(|value_bytes| {
            let mut line = serde_json::to_vec(&Line {
                timestamp: timestamp(now),
                level: match event.level {
                    Level::Info => "INFO",
                    Level::Warning => "WARN",
                    Level::Error => "ERROR",
                },
                message: message(fields, *value_bytes),
                source: bounded(source, MAX_NAME_BYTES),
                event: bounded(&event.name, MAX_NAME_BYTES),
                target: TARGET,
            })
            .unwrap_or_default();
            line.push(b'\n');
            line
        })
        .find(|line| line.len() <= MAX_LINE_BYTES)
        .unwrap_or_default()
}

/// The fields in their order. Without room for values there are none.
fn message(fields: &[(String, String)], value_bytes: usize) -> String {
    let quoted = |text: &str, bytes| serde_json::Value::from(bounded(text, bytes).as_ref());
    let members: Vec<String> = fields
        .iter()
        .take(if value_bytes > 0 { MAX_FIELDS } else { 0 })
        .map(|(name, value)| {
            format!(
                "{}:{}",
                quoted(name, MAX_NAME_BYTES),
                quoted(value, value_bytes)
            )
        })
        .collect();
    format!("{{{}}}", members.join(","))
}

/// At most `bytes` of a text, cut at a character. JSON escapes the control characters of ASCII; the others, which some
/// terminals obey too, become U+FFFD.
fn bounded(text: &str, bytes: usize) -> Cow<'_, str> {
    let harmful = |character: char| character.is_control() && u32::from(character) >= 0x7f;
    let cut = text
        .get(..text.floor_char_boundary(bytes))
        .unwrap_or_default();
    if cut.contains(harmful) {
        Cow::Owned(cut.replace(harmful, "\u{fffd}"))
    } else {
        Cow::Borrowed(cut)
    }
}

/// RFC 3339, UTC, to the microsecond.
fn timestamp(since_epoch: Duration) -> String {
    let seconds = since_epoch.as_secs();
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        since_epoch.subsec_micros()
    )
}

/// Year, month and day of a day since the epoch, in the Gregorian calendar. Years begin in March here, so that the leap day is
/// their last.
fn date(days: u64) -> (u64, u64, u64) {
    // Days from 0000-03-01 to 1970-01-01; days in 400, 100, 4 years and 1 year.
    let days = days.saturating_add(719_468);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

/// Writes a line in one call. A log that cannot be written to stops nobody.
pub(crate) fn write(line: &[u8]) {
    let _ = wasip2::cli::stderr::get_stderr().blocking_write_and_flush(line);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn event(fields: &[(&str, &str)]) -> Event {
        Event {
            name: "token.issued".into(),
            level: Level::Info,
            fields: fields
                .iter()
                .map(|&(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }

    fn written(event: &Event) -> Value {
        let line = line(event, Duration::from_micros(1_792_578_300_000_042));
        let text = std::str::from_utf8(&line).unwrap();
        assert!(text.len() <= MAX_LINE_BYTES, "{}", text.len());
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        assert!(text.ends_with("}\n"), "{text}");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_line_is_what_the_native_server_writes() {
        let line = line(
            &event(&[("client_id", "demo"), ("grant", "g")]),
            Duration::from_micros(1_792_578_300_000_042),
        );
        assert_eq!(
            String::from_utf8(line).unwrap(),
            concat!(
                r#"{"timestamp":"2026-10-21T10:25:00.000042Z","level":"INFO","message":"{\"client_id\":\"demo\",\"grant\":\"g\"}","#,
                r#""source":"core","event":"token.issued","target":"doorward::audit"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn a_provider_speaks_under_its_own_name() {
        let line = written(&event(&[("source", "pin"), ("source", "core"), ("x", "y")]));
        assert_eq!(line["source"], "pin");
        assert_eq!(
            written(&event(&[("x", "y"), ("source", "pin")]))["source"],
            "core"
        );
    }

    #[test]
    fn nothing_in_a_field_ends_the_line_or_speaks_to_the_terminal() {
        let hostile = "a\nb\r\0\u{1b}[31m\u{9b}31m\u{7f}\u{85}\"}";
        let line = line(&event(&[(hostile, hostile)]), Duration::ZERO);
        assert!(
            std::str::from_utf8(&line[..line.len() - 1])
                .unwrap()
                .chars()
                .all(|character| !character.is_control())
        );
        let fields: Value = serde_json::from_str(
            written(&event(&[("x", hostile)]))["message"]
                .as_str()
                .unwrap(),
        )
        .unwrap();
        assert_eq!(
            fields,
            json!({ "x": "a\nb\r\0\u{1b}[31m\u{fffd}31m\u{fffd}\u{fffd}\"}" })
        );
    }

    #[test]
    fn however_much_is_said_the_line_is_one_write() {
        for (count, name, value) in [
            (1, "x".repeat(10_000), "\u{e4}".repeat(100_000)),
            (32, "n".into(), "\0".repeat(2000)),
            (1000, "\u{1}".repeat(200), "\\".repeat(2000)),
        ] {
            let fields: Vec<(String, String)> = (0..count)
                .map(|number| (format!("{number}{name}"), value.clone()))
                .collect();
            let mut event = event(&[]);
            event.fields = fields;
            event.name = "e".repeat(5000);
            written(&event);
        }
    }

    #[test]
    fn times_are_right_at_the_edges_of_the_calendar() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.000000Z"),
            (951_782_399, "2000-02-28T23:59:59.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"),
            (1_709_164_800, "2024-02-29T00:00:00.000000Z"),
            (1_735_689_599, "2024-12-31T23:59:59.000000Z"),
            (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
        ] {
            assert_eq!(timestamp(Duration::from_secs(seconds)), expected);
        }
    }
}
