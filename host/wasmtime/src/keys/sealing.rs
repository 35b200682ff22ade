//! The sealing key, and authenticated encryption under it.
//!
//! Each purpose has a key of its own, derived by HKDF-SHA-256, and so has each message: 24 random bytes in front of the
//! ciphertext go into the derivation of its AES-256-GCM key and nonce. A random 96-bit nonce under one key would be safe
//! for 2³² messages only; this way two messages share key and nonce with probability 2⁻³² after 2⁸⁰ messages, which no
//! host will see. Layout: format (1 byte, `1`) ‖ salt (24) ‖ ciphertext ‖ tag (16).

use super::Failure;
use crate::records::private_file;
use anyhow::{Context as _, bail, ensure};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hkdf;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use std::io::Read as _;
use std::path::Path;
use zeroize::Zeroizing;

const FORMAT: u8 = 1;
const SALT_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;
/// A sealing key file is one line; anything much longer is the wrong file.
const MAX_FILE_BYTES: u64 = 1024;

/// The 32 bytes that everything secret at rest hangs on. Wiped when dropped, never printed.
pub(crate) struct SealingKey(Zeroizing<[u8; KEY_BYTES]>);

impl std::fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

impl SealingKey {
    /// A key from its bytes.
    pub(crate) fn from_bytes(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// A key from text: 64 hexadecimal digits, or base64 or base64url of 32 bytes with or without padding. Surrounding
    /// white space is ignored.
    ///
    /// # Errors
    /// The text is none of these. It is not repeated in the error.
    pub(crate) fn from_text(text: &str) -> anyhow::Result<Self> {
        let text = text.trim();
        let bytes =
            if text.len() == 2 * KEY_BYTES && text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                Zeroizing::new(from_hex(text))
            } else {
                let decoded = [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD]
                    .iter()
                    .find_map(|engine| engine.decode(text).ok());
                Zeroizing::new(decoded.unwrap_or_default())
            };
        let key: [u8; KEY_BYTES] = bytes.as_slice().try_into().ok().context(
            "the sealing key must be 32 bytes, as 64 hexadecimal digits or as base64; `openssl rand -base64 32` makes one",
        )?;
        Ok(Self::from_bytes(key))
    }

    /// Reads a key file: text as in [`SealingKey::from_text`], readable by its owner only.
    ///
    /// # Errors
    /// There is no such file, others may read it, or it holds no key.
    pub(crate) fn read_file(path: &Path) -> anyhow::Result<Self> {
        let file = std::fs::File::open(path)
            .with_context(|| format!("cannot read the sealing key {}", path.display()))?;
        refuse_readable_by_others(&file, path)?;
        let mut text = Zeroizing::new(String::with_capacity(256));
        file.take(MAX_FILE_BYTES)
            .read_to_string(&mut text)
            .with_context(|| format!("{} holds no sealing key", path.display()))?;
        Self::from_text(&text).with_context(|| format!("{} holds no sealing key", path.display()))
    }

    /// Makes a key file with a new key, for its owner only, and reads it; if there is a file already, reads that. Two
    /// processes that do so at once end up with the same key.
    ///
    /// # Errors
    /// As [`SealingKey::read_file`], or the file cannot be written.
    pub(crate) fn generate_file(path: &Path) -> anyhow::Result<Self> {
        if !path.exists() {
            let mut bytes = Zeroizing::new([0; KEY_BYTES]);
            fill_random(bytes.as_mut_slice())?;
            let text = Zeroizing::new(format!(
                "{}\n",
                Zeroizing::new(STANDARD.encode(bytes.as_slice())).as_str()
            ));
            private_file::create_once(path, text.as_bytes())
                .with_context(|| format!("cannot write the sealing key {}", path.display()))?;
        }
        Self::read_file(path)
    }
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .chars()
        .filter_map(|digit| digit.to_digit(16))
        .filter_map(|digit| u8::try_from(digit).ok())
        .collect();
    digits
        .chunks_exact(2)
        .map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit))
        .collect()
}

