//! How the pages look and what they say.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Section `theme`: how the pages look and what they say.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Theme {
    /// The logo as an SVG or PNG data, base64, at most 64 KiB; served from the issuer's own origin.
    pub logo: Option<Image>,
    /// Logo for dark mode, if another.
    pub logo_dark: Option<Image>,
    /// Accent colour, `#rrggbb`. Default `#2456d6`.
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
    /// Texts by id: `choose.title`, `consent.title`, `password.email.label` (`<provider>.<text id>`) …
    pub texts: BTreeMap<String, String>,
    /// Links in the foot of every page: privacy policy, terms, imprint.
    pub links: Vec<FootLink>,
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
