//! Access tokens: RFC 9068, or opaque ones, as [`super::form`] says.
//!
//! One whose `typ` is `JWT`, for verifiers that know no other, carries `token_use: access`: no ID token ever does, so that neither is
//! taken for the other here. The name is reserved, no policy or provider can set it.

use super::form::Form;
use super::{jwt, opaque};
use crate::claims::RESERVED;
use crate::client::{self, AccessTokenTyp, Client};
use crate::grant::{self, Confirmation, Grant};
use crate::ports::{Host, StoreFailure};
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::secret::random_id;
use crate::settings::Server;
use crate::store;
use crate::time::UnixTime;
use crate::user::{self, User};
use serde::Serialize;
use serde_json::{Map, Value};

/// The types that access tokens have: that of RFC 9068 §2.1, which keeps them apart from all other JWTs, and the common one.
const TYPS: [&str; 2] = [AccessTokenTyp::AtJwt.name(), AccessTokenTyp::Jwt.name()];
/// Marks access tokens of the common type.
pub const TOKEN_USE: &str = "token_use";
/// Its value.
const ACCESS: &str = "access";

/// What an access token is to say.
pub struct Contents<'a> {
    /// To whom it is issued.
    pub client: &'a Client,
    /// About whom: the user, or the client itself (RFC 9068 §2.2).
    pub sub: &'a str,
    /// What it is good for.
    pub scope: &'a Scope,
    /// Where; empty means the issuer itself.
    pub resources: &'a [String],
    /// Seconds.
    pub lifetime_s: u32,
    /// The grant behind it, and its id.
    pub grant: Option<(&'a str, &'a Grant)>,
    /// The token that it is made of (RFC 8693), of the same grant: it ends with that one.
    pub made_of: Option<&'a LiveToken>,
    /// Of which kind it is.
    pub form: Form,
    /// The key that its bearer must prove to hold.
    pub confirmation: Option<&'a Confirmation>,
    /// Who acts for `sub`, and for whom they act in turn (RFC 8693 §4.1).
    pub act: Option<&'a Value>,
    /// RFC 9396 §9.1.
    pub authorization_details: &'a [Value],
    /// Added by policy; none of them reserved.
    pub extra: &'a [(String, Value)],
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: Audience<'a>,
    client_id: &'a str,
    iat: UnixTime,
    exp: UnixTime,
    jti: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token_use: Option<&'static str>,
    #[serde(skip_serializing_if = "Scope::is_empty")]
    scope: &'a Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_time: Option<UnixTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    amr: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acr: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cnf: Option<&'a Confirmation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<&'a Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_details: Option<&'a [Value]>,
    #[serde(flatten)]
    extra: Map<String, Value>,
}

/// One audience is a string, several are an array (RFC 7519 §4.1.3).
#[derive(Serialize)]
#[serde(untagged)]
enum Audience<'a> {
    One(&'a str),
    Several(&'a [String]),
}

/// Issues an access token; one write for an opaque one, none for a JWT.
///
/// Its `jti` is `<grant>.<random>`, or random alone if there is no grant: so that introspection finds the grant's record
/// without another index. One that is made of another token goes on where the `jti` of that one ends, so that whoever reads it finds what
/// it hangs on.
///
/// # Errors
/// Key and store failures.
pub fn issue(
    contents: &Contents<'_>,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<String, Refusal> {
    let random = random_id(host);
    let extra = contents
        .extra
        .iter()
        .filter(|(name, _)| !RESERVED.contains(&name.as_str()));
    let claims = Claims {
        iss: &server.issuer,
        sub: contents.sub,
        aud: match contents.resources {
            [] => Audience::One(contents.client.audience(&server.issuer)),
            [one] => Audience::One(one),
            several => Audience::Several(several),
        },
        client_id: &contents.client.client_id,
        iat: now,
        exp: now.plus(u64::from(contents.lifetime_s)),
        jti: match (contents.made_of, contents.grant) {
            (Some(token), _) => format!("{}.{random}", token.text("jti")),
            (None, Some((id, _))) => format!("{id}.{random}"),
            (None, None) => random,
        },
        token_use: matches!(contents.form, Form::Jwt(_, AccessTokenTyp::Jwt)).then_some(ACCESS),
        scope: contents.scope,
        // A grant that came by an assertion may not know.
        auth_time: contents
            .grant
            .map(|(_, grant)| grant.auth_time)
            .filter(|time| time.0 > 0),
        amr: contents
            .grant
            .map(|(_, grant)| grant.amr.as_slice())
            .filter(|amr| !amr.is_empty()),
        acr: contents.grant.and_then(|(_, grant)| grant.acr.as_deref()),
        cnf: contents.confirmation,
        act: contents.act,
        authorization_details: Some(contents.authorization_details)
            .filter(|details| !details.is_empty()),
        extra: extra.cloned().collect(),
    };
    match contents.form {
        Form::Jwt(alg, typ) => jwt::sign(typ.name(), alg, &claims, host),
        Form::Opaque => opaque::issue(&claims, claims.exp, host),
    }
}

/// The `token_type` of a token with this confirmation (RFC 9449 §5); one bound to a certificate is a bearer token to the eye
/// (RFC 8705 §3).
#[must_use]
pub const fn token_type(confirmation: Option<&Confirmation>) -> &'static str {
    match confirmation {
        Some(Confirmation::Jkt(_)) => "DPoP",
        Some(Confirmation::X5tS256(_)) | None => "Bearer",
    }
}

