//! Servers that we know, as data. Each figure has its source beside it; settings go before all of them.

use crate::settings::PresetName;

/// How a server differs from the plain case.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Preset {
    /// What people call it.
    pub(crate) name: &'static str,
    /// Empty: the operator says it.
    pub(crate) issuer: &'static str,
    /// What else it calls itself.
    pub(crate) alias: &'static str,
    pub(crate) scopes: &'static [&'static str],
    pub(crate) auth: Auth,
    pub(crate) form_post: bool,
    pub(crate) userinfo: bool,
    pub(crate) email: Email,
    pub(crate) parameters: &'static [(&'static str, &'static str)],
}

/// How a client proves who it is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    Basic,
    Post,
    /// A JWT signed with the operator's key, posted as `client_secret`.
    Signed,
}

/// When an address counts as the person's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Email {
    /// `email_verified` is `true`.
    Verified,
    /// `email_verified` is `true` or `"true"`.
    VerifiedOrText,
    /// `xms_edov` is true: the domain's owner is the tenant.
    DomainOwnerVerified,
}

/// OpenID Connect as it is written.
const PLAIN: Preset = Preset {
    name: "",
    issuer: "",
    alias: "",
    scopes: &["openid", "email", "profile"],
    auth: Auth::Basic,
    form_post: false,
    userinfo: false,
    email: Email::Verified,
    parameters: &[],
};

/// The preset of a name.
pub(crate) const fn of(name: PresetName) -> Preset {
    match name {
        PresetName::None => PLAIN,
        // developer.apple.com, "Sign in with Apple REST API": the answer is posted whenever a scope is asked for; the client secret is an
        // ES256 JWT with the team as `iss`; `email_verified` is "a string or Boolean"; the name comes once, beside the code. In June 2025 the document began to say account.apple.com while tokens still said
        // appleid.apple.com (github.com/supabase/auth, pull request 2055).
        PresetName::Apple => Preset {
            name: "Apple",
            issuer: "https://appleid.apple.com",
            alias: "https://account.apple.com",
            scopes: &["openid", "email", "name"],
            auth: Auth::Signed,
            form_post: true,
            email: Email::VerifiedOrText,
            ..PLAIN
        },
        // docs.aws.amazon.com/cognito, "UserInfo endpoint": `email_verified` is the text "true" there, a boolean in ID tokens. The issuer is
        // https://cognito-idp.REGION.amazonaws.com/POOL.
        PresetName::Cognito => Preset {
            name: "Amazon Cognito",
            email: Email::VerifiedOrText,
            ..PLAIN
        },
        // jumpcloud.com/support, "SSO with OIDC": the issuer ends in a slash, and its documents say it so.
        PresetName::JumpCloud => Preset {
            name: "JumpCloud",
            issuer: "https://oauth.id.jumpcloud.com/",
            ..PLAIN
        },
        // keycloak.org/securing-apps/oidc-layers: the issuer is https://HOST/realms/REALM; it sends `iss` (RFC 9207) and says so.
        PresetName::Keycloak => Preset {
            name: "Keycloak",
            ..PLAIN
        },
        // learn.microsoft.com/entra/identity-platform, "ID token claims reference": `email` can be changed by a tenant's administrator and must not be used to
        // know people by; "optional claims reference": `xms_edov` says that the domain's owner was verified. The issuer follows from
        // `tenant`.
        PresetName::Microsoft => Preset {
            name: "Microsoft",
            auth: Auth::Post,
            email: Email::DomainOwnerVerified,
            ..PLAIN
        },
        // docs.slack.dev/authentication/sign-in-with-slack: errors of the token endpoint come with 200 and `ok: false`.
        PresetName::Slack => Preset {
            name: "Slack",
            issuer: "https://slack.com",
            auth: Auth::Post,
            ..PLAIN
        },
        // dev.twitch.tv/docs/authentication/getting-tokens-oidc: the address is in the ID token only if the parameter `claims` asks for it,
        // and needs the scope `user:read:email`.
        PresetName::Twitch => Preset {
            name: "Twitch",
            issuer: "https://id.twitch.tv/oauth2",
            scopes: &["openid", "user:read:email"],
            auth: Auth::Post,
            parameters: &[(
                "claims",
                r#"{"id_token":{"email":null,"email_verified":null,"picture":null,"preferred_username":null}}"#,
            )],
            ..PLAIN
        },
        // developer.yahoo.com/oauth2/guide/openid_connect: names and addresses are at UserInfo.
        PresetName::Yahoo => Preset {
            name: "Yahoo",
            issuer: "https://api.login.yahoo.com",
            userinfo: true,
            ..PLAIN
        },
    }
}