#[cfg(unix)]
fn refuse_readable_by_others(file: &std::fs::File, path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let about = file.metadata()?;
    ensure!(
        about.is_file(),
        "the sealing key {} is not a regular file",
        path.display()
    );
    let mode = about.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        bail!(
            "the sealing key {0} may be read by others (mode {mode:o}); run `chmod 600 {0}`",
            path.display()
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_readable_by_others(_file: &std::fs::File, _path: &Path) -> anyhow::Result<()> {
    Ok(())
}

fn fill_random(bytes: &mut [u8]) -> anyhow::Result<()> {
    getrandom::fill(bytes)
        .map_err(|error| anyhow::anyhow!("no randomness from the operating system: {error}"))
}

/// Seals and opens for one purpose.
pub(crate) struct Envelope {
    purpose: &'static [u8],
    extracted: hkdf::Prk,
}

impl Envelope {
    /// An envelope for `purpose`; what one purpose sealed, another cannot open.
    pub(crate) fn new(key: &SealingKey, purpose: &'static str) -> Self {
        Self {
            purpose: purpose.as_bytes(),
            extracted: hkdf::Salt::new(hkdf::HKDF_SHA256, b"doorward").extract(key.0.as_slice()),
        }
    }

    /// Encrypts `plaintext`, and authenticates it and `associated_data`.
    ///
    /// # Errors
    /// [`Failure::Unavailable`]: no randomness.
    pub(crate) fn seal(
        &self,
        plaintext: &[u8],
        associated_data: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let mut salt = [0; SALT_BYTES];
        fill_random(&mut salt).map_err(|error| Failure::Unavailable(error.to_string()))?;
        let (key, nonce) = self.derive(&salt).map_err(|_| failed())?;
        let mut secret = Zeroizing::new(plaintext.to_vec());
        let tag = key
            .seal_in_place_separate_tag(nonce, Aad::from(associated_data), &mut secret)
            .map_err(|_| failed())?;
        let mut sealed = Vec::with_capacity(1 + SALT_BYTES + secret.len() + TAG_BYTES);
        sealed.push(FORMAT);
        sealed.extend_from_slice(&salt);
        sealed.extend_from_slice(&secret);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// Undoes [`Envelope::seal`].
    ///
    /// # Errors
    /// [`Failure::Forged`]: not what was sealed, not for this purpose, by another key, or with other associated data.
    pub(crate) fn open(
        &self,
        sealed: &[u8],
        associated_data: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let (salt, ciphertext) = match sealed.split_first() {
            Some((&FORMAT, rest)) => rest
                .split_first_chunk::<SALT_BYTES>()
                .ok_or(Failure::Forged)?,
            _ => return Err(Failure::Forged),
        };
        let (key, nonce) = self.derive(salt).map_err(|_| Failure::Forged)?;
        let mut secret = Zeroizing::new(ciphertext.to_vec());
        let length = key
            .open_in_place(nonce, Aad::from(associated_data), &mut secret)
            .map_err(|_| Failure::Forged)?
            .len();
        secret.truncate(length);
        Ok(secret)
    }

    fn derive(
        &self,
        salt: &[u8; SALT_BYTES],
    ) -> Result<(LessSafeKey, Nonce), aws_lc_rs::error::Unspecified> {
        let mut derived = Zeroizing::new([0; KEY_BYTES + NONCE_BYTES]);
        self.extracted
            .expand(&[self.purpose, salt], Length)?
            .fill(derived.as_mut_slice())?;
        let (key, nonce) = derived.split_at(KEY_BYTES);
        Ok((
            LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key)?),
            Nonce::try_assume_unique_for_key(nonce)?,
        ))
    }
}

fn failed() -> Failure {
    Failure::Unavailable("encryption failed".into())
}

/// How many bytes HKDF derives for one message.
struct Length;

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        KEY_BYTES + NONCE_BYTES
    }
}
