//! What the client library of `OpenAuth` reads in an access token: `mode`, the subject's `type`, and its `properties`.

use crate::claims;
use crate::client::Client;
use crate::policy::Permit;
use crate::user::User;
use serde_json::Value;

/// The claims beside those of RFC 9068: what the policy added, and for a client with
/// [`subject_properties`](Client::subject_properties) what its library reads:
///
/// - `mode` is always `access`;
/// - `type` is what the client's record says;
/// - `properties` holds `id`, which is `sub`, and the claims about `user` that the granted scope asks for.
///
/// A policy that sets `type` or `properties` itself, because the application's subjects have other members, goes first.
#[must_use]
pub fn with_properties(
    client: &Client,
    sub: &str,
    user: Option<&User>,
    permit: &Permit,
) -> Vec<(String, Value)> {
    let (Some(kind), Some(user)) = (&client.subject_properties, user) else {
        return permit.claims.clone();
    };
    let mut properties = claims::about(user, &permit.scope);
    properties.insert("id".to_owned(), Value::from(sub));
    let mut claims: Vec<(String, Value)> = permit
        .claims
        .iter()
        .filter(|(name, _)| name != "mode")
        .cloned()
        .collect();
    let own = [
        ("mode", Value::from("access")),
        ("type", Value::from(kind.as_str())),
        ("properties", Value::Object(properties)),
    ];
    for (name, value) in own {
        if claims.iter().all(|(known, _)| known != name) {
            claims.push((name.to_owned(), value));
        }
    }
    claims
}
