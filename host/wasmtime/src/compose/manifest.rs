//! `doorward.json`: what went into a composition, so that two of them can be compared.

use super::artefact::File;
use super::wiring::{Ingredient, Wiring};
use super::{Options, SettingsSource, Store, part};
use serde_json::json;
use std::collections::BTreeMap;

/// The document, ending in a newline.
pub(super) fn document(
    options: Options,
    store: Option<Store>,
    core: &str,
    wirings: &[&Wiring],
    files: &[File],
) -> String {
    let memories: u32 = wirings.iter().map(|wiring| wiring.memories()).sum();
    let components: Vec<&Ingredient> = wirings
        .iter()
        .flat_map(|wiring| wiring.ingredients())
        .collect();
    let files: BTreeMap<&str, String> = files
        .iter()
        .map(|file| (file.name, part::digest(&file.bytes)))
        .collect();
    let document = json!({
        "doorward": env!("CARGO_PKG_VERSION"),
        "target": options.target,
        "records": store.map(|store| match store {
            Store::Directory => "directory",
            Store::Sqlite => "sqlite",
            Store::Redis => "redis",
        }),
        "settings": match options.settings {
            SettingsSource::Baked => "baked",
            SettingsSource::Variable => "variable",
        },
        "core_sha256": core,
        "memories": memories,
        "components": components,
        "files": files,
    });
    format!("{document:#}\n")
}
