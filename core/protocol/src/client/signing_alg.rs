//! `id_token_signed_response_alg`, `access_token_signed_response_alg`, `introspection_signed_response_alg`: how what a client gets is signed.

use super::Client;
use super::metadata::Unfit;
use crate::settings::Server;
use serde::{Deserialize, Serialize};

/// JOSE algorithms that we sign with (RFC 7518 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SigningAlg {
    /// ECDSA P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// ECDSA P-384 with SHA-384.
    Es384,
    /// Ed25519 (RFC 8037).
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl SigningAlg {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 4] = [Self::Rs256, Self::Es256, Self::Es384, Self::EdDsa];

    /// The JOSE name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Rs256 => "RS256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }
}

/// Whatever is signed for this client is signed by an algorithm that there are keys for.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub(super) fn check(client: &Client, server: &Server) -> Result<(), Unfit> {
    // Who never gets an ID token need not care for the default of how it is signed.
    let id_token = client
        .scope
        .has("openid")
        .then_some(client.id_token_signed_response_alg);
    for (member, alg) in [
        ("id_token_signed_response_alg", id_token),
        (
            "access_token_signed_response_alg",
            client.access_token_signed_response_alg,
        ),
        (
            "introspection_signed_response_alg",
            client.introspection_signed_response_alg,
        ),
    ] {
        if let Some(alg) = alg {
            server.signs_by(alg, member)?;
        }
    }
    Ok(())
}
