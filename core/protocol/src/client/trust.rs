//! Who vouches for a client, and whether people are asked before it gets anything.

use serde::{Deserialize, Serialize};

/// Who vouches for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// It stands in the configuration.
    Declared,
    /// The operator registered it by command.
    Registered,
    /// It registered itself (RFC 7591).
    Dynamic,
    /// Its id is the URL of a document that says who it is.
    MetadataDocument,
}

impl Trust {
    /// As policies see it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Registered => "registered",
            Self::Dynamic => "dynamic",
            Self::MetadataDocument => "metadata_document",
        }
    }
}

/// Whether people are asked before a client gets anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ConsentRule {
    /// They are.
    #[default]
    Explicit,
    /// The operator answers for them: the client is the operator's own.
    Implicit,
}
