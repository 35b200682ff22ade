//! How long what is issued lives.

use serde::{Deserialize, Serialize};

/// Lifetimes, in seconds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lifetimes {
    /// Authorization code: 60, at most 60 (RFC 9700 §2.1.1 asks for short).
    pub authorization_code_s: u32,
    /// Access token: 600, 30 to 86400.
    pub access_token_s: u32,
    /// ID token: 600, 30 to 86400.
    pub id_token_s: u32,
    /// Refresh token, since it was last rotated: 2592000 (30 days).
    pub refresh_token_s: u32,
    /// A grant, from consent to its end however often it is refreshed: 31536000 (a year).
    pub grant_s: u32,
    /// Browser session, since it was last used: 86400 (a day).
    pub session_idle_s: u32,
    /// Browser session, since sign-in: 1209600 (14 days).
    pub session_s: u32,
    /// One sign-in from the application's request to its answer: 1800.
    pub login_s: u32,
    /// A remembered consent: 2592000 (30 days); 0 remembers none.
    pub consent_s: u32,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            authorization_code_s: 60,
            access_token_s: 600,
            id_token_s: 600,
            refresh_token_s: 30 * 86_400,
            grant_s: 365 * 86_400,
            session_idle_s: 86_400,
            session_s: 14 * 86_400,
            login_s: 1_800,
            consent_s: 30 * 86_400,
        }
    }
}
