//! The operator's looks, as a stylesheet of custom properties. A value goes into it only if it was read by a strict grammar
//! and is written out anew; one that was not leaves the built-in look.

use super::colour::{BLACK, Colour, WHITE};
use doorward_protocol::settings::Theme;
use std::fmt::Write;

/// Accent without a theme, also of the mark.
pub(crate) const PRIMARY: Colour = Colour::new(0x24, 0x56, 0xd6);
/// What cards are made of; the same as `--card` in `style.css`.
const CARD: Colour = WHITE;
const CARD_DARK: Colour = Colour::new(0x17, 0x1b, 0x23);
/// Contrast to the card below which an accent hardly shows.
const RIM_CONTRAST: f32 = 1.25;
/// Names in a font list, and letters in a name.
const FONTS_LIMIT: usize = 8;
const FONT_NAME_LIMIT: usize = 64;
/// Families that CSS itself knows; in quotes they would mean a font of that name.
const GENERIC_FONTS: [&str; 9] = [
    "serif",
    "sans-serif",
    "monospace",
    "cursive",
    "system-ui",
    "ui-serif",
    "ui-sans-serif",
    "ui-monospace",
    "ui-rounded",
];

/// The stylesheet, empty if the theme says nothing about looks.
pub(crate) fn stylesheet(theme: &Theme) -> String {
    let mut light = String::new();
    let mut dark = String::new();
    let primary = colour(theme.primary.as_deref());
    if let Some(primary) = primary {
        accent(&mut light, primary, CARD, BLACK);
    }
    if let Some(primary) =
        colour(theme.primary_dark.as_deref()).or_else(|| Some(for_dark(primary?)))
    {
        accent(&mut dark, primary, CARD_DARK, WHITE);
    }
    if let Some(background) = colour(theme.background.as_deref()) {
        ground(&mut light, background);
    }
    // Without a dark one, the light background must not shine through the dark look.
    if let Some(background) = colour(theme.background_dark.as_deref()) {
        ground(&mut dark, background);
    } else if !light.is_empty() {
        dark.push_str("--page:#0e1116;--on-page:#a8b0bf;");
    }
    radius(&mut light, theme.radius.as_deref());
    if let Some(font) = theme.font.as_deref().and_then(font_list) {
        let _ = write!(light, "--font:{font};");
    }
    if light.is_empty() && dark.is_empty() {
        return String::new();
    }
    format!(":root{{{light}}}\n@media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n")
}

/// The accent colour, for the mark.
pub(crate) fn primary(theme: &Theme) -> Colour {
    colour(theme.primary.as_deref()).unwrap_or(PRIMARY)
}

fn colour(text: Option<&str>) -> Option<Colour> {
    Colour::parse(text?)
}

/// An accent made for light ground, for dark ground.
fn for_dark(primary: Colour) -> Colour {
    primary.readable_on(CARD_DARK, WHITE)
}

/// Writing to a `String` does not fail.
fn accent(css: &mut String, primary: Colour, card: Colour, end: Colour) {
    let text = primary.text_on();
    // Away from the colour of its text, so that what can be read stays so under the pointer.
    let hover = primary.mix(if text == WHITE { BLACK } else { WHITE }, 3);
    let link = primary.readable_on(card, end);
    // A button of nearly the colour of the card needs a rim to be seen as one.
    let rim = if primary.contrast(card) < RIM_CONTRAST {
        link
    } else {
        primary
    };
    let _ = write!(
        css,
        "--primary:{primary};--primary-hover:{hover};--on-primary:{text};--rim:{rim};--accent:{link};"
    );
}

fn ground(css: &mut String, background: Colour) {
    let _ = write!(
        css,
        "--page:{background};--on-page:{};",
        background.text_on()
    );
}

fn radius(css: &mut String, radius: Option<&str>) {
    let (card, control) = match radius {
        Some("none") => ("0", "0"),
        Some("small") => ("0.5rem", "0.25rem"),
        Some("large") => ("1.75rem", "1rem"),
        Some("full") => ("2rem", "1.5rem"),
        // `medium` is what `style.css` has.
        _ => return,
    };
    let _ = write!(css, "--radius-card:{card};--radius:{control};");
}

/// A `font-family` list, written anew: generic names bare, others in quotes, the built-in list behind them.
fn font_list(text: &str) -> Option<String> {
    let names: Vec<String> = text.split(',').map(font_name).collect::<Option<_>>()?;
    (names.len() <= FONTS_LIMIT).then(|| format!("{},system-ui,sans-serif", names.join(",")))
}

fn font_name(text: &str) -> Option<String> {
    let text = text.trim();
    let unquoted = ['"', '\'']
        .iter()
        .find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote));
    let name = unquoted.unwrap_or(text).trim();
    if unquoted.is_none() && GENERIC_FONTS.contains(&name) {
        return Some(name.to_owned());
    }
    let sound = !name.is_empty()
        && name.len() <= FONT_NAME_LIMIT
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'-'));
    sound.then(|| format!("\"{name}\""))
}

#[cfg(test)]
mod tests {
    use super::{Theme, stylesheet};

    fn theme(change: impl FnOnce(&mut Theme)) -> String {
        let mut theme = Theme::default();
        change(&mut theme);
        stylesheet(&theme)
    }

    #[test]
    fn no_theme_needs_no_stylesheet() {
        assert_eq!(theme(|_| ()), "");
        assert_eq!(theme(|t| t.radius = Some("medium".into())), "");
    }

    #[test]
    fn what_is_outside_the_grammar_never_reaches_the_css() {
        for hostile in [
            "red;}body{display:none",
            "#12345",
            "url(//evil)",
            "</style>",
            "expression(1)",
            "#000000;",
        ] {
            let all = theme(|t| {
                t.primary = Some(hostile.into());
                t.primary_dark = Some(hostile.into());
                t.background = Some(hostile.into());
                t.background_dark = Some(hostile.into());
                t.radius = Some(hostile.into());
                t.font = Some(hostile.into());
            });
            assert_eq!(all, "", "{hostile}");
        }
        for hostile in [
            "Inter\"", "'Inter", "a\\62", "Inter;x", "Ínter", "", ",", "a,,b", "\"a'",
        ] {
            assert_eq!(theme(|t| t.font = Some(hostile.into())), "", "{hostile}");
        }
    }

    #[test]
    fn a_font_list_is_written_anew() {
        let css = theme(|t| t.font = Some("Inter , 'Source Sans 3',sans-serif".into()));
        assert!(
            css.contains("--font:\"Inter\",\"Source Sans 3\",sans-serif,system-ui,sans-serif;"),
            "{css}"
        );
    }

    #[test]
    fn text_on_the_accent_is_chosen_by_luminance() {
        assert!(theme(|t| t.primary = Some("#ffe600".into())).contains("--on-primary:#000000"));
        assert!(theme(|t| t.primary = Some("#003300".into())).contains("--on-primary:#ffffff"));
    }
}
