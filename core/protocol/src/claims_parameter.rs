//! The `claims` parameter: OpenID Connect Core §5.5. Single claims, by name, for the ID token or for userinfo.
//!
//! A claim by name is worth as much as the scope that holds it (§5.4), and is given out by the same rules: the client must have registered
//! that scope, the policy must leave it, and the person must have agreed. If the scope itself was asked for, that is how they agreed;
//! if not, the consent page names the claim. What is not known here is passed over, as §5.5 says.

use crate::acr::{self, Demand};
use crate::claims::PROFILE;
use crate::refusal::Refusal;
use crate::scope::Scope;
use crate::strict_json;
use crate::user::User;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Largest parameter, bytes.
pub const MAX_BYTES: usize = 4096;
/// Deepest nesting: the parameter, a member, a claim, its `values`, and one level for values that are objects.
const MAX_DEPTH: usize = 5;
const MALFORMED: Refusal = Refusal::MalformedParameter("claims");

/// What was asked for, as far as it is known here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct ClaimsRequest {
    /// For the ID token.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub id_token: BTreeMap<String, Vec<Value>>,
    /// For userinfo.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub userinfo: BTreeMap<String, Vec<Value>>,
}

/// What the parameter says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parsed {
    /// Claims about the person.
    pub claims: ClaimsRequest,
    /// What it asks of the sign-in (§5.5.1.1), if anything.
    pub acr: Option<Demand>,
    /// Whom the client expects: `sub` with a value.
    pub sub: Option<String>,
}

/// The scope that holds a claim; none if it is not given out by name.
fn scope_of(claim: &str) -> Option<&'static str> {
    match claim {
        "email" | "email_verified" => Some("email"),
        claim if PROFILE.contains(&claim) => Some("profile"),
        _ => None,
    }
}

/// Reads the parameter.
///
/// # Errors
/// [`Refusal::MalformedParameter`]
pub fn parse(value: Option<&str>) -> Result<Parsed, Refusal> {
    let Some(text) = value else {
        return Ok(Parsed::default());
    };
    if text.len() > MAX_BYTES {
        return Err(MALFORMED);
    }
    let members = strict_json::object(text.as_bytes(), MAX_DEPTH).map_err(|_| MALFORMED)?;
    let (id_token, userinfo) = (part(&members, "id_token")?, part(&members, "userinfo")?);
    let mut parsed = Parsed {
        claims: ClaimsRequest {
            id_token: about_the_person(id_token)?,
            userinfo: about_the_person(userinfo)?,
        },
        acr: acr(id_token)?,
        sub: None,
    };
    for part in [id_token, userinfo].into_iter().flatten() {
        let Some(sub) = sub(part)? else { continue };
        if parsed.sub.as_ref().is_some_and(|other| *other != sub) {
            return Err(MALFORMED);
        }
        parsed.sub = Some(sub);
    }
    Ok(parsed)
}

type Part<'a> = Option<&'a Map<String, Value>>;

fn part<'a>(members: &'a Map<String, Value>, name: &str) -> Result<Part<'a>, Refusal> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(part)) => Ok(Some(part)),
        Some(_) => Err(MALFORMED),
    }
}

/// The values that are wanted; none: any. `null` and an object without `value` and `values` say the same.
fn wanted(claim: &Value) -> Result<Vec<Value>, Refusal> {
    let members = match claim {
        Value::Null => return Ok(Vec::new()),
        Value::Object(members) => members,
        _ => return Err(MALFORMED),
    };
    match (members.get("value"), members.get("values")) {
        (None, None) => Ok(Vec::new()),
        (Some(value), None) => Ok(vec![value.clone()]),
        (None, Some(Value::Array(values))) if !values.is_empty() => Ok(values.clone()),
        _ => Err(MALFORMED),
    }
}

fn about_the_person(part: Part<'_>) -> Result<BTreeMap<String, Vec<Value>>, Refusal> {
    part.into_iter()
        .flatten()
        .filter(|(name, _)| scope_of(name).is_some())
        .map(|(name, claim)| Ok((name.clone(), wanted(claim)?)))
        .collect()
}

/// §5.5.1.1. Essential without a value asks for the claim alone, which is there whenever it has one.
fn acr(id_token: Part<'_>) -> Result<Option<Demand>, Refusal> {
    let Some(claim) = id_token.and_then(|part| part.get("acr")) else {
        return Ok(None);
    };
    let values: Option<Vec<String>> = wanted(claim)?
        .into_iter()
        .map(|value| value.as_str().map(str::to_owned))
        .collect();
    let values = values.filter(|values| {
        values.len() <= acr::MAX_VALUES && values.iter().all(|acr| acr.len() <= acr::MAX_LENGTH)
    });
    let values = values.ok_or(MALFORMED)?;
    if values.is_empty() {
        return Ok(None);
    }
    Ok(Some(Demand {
        values,
        essential: claim.get("essential") == Some(&Value::Bool(true)),
    }))
}

fn sub(part: &Map<String, Value>) -> Result<Option<String>, Refusal> {
    let Some(claim) = part.get("sub") else {
        return Ok(None);
    };
    match wanted(claim)?.as_slice() {
        [] => Ok(None),
        [Value::String(sub)] if sub.len() <= 255 => Ok(Some(sub.clone())),
        _ => Err(MALFORMED),
    }
}

