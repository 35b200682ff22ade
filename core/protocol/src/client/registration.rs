//! What clients may say of themselves that nobody registered: RFC 7591 §2, also where it stands in a metadata document.
//!
//! Only the standard's members are read; what is unknown is ignored and forgotten, logos and contacts with it. What is known but not
//! offered here is left out, and the answer says what was left (§3.2.1). What is malformed, contradictory or dangerous is refused.

use super::metadata::{self, ClientMetadata};
use super::profile::Profile;
use super::{ApplicationType, AuthMethod, Client, GrantType, Trust, key};
use crate::ports::{Host, Level};
use crate::redirect_uri::{self, Place};
use crate::refusal::Refusal;
use crate::resource;
use crate::scope::{self, Scope};
use crate::secret::{SecretHash, base64url, random_id, sha256_of};
use crate::settings::{self, Server};
use crate::store;
use crate::time::UnixTime;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// Starts the id of every client that registered itself: never a URL, never one that an operator or a person has.
pub const ID_PREFIX: &str = "dyn_";
/// Longest request, bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// Deepest nesting in it: room for keys and for what is unknown.
pub const MAX_DEPTH: usize = 16;
/// A day in seconds: how exactly the last use is known.
const DAY_S: u64 = 86_400;

/// The members that are read. Those of the operator alone, such as `consent`, are not among them.
const MEMBERS: [&str; 30] = [
    "client_name",
    "redirect_uris",
    "post_logout_redirect_uris",
    "grant_types",
    "response_types",
    "token_endpoint_auth_method",
    "token_endpoint_auth_signing_alg",
    "scope",
    "application_type",
    "client_uri",
    "policy_uri",
    "tos_uri",
    "jwks",
    "jwks_uri",
    "id_token_signed_response_alg",
    "subject_type",
    "sector_identifier_uri",
    "request_object_signing_alg",
    "require_signed_request_object",
    "require_pushed_authorization_requests",
    "dpop_bound_access_tokens",
    "tls_client_certificate_bound_access_tokens",
    "tls_client_auth_subject_dn",
    "tls_client_auth_san_dns",
    "tls_client_auth_san_uri",
    "tls_client_auth_san_ip",
    "tls_client_auth_san_email",
    "backchannel_logout_uri",
    "backchannel_logout_session_required",
    "default_max_age",
];

/// Schemes that run or read something where they are opened.
const DANGEROUS_SCHEMES: [&str; 10] = [
    "javascript",
    "data",
    "vbscript",
    "file",
    "blob",
    "filesystem",
    "about",
    "view-source",
    "intent",
    "jar",
];

/// How a client that registered itself manages its registration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// SHA-256 of its registration access token (RFC 7592 §3).
    pub access_token: SecretHash,
    /// When it was registered or last got a token, to the day.
    pub used_at: UnixTime,
    /// When it is forgotten.
    pub expires_at: UnixTime,
}

impl Registration {
    /// A new one, used at `now`.
    #[must_use]
    pub fn new(access_token: &str, server: &Server, now: UnixTime) -> Self {
        Self {
            access_token: SecretHash::of(access_token),
            used_at: now,
            expires_at: expiry(server, now),
        }
    }
}

fn expiry(server: &Server, used_at: UnixTime) -> UnixTime {
    used_at.plus(u64::from(server.registration.unused_days).saturating_mul(DAY_S))
}

/// What is offered to a client that nobody registered.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    /// The scopes that it may have.
    pub scope: Scope,
    /// What it may use the token endpoint for.
    pub grant_types: &'a [GrantType],
    /// Scopes that nobody declared may be had too: resources may be any, and the operator made no list.
    pub any_scope: bool,
    /// Those that the operator keeps back, declared or not.
    pub kept_back: &'a [String],
    /// What is on.
    pub server: &'a Server,
    /// What it is where it does not say otherwise.
    pub profile: Option<Profile>,
    /// [`Trust::Dynamic`] or [`Trust::MetadataDocument`].
    pub trust: Trust,
}

impl<'a> Offer<'a> {
    /// What is offered to clients that register themselves.
    #[must_use]
    pub fn to_dynamic_clients(server: &'a Server, host: &dyn Host) -> Self {
        Self {
            scope: offered(server, server.registration.scopes.as_deref(), host),
            grant_types: &server.registration.grant_types,
            any_scope: any_scope(server, server.registration.scopes.as_deref()),
            kept_back: &server.preregistered_scopes,
            server,
            profile: server.registration.profile,
            trust: Trust::Dynamic,
        }
    }

