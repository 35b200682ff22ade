//! How the pages look and what they say.

use crate::language::Language;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// The properties of the stylesheet that [`Theme::variables`] may set.
pub const VARIABLES: [&str; 22] = [
    "--accent",
    "--bad",
    "--bad-wash",
    "--card",
    "--control",
    "--good",
    "--good-wash",
    "--line",
    "--on-page",
    "--on-primary",
    "--page",
    "--primary",
    "--primary-hover",
    "--radius",
    "--radius-card",
    "--rim",
    "--shadow",
    "--soft",
    "--text",
    "--warn",
    "--warn-wash",
    "--wash",
];

/// Bytes of a value of a variable.
const VALUE_LIMIT: usize = 160;

/// The functions that a value may have: none of them loads anything.
const FUNCTIONS: [&str; 15] = [
    "calc",
    "clamp",
    "color",
    "color-mix",
    "hsl",
    "hsla",
    "hwb",
    "lab",
    "lch",
    "max",
    "min",
    "oklab",
    "oklch",
    "rgb",
    "rgba",
];

/// Section `theme`: how the pages look and what they say.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Theme {
    /// Which of the built-in themes the rest is laid over. Default `default`.
    pub name: ThemeName,
    /// The logo as an SVG or PNG data, base64, at most 64 KiB; served from the issuer's own origin.
    pub logo: Option<Image>,
    /// Logo for dark mode, if another.
    pub logo_dark: Option<Image>,
    /// Accent colour, `#rrggbb`. Default that of the theme, `#2456d6` of `default`.
    pub primary: Option<String>,
    /// Accent colour in dark mode. Default: derived.
    pub primary_dark: Option<String>,
    /// Page background, `#rrggbb`.
    pub background: Option<String>,
    /// Page background in dark mode, `#rrggbb`.
    pub background_dark: Option<String>,
    /// `none`, `small`, `medium` (default), `large`, `full`.
    pub radius: Option<String>,
    /// A CSS font-family list of names; letters, digits, spaces, commas, quotes and hyphens only.
    pub font: Option<String>,
    /// Values of the stylesheet's own properties ([`VARIABLES`]), by name. Colours among them hold in light mode only.
    pub variables: BTreeMap<String, String>,
    /// The same in dark mode.
    pub variables_dark: BTreeMap<String, String>,
    /// Texts by id, for every language: `choose.title`, `consent.title`, `password.email.label` (`<provider>.<text id>`) …; or by
    /// language (`de`), texts by id for that one, which go before the others.
    pub texts: BTreeMap<String, Value>,
    /// Links in the foot of every page: privacy policy, terms, imprint.
    pub links: Vec<FootLink>,
}

/// A built-in theme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
pub enum ThemeName {
    /// A card on a soft ground.
    #[default]
    Default,
    /// Black, white, and as little else as possible.
    Minimal,
    /// A monospaced one.
    Terminal,
    /// The contrast of WCAG 2.2 level AAA, thick outlines, larger text.
    Contrast,
}

impl ThemeName {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Default, Self::Minimal, Self::Terminal, Self::Contrast];
}

impl Theme {
    /// The operator's words for a text: those in `language` before those for every language.
    #[must_use]
    pub fn wording(&self, id: &str, language: Language) -> Option<&str> {
        let in_language = || self.texts.get(language.tag())?.as_object()?.get(id);
        in_language().or_else(|| self.texts.get(id))?.as_str()
    }

    /// All of the operator's words, as (where they stand, id, wording).
    ///
    /// # Errors
    /// Where something stands that is neither a text nor texts of a language.
    pub fn wordings(&self) -> Result<Vec<(String, &str, &str)>, String> {
        let mut found = Vec::new();
        for (key, value) in &self.texts {
            if let Some(texts) = value.as_object() {
                for (id, text) in texts {
                    let place = format!("texts.{key}.{id:?}");
                    let text = text.as_str().ok_or_else(|| not_a_text(&place))?;
                    found.push((place, id.as_str(), text));
                }
            } else {
                let place = format!("texts.{key:?}");
                let text = value.as_str().ok_or_else(|| not_a_text(&place))?;
                found.push((place, key.as_str(), text));
            }
        }
        Ok(found)
    }
}

