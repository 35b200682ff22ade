//! A host that offers Doorward's artefact for Spin what Spin offers it, for tests.
//!
//! It implements the interfaces that the artefact imports and no others, and grants what the manifest grants and nothing
//! else: what fails on Spin must fail here. What it does not do, Spin does more of: other triggers, other stores, TLS.

pub mod application;
pub mod bindings;
mod compose;
pub mod engine;
mod guest;
pub mod manifest;
pub mod outbound;
pub mod redis;
mod refusal;
mod route;
pub mod serve;
pub mod sqlite;
mod template;
pub mod variables;
