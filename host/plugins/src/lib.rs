//! What an operator keeps about login plugins, without the runtime that calls them.
//!
//! [`lock`] says which bytes were looked at and let in: `doorward serve` runs no others. [`signature`] says who made them,
//! [`registry`] where to get them. [`project`] begins and builds plugins of one's own.

pub mod digest;
pub mod lock;
pub mod project;
pub mod registry;
pub mod signature;

/// Largest plugin: 32 MiB. A file or an answer that is longer is not read.
pub const PLUGIN_BYTES: u64 = 32 << 20;
