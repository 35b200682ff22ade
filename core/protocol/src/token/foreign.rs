//! JSON Web Tokens that others signed: RFC 7515 §3.1 and §5.2, RFC 7519 §7.2, hardened as RFC 8725 says.
//!
//! In order: 1. the form of the JWS and its header ([`super::jws`]); 2. the claims: one JSON object, no member twice; 3. `alg` is on the
//! caller's list; 4. `typ` is what the caller expects; 5. `iss`, `aud`, `exp`, `nbf`, `iat`; 6. a key of the issuer's own set, by `kid`, fit for
//! `alg`; 7. the signature. What a token says of keys (`jku`, `jwk`, `x5u`, `x5c`) is never looked at. Nothing is fetched before the fifth step
//! passed, and nothing is believed before the seventh: only then there is a [`Verified`].

use super::jws::{self, Jws, MAX_ID, Unproven};
use crate::jwks::{self, Missing, Source};
use crate::ports::{Host, KeyFailure};
use crate::refusal::Refusal;
use crate::strict_json;
use crate::time::UnixTime;
use serde_json::{Map, Value};

/// The algorithms of others' signatures that are taken at all (RFC 7518 §3.1, RFC 8037 §3.1): all asymmetric.
pub const ALGORITHMS: [&str; 5] = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
/// How far others' clocks may be off, seconds.
pub const SKEW_S: u64 = 60;
/// How deep claims may nest.
const DEPTH: usize = 12;

/// A token that was taken apart. Nothing in it is believed.
#[derive(Debug, Clone, PartialEq)]
pub struct Unverified<'a> {
    jws: Jws<'a>,
    claims: Map<String, Value>,
}

/// What a token must be to be taken.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// The algorithms that are taken.
    pub algorithms: &'a [&'a str],
    /// RFC 8725 §3.11.
    pub typ: Typ<'a>,
    /// `iss`, compared byte by byte.
    pub issuer: &'a str,
    /// `aud`
    pub audience: Audience<'a>,
    /// `exp`
    pub lifetime: Lifetime,
}

/// What `typ` must say; `application/` in front and upper case make no difference (RFC 7515 §4.1.9).
#[derive(Debug, Clone, Copy)]
pub enum Typ<'a> {
    /// This.
    Exactly(&'a str),
    /// Nothing, or one of these.
    AbsentOr(&'a [&'a str]),
}

