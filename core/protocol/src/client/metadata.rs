//! Client metadata: RFC 7591 §2, as operators give it in the configuration or on the command line.

use super::profile::Profile;
use super::{
    AccessTokenAudience, AccessTokenTyp, ApplicationType, AuthMethod, Client, ClientSecret,
    ConsentRule, GrantType, SigningAlg, SubjectType, Trust, client_secret_jwt, is_client_id, keys,
    mutual_tls,
};
use crate::acr;
use crate::backchannel_logout;
use crate::grant::refresh_token::MAX_REUSE_WINDOW_S;
use crate::pairwise;
use crate::redirect_uri::{self, Place};
use crate::scope::Scope;
use crate::secret::SecretHash;
use crate::settings::Server;
use crate::time::UnixTime;
use crate::user::SUB_PREFIX;
use fluent_uri::Uri;
use serde::Deserialize;

/// Most redirect URIs of one client.
const MAX_REDIRECT_URIS: usize = 32;
/// Largest `default_max_age`, seconds: ten years.
const MAX_MAX_AGE_S: u64 = 10 * 365 * 86_400;
/// Shortest client secret that an operator may choose, bytes.
const MIN_SECRET: usize = 16;

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
    check_id(&client_id)?;
    let method = metadata
        .token_endpoint_auth_method
        .unwrap_or(AuthMethod::ClientSecretBasic);
    let secret = secret(&metadata, method, made_up_secret, trust)?;
    let grant_types = metadata
        .grant_types
        .clone()
        .unwrap_or_else(|| vec![GrantType::AuthorizationCode]);
    check_grant_types(&metadata, &grant_types, method)?;
    check_uris(&metadata)?;
    check_bounds(&metadata)?;
    check_backchannel_logout(&metadata, trust)?;
    check_requests(&metadata)?;
    keys::check(&metadata, method)?;
    check_token_exchange(&metadata, &grant_types, method)?;
    check_openauth(&metadata, method, &grant_types)?;
    let tls_client_auth = mutual_tls::registered(&metadata, method)?;
    let sector_identifier = sector_identifier(&metadata, &grant_types, trust, server)?;
    let signs_in = grant_types.contains(&GrantType::AuthorizationCode)
        || grant_types.contains(&GrantType::DeviceCode);
    let default_scope = || {
        Scope::of(if signs_in {
            vec!["openid".to_owned()]
        } else {
            Vec::new()
        })
    };
    let client = Client {
        client_id,
        client_name: metadata.client_name,
        redirect_uris: metadata.redirect_uris,
        post_logout_redirect_uris: metadata.post_logout_redirect_uris,
        grant_types,
        token_endpoint_auth_method: method,
        scope: metadata.scope.unwrap_or_else(default_scope),
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
        secrets: secret
            .iter()
            .map(|secret| ClientSecret {
                sha256: SecretHash::of(secret),
                created_at: now,
                expires_at: None,
                sealed: None,
            })
            .collect(),
        jwks: metadata.jwks,
        jwks_uri: metadata.jwks_uri,
        token_endpoint_auth_signing_alg: metadata.token_endpoint_auth_signing_alg,
        legacy_assertion_audience: metadata.legacy_assertion_audience,
        tls_client_auth,
        tls_client_certificate_bound_access_tokens: metadata
            .tls_client_certificate_bound_access_tokens,
        dpop_bound_access_tokens: metadata.dpop_bound_access_tokens,
        require_pushed_authorization_requests: metadata.require_pushed_authorization_requests,
        require_signed_request_object: metadata.require_signed_request_object,
        request_object_signing_alg: metadata.request_object_signing_alg,
        require_request_object_typ: metadata.require_request_object_typ,
        subject_type: metadata.subject_type,
        sector_identifier,
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
        trust,
        client_id_issued_at: now,
    };
    check_signing(&client, server)?;
    Ok((client, secret))
}

