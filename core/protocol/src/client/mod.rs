//! Clients: RFC 6749 §2. A client is a record; what a profile means is written in it, and no rule asks for more.
//!
//! - What may be said of one: [`metadata`], and a file for each member of RFC 7591 that is more than a text: `redirect_uris`, `grant_types`,
//!   `auth_method`, `subject_type`, …
//! - Where one comes from: the configuration and the command line ([`crate::administration`]), [`registration`], [`metadata_document`].
//! - How one proves who it is: [`mod@authenticate`], and a file for each method.

mod access_tokens;
pub mod arrivals;
pub mod assertion;
mod auth_method;
pub mod authenticate;
mod authorization_requests;
pub mod basic;
mod client_id;
mod client_secret;
pub mod client_secret_jwt;
mod display;
mod grant_types;
pub mod initial_access;
pub mod keys;
mod logout;
pub mod metadata;
pub mod metadata_document;
pub mod mutual_tls;
pub mod private_key_jwt;
pub mod profile;
mod redirect_uris;
mod refresh_tokens;
pub mod registration;
mod scope;
pub mod sector_identifier_uri;
mod signing_alg;
mod subject_type;
mod trust;

pub use access_tokens::{AccessTokenAudience, AccessTokenTyp};
pub use auth_method::AuthMethod;
pub use client_id::is_client_id;
pub use client_secret::ClientSecret;
pub use grant_types::GrantType;
pub use metadata_document::By;
pub use mutual_tls::TlsClientAuth;
pub use redirect_uris::ApplicationType;
pub use signing_alg::SigningAlg;
pub use subject_type::SubjectType;
pub use trust::{ConsentRule, Trust};

use crate::ports::Host;
use crate::refusal::Refusal;
use crate::scope::Scope;
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
    /// The URL that names that host and lists the redirect URIs of its sector, if it registered one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sector_identifier_uri: Option<String>,
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

/// The key of a registered client's record.
#[must_use]
pub fn key(client_id: &str) -> String {
    format!("client/{client_id}")
}

/// Finds the client of one of our own records: those declared in the configuration first, then those registered. A URL is looked up where it
/// leads.
///
/// # Errors
/// [`Refusal::UnknownClient`], [`Refusal::ClientDocumentInvalid`], [`Refusal::ClientDocumentUnreachable`], or a store failure.
pub fn find(client_id: &str, host: &dyn Host) -> Result<Client, Refusal> {
    if metadata_document::is_url(client_id) {
        return metadata_document::find(client_id, By::Record, host);
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

/// Finds a client for a page that tells of many. As [`find`], but by what is at hand: nobody waits for other servers.
///
/// # Errors
/// As [`find`].
pub fn at_hand(client_id: &str, host: &dyn Host) -> Result<Client, Refusal> {
    if metadata_document::is_url(client_id) {
        metadata_document::find(client_id, By::Page, host)
    } else {
        find(client_id, host)
    }
}

/// Finds the client that a request from this address names. As [`find`], but whoever names documents that are not known here is counted.
///
/// # Errors
/// As [`find`]; [`Refusal::TooManyRequests`].
pub fn named(
    client_id: &str,
    client_address: Option<&str>,
    host: &dyn Host,
) -> Result<Client, Refusal> {
    if metadata_document::is_url(client_id) {
        metadata_document::find(client_id, By::Request(client_address), host)
    } else {
        find(client_id, host)
    }
}
