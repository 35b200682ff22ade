//! A sentence with values in it, as it goes into a page.

use super::visible::{TEXT_LIMIT, VALUE_LIMIT, visible};
use askama::filters::{Escaper, Html, HtmlSafe};
use doorward_protocol::language::Language;
use doorward_wording::{Piece, pieces};
use std::fmt;

/// A sentence whose values are known. Written into HTML, everything is escaped and every value stands in `<bdi>`, so that
/// its direction of writing cannot reach what is around it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Words(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    /// What follows is in no known language of the page: it has its own direction until [`Part::Leave`].
    Enter,
    /// The end of that.
    Leave,
    /// Ours, the operator's or a provider's wording.
    Said(String),
    /// A value, from anywhere.
    Value(String),
}

impl Words {
    /// Puts `values` in place of their `{name}`, and chooses the forms of plurals as `language` has them. A value is never looked
    /// into; a `{name}` without a value stays.
    pub(crate) fn fill(wording: &str, values: &[(&str, &str)], language: Language) -> Self {
        let parts = pieces(wording, values, language.tag());
        let parts = parts.into_iter().map(|piece| match piece {
            Piece::Said(text) => Part::Said(text.to_owned()),
            Piece::Value(value) => Part::Value(visible(value, VALUE_LIMIT)),
        });
        Self(parts.collect())
    }

    /// The same with wording that a plugin brought along.
    pub(crate) fn fill_foreign(wording: &str, values: &[(&str, &str)], language: Language) -> Self {
        Self::fill(&visible(wording, TEXT_LIMIT), values, language)
    }

    /// A sentence that is not in the language of the page, or perhaps not.
    pub(crate) fn isolated(mut self) -> Self {
        self.0.insert(0, Part::Enter);
        self.0.push(Part::Leave);
        self
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
                Part::Enter | Part::Leave => {}
                Part::Said(text) => plain.push_str(text),
                Part::Value(text) if text.is_ascii() => plain.push_str(text),
                Part::Value(text) => plain.extend(["\u{2068}", text.as_str(), "\u{2069}"]),
            }
        }
        plain
    }
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            match part {
                Part::Enter => f.write_str("<bdi>")?,
                Part::Leave => f.write_str("</bdi>")?,
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
    use super::{Language, Words};

    #[test]
    fn values_are_escaped_isolated_and_never_looked_into() {
        let words = Words::fill(
            "Hi {name} & {other}{none}",
            &[("name", "{other}<b>\u{202e}"), ("other", "שלום")],
            Language::En,
        );
        assert_eq!(
            words.to_string(),
            "Hi <bdi>{other}&#60;b&#62;</bdi> &#38; <bdi>שלום</bdi>{none}"
        );
        assert_eq!(words.plain(), "Hi {other}<b> & \u{2068}שלום\u{2069}{none}");
    }

    #[test]
    fn the_number_of_a_plural_is_a_value() {
        let wording = "{count, plural, one {ein Tag} other {# Tage}}";
        let say = |count| Words::fill(wording, &[("count", count)], Language::De).to_string();
        assert_eq!(say("1"), "ein Tag");
        assert_eq!(say("3"), "<bdi>3</bdi> Tage");
        assert_eq!(say("<b>"), "<bdi>&#60;b&#62;</bdi> Tage");
    }
}
