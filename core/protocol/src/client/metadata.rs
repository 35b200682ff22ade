//! Client metadata: RFC 7591 §2, as operators give it in the configuration or on the command line. What a member may be stands in the file
//! that has its name.

use super::profile::Profile;
use super::sector_identifier_uri::SectorDocument;
use super::{
    AccessTokenAudience, AccessTokenTyp, ApplicationType, AuthMethod, Client, ClientSecret,
    ConsentRule, GrantType, SigningAlg, SubjectType, TlsClientAuth, Trust, access_tokens,
    authorization_requests, client_id, client_secret, display, grant_types, keys, logout,
    mutual_tls, redirect_uris, refresh_tokens, scope, signing_alg, subject_type,
};
use crate::scope::Scope;
use crate::settings::Server;
use crate::time::UnixTime;
use serde::Deserialize;

/// What may be said of a client. Names are those of RFC 7591 §2 and OpenID Connect Registration §2; the last block is ours.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the members of RFC 7591 and its sisters"
)]
pub struct ClientMetadata {
    /// Stands for other members: see [`Profile`].
    #[serde(default)]
    pub profile: Option<Profile>,
    /// Chosen by the operator; otherwise made up.
    #[serde(default)]
    pub client_id: Option<String>,
    /// Chosen by the operator, at least 16 bytes; otherwise made up.
    #[serde(default)]
    pub client_secret: Option<String>,
    /// Shown to people.
    #[serde(default)]
    pub client_name: Option<String>,
    /// See [`crate::redirect_uri`].
    #[serde(default)]
    pub redirect_uris: Vec<String>,
    /// Likewise.
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<String>,
    /// Default: `authorization_code`.
    #[serde(default)]
    pub grant_types: Option<Vec<GrantType>>,
    /// Only `code`, which is also the default.
    #[serde(default)]
    pub response_types: Option<Vec<String>>,
    /// Default: `client_secret_basic`.
    #[serde(default)]
    pub token_endpoint_auth_method: Option<AuthMethod>,
    /// Space-separated. Default: `openid` if the client signs people in, otherwise none.
    #[serde(default)]
    pub scope: Option<Scope>,
    /// Default: `RS256`.
    #[serde(default)]
    pub id_token_signed_response_alg: Option<SigningAlg>,
    /// https.
    #[serde(default)]
    pub client_uri: Option<String>,
    /// https.
    #[serde(default)]
    pub policy_uri: Option<String>,
    /// https.
    #[serde(default)]
    pub tos_uri: Option<String>,
    /// A JWK Set.
    #[serde(default)]
    pub jwks: Option<serde_json::Value>,
    /// https.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// OpenID Connect Registration §2.
    #[serde(default)]
    pub token_endpoint_auth_signing_alg: Option<String>,
    /// RFC 8705 §2.1.2.
    #[serde(default)]
    pub tls_client_auth_subject_dn: Option<String>,
    /// Likewise.
    #[serde(default)]
    pub tls_client_auth_san_dns: Option<String>,
    /// Likewise.
    #[serde(default)]
    pub tls_client_auth_san_uri: Option<String>,
    /// Likewise.
    #[serde(default)]
    pub tls_client_auth_san_ip: Option<String>,
    /// Likewise.
    #[serde(default)]
    pub tls_client_auth_san_email: Option<String>,
    /// RFC 8705 §3.4.
    #[serde(default)]
    pub tls_client_certificate_bound_access_tokens: bool,
    /// RFC 9449 §5.2.
    #[serde(default)]
    pub dpop_bound_access_tokens: bool,
    /// RFC 9126 §6.
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// RFC 9101 §10.5.
    #[serde(default)]
    pub require_signed_request_object: bool,
    /// OpenID Connect Registration §2.
    #[serde(default)]
    pub request_object_signing_alg: Option<String>,
    /// OpenID Connect Registration §2.
    #[serde(default)]
    pub subject_type: SubjectType,
    /// https.
    #[serde(default)]
    pub sector_identifier_uri: Option<String>,
    /// What was read there, of a client that nobody vouches for.
    #[serde(skip)]
    pub sector: Option<SectorDocument>,
    /// RFC 9701 §6.
    #[serde(default)]
    pub introspection_signed_response_alg: Option<SigningAlg>,
    /// OpenID Connect Back-Channel Logout §2.2.
    #[serde(default)]
    pub backchannel_logout_uri: Option<String>,
    /// Likewise.
    #[serde(default)]
    pub backchannel_logout_session_required: bool,
    /// OpenID Connect Registration §2.
    #[serde(default)]
    pub default_max_age: Option<u64>,
    /// OpenID Connect Registration §2.
    #[serde(default)]
    pub default_acr_values: Vec<String>,
    /// RFC 9396 §10.
    #[serde(default)]
    pub authorization_details_types: Vec<String>,
    /// OpenID Connect Registration §2. Default: `native` if every redirect URI leads to a device, otherwise `web`.
    #[serde(default)]
    pub application_type: Option<ApplicationType>,

