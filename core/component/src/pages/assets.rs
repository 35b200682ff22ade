//! Stylesheets and images, by file name. Every name carries a digest of its content, so that caches may keep a file for
//! ever; a name with another digest is unknown.
//!
//! `style-<digest>.css`, `look-<digest>.css` (of a built-in theme), `theme-<digest>.css` (the operator's), `mark-<digest>.svg`, `logo-<digest>.svg|png`, `logo-dark-<digest>.svg|png`,
//! `icon-<provider id>-<digest>.svg`

use super::digest::digest;
use super::{layout, theme};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use doorward_protocol::ports::{Logins, Settings};
use doorward_protocol::settings::{Image, Theme};

const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const PNG: &str = "image/png";
const STYLE: &str = include_str!("../../templates/style.css");
/// Bytes of a logo, and of a provider's icon.
const LOGO_LIMIT: usize = 64 * 1024;
const ICON_LIMIT: usize = 8 * 1024;

/// A file to serve.
pub(crate) struct Asset {
    pub(crate) media_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

/// The file of that name, if it is one of ours with its present content.
pub(crate) fn find(name: &str, settings: &dyn Settings, logins: &dyn Logins) -> Option<Asset> {
    if name.starts_with("icon-") {
        return icon(name, logins);
    }
    if name.starts_with("style-") {
        return (name == style_name()).then(|| text(CSS, STYLE.to_owned()));
    }
    let theme = layout::theme(settings);
    if name.starts_with("look-") {
        let css = theme::look(theme.name);
        return (look_name(css).as_deref() == Some(name)).then(|| text(CSS, css.to_owned()));
    }
    if name.starts_with("theme-") {
        let css = theme::stylesheet(&theme);
        return (!css.is_empty() && name == theme_name(&css)).then(|| text(CSS, css));
    }
    if name.starts_with("mark-") {
        return (name == mark_name(&theme)).then(|| text(SVG, mark(&theme)));
    }
    let logo = if name.starts_with("logo-dark-") && logo_dark_name(&theme).as_deref() == Some(name)
    {
        theme.logo_dark
    } else if logo_name(&theme).as_deref() == Some(name) {
        theme.logo
    } else {
        None
    }?;
    Some(Asset {
        media_type: image_type(&logo)?.1,
        bytes: STANDARD.decode(&logo.data).ok()?,
    })
}

/// Names of the stylesheets of a page, in order.
pub(crate) fn stylesheets(theme: &Theme) -> Vec<String> {
    let mut names = vec![style_name()];
    names.extend(look_name(theme::look(theme.name)));
    let css = theme::stylesheet(theme);
    if !css.is_empty() {
        names.push(theme_name(&css));
    }
    names
}

/// Name of the mark: a door ajar, in the accent colour.
pub(crate) fn mark_name(theme: &Theme) -> String {
    format!("mark-{}.svg", digest(mark(theme).as_bytes()))
}

/// Name of the logo, if there is one that can be served.
pub(crate) fn logo_name(theme: &Theme) -> Option<String> {
    image_name("logo", theme.logo.as_ref()?)
}

/// Name of the logo for dark ground, if there is one beside the other.
pub(crate) fn logo_dark_name(theme: &Theme) -> Option<String> {
    theme.logo.as_ref()?;
    image_name("logo-dark", theme.logo_dark.as_ref()?)
}

/// Name of a provider's icon, if it can be served.
pub(crate) fn icon_name(provider_id: &str, svg: &str) -> Option<String> {
    let sound = svg.len() <= ICON_LIMIT
        && !provider_id.is_empty()
        && provider_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    sound.then(|| format!("icon-{provider_id}-{}.svg", digest(svg.as_bytes())))
}

fn style_name() -> String {
    format!("style-{}.css", digest(STYLE.as_bytes()))
}

/// None for the one that `style.css` is.
fn look_name(css: &str) -> Option<String> {
    (!css.is_empty()).then(|| format!("look-{}.css", digest(css.as_bytes())))
}

fn theme_name(css: &str) -> String {
    format!("theme-{}.css", digest(css.as_bytes()))
}

fn icon(name: &str, logins: &dyn Logins) -> Option<Asset> {
    let mut owners = logins
        .providers()
        .into_iter()
        .filter(|provider| name.starts_with(&format!("icon-{}-", provider.id)));
    owners.find_map(|provider| {
        let svg = logins.describe(&provider.id)?.icon?;
        (icon_name(&provider.id, &svg).as_deref() == Some(name)).then(|| text(SVG, svg))
    })
}

fn text(media_type: &'static str, content: String) -> Asset {
    Asset {
        media_type,
        bytes: content.into_bytes(),
    }
}

fn image_name(stem: &str, image: &Image) -> Option<String> {
    let (extension, _) = image_type(image)?;
    // Four characters of base64 are three bytes.
    (image.data.len() / 4 * 3 <= LOGO_LIMIT + 2)
        .then(|| format!("{stem}-{}.{extension}", digest(image.data.as_bytes())))
}

/// File name extension and media type.
fn image_type(image: &Image) -> Option<(&'static str, &'static str)> {
    match image.media_type.as_str() {
        SVG => Some(("svg", SVG)),
        PNG => Some(("png", PNG)),
        _ => None,
    }
}

fn mark(theme: &Theme) -> String {
    let primary = theme::primary(theme);
    let ink = primary.text_on();
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\"><rect width=\"32\" height=\"32\" rx=\"8\" \
         fill=\"{primary}\"/><path d=\"M9 25V8.5A1.5 1.5 0 0 1 10.5 7h11A1.5 1.5 0 0 1 23 8.5V25\" fill=\"none\" \
         stroke=\"{ink}\" stroke-width=\"2\" stroke-linecap=\"round\"/><path d=\"M12.5 25V11.2l7-2.2v16z\" \
         fill=\"{ink}\"/><circle cx=\"17.3\" cy=\"17.5\" r=\"1.1\" fill=\"{primary}\"/></svg>"
    )
}