    /// What is offered to clients that are known by a document.
    #[must_use]
    pub fn to_documents(server: &'a Server, host: &dyn Host) -> Self {
        Self {
            scope: offered(server, server.client_id_metadata.scopes.as_deref(), host),
            grant_types: &[GrantType::AuthorizationCode, GrantType::RefreshToken],
            any_scope: any_scope(server, server.client_id_metadata.scopes.as_deref()),
            kept_back: &server.preregistered_scopes,
            server,
            profile: None,
            trust: Trust::MetadataDocument,
        }
    }
}

/// The scopes that exist, without those that the operator keeps back.
fn offered(server: &Server, listed: Option<&[String]>, host: &dyn Host) -> Scope {
    scope::all(server, &resource::all(host)).only(|token| match listed {
        Some(listed) => listed.iter().any(|name| name == token),
        None => !server.preregistered_scopes.iter().any(|name| name == token),
    })
}

/// A list holds all that may be had.
fn any_scope(server: &Server, listed: Option<&[String]>) -> bool {
    server.resources == settings::ResourceRule::Any && listed.is_none()
}

/// What comes out of reading metadata: a client, and its secret if it has one.
pub type Read = (Client, Option<String>);

/// Makes a client of what it says of itself.
///
/// `made_up`: the id and the secret that it gets; it chooses neither (RFC 9700 §4.15).
///
/// # Errors
/// [`Refusal::ClientMetadataInvalid`], [`Refusal::RedirectUriUnfit`], [`Refusal::SoftwareStatementUnapproved`]
pub fn read(
    said: &Map<String, Value>,
    offer: &Offer<'_>,
    made_up: (String, String),
    now: UnixTime,
) -> Result<Read, Refusal> {
    if said
        .get("software_statement")
        .is_some_and(|it| !it.is_null())
    {
        return Err(Refusal::SoftwareStatementUnapproved);
    }
    let mut members: Map<String, Value> = MEMBERS
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), said.get(name)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect();
    let asked = match members.remove("scope") {
        None => None,
        Some(Value::String(text)) => {
            Some(Scope::parse(&text).map_err(|_| invalid("scope is malformed (RFC 6749 §3.3)"))?)
        }
        Some(_) => return Err(invalid("scope must be a string")),
    };
    let grant_types = grant_types(&members, offer)?;
    response_types(&members, &grant_types)?;
    members.remove("response_types");
    members.insert("grant_types".to_owned(), json!(grant_types));
    let redirect_uris = redirect_uris(&members, "redirect_uris")?;
    let signs_in = grant_types.contains(&GrantType::AuthorizationCode);
    if signs_in && redirect_uris.is_empty() {
        return Err(Refusal::RedirectUriUnfit(
            "redirect_uris must hold at least one URI".to_owned(),
        ));
    }
    members.insert("redirect_uris".to_owned(), json!(redirect_uris));
    let after_sign_out = self::redirect_uris(&members, "post_logout_redirect_uris")?;
    members.insert(
        "post_logout_redirect_uris".to_owned(),
        json!(after_sign_out),
    );
    if !members.contains_key("application_type") {
        members.insert(
            "application_type".to_owned(),
            json!(application_type(&redirect_uris)),
        );
    }
    drop_unencrypted_links(&mut members);
    let mut parsed: ClientMetadata = serde_json::from_value(Value::Object(members))
        .map_err(|error| invalid(&format!("the metadata is malformed: {error}")))?;
    let mut may_have = offer.scope.clone();
    if offer.any_scope {
        let further = asked.iter().flat_map(Scope::tokens);
        let further = further
            .filter(|token| !offer.scope.has(token) && !offer.kept_back.contains(token))
            .cloned();
        may_have = Scope::of(
            offer
                .scope
                .tokens()
                .iter()
                .cloned()
                .chain(further)
                .collect(),
        );
    }
    parsed.scope = Some(may_have.clone());
    parsed.profile = offer.profile;
    let (mut client, secret) = metadata::check(parsed, offer.trust, offer.server, made_up, now)
        .map_err(|why| invalid(&why))?;
    if !client.token_endpoint_auth_method.is_on(offer.server) {
        return Err(invalid(&format!(
            "token_endpoint_auth_method {} is off",
            client.token_endpoint_auth_method.name()
        )));
    }
    client.default_scope = asked
        .map(|asked| asked.within(&may_have))
        .filter(|asked| !asked.is_empty());
    Ok((client, secret))
}

fn invalid(why: &str) -> Refusal {
    Refusal::ClientMetadataInvalid(ascii(why))
}

