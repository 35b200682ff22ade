//! Variables from Spin: those that the manifest maps for the component (`[component.<id>.variables]`).

#![cfg_attr(target_family = "wasm", no_std)]

#[cfg(any(target_family = "wasm", test))]
extern crate alloc;

#[cfg(any(target_family = "wasm", test))]
use alloc::{format, string::String};

#[cfg(any(target_family = "wasm", test))]
#[expect(clippy::pedantic, reason = "generated from the WIT")]
mod bindings {
    wit_bindgen::generate!({
        world: "doorward:variables-spin/adapter",
        path: [
            "wit/spin", "../../../wit/host", "../../../wit/provider", "../../../wit/portable", "wit/adapter",
        ],
        generate_all,
    });
}

#[cfg(any(target_family = "wasm", test))]
use bindings::fermyon::spin::variables::Error;

/// What Spin answered, as `doorward:portable/variables` says it: a name that the manifest does not map is not set.
///
/// # Errors
/// Spin's own words, if the source of the values did not answer.
#[cfg(any(target_family = "wasm", test))]
fn answer(spin: Result<String, Error>) -> Result<Option<String>, String> {
    match spin {
        Ok(value) => Ok(Some(value).filter(|value| !value.is_empty())),
        Err(Error::Undefined(_)) => Ok(None),
        Err(Error::InvalidName(text)) => {
            Err(format!("Spin takes the name for no variable's: {text}"))
        }
        Err(Error::Provider(text)) => {
            Err(format!("Spin's source of variables did not answer: {text}"))
        }
        Err(Error::Other(text)) => Err(format!("Spin: {text}")),
    }
}

#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "generated from the WIT: the export itself")]
mod component {
    use super::bindings::exports::doorward::portable::variables::Guest;
    use super::bindings::{export, fermyon::spin::variables};
    use alloc::string::String;
    use doorward_portable_freestanding as _;

    struct Variables;

    impl Guest for Variables {
        fn get(name: String) -> Result<Option<String>, String> {
            super::answer(variables::get(&name))
        }
    }

    export!(Variables with_types_in super::bindings);
}

#[cfg(test)]
mod tests {
    use super::{Error, answer};

    #[test]
    fn what_is_not_mapped_or_empty_is_not_set() {
        assert_eq!(answer(Ok("x".to_owned())), Ok(Some("x".to_owned())));
        assert_eq!(answer(Ok(String::new())), Ok(None));
        assert_eq!(answer(Err(Error::Undefined("x".to_owned()))), Ok(None));
    }

    #[test]
    fn a_source_that_does_not_answer_is_an_error_and_never_unset() {
        for error in [Error::Provider, Error::Other, Error::InvalidName] {
            let text = answer(Err(error("vault is sealed".to_owned()))).unwrap_err();
            assert!(text.contains("vault is sealed"), "{text}");
        }
    }
}
