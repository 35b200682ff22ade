//! What a provider shows to be scanned or written down.

use super::visible::visible;
use super::words::Words;
use askama::Template;
use doorward_protocol::provider::{Figure, Text};
use qrcode::{Color, QrCode};
use std::fmt::Write as _;

/// Characters of one code to write down.
const CODE_LIMIT: usize = 64;
/// Blank modules around a code (ISO/IEC 18004 §9.1).
const QUIET: usize = 4;

/// A figure on a page.
#[derive(Template)]
#[template(path = "figure.html")]
pub(crate) enum FigureView<'a> {
    QrCode {
        /// Modules along a side, quiet zone included.
        side: usize,
        /// The dark modules, as an SVG path.
        path: String,
        description: Words,
        /// For those who are on the device that would scan it.
        href: Option<&'a str>,
        open: Words,
    },
    Codes {
        title: Words,
        codes: Vec<String>,
    },
}

impl<'a> FigureView<'a> {
    /// None if more is to go into a QR code than fits.
    pub(crate) fn of(
        figure: &'a Figure,
        open: &Words,
        say: &dyn Fn(&Text) -> Words,
    ) -> Option<Self> {
        match figure {
            Figure::QrCode {
                content,
                description,
            } => {
                let (side, path) = modules(content)?;
                Some(Self::QrCode {
                    side,
                    path,
                    description: say(description),
                    href: opens(content).then_some(content.as_str()),
                    open: open.clone(),
                })
            }
            Figure::Codes { title, codes } => Some(Self::Codes {
                title: say(title),
                codes: codes.iter().map(|code| visible(code, CODE_LIMIT)).collect(),
            }),
        }
    }
}

/// Whether a link with this content may stand beside the code: to an authenticator app, never a script or another website.
fn opens(content: &str) -> bool {
    content.starts_with("otpauth://")
}

fn modules(content: &str) -> Option<(usize, String)> {
    let code = QrCode::new(content).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (index, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            let (x, y) = (index % width + QUIET, index / width + QUIET);
            write!(path, "M{x} {y}h1v1h-1z").ok()?;
        }
    }
    Some((width + 2 * QUIET, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_links_to_authenticator_apps_are_links() {
        assert!(opens("otpauth://totp/a?secret=b"));
        for bad in ["javascript:alert(1)", "https://a.example/", "", "OTPAUTH"] {
            assert!(!opens(bad), "{bad}");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_drawn() {
        assert!(modules(&"x".repeat(1024)).is_some());
        assert!(modules(&"x".repeat(4096)).is_none());
    }
}
