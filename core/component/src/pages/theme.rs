//! The operator's looks, as a stylesheet of custom properties. A value goes into it only if it was read by a strict grammar
//! and is written out anew; one that was not leaves the built-in look.

use super::colour::{BLACK, Colour, ENHANCED_CONTRAST, TEXT_CONTRAST, WHITE};
use doorward_protocol::settings::{Theme, ThemeName, VARIABLES, check_value};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What a built-in theme is made of, as far as the operator's colours are fitted to it; the same as in its stylesheet.
struct Ground {
    /// Accent without one of the operator's, also of the mark.
    primary: Colour,
    card: Colour,
    card_dark: Colour,
    /// In dark mode.
    page: &'static str,
    on_page: &'static str,
    /// Contrast of text (WCAG 2.2 §1.4.3, §1.4.6).
    contrast: f32,
}

const fn ground_of(name: ThemeName) -> Ground {
    match name {
        ThemeName::Default => Ground {
            primary: Colour::new(0x24, 0x56, 0xd6),
            card: WHITE,
            card_dark: Colour::new(0x17, 0x1b, 0x23),
            page: "#0e1116",
            on_page: "#a8b0bf",
            contrast: TEXT_CONTRAST,
        },
        ThemeName::Minimal => Ground {
            primary: Colour::new(0x14, 0x14, 0x14),
            card: WHITE,
            card_dark: Colour::new(0x12, 0x12, 0x12),
            page: "#121212",
            on_page: "#b3b3b3",
            contrast: TEXT_CONTRAST,
        },
        ThemeName::Terminal => Ground {
            primary: Colour::new(0x14, 0x53, 0x2d),
            card: Colour::new(0xfb, 0xf9, 0xf2),
            card_dark: Colour::new(0x0a, 0x0f, 0x0a),
            page: "#040704",
            on_page: "#8fc98c",
            contrast: TEXT_CONTRAST,
        },
        ThemeName::Contrast => Ground {
            primary: Colour::new(0x00, 0x30, 0x8f),
            card: WHITE,
            card_dark: BLACK,
            page: "#000000",
            on_page: "#ffffff",
            contrast: ENHANCED_CONTRAST,
        },
    }
}

/// The stylesheet of a built-in theme, laid over `style.css`; empty for the one that `style.css` is.
pub(crate) const fn look(name: ThemeName) -> &'static str {
    match name {
        ThemeName::Default => "",
        ThemeName::Minimal => include_str!("../../templates/themes/minimal.css"),
        ThemeName::Terminal => include_str!("../../templates/themes/terminal.css"),
        ThemeName::Contrast => include_str!("../../templates/themes/contrast.css"),
    }
}

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
    let ground = ground_of(theme.name);
    let primary = colour(theme.primary.as_deref());
    if let Some(primary) = primary {
        accent(&mut light, primary, ground.card, BLACK, ground.contrast);
    }
    if let Some(primary) =
        colour(theme.primary_dark.as_deref()).or_else(|| Some(for_dark(primary?, &ground)))
    {
        accent(&mut dark, primary, ground.card_dark, WHITE, ground.contrast);
    }
    if let Some(background) = colour(theme.background.as_deref()) {
        page(&mut light, background);
    }
    // Without a dark one, the light background must not shine through the dark look.
    if let Some(background) = colour(theme.background_dark.as_deref()) {
        page(&mut dark, background);
    } else if !light.is_empty() {
        let _ = write!(dark, "--page:{};--on-page:{};", ground.page, ground.on_page);
    }
    radius(&mut light, theme.radius.as_deref());
    if let Some(font) = theme.font.as_deref().and_then(font_list) {
        let _ = write!(light, "--font:{font};");
    }
    let mut bright = String::new();
    for (name, value) in sound(&theme.variables) {
        // A light ground under the light text of dark mode could not be read.
        let of_light = if COLOURLESS.contains(&name) {
            &mut light
        } else {
            &mut bright
        };
        let _ = write!(of_light, "{name}:{value};");
    }
    for (name, value) in sound(&theme.variables_dark) {
        let _ = write!(dark, "{name}:{value};");
    }
    let mut css = String::new();
    let schemes = [("light", &bright), ("dark", &dark)];
    if !light.is_empty() {
        let _ = writeln!(css, ":root{{{light}}}");
    }
    for (scheme, rules) in schemes.into_iter().filter(|(_, rules)| !rules.is_empty()) {
        let _ = writeln!(
            css,
            "@media (prefers-color-scheme:{scheme}){{:root{{{rules}}}}}"
        );
    }
    css
}

