//! A provider's texts in several languages, one file for each.
//!
//! A file has lines of `id = wording`; `#` begins a comment line, and `\n` in a wording is a line break. In a wording `{name}` stands for
//! an argument, and `{count, plural, one {# minute} other {# minutes}}` for one of several forms by a number, which is `#` in them.
//!
//! ```ignore
//! static TEXTS: Catalogues = catalogues!("../texts": "de", "fr");
//!
//! TEXTS.text("email.label") // of `texts/en.txt`; the core shows that of `texts/de.txt` to who reads German
//! ```
//!
//! [`Catalogues::problems`] belongs into a test: it names what is missing.

use crate::{Description, Text, text};
use doorward_wording::{compare, find, plain, unescaped};

/// A provider's texts in English and other languages. [`catalogues!`](crate::catalogues!) makes it.
#[derive(Debug, Clone, Copy)]
pub struct Catalogues {
    english: &'static str,
    others: &'static [(&'static str, &'static str)],
}

/// The catalogues of a directory, beside the file where this stands: `en.txt`, and one for each of the languages (BCP 47).
#[macro_export]
macro_rules! catalogues {
    ($directory:literal $(: $($language:literal),+)?) => {
        $crate::catalogues::Catalogues::new(
            ::core::include_str!(::core::concat!($directory, "/en.txt")),
            &[$($((
                $language,
                ::core::include_str!(::core::concat!($directory, "/", $language, ".txt")),
            )),+)?],
        )
    };
}

impl Catalogues {
    /// Of the contents of files: the English one, and (BCP 47, content) of others.
    #[must_use]
    pub const fn new(
        english: &'static str,
        others: &'static [(&'static str, &'static str)],
    ) -> Self {
        Self { english, others }
    }

    /// The text of this id, with its English wording; an id that is not in the catalogue is its own wording.
    #[must_use]
    pub fn text(&self, id: &str) -> Text {
        text(id, &unescaped(find(self.english, id).unwrap_or(id)))
    }

    /// Languages beside English.
    pub fn languages(&self) -> impl Iterator<Item = &'static str> {
        self.others.iter().map(|(language, _)| *language)
    }

    /// All texts in one language: what [`Provider::texts`](crate::Provider::texts) answers.
    #[must_use]
    pub fn of(&self, language: &str) -> Vec<(String, String)> {
        let texts = self.catalogue(language).into_iter();
        texts
            .flat_map(doorward_wording::lines)
            .map(|(id, wording)| (id.to_owned(), unescaped(wording)))
            .collect()
    }

    /// A text as a sentence in a language, for what the core does not show: a mail. In English where it is not translated.
    #[must_use]
    pub fn say(&self, language: &str, text: &Text) -> String {
        let values: Vec<(&str, &str)> = text
            .args
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let translated = self
            .catalogue(language)
            .and_then(|catalogue| find(catalogue, &text.id));
        match translated {
            Some(wording) => plain(&unescaped(wording), &values, language),
            None => plain(&text.english, &values, "en"),
        }
    }

    /// What is wrong with the catalogues, for a test: texts that are missing, not in English, or take other arguments there.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let all = std::iter::once(("en", self.english)).chain(self.others.iter().copied());
        all.flat_map(|(language, catalogue)| {
            compare(self.english, catalogue, language)
                .into_iter()
                .map(move |problem| format!("{language}.txt: {problem}"))
        })
        .collect()
    }

    fn catalogue(&self, language: &str) -> Option<&'static str> {
        let mut others = self.others.iter();
        others.find_map(|(known, catalogue)| (*known == language).then_some(*catalogue))
    }
}

impl Description {
    /// The languages of these catalogues, beside English.
    #[must_use]
    pub fn texts_of(self, catalogues: &Catalogues) -> Self {
        self.languages(catalogues.languages())
    }
}

#[cfg(test)]
mod tests {
    use super::Catalogues;

    const TEXTS: Catalogues = Catalogues::new(
        "title = Hello {name}\nmail = {n, plural, one {# day} other {# days}}\\nBye",
        &[
            (
                "de",
                "title = Hallo {name}\nmail = {n, plural, one {# Tag} other {# Tage}}\\nServus",
            ),
            ("fr", "title = Bonjour"),
        ],
    );

    #[test]
    fn texts_carry_their_english_and_the_other_languages_are_asked_for() {
        assert_eq!(
            TEXTS.text("title").arg("name", "Ada").to_english(),
            "Hello Ada"
        );
        assert_eq!(TEXTS.text("mail").arg("n", 1).to_english(), "1 day\nBye");
        assert_eq!(TEXTS.of("de").len(), 2);
        assert_eq!(TEXTS.of("en"), []);
        assert_eq!(TEXTS.languages().collect::<Vec<_>>(), ["de", "fr"]);
    }

    #[test]
    fn a_mail_is_in_the_language_of_its_reader_or_in_english() {
        let mail = TEXTS.text("mail").arg("n", 3);
        assert_eq!(TEXTS.say("de", &mail), "3 Tage\nServus");
        assert_eq!(TEXTS.say("fr", &mail), "3 days\nBye");
        assert_eq!(TEXTS.say("xx", &mail), "3 days\nBye");
    }

    #[test]
    fn what_is_missing_is_named() {
        let problems = TEXTS.problems();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(
            problems
                .iter()
                .all(|problem| problem.starts_with("fr.txt: "))
        );
    }
}