fn not_a_text(place: &str) -> String {
    format!("{place} must be a text, or texts by id under a language such as `de`")
}

/// Whether a text may be the value of a property: words, numbers, colours, and functions that load nothing.
///
/// # Errors
/// What is wrong with it, as the end of a sentence that begins with its name.
pub fn check_value(value: &str) -> Result<(), String> {
    if value.trim().is_empty() || value.len() > VALUE_LIMIT {
        return Err(format!("must have 1 to {VALUE_LIMIT} bytes"));
    }
    let is_known = |c: char| c.is_ascii_alphanumeric() || " #%.,-+/()".contains(c);
    if let Some(bad) = value.chars().find(|c| !is_known(*c)) {
        return Err(format!(
            "must not hold {bad:?}: letters, digits and any of `#%.,-+/()` are possible"
        ));
    }
    let mut depth = 0_u32;
    let mut word = String::new();
    for character in value.chars() {
        match character {
            '(' if word.is_empty() || FUNCTIONS.contains(&word.as_str()) => depth += 1,
            '(' => {
                return Err(format!(
                    "must not call {word}(): {} are possible",
                    FUNCTIONS.join(", ")
                ));
            }
            ')' if depth == 0 => return Err("has a `)` too many".to_owned()),
            ')' => depth -= 1,
            _ => {}
        }
        if character.is_ascii_alphanumeric() || character == '-' {
            word.push(character.to_ascii_lowercase());
        } else {
            word.clear();
        }
    }
    if depth > 0 {
        return Err("has a `(` too many".to_owned());
    }
    Ok(())
}

/// An image in the configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// `image/svg+xml` or `image/png`.
    pub media_type: String,
    /// Base64 (RFC 4648 §4).
    pub data: String,
}

/// A link in the foot of the pages.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FootLink {
    /// What it says.
    pub label: String,
    /// `https` URL.
    pub href: String,
}

#[cfg(test)]
mod tests {
    use super::{Theme, check_value};
    use crate::language::Language;

    #[test]
    fn a_value_is_words_numbers_colours_and_harmless_functions() {
        for good in [
            "#fff",
            "#2456d6",
            "rebeccapurple",
            "rgb(19 23 34 / 5%)",
            "0 1px 2px rgb(0 0 0 / 5%), 0 12px 32px -8px #000",
            "calc((1rem + 2px) / 2)",
            "oklch(70% 0.1 200)",
            "none",
        ] {
            assert_eq!(check_value(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn a_value_cannot_end_its_rule_or_load_anything() {
        for bad in [
            "",
            " ",
            "red;}body{display:none",
            "url(//evil.example)",
            "URL(x)",
            "u\\72l(x)",
            "image-set(x)",
            "expression(1)",
            "var(--x)",
            "env(x)",
            "attr(x)",
            "red /* */",
            "red !important",
            "\"x\"",
            "</style>",
            "(",
            ")",
            "rgb(1",
            "red\n",
            "a:b",
            "@import",
            "é",
            &"a".repeat(161),
        ] {
            assert!(check_value(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn texts_of_a_language_go_before_those_of_all() {
        let theme: Theme = serde_json::from_str(
            r#"{"texts":{"choose.title":"Welcome","de":{"choose.title":"Willkommen"}}}"#,
        )
        .unwrap();
        assert_eq!(
            theme.wording("choose.title", Language::De),
            Some("Willkommen")
        );
        assert_eq!(theme.wording("choose.title", Language::Fr), Some("Welcome"));
        assert_eq!(theme.wording("de", Language::De), None);
        assert_eq!(theme.wordings().unwrap().len(), 2);
        let theme: Theme = serde_json::from_str(r#"{"texts":{"de":{"x":1}}}"#).unwrap();
        assert!(theme.wordings().unwrap_err().contains("texts.de.\"x\""));
    }
}
