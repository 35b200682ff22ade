//! The authorization server as one WASI component: HTTP in, the ports of [`doorward_protocol`] over WIT imports, the pages,
//! HTTP out. Every rule is in [`doorward_protocol`]; here is no decision about who may do what.
//!
//! Two ways lead in, [`narrow`] and [`standard`], and both run [`exchange::respond`]. A host starts a fresh instance for every
//! request, so nothing here is prepared ahead, kept in a static or hashed into a table with a seed.

mod bindings;
mod client_address;
mod client_certificate;
mod clock;
mod events;
mod exchange;
mod fetch;
mod host;
mod keys;
mod logins;
mod narrow;
mod operator;
mod pages;
mod policy;
mod provider_page;
mod random;
mod records;
mod settings;
mod standard;

/// What the component exports.
struct Component;

#[cfg(target_family = "wasm")]
#[expect(
    unsafe_code,
    reason = "exported symbols are unsafe attributes in Rust 2024; the macros write them"
)]
mod exports {
    use super::Component;
    crate::bindings::export!(Component with_types_in crate::bindings);
    wasip2::http::proxy::export!(Component);
}
