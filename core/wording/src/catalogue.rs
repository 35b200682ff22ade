//! A catalogue: the texts of one language.

use super::message::arguments;
use super::plural::categories;
use std::collections::BTreeSet;
use std::fmt;

/// What is wrong with a catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A line that is neither `id = wording` nor empty nor a comment; counted from 1.
    Line(usize),
    /// An id that stands there twice.
    Twice(String),
    /// A text without words.
    Empty(String),
    /// English has it, this one has not.
    Missing(String),
    /// English has it not.
    Unknown(String),
    /// It takes other values than English does.
    Arguments(String),
    /// A plural has not exactly the forms of the language.
    Plural(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(at) => write!(f, "line {at} is not `id = wording`"),
            Self::Twice(id) => write!(f, "`{id}` stands there twice"),
            Self::Empty(id) => write!(f, "`{id}` says nothing"),
            Self::Missing(id) => write!(f, "`{id}` is missing"),
            Self::Unknown(id) => write!(f, "`{id}` is not in the English catalogue"),
            Self::Arguments(id) => write!(f, "`{id}` takes other values than in English"),
            Self::Plural(id) => write!(f, "`{id}` has not the plural forms of this language"),
        }
    }
}

/// The texts of a catalogue as (id, wording as it stands there), those lines that are well-formed.
pub fn lines(catalogue: &str) -> impl Iterator<Item = (&str, &str)> {
    catalogue
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" = "))
        .map(|(id, wording)| (id.trim(), wording.trim()))
}

/// The wording of `id`, as it stands there.
#[must_use]
pub fn find<'a>(catalogue: &'a str, id: &str) -> Option<&'a str> {
    lines(catalogue).find_map(|(known, wording)| (known == id).then_some(wording))
}

/// A wording with its line breaks.
#[must_use]
pub fn unescaped(wording: &str) -> String {
    wording.replace("\\n", "\n")
}

/// The texts of a catalogue as (id, wording with its line breaks).
///
/// # Errors
/// Lines that are none, and ids that stand there twice.
pub fn parse(catalogue: &str) -> Result<Vec<(&str, String)>, Vec<Problem>> {
    let mut problems = Vec::new();
    for (at, line) in catalogue.lines().enumerate() {
        let is_text = line.split_once(" = ").is_some_and(|(id, _)| is_id(id));
        if !line.is_empty() && !line.starts_with('#') && !is_text {
            problems.push(Problem::Line(at + 1));
        }
    }
    let mut ids = BTreeSet::new();
    let mut texts = Vec::new();
    for (id, wording) in lines(catalogue) {
        if !ids.insert(id) {
            problems.push(Problem::Twice(id.to_owned()));
        }
        if wording.is_empty() {
            problems.push(Problem::Empty(id.to_owned()));
        }
        texts.push((id, unescaped(wording)));
    }
    if problems.is_empty() {
        Ok(texts)
    } else {
        Err(problems)
    }
}

/// What is wrong with the catalogue of `language`, beside the English one.
#[must_use]
pub fn compare(english: &str, catalogue: &str, language: &str) -> Vec<Problem> {
    let mut problems = Vec::new();
    let (english, texts) = match (parse(english), parse(catalogue)) {
        (Ok(english), Ok(texts)) => (english, texts),
        (english, texts) => {
            problems.extend(english.err().unwrap_or_default());
            problems.extend(texts.err().unwrap_or_default());
            return problems;
        }
    };
    for (id, original) in &english {
        let Some((_, wording)) = texts.iter().find(|(known, _)| known == id) else {
            problems.push(Problem::Missing((*id).to_owned()));
            continue;
        };
        let (ours, theirs) = (arguments(wording), arguments(original));
        if ours.names != theirs.names {
            problems.push(Problem::Arguments((*id).to_owned()));
        }
        let wanted: BTreeSet<_> = categories(language).iter().copied().collect();
        if ours.plurals.values().any(|forms| *forms != wanted) {
            problems.push(Problem::Plural((*id).to_owned()));
        }
    }
    for (id, _) in &texts {
        if !english.iter().any(|(known, _)| known == id) {
            problems.push(Problem::Unknown((*id).to_owned()));
        }
    }
    problems
}

/// Lower-case words, dots, hyphens and underscores.
fn is_id(id: &str) -> bool {
    !id.is_empty()
        && id.bytes().all(|byte| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
        })
}

#[cfg(test)]
mod tests {
    use super::{Problem, compare, find, parse};

    const ENGLISH: &str =
        "# Comment\na.title = Hello {name}\n\nb = {n, plural, one {# day} other {# days}}\n";

    fn problems(catalogue: &str, language: &str) -> Vec<Problem> {
        compare(ENGLISH, catalogue, language)
    }

    #[test]
    fn a_whole_catalogue_has_no_problems() {
        let german = "a.title = Hallo {name}\nb = {n, plural, one {# Tag} other {# Tage}}";
        assert_eq!(problems(german, "de"), []);
        assert_eq!(
            problems("a.title = {name}さん\nb = {n, plural, other {#日}}", "ja"),
            []
        );
        // A language may do without forms.
        assert_eq!(problems("a.title = {name}さん\nb = {n}日", "ja"), []);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let plural = "b = {n, plural, one {# Tag} other {# Tage}}";
        let of = |text: &str| problems(&format!("{text}\n{plural}"), "de");
        let title = || "a.title".to_owned();
        assert_eq!(of(""), [Problem::Missing(title())]);
        assert_eq!(of("a.title = Hallo"), [Problem::Arguments(title())]);
        assert_eq!(of("a.title = Hallo {nam}"), [Problem::Arguments(title())]);
        assert_eq!(of("a.title = {name} {x}"), [Problem::Arguments(title())]);
        assert_eq!(
            of("a.title = {name}\nc = x"),
            [Problem::Unknown("c".to_owned())]
        );
        assert_eq!(
            of("a.title = {name}\na.title = {name}"),
            [Problem::Twice(title())]
        );
        assert_eq!(of("a.title: {name}"), [Problem::Line(1)]);
        assert_eq!(of("a.title = "), [Problem::Empty(title())]);
        assert_eq!(
            problems(&format!("a.title = {{name}}\n{plural}"), "ar"),
            [Problem::Plural("b".to_owned())]
        );
    }

    #[test]
    fn line_breaks_are_written_as_backslash_n() {
        let texts = parse("a = one\\n\\ntwo").unwrap();
        assert_eq!(texts, [("a", "one\n\ntwo".to_owned())]);
        assert_eq!(find(ENGLISH, "a.title"), Some("Hello {name}"));
        assert_eq!(find(ENGLISH, "c"), None);
    }
}
