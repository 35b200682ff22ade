//! A code as it is stored.

use serde::{Deserialize, Serialize};

use super::{DIGITS, Kind};
use crate::email::EmailAddress;
use crate::random;
use crate::secret::{equal, hex, sha256};
use crate::services::Services;

/// What a code is good for: one purpose, one address, one sign-in.
pub(super) struct Binding<'a> {
    pub(super) purpose: &'a str,
    pub(super) address: &'a EmailAddress,
    pub(super) sign_in: &'a str,
}

/// The record `code/<sign-in>`.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored<T> {
    purpose: String,
    address: EmailAddress,
    /// Names the counter of tries: each code has its own.
    serial: String,
    salt: String,
    /// SHA-256 over the salt, the binding and the code, in hexadecimal.
    hash: String,
    pub(super) kind: Kind,
    /// Seconds since the epoch.
    pub(super) sent_at: u64,
    pub(super) payload: T,
}

impl<T> Stored<T> {
    /// A new code, and what is to be mailed. For a note, the secret is no code: it has 32 characters, and no try has.
    pub(super) fn draw<'p>(
        services: &dyn Services,
        binding: &Binding<'_>,
        kind: Kind,
        payload: &'p T,
    ) -> (Stored<&'p T>, String) {
        let secret = match kind {
            Kind::Code => random::digits(services, DIGITS as usize),
            Kind::Note => random::id(services),
        };
        let salt = random::id(services);
        let stored = Stored {
            purpose: binding.purpose.to_owned(),
            address: binding.address.clone(),
            serial: random::id(services),
            hash: digest(&salt, binding, &secret),
            salt,
            kind,
            sent_at: services.now(),
            payload,
        };
        (stored, secret)
    }

    /// Whether it is for this purpose and address.
    pub(super) fn is_bound_to(&self, binding: &Binding<'_>) -> bool {
        self.purpose == binding.purpose && self.address == *binding.address
    }

    /// Whether `code` is the one that was sent.
    pub(super) fn matches(&self, binding: &Binding<'_>, code: &str) -> bool {
        let right = equal(
            digest(&self.salt, binding, code).as_bytes(),
            self.hash.as_bytes(),
        );
        right && self.kind == Kind::Code
    }

    pub(super) fn tries_key(&self) -> String {
        format!("tries/{}", self.serial)
    }
}

fn digest(salt: &str, binding: &Binding<'_>, code: &str) -> String {
    let Binding {
        purpose,
        address,
        sign_in,
    } = binding;
    hex(&sha256(
        &[salt, purpose, address.as_str(), sign_in, code].map(str::as_bytes),
    ))
}
