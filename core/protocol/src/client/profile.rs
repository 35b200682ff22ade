//! Profiles: short names for several members of a client's metadata. They are spelled out when a client is registered or the
//! configuration is checked, and forgotten: no rule ever asks for a client's profile, only for what its record says.
//!
//! What the metadata says itself goes first. `–`: the default.
//!
//! | member | `strict` | `mcp` | `openauth` |
//! |---|---|---|---|
//! | `token_endpoint_auth_method` | – | `none`, without a `client_secret` | `none`, without a `client_secret` |
//! | `grant_types` | – | `authorization_code`, `refresh_token` | `authorization_code`, `refresh_token` |
//! | `scope` | – | `openid offline_access` | `openid profile email offline_access` |
//! | `default_scope` | – | all of `scope` | all of `scope` |
//! | `refresh_reuse_window_s` | – | 60 | 60 |
//! | `refresh_without_client_id` | – | – | true, for a public client |
//! | `subject_properties` | – | – | `user` |
//! | `access_token_audience` | – | – | `client` |

use super::metadata::ClientMetadata;
use super::{AccessTokenAudience, AuthMethod, GrantType};
use crate::scope::Scope;
use serde::{Deserialize, Serialize};

/// The name of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// OAuth 2.1 and nothing else: the default of every member.
    Strict,
    /// What clients of the Model Context Protocol send: public, refreshing from several processes at once.
    Mcp,
    /// What the client library of `OpenAuth` sends and reads.
    OpenAuth,
}

/// How long the clients that refresh in parallel get the same successor, seconds: `OpenAuth`'s own window.
const PARALLEL_REFRESH_WINDOW_S: u32 = 60;
/// `type` of `OpenAuth`'s subjects, where the operator names none.
const SUBJECT_TYPE: &str = "user";

impl Profile {
    /// The metadata with everything in it that the profile stands for and the metadata does not say.
    #[must_use]
    pub fn spelled_out(self, mut metadata: ClientMetadata) -> ClientMetadata {
        match self {
            Self::Strict => {}
            Self::Mcp => {
                refreshing_public_client(&mut metadata, "openid offline_access");
            }
            Self::OpenAuth => {
                refreshing_public_client(&mut metadata, "openid profile email offline_access");
                if metadata.token_endpoint_auth_method == Some(AuthMethod::None) {
                    metadata.refresh_without_client_id.get_or_insert(true);
                }
                metadata
                    .subject_properties
                    .get_or_insert_with(|| SUBJECT_TYPE.to_owned());
                metadata
                    .access_token_audience
                    .get_or_insert(AccessTokenAudience::Client);
            }
        }
        metadata
    }
}

fn refreshing_public_client(metadata: &mut ClientMetadata, scope: &str) {
    if metadata.client_secret.is_none() {
        metadata
            .token_endpoint_auth_method
            .get_or_insert(AuthMethod::None);
    }
    metadata
        .grant_types
        .get_or_insert_with(|| vec![GrantType::AuthorizationCode, GrantType::RefreshToken]);
    let scope = metadata
        .scope
        .get_or_insert_with(|| Scope::of(scope.split(' ').map(str::to_owned).collect()))
        .clone();
    metadata.default_scope.get_or_insert(scope);
    metadata
        .refresh_reuse_window_s
        .get_or_insert(PARALLEL_REFRESH_WINDOW_S);
}

#[cfg(test)]
mod tests {
    use crate::client::metadata::{self, ClientMetadata, Unfit};
    use crate::client::{AccessTokenAudience, AuthMethod, Client, GrantType, Trust};
    use crate::time::UnixTime;
    use serde_json::{Value, json};

    fn checked(metadata: &Value) -> Result<Client, Unfit> {
        let metadata: ClientMetadata = serde_json::from_value(metadata.clone()).unwrap();
        let made_up = ("made-up".to_owned(), "0123456789abcdef".to_owned());
        let server = serde_json::from_value(json!({ "issuer": "https://id.example" })).unwrap();
        metadata::check(metadata, Trust::Registered, &server, made_up, UnixTime(0))
            .map(|(client, _)| client)
    }