/// Whatever is signed for this client is signed by an algorithm that there are keys for, and what it must prove can be proven.
fn check_signing(client: &Client, server: &Server) -> Result<(), Unfit> {
    if client.dpop_bound_access_tokens && !server.dpop.enabled {
        return Err("dpop_bound_access_tokens: DPoP is off, see `enabled` of [dpop]".to_owned());
    }
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

fn check_id(client_id: &str) -> Result<(), Unfit> {
    if !is_client_id(client_id) {
        return Err("client_id must be 1 to 128 characters of A-Z a-z 0-9 . _ ~ -".to_owned());
    }
    if client_id.starts_with(SUB_PREFIX) {
        return Err(format!(
            "client_id must not start with `{SUB_PREFIX}`: subject identifiers of people do"
        ));
    }
    Ok(())
}

fn secret(
    metadata: &ClientMetadata,
    method: AuthMethod,
    made_up: String,
    trust: Trust,
) -> Result<Option<String>, Unfit> {
    match (method, &metadata.client_secret) {
        (AuthMethod::ClientSecretJwt, _) if trust == Trust::Declared => {
            Err("token_endpoint_auth_method `client_secret_jwt` needs a secret that is kept sealed, which the configuration cannot hold: register the client with `doorward client add`".to_owned())
        }
        (method, Some(_)) if !method.has_secret() => {
            Err(format!("client_secret must not be there when token_endpoint_auth_method is `{}`", method.name()))
        }
        (method, None) if !method.has_secret() => Ok(None),
        (AuthMethod::ClientSecretJwt, Some(secret)) if secret.len() < client_secret_jwt::MIN_SECRET => {
            Err(format!("client_secret must be at least {} bytes for `client_secret_jwt` (RFC 7518 §3.2)", client_secret_jwt::MIN_SECRET))
        }
        (_, Some(secret)) if secret.len() < MIN_SECRET || secret.len() > 1024 => {
            Err(format!("client_secret must be {MIN_SECRET} to 1024 bytes; `openssl rand -hex 32` makes a good one"))
        }
        (_, Some(secret)) => Ok(Some(secret.clone())),
        (_, None) if trust == Trust::Declared => {
            Err("client_secret is missing: give it by reference, or set token_endpoint_auth_method to `none`".to_owned())
        }
        (_, None) => Ok(Some(made_up)),
    }
}

fn check_grant_types(
    metadata: &ClientMetadata,
    grant_types: &[GrantType],
    method: AuthMethod,
) -> Result<(), Unfit> {
    let has = |grant_type| grant_types.contains(&grant_type);
    if grant_types.is_empty() {
        return Err("grant_types must not be empty".to_owned());
    }
    if metadata
        .response_types
        .as_ref()
        .is_some_and(|types| types.iter().any(|name| name != "code"))
    {
        return Err("response_types may only be `code`".to_owned());
    }
    if has(GrantType::ClientCredentials) && method == AuthMethod::None {
        return Err("grant_types holds `client_credentials`, which a client without a secret cannot use: set token_endpoint_auth_method".to_owned());
    }
    if has(GrantType::RefreshToken)
        && !has(GrantType::AuthorizationCode)
        && !has(GrantType::DeviceCode)
    {
        return Err("grant_types holds `refresh_token` without `authorization_code` or the device grant, from which refresh tokens come".to_owned());
    }
    if has(GrantType::AuthorizationCode) && metadata.redirect_uris.is_empty() {
        return Err(
            "redirect_uris is missing: with `authorization_code` there must be at least one"
                .to_owned(),
        );
    }
    if metadata.require_pkce == Some(false) && method == AuthMethod::None {
        return Err("require_pkce cannot be false for a client without a secret".to_owned());
    }
    Ok(())
}

/// OpenID Connect Core §8.1. An operator says which sector a client of theirs belongs to; of whom registers by themselves the document at
/// `sector_identifier_uri` would have to be read first, so that nobody joins another's sector. Nor by a redirect URI that is another's: who
/// gets tokens by a device never has to receive anything there.
fn sector_identifier(
    metadata: &ClientMetadata,
    grant_types: &[GrantType],
    trust: Trust,
    server: &Server,
) -> Result<Option<String>, Unfit> {
    let uri = metadata.sector_identifier_uri.as_deref();
    if metadata.subject_type == SubjectType::Public {
        return match uri {
            Some(_) => {
                Err("sector_identifier_uri is of use to subject_type `pairwise` only".to_owned())
            }
            None => Ok(None),
        };
    }
    if !server.pairwise.enabled {
        return Err("subject_type `pairwise` is off: set `enabled` of [pairwise]".to_owned());
    }
    if !matches!(trust, Trust::Declared | Trust::Registered) {
        if uri.is_some() {
            return Err(
                "sector_identifier_uri is for clients that the operator registers".to_owned(),
            );
        }
        if grant_types.contains(&GrantType::DeviceCode) {
            return Err("subject_type `pairwise` with the device grant is for clients that the operator registers: nothing shows that the host of redirect_uris is the client's".to_owned());
        }
    }
    pairwise::sector(uri, &metadata.redirect_uris).map(Some)
}

/// RFC 8693: what a public client could do, anyone could.
fn check_token_exchange(
    metadata: &ClientMetadata,
    grant_types: &[GrantType],
    method: AuthMethod,
) -> Result<(), Unfit> {
    let exchanges = grant_types.contains(&GrantType::TokenExchange);
    if exchanges && method == AuthMethod::None {
        return Err("grant_types holds token exchange, which only a client that authenticates can use: set token_endpoint_auth_method".to_owned());
    }
    let from = &metadata.token_exchange_from;
    if !exchanges && (metadata.token_exchange_impersonation || !from.is_empty()) {
        return Err("token_exchange_from and token_exchange_impersonation need token exchange in grant_types".to_owned());
    }
    if from.len() > 64 || !from.iter().all(|id| is_client_id(id)) {
        return Err("token_exchange_from must hold client_ids, at most 64".to_owned());
    }
    Ok(())
}

fn check_uris(metadata: &ClientMetadata) -> Result<(), Unfit> {
    for (member, uris) in [
        ("redirect_uris", &metadata.redirect_uris),
        (
            "post_logout_redirect_uris",
            &metadata.post_logout_redirect_uris,
        ),
    ] {
        if uris.len() > MAX_REDIRECT_URIS {
            return Err(format!("{member} holds more than {MAX_REDIRECT_URIS}"));
        }
        for uri in uris {
            let place =
                redirect_uri::place(uri).map_err(|why| format!("{member}: `{uri}` {why}"))?;
            if metadata.loopback_any_path && place != Place::Loopback {
                return Err(format!(
                    "{member}: `{uri}` is not on loopback, but loopback_any_path is set"
                ));
            }
        }
    }
    let shown = [
        ("client_uri", &metadata.client_uri),
        ("policy_uri", &metadata.policy_uri),
        ("tos_uri", &metadata.tos_uri),
    ];
    for (member, uri) in shown {
        if let Some(uri) = uri
            && !Uri::parse(uri.as_str())
                .is_ok_and(|uri| uri.scheme().as_str() == "https" && uri.authority().is_some())
        {
            return Err(format!("{member}: `{uri}` is not an https URL"));
        }
    }
    Ok(())
}

/// Back-Channel Logout §2.2. Whether the session is required makes no difference: every logout token names it.
fn check_backchannel_logout(metadata: &ClientMetadata, trust: Trust) -> Result<(), Unfit> {
    match &metadata.backchannel_logout_uri {
        Some(uri) => backchannel_logout::check_uri(uri, &metadata.redirect_uris, trust),
        None if metadata.backchannel_logout_session_required => Err(
            "backchannel_logout_session_required is set without backchannel_logout_uri".to_owned(),
        ),
        None => Ok(()),
    }
}

/// What the client library of `OpenAuth` reads and leaves out.
fn check_openauth(
    metadata: &ClientMetadata,
    method: AuthMethod,
    grant_types: &[GrantType],
) -> Result<(), Unfit> {
    if metadata.refresh_without_client_id == Some(true) {
        if method != AuthMethod::None {
            return Err(
                "refresh_without_client_id is for public clients: one with a secret proves who it is".to_owned(),
            );
        }
        if !grant_types.contains(&GrantType::RefreshToken) {
            return Err(
                "refresh_without_client_id is set, but grant_types does not hold `refresh_token`"
                    .to_owned(),
            );
        }
    }
    let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    if metadata
        .subject_properties
        .as_ref()
        .is_some_and(|kind| kind.is_empty() || kind.len() > 64 || !kind.bytes().all(name))
    {
        return Err(
            "subject_properties is the `type` of the subject: 1 to 64 letters, digits, `-`, `_` and `.`"
                .to_owned(),
        );
    }
    match (&metadata.default_scope, &metadata.scope) {
        (Some(_), None) => {
            Err("default_scope is set without scope, of which it is a part".to_owned())
        }
        (Some(default), Some(scope)) if !default.is_within(scope) => {
            Err("default_scope holds something that scope does not".to_owned())
        }
        _ => Ok(()),
    }
}

/// What its authorization requests say where they say nothing.
fn check_requests(metadata: &ClientMetadata) -> Result<(), Unfit> {
    if metadata
        .default_max_age
        .is_some_and(|seconds| seconds > MAX_MAX_AGE_S)
    {
        return Err(format!("default_max_age must be 0 to {MAX_MAX_AGE_S}"));
    }
    let legal = |acr: &String| {
        (1..=acr::MAX_LENGTH).contains(&acr.len()) && acr.bytes().all(|b| b.is_ascii_graphic())
    };
    let types = &metadata.authorization_details_types;
    let is_type = |name: &String| {
        (1..=128).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_graphic())
    };
    if types.len() > 32 || !types.iter().all(is_type) {
        return Err(
            "authorization_details_types must be at most 32 names of visible ASCII".to_owned(),
        );
    }
    let acrs = &metadata.default_acr_values;
    if acrs.len() > acr::MAX_VALUES || !acrs.iter().all(legal) {
        return Err(format!(
            "default_acr_values must be at most {} values of visible ASCII without spaces",
            acr::MAX_VALUES
        ));
    }
    Ok(())
}

fn check_bounds(metadata: &ClientMetadata) -> Result<(), Unfit> {
    let bounds = [
        (
            "refresh_reuse_window_s",
            metadata.refresh_reuse_window_s,
            0,
            MAX_REUSE_WINDOW_S,
        ),
        (
            "access_token_lifetime_s",
            metadata.access_token_lifetime_s,
            1,
            86_400,
        ),
        (
            "refresh_token_lifetime_s",
            metadata.refresh_token_lifetime_s,
            1,
            10 * 365 * 86_400,
        ),
    ];
    for (member, value, min, max) in bounds {
        if value.is_some_and(|value| value < min || value > max) {
            return Err(format!("{member} must be {min} to {max}"));
        }
    }
    if metadata
        .client_name
        .as_ref()
        .is_some_and(|name| name.len() > 200 || name.chars().any(char::is_control))
    {
        return Err("client_name must be at most 200 bytes without control characters".to_owned());
    }
    Ok(())
}
