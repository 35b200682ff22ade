//! The sealing key, and authenticated encryption under it: the layout and derivation of the native server, so that what one
//! sealed, the other opens.
//!
//! Each purpose has a key of its own, derived by HKDF-SHA-256, and so has each message: the 24 random bytes in front of the
//! ciphertext go into the derivation of its AES-256-GCM key and nonce. Layout: format (1 byte, `1`) ‖ salt (24) ‖ ciphertext ‖
//! tag (16).

use super::Failure;
use aes_gcm::aead::AeadInOut as _;
use aes_gcm::{Aes256Gcm, KeyInit as _, Tag};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const SALT_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// The 32 bytes that everything secret at rest hangs on. Wiped when dropped, never printed.
pub(super) struct SealingKey(Zeroizing<[u8; KEY_BYTES]>);

impl SealingKey {
    /// A key from text: 64 hexadecimal digits, or base64 or base64url of 32 bytes with or without padding. Surrounding white
    /// space is ignored. `none`: it is none of these.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        let text = text.trim();
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if text.len() == 2 * KEY_BYTES {
            from_hex(text, &mut key)?;
        } else {
            let decoded = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
                .iter()
                .find_map(|engine| engine.decode(text).ok());
            let decoded = Zeroizing::new(decoded?);
            key.copy_from_slice(decoded.first_chunk::<KEY_BYTES>()?);
            (decoded.len() == KEY_BYTES).then_some(())?;
        }
        Some(Self(key))
    }
}

/// Reads twice as many digits as there are bytes.
fn from_hex(text: &str, bytes: &mut [u8; KEY_BYTES]) -> Option<()> {
    let digit = |digit: u8| {
        char::from(digit)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    for (byte, &[high, low]) in bytes.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(())
}

/// Seals and opens for one purpose.
pub(super) struct Envelope {
    purpose: &'static [u8],
    extracted: Hkdf<Sha256>,
}

impl Envelope {
    /// An envelope for `purpose`; what one purpose sealed, another cannot open.
    pub(super) fn new(key: &SealingKey, purpose: &'static str) -> Self {
        Self {
            purpose: purpose.as_bytes(),
            extracted: Hkdf::new(Some(b"doorward"), key.0.as_slice()),
        }
    }

    /// Encrypts `plaintext`, and authenticates it and `associated_data`. The answer is 41 bytes longer.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: no randomness.
    pub(super) fn seal(
        &self,
        plaintext: &[u8],
        associated_data: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt)
            .map_err(|error| Failure::Unavailable(format!("no randomness: {error}")))?;
        let failed = || Failure::Unavailable("encryption failed".to_owned());
        let (cipher, nonce) = self.derive(&salt).ok_or_else(failed)?;
        // As long as it will ever be: a vector that grew would leave a copy of the plaintext behind.
        let mut sealed = Vec::with_capacity(1 + SALT_BYTES + plaintext.len() + TAG_BYTES);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&salt);
        sealed.extend_from_slice(plaintext);
        let text = sealed.get_mut(1 + SALT_BYTES..).unwrap_or_default();
        let tag = cipher
            .encrypt_inout_detached(&nonce.into(), associated_data, text.into())
            .map_err(|_| failed())?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Undoes [`Envelope::seal`].
    ///
    /// # Errors
    /// [`Failure::Forged`]: not what was sealed, not for this purpose, by another key, or with other associated data.
    pub(super) fn open(
        &self,
        sealed: &[u8],
        associated_data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let Some((&FORMAT, rest)) = sealed.split_first() else {
            return Err(Failure::Forged);
        };
        let (salt, rest) = rest
            .split_first_chunk::<SALT_BYTES>()
            .ok_or(Failure::Forged)?;
        let (ciphertext, tag) = rest
            .split_last_chunk::<TAG_BYTES>()
            .ok_or(Failure::Forged)?;
        let (cipher, nonce) = self.derive(salt).ok_or(Failure::Forged)?;
        let mut text = Zeroizing::new(ciphertext.to_vec());
        cipher
            .decrypt_inout_detached(
                &nonce.into(),
                associated_data,
                text.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| Failure::Forged)?;
        Ok(text)
    }

    fn derive(&self, salt: &[u8; SALT_BYTES]) -> Option<(Aes256Gcm, [u8; NONCE_BYTES])> {
        let mut derived = Zeroizing::new([0; KEY_BYTES + NONCE_BYTES]);
        self.extracted
            .expand_multi_info(&[self.purpose, salt], derived.as_mut_slice())
            .ok()?;
        let (key, nonce) = derived.split_first_chunk::<KEY_BYTES>()?;
        Some((Aes256Gcm::new_from_slice(key).ok()?, nonce.try_into().ok()?))
    }
}
