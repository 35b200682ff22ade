//! Client metadata: RFC 7591 §2, as operators give it in the configuration or on the command line.

use super::{
    AuthMethod, Client, ClientSecret, ConsentRule, GrantType, SigningAlg, Trust, is_client_id,
};
use crate::grant::refresh_token::MAX_REUSE_WINDOW_S;
use crate::redirect_uri::{self, Place};
use crate::scope::Scope;
use crate::secret::SecretHash;
use crate::time::UnixTime;
use crate::user::SUB_PREFIX;
use fluent_uri::Uri;
use serde::Deserialize;

/// Most redirect URIs of one client.
const MAX_REDIRECT_URIS: usize = 32;
/// Shortest client secret that an operator may choose, bytes.
const MIN_SECRET: usize = 16;

/// What may be said of a client. Names are those of RFC 7591 §2 and OpenID Connect Registration §2; the last block is ours.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientMetadata {
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
    made_up: (String, String),
    now: UnixTime,
) -> Result<(Client, Option<String>), Unfit> {
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
    let signs_in = grant_types.contains(&GrantType::AuthorizationCode);
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
            })
            .collect(),
        trust,
        client_id_issued_at: now,
    };
    Ok((client, secret))
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
        (AuthMethod::None, Some(_)) => {
            Err("client_secret must not be there when token_endpoint_auth_method is `none`".to_owned())
        }
        (AuthMethod::None, None) => Ok(None),
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
    if has(GrantType::RefreshToken) && !has(GrantType::AuthorizationCode) {
        return Err("grant_types holds `refresh_token` without `authorization_code`, from which refresh tokens come".to_owned());
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
