//! The glue between a [`Provider`] and the exports of its component.

use crate::services::Upstream;
use crate::visit::settings;
use crate::{
    Context, Description, Failure, Leaver, Outcome, Provider, Request, Services, Visit, state,
};

/// `describe` of the world, for provider `P`.
#[must_use]
pub fn describe<P: Provider>() -> Description {
    P::describe()
}

/// `texts` of the world, for provider `P`.
#[must_use]
pub fn texts<P: Provider>(language: &str) -> Vec<(String, String)> {
    P::texts(language)
}

/// `forget` of the world, for provider `P` on any host.
///
/// # Errors
/// What the provider answers; `unavailable` if the settings do not fit its type.
pub fn forget<P: Provider>(services: &dyn Services, leaver: &Leaver) -> Result<(), Failure> {
    P::forget(services, &settings::<P>(&leaver.settings)?, leaver)
}

/// `handle` of the world, for provider `P` on any host: reads settings and state, calls the provider, writes the state.
///
/// # Errors
/// What the provider answers; `unavailable` if the settings do not fit its type or its new state is over 16 KiB.
pub fn handle<P: Provider>(
    services: &dyn Services,
    upstream: Option<&dyn Upstream>,
    context: &Context,
    request: &Request,
) -> Result<Outcome, Failure> {
    let visit = Visit::<P>::new(services, upstream, context, request)?;
    let answer = P::handle(&visit)?;
    let state = answer
        .state
        .as_ref()
        .map(|state| state::write(P::STATE_VERSION, state))
        .transpose()?;
    Ok(Outcome {
        step: answer.step,
        state,
    })
}

/// Makes the component of this crate out of a [`Provider`]. Call it once, in the crate that is the `cdylib`.
///
/// `export_provider!(GitHub, upstream)` for one that asks other servers, or verifies what they sign: it imports what
/// [`Visit::upstream`](crate::Visit::upstream) needs, and others do not. `export_provider!(Passkey, signatures)` for one that only
/// verifies: it imports that alone, and reaches nobody.
///
/// Does nothing when compiled natively, so that the crate's tests link.
#[macro_export]
macro_rules! export_provider {
    ($provider:ty) => {
        $crate::export_provider!(@ $provider, ::core::option::Option::None);
    };
    ($provider:ty, upstream) => {
        $crate::export_provider!(@ $provider, ::core::option::Option::Some(&$crate::host::Imports));
    };
    ($provider:ty, signatures) => {
        $crate::export_provider!(@ $provider, ::core::option::Option::Some(&$crate::host::Verifier));
    };
    (@ $provider:ty, $upstream:expr) => {
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "generated from the WIT: the export itself")]
        const _: () = {
            struct Component;

            impl $crate::bindings::exports::doorward::provider::login_provider::Guest for Component {
                fn describe() -> $crate::Description {
                    $crate::describe::<$provider>()
                }

                fn texts(
                    language: ::std::string::String,
                ) -> ::std::vec::Vec<(::std::string::String, ::std::string::String)> {
                    $crate::texts::<$provider>(&language)
                }

                fn forget(
                    leaver: $crate::Leaver,
                ) -> ::core::result::Result<(), $crate::Failure> {
                    $crate::forget::<$provider>(&$crate::host::Imports, &leaver)
                }

                fn handle(
                    context: $crate::Context,
                    request: $crate::Request,
                ) -> ::core::result::Result<$crate::Outcome, $crate::Failure> {
                    $crate::handle::<$provider>(
                        &$crate::host::Imports,
                        $upstream,
                        &context,
                        &request,
                    )
                }
            }

            $crate::bindings::export_component!(Component with_types_in $crate::bindings);
        };
    };
}
