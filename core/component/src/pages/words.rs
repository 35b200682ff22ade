//! A sentence with values in it, as it goes into a page.

use super::visible::{TEXT_LIMIT, VALUE_LIMIT, visible};
use askama::filters::{Escaper, Html, HtmlSafe};
use std::fmt;

/// A sentence whose values are known. Written into HTML, everything is escaped and every value stands in `<bdi>`, so that
/// its direction of writing cannot reach what is around it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Words(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// Ours, the operator's or a provider's wording.
    Said(String),
    /// A value, from anywhere.
    Value(String),
}

impl Words {
    /// Puts `values` in place of their `{name}`. A value is never looked into; a `{name}` without a value stays.
    pub(crate) fn fill(wording: &str, values: &[(&str, &str)]) -> Self {
        let mut parts = Vec::new();
        let mut rest = wording;
        while let Some((before, name, after)) = placeholder(rest) {
            let Some((_, value)) = values.iter().find(|(known, _)| *known == name) else {
                let kept = rest.len() - after.len();
                parts.push(Part::Said(rest.get(..kept).unwrap_or_default().to_owned()));
                rest = after;
                continue;
            };
            parts.push(Part::Said(before.to_owned()));
            parts.push(Part::Value(visible(value, VALUE_LIMIT)));
            rest = after;
        }
        parts.push(Part::Said(rest.to_owned()));
        Self(parts)
    }

    /// The same with wording that a plugin brought along.
    pub(crate) fn fill_foreign(wording: &str, values: &[(&str, &str)]) -> Self {
        Self::fill(&visible(wording, TEXT_LIMIT), values)
    }

    /// Nothing but a value.
    pub(crate) fn value(text: &str, limit: usize) -> Self {
        Self(vec![Part::Value(visible(text, limit))])
    }

    /// For places without markup (`<title>`, attributes): values between the Unicode isolates that `<bdi>` stands for.
    pub(crate) fn plain(&self) -> String {
        let mut plain = String::new();
        for part in &self.0 {
            match part {
                Part::Said(text) => plain.push_str(text),
                Part::Value(text) if text.is_ascii() => plain.push_str(text),
                Part::Value(text) => plain.extend(["\u{2068}", text.as_str(), "\u{2069}"]),
            }
        }
        plain
    }
}

/// Splits at the first `{name}`: what is before it, the name, what is after it.
fn placeholder(text: &str) -> Option<(&str, &str, &str)> {
    let (before, from) = text.split_once('{')?;
    let (name, after) = from.split_once('}')?;
    Some((before, name, after))
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Said(text) => Html.write_escaped_str(&mut *f, text)?,
                Part::Value(text) => {
                    f.write_str("<bdi>")?;
                    Html.write_escaped_str(&mut *f, text)?;
                    f.write_str("</bdi>")?;
                }
            }
        }
        Ok(())
    }
}

impl HtmlSafe for Words {}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn values_are_escaped_isolated_and_never_looked_into() {
        let words = Words::fill(
            "Hi {name} & {other}{none}",
            &[("name", "{other}<b>\u{202e}"), ("other", "שלום")],
        );
        assert_eq!(
            words.to_string(),
            "Hi <bdi>{other}&#60;b&#62;</bdi> &#38; <bdi>שלום</bdi>{none}"
        );
        assert_eq!(words.plain(), "Hi {other}<b> & \u{2068}שלום\u{2069}{none}");
    }

    #[test]
    fn broken_wording_stays_as_it_is() {
        for wording in ["", "{", "}", "{{name}}", "a{b", "{}", "}{"] {
            assert_eq!(Words::fill(wording, &[]).plain(), wording);
        }
        assert_eq!(
            Words::fill("{{name}}", &[("name", "x")]).plain(),
            "{{name}}"
        );
        assert_eq!(Words::fill("{no}{name}", &[("name", "x")]).plain(), "{no}x");
    }
}