/// How long an access token lives: the shortest of what the server, client, resources and policy say.
#[must_use]
pub fn lifetime_s(
    client: &Client,
    resources: &[String],
    policy_bound_s: Option<u32>,
    server: &Server,
    host: &dyn Host,
) -> u32 {
    let own = client
        .access_token_lifetime_s
        .unwrap_or(server.lifetimes.access_token_s);
    let declared = resources
        .iter()
        .filter_map(|uri| crate::resource::declared(uri, host)?.access_token_lifetime_s);
    declared.chain(policy_bound_s).fold(own, u32::min)
}

/// An access token that is ours, alive, and not revoked. Only [`verify`] builds one.
#[derive(Debug, Clone)]
pub struct LiveToken {
    /// Its claims.
    pub claims: Map<String, Value>,
    /// Its scope.
    pub scope: Scope,
    /// The user behind it; none for a client's own.
    pub user: Option<User>,
    /// The grant behind it, with its id; none for a client's own.
    pub grant: Option<(String, Grant)>,
}

impl LiveToken {
    /// A claim that is a string.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.claims
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// The key that its bearer must prove to hold.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`] if it is bound to something that is not known here.
    pub fn confirmation(&self) -> Result<Option<Confirmation>, Refusal> {
        self.claims
            .get("cnf")
            .map(|cnf| serde_json::from_value(cnf.clone()).map_err(|_| Refusal::TokenInvalid))
            .transpose()
    }

    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> UnixTime {
        let exp = self.claims.get("exp").and_then(Value::as_u64);
        UnixTime(exp.unwrap_or_default())
    }

    /// For whom it is.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        let all = match self.claims.get("aud") {
            Some(one @ Value::String(_)) => std::slice::from_ref(one),
            Some(Value::Array(several)) => several.as_slice(),
            _ => &[],
        };
        all.iter().filter_map(Value::as_str)
    }

    /// How many tokens it was made of, one after the other (RFC 8693).
    #[must_use]
    pub fn exchanges(&self) -> usize {
        self.text("jti").split('.').count().saturating_sub(2)
    }

    /// Whether `uri` is among its audiences.
    #[must_use]
    pub fn is_for(&self, uri: &str) -> bool {
        self.audiences().any(|one| one == uri)
    }
}

/// The key of the record that says that a token was revoked by itself (RFC 7009 §2.1).
fn revoked_key(jti: &str) -> String {
    format!("revoked/{jti}")
}

