//! The key that an authenticator app and this server share. Nobody keeps it in clear: in records and in the state of a sign-in it is
//! sealed by the host, for one account.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use data_encoding::BASE32_NOPAD;
use doorward_provider::{Account, Failure, Services};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};

use crate::otp::{DIGITS, PERIOD_S, SECRET_BYTES};
use crate::recovery::grouped;

/// Bytes of a name in the URI of a key, percent-encoded: two of them and the rest are far below the 1 KiB of a QR code.
const NAME_MAX_BYTES: usize = 192;

/// A key, sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(String);

/// A key, in clear.
pub(crate) struct Key(Vec<u8>);

fn associated(account: &str) -> Vec<u8> {
    format!("totp/key/{account}").into_bytes()
}

impl Sealed {
    /// A new key for an account.
    pub(crate) fn draw(services: &dyn Services, account: &str) -> Result<Self, Failure> {
        let sealed = services.seal(&services.bytes(SECRET_BYTES), &associated(account))?;
        Ok(Self(BASE64_URL_SAFE_NO_PAD.encode(sealed)))
    }

    /// Opens it.
    ///
    /// # Errors
    /// `unavailable` if it is not what was sealed for this account, or the host cannot now.
    pub(crate) fn open(&self, services: &dyn Services, account: &str) -> Result<Key, Failure> {
        let sealed = BASE64_URL_SAFE_NO_PAD
            .decode(&self.0)
            .map_err(|_| Failure::Unavailable("records: a key is no base64url".to_owned()))?;
        Ok(Key(services.open(&sealed, &associated(account))?))
    }
}

impl Key {
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it into an app that has no camera.
    pub(crate) fn to_text(&self) -> String {
        grouped(&BASE32_NOPAD.encode(&self.0))
    }

    /// As apps scan it. The service stands before the label and again as `issuer`: apps differ in which one they read.
    pub(crate) fn to_uri(&self, service: &str, account: &Account) -> String {
        let issuer = encoded(service);
        let secret = BASE32_NOPAD.encode(&self.0);
        format!(
            "otpauth://totp/{issuer}:{}?secret={secret}&issuer={issuer}&algorithm=SHA1&digits={DIGITS}&period={PERIOD_S}",
            encoded(&account.label)
        )
    }
}

/// Percent-encoded, cut where it gets too long.
fn encoded(name: &str) -> String {
    let mut out = String::new();
    for character in name.chars() {
        let mut buffer = [0; 4];
        let one = utf8_percent_encode(character.encode_utf8(&mut buffer), NON_ALPHANUMERIC);
        let one = one.to_string();
        if out.len() + one.len() > NAME_MAX_BYTES {
            break;
        }
        out.push_str(&one);
    }
    out
}
