//! The keys of others, as JWK Sets: RFC 7517 §5. Given by value, or fetched and kept (`kept`).

mod kept;

pub use kept::{Source, read, read_again};

use crate::jwk::PublicJwk;
use fluent_uri::Uri;
use serde_json::{Map, Value};

/// Largest set that is given by value, bytes.
pub const MAX_INLINE: usize = 32 * 1024;
/// Most keys in a set that is given by value.
pub const MAX_INLINE_KEYS: usize = 16;
/// Largest set that is fetched, bytes.
pub const MAX_FETCHED: usize = 64 * 1024;
/// Most keys of a fetched set that are looked at.
pub const MAX_FETCHED_KEYS: usize = 64;
/// Longest URL of a set, bytes.
const MAX_URL: usize = 2048;

/// The keys of one party. Keys that cannot verify anything here are not in it (RFC 7517 §5).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Jwks(Vec<Key>);

/// One key and what it says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// RFC 7517 §4.5
    kid: Option<String>,
    /// RFC 7517 §4.4
    alg: Option<String>,
    /// RFC 7517 §4.2, §4.3: it is not for encryption.
    signs: bool,
    /// The first certificate of `x5c` (RFC 7517 §4.7), base64 as it came.
    certificate: Option<String>,
    public: PublicJwk,
}

/// Why no key was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// There is none with this `kid`: perhaps a newer set has it.
    Unknown,
    /// There is one, but not for this algorithm or purpose.
    Unfit,
    /// The token names none, and several would fit.
    Ambiguous,
}

impl Missing {
    /// For logs.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Unknown => "its key is not known",
            Self::Unfit => "its key is for something else",
            Self::Ambiguous => "it names no key, and several would fit",
        }
    }
}

impl Jwks {
    /// The keys of a JWK Set; those that are no use here are passed over.
    ///
    /// # Errors
    /// A sentence if it is no JWK Set.
    pub fn of(set: &Value) -> Result<Self, &'static str> {
        let keys = set.get("keys").and_then(Value::as_array);
        let keys = keys.ok_or("it is not a JWK Set")?;
        let usable = keys.iter().take(MAX_FETCHED_KEYS);
        Ok(Self(usable.filter_map(|jwk| Key::read(jwk).ok()).collect()))
    }

    /// The one key that verifies a token with this `kid` and `alg`.
    ///
    /// # Errors
    /// [`Missing`]
    pub fn find(&self, kid: Option<&str>, alg: &str) -> Result<PublicJwk, Missing> {
        let fit = |key: &&Key| key.verifies(alg);
        let Some(kid) = kid else {
            let mut fitting = self.0.iter().filter(fit);
            return match (fitting.next(), fitting.next()) {
                (Some(only), None) => Ok(only.public.clone()),
                (None, _) => Err(Missing::Unknown),
                (Some(_), Some(_)) => Err(Missing::Ambiguous),
            };
        };
        let mut named = self
            .0
            .iter()
            .filter(|key| key.kid.as_deref() == Some(kid))
            .peekable();
        if named.peek().is_none() {
            return Err(Missing::Unknown);
        }
        // RFC 7517 §4.5: keys of different kinds may share a kid.
        named
            .find(fit)
            .map(|key| key.public.clone())
            .ok_or(Missing::Unfit)
    }

    /// All keys, for those who compare them with something else than a signature.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.0
    }
}

impl Key {
    fn read(jwk: &Value) -> Result<Self, &'static str> {
        let public = PublicJwk::read(jwk)?;
        let text = |name: &str| match jwk.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= 512 => Ok(Some(text.clone())),
            Some(_) => Err("a member of the key is malformed"),
        };
        let verifies = match jwk.get("key_ops") {
            None => true,
            Some(Value::Array(operations)) => operations.iter().any(|name| name == "verify"),
            Some(_) => return Err("key_ops is not a list"),
        };
        let usage = text("use")?;
        let chain = jwk.get("x5c").and_then(Value::as_array);
        let certificate = chain
            .and_then(|chain| chain.first())
            .and_then(Value::as_str);
        Ok(Self {
            kid: text("kid")?,
            alg: text("alg")?,
            signs: verifies && usage.is_none_or(|usage| usage == "sig"),
            certificate: certificate.map(str::to_owned),
            public,
        })
    }

    /// Whether it verifies signatures by `alg`: by its kind, its curve, and by what it says of itself.
    fn verifies(&self, alg: &str) -> bool {
        // RFC 9864 §2.2 gives EdDSA over Ed25519 a second name.
        let same = |own: &str| own == alg || (own, alg) == ("Ed25519", "EdDSA");
        self.signs && self.public.verifies(alg) && self.alg.as_deref().is_none_or(same)
    }

    /// The key itself.
    #[must_use]
    pub const fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// The certificate that came with it, base64 of DER (RFC 7517 §4.7). Not believed here.
    #[must_use]
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// As it is kept: what [`Key::read`] reads again.
    fn kept(&self) -> Value {
        let mut members: Map<String, Value> =
            serde_json::from_str(self.public.as_json()).unwrap_or_default();
        let texts = [("kid", &self.kid), ("alg", &self.alg)];
        for (name, text) in texts {
            if let Some(text) = text {
                members.insert(name.to_owned(), Value::from(text.as_str()));
            }
        }
        if !self.signs {
            members.insert("use".to_owned(), Value::from("enc"));
        }
        if let Some(certificate) = &self.certificate {
            members.insert(
                "x5c".to_owned(),
                Value::Array(vec![Value::from(certificate.as_str())]),
            );
        }
        Value::Object(members)
    }
}

/// Checks a set that is to be kept by value. Stricter than [`Jwks::of`]: whoever registers it can be told what is wrong.
///
/// # Errors
/// A sentence that says what is wrong, without the member's name in front.
pub fn check_inline(set: &Value) -> Result<(), String> {
    let size = serde_json::to_vec(set).map_or(usize::MAX, |bytes| bytes.len());
    if size > MAX_INLINE {
        return Err(format!("is larger than {MAX_INLINE} bytes"));
    }
    let Some(keys) = set.get("keys").and_then(Value::as_array) else {
        return Err("is not a JWK Set: {\"keys\": […]}".to_owned());
    };
    if !(1..=MAX_INLINE_KEYS).contains(&keys.len()) {
        return Err(format!("must hold 1 to {MAX_INLINE_KEYS} keys"));
    }
    let mut kids: Vec<(&str, &str)> = Vec::new();
    for (index, jwk) in keys.iter().enumerate() {
        Key::read(jwk).map_err(|why| format!("key {index}: {why}"))?;
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if let (Some(kid), Some(kty)) = (text("kid"), text("kty")) {
            if kids.contains(&(kid, kty)) {
                return Err(format!("key {index}: its kid is another key's too"));
            }
            kids.push((kid, kty));
        }
    }
    Ok(())
}

/// Checks the URL of a set. Where it leads is for the host to allow, whenever it is fetched.
///
/// # Errors
/// A sentence that says what is wrong, without the member's name in front.
pub fn check_uri(uri: &str) -> Result<(), &'static str> {
    if uri.len() > MAX_URL {
        return Err("is longer than 2048 bytes");
    }
    let parsed = Uri::parse(uri).map_err(|_| "is not a URL")?;
    if parsed.scheme().as_str() != "https" {
        Err("is not an https URL")
    } else if parsed
        .authority()
        .is_none_or(|authority| authority.host().is_empty() || authority.has_userinfo())
    {
        Err("has no host, or a user name")
    } else if parsed.has_fragment() {
        Err("has a fragment")
    } else {
        Ok(())
    }
}
