//! Rust for the contracts in `wit/`, generated.
#![allow(
    unsafe_code,
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    reason = "generated"
)]

wit_bindgen::generate!({
    world: "doorward:portable/services",
    path: ["../../../wit/host", "../../../wit/provider", "../../../wit/portable"],
    generate_all,
    additional_derives: [PartialEq, Eq],
});
