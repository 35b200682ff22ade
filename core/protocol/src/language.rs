//! The language of pages and mails: what the application asks for (`ui_locales`, OpenID Connect Core §3.1.2.1), then what the browser
//! asks for (`Accept-Language`, RFC 9110 §12.5.4), then the operator's first. Ranges are looked up as RFC 4647 §3.4 says: `de-AT` is
//! answered in German.

use serde::{Deserialize, Serialize};

/// Bytes of a list of languages that are looked at, and languages in it.
const LOOKED_AT: usize = 1024;
const RANGES: usize = 32;

/// A language that the pages are written in, by its BCP 47 tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English
    En,
    /// German
    De,
    /// French
    Fr,
    /// Spanish
    Es,
    /// Chinese, in simplified characters
    Zh,
    /// Japanese
    Ja,
    /// Arabic
    Ar,
}

impl Language {
    /// All of them, English first.
    pub const ALL: [Self; 7] = [
        Self::En,
        Self::De,
        Self::Fr,
        Self::Es,
        Self::Zh,
        Self::Ja,
        Self::Ar,
    ];

    /// Its BCP 47 tag.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
            Self::Zh => "zh",
            Self::Ja => "ja",
            Self::Ar => "ar",
        }
    }

    /// The language of a tag, whatever its script or region.
    #[must_use]
    pub fn of(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next()?;
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// The first of `ui_locales`, tags with blanks between them and the most wanted first, that is `offered`. What is not known is no
/// error (Core §3.1.2.1).
#[must_use]
pub fn first_of(ui_locales: &str, offered: &[Language]) -> Option<Language> {
    looked_at(ui_locales)
        .split(' ')
        .take(RANGES)
        .filter_map(Language::of)
        .find(|language| offered.contains(language))
}

/// The one among `offered` that `accept_language` wants most; of equals, the first.
#[must_use]
pub fn preferred(accept_language: &str, offered: &[Language]) -> Option<Language> {
    let ranges = looked_at(accept_language).split(',').take(RANGES);
    let wanted = ranges.filter_map(|range| {
        let (tag, weight) = weighed(range)?;
        let language = match tag {
            "*" => offered.first().copied(),
            tag => Language::of(tag).filter(|language| offered.contains(language)),
        };
        Some((language?, weight)).filter(|(_, weight)| *weight > 0)
    });
    // `max_by_key` takes the last of equals.
    wanted
        .fold(None, |best: Option<(Language, u16)>, found| match best {
            Some(best) if best.1 >= found.1 => Some(best),
            _ => Some(found),
        })
        .map(|(language, _)| language)
}

/// A range and its weight in thousandths.
fn weighed(range: &str) -> Option<(&str, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let tag = parts.next()?;
    let weight = match parts.next() {
        None => 1000,
        Some(weight) => thousandths(weight.strip_prefix("q=")?)?,
    };
    Some((tag, weight))
}

/// RFC 9110 §12.4.2: `0` to `1` with at most three digits behind the point.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, part) = weight.split_once('.').unwrap_or((weight, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match whole {
        "1" if part.bytes().all(|byte| byte == b'0') => Some(1000),
        "0" => format!("{part:0<3}").parse().ok(),
        _ => None,
    }
}

fn looked_at(text: &str) -> &str {
    text.get(..LOOKED_AT).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::{Language, first_of, preferred};
    use Language::{Ar, De, En, Fr, Ja, Zh};

    #[test]
    fn core_s3_1_2_1_the_first_known_of_ui_locales_counts() {
        let offered = [En, De, Fr];
        assert_eq!(first_of("fr-CA fr en", &offered), Some(Fr));
        assert_eq!(first_of("nl DE-at en", &offered), Some(De));
        assert_eq!(first_of("ja nl", &offered), None);
        assert_eq!(first_of("", &offered), None);
        assert_eq!(first_of(&"x".repeat(100_000), &offered), None);
    }

    #[test]
    fn rfc9110_s12_5_4_the_greatest_weight_counts() {
        let wants = |header| preferred(header, &Language::ALL);
        assert_eq!(wants("de-AT,de;q=0.9,en;q=0.8"), Some(De));
        assert_eq!(wants("en;q=0.3, ja;q=0.901 , fr;q=0.9"), Some(Ja));
        assert_eq!(wants("zh-Hans-CN, en"), Some(Zh));
        assert_eq!(wants("fr, de"), Some(Fr), "of equals, the first");
        assert_eq!(wants("nl, ar;q=0.1"), Some(Ar));
        assert_eq!(wants("nl, *;q=0.5"), Some(En));
        assert_eq!(preferred("*", &[De, En]), Some(De));
        assert_eq!(wants("de;q=0, nl"), None, "not wanted at all");
        assert_eq!(preferred("de, en;q=0.5", &[En, Fr]), Some(En));
    }

    #[test]
    fn what_is_no_weight_is_passed_over() {
        for header in [
            "",
            ",",
            ";",
            "de;q=2",
            "de;q=1.001",
            "de;q=0.0001",
            "de;q=-1",
            "de;q=",
            "de;x=1",
            "de;q=0.5x",
            "dé",
        ] {
            assert_eq!(preferred(header, &Language::ALL), None, "{header}");
        }
        assert_eq!(preferred(&"é,".repeat(50_000), &Language::ALL), None);
    }
}
