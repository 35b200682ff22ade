//! Clients: RFC 6749 §2. A client is a record; what a profile means is written in it, and no rule asks for more.

pub mod assertion;
pub mod authenticate;
pub mod basic;
pub mod client_secret_jwt;
pub mod initial_access;
pub mod keys;
pub mod metadata;
pub mod metadata_document;
pub mod mutual_tls;
pub mod private_key_jwt;
pub mod profile;
pub mod registration;

use crate::ports::Host;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::SecretHash;
use crate::settings::Server;
use crate::store;
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};

/// A registered client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the members of RFC 7591 and its sisters"
)]
pub struct Client {
    /// `client_id` (RFC 6749 §2.2): 1 to 128 characters of `A-Z a-z 0-9 . _ ~ -`.
    pub client_id: String,
    /// What people are told that it is called. Untrusted text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// See [`crate::redirect_uri`].
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Where to go after sign-out (OpenID Connect RP-Initiated Logout §2.1).
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// What it may use the token endpoint for.
    pub grant_types: Vec<GrantType>,
    /// How it proves who it is.
    pub token_endpoint_auth_method: AuthMethod,
    /// The scopes that it may have at all, and gets when it asks for none.
    pub scope: Scope,
    /// How its ID tokens are signed (OpenID Connect Registration §2): `RS256` unless it says otherwise.
    pub id_token_signed_response_alg: SigningAlg,
    /// Its home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_uri: Option<String>,
    /// Its privacy policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_uri: Option<String>,
    /// Its terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tos_uri: Option<String>,
    /// Whether a code must be asked for with PKCE. Always true for public clients; `false` only for confidential ones
    /// that cannot (OAuth 2.1 §7.5.1.1).
    #[serde(default = "yes")]
    pub require_pkce: bool,
    /// Whether people are asked.
    #[serde(default)]
    pub consent: ConsentRule,
    /// How long after its rotation a refresh token still answers with the same successor, seconds: 30 unless set here or
    /// for the server; 0 is strict; at most 3600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_reuse_window_s: Option<u32>,
    /// Lifetime of its access tokens, seconds, if not the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_lifetime_s: Option<u32>,
    /// Lifetime of its refresh tokens since their last rotation, seconds, if not the server's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_lifetime_s: Option<u32>,
    /// A registered loopback redirect URI stands for every path on that host. For `doorward dev` only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub loopback_any_path: bool,
    /// Its secrets, hashed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secrets: Vec<ClientSecret>,
    /// Its public keys, by value: a JWK Set (RFC 7591 §2). Never together with `jwks_uri`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// Its public keys, by reference: an https URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_uri: Option<String>,
    /// The only algorithm of its assertions, if it named one (OpenID Connect Registration §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// Its assertions may also name the token endpoint as their audience, as RFC 7523 §3 once suggested.
    #[serde(default, skip_serializing_if = "is_false")]
    pub legacy_assertion_audience: bool,
    /// The certificate that it authenticates with (RFC 8705 §2.1.2): exactly one member is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_client_auth: Option<TlsClientAuth>,
    /// Its tokens are bound to its certificate (RFC 8705 §3.4).
    #[serde(default, skip_serializing_if = "is_false")]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// It asks for tokens with a `DPoP` proof, always (RFC 9449 §5.2).
    #[serde(default, skip_serializing_if = "is_false")]
    pub dpop_bound_access_tokens: bool,
    /// It pushes its authorization requests, always (RFC 9126 §6).
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_pushed_authorization_requests: bool,
    /// It signs its authorization requests, always (RFC 9101 §10.5).
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_signed_request_object: bool,
    /// The only algorithm of its request objects, if it named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_object_signing_alg: Option<String>,
    /// Its request objects must say `typ` `oauth-authz-req+jwt` (RFC 9101 §10.8).
    #[serde(default, skip_serializing_if = "is_false")]
    pub require_request_object_typ: bool,
    /// Whether other clients can recognise the people that it knows (OpenID Connect Core §8).
    #[serde(default)]
    pub subject_type: SubjectType,
    /// The host that stands for all clients that see the same pairwise subjects (Core §8.1): that of
    /// `sector_identifier_uri`, or of its redirect URIs. Set whenever `subject_type` is `pairwise`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier: Option<String>,
    /// How its access tokens are signed, where no resource says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_signed_response_alg: Option<SigningAlg>,
    /// The `typ` of its access tokens, where no resource says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_typ: Option<AccessTokenTyp>,
    /// Access tokens also say what an `OpenAuth` client reads: `mode`, `type`, which is this value, and `properties`. See
    /// [`mod@crate::token::subject`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject_properties: Option<String>,
    /// For whom access tokens are that name no resource.
    #[serde(default)]
    pub access_token_audience: AccessTokenAudience,
    /// The scope of a request that names none; part of `scope`. Default: all of `scope` but `offline_access`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_scope: Option<Scope>,
    /// Its introspection answers are JWTs signed so (RFC 9701 §6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspection_signed_response_alg: Option<SigningAlg>,
    /// Where it wants to be told that a session is over (OpenID Connect Back-Channel Logout §2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<String>,
    /// The logout token must name the session (Back-Channel Logout §2.2).
    #[serde(default, skip_serializing_if = "is_false")]
    pub backchannel_logout_session_required: bool,
    /// `max_age` where the request names none, seconds (OpenID Connect Registration §2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_max_age: Option<u64>,
    /// `acr_values` where the request names none (OpenID Connect Registration §2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub default_acr_values: Vec<String>,
    /// The types of `authorization_details` that it may ask for (RFC 9396 §10).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub authorization_details_types: Vec<String>,
    /// Whether it runs on a server or on people's devices (OpenID Connect Registration §2).
    #[serde(default)]
    pub application_type: ApplicationType,
    /// It may refresh without naming itself: the token alone says whose it is. For public clients of `OpenAuth` only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub refresh_without_client_id: bool,
    /// Clients whose tokens it may exchange, beside its own (RFC 8693).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub token_exchange_from: Vec<String>,
    /// Who acts by a token that it exchanged is not named in it (RFC 8693 §1.1): it poses as the person.
    #[serde(default, skip_serializing_if = "is_false")]
    pub token_exchange_impersonation: bool,
    /// How it manages itself, if it registered itself (RFC 7592).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<registration::Registration>,
    /// Who vouches for it.
    pub trust: Trust,
    /// When it was registered.
    #[serde(default)]
    pub client_id_issued_at: UnixTime,
}

