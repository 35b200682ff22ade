//! Which form of a word goes with a number, by the plural rules of the Unicode CLDR, for whole numbers below a million.

use std::fmt;

/// A form, as CLDR names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// `zero`
    Zero,
    /// `one`
    One,
    /// `two`
    Two,
    /// `few`
    Few,
    /// `many`
    Many,
    /// `other`: every language has it.
    Other,
}

impl Category {
    /// The category of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "zero" => Self::Zero,
            "one" => Self::One,
            "two" => Self::Two,
            "few" => Self::Few,
            "many" => Self::Many,
            "other" => Self::Other,
            _ => return None,
        })
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Zero => "zero",
            Self::One => "one",
            Self::Two => "two",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        })
    }
}

/// The form that goes with `number` in `language` (BCP 47; its primary subtag counts). Languages that are not known here have the
/// two forms of English.
#[must_use]
pub fn category(language: &str, number: u64) -> Category {
    match primary(language) {
        "ja" | "zh" => Category::Other,
        "fr" if number <= 1 => Category::One,
        "ar" => arabic(number),
        _ if number == 1 => Category::One,
        _ => Category::Other,
    }
}

/// The forms that a language has.
#[must_use]
pub fn categories(language: &str) -> &'static [Category] {
    match primary(language) {
        "ja" | "zh" => &[Category::Other],
        "ar" => &[
            Category::Zero,
            Category::One,
            Category::Two,
            Category::Few,
            Category::Many,
            Category::Other,
        ],
        _ => &[Category::One, Category::Other],
    }
}

fn arabic(number: u64) -> Category {
    match (number, number % 100) {
        (0, _) => Category::Zero,
        (1, _) => Category::One,
        (2, _) => Category::Two,
        (_, 3..=10) => Category::Few,
        (_, 11..=99) => Category::Many,
        _ => Category::Other,
    }
}

fn primary(language: &str) -> &str {
    language.split('-').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Category, categories, category};
    use icu_locale_core::Locale;
    use icu_plurals::{PluralCategory, PluralRules};

    fn theirs(category: PluralCategory) -> Category {
        match category {
            PluralCategory::Zero => Category::Zero,
            PluralCategory::One => Category::One,
            PluralCategory::Two => Category::Two,
            PluralCategory::Few => Category::Few,
            PluralCategory::Many => Category::Many,
            PluralCategory::Other => Category::Other,
        }
    }

    #[test]
    fn the_rules_are_those_of_cldr() {
        for language in ["en", "de", "fr", "es", "zh", "ja", "ar"] {
            let locale: Locale = language.parse().unwrap();
            let rules = PluralRules::try_new_cardinal(locale.into()).unwrap();
            for number in (0..2_000_u64).chain([9_999, 86_400, 100_002, 999_999]) {
                let found = category(language, number);
                let expected = theirs(rules.category_for(number));
                assert_eq!(found, expected, "{language} {number}");
                assert!(categories(language).contains(&found), "{language} {number}");
            }
        }
    }

    #[test]
    fn regions_have_the_rules_of_their_language() {
        assert_eq!(category("fr-CA", 0), Category::One);
        assert_eq!(category("zh-Hant-TW", 1), Category::Other);
    }
}
