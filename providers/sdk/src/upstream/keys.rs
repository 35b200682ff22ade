//! The keys that an issuer signs with (RFC 7517), kept in the provider's records.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::ask::Ask;
use super::callback::Here;
use super::discovery::{keep, key};
use super::id_token::Algorithm;
use crate::Failure;
use crate::document;

/// How long a set is used, seconds.
const LIFETIME_S: u64 = 3600;
/// How often a set is fetched before its time for a key that is not in it: once in this many seconds.
const REFETCH_S: u64 = 60;
/// Longest set, bytes; some come with certificates.
const MAX_BYTES: usize = 256 * 1024;
/// Most keys of a set.
const MAX_KEYS: usize = 64;

/// The members of a public key, of whichever kind: nothing else of it is kept.
const PUBLIC: [&str; 6] = ["kty", "crv", "x", "y", "n", "e"];

/// The keys of one issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Keys {
    keys: Vec<Key>,
}

/// One key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    kid: Option<String>,
    kty: String,
    crv: Option<String>,
    alg: Option<String>,
    /// Microsoft names the tenant of each key.
    pub(super) issuer: Option<String>,
    /// Its public half, as JSON.
    pub(super) jwk: String,
}

/// Which key signed, by the header of what it signed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'w> {
    pub(super) kid: Option<&'w str>,
    pub(super) algorithm: Algorithm,
}

/// The key at `jwks_uri` that signed something. A set without it is fetched again, at most once a minute: keys change.
pub(super) fn find(here: &Here<'_>, jwks_uri: &str, wanted: Wanted<'_>) -> Result<Key, Failure> {
    let name = key("keys", &[jwks_uri]);
    let kept = document::read::<Keys>(here.services, &name)?;
    if let Some(found) = kept.as_ref().and_then(|kept| kept.value.find(wanted)) {
        return Ok(found.clone());
    }
    if kept.is_some() && !may_refetch(here, jwks_uri)? {
        return Err(unknown());
    }
    let fetched = fetch(here, jwks_uri)?;
    keep(here.services, &name, kept.as_ref(), &fetched, LIFETIME_S)?;
    fetched.find(wanted).cloned().ok_or_else(unknown)
}

fn unknown() -> Failure {
    Failure::Unavailable(
        "the ID token: it is signed with a key that its issuer does not publish".to_owned(),
    )
}

fn may_refetch(here: &Here<'_>, jwks_uri: &str) -> Result<bool, Failure> {
    let end = here.services.now() + REFETCH_S;
    let count = here
        .services
        .increment(&key("refetch", &[jwks_uri]), 1, end)?;
    Ok(count == 1)
}

fn fetch(here: &Here<'_>, jwks_uri: &str) -> Result<Keys, Failure> {
    let set = Ask::get("the issuer's keys", jwks_uri)
        .header("accept", "application/json, application/jwk-set+json")
        .at_most(MAX_BYTES)
        .object(here.upstream)?;
    let listed = set.get("keys").and_then(Value::as_array);
    let listed = listed.ok_or_else(|| {
        Failure::Unavailable("the issuer's keys: there is no array `keys`".to_owned())
    })?;
    if listed.len() > MAX_KEYS {
        return Err(Failure::Unavailable(format!(
            "the issuer's keys: more than {MAX_KEYS}"
        )));
    }
    Ok(Keys {
        // RFC 7517 §5: what we do not know is passed over.
        keys: listed
            .iter()
            .filter_map(Value::as_object)
            .filter_map(Key::read)
            .collect(),
    })
}

impl Keys {
    /// By its id; a token without one fits only if there is no choice (OpenID Connect Core §10.1).
    fn find(&self, wanted: Wanted<'_>) -> Option<&Key> {
        let mut fitting = self.keys.iter().filter(|key| key.fits(wanted));
        let found = fitting.next()?;
        fitting.next().is_none().then_some(found)
    }
}

impl Key {
    fn read(jwk: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str).map(str::to_owned);
        let signs = text("use").is_none_or(|usage| usage == "sig");
        let verifies = jwk.get("key_ops").is_none_or(|operations| {
            let operations = operations.as_array().into_iter().flatten();
            operations
                .filter_map(Value::as_str)
                .any(|one| one == "verify")
        });
        let kty = text("kty").filter(|kty| ["RSA", "EC", "OKP"].contains(&kty.as_str()))?;
        if !signs || !verifies {
            return None;
        }
        let public: Map<_, _> = PUBLIC
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), jwk.get(*name)?.clone())))
            .collect();
        Some(Self {
            kid: text("kid"),
            kty,
            crv: text("crv"),
            alg: text("alg"),
            issuer: text("issuer"),
            jwk: Value::Object(public).to_string(),
        })
    }

    fn fits(&self, wanted: Wanted<'_>) -> bool {
        let (kty, crv) = wanted.algorithm.key();
        self.kty == kty
            && crv.is_none_or(|crv| self.crv.as_deref() == Some(crv))
            && self
                .alg
                .as_deref()
                .is_none_or(|alg| alg == wanted.algorithm.name())
            && wanted
                .kid
                .is_none_or(|kid| self.kid.as_deref() == Some(kid))
    }
}
