//! Keys in software, settings, mail over HTTP and events, for hosts that have none of their own: the other side of most of
//! what the core imports, where all that a host gives is records, variables and HTTP.
//!
//! A host may start a fresh instance for every request or use one for many. What an instance remembers is a cache; truth is in the
//! records.

mod bindings;
mod events;
mod host;
mod keys;
mod mail;
mod settings;
mod url;

#[cfg(test)]
mod fake;

use bindings::exports::doorward::host as exported;
use bindings::exports::doorward::host::mail::Message;
use host::{Host as _, WitHost};
use keys::Keyring;
use settings::Settings;
use zeroize::Zeroizing;

/// What the component exports.
struct Component;

/// What one instance remembers from one call to the next.
#[derive(Default)]
struct Instance {
    settings: Settings,
    keyring: Keyring,
}

thread_local! {
    static INSTANCE: Instance = Instance::default();
}

impl exported::settings::Guest for Component {
    fn section(name: String) -> Option<String> {
        INSTANCE.with(|instance| instance.settings.section(&name, &WitHost))
    }

    fn secret(reference: String) -> Option<Vec<u8>> {
        settings::secret(&reference, &WitHost)
    }
}

impl exported::events::Guest for Component {
    fn emit(event: exported::events::Event) {
        WitHost.emit(&event);
    }
}

impl exported::mail::Guest for Component {
    fn deliver(message: Message) -> Result<(), exported::mail::Failure> {
        INSTANCE.with(|instance| {
            let settings = instance.settings.mail(&WitHost);
            let request = mail::request(&message, settings, &WitHost)?;
            mail::outcome(&mail::wasi::send(&request))
        })
    }
}

/// Runs `call` with the keys and how they are rotated.
fn keys<T>(
    call: impl FnOnce(&Keyring, &keys::Options) -> Result<T, keys::Failure>,
) -> Result<T, keys::Failure> {
    INSTANCE.with(|instance| call(&instance.keyring, &instance.settings.keys(&WitHost)))
}

impl exported::keys::Guest for Component {
    fn current(alg: String) -> Result<String, exported::keys::Failure> {
        keys(|keyring, options| keyring.current(&alg, options, &WitHost)).map_err(Into::into)
    }

    fn sign(kid: String, message: Vec<u8>) -> Result<Vec<u8>, exported::keys::Failure> {
        INSTANCE
            .with(|instance| instance.keyring.sign(&kid, &message, &WitHost))
            .map_err(Into::into)
    }

    fn jwks() -> Result<String, exported::keys::Failure> {
        keys(|keyring, options| keyring.jwks(options, &WitHost)).map_err(Into::into)
    }
}

impl exported::sealing::Guest for Component {
    fn seal(
        plaintext: Vec<u8>,
        associated_data: Vec<u8>,
    ) -> Result<Vec<u8>, exported::sealing::Failure> {
        let plaintext = Zeroizing::new(plaintext);
        INSTANCE.with(|instance| {
            instance
                .keyring
                .seal(&plaintext, &associated_data, &WitHost)
                .map_err(Into::into)
        })
    }

    fn open(
        sealed: Vec<u8>,
        associated_data: Vec<u8>,
    ) -> Result<Vec<u8>, exported::sealing::Failure> {
        INSTANCE.with(|instance| {
            let opened = instance.keyring.open(&sealed, &associated_data, &WitHost);
            opened.map_err(Into::into)
        })
    }
}

impl exported::signatures::Guest for Component {
    fn verify(
        jwk: String,
        alg: String,
        message: Vec<u8>,
        signature: Vec<u8>,
    ) -> Result<bool, exported::signatures::Failure> {
        use exported::signatures::Failure;
        keys::verify(&jwk, &alg, &message, &signature).map_err(|failure| match failure {
            keys::Failure::Unsupported(what) => Failure::Unsupported(what),
            other => Failure::Unavailable(format!("{other:?}")),
        })
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
