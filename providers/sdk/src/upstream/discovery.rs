//! What an issuer says of itself: OpenID Connect Discovery §3 and §4, kept in the provider's records.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::address::require_https;
use super::ask::Ask;
use super::callback::Here;
use super::openid::Issuer;
use crate::document::{self, Document};
use crate::secret::{hex, sha256};
use crate::{Failure, Services};

/// How long a document is used, seconds.
const LIFETIME_S: u64 = 3600;
/// How long nobody is asked again who failed to answer, seconds: people who start sign-ins meanwhile wait for nothing.
const FAILED_S: u64 = 10;

/// What of the document is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Metadata {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_uri: String,
    #[serde(default)]
    pub(super) userinfo_endpoint: Option<String>,
    #[serde(default)]
    pub(super) id_token_signing_alg_values_supported: Option<Vec<String>>,
    #[serde(default)]
    pub(super) authorization_response_iss_parameter_supported: bool,
}

/// The document of an issuer, kept or fetched.
pub(super) fn metadata(here: &Here<'_>, issuer: &Issuer) -> Result<Metadata, Failure> {
    let url = issuer.discovery_url();
    let key = key("discovery", &[&url, &issuer.name]);
    if let Some(kept) = document::read::<Metadata>(here.services, &key)? {
        return Ok(kept.value);
    }
    let failed = self::key("failed", &[&url, &issuer.name]);
    if here.services.get(&failed)?.is_some() {
        return Err(Failure::Unavailable(format!(
            "the discovery document: it was not to be had a moment ago, and is not asked for again within {FAILED_S} seconds"
        )));
    }
    let metadata = match fetch(here, issuer, &url) {
        Ok(metadata) => metadata,
        Err(failure) => {
            keep(here.services, &failed, None, &(), FAILED_S)?;
            return Err(failure);
        }
    };
    keep(here.services, &key, None, &metadata, LIFETIME_S)?;
    Ok(metadata)
}

fn fetch(here: &Here<'_>, issuer: &Issuer, url: &str) -> Result<Metadata, Failure> {
    let what = "the discovery document";
    let members = Ask::get(what, url).object(here.upstream)?;
    let metadata: Metadata = serde_json::from_value(Value::Object(members)).map_err(|_| {
        Failure::Unavailable(format!(
            "{what}: an endpoint is missing, or a member has the wrong type"
        ))
    })?;
    // Discovery §4.3: exactly, or it speaks for somebody else.
    if !issuer.is_named(&metadata.issuer) {
        return Err(Failure::Unavailable(format!(
            "{what}: its `issuer` is not exactly {:?}; set `issuer` as the document has it, if that is who you mean",
            issuer.name
        )));
    }
    require_https(
        "the authorization endpoint",
        &metadata.authorization_endpoint,
    )?;
    require_https("the token endpoint", &metadata.token_endpoint)?;
    require_https("`jwks_uri`", &metadata.jwks_uri)?;
    if let Some(userinfo) = &metadata.userinfo_endpoint {
        require_https("the UserInfo endpoint", userinfo)?;
    }
    Ok(metadata)
}

/// A key of a record about something at a URL.
pub(super) fn key(kind: &str, about: &[&str]) -> String {
    let parts: Vec<_> = about.iter().map(|part| part.as_bytes()).collect();
    format!("upstream/{kind}/{}", hex(&sha256(&parts)))
}

/// Keeps something for a while, over what was read. Who else kept it in the meantime knows as much.
pub(super) fn keep<T: Serialize>(
    services: &dyn Services,
    key: &str,
    read: Option<&Document<T>>,
    value: &T,
    lifetime_s: u64,
) -> Result<(), Failure> {
    let end = Some(services.now() + lifetime_s);
    match read {
        Some(read) => document::replace(services, key, read.version, value, end)?,
        None => document::create(services, key, value, end)?,
    };
    Ok(())
}
