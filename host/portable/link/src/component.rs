//! The export.
#![expect(unsafe_code, reason = "generated from the WIT: the export itself")]

use crate::bindings::doorward::host::settings;
use crate::bindings::doorward::portable::{baked, meter};
use crate::bindings::doorward::provider::{login_provider, logins as next};
use crate::bindings::export;
use crate::bindings::exports::doorward::provider::logins::{Error, Guest, Provider};
use crate::chain::{self, Around, Baked, Fault};
use crate::types::{Context, Description, Failure, Leaver, Outcome, Request};
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

    fn texts(&self, language: &str) -> Vec<(String, String)> {
        login_provider::texts(language)
    }

    fn forget(&self, leaver: &Leaver) -> Result<(), Failure> {
        login_provider::forget(leaver)
    }

    fn call(&self, context: &Context, request: &Request) -> Result<Outcome, Failure> {
        login_provider::handle(context, request)
    }
}

struct Link;

/// The document of the provider here, if it has this id.
fn own(id: &str) -> Option<Baked> {
    Baked::read(&baked::document()).filter(|baked| baked.provider == id)
}

fn error(fault: Fault) -> Error {
    match fault {
        Fault::Failed(failure) => Error::Failed(failure),
        Fault::Crashed(reason) => Error::Crashed(reason),
    }
}

fn passed_on(error: next::Error) -> Error {
    match error {
        next::Error::UnknownProvider => Error::UnknownProvider,
        next::Error::Failed(failure) => Error::Failed(failure),
        next::Error::Crashed(reason) => Error::Crashed(reason),
    }
}

impl Guest for Link {
    fn list() -> Vec<Provider> {
        let own = Baked::read(&baked::document()).and_then(|baked| {
            let description = chain::describe(&Imports, &baked)?;
            Some(Provider {
                id: baked.provider,
                label: description.label,
                purposes: description.purposes,
                manage_label: description.manage_label,
            })
        });
        let rest = next::list().into_iter().map(|provider| Provider {
            id: provider.id,
            label: provider.label,
            purposes: provider.purposes,
            manage_label: provider.manage_label,
        });
        own.into_iter().chain(rest).collect()
    }

    fn describe(id: String) -> Option<Description> {
        match own(&id) {
            Some(baked) => chain::describe(&Imports, &baked),
            None => next::describe(&id),
        }
    }

    fn texts(id: String, language: String) -> Vec<(String, String)> {
        match own(&id) {
            Some(baked) => chain::texts(&Imports, &baked, &language),
            None => next::texts(&id, &language),
        }
    }

    fn handle(id: String, context: Context, request: Request) -> Result<Outcome, Error> {
        match own(&id) {
            Some(baked) => chain::handle(&Imports, &baked, context, &request).map_err(error),
            None => next::handle(&id, &context, &request).map_err(passed_on),
        }
    }

    fn forget(id: String, leaver: Leaver) -> Result<(), Error> {
        match own(&id) {
            Some(baked) => chain::forget(&Imports, &baked, leaver).map_err(error),
            None => next::forget(&id, &leaver).map_err(passed_on),
        }
    }
}

export!(Link with_types_in crate::bindings);
