//! Signed authorization requests: RFC 9101, OpenID Connect Core §6.1. By value only: a `request_uri` that leads elsewhere is refused by name,
//! one of a pushed request is [RFC 9126](https://www.rfc-editor.org/rfc/rfc9126)'s.
//!
//! In order: 1. not together with `request_uri`; 2. form: signed, not encrypted ([`crate::token::foreign`]); 3. `alg`, `typ`; 4. `iss` is the client,
//! `aud` this server, `exp` within an hour; 5. a key of the client's, the signature; 6. `client_id` inside is the client; 7. it is no client assertion
//! put to another use; 8. no `request` or `request_uri` inside; 9. its members as parameters. From then on they alone count: whatever
//! stood outside, where anyone could have written it, is gone (§6.3). 10. `jti`, if it has one, is used up when nothing else is left to check.
//!
//! None of these refusals is ever told by a redirect: no redirect URI is known to be right before they are over.

use crate::client::{Client, keys};
use crate::one_time::{self, Kind};
use crate::params::{MAX_PARAMETERS, Params};
use crate::ports::{Host, Records};
use crate::refusal::Refusal;
use crate::settings::Server;
use crate::time::UnixTime;
use crate::token::foreign::{self, ALGORITHMS, Audience, Expected, Lifetime, Typ, Verified};
use serde_json::{Map, Value};

/// The `typ` of a request object (§10.8).
pub const TYP: &str = "oauth-authz-req+jwt";
/// How far away `exp` may be, seconds.
const MAX_LIFETIME_S: u64 = 3600;
/// Members that are about the object, not about the request (RFC 7519 §4.1).
const OF_THE_JWT: [&str; 7] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti"];
/// Parameters that are JSON themselves (OpenID Connect Core §5.5, RFC 9396 §2).
const JSON: [&str; 2] = ["claims", "authorization_details"];

/// The parameters that count. Only [`unpack`] builds one.
#[derive(Debug, Clone)]
pub struct Unpacked {
    /// Those of the request object, or those that came if there is none and none was needed.
    pub params: Params,
    once: Option<Once>,
}

/// A `jti`, and until when it must be remembered.
#[derive(Debug, Clone)]
struct Once {
    client_id: String,
    jti: String,
    until: UnixTime,
}

impl Unpacked {
    /// Uses the object up, if it says that it is one of a kind. To be called when nothing else is left to check.
    ///
    /// # Errors
    /// [`Refusal::RequestObjectInvalid`] if it was used before; store failures.
    pub fn spend(&self, records: &(impl Records + ?Sized)) -> Result<(), Refusal> {
        let Some(once) = &self.once else {
            return Ok(());
        };
        let (kind, client_id) = (Kind::RequestObject, &once.client_id);
        if one_time::consume(kind, client_id, &once.jti, once.until, records)? {
            Ok(())
        } else {
            Err(Refusal::RequestObjectInvalid("it was used before"))
        }
    }
}

/// Takes the parameters out of the request object, if there is one. `client`: the one that `client_id` outside names, or that
/// authenticated.
///
/// # Errors
/// [`Refusal::RequestObjectMissing`], [`Refusal::RequestObjectInvalid`], [`Refusal::RequestNotSupported`];
/// [`Refusal::Unreachable`] if the client's keys cannot be fetched.
pub fn unpack(
    params: &Params,
    client: &Client,
    server: &Server,
    now: UnixTime,
    host: &dyn Host,
) -> Result<Unpacked, Refusal> {
    let Some(object) = params.get("request") else {
        return if client.require_signed_request_object {
            Err(Refusal::RequestObjectMissing)
        } else {
            Ok(Unpacked {
                params: params.clone(),
                once: None,
            })
        };
    };
    if !server.request_objects.enabled {
        return Err(Refusal::RequestNotSupported);
    }
    if params.get("request_uri").is_some() {
        return Err(Refusal::MalformedParameter("request_uri"));
    }
    let token = foreign::parse(object).map_err(Refusal::RequestObjectInvalid)?;
    let only = client.request_object_signing_alg.as_deref();
    let expected = Expected {
        algorithms: only.as_ref().map_or(&ALGORITHMS, std::slice::from_ref),
        typ: if client.require_request_object_typ {
            Typ::Exactly(TYP)
        } else {
            Typ::AbsentOr(&["JWT", TYP])
        },
        issuer: &client.client_id,
        audience: Audience::Only(&server.issuer),
        lifetime: Lifetime::AtMost(MAX_LIFETIME_S),
    };
    let source =
        keys::source(client).ok_or(Refusal::RequestObjectInvalid("the client has no keys"))?;
    let verified = token
        .verify(&expected, source, now, host)
        .map_err(|fault| fault.refusal(Refusal::RequestObjectInvalid))?;
    check(&verified, client)?;
    Ok(Unpacked {
        params: parameters(verified.claims())?,
        once: once(&verified, client)?,
    })
}

fn check(object: &Verified, client: &Client) -> Result<(), Refusal> {
    let invalid = |what| Err(Refusal::RequestObjectInvalid(what));
    if object.text("client_id") != Some(&client.client_id) {
        return invalid("its client_id is another");
    }
    // §10.8: what the client signed to authenticate is no request, whatever else it holds.
    if object.text("sub") == Some(&client.client_id) {
        return invalid("it is a client assertion");
    }
    if ["request", "request_uri"]
        .iter()
        .any(|name| object.claims().contains_key(*name))
    {
        return invalid("it holds another one");
    }
    Ok(())
}

fn once(object: &Verified, client: &Client) -> Result<Option<Once>, Refusal> {
    if !object.claims().contains_key("jti") {
        return Ok(None);
    }
    match (object.jti(), object.dies()) {
        (Some(jti), Some(until)) => Ok(Some(Once {
            client_id: client.client_id.clone(),
            jti: jti.to_owned(),
            until,
        })),
        _ => Err(Refusal::RequestObjectInvalid("its jti is malformed")),
    }
}

/// §4: strings as they are, numbers and booleans as JSON writes them, `resource` once or several times.
fn parameters(claims: &Map<String, Value>) -> Result<Params, Refusal> {
    let malformed = Refusal::RequestObjectInvalid("a parameter in it is malformed");
    let mut pairs: Vec<(String, String)> = Vec::new();
    let members = claims
        .iter()
        .filter(|(name, _)| !OF_THE_JWT.contains(&name.as_str()));
    for (name, value) in members {
        let mut add = |text: String| pairs.push((name.clone(), text));
        match value {
            Value::String(text) => add(text.clone()),
            Value::Number(number) => add(number.to_string()),
            Value::Bool(boolean) => add(boolean.to_string()),
            Value::Array(several) if name == "resource" => {
                for resource in several {
                    add(resource
                        .as_str()
                        .ok_or_else(|| malformed.clone())?
                        .to_owned());
                }
            }
            Value::Object(_) | Value::Array(_) if JSON.contains(&name.as_str()) => {
                add(value.to_string());
            }
            _ => return Err(malformed),
        }
    }
    if pairs.len() > MAX_PARAMETERS {
        return Err(malformed);
    }
    Ok(Params::of(pairs))
}