const fn yes() -> bool {
    true
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// A client secret, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// SHA-256 of the secret.
    pub sha256: SecretHash,
    /// When it was made.
    #[serde(default)]
    pub created_at: UnixTime,
    /// When it stops working: set when it was rotated with an overlap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<UnixTime>,
    /// The secret itself, sealed by the host, base64url: see [`client_secret_jwt`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<String>,
}

/// What a certificate must say for its client to be authenticated by it (RFC 8705 §2.1.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsClientAuth {
    /// `tls_client_auth_subject_dn`: a distinguished name (RFC 4514).
    SubjectDn(String),
    /// `tls_client_auth_san_dns`
    SanDns(String),
    /// `tls_client_auth_san_uri`
    SanUri(String),
    /// `tls_client_auth_san_ip`
    SanIp(String),
    /// `tls_client_auth_san_email`
    SanEmail(String),
}

/// OpenID Connect Core §8.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum SubjectType {
    /// One `sub` for all clients.
    #[default]
    Public,
    /// One `sub` for each sector.
    Pairwise,
}

/// OpenID Connect Registration §2 `application_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ApplicationType {
    /// On a server, or in a browser.
    #[default]
    Web,
    /// On people's devices.
    Native,
}

/// The `typ` of an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
pub enum AccessTokenTyp {
    /// RFC 9068 §2.1.
    #[default]
    #[serde(rename = "at+jwt")]
    AtJwt,
    /// For verifiers that know no other, such as Convex.
    #[serde(rename = "JWT")]
    Jwt,
}

/// For whom an access token is that names no resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum AccessTokenAudience {
    /// The issuer: for the userinfo endpoint.
    #[default]
    Issuer,
    /// The client itself, as `OpenAuth` and Convex have it. A `client_id` is never the URI of a resource.
    Client,
}

impl AccessTokenTyp {
    /// As the header has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AtJwt => "at+jwt",
            Self::Jwt => "JWT",
        }
    }
}

/// Grant types (RFC 7591 §2 `grant_types`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// OAuth 2.1 §4.1
    AuthorizationCode,
    /// OAuth 2.1 §4.3
    RefreshToken,
    /// OAuth 2.1 §4.2
    ClientCredentials,
    /// RFC 8628
    #[serde(rename = "urn:ietf:params:oauth:grant-type:device_code")]
    DeviceCode,
    /// RFC 8693
    #[serde(rename = "urn:ietf:params:oauth:grant-type:token-exchange")]
    TokenExchange,
    /// RFC 7523
    #[serde(rename = "urn:ietf:params:oauth:grant-type:jwt-bearer")]
    JwtBearer,
}