impl ClaimsRequest {
    /// Whether nothing is asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.id_token.is_empty() && self.userinfo.is_empty()
    }

    /// Those whose scope is among these.
    #[must_use]
    pub fn within(&self, scope: &Scope) -> Self {
        let keep = |claims: &BTreeMap<String, Vec<Value>>| {
            claims
                .iter()
                .filter(|(name, _)| scope_of(name).is_some_and(|holder| scope.has(holder)))
                .map(|(name, wanted)| (name.clone(), wanted.clone()))
                .collect()
        };
        Self {
            id_token: keep(&self.id_token),
            userinfo: keep(&self.userinfo),
        }
    }

    /// The scopes that hold what is asked for.
    #[must_use]
    pub fn scopes(&self) -> Scope {
        let mut scopes: Vec<String> = Vec::new();
        for holder in self.names().filter_map(scope_of) {
            if !scopes.iter().any(|known| known == holder) {
                scopes.push(holder.to_owned());
            }
        }
        Scope::of(scopes)
    }

    /// The claims that `scope` does not already hold, by name, each once: what the consent page must say.
    #[must_use]
    pub fn beyond(&self, scope: &Scope) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.names() {
            let held = scope_of(name).is_some_and(|holder| scope.has(holder));
            if !held && !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        let all = self.id_token.keys().chain(self.userinfo.keys());
        all.map(String::as_str)
    }
}

/// The claims about `user` that were asked for by name in one of the parts, where they have the value that was asked for.
#[must_use]
pub fn about(user: &User, part: &BTreeMap<String, Vec<Value>>) -> Map<String, Value> {
    let all = crate::claims::about(user, &Scope::of(vec!["profile".into(), "email".into()]));
    all.into_iter()
        .filter(|(name, value)| {
            part.get(name)
                .is_some_and(|wanted| wanted.is_empty() || wanted.contains(value))
        })
        .collect()
}

/// What a grant keeps of the parameter.
#[must_use]
pub fn kept(claims: &ClaimsRequest) -> Option<Value> {
    if claims.is_empty() {
        None
    } else {
        serde_json::to_value(claims).ok()
    }
}

/// What a grant kept. Anything else is nothing.
#[must_use]
pub fn of_grant(kept: Option<&Value>) -> ClaimsRequest {
    kept.and_then(|kept| serde_json::from_value(kept.clone()).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(claims: &Value) -> Parsed {
        parse(Some(&claims.to_string())).unwrap()
    }

    #[test]
    fn s5_5_known_claims_are_kept_and_others_passed_over() {
        let parsed = read(&json!({
            "id_token": { "auth_time": { "essential": true }, "name": null, "http://x.example/claim": null },
            "userinfo": { "email": { "essential": true }, "picture": { "value": "x" }, "unheard_of": 1 },
            "more": 1,
        }));
        assert_eq!(parsed.claims.id_token.keys().collect::<Vec<_>>(), ["name"]);
        assert_eq!(
            parsed.claims.userinfo.keys().collect::<Vec<_>>(),
            ["email", "picture"]
        );
        assert_eq!(parsed.claims.scopes().to_string(), "profile email");
        assert_eq!(parse(None), Ok(Parsed::default()));
    }

    #[test]
    fn s5_5_what_is_not_such_a_document_is_refused() {
        for bad in [
            "",
            "[]",
            "1",
            r#"{"userinfo":1}"#,
            r#"{"userinfo":{"name":true}}"#,
            r#"{"userinfo":{"name":{"values":[]}}}"#,
            r#"{"userinfo":{"name":{"value":1,"values":[1]}}}"#,
            r#"{"userinfo":{"name":null,"name":null}}"#,
            r#"{"userinfo":{"x":{"y":{"z":{"a":{"b":1}}}}}}"#,
            r#"{"id_token":{"acr":{"values":[1]}}}"#,
            r#"{"id_token":{"sub":{"values":["a","b"]}}}"#,
            r#"{"id_token":{"sub":{"value":"a"}},"userinfo":{"sub":{"value":"b"}}}"#,
            &format!("{{\"x\":\"{}\"}}", "a".repeat(MAX_BYTES)),
        ] {
            assert_eq!(parse(Some(bad)), Err(MALFORMED), "{bad}");
        }
    }

    #[test]
    fn s5_5_1_1_acr_is_a_demand() {
        let essential =
            read(&json!({ "id_token": { "acr": { "essential": true, "values": ["a", "b"] } } }));
        let demand = essential.acr.unwrap();
        assert_eq!((demand.values.len(), demand.essential), (2, true));
        let voluntary = read(&json!({ "id_token": { "acr": { "value": "a" } } }));
        assert!(!voluntary.acr.unwrap().essential);
        assert_eq!(
            read(&json!({ "id_token": { "acr": { "essential": true } } })).acr,
            None
        );
    }

    #[test]
    fn what_the_scope_does_not_hold_must_be_said() {
        let parsed = read(
            &json!({ "id_token": { "name": null, "email": null }, "userinfo": { "name": null } }),
        );
        let scope = Scope::parse("openid email").unwrap();
        assert_eq!(parsed.claims.beyond(&scope), ["name"]);
        assert!(parsed.claims.within(&scope).id_token.contains_key("email"));
        assert!(!parsed.claims.within(&scope).id_token.contains_key("name"));
    }
}
