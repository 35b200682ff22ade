//! How a client authenticates that is known by a document.

use crate::client::AuthMethod;
use crate::refusal::Refusal;
use serde_json::{Map, Value};

/// The ways to authenticate that a document allows, the preferred one first. A document holds no secret, so none of those that need
/// one; a document that names no way is one of a public client.
pub(super) fn methods(said: &Map<String, Value>) -> Result<Vec<AuthMethod>, Refusal> {
    let parse = |name: &Value| serde_json::from_value::<AuthMethod>(name.clone()).ok();
    let usable =
        |method: &AuthMethod| matches!(method, AuthMethod::None | AuthMethod::PrivateKeyJwt);
    let preferred = said
        .get("token_endpoint_auth_method")
        .filter(|it| !it.is_null());
    let shares_a_secret = preferred.and_then(parse).is_some_and(|method| {
        matches!(
            method,
            AuthMethod::ClientSecretBasic
                | AuthMethod::ClientSecretPost
                | AuthMethod::ClientSecretJwt
        )
    });
    if shares_a_secret {
        return Err(Refusal::ClientMetadataInvalid(
            "token_endpoint_auth_method needs a secret, and a document holds none".to_owned(),
        ));
    }
    // OpenID Connect RP Metadata Choices: what else it can do.
    let choices = match said.get("token_endpoint_auth_methods_supported") {
        Some(Value::Array(choices)) => choices.as_slice(),
        _ => &[],
    };
    let mut methods: Vec<AuthMethod> = Vec::new();
    for method in preferred
        .into_iter()
        .chain(choices.iter().take(16))
        .filter_map(parse)
    {
        if usable(&method) && !methods.contains(&method) {
            methods.push(method);
        }
    }
    match (
        preferred.is_none() && choices.is_empty(),
        methods.is_empty(),
    ) {
        (true, _) => Ok(vec![AuthMethod::None]),
        (false, true) => Err(Refusal::ClientMetadataInvalid(
            "token_endpoint_auth_method must be none or private_key_jwt".to_owned(),
        )),
        _ => Ok(methods),
    }
}
