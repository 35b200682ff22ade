//! A sentence with values in it.

use super::plural::{Category, category};
use std::collections::{BTreeMap, BTreeSet};

/// A part of a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Of the wording.
    Said(&'a str),
    /// A value. It is never looked into.
    Value(&'a str),
}

/// What a wording takes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments {
    /// Names of values.
    pub names: BTreeSet<String>,
    /// The forms of each plural, by the name of its value.
    pub plurals: BTreeMap<String, BTreeSet<Category>>,
}

/// The sentence in pieces. A `{name}` without a value stays as it is, and so does what is not well-formed.
#[must_use]
pub fn pieces<'a>(
    wording: &'a str,
    values: &[(&'a str, &'a str)],
    language: &str,
) -> Vec<Piece<'a>> {
    let mut pieces = Vec::new();
    fill(wording, values, language, None, &mut pieces);
    pieces
}

/// The sentence as text.
#[must_use]
pub fn plain(wording: &str, values: &[(&str, &str)], language: &str) -> String {
    let pieces = pieces(wording, values, language);
    pieces
        .iter()
        .map(|(Piece::Said(text) | Piece::Value(text))| *text)
        .collect()
}

/// The names of the values in a wording, in order; some perhaps more than once.
#[must_use]
pub fn names(wording: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = wording;
    while let Some(found) = Placeholder::next(rest) {
        names.push(found.name);
        rest = found.after;
        let mut left = found.forms.unwrap_or_default();
        while let Some((_, form, after)) = next_form(left) {
            names.extend(self::names(form));
            left = after;
        }
    }
    names
}

/// The values that a wording names, and the forms of its plurals.
#[must_use]
pub fn arguments(wording: &str) -> Arguments {
    let names = names(wording).into_iter();
    let mut arguments = Arguments {
        names: names.map(str::to_owned).collect(),
        ..Arguments::default()
    };
    collect(wording, &mut arguments);
    arguments
}

/// `number`: what `#` stands for, inside a form of a plural.
fn fill<'a>(
    wording: &'a str,
    values: &[(&'a str, &'a str)],
    language: &str,
    number: Option<&'a str>,
    pieces: &mut Vec<Piece<'a>>,
) {
    let value_of = |name: &str| {
        let found = values.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| *value)
    };
    let mut rest = wording;
    while let Some(found) = Placeholder::next(rest) {
        said(found.before, number, pieces);
        rest = found.after;
        match (found.forms, value_of(found.name)) {
            (None, Some(value)) => pieces.push(Piece::Value(value)),
            (Some(forms), Some(value)) => {
                let count = value.parse().ok();
                let wanted = count.map_or(Category::Other, |count| category(language, count));
                let form = form(forms, wanted).or_else(|| form(forms, Category::Other));
                fill(
                    form.unwrap_or_default(),
                    values,
                    language,
                    Some(value),
                    pieces,
                );
            }
            (_, None) => pieces.push(Piece::Said(found.whole)),
        }
    }
    said(rest, number, pieces);
}

fn said<'a>(text: &'a str, number: Option<&'a str>, pieces: &mut Vec<Piece<'a>>) {
    let mut rest = text;
    if let Some(number) = number {
        while let Some((before, after)) = rest.split_once('#') {
            pieces.extend([Piece::Said(before), Piece::Value(number)]);
            rest = after;
        }
    }
    if !rest.is_empty() {
        pieces.push(Piece::Said(rest));
    }
}

fn collect(wording: &str, arguments: &mut Arguments) {
    let mut rest = wording;
    while let Some(found) = Placeholder::next(rest) {
        rest = found.after;
        let mut left = found.forms.unwrap_or_default();
        while let Some((category, form, after)) = next_form(left) {
            let forms = arguments.plurals.entry(found.name.to_owned());
            forms.or_default().insert(category);
            collect(form, arguments);
            left = after;
        }
    }
}

/// The first thing in braces.
struct Placeholder<'a> {
    before: &'a str,
    name: &'a str,
    /// The forms, if it is a plural.
    forms: Option<&'a str>,
    /// With its braces.
    whole: &'a str,
    after: &'a str,
}

