//! Every text that the pages say by themselves, in every language: the catalogues in `texts/`, made into tables by `build.rs`.
//! Operators replace a wording by its id in `theme.texts`; `{name}` in it stands for a value.

use doorward_protocol::language::Language;

/// A built-in text: its place in the catalogues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text(usize);

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

impl Text {
    /// The text of that id.
    pub(crate) fn of(id: &str) -> Option<Self> {
        IDS.iter().position(|known| *known == id).map(Self)
    }

    /// Stable.
    pub(crate) fn id(self) -> &'static str {
        IDS.get(self.0).copied().unwrap_or_default()
    }

    /// Shown when nobody replaced it.
    pub(crate) fn wording(self, language: Language) -> &'static str {
        let found = || {
            let at = Language::ALL.iter().position(|known| *known == language)?;
            let (all, cuts) = (WORDINGS.get(at)?, CUTS.get(at)?);
            let (from, to) = (*cuts.get(self.0)?, *cuts.get(self.0 + 1)?);
            all.get(usize::from(from)..usize::from(to))
        };
        found().unwrap_or_default()
    }

    /// All of them, in the order of the English catalogue.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..IDS.len()).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::Text;
    use doorward_protocol::language::Language;
    use doorward_wording::{compare, lines};
    use std::fs;

    fn catalogue(language: &str) -> String {
        fs::read_to_string(format!("texts/{language}.txt")).unwrap()
    }

    #[test]
    fn every_catalogue_has_the_texts_of_english_with_its_values_and_the_plurals_of_its_language() {
        let english = catalogue("en");
        for language in Language::ALL {
            let tag = language.tag();
            let problems = compare(&english, &catalogue(tag), tag);
            assert_eq!(problems, [], "texts/{tag}.txt");
        }
    }

    #[test]
    fn every_table_holds_the_catalogue_of_its_language() {
        for language in Language::ALL {
            let catalogue = catalogue(language.tag());
            assert_eq!(lines(&catalogue).count(), Text::all().count());
            for (id, wording) in lines(&catalogue) {
                let text = Text::of(id).unwrap();
                assert_eq!((text.id(), text.wording(language)), (id, wording));
            }
        }
    }

    #[test]
    fn no_catalogue_is_that_of_another_language() {
        for language in Language::ALL {
            for other in Language::ALL {
                let same = |text: &Text| text.wording(language) == text.wording(other);
                let count = Text::all().filter(same).count();
                assert!(
                    language == other || count < 8,
                    "{language:?} {other:?}: {count}"
                );
            }
        }
    }
}
