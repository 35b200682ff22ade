//! ID tokens: OpenID Connect Core §2 and §3.1.3.7.
//!
//! In order: 1. it is a JWT, of no other type; 2. its algorithm is one that we and the issuer allow; 3. its issuer; 4. the key and the
//! signature; 5. for whom; 6. when; 7. for which sign-in; 8. with which access token.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::callback::Here;
use super::discovery::Metadata;
use super::jws::Jws;
use super::keys::{self, Wanted};
use super::oauth::Tokens;
use super::openid::Issuer;
use super::pending::Pending;
use super::person::Claims;
use crate::{Failure, secret};

/// How far clocks may be apart, seconds.
pub(super) const LEEWAY_S: u64 = 60;
/// Longest subject, bytes (OpenID Connect Core §2).
const MAX_SUB: usize = 255;

/// Algorithms of ID tokens: those that a host can verify. Neither `none` nor any with a shared secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// ECDSA with P-256 and SHA-256
    Es256,
    /// ECDSA with P-384 and SHA-384
    Es384,
    /// RSASSA-PKCS1-v1_5 with SHA-256
    Rs256,
    /// Ed25519
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Es256, Self::Es384, Self::Rs256, Self::EdDsa];

    /// Its name (RFC 7518 §3.1, RFC 8037 §3.1).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Rs256 => "RS256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// By its name.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// `kty` and `crv` of its keys.
    pub(super) const fn key(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Es256 => ("EC", Some("P-256")),
            Self::Es384 => ("EC", Some("P-384")),
            Self::Rs256 => ("RSA", None),
            Self::EdDsa => ("OKP", Some("Ed25519")),
        }
    }

    /// The left half of the hash of a token (§3.1.3.6).
    fn half_hash(self, token: &str) -> String {
        let token = token.as_bytes();
        let hash = match self {
            Self::Es256 | Self::Rs256 => Sha256::digest(token).to_vec(),
            Self::Es384 => Sha384::digest(token).to_vec(),
            Self::EdDsa => Sha512::digest(token).to_vec(),
        };
        let half = hash.get(..hash.len() / 2).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(half)
    }
}

/// Whom the token must be from and for.
pub(super) struct Expected<'e> {
    pub(super) issuer: &'e Issuer,
    pub(super) metadata: &'e Metadata,
    pub(super) client_id: &'e str,
    pub(super) algorithms: &'e [Algorithm],
    pub(super) pending: &'e Pending,
    /// The person had to sign in there anew: `auth_time` says that they did.
    pub(super) fresh: bool,
}

/// The claims of the ID token among `tokens`, once everything about it is right.
pub(super) fn verify(
    here: &Here<'_>,
    tokens: &Tokens,
    expected: &Expected<'_>,
) -> Result<Claims, Failure> {
    let token = tokens.id_token.as_deref().ok_or_else(|| {
        wrong("there is none in the token endpoint's answer; is `openid` among the scopes?")
    })?;
    let jws = Jws::parse(token).map_err(wrong)?;
    let algorithm = algorithm(&jws, expected)?;
    let claims = Claims::new(jws.claims.clone());
    let iss = issuer(&claims, expected.issuer)?;
    signature(here, &jws, algorithm, iss, expected)?;
    audience(&claims, expected.client_id)?;
    times(&claims, here.services.now())?;
    if !secret::equal(
        claims.text("nonce").unwrap_or_default().as_bytes(),
        expected.pending.nonce.as_bytes(),
    ) {
        return Err(wrong("its `nonce` is not this sign-in's"));
    }
    if let Some(at_hash) = claims.get("at_hash") {
        let hash = algorithm.half_hash(tokens.access_token.reveal());
        if !at_hash
            .as_str()
            .is_some_and(|sent| secret::equal(sent.as_bytes(), hash.as_bytes()))
        {
            return Err(wrong("its `at_hash` is not that of the access token"));
        }
    }
    if !claims
        .text("sub")
        .is_some_and(|sub| !sub.is_empty() && sub.len() <= MAX_SUB)
    {
        return Err(wrong(
            "its `sub` is missing, empty or longer than 255 bytes",
        ));
    }
    if expected.fresh {
        freshness(&claims, expected.pending.begun_at)?;
    }
    Ok(claims)
}

fn wrong(why: &str) -> Failure {
    Failure::Unavailable(format!("the ID token: {why}"))
}