    /// See [`Client::legacy_assertion_audience`].
    #[serde(default)]
    pub legacy_assertion_audience: bool,
    /// See [`Client::require_request_object_typ`].
    #[serde(default)]
    pub require_request_object_typ: bool,
    /// See [`Client::access_token_signed_response_alg`].
    #[serde(default)]
    pub access_token_signed_response_alg: Option<SigningAlg>,
    /// See [`Client::access_token_typ`].
    #[serde(default)]
    pub access_token_typ: Option<AccessTokenTyp>,
    /// See [`Client::subject_properties`].
    #[serde(default)]
    pub subject_properties: Option<String>,
    /// See [`Client::refresh_without_client_id`].
    #[serde(default)]
    pub refresh_without_client_id: Option<bool>,
    /// See [`Client::access_token_audience`].
    #[serde(default)]
    pub access_token_audience: Option<AccessTokenAudience>,
    /// See [`Client::default_scope`].
    #[serde(default)]
    pub default_scope: Option<Scope>,
    /// See [`Client::token_exchange_from`].
    #[serde(default)]
    pub token_exchange_from: Vec<String>,
    /// See [`Client::token_exchange_impersonation`].
    #[serde(default)]
    pub token_exchange_impersonation: bool,
    /// Default: true.
    #[serde(default)]
    pub require_pkce: Option<bool>,
    /// Default: `explicit`.
    #[serde(default)]
    pub consent: ConsentRule,
    /// 0 to 3600.
    #[serde(default)]
    pub refresh_reuse_window_s: Option<u32>,
    /// 30 to 86400.
    #[serde(default)]
    pub access_token_lifetime_s: Option<u32>,
    /// At least 60.
    #[serde(default)]
    pub refresh_token_lifetime_s: Option<u32>,
    /// See [`Client::loopback_any_path`].
    #[serde(default)]
    pub loopback_any_path: bool,
}

/// What is wrong with a client's metadata: the member, and why. For the operator.
pub type Unfit = String;

/// Makes a client of its metadata. `made_up`: an id and a secret to use where the operator chose none.
///
/// # Errors
/// A sentence that names the member, what is wrong and how to cure it.
pub fn check(
    metadata: ClientMetadata,
    trust: Trust,
    server: &Server,
    made_up: (String, String),
    now: UnixTime,
) -> Result<(Client, Option<String>), Unfit> {
    let metadata = match metadata.profile {
        Some(profile) => profile.spelled_out(metadata),
        None => metadata,
    };
    let (made_up_id, made_up_secret) = made_up;
    let client_id = metadata.client_id.clone().unwrap_or(made_up_id);
    client_id::check(&client_id)?;
    let method = metadata
        .token_endpoint_auth_method
        .unwrap_or(AuthMethod::ClientSecretBasic);
    let secret = client_secret::choose(&metadata, method, made_up_secret, trust)?;
    let grant_types = metadata
        .grant_types
        .clone()
        .unwrap_or_else(|| vec![GrantType::AuthorizationCode]);
    grant_types::check(&metadata, &grant_types, method)?;
    grant_types::check_token_exchange(&metadata, &grant_types, method)?;
    redirect_uris::check(&metadata)?;
    logout::check(&metadata, trust)?;
    display::check(&metadata)?;
    keys::check(&metadata, method)?;
    scope::check(&metadata)?;
    authorization_requests::check(&metadata, method)?;
    access_tokens::check(&metadata, server)?;
    refresh_tokens::check(&metadata, method, &grant_types)?;
    let decided = Decided {
        client_id,
        method,
        tls_client_auth: mutual_tls::registered(&metadata, method)?,
        sector_identifier: subject_type::sector_identifier(&metadata, &grant_types, trust, server)?,
        grant_types,
        secrets: secret
            .iter()
            .map(|secret| ClientSecret::new(secret, now))
            .collect(),
        trust,
        now,
    };
    let client = client(metadata, decided);
    signing_alg::check(&client, server)?;
    Ok((client, secret))
}

