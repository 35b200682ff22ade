//! Hashing and verifying: Argon2id (RFC 9106) with the parameters that OWASP advises for servers.

use crate::bindings::exports::doorward::host::passwords::{Failure, Verdict};
use argon2::password_hash::PasswordHasher as _;
use argon2::{Algorithm, Argon2, Params, Version};

/// The native server's own, so that there is one set of bounds.
#[path = "../../../wasmtime/src/passwords/stored.rs"]
mod stored;

#[cfg(test)]
mod tests;

use stored::Stored;

/// Longest password, in bytes.
const MAX_PASSWORD_BYTES: usize = 1024;
/// Salt of a new hash, in bytes (RFC 9106 §3.1).
const SALT_BYTES: usize = 16;

/// How passwords are hashed now: 19 MiB, two passes, one lane.
pub(crate) fn current() -> Params {
    // What argon2 has by default; a test holds it to the numbers.
    Params::DEFAULT
}

/// Hashes a password into a PHC string.
///
/// # Errors
/// [`Failure::Invalid`]: too long. [`Failure::Busy`]: no memory or no randomness now; both pass.
pub(crate) fn hash(password: &[u8], params: &Params) -> Result<String, Failure> {
    check_length(password)?;
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(|_| Failure::Busy)?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_with_salt(password, &salt)
        .map(|phc| phc.to_string())
        .map_err(|_| Failure::Busy)
}

/// Whether `password` is the one that `phc` was made from.
///
/// # Errors
/// [`Failure::Invalid`]: the password is too long; or `phc` is not an Argon2 PHC string, or asks for more memory or time than
/// is ready to be spent. [`Failure::Busy`]: no memory now.
pub(crate) fn verify(password: &[u8], phc: &str, params: &Params) -> Result<Verdict, Failure> {
    check_length(password)?;
    Stored::parse(phc)?.verify(password, params)
}

fn check_length(password: &[u8]) -> Result<(), Failure> {
    if password.len() > MAX_PASSWORD_BYTES {
        return Err(Failure::Invalid(format!(
            "the password is longer than {MAX_PASSWORD_BYTES} bytes"
        )));
    }
    Ok(())
}
