//! The demo client's `code_verifier` and `state`, made when the server starts and kept in memory.

use anyhow::Context as _;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// RFC 7636, S256.
pub(super) struct Pkce {
    /// `state`: binds the answer to the link that was printed.
    pub(super) state: String,
    /// `code_verifier`
    pub(super) verifier: String,
    /// `code_challenge`
    pub(super) challenge: String,
}

impl Pkce {
    /// Fresh values.
    pub(super) fn generate() -> anyhow::Result<Self> {
        let (state, verifier) = (random_text::<16>()?, random_text::<32>()?);
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        Ok(Self {
            state,
            verifier,
            challenge,
        })
    }
}

fn random_text<const BYTES: usize>() -> anyhow::Result<String> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes)
        .ok()
        .context("the system has no randomness")?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}