/// RFC 6749 §5.2: an `error_description` is printable ASCII.
fn ascii(text: &str) -> String {
    let shown = text.chars().take(300);
    shown
        .map(|c| if matches!(c, ' '..='~') { c } else { '?' })
        .collect()
}

fn strings(members: &Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, Refusal> {
    let Some(value) = members.get(name) else {
        return Ok(None);
    };
    serde_json::from_value(value.clone())
        .map(Some)
        .map_err(|_| invalid(&format!("{name} must be a list of strings")))
}

/// Those of the grant types that are offered. Clients list whatever they can do somewhere, so the others are left out.
fn grant_types(members: &Map<String, Value>, offer: &Offer<'_>) -> Result<Vec<GrantType>, Refusal> {
    let Some(named) = strings(members, "grant_types")? else {
        let refreshes = offer.profile == Some(Profile::Mcp)
            && offer.grant_types.contains(&GrantType::RefreshToken);
        return Ok(if refreshes {
            vec![GrantType::AuthorizationCode, GrantType::RefreshToken]
        } else {
            vec![GrantType::AuthorizationCode] // RFC 7591 §2
        });
    };
    let kept: Vec<GrantType> = GrantType::ALL
        .into_iter()
        .filter(|known| offer.grant_types.contains(known))
        .filter(|known| named.iter().any(|name| name == known.name()))
        .collect();
    if kept.is_empty() {
        return Err(invalid("grant_types holds none that is offered here"));
    }
    Ok(kept)
}

/// RFC 7591 §2.1: `code` and `authorization_code` come together.
fn response_types(members: &Map<String, Value>, grant_types: &[GrantType]) -> Result<(), Refusal> {
    let Some(named) = strings(members, "response_types")? else {
        return Ok(());
    };
    let signs_in = grant_types.contains(&GrantType::AuthorizationCode);
    match (signs_in, named.iter().any(|name| name == "code")) {
        (true, false) => Err(invalid(
            "response_types must hold code, which goes with grant_types authorization_code",
        )),
        (false, true) => Err(invalid(
            "response_types holds code, which goes with grant_types authorization_code",
        )),
        _ => Ok(()),
    }
}

/// The URIs that can be redirected to. Applications list schemes of their own beside URIs that are good; those without an owner are
/// left out. What nobody can mean well is refused: fragments, wildcards, plain http over a network, schemes that run scripts.
fn redirect_uris(members: &Map<String, Value>, name: &'static str) -> Result<Vec<String>, Refusal> {
    let named = strings(members, name)?.unwrap_or_default();
    let mut kept: Vec<String> = Vec::new();
    let mut left_out = None;
    for uri in named {
        match redirect_uri::place(&uri) {
            Ok(_) => {
                if !kept.contains(&uri) {
                    kept.push(uri);
                }
            }
            Err(why) if has_scheme_of_its_own(&uri) => left_out = Some((uri, why)),
            Err(why) => return Err(unfit(name, &uri, why)),
        }
    }
    match left_out {
        Some((uri, why)) if kept.is_empty() => Err(unfit(name, &uri, why)),
        _ => Ok(kept),
    }
}

fn unfit(name: &str, uri: &str, why: &str) -> Refusal {
    Refusal::RedirectUriUnfit(ascii(&format!("{name}: `{uri}` {why}")))
}

/// Whether a URI has a private-use scheme that merely has no owner.
fn has_scheme_of_its_own(uri: &str) -> bool {
    let Some((scheme, _)) = uri.split_once("://") else {
        return false;
    };
    let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-');
    !scheme.is_empty()
        && scheme.bytes().all(legal)
        && !["http", "https", "ws", "wss", "ftp"].contains(&scheme)
        && !DANGEROUS_SCHEMES.contains(&scheme)
}

/// OpenID Connect Registration §2, RFC 8252: an application whose answers all go to a device is native.
fn application_type(redirect_uris: &[String]) -> ApplicationType {
    let on_a_device = |uri: &String| !matches!(redirect_uri::place(uri), Ok(Place::Web(_)));
    if !redirect_uris.is_empty() && redirect_uris.iter().all(on_a_device) {
        ApplicationType::Native
    } else {
        ApplicationType::Web
    }
}

/// Links that are only shown are left out if they are plain http, as those of applications under development are.
fn drop_unencrypted_links(members: &mut Map<String, Value>) {
    for name in ["client_uri", "policy_uri", "tos_uri"] {
        let plain = members
            .get(name)
            .and_then(Value::as_str)
            .is_some_and(|uri| uri.is_empty() || uri.starts_with("http://"));
        if plain {
            members.remove(name);
        }
    }
}

/// A new id: `dyn_` and 128 random bits.
#[must_use]
pub fn new_id(host: &dyn Host) -> String {
    format!("{ID_PREFIX}{}", random_id(host))
}

/// What is registered, as its client may know it (RFC 7591 §3.2.1): without secrets and tokens.
#[must_use]
pub fn information(client: &Client) -> Map<String, Value> {
    let record = serde_json::to_value(client).unwrap_or_default();
    let mut told: Map<String, Value> = MEMBERS
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), record.get(name)?.clone())))
        .collect();
    let response_types: &[&str] = if client.may(GrantType::AuthorizationCode) {
        &["code"]
    } else {
        &[]
    };
    told.insert("client_id".to_owned(), json!(client.client_id));
    told.insert(
        "client_id_issued_at".to_owned(),
        json!(client.client_id_issued_at),
    );
    told.insert("response_types".to_owned(), json!(response_types));
    told
}

