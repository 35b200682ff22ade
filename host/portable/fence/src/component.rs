//! The exports.
#![expect(unsafe_code, reason = "generated from the WIT: the export itself")]

use crate::bindings::doorward::host::{
    events as outer_events, mail as outer_mail, records as outer, sealing as outer_sealing,
};
use crate::bindings::doorward::portable::baked;
use crate::bindings::export;
use crate::bindings::exports::doorward::host::{events, mail, records, sealing};
use crate::bindings::exports::doorward::portable::meter;
use crate::bindings::exports::wasi::http::outgoing_handler;
use crate::bindings::wasi::http::outgoing_handler as outer_http;
use crate::bindings::wasi::http::types::{
    ErrorCode, FutureIncomingResponse, OutgoingRequest, RequestOptions, Scheme,
};
use crate::bounds::{Admission, Left, MESSAGES_PER_CALL};
use crate::own::Own;
use alloc::{borrow::ToOwned as _, format, string::String, vec, vec::Vec};
use doorward_portable_freestanding as _;

/// What is left of the call under way. If a host keeps an instance for another request, `begin` starts anew.
static LEFT: Left = Left::new();

struct Fence;

const NAMELESS: &str = "the provider's fence does not know whose it is";

impl meter::Guest for Fence {
    fn begin() {
        LEFT.begin();
    }
}

type Answer<T> = Result<T, records::Failure>;

fn own() -> Answer<Own> {
    Own::read(&baked::document()).map_err(records::Failure::Unavailable)
}

fn key(key: &str) -> Answer<String> {
    own()?.key(key).map_err(records::Failure::Invalid)
}

fn failure(failure: outer::Failure) -> records::Failure {
    match failure {
        outer::Failure::Conflict => records::Failure::Conflict,
        outer::Failure::Invalid(text) => records::Failure::Invalid(text),
        outer::Failure::Unavailable(text) => records::Failure::Unavailable(text),
    }
}

impl records::Guest for Fence {
    fn get(name: String) -> Answer<Option<records::Entry>> {
        let entry = outer::get(&key(&name)?).map_err(failure)?;
        Ok(entry.map(|entry| records::Entry {
            value: entry.value,
            version: entry.version,
        }))
    }

    fn insert(name: String, value: Vec<u8>, expires_at: Option<u64>) -> Answer<u64> {
        outer::insert(&key(&name)?, &value, expires_at).map_err(failure)
    }

    fn replace(name: String, version: u64, value: Vec<u8>, expires_at: Option<u64>) -> Answer<u64> {
        outer::replace(&key(&name)?, version, &value, expires_at).map_err(failure)
    }

    fn remove(name: String, version: Option<u64>) -> Answer<()> {
        outer::remove(&key(&name)?, version).map_err(failure)
    }

    fn increment(name: String, by: u64, expires_at: u64) -> Answer<u64> {
        outer::increment(&key(&name)?, by, expires_at).map_err(failure)
    }

    fn list(prefix: String, after: Option<String>, limit: u32) -> Answer<Vec<records::Listed>> {
        let own = own()?;
        let after = after.map(|after| own.prefixed(&after));
        let listed = outer::list(&own.prefixed(&prefix), after.as_deref(), limit);
        let mine = |record: outer::Listed| {
            let key = own.stripped(&record.key)?.to_owned();
            Some(records::Listed {
                key,
                value: record.value,
                version: record.version,
            })
        };
        Ok(listed
            .map_err(failure)?
            .into_iter()
            .filter_map(mine)
            .collect())
    }
}

fn bound(associated_data: Vec<u8>) -> Result<Vec<u8>, sealing::Failure> {
    let own = own().map_err(|_| sealing::Failure::Unavailable(NAMELESS.to_owned()))?;
    Ok(own.bound(&associated_data))
}

fn sealing_failure(failure: outer_sealing::Failure) -> sealing::Failure {
    match failure {
        outer_sealing::Failure::Unsupported(text) => sealing::Failure::Unsupported(text),
        outer_sealing::Failure::Forged => sealing::Failure::Forged,
        outer_sealing::Failure::Unavailable(text) => sealing::Failure::Unavailable(text),
    }
}

impl sealing::Guest for Fence {
    fn seal(plaintext: Vec<u8>, associated_data: Vec<u8>) -> Result<Vec<u8>, sealing::Failure> {
        outer_sealing::seal(&plaintext, &bound(associated_data)?).map_err(sealing_failure)
    }

    fn open(sealed: Vec<u8>, associated_data: Vec<u8>) -> Result<Vec<u8>, sealing::Failure> {
        outer_sealing::open(&sealed, &bound(associated_data)?).map_err(sealing_failure)
    }
}

impl mail::Guest for Fence {
    fn deliver(message: mail::Message) -> Result<(), mail::Failure> {
        if !LEFT.message() {
            return Err(mail::Failure::Invalid(format!(
                "more than {MESSAGES_PER_CALL} messages in one call"
            )));
        }
        let message = outer_mail::Message {
            channel: message.channel,
            to: message.to,
            subject: message.subject,
            text: message.text,
            code: message.code,
        };
        outer_mail::deliver(&message).map_err(|failure| match failure {
            outer_mail::Failure::Unsupported(text) => mail::Failure::Unsupported(text),
            outer_mail::Failure::Invalid(text) => mail::Failure::Invalid(text),
            outer_mail::Failure::Unavailable(text) => mail::Failure::Unavailable(text),
        })
    }
}

impl outgoing_handler::Guest for Fence {
    fn handle(
        request: OutgoingRequest,
        options: Option<RequestOptions>,
    ) -> Result<FutureIncomingResponse, ErrorCode> {
        let https = matches!(request.scheme(), Some(Scheme::Https));
        let authority = request.authority().unwrap_or_default();
        if let Ok(own) = own()
            && own.reaches(https, &authority)
        {
            if let Some(here) = own.here(&authority) {
                let plain = request.set_scheme(Some(&Scheme::Http));
                let moved = plain.and_then(|()| request.set_authority(Some(here)));
                moved.map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
            }
            return outer_http::handle(request, options);
        }
        <Self as events::Guest>::emit(events::Event {
            name: "request.refused".to_owned(),
            level: events::Level::Warning,
            fields: vec![("host".to_owned(), authority)],
        });
        Err(ErrorCode::HttpRequestDenied)
    }
}

impl events::Guest for Fence {
    fn emit(event: events::Event) {
        let Ok(own) = own() else { return };
        let fields = event.fields.iter();
        let bytes: usize = fields.map(|(name, value)| name.len() + value.len()).sum();
        let passed = match LEFT.event(bytes + event.name.len()) {
            Admission::Drop => return,
            Admission::DropLoudly(reason) => outer_events::Event {
                name: own.event("event.dropped"),
                level: outer_events::Level::Warning,
                fields: own.fields(vec![("reason".to_owned(), reason.to_owned())]),
            },
            Admission::Pass => outer_events::Event {
                name: own.event(&event.name),
                level: match event.level {
                    events::Level::Info => outer_events::Level::Info,
                    events::Level::Warning => outer_events::Level::Warning,
                    events::Level::Error => outer_events::Level::Error,
                },
                fields: own.fields(event.fields),
            },
        };
        outer_events::emit(&passed);
    }
}

export!(Fence with_types_in crate::bindings);
