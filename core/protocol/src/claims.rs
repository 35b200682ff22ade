//! Claims about people: OpenID Connect Core §5.1, and which scope asks for which (§5.4).

use crate::scope::Scope;
use crate::user::User;
use serde_json::{Map, Value};

/// The claims that the scope `profile` asks for.
pub const PROFILE: [&str; 14] = [
    "name",
    "family_name",
    "given_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "updated_at",
];

/// Claims that are the protocol's own: no policy and no provider may set them (RFC 9068 §2.2, OpenID Connect Core §2).
pub const RESERVED: [&str; 28] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "nbf",
    "jti",
    "auth_time",
    "nonce",
    "at_hash",
    "c_hash",
    "s_hash",
    "azp",
    "acr",
    "amr",
    "cnf",
    "act",
    "may_act",
    "client_id",
    "scope",
    "sid",
    "typ",
    "events",
    "email",
    "email_verified",
    "authorization_details",
    "active",
    "token_use",
];

/// What a client that was granted `scope` may know of `user`, beside `sub`.
#[must_use]
pub fn about(user: &User, scope: &Scope) -> Map<String, Value> {
    let mut claims = Map::new();
    if scope.has("profile") {
        claims.extend(
            user.claims
                .iter()
                .filter(|(name, _)| PROFILE.contains(&name.as_str()))
                .map(|(n, v)| (n.clone(), v.clone())),
        );
    }
    if scope.has("email")
        && let Some(email) = &user.email
    {
        claims.insert("email".to_owned(), Value::from(email.as_str()));
        claims.insert(
            "email_verified".to_owned(),
            Value::from(user.email_verified),
        );
    }
    claims
}
