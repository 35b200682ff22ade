//! Servers that we know, as data. Each figure has its source beside it; settings go before all of them.

use crate::settings::PresetName;

/// A server.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preset {
    /// What people call it.
    pub(crate) name: &'static str,
    pub(crate) authorization_endpoint: &'static str,
    pub(crate) token_endpoint: &'static str,
    pub(crate) profile_endpoint: &'static str,
    /// The secret goes into the body instead of `Authorization`.
    pub(crate) post: bool,
    pub(crate) scopes: &'static [&'static str],
    /// JSON pointers into the profile.
    pub(crate) subject: &'static str,
    pub(crate) email: &'static str,
    /// Empty: it does not say, or what it says is no proof.
    pub(crate) email_verified: &'static str,
    pub(crate) full_name: &'static str,
    pub(crate) username: &'static str,
    pub(crate) picture: &'static str,
}

/// Nothing is known.
const UNKNOWN: Preset = Preset {
    name: "",
    authorization_endpoint: "",
    token_endpoint: "",
    profile_endpoint: "",
    post: false,
    scopes: &[],
    subject: "",
    email: "",
    email_verified: "",
    full_name: "",
    username: "",
    picture: "",
};

/// The preset of a name.
pub(crate) const fn of(name: PresetName) -> Preset {
    match name {
        PresetName::None => UNKNOWN,
        // discord.com/developers/docs: "OAuth2" for the endpoints and scopes, "User resource" for the members; `verified` is "whether the email on
        // this account has been verified".
        PresetName::Discord => Preset {
            name: "Discord",
            authorization_endpoint: "https://discord.com/oauth2/authorize",
            token_endpoint: "https://discord.com/api/oauth2/token",
            profile_endpoint: "https://discord.com/api/v10/users/@me",
            scopes: &["identify", "email"],
            subject: "/id",
            email: "/email",
            email_verified: "/verified",
            full_name: "/global_name",
            username: "/username",
            ..UNKNOWN
        },
        // developers.facebook.com/docs/facebook-login/guides/advanced/manual-flow for the endpoints; docs/graph-api/reference/user for the members. Ids are
        // the app's own. Nothing says that the address was verified.
        PresetName::Facebook => Preset {
            name: "Facebook",
            authorization_endpoint: "https://www.facebook.com/v23.0/dialog/oauth",
            token_endpoint: "https://graph.facebook.com/v23.0/oauth/access_token",
            profile_endpoint: "https://graph.facebook.com/v23.0/me?fields=id,name,email,picture",
            post: true,
            scopes: &["public_profile", "email"],
            subject: "/id",
            email: "/email",
            full_name: "/name",
            picture: "/picture/data/url",
            ..UNKNOWN
        },
        // developer.spotify.com/documentation/web-api: "Authorization Code with PKCE Flow" for the endpoints, "Get Current User's Profile" for the members,
        // where `email` is said to be unverified.
        PresetName::Spotify => Preset {
            name: "Spotify",
            authorization_endpoint: "https://accounts.spotify.com/authorize",
            token_endpoint: "https://accounts.spotify.com/api/token",
            profile_endpoint: "https://api.spotify.com/v1/me",
            scopes: &["user-read-email"],
            subject: "/id",
            email: "/email",
            full_name: "/display_name",
            picture: "/images/0/url",
            ..UNKNOWN
        },
        // docs.x.com: "OAuth 2.0 Authorization Code Flow with PKCE" for the endpoints, where confidential clients use Basic and PKCE is required; "Users
        // lookup" for the members. The API asks for `tweet.read` beside `users.read`.
        PresetName::X => Preset {
            name: "X",
            authorization_endpoint: "https://x.com/i/oauth2/authorize",
            token_endpoint: "https://api.x.com/2/oauth2/token",
            profile_endpoint: "https://api.x.com/2/users/me?user.fields=profile_image_url",
            scopes: &["users.read", "tweet.read"],
            subject: "/data/id",
            full_name: "/data/name",
            username: "/data/username",
            picture: "/data/profile_image_url",
            ..UNKNOWN
        },
    }
}
