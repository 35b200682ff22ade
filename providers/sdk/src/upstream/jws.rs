//! Compact JWS (RFC 7515 §7.1), taken apart but not believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_strict_json as strict_json;
use serde_json::{Map, Value};

/// Longest token, bytes.
const MAX_BYTES: usize = 16 * 1024;
/// Deepest nesting of its header and its claims.
const DEPTH: usize = 8;

/// A token, taken apart.
pub(super) struct Jws<'t> {
    pub(super) header: Map<String, Value>,
    pub(super) claims: Map<String, Value>,
    /// What is signed.
    pub(super) message: &'t str,
    pub(super) signature: Vec<u8>,
}

impl<'t> Jws<'t> {
    /// Takes it apart.
    pub(super) fn parse(token: &'t str) -> Result<Self, &'static str> {
        if token.len() > MAX_BYTES {
            return Err("it is longer than 16 KiB");
        }
        let (message, signature) = token.rsplit_once('.').ok_or("it is no JWT")?;
        let (header, claims) = message.split_once('.').ok_or("it is no JWT")?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "it is no JWT");
        Ok(Self {
            header: strict_json::object(&decode(header)?, DEPTH)
                .map_err(|_| "its header cannot be read")?,
            claims: strict_json::object(&decode(claims)?, DEPTH)
                .map_err(|_| "its claims cannot be read")?,
            message,
            signature: decode(signature)?,
        })
    }

    /// A text of the header.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }
}
