//! One provider put in front of the next: what the core imports as `logins` is a chain of these, one for each provider.
//!
//! A link holds its provider to what the native host holds a plugin to (`outcome` is the same text there). It does not
//! stand between a provider and a trap: on these hosts a provider that traps ends the request, and the host answers.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

#[cfg(any(target_family = "wasm", test))]
#[expect(clippy::pedantic, reason = "generated from the WIT")]
mod bindings {
    wit_bindgen::generate!({
        world: "doorward:portable/link",
        path: ["../../../wit/host", "../../../wit/provider", "../../../wit/portable"],
        additional_derives: [PartialEq, Eq, Clone],
        generate_all,
    });
}
#[cfg(any(target_family = "wasm", test))]
mod chain;
#[cfg(any(target_family = "wasm", test))]
mod outcome;

#[cfg(target_family = "wasm")]
mod component;

#[cfg(any(target_family = "wasm", test))]
use bindings::doorward::provider::types;
