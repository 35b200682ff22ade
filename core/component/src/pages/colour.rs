//! Colours of the theme, and whether people can tell them apart (WCAG 2.2 §1.4.3).

use std::fmt;

/// An sRGB colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

/// Contrast that text needs against what it stands on (level AA).
pub(crate) const TEXT_CONTRAST: f32 = 4.5;
/// The same of level AAA (WCAG 2.2 §1.4.6).
pub(crate) const ENHANCED_CONTRAST: f32 = 7.0;
pub(crate) const BLACK: Colour = Colour::new(0, 0, 0);
pub(crate) const WHITE: Colour = Colour::new(255, 255, 255);

impl Colour {
    pub(crate) const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#rrggbb`, and nothing else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self::new(part(0)?, part(2)?, part(4)?))
    }

    /// Relative luminance, 0 to 1.
    fn luminance(self) -> f32 {
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// Contrast ratio, 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f32 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// White where white can be read on this colour, otherwise black; one of them always can.
    pub(crate) fn text_on(self) -> Self {
        if self.contrast(WHITE) >= TEXT_CONTRAST {
            WHITE
        } else {
            BLACK
        }
    }

    /// This colour, moved towards `end` (black or white) as far as needed to have that contrast to `ground`.
    pub(crate) fn readable_on(self, ground: Self, end: Self, contrast: f32) -> Self {
        (0..=20)
            .map(|step| self.mix(end, step))
            .find(|colour| colour.contrast(ground) >= contrast)
            .unwrap_or(end)
    }

    /// `step` twentieths of the way to `end`.
    pub(crate) fn mix(self, end: Self, step: u8) -> Self {
        let part = |from: u8, to: u8| {
            let sum = u16::from(from) * u16::from(20 - step.min(20))
                + u16::from(to) * u16::from(step.min(20));
            u8::try_from(sum / 20).unwrap_or(u8::MAX)
        };
        Self::new(
            part(self.red, end.red),
            part(self.green, end.green),
            part(self.blue, end.blue),
        )
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

/// One channel without gamma, as WCAG 2 defines it.
fn linear(channel: u8) -> f32 {
    let value = f32::from(channel) / 255.0;
    if value <= 0.04045 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

#[cfg(test)]
mod tests {
    use super::{BLACK, Colour, TEXT_CONTRAST, WHITE};
    use proptest::prelude::{any, proptest};

    #[test]
    fn only_rrggbb_is_a_colour() {
        assert_eq!(
            Colour::parse("#2456D6").map(|c| c.to_string()),
            Some("#2456d6".to_owned())
        );
        for bad in [
            "",
            "#",
            "2456d6",
            "#2456d",
            "#2456d6a",
            "#2456dg",
            "red",
            "#+12345",
            "#12 456",
            "#１２３",
            "#000;}*{",
        ] {
            assert_eq!(Colour::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        assert!((BLACK.contrast(WHITE) - 21.0).abs() < 0.01);
        let grey = Colour::new(0x76, 0x76, 0x76);
        assert!((grey.contrast(WHITE) - 4.54).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn text_can_be_read_on_every_colour(red in any::<u8>(), green in any::<u8>(), blue in any::<u8>()) {
            let colour = Colour::new(red, green, blue);
            assert!(colour.contrast(colour.text_on()) >= TEXT_CONTRAST);
            assert!(colour.readable_on(WHITE, BLACK, TEXT_CONTRAST).contrast(WHITE) >= TEXT_CONTRAST);
            assert!(colour.readable_on(BLACK, WHITE, TEXT_CONTRAST).contrast(BLACK) >= TEXT_CONTRAST);
        }
    }
}
