//! `[theme]`: how the pages look. Images are read here; everything else is the core's to check.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Largest logo.
const LOGO_BYTES: usize = 64 << 10;

/// `[theme]`
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Theme {
    /// `default`, `minimal`, `terminal`, `contrast`.
    name: Option<String>,
    /// File of the logo: `.svg` or `.png`, at most 64 KiB.
    logo: Option<PathBuf>,
    /// Logo for dark mode, if it is another.
    logo_dark: Option<PathBuf>,
    /// Accent colour, `#rrggbb`.
    primary: Option<String>,
    /// Accent colour in dark mode.
    primary_dark: Option<String>,
    /// Page background.
    background: Option<String>,
    /// Page background in dark mode.
    background_dark: Option<String>,
    /// `none`, `small`, `medium`, `large`, `full`.
    radius: Option<String>,
    /// A CSS font-family list of names.
    font: Option<String>,
    /// Values of the stylesheet's properties.
    variables: BTreeMap<String, String>,
    /// The same in dark mode.
    variables_dark: BTreeMap<String, String>,
    /// Texts by id, or by language and id: the core says which there are.
    texts: BTreeMap<String, toml::Value>,
    /// Links in the foot of every page.
    links: Vec<FootLink>,
}

/// `[[theme.links]]`
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FootLink {
    /// What it says.
    label: String,
    /// `https` URL.
    href: String,
}

impl Theme {
    /// The document of section `theme`. Relative files start at `base`.
    ///
    /// # Errors
    /// A logo cannot be read, is too large, or is neither SVG nor PNG.
    pub(crate) fn document(&self, base: &Path) -> Result<Value, String> {
        let texts: Map<String, Value> = self
            .texts
            .iter()
            .map(|(key, text)| (key.clone(), super::client::json(text)))
            .collect();
        let mut document = json!({
            "texts": texts,
            "links": self.links,
            "variables": self.variables,
            "variables_dark": self.variables_dark,
        });
        let Some(members) = document.as_object_mut() else {
            return Ok(document);
        };
        let plain = [
            ("name", &self.name),
            ("primary", &self.primary),
            ("primary_dark", &self.primary_dark),
            ("background", &self.background),
            ("background_dark", &self.background_dark),
            ("radius", &self.radius),
            ("font", &self.font),
        ];
        for (name, value) in plain {
            if let Some(value) = value {
                members.insert(name.to_owned(), Value::String(value.clone()));
            }
        }
        for (name, path) in [("logo", &self.logo), ("logo_dark", &self.logo_dark)] {
            if let Some(path) = path {
                members.insert(
                    name.to_owned(),
                    image(&base.join(path)).map_err(|error| format!("{name}: {error}"))?,
                );
            }
        }
        Ok(document)
    }
}

fn image(path: &Path) -> Result<Value, String> {
    let media_type = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => return Err(format!("{} is neither .svg nor .png", path.display())),
    };
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    if bytes.len() > LOGO_BYTES {
        return Err(format!(
            "{} has {} bytes, more than {LOGO_BYTES}",
            path.display(),
            bytes.len()
        ));
    }
    Ok(json!({ "media_type": media_type, "data": BASE64_STANDARD.encode(bytes) }))
}
