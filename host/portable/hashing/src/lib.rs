//! Password hashing in software: `doorward:host/passwords` for hosts that have no Argon2 of their own, by the same rules and
//! parameters as the native server, in the one thread that there is.

mod bindings;
mod passwords;

use bindings::exports::doorward::host::passwords::{Failure, Guest, Verdict};
use zeroize::Zeroizing;

/// What the component exports.
struct Component;

impl Guest for Component {
    fn hash(password: Vec<u8>) -> Result<String, Failure> {
        passwords::hash(&Zeroizing::new(password), &passwords::current())
    }

    fn verify(password: Vec<u8>, phc: String) -> Result<Verdict, Failure> {
        passwords::verify(&Zeroizing::new(password), &phc, &passwords::current())
    }
}

#[cfg(target_family = "wasm")]
#[expect(
    unsafe_code,
    reason = "exported symbols are unsafe attributes in Rust 2024; the macro writes them"
)]
mod exports {
    use super::Component;
    crate::bindings::export!(Component with_types_in crate::bindings);
}