/// Variables that hold in both modes.
const COLOURLESS: [&str; 2] = ["--radius", "--radius-card"];

/// Those of the operator's variables that may stand in a stylesheet, whatever was checked before.
fn sound(variables: &BTreeMap<String, String>) -> impl Iterator<Item = (&'static str, &str)> {
    variables.iter().filter_map(|(name, value)| {
        let name = VARIABLES.iter().find(|known| *known == name)?;
        check_value(value).ok()?;
        Some((*name, value.as_str()))
    })
}

/// The accent colour, for the mark.
pub(crate) fn primary(theme: &Theme) -> Colour {
    colour(theme.primary.as_deref()).unwrap_or(ground_of(theme.name).primary)
}

fn colour(text: Option<&str>) -> Option<Colour> {
    Colour::parse(text?)
}

/// An accent made for light ground, for dark ground.
fn for_dark(primary: Colour, ground: &Ground) -> Colour {
    primary.readable_on(ground.card_dark, WHITE, ground.contrast)
}

/// Writing to a `String` does not fail.
fn accent(css: &mut String, primary: Colour, card: Colour, end: Colour, contrast: f32) {
    let text = primary.text_on();
    // Between black and white there are colours on which neither has the enhanced contrast.
    let away = if text == WHITE { BLACK } else { WHITE };
    let primary = primary.readable_on(text, away, contrast);
    // Away from the colour of its text, so that what can be read stays so under the pointer.
    let hover = primary.mix(away, 3);
    let link = primary.readable_on(card, end, contrast);
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

fn page(css: &mut String, background: Colour) {
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
    use super::{Theme, ThemeName, VARIABLES, stylesheet};
    use crate::pages::colour::{Colour, ENHANCED_CONTRAST};
    use proptest::prelude::{any, proptest};

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

    #[test]
    fn variables_go_last_and_colours_of_light_mode_stay_there() {
        let css = theme(|t| {
            t.primary = Some("#003300".into());
            t.variables = [("--card", "#fffbe6"), ("--radius", "calc(1px + 2px)")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into();
            t.variables_dark = [("--card".to_owned(), "#101010".to_owned())].into();
        });
        assert!(css.contains("--radius:calc(1px + 2px);}\n@media (prefers-color-scheme:light){:root{--card:#fffbe6;}}"));
        assert!(css.contains("--card:#101010;}}"), "{css}");
    }

    #[test]
    fn a_variable_that_is_none_or_says_more_than_a_value_is_left_out() {
        for (name, value) in [
            ("--card", "url(//evil.example/x)"),
            ("--card", "red;}*{display:none"),
            ("--x", "red"),
            ("card", "red"),
            ("--card}*{", "red"),
        ] {
            let css = theme(|t| t.variables = [(name.to_owned(), value.to_owned())].into());
            assert_eq!(css, "", "{name} {value}");
        }
    }

    #[test]
    fn every_variable_is_one_of_the_stylesheet() {
        let css = include_str!("../../templates/style.css");
        for name in VARIABLES {
            assert!(css.contains(&format!("var({name}")), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_accent_takes_the_contrast_of_the_theme_away(red in any::<u8>(), green in any::<u8>(), blue in any::<u8>()) {
            let css = theme(|t| {
                t.name = ThemeName::Contrast;
                t.primary = Some(Colour::new(red, green, blue).to_string());
            });
            for rules in css.split("@media") {
                let colour = |name: &str| {
                    let value = rules.split_once(&format!("{name}:"))?.1.split(';').next()?;
                    Colour::parse(value)
                };
                let (Some(primary), Some(on), Some(accent)) =
                    (colour("--primary"), colour("--on-primary"), colour("--accent"))
                else {
                    panic!("{css}");
                };
                assert!(primary.contrast(on) >= ENHANCED_CONTRAST, "{css}");
                assert!(accent.contrast(Colour::new(255, 255, 255)).max(accent.contrast(Colour::new(0, 0, 0))) >= ENHANCED_CONTRAST);
            }
        }
    }
}
