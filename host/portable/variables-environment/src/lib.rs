//! Variables from the environment: `sealing_key` is `DOORWARD_SEALING_KEY`.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

use alloc::string::String;

#[cfg(target_family = "wasm")]
#[expect(clippy::pedantic, reason = "generated from the WIT")]
mod bindings {
    wit_bindgen::generate!({
        world: "doorward:variables-environment/adapter",
        path: [
            "wit/cli", "../../../wit/host", "../../../wit/provider", "../../../wit/portable", "wit/adapter",
        ],
        generate_all,
    });
}

/// What stands in front of every name.
const PREFIX: &str = "DOORWARD_";

/// The value of the variable `name` out of an environment; `None` if it is not there or empty.
pub fn find(name: &str, environment: impl IntoIterator<Item = (String, String)>) -> Option<String> {
    let is_it = |key: &str| {
        key.strip_prefix(PREFIX).is_some_and(|rest| {
            rest.bytes()
                .eq(name.bytes().map(|byte| byte.to_ascii_uppercase()))
        })
    };
    let (_, value) = environment.into_iter().find(|(key, _)| is_it(key))?;
    Some(value).filter(|value| !value.is_empty())
}

#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "generated from the WIT: the export itself")]
mod component {
    use super::bindings::exports::doorward::portable::variables::Guest;
    use super::bindings::{export, wasi::cli::environment};
    use alloc::string::String;
    use doorward_portable_freestanding as _;

    struct Variables;

    impl Guest for Variables {
        fn get(name: String) -> Result<Option<String>, String> {
            Ok(super::find(&name, environment::get_environment()))
        }
    }

    export!(Variables with_types_in super::bindings);
}

#[cfg(test)]
mod tests {
    use super::find;

    fn found(name: &str) -> Option<String> {
        let environment = [
            ("sealing_key", "lower"),
            ("SEALING_KEY", "without prefix"),
            ("DOORWARD_SEALING_KEY_OLD", "longer"),
            ("DOORWARD_SEALING_KEY", "right"),
            ("DOORWARD_MAIL_TOKEN", ""),
        ];
        find(
            name,
            environment.map(|(key, value)| (key.to_owned(), value.to_owned())),
        )
    }

    #[test]
    fn a_name_is_in_upper_case_behind_the_prefix() {
        assert_eq!(found("sealing_key").as_deref(), Some("right"));
        assert_eq!(found("issuer"), None);
    }

    #[test]
    fn an_empty_value_is_none() {
        assert_eq!(found("mail_token"), None);
    }
}
