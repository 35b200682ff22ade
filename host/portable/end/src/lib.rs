//! The end of a chain of providers: there is none here, whatever the id.

#![cfg_attr(target_family = "wasm", no_std)]

#[cfg(target_family = "wasm")]
extern crate alloc;

#[cfg(target_family = "wasm")]
#[expect(clippy::pedantic, reason = "generated from the WIT")]
mod bindings {
    wit_bindgen::generate!({
        world: "doorward:portable/end",
        path: ["../../../wit/host", "../../../wit/provider", "../../../wit/portable"],
        generate_all,
    });
}

#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "generated from the WIT: the export itself")]
mod component {
    use super::bindings::doorward::provider::types::{
        Context, Description, Leaver, Outcome, Request,
    };
    use super::bindings::export;
    use super::bindings::exports::doorward::provider::logins::{Error, Guest, Provider};
    use alloc::{string::String, vec::Vec};
    use doorward_portable_freestanding as _;

    struct End;

    impl Guest for End {
        fn list() -> Vec<Provider> {
            Vec::new()
        }

        fn describe(_id: String) -> Option<Description> {
            None
        }

        fn texts(_id: String, _language: String) -> Vec<(String, String)> {
            Vec::new()
        }

        fn forget(_id: String, _leaver: Leaver) -> Result<(), Error> {
            Err(Error::UnknownProvider)
        }

        fn handle(_id: String, _context: Context, _request: Request) -> Result<Outcome, Error> {
            Err(Error::UnknownProvider)
        }
    }

    export!(End with_types_in super::bindings);
}