/// What `aud` must say.
#[derive(Debug, Clone, Copy)]
pub enum Audience<'a> {
    /// A string, and one of these: an array is refused even if it holds nothing else, so that a token is for one reader alone.
    Sole(&'a [&'a str]),
    /// As above, or an array of this alone.
    Only(&'a str),
    /// Nothing, or this among others.
    AbsentOrAmong(&'a str),
}

/// How long a token may be good.
#[derive(Debug, Clone, Copy)]
pub enum Lifetime {
    /// `exp` must be there, and at most so many seconds away.
    AtMost(u64),
    /// `exp` may be absent.
    Any,
}

/// Why a token was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// What about it; says nothing of its contents.
    Invalid(&'static str),
    /// It could not be checked now.
    Ours(Refusal),
}

impl Fault {
    /// As a refusal; `invalid` says which one an invalid token is.
    pub fn refusal(self, invalid: fn(&'static str) -> Refusal) -> Refusal {
        match self {
            Self::Invalid(what) => invalid(what),
            Self::Ours(refusal) => refusal,
        }
    }
}

impl From<&'static str> for Fault {
    fn from(what: &'static str) -> Self {
        Self::Invalid(what)
    }
}

/// A token whose signature and claims hold. Only [`Unverified::verify`] and [`Unverified::verify_hs256`] build one.
#[derive(Debug, Clone, PartialEq)]
pub struct Verified {
    claims: Map<String, Value>,
    typ: Option<String>,
}

/// Takes a token apart. Whatever the text is, this ends soon and without a panic.
///
/// # Errors
/// What about it is not a JWS in compact form with JSON claims; says nothing of its contents.
pub fn parse(token: &str) -> Result<Unverified<'_>, &'static str> {
    let jws = jws::parse(token)?;
    let claims = strict_json::object(jws.payload(), DEPTH).map_err(|_| "its claims are wrong")?;
    Ok(Unverified { jws, claims })
}

impl Unverified<'_> {
    /// `alg`, as it says.
    #[must_use]
    pub fn alg(&self) -> &str {
        self.jws.alg()
    }

    /// `typ`, as it says.
    #[must_use]
    pub fn typ(&self) -> Option<&str> {
        self.jws.typ()
    }

    /// A claim that is a string, as it says: to find out by whose keys and rules it must be verified.
    #[must_use]
    pub fn says(&self, claim: &str) -> Option<&str> {
        self.claims.get(claim).and_then(Value::as_str)
    }

    /// Verifies it by the keys of its issuer.
    ///
    /// # Errors
    /// [`Fault`]
    pub fn verify(
        self,
        expected: &Expected<'_>,
        keys: Source<'_>,
        now: UnixTime,
        host: &dyn Host,
    ) -> Result<Verified, Fault> {
        self.check(expected, now)?;
        // Whatever list a caller made: what is symmetric has no place among public keys.
        if !ALGORITHMS.contains(&self.alg()) {
            return Err(Fault::Invalid("its algorithm is not taken"));
        }
        let set = jwks::read(keys, now, host).map_err(Fault::Ours)?;
        let unknown = Err(Unproven::Missing(Missing::Unknown));
        let mut outcome = self.jws.verify(&set, host);
        // The issuer may have a new key since its keys were read.
        if outcome == unknown {
            let newer = jwks::read_again(keys, now, host).map_err(Fault::Ours)?;
            outcome = newer.map_or(unknown, |set| self.jws.verify(&set, host));
        }
        match outcome {
            Ok(()) => Ok(self.believed()),
            Err(Unproven::Missing(missing)) => Err(Fault::Invalid(missing.text())),
            Err(Unproven::Wrong) => Err(Fault::Invalid("its signature is wrong")),
            Err(Unproven::Failed(KeyFailure::Unsupported(_))) => {
                Err(Fault::Invalid("its key is not taken here"))
            }
            Err(Unproven::Failed(failure)) => Err(Fault::Ours(failure.into())),
        }
    }

    /// Verifies it by secrets that its issuer shares with us ([`Jws::is_keyed_by`]).
    ///
    /// # Errors
    /// [`Fault`]
    pub fn verify_hs256(
        self,
        expected: &Expected<'_>,
        secrets: &[Vec<u8>],
        now: UnixTime,
    ) -> Result<Verified, Fault> {
        self.check(expected, now)?;
        if self.alg() != "HS256" {
            return Err(Fault::Invalid("its algorithm is not taken"));
        }
        if self.jws.is_keyed_by(secrets) {
            Ok(self.believed())
        } else {
            Err(Fault::Invalid("its signature is wrong"))
        }
    }

    fn believed(self) -> Verified {
        Verified {
            typ: self.typ().map(str::to_owned),
            claims: self.claims,
        }
    }

    /// Everything but the signature.
    fn check(&self, expected: &Expected<'_>, now: UnixTime) -> Result<(), &'static str> {
        if self.alg().eq_ignore_ascii_case("none") {
            return Err("it is not signed");
        }
        if !expected.algorithms.contains(&self.alg()) {
            return Err("its algorithm is not taken");
        }
        let fits = match expected.typ {
            Typ::Exactly(typ) => is_typ(self.typ(), typ),
            Typ::AbsentOr(some) => {
                self.typ().is_none() || some.iter().any(|typ| is_typ(self.typ(), typ))
            }
        };
        if !fits {
            return Err("it is of another type");
        }
        if self.says("iss") != Some(expected.issuer) {
            return Err("its issuer is another");
        }
        if !self.is_for(expected.audience) {
            return Err("its audience is another");
        }
        self.check_times(expected.lifetime, now)
    }

    fn is_for(&self, expected: Audience<'_>) -> bool {
        match (expected, self.claims.get("aud")) {
            (Audience::Sole(some), Some(Value::String(aud))) => some.contains(&aud.as_str()),
            (Audience::Only(one) | Audience::AbsentOrAmong(one), Some(Value::String(aud))) => {
                aud == one
            }
            (Audience::Only(one), Some(Value::Array(several))) => {
                matches!(several.as_slice(), [only] if only == one)
            }
            (Audience::AbsentOrAmong(one), Some(Value::Array(several))) => {
                several.iter().any(|aud| aud == one)
            }
            (Audience::AbsentOrAmong(_), None) => true,
            _ => false,
        }
    }

    /// RFC 7519 §4.1.4 to §4.1.6.
    fn check_times(&self, lifetime: Lifetime, now: UnixTime) -> Result<(), &'static str> {
        let time = |name: &str| match self.claims.get(name) {
            None => Ok(None),
            Some(value) => numeric_date(value)
                .map(Some)
                .ok_or("a time in it is not one"),
        };
        let (exp, nbf, iat) = (time("exp")?, time("nbf")?, time("iat")?);
        if exp.is_some_and(|exp| now >= exp.plus(SKEW_S)) {
            return Err("it has expired");
        }
        let too_early = |time: UnixTime| time > now.plus(SKEW_S);
        if nbf.is_some_and(too_early) || iat.is_some_and(too_early) {
            return Err("it is not valid yet");
        }
        let Lifetime::AtMost(seconds) = lifetime else {
            return Ok(());
        };
        match exp {
            None => Err("it does not expire"),
            Some(exp) if exp > now.plus(seconds + SKEW_S) => Err("it is valid for too long"),
            Some(_) => Ok(()),
        }
    }
}

/// Whether two media types are one.
fn is_typ(typ: Option<&str>, expected: &str) -> bool {
    typ.is_some_and(|typ| {
        let short = typ
            .get(..12)
            .filter(|prefix| prefix.eq_ignore_ascii_case("application/"))
            .and_then(|_| typ.get(12..))
            .unwrap_or(typ);
        short.eq_ignore_ascii_case(expected)
    })
}

/// RFC 7519 §2 `NumericDate`; fractions of a second are dropped.
fn numeric_date(value: &Value) -> Option<UnixTime> {
    if let Some(seconds) = value.as_u64() {
        return Some(UnixTime(seconds));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the range was checked"
    )]
    value
        .as_f64()
        .filter(|seconds| (0.0..9_007_199_254_740_992.0).contains(seconds))
        .map(|seconds| UnixTime(seconds as u64))
}

impl Verified {
    /// All claims.
    #[must_use]
    pub const fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// A claim that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// A claim that is a time.
    #[must_use]
    pub fn time(&self, name: &str) -> Option<UnixTime> {
        self.claims.get(name).and_then(numeric_date)
    }

    /// `jti`, if it is one that can be remembered.
    #[must_use]
    pub fn jti(&self) -> Option<&str> {
        self.text("jti")
            .filter(|jti| (1..=MAX_ID).contains(&jti.len()))
    }

    /// Whether its `typ` is this one.
    #[must_use]
    pub fn is(&self, typ: &str) -> bool {
        is_typ(self.typ.as_deref(), typ)
    }

    /// Until when it could be presented again: what remembers its `jti` must live so long.
    #[must_use]
    pub fn dies(&self) -> Option<UnixTime> {
        self.time("exp").map(|exp| exp.plus(SKEW_S))
    }
}