/// Whether a token was revoked by itself, or one that it was made of.
fn is_revoked(jti: &str, host: &dyn Host) -> Result<bool, Refusal> {
    let ends = jti.match_indices('.').skip(1).map(|(at, _)| at);
    for end in ends.chain([jti.len()]) {
        let one = jti.get(..end).unwrap_or(jti);
        if host.get(&revoked_key(one))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The claims of an access token of ours, whatever the time. By a signature and a type that no other JWT of ours has, or by its record.
fn read(token: &str, host: &dyn Host) -> Result<Map<String, Value>, Refusal> {
    if opaque::looks_like_one(token) {
        return opaque::find(token, host);
    }
    let (typ, claims) = jwt::verify_own(token, &TYPS, host)?;
    let says_so = claims.get(TOKEN_USE).and_then(Value::as_str) == Some(ACCESS);
    if typ == AccessTokenTyp::Jwt.name() && !says_so {
        return Err(Refusal::TokenInvalid);
    }
    Ok(claims)
}

/// Verifies an access token of ours: signature, type, issuer, time, and that neither it nor its grant was revoked.
///
/// # Errors
/// [`Refusal::TokenInvalid`]; store and key failures.
pub fn verify(
    token: &str,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<LiveToken, Refusal> {
    let claims = read(token, host)?;
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let exp = claims
        .get("exp")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let jti = text("jti").ok_or(Refusal::TokenInvalid)?;
    if text("iss") != Some(&server.issuer) || now.0 >= exp || is_revoked(jti, host)? {
        return Err(Refusal::TokenInvalid);
    }
    let client_id = text("client_id").unwrap_or_default();
    let issued_at = claims.get("iat").and_then(Value::as_u64);
    client_was_there(client_id, UnixTime(issued_at.unwrap_or_default()), host)?;
    let (user, grant) = match jti.split_once('.') {
        None => (None, None),
        Some((grant_id, _)) => {
            let (user, grant) = standing_grant(grant_id, host)?;
            // One that was exchanged ends with the client that it came from as well.
            if grant.client_id != client_id {
                client_was_there(&grant.client_id, grant.created_at, host)?;
            }
            (Some(user), Some((grant_id.to_owned(), grant)))
        }
    };
    let scope = Scope::parse(text("scope").unwrap_or_default())?;
    Ok(LiveToken {
        claims,
        scope,
        user,
        grant,
    })
}

/// A client that the operator took away takes its tokens along, also where another has its name now.
fn client_was_there(client_id: &str, at: UnixTime, host: &dyn Host) -> Result<(), Refusal> {
    match client::find(client_id, host) {
        Err(Refusal::UnknownClient) => Err(Refusal::TokenInvalid),
        Ok(client) if !client.was_there(at) => Err(Refusal::TokenInvalid),
        found => found.map(drop),
    }
}

/// A grant that is still there, and the user, who still stands by it.
fn standing_grant(grant_id: &str, host: &dyn Host) -> Result<(User, Grant), Refusal> {
    let grant = grant::find(grant_id, host)?
        .ok_or(Refusal::TokenInvalid)?
        .value;
    let user = user::find(&grant.sub, host)?.map(|stored| stored.value);
    grant
        .stands(user.as_ref())
        .map_err(|_| Refusal::TokenInvalid)?;
    Ok((user.ok_or(Refusal::TokenInvalid)?, grant))
}

/// Revokes one access token until it would have expired anyway, if `client_id` owns it.
///
/// # Errors
/// Store and key failures. A token that is not ours, or another client's, is no error (RFC 7009 §2.2).
pub fn revoke(token: &str, client_id: &str, host: &dyn Host) -> Result<bool, Refusal> {
    let claims = match read(token, host) {
        Err(Refusal::TokenInvalid) => return Ok(false),
        claims => claims?,
    };
    let owner = claims.get("client_id").and_then(Value::as_str);
    let (Some(jti), Some(exp)) = (
        claims.get("jti").and_then(Value::as_str),
        claims.get("exp").and_then(Value::as_u64),
    ) else {
        return Ok(false);
    };
    if owner != Some(client_id) {
        return Ok(false);
    }
    // Of an opaque one too: what was made of it names it.
    match store::insert(host, &revoked_key(jti), &true, Some(UnixTime(exp))) {
        Ok(_) | Err(StoreFailure::Conflict) => {}
        Err(failure) => return Err(failure.into()),
    }
    if opaque::looks_like_one(token) {
        opaque::revoke(token, host)?;
    }
    Ok(true)
}

/// Whether a token has the shape of an access token.
#[must_use]
pub fn looks_like_one(token: &str) -> bool {
    opaque::looks_like_one(token) || (token.starts_with("ey") && token.matches('.').count() == 2)
}
