//! Grant types that can be switched off: RFC 8628, RFC 8693.

use serde::{Deserialize, Serialize};

/// `device`: RFC 8628.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Device {
    /// Default true: a client must be registered for the grant type all the same.
    pub enabled: bool,
    /// How long people have to enter the code and answer, seconds: 600, 60 to 1800.
    pub lifetime_s: u32,
    /// How long a device waits between two polls, seconds: 5, 1 to 60.
    pub interval_s: u32,
}

impl Default for Device {
    fn default() -> Self {
        Self {
            enabled: true,
            lifetime_s: 600,
            interval_s: 5,
        }
    }
}

/// `token_exchange`: RFC 8693.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TokenExchange {
    /// Default true: a client must be registered for the grant type all the same.
    pub enabled: bool,
}

impl Default for TokenExchange {
    fn default() -> Self {
        Self { enabled: true }
    }
}
