//! The configuration as the core reads it: JSON documents by name, prepared once at start.

use std::collections::{BTreeMap, HashMap};

/// `doorward:host/settings`.
#[derive(Default, Clone)]
pub(crate) struct Sections {
    documents: HashMap<String, String>,
    secrets: HashMap<String, Vec<u8>>,
}

impl Sections {
    /// Puts a section; the last one of a name stays.
    pub(crate) fn put(&mut self, name: impl Into<String>, document: String) {
        self.documents.insert(name.into(), document);
    }

    /// The JSON of a section.
    pub(crate) fn section(&self, name: &str) -> Option<&str> {
        self.documents.get(name).map(String::as_str)
    }

    /// Names and JSON of all sections, by name.
    pub(crate) fn documents(&self) -> BTreeMap<&str, &str> {
        let documents = self.documents.iter();
        documents
            .map(|(name, document)| (name.as_str(), document.as_str()))
            .collect()
    }

    /// The bytes of a secret that the configuration names.
    pub(crate) fn secret(&self, reference: &str) -> Option<&[u8]> {
        self.secrets.get(reference).map(Vec::as_slice)
    }
}