/// What is not taken over as it was said.
struct Decided {
    client_id: String,
    method: AuthMethod,
    grant_types: Vec<GrantType>,
    tls_client_auth: Option<TlsClientAuth>,
    sector_identifier: Option<String>,
    secrets: Vec<ClientSecret>,
    trust: Trust,
    now: UnixTime,
}

/// The record: every member as it was said, or its default.
fn client(metadata: ClientMetadata, decided: Decided) -> Client {
    let scope = metadata
        .scope
        .unwrap_or_else(|| scope::default(&decided.grant_types));
    Client {
        client_id: decided.client_id,
        client_name: metadata.client_name,
        redirect_uris: metadata.redirect_uris,
        post_logout_redirect_uris: metadata.post_logout_redirect_uris,
        grant_types: decided.grant_types,
        token_endpoint_auth_method: decided.method,
        scope,
        id_token_signed_response_alg: metadata
            .id_token_signed_response_alg
            .unwrap_or(SigningAlg::Rs256),
        client_uri: metadata.client_uri,
        policy_uri: metadata.policy_uri,
        tos_uri: metadata.tos_uri,
        require_pkce: metadata.require_pkce.unwrap_or(true),
        consent: metadata.consent,
        refresh_reuse_window_s: metadata.refresh_reuse_window_s,
        access_token_lifetime_s: metadata.access_token_lifetime_s,
        refresh_token_lifetime_s: metadata.refresh_token_lifetime_s,
        loopback_any_path: metadata.loopback_any_path,
        secrets: decided.secrets,
        jwks: metadata.jwks,
        jwks_uri: metadata.jwks_uri,
        token_endpoint_auth_signing_alg: metadata.token_endpoint_auth_signing_alg,
        legacy_assertion_audience: metadata.legacy_assertion_audience,
        tls_client_auth: decided.tls_client_auth,
        tls_client_certificate_bound_access_tokens: metadata
            .tls_client_certificate_bound_access_tokens,
        dpop_bound_access_tokens: metadata.dpop_bound_access_tokens,
        require_pushed_authorization_requests: metadata.require_pushed_authorization_requests,
        require_signed_request_object: metadata.require_signed_request_object,
        request_object_signing_alg: metadata.request_object_signing_alg,
        require_request_object_typ: metadata.require_request_object_typ,
        subject_type: metadata.subject_type,
        sector_identifier: decided.sector_identifier,
        sector_identifier_uri: metadata.sector_identifier_uri,
        access_token_signed_response_alg: metadata.access_token_signed_response_alg,
        access_token_typ: metadata.access_token_typ,
        subject_properties: metadata.subject_properties,
        introspection_signed_response_alg: metadata.introspection_signed_response_alg,
        backchannel_logout_uri: metadata.backchannel_logout_uri,
        backchannel_logout_session_required: metadata.backchannel_logout_session_required,
        default_max_age: metadata.default_max_age,
        default_acr_values: metadata.default_acr_values,
        authorization_details_types: metadata.authorization_details_types,
        application_type: metadata.application_type.unwrap_or_default(),
        refresh_without_client_id: metadata.refresh_without_client_id.unwrap_or_default(),
        access_token_audience: metadata.access_token_audience.unwrap_or_default(),
        default_scope: metadata.default_scope,
        token_exchange_from: metadata.token_exchange_from,
        token_exchange_impersonation: metadata.token_exchange_impersonation,
        registration: None,
        trust: decided.trust,
        client_id_issued_at: decided.now,
    }
}