/// RFC 8725 §3.1 and §3.11: one that both sides allow, of a token that is nothing else.
fn algorithm(jws: &Jws<'_>, expected: &Expected<'_>) -> Result<Algorithm, Failure> {
    if jws.header.contains_key("crit") {
        return Err(wrong(
            "its header has `crit`, of which nothing is understood",
        ));
    }
    if let Some(typ) = jws.header.get("typ")
        && !typ
            .as_str()
            .is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"))
    {
        return Err(wrong("its `typ` is that of another token"));
    }
    let advertised = expected
        .metadata
        .id_token_signing_alg_values_supported
        .as_ref();
    jws.header("alg")
        .and_then(Algorithm::of)
        .filter(|found| expected.algorithms.contains(found))
        .filter(|found| {
            advertised.is_none_or(|names| names.iter().any(|name| name == found.name()))
        })
        .ok_or_else(|| {
            wrong("its `alg` is none that the settings and the issuer's discovery document allow")
        })
}

fn issuer<'c>(claims: &'c Claims, issuer: &Issuer) -> Result<&'c str, Failure> {
    let iss = claims.text("iss").unwrap_or_default();
    if issuer.is(iss, claims.text("tid")) {
        Ok(iss)
    } else {
        Err(wrong("its `iss` is another issuer"))
    }
}

fn signature(
    here: &Here<'_>,
    jws: &Jws<'_>,
    algorithm: Algorithm,
    iss: &str,
    expected: &Expected<'_>,
) -> Result<(), Failure> {
    let kid = match jws.header.get("kid") {
        None => None,
        Some(kid) => Some(kid.as_str().ok_or_else(|| wrong("its `kid` is no text"))?),
    };
    let key = keys::find(here, &expected.metadata.jwks_uri, Wanted { kid, algorithm })?;
    if let Some(owner) = &key.issuer
        && *owner != expected.issuer.name
        && owner != iss
    {
        return Err(wrong("it is signed with a key of another issuer's"));
    }
    let verified = here.upstream.verify_signature(
        &key.jwk,
        algorithm.name(),
        jws.message.as_bytes(),
        &jws.signature,
    )?;
    if verified {
        Ok(())
    } else {
        Err(wrong("its signature is wrong"))
    }
}

/// §3.1.3.7, 3 to 5: for us, and if for others too then handed to us.
fn audience(claims: &Claims, client_id: &str) -> Result<(), Failure> {
    let audiences: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several
            .iter()
            .map(|one| one.as_str().unwrap_or_default())
            .collect(),
        _ => Vec::new(),
    };
    if !audiences.contains(&client_id) {
        return Err(wrong("its `aud` is another client"));
    }
    match claims.get("azp") {
        None if audiences.len() > 1 => Err(wrong("it has several audiences and no `azp`")),
        Some(azp) if azp.as_str() != Some(client_id) => Err(wrong("its `azp` is another client")),
        _ => Ok(()),
    }
}

/// §3.1.3.7, 9 and 10; RFC 7519 §4.1.4 to §4.1.6.
fn times(claims: &Claims, now: u64) -> Result<(), Failure> {
    let at = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(_) => claims
            .seconds(name)
            .map(Some)
            .ok_or_else(|| wrong(&format!("its `{name}` is no time"))),
    };
    let expires = at("exp")?.ok_or_else(|| wrong("it has no `exp`"))?;
    let issued = at("iat")?.ok_or_else(|| wrong("it has no `iat`"))?;
    if now >= expires.saturating_add(LEEWAY_S) {
        return Err(wrong("it has expired; is this host's clock right?"));
    }
    if issued > now.saturating_add(LEEWAY_S) {
        return Err(wrong(
            "it was issued in the future; is this host's clock right?",
        ));
    }
    if at("nbf")?.is_some_and(|begins| begins > now.saturating_add(LEEWAY_S)) {
        return Err(wrong("it is not valid yet; is this host's clock right?"));
    }
    Ok(())
}

/// §3.1.3.7, 13: they signed in there since this began.
fn freshness(claims: &Claims, begun_at: u64) -> Result<(), Failure> {
    match claims.seconds("auth_time") {
        Some(at) if at.saturating_add(LEEWAY_S) >= begun_at => Ok(()),
        Some(_) => Err(wrong(
            "the person did not sign in there anew, although they were to (`auth_time`)",
        )),
        None => Err(wrong(
            "it has no `auth_time`, although `max_age` was asked for: this issuer cannot confirm people",
        )),
    }
}