impl GrantType {
    /// All of them, in the order in which metadata lists them.
    pub const ALL: [Self; 6] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::ClientCredentials,
        Self::DeviceCode,
        Self::TokenExchange,
        Self::JwtBearer,
    ];

    /// The value of `grant_type`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::ClientCredentials => "client_credentials",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
            Self::JwtBearer => "urn:ietf:params:oauth:grant-type:jwt-bearer",
        }
    }
}

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

/// Whether people are asked before a client gets anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum ConsentRule {
    /// They are.
    #[default]
    Explicit,
    /// The operator answers for them: the client is the operator's own.
    Implicit,
}

/// Who vouches for a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// It stands in the configuration.
    Declared,
    /// The operator registered it by command.
    Registered,
    /// It registered itself (RFC 7591).
    Dynamic,
    /// Its id is the URL of a document that says who it is.
    MetadataDocument,
}

impl Trust {
    /// As policies see it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::Registered => "registered",
            Self::Dynamic => "dynamic",
            Self::MetadataDocument => "metadata_document",
        }
    }
}

impl Client {
    /// The scope of a request that names none.
    #[must_use]
    pub fn default_scope(&self) -> Scope {
        match &self.default_scope {
            Some(scope) => scope.within(&self.scope),
            None => self.scope.only(|token| token != "offline_access"),
        }
    }

    /// The audience of its access tokens that name no resource.
    #[must_use]
    pub fn audience<'a>(&'a self, issuer: &'a str) -> &'a str {
        match self.access_token_audience {
            AccessTokenAudience::Issuer => issuer,
            AccessTokenAudience::Client => &self.client_id,
        }
    }

    /// Whether it can keep a secret (RFC 6749 §2.1).
    #[must_use]
    pub fn is_confidential(&self) -> bool {
        self.token_endpoint_auth_method != AuthMethod::None
    }

    /// Whether it registered for a grant type.
    #[must_use]
    pub fn may(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }

    /// Whether what was given at `at` can have been given to this client. If not, it was given to one of the same name that the operator
    /// removed since: removing a client ends what it was given, and adding another does not bring that back.
    #[must_use]
    pub fn was_there(&self, at: UnixTime) -> bool {
        self.trust != Trust::Registered || self.client_id_issued_at <= at
    }

    /// Until when its record is kept; `None`: until somebody removes it.
    #[must_use]
    pub fn kept_until(&self) -> Option<UnixTime> {
        self.registration
            .as_ref()
            .map(|registration| registration.expires_at)
    }

    /// Whether nobody registered it here: it did so itself, or is known by a document.
    #[must_use]
    pub const fn came_by_itself(&self) -> bool {
        matches!(self.trust, Trust::Dynamic | Trust::MetadataDocument)
    }

    /// Whether nobody here vouches for what it says of itself: it registered itself, or is known by a document whose URL
    /// the operator did not list.
    #[must_use]
    pub fn is_unverified(&self, server: &Server) -> bool {
        match self.trust {
            Trust::Declared | Trust::Registered => false,
            Trust::Dynamic => true,
            Trust::MetadataDocument => !server.client_id_metadata.trusted.contains(&self.client_id),
        }
    }

    /// As policies see it.
    #[must_use]
    pub fn facts(&self) -> crate::policy::ClientFacts {
        crate::policy::ClientFacts {
            id: self.client_id.clone(),
            kind: if self.is_confidential() {
                "confidential"
            } else {
                "public"
            }
            .to_owned(),
            trust: self.trust.name().to_owned(),
            name: self.client_name.clone(),
            scopes: self.scope.tokens().to_vec(),
            redirect_uris: self.redirect_uris.clone(),
        }
    }
}

/// Whether a text can be a `client_id` here: it becomes part of a key.
#[must_use]
pub fn is_client_id(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(legal)
}

/// The key of a registered client's record.
#[must_use]
pub fn key(client_id: &str) -> String {
    format!("client/{client_id}")
}

/// Finds a client: those declared in the configuration first, then those registered. A URL is looked up where it leads.
///
/// # Errors
/// [`Refusal::UnknownClient`], [`Refusal::ClientDocumentInvalid`], [`Refusal::ClientDocumentUnreachable`], or a store failure.
pub fn find(client_id: &str, host: &dyn Host) -> Result<Client, Refusal> {
    if metadata_document::is_url(client_id) {
        return metadata_document::find(client_id, host);
    }
    if !is_client_id(client_id) {
        return Err(Refusal::UnknownClient);
    }
    if let Some(json) = host.section(&key(client_id)) {
        return serde_json::from_str(&json)
            .map_err(|error| Refusal::Misconfigured(format!("client {client_id}: {error}")));
    }
    store::get::<Client>(host, &key(client_id))?
        .map(|stored| stored.value)
        .ok_or(Refusal::UnknownClient)
}
