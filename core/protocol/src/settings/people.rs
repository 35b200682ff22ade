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
    /// Whoever is signed in already reaches it by confirming with one of these, the preferred first, instead of signing in
    /// anew. What they have set up must be enough with how they signed in; who has set up nothing does so now.
    #[serde(default)]
    pub confirm_by: Vec<String>,
}

/// `confirmations`: a second step after a sign-in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    /// The providers after which it is asked for. Default: all. The first rule that fits counts.
    #[serde(default)]
    pub after: Vec<String>,
    /// By one of these providers, the preferred first; at least one.
    pub by: Vec<String>,
    /// Whoever has set up none of them does so now. Default false: they go on without.
    #[serde(default)]
    pub required: bool,
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