    fn with(profile: &str, more: &Value) -> Result<Client, Unfit> {
        let mut metadata =
            json!({ "client_id": "app", "redirect_uris": ["https://app.example/cb"] });
        let members = metadata.as_object_mut().unwrap();
        members.insert("profile".to_owned(), json!(profile));
        members.extend(more.as_object().unwrap().clone());
        checked(&metadata)
    }

    #[test]
    fn strict_is_what_a_client_is_without_profile() {
        let plain = json!({ "client_id": "app", "redirect_uris": ["https://app.example/cb"] });
        assert_eq!(with("strict", &json!({})), checked(&plain));
    }

    #[test]
    fn openauth_says_everything_that_its_client_library_needs() {
        let client = with("openauth", &json!({})).unwrap();
        assert_eq!(client.token_endpoint_auth_method, AuthMethod::None);
        assert!(client.may(GrantType::AuthorizationCode) && client.may(GrantType::RefreshToken));
        assert!(client.refresh_without_client_id && client.require_pkce);
        assert_eq!(client.refresh_reuse_window_s, Some(60));
        assert_eq!(client.subject_properties.as_deref(), Some("user"));
        assert_eq!(client.access_token_audience, AccessTokenAudience::Client);
        assert!(client.scope.has("offline_access"));
        assert_eq!(client.default_scope.as_ref(), Some(&client.scope));
    }

    #[test]
    fn mcp_is_a_public_client_that_refreshes_in_parallel() {
        let client = with("mcp", &json!({})).unwrap();
        assert_eq!(client.token_endpoint_auth_method, AuthMethod::None);
        assert!(client.may(GrantType::RefreshToken) && client.require_pkce);
        assert_eq!(client.refresh_reuse_window_s, Some(60));
        assert!(!client.refresh_without_client_id && client.subject_properties.is_none());
        assert_eq!(client.access_token_audience, AccessTokenAudience::Issuer);
    }

    #[test]
    fn what_the_metadata_says_goes_before_the_profile() {
        let own = json!({
            "refresh_reuse_window_s": 0, "scope": "openid", "subject_properties": "account",
            "refresh_without_client_id": false, "access_token_audience": "issuer", "grant_types": ["authorization_code"],
        });
        let client = with("openauth", &own).unwrap();
        assert_eq!(client.refresh_reuse_window_s, Some(0));
        assert_eq!(client.scope.to_string(), "openid");
        assert_eq!(client.subject_properties.as_deref(), Some("account"));
        assert!(!client.refresh_without_client_id && !client.may(GrantType::RefreshToken));
        assert_eq!(client.access_token_audience, AccessTokenAudience::Issuer);
    }

    #[test]
    fn no_profile_weakens_pkce() {
        let unproven = json!({ "require_pkce": false });
        for profile in ["strict", "mcp", "openauth"] {
            let public = json!({ "require_pkce": false, "token_endpoint_auth_method": "none" });
            assert!(with(profile, &public).is_err(), "{profile}");
        }
        assert!(with("openauth", &unproven).is_err());
    }

    #[test]
    fn a_confidential_client_names_itself_when_it_refreshes() {
        let secret = json!({ "client_secret": "0123456789abcdef0123" });
        let client = with("openauth", &secret).unwrap();
        assert!(client.is_confidential() && !client.refresh_without_client_id);
        let unnamed =
            json!({ "client_secret": "0123456789abcdef0123", "refresh_without_client_id": true });
        assert!(with("openauth", &unnamed).is_err());
    }

    #[test]
    fn an_unknown_profile_is_refused() {
        let metadata = json!({ "profile": "lenient" });
        assert!(serde_json::from_value::<ClientMetadata>(metadata).is_err());
    }
}
