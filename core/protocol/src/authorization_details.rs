//! Rich authorization requests: RFC 9396. What a client asks for in the words of `authorization_details`, checked against the types that
//! the operator declared.
//!
//! In order: 1. size and depth; 2. an array of objects; 3. each of a type that exists here and that the client registered; 4. no member
//! that the type does not have, each of its kind, every required one there. Nothing is passed over: what nobody understands, nobody
//! can agree to.

use crate::client::Client;
use crate::refusal::Refusal;
use crate::settings::{AuthorizationDetailsType, MemberKind, Server};
use crate::strict_json;
use serde_json::{Map, Value};

/// Largest parameter, bytes.
pub const MAX_BYTES: usize = 8 * 1024;
/// Most objects in one request.
pub const MAX_OBJECTS: usize = 10;
/// Deepest nesting.
const MAX_DEPTH: usize = 8;
/// Longest string of a member, bytes.
const MAX_STRING: usize = 1024;
/// Most strings in one list.
const MAX_LIST: usize = 64;

const fn invalid(what: &'static str) -> Refusal {
    Refusal::AuthorizationDetailsInvalid(what)
}

/// Reads the parameter. None is an empty list.
///
/// # Errors
/// [`Refusal::AuthorizationDetailsInvalid`] (RFC 9396 §5).
pub fn from_request(
    value: Option<&str>,
    client: &Client,
    server: &Server,
) -> Result<Vec<Value>, Refusal> {
    let Some(text) = value else {
        return Ok(Vec::new());
    };
    if text.len() > MAX_BYTES {
        return Err(invalid("is larger than 8 KiB"));
    }
    let parsed = strict_json::parse(text.as_bytes(), MAX_DEPTH);
    let Ok(Value::Array(details)) = parsed else {
        return Err(invalid("is not an array of objects"));
    };
    if details.is_empty() || details.len() > MAX_OBJECTS {
        return Err(invalid("must hold 1 to 10 objects"));
    }
    for detail in &details {
        check(detail, client, server)?;
    }
    Ok(details)
}

/// Those of what was granted that the client may still have: what the operator took from the configuration since is no longer
/// granted.
#[must_use]
pub fn still_granted(granted: &[Value], client: &Client, server: &Server) -> Vec<Value> {
    let still = |detail: &&Value| check(detail, client, server).is_ok();
    granted.iter().filter(still).cloned().collect()
}

fn check(detail: &Value, client: &Client, server: &Server) -> Result<(), Refusal> {
    let members = detail
        .as_object()
        .ok_or(invalid("is not an array of objects"))?;
    let name = members
        .get("type")
        .and_then(Value::as_str)
        .ok_or(invalid("has an object without a type"))?;
    let declared = server
        .authorization_details
        .get(name)
        .ok_or(invalid("has a type that is not known here"))?;
    if !client
        .authorization_details_types
        .iter()
        .any(|own| own == name)
    {
        return Err(invalid("has a type that this client did not register"));
    }
    for required in &declared.required {
        if !members.contains_key(required) {
            return Err(invalid("lacks a member that its type requires"));
        }
    }
    members
        .iter()
        .filter(|(name, _)| *name != "type")
        .try_for_each(|(name, value)| check_member(name, value, declared))
}

/// The values that a list member of §2.2 may hold; none if it is no such member.
fn allowed<'a>(declared: &'a AuthorizationDetailsType, name: &str) -> Option<&'a [String]> {
    Some(match name {
        "actions" => &declared.actions,
        "locations" => &declared.locations,
        "datatypes" => &declared.datatypes,
        "privileges" => &declared.privileges,
        _ => return None,
    })
}

