//! What clients may say of themselves that nobody registered: RFC 7591 §2, also where it stands in a metadata document.
//!
//! Only the standard's members are read; what is unknown is ignored and forgotten, logos and contacts with it. What is known but not
//! offered here is left out, and the answer says what was left (§3.2.1). What is malformed, contradictory or dangerous is refused.

mod kept;
mod offer;
mod redirect_uris;
pub mod room;
mod said;

pub use kept::{Registration, used};
pub use offer::Offer;
pub use said::Said;

use super::metadata::{self, ClientMetadata};
use super::profile::Profile;
use super::{Client, GrantType, TlsClientAuth, Trust};
use crate::ports::Host;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::{base64url, random_id, sha256_of};
use crate::time::UnixTime;
use serde_json::{Map, Value, json};

/// Starts the id of every client that registered itself: never a URL, never one that an operator or a person has.
pub const ID_PREFIX: &str = "dyn_";
/// Longest request, bytes.
pub const MAX_BODY: usize = 64 * 1024;
/// Deepest nesting in it: room for keys and for what is unknown.
pub const MAX_DEPTH: usize = 16;

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

/// Whether a member is read.
#[must_use]
pub(super) fn reads(member: &str) -> bool {
    MEMBERS.contains(&member)
}

/// What comes out of reading metadata: a client, and its secret if it has one.
pub type Read = (Client, Option<String>);

/// Makes a client of what it says of itself.
///
/// `made_up`: the id and the secret that it gets; it chooses neither (RFC 9700 §4.15).
///
/// # Errors
/// [`Refusal::ClientMetadataInvalid`], [`Refusal::RedirectUriUnfit`]
pub fn read(
    said: &Said,
    offer: &Offer<'_>,
    made_up: (String, String),
    now: UnixTime,
) -> Result<Read, Refusal> {
    let mut members = taken(said);
    let asked = scope_asked(&mut members)?;
    let grant_types = grant_types(&members, offer)?;
    response_types(&members, &grant_types)?;
    members.remove("response_types");
    redirect_uris::settle(
        &mut members,
        grant_types.contains(&GrantType::AuthorizationCode),
    )?;
    members.insert("grant_types".to_owned(), json!(grant_types));
    drop_unencrypted_links(&mut members);
    let mut parsed: ClientMetadata = serde_json::from_value(Value::Object(members))
        .map_err(|error| invalid(&format!("the metadata is malformed: {error}")))?;
    let may_have = offer.scope_for(asked.as_ref());
    parsed.scope = Some(may_have.clone());
    parsed.profile = offer.profile;
    parsed.sector = said.sector().cloned();
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

/// The members that are read. One that is `null` is not there (RFC 7591 §2).
fn taken(said: &Said) -> Map<String, Value> {
    MEMBERS
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), said.members().get(name)?.clone())))
        .filter(|(_, value)| !value.is_null())
        .collect()
}

/// The scope that it names. It may have more: see [`Offer::scope_for`].
fn scope_asked(members: &mut Map<String, Value>) -> Result<Option<Scope>, Refusal> {
    match members.remove("scope") {
        None => Ok(None),
        Some(Value::String(text)) => match Scope::parse(&text) {
            Ok(scope) => Ok(Some(scope)),
            Err(_) => Err(invalid("scope is malformed (RFC 6749 §3.3)")),
        },
        Some(_) => Err(invalid("scope must be a string")),
    }
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
    if let Some((name, value)) = client.tls_client_auth.as_ref().map(TlsClientAuth::member) {
        told.insert(name.to_owned(), json!(value));
    }
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