/// A digest of what a consent was given on: where the answers go, and who can pose as the client. `None` for clients that the
/// operator registered, who answers for their changes.
#[must_use]
pub fn consent_digest(client: &Client) -> Option<String> {
    match client.trust {
        Trust::Declared | Trust::Registered => None,
        Trust::Dynamic | Trust::MetadataDocument => {
            let members = json!([
                client.redirect_uris,
                client.token_endpoint_auth_method,
                client.jwks,
                client.jwks_uri,
            ]);
            Some(base64url(&sha256_of(&[members.to_string().as_bytes()])))
        }
    }
}

/// Notes that a client that registered itself is in use, at most once a day. If that fails, another day will do.
pub fn used(client: &Client, server: &Server, now: UnixTime, host: &dyn Host) {
    let due = client
        .registration
        .as_ref()
        .is_some_and(|registration| now.since(registration.used_at) >= DAY_S);
    if !due {
        return;
    }
    let key = key(&client.client_id);
    let noted = store::get::<Client>(host, &key).and_then(|stored| {
        let Some(mut stored) = stored else {
            return Ok(());
        };
        if let Some(registration) = &mut stored.value.registration {
            registration.used_at = now;
            registration.expires_at = expiry(server, now);
        }
        let kept_until = stored.value.kept_until();
        store::replace(host, &key, stored.version, &stored.value, kept_until)
            .map(drop)
            .map_err(Refusal::from)
    });
    if let Err(refusal) = noted {
        host.emit(
            Level::Warning,
            "client.use_not_noted",
            &[("reason", &format!("{refusal:?}"))],
        );
    }
}

/// The ways to authenticate that a document allows, the preferred one first. A document holds no secret, so none of those that need
/// one; a document that names no way is one of a public client.
pub(super) fn methods_of_document(said: &Map<String, Value>) -> Result<Vec<AuthMethod>, Refusal> {
    let parse = |name: &Value| serde_json::from_value::<AuthMethod>(name.clone()).ok();
    let usable =
        |method: &AuthMethod| matches!(method, AuthMethod::None | AuthMethod::PrivateKeyJwt);
    let preferred = said
        .get("token_endpoint_auth_method")
        .filter(|it| !it.is_null());
    let shares_a_secret = preferred.and_then(parse).is_some_and(|method| {
        matches!(
            method,
            AuthMethod::ClientSecretBasic
                | AuthMethod::ClientSecretPost
                | AuthMethod::ClientSecretJwt
        )
    });
    if shares_a_secret {
        return Err(invalid(
            "token_endpoint_auth_method needs a secret, and a document holds none",
        ));
    }
    // OpenID Connect RP Metadata Choices: what else it can do.
    let choices = match said.get("token_endpoint_auth_methods_supported") {
        Some(Value::Array(choices)) => choices.as_slice(),
        _ => &[],
    };
    let mut methods: Vec<AuthMethod> = Vec::new();
    for method in preferred
        .into_iter()
        .chain(choices.iter().take(16))
        .filter_map(parse)
    {
        if usable(&method) && !methods.contains(&method) {
            methods.push(method);
        }
    }
    match (
        preferred.is_none() && choices.is_empty(),
        methods.is_empty(),
    ) {
        (true, _) => Ok(vec![AuthMethod::None]),
        (false, true) => Err(invalid(
            "token_endpoint_auth_method must be none or private_key_jwt",
        )),
        _ => Ok(methods),
    }
}
