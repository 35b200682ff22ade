//! What stands between one provider and the host: its records under `provider/<id>/`, its events under its name, its events
//! and messages counted, its requests sent where the operator lets it go. The same bounds as in the native host.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

#[cfg(target_family = "wasm")]
#[expect(clippy::pedantic, reason = "generated from the WIT")]
mod bindings {
    wit_bindgen::generate!({
        world: "doorward:fence/fence",
        path: [
            "wit/http", "../../../wit/host", "../../../wit/provider", "../../../wit/portable", "wit/fence",
        ],
        generate_all,
    });
}
pub mod bounds;
pub mod own;

#[cfg(target_family = "wasm")]
mod component;
