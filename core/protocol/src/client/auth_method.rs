//! `token_endpoint_auth_method`: RFC 7591 §2.

use crate::settings::Server;
use serde::{Deserialize, Serialize};

/// Client authentication at the token endpoint (RFC 7591 §2 `token_endpoint_auth_method`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client.
    None,
    /// RFC 6749 §2.3.1, in the `Authorization` header.
    ClientSecretBasic,
    /// RFC 6749 §2.3.1, in the body.
    ClientSecretPost,
    /// OpenID Connect Core §9, RFC 7523 §2.2: signed by its own key.
    PrivateKeyJwt,
    /// OpenID Connect Core §9: authenticated by its secret.
    ClientSecretJwt,
    /// RFC 8705 §2.1: a certificate that a certification authority vouches for.
    TlsClientAuth,
    /// RFC 8705 §2.2: a certificate whose key it registered.
    SelfSignedTlsClientAuth,
}

impl AuthMethod {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 7] = [
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
        Self::ClientSecretJwt,
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::None,
    ];

    /// Whether the configuration lets clients use it.
    #[must_use]
    pub const fn is_on(self, server: &Server) -> bool {
        match self {
            Self::PrivateKeyJwt | Self::ClientSecretBasic | Self::ClientSecretPost | Self::None => {
                true
            }
            Self::ClientSecretJwt => server.client_assertions.client_secret_jwt,
            Self::TlsClientAuth | Self::SelfSignedTlsClientAuth => server.mutual_tls.enabled,
        }
    }

    /// The registered name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
        }
    }

    /// Whether it works by a secret that client and server share.
    #[must_use]
    pub const fn has_secret(self) -> bool {
        match self {
            Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt => true,
            Self::None
            | Self::PrivateKeyJwt
            | Self::TlsClientAuth
            | Self::SelfSignedTlsClientAuth => false,
        }
    }
}
