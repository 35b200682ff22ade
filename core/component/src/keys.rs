//! [`Keys`] over `doorward:host/keys`, [`Sealing`] over `doorward:host/sealing`, [`Signatures`] over `doorward:host/signatures`.

use crate::bindings::doorward::host::keys::{self, Failure};
use crate::bindings::doorward::host::{sealing, signatures};
use crate::host::WitHost;
use doorward_protocol::ports::{KeyFailure, Keys, Sealing, Signatures};

impl Keys for WitHost {
    fn current(&self, alg: &str) -> Result<String, KeyFailure> {
        keys::current(alg).map_err(failure)
    }

    fn sign(&self, kid: &str, message: &[u8]) -> Result<Vec<u8>, KeyFailure> {
        keys::sign(kid, message).map_err(failure)
    }

    fn jwks(&self) -> Result<String, KeyFailure> {
        keys::jwks().map_err(failure)
    }
}

impl Sealing for WitHost {
    fn seal(&self, plaintext: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, KeyFailure> {
        sealing::seal(plaintext, associated_data).map_err(sealing_failure)
    }

    fn open(&self, sealed: &[u8], associated_data: &[u8]) -> Result<Vec<u8>, KeyFailure> {
        sealing::open(sealed, associated_data).map_err(sealing_failure)
    }
}

impl Signatures for WitHost {
    fn verify(
        &self,
        jwk: &str,
        alg: &str,
        message: &[u8],
        signature: &[u8],
    ) -> Result<bool, KeyFailure> {
        signatures::verify(jwk, alg, message, signature).map_err(|failure| match failure {
            signatures::Failure::Unsupported(what) => KeyFailure::Unsupported(what),
            signatures::Failure::Unavailable(why) => KeyFailure::Unavailable(why),
        })
    }
}

fn failure(failure: Failure) -> KeyFailure {
    match failure {
        Failure::UnknownKey => KeyFailure::UnknownKey,
        Failure::Unsupported(what) => KeyFailure::Unsupported(what),
        Failure::Unavailable(why) => KeyFailure::Unavailable(why),
    }
}

fn sealing_failure(failure: sealing::Failure) -> KeyFailure {
    match failure {
        sealing::Failure::Unsupported(what) => KeyFailure::Unsupported(what),
        sealing::Failure::Forged => KeyFailure::Forged,
        sealing::Failure::Unavailable(why) => KeyFailure::Unavailable(why),
    }
}
