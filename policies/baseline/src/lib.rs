//! The policy that grants what was asked and the client may have, nothing more.
//!
//! It is what decides where an operator has configured no other policy.
//!
//! The component imports nothing, not even WASI: a policy must not be able to read a clock or a file. The standard
//! library of the target would bring such imports along, so in the component there is none of it.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

use alloc::{borrow::ToOwned, string::String, vec, vec::Vec};

#[expect(clippy::pedantic, reason = "generated from the WIT")]
mod bindings;

use bindings::doorward::policy::types::{Decision, Denial, Input};

/// Stages that this policy knows. It denies one that it does not know.
const STAGES: [&str; 5] = [
    "registration",
    "authorization",
    "issue",
    "refresh",
    "exchange",
];

/// The one rule that it has, as the decision log names it.
const RULE: &str = "baseline";

/// Decides: of the scopes asked for, those that the client has registered, each once, in the order asked.
#[must_use]
pub fn decide(input: &Input) -> Decision {
    if !STAGES.contains(&input.stage.as_str()) {
        let deny = Denial {
            reason: "unknown-stage".to_owned(),
            message: None,
        };
        return Decision {
            deny: Some(deny),
            ..nothing()
        };
    }
    let mut scopes: Vec<String> = Vec::with_capacity(input.scopes.len());
    for scope in &input.scopes {
        if input.client.scopes.contains(scope) && !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    Decision {
        scopes,
        ..nothing()
    }
}

/// No scope, no bound, no demand.
fn nothing() -> Decision {
    Decision {
        deny: None,
        scopes: Vec::new(),
        access_token_lifetime_s: None,
        refresh_token_lifetime_s: None,
        require_acr: None,
        require_provider: None,
        require_consent: false,
        claims: Vec::new(),
        rules: vec![RULE.to_owned()],
    }
}

#[cfg(target_family = "wasm")]
#[expect(unsafe_code, reason = "generated from the WIT: the export itself")]
mod component {
    //! The export, and what stands in for the standard library.

    use alloc::{alloc::Layout, string::String};

    use super::bindings::doorward::policy::types::{Decision, Input};
    use super::bindings::{export, exports::doorward::policy::engine::Guest};

    #[global_allocator]
    static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

    // `memcmp`, which comparing strings compiles to; nothing else of it is linked.
    #[link(name = "c")]
    unsafe extern "C" {}

    /// By which the host writes arguments into this component's memory: the canonical ABI's `realloc`, over the
    /// allocator that frees them. (The one of the C library would bring an allocator of its own.)
    ///
    /// # Safety
    /// As the canonical ABI says: `old` came from here with `old_size` and `align`, or `old_size` is 0.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn cabi_realloc(
        old: *mut u8,
        old_size: usize,
        align: usize,
        new_size: usize,
    ) -> *mut u8 {
        let (Ok(before), Ok(after)) = (
            Layout::from_size_align(old_size, align),
            Layout::from_size_align(new_size, align),
        ) else {
            core::arch::wasm32::unreachable()
        };
        let new = match (old_size, new_size) {
            (_, 0) => return core::ptr::without_provenance_mut(align),
            // SAFETY: the size is not 0.
            (0, _) => unsafe { alloc::alloc::alloc(after) },
            // SAFETY: neither size is 0, and the caller says that `old` was allocated so.
            _ => unsafe { alloc::alloc::realloc(old, before, new_size) },
        };
        if new.is_null() {
            core::arch::wasm32::unreachable()
        } else {
            new
        }
    }

    /// A trap: the host denies.
    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
        core::arch::wasm32::unreachable()
    }

    struct Baseline;

    impl Guest for Baseline {
        fn decide(input: Input) -> Result<Decision, String> {
            Ok(super::decide(&input))
        }
    }

    export!(Baseline with_types_in super::bindings);
}

#[cfg(test)]
mod tests {
    use super::bindings::doorward::policy::types::Client;
    use super::*;

    fn input(stage: &str, asked: &[&str], registered: &[&str]) -> Input {
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Input {
            stage: stage.to_owned(),
            now: 0,
            client: Client {
                id: "app".to_owned(),
                kind: "public".to_owned(),
                trust: "declared".to_owned(),
                name: None,
                scopes: owned(registered),
                redirect_uris: Vec::new(),
            },
            user: None,
            session: None,
            grant_type: "authorization_code".to_owned(),
            scopes: owned(asked),
            resources: Vec::new(),
        }
    }

    #[test]
    fn every_known_stage_grants_what_was_asked_and_registered() {
        for stage in STAGES {
            let decision = decide(&input(
                stage,
                &["openid", "admin", "email"],
                &["email", "openid", "profile"],
            ));
            assert_eq!(
                decision,
                Decision {
                    scopes: vec!["openid".to_owned(), "email".to_owned()],
                    ..nothing()
                }
            );
        }
    }

    #[test]
    fn a_client_without_scopes_gets_none() {
        let decision = decide(&input("issue", &["openid"], &[]));
        assert_eq!((decision.deny, decision.scopes), (None, Vec::new()));
    }

    #[test]
    fn scopes_are_compared_as_a_whole_and_in_their_case() {
        let decision = decide(&input("issue", &["read:all", "Read", "rea"], &["read"]));
        assert_eq!(decision.scopes, Vec::<String>::new());
    }

    #[test]
    fn what_was_asked_twice_is_granted_once() {
        assert_eq!(
            decide(&input("issue", &["a", "a"], &["a", "a"])).scopes,
            ["a"]
        );
    }

    #[test]
    fn an_unknown_stage_is_denied_and_grants_nothing() {
        for stage in ["unheard-of", "", "Exchange", "issue "] {
            let decision = decide(&input(stage, &["openid"], &["openid"]));
            assert_eq!(decision.deny.unwrap().reason, "unknown-stage");
            assert_eq!(decision.scopes, Vec::<String>::new());
        }
    }
}