fn check_member(
    name: &str,
    value: &Value,
    declared: &AuthorizationDetailsType,
) -> Result<(), Refusal> {
    if let Some(allowed) = allowed(declared, name) {
        let strings = strings(value).filter(|strings| !strings.is_empty());
        let strings = strings.ok_or(invalid("has a list that is not one of strings"))?;
        return if strings
            .iter()
            .all(|text| allowed.iter().any(|known| known == text))
        {
            Ok(())
        } else {
            Err(invalid("asks for something that its type does not have"))
        };
    }
    let kind = declared
        .members
        .get(name)
        .ok_or(invalid("has a member that its type does not have"))?;
    let fits = match kind {
        MemberKind::String => value.as_str().is_some_and(is_text),
        MemberKind::Number => value.is_number(),
        MemberKind::Boolean => value.is_boolean(),
        MemberKind::Strings => strings(value).is_some(),
        MemberKind::Object => value.is_object() || value.is_array(),
    };
    if fits {
        Ok(())
    } else {
        Err(invalid("has a member of another kind than its type says"))
    }
}

fn is_text(text: &str) -> bool {
    text.len() <= MAX_STRING && !text.chars().any(char::is_control)
}

fn strings(value: &Value) -> Option<Vec<&str>> {
    let list = value.as_array().filter(|list| list.len() <= MAX_LIST)?;
    list.iter()
        .map(|item| item.as_str().filter(|text| is_text(text)))
        .collect()
}

/// The details of a token request among those granted (§6): all of them if it names none. An object is within another of its type if
/// its lists hold nothing more and everything else is the same.
///
/// # Errors
/// [`Refusal::AuthorizationDetailsInvalid`] if it names more.
pub fn within_grant(asked: Vec<Value>, granted: &[Value]) -> Result<Vec<Value>, Refusal> {
    if asked.is_empty() {
        return Ok(granted.to_vec());
    }
    let within = |asked: &Value| granted.iter().any(|granted| is_within(asked, granted));
    if asked.iter().all(within) {
        Ok(asked)
    } else {
        Err(invalid("is more than was granted"))
    }
}

fn is_within(asked: &Value, granted: &Value) -> bool {
    let (Some(asked), Some(granted)) = (asked.as_object(), granted.as_object()) else {
        return false;
    };
    let same_members = asked.len() == granted.len();
    same_members
        && asked.iter().all(|(name, value)| {
            granted
                .get(name)
                .is_some_and(|other| value == other || is_narrower(name, value, other))
        })
}

fn is_narrower(name: &str, asked: &Value, granted: &Value) -> bool {
    let is_list = matches!(name, "actions" | "locations" | "datatypes" | "privileges");
    match (strings(asked), strings(granted)) {
        (Some(asked), Some(granted)) if is_list && !asked.is_empty() => {
            asked.iter().all(|text| granted.contains(text))
        }
        _ => false,
    }
}

/// One object in words: what the operator calls its type, then its members with their values.
#[must_use]
pub fn in_words(detail: &Value, server: &Server) -> (String, Vec<(String, Vec<String>)>) {
    let empty = Map::new();
    let members = detail.as_object().unwrap_or(&empty);
    let name = members
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let declared = server.authorization_details.get(name);
    let title = declared
        .and_then(|declared| declared.description.clone())
        .unwrap_or_else(|| name.to_owned());
    let lines = members
        .iter()
        .filter(|(name, _)| *name != "type")
        .map(|(name, value)| (name.replace('_', " "), values(value)))
        .collect();
    (title, lines)
}

