//! What authorization requests may be: RFC 9126, RFC 9101, RFC 9396.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `pushed_authorization_requests`: RFC 9126.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushedAuthorizationRequests {
    /// Default true.
    pub enabled: bool,
    /// For every client (§5 `require_pushed_authorization_requests`). Default false.
    pub required: bool,
    /// How long a client has to send the person with its `request_uri`, seconds: 60, 5 to 600.
    pub lifetime_s: u32,
}

impl Default for PushedAuthorizationRequests {
    fn default() -> Self {
        Self {
            enabled: true,
            required: false,
            lifetime_s: 60,
        }
    }
}

/// `request_objects`: RFC 9101.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RequestObjects {
    /// Default true: a client can sign requests only with keys that it registered.
    pub enabled: bool,
}

impl Default for RequestObjects {
    fn default() -> Self {
        Self { enabled: true }
    }
}

/// A type of `authorization_details`: RFC 9396 §2.
#[derive(Debug, Clone, Serialize, Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
pub struct AuthorizationDetailsType {
    /// What people are told. Default: the name.
    pub description: Option<String>,
    /// The values that `actions` may hold (§2.2). None: there is no such member.
    pub actions: Vec<String>,
    /// Likewise `locations`.
    pub locations: Vec<String>,
    /// Likewise `datatypes`.
    pub datatypes: Vec<String>,
    /// Likewise `privileges`.
    pub privileges: Vec<String>,
    /// Further members, and of what kind they are.
    pub members: BTreeMap<String, MemberKind>,
    /// Those that must be there.
    pub required: Vec<String>,
}

/// The kind of a member of `authorization_details`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberKind {
    /// At most 1024 bytes, without control characters.
    String,
    /// A JSON number.
    Number,
    /// `true` or `false`.
    Boolean,
    /// An array of strings.
    Strings,
    /// Any object or array.
    Object,
}
