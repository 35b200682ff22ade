//! How people sign in, what clients know them by, and what they see of it.

use serde::{Deserialize, Serialize};

/// What one value of `acr` means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthenticationContext {
    /// The value.
    pub acr: String,
    /// A sign-in reaches it if its `amr` holds all of one of these lists.
    #[serde(default)]
    pub amr: Vec<Vec<String>>,
    /// The providers by which it can be reached: whoever must reach it is led to them. None: perhaps any.
    #[serde(default)]
    pub providers: Vec<String>,
}

/// `pairwise`: OpenID Connect Core §8.1.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Pairwise {
    /// Default false.
    pub enabled: bool,
}

/// `account`: the account page.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// Default true.
    pub enabled: bool,
}

impl Default for Account {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// `userinfo`: what it asks of the sign-in behind a token before it tells who that is (RFC 9470).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct Userinfo {
    /// It must reach one of these values of `acr`, each in [`Server::authentication_contexts`](super::Server). Default: none of them.
    pub acr_values: Vec<String>,
    /// How long ago it may be, seconds, 1 or more. Default: as long as tokens and grants live.
    pub max_age_s: Option<u32>,
}