impl<'a> Placeholder<'a> {
    fn next(text: &'a str) -> Option<Self> {
        let (before, from) = text.split_once('{')?;
        let whole_from = text.get(before.len()..)?;
        if let Some((name, forms, after)) = plural(from) {
            return Some(Self {
                before,
                name,
                forms: Some(forms),
                whole: whole_from.get(..whole_from.len() - after.len())?,
                after,
            });
        }
        let (name, after) = from.split_once('}')?;
        Some(Self {
            before,
            name,
            forms: None,
            whole: whole_from.get(..whole_from.len() - after.len())?,
            after,
        })
    }
}

/// `name, plural, forms}` and what is after it, if every form is well-formed and `other` is among them.
fn plural(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once(',')?;
    if name.contains(['{', '}']) {
        return None;
    }
    let forms = rest.trim_start().strip_prefix("plural,")?;
    let mut left = forms;
    let mut has_other = false;
    while let Some((category, _, after)) = next_form(left) {
        has_other |= category == Category::Other;
        left = after;
    }
    let after = left.trim_start().strip_prefix('}')?;
    let length = forms.len() - left.len();
    has_other.then_some((name.trim(), forms.get(..length)?, after))
}

/// ` one {text}` and what is after it.
fn next_form(text: &str) -> Option<(Category, &str, &str)> {
    let (name, rest) = text.trim_start().split_once('{')?;
    let category = Category::parse(name.trim_end())?;
    let mut depth = 1_u32;
    for (at, character) in rest.char_indices() {
        match character {
            '{' => depth = depth.saturating_add(1),
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some((category, rest.get(..at)?, rest.get(at + 1..)?));
        }
    }
    None
}

fn form(forms: &str, wanted: Category) -> Option<&str> {
    let mut left = forms;
    while let Some((category, form, after)) = next_form(left) {
        if category == wanted {
            return Some(form);
        }
        left = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{Piece, arguments, pieces, plain};

    const MINUTES: &str = "In {count, plural, one {# minute} other {# minutes}}, {who}.";

    #[test]
    fn a_form_is_chosen_by_the_number() {
        let say = |count, language| plain(MINUTES, &[("count", count), ("who", "Ada")], language);
        assert_eq!(say("1", "en"), "In 1 minute, Ada.");
        assert_eq!(say("0", "en"), "In 0 minutes, Ada.");
        assert_eq!(say("0", "fr"), "In 0 minute, Ada.");
        // A form that is not there, and a value that is no number: `other`.
        assert_eq!(say("2", "ar"), "In 2 minutes, Ada.");
        assert_eq!(say("some", "en"), "In some minutes, Ada.");
    }

    #[test]
    fn values_are_values_even_inside_a_form_and_are_never_looked_into() {
        let wording = "{n, plural, other {{who} #}} {who}#";
        assert_eq!(
            pieces(wording, &[("n", "{who}#"), ("who", "{n}")], "en"),
            [
                Piece::Value("{n}"),
                Piece::Said(" "),
                Piece::Value("{who}#"),
                Piece::Said(" "),
                Piece::Value("{n}"),
                Piece::Said("#"),
            ]
        );
    }

    #[test]
    fn what_is_not_well_formed_stays() {
        for wording in [
            "",
            "{",
            "}",
            "{{name}}",
            "a{b",
            "{}",
            "}{",
            "{n, plural}",
            "{n, plural, other}",
            "{n, plural, other {a}",
            "{n, plural, one {a}}",
            "{n, plural, some {a} other {b}}",
            "{n, select, other {a}}",
            "{n, plural, other {a}}",
        ] {
            assert_eq!(plain(wording, &[], "en"), wording);
        }
        assert_eq!(plain("{no}{name}", &[("name", "x")], "en"), "{no}x");
        assert_eq!(plain("{{name}}", &[("name", "x")], "en"), "{{name}}");
    }

    #[test]
    fn the_arguments_of_a_plural_are_those_of_its_forms_too() {
        let found = arguments("{a} {n, plural, one {{b}} other {#}}");
        assert_eq!(
            found.names.iter().map(String::as_str).collect::<Vec<_>>(),
            ["a", "b", "n"]
        );
        assert_eq!(found.plurals.len(), 1);
        assert_eq!(
            found.plurals.get("n").map(std::collections::BTreeSet::len),
            Some(2)
        );
    }
}