fn values(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) => vec![text.clone()],
        Value::Array(list) => list.iter().flat_map(values).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| {
                format!("{}: {}", name.replace('_', " "), values(value).join(", "))
            })
            .collect(),
        other => vec![other.to_string()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn server() -> Server {
        serde_json::from_value(json!({
            "issuer": "https://id.example",
            "authorization_details": {
                "payment": {
                    "description": "Pay from your account",
                    "actions": ["initiate", "status"],
                    "locations": ["https://pay.example/"],
                    "members": { "amount": "object", "creditor": "string", "urgent": "boolean" },
                    "required": ["amount", "actions"],
                },
                "other": {},
            },
        }))
        .unwrap()
    }

    fn client() -> Client {
        serde_json::from_value(json!({
            "client_id": "app", "grant_types": [], "token_endpoint_auth_method": "none", "scope": "",
            "id_token_signed_response_alg": "RS256", "trust": "declared", "authorization_details_types": ["payment"],
        }))
        .unwrap()
    }

    fn read(details: &Value) -> Result<Vec<Value>, Refusal> {
        from_request(Some(&details.to_string()), &client(), &server())
    }

    fn payment() -> Value {
        json!({ "type": "payment", "actions": ["initiate", "status"], "amount": { "currency": "EUR", "value": "12.50" } })
    }

    fn with(name: &str, value: &Value) -> Value {
        let mut changed = payment();
        changed[name] = value.clone();
        json!([changed])
    }

    #[test]
    fn s2_what_the_type_has_is_taken() {
        let details = json!([payment()]);
        assert_eq!(read(&details), Ok(vec![payment()]));
        assert!(read(&with("creditor", &json!("Ada"))).is_ok());
        assert!(read(&with("locations", &json!(["https://pay.example/"]))).is_ok());
    }

    #[test]
    fn s5_everything_else_is_refused() {
        let mut without_amount = payment();
        without_amount.as_object_mut().unwrap().remove("amount");
        let deep = (0..9).fold(json!(1), |inner, _| json!({ "x": inner }));
        for bad in [
            json!([]),
            json!({}),
            json!(["payment"]),
            json!([{}]),
            json!([{ "type": 1 }]),
            json!([{ "type": "unheard-of" }]),
            json!([{ "type": "other" }]),
            json!([without_amount]),
            with("actions", &json!(["delete"])),
            with("actions", &json!([])),
            with("actions", &json!("initiate")),
            with("datatypes", &json!(["x"])),
            with("locations", &json!(["https://evil.example/"])),
            with("creditor", &json!(1)),
            with("creditor", &json!("a\nb")),
            with("creditor", &json!("a".repeat(1025))),
            with("urgent", &json!("yes")),
            with("amount", &json!("12")),
            with("amount", &deep),
            with("unknown", &json!(1)),
            Value::from(vec![payment(); 11]),
        ] {
            let refused = read(&bad).unwrap_err();
            assert_eq!(
                refused.on_the_wire(),
                (400, "invalid_authorization_details"),
                "{bad}"
            );
        }
        let twice = r#"[{"type":"payment","type":"other","actions":["status"],"amount":{}}]"#;
        assert!(from_request(Some(twice), &client(), &server()).is_err());
        let large = format!("[{}]", " ".repeat(MAX_BYTES));
        assert!(from_request(Some(&large), &client(), &server()).is_err());
    }

    #[test]
    fn s6_a_token_request_narrows_and_never_widens() {
        let granted = [payment()];
        let mut fewer = payment();
        fewer["actions"] = json!(["status"]);
        assert_eq!(
            within_grant(vec![fewer.clone()], &granted),
            Ok(vec![fewer.clone()])
        );
        assert_eq!(within_grant(Vec::new(), &granted), Ok(granted.to_vec()));
        assert!(within_grant(vec![payment()], &[fewer]).is_err());
        let mut dearer = payment();
        dearer["amount"]["value"] = json!("1000");
        assert!(within_grant(vec![dearer], &granted).is_err());
        // Without the list it could mean all that there is.
        let mut open = payment();
        open.as_object_mut().unwrap().remove("actions");
        assert!(within_grant(vec![open], &granted).is_err());
        assert!(within_grant(vec![payment()], &[]).is_err());
    }

    #[test]
    fn what_the_operator_took_away_is_no_longer_granted() {
        let mut server = server();
        assert_eq!(still_granted(&[payment()], &client(), &server).len(), 1);
        server.authorization_details.remove("payment");
        assert!(still_granted(&[payment()], &client(), &server).is_empty());
    }

    #[test]
    fn people_are_told_in_words() {
        let (title, lines) = in_words(&payment(), &server());
        assert_eq!(title, "Pay from your account");
        let expected = [
            ("actions", vec!["initiate", "status"]),
            ("amount", vec!["currency: EUR", "value: 12.50"]),
        ];
        for (name, values) in expected {
            let line = lines.iter().find(|(known, _)| known == name).unwrap();
            assert_eq!(line.1, values);
        }
    }
}
