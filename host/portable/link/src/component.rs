//! The export.
#![expect(unsafe_code, reason = "generated from the WIT: the export itself")]

use crate::bindings::doorward::host::settings;
use crate::bindings::doorward::portable::{baked, meter};
use crate::bindings::doorward::provider::{login_provider, logins as next};
use crate::bindings::export;
use crate::bindings::exports::doorward::provider::logins::{Error, Guest, Provider};
use crate::chain::{self, Around, Baked, Fault};
use crate::types::{Context, Description, Failure, Outcome, Request};
use alloc::{string::String, vec::Vec};
use doorward_portable_freestanding as _;

struct Imports;

impl Around for Imports {
    fn begin(&self) {
        meter::begin();
    }

    fn section(&self, name: &str) -> Option<String> {
        settings::section(name)
    }

    fn describe(&self) -> Description {
        login_provider::describe()
    }

    fn call(&self, context: &Context, request: &Request) -> Result<Outcome, Failure> {
        login_provider::handle(context, request)
    }
}

struct Link;

impl Guest for Link {
    fn list() -> Vec<Provider> {
        let own = Baked::read(&baked::document()).and_then(|baked| {
            let description = chain::describe(&Imports)?;
            Some(Provider {
                id: baked.provider,
                description,
            })
        });
        let rest = next::list().into_iter().map(|provider| Provider {
            id: provider.id,
            description: provider.description,
        });
        own.into_iter().chain(rest).collect()
    }

    fn handle(id: String, context: Context, request: Request) -> Result<Outcome, Error> {
        match Baked::read(&baked::document()).filter(|baked| baked.provider == id) {
            Some(baked) => {
                chain::handle(&Imports, &baked, context, &request).map_err(|fault| match fault {
                    Fault::Failed(failure) => Error::Failed(failure),
                    Fault::Crashed(reason) => Error::Crashed(reason),
                })
            }
            None => next::handle(&id, &context, &request).map_err(|error| match error {
                next::Error::UnknownProvider => Error::UnknownProvider,
                next::Error::Failed(failure) => Error::Failed(failure),
                next::Error::Crashed(reason) => Error::Crashed(reason),
            }),
        }
    }
}

export!(Link with_types_in crate::bindings);
