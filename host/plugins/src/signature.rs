//! Signatures of plugins, as minisign makes them: `minisign -S -m plugin.wasm` leaves `plugin.wasm.minisig`.

use minisign_verify::{PublicKey, Signature};
use std::path::{Path, PathBuf};

/// Largest signature file, and largest file of a public key: 4 KiB.
const MAX_BYTES: u64 = 4 << 10;

/// A public key, as minisign writes it: 56 characters of base64 that begin with `RW`.
#[derive(Debug, Clone)]
pub struct Key {
    text: String,
    key: PublicKey,
}

impl Key {
    /// Reads one from its text.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let key = PublicKey::from_base64(text);
        let key = key.map_err(|_| format!("{text:?} is no public key of minisign (`RW…`)"))?;
        Ok(Self {
            text: text.to_owned(),
            key,
        })
    }

    /// Reads one from the file that `minisign -G` writes.
    ///
    /// # Errors
    /// There is no such file, or no key in it.
    pub fn read(file: &Path) -> Result<Self, String> {
        let text = read(file).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut lines = text.lines().map(str::trim);
        let key = lines.rfind(|line| !line.is_empty()).unwrap_or_default();
        Self::parse(key).map_err(|problem| format!("{}: {problem}", file.display()))
    }

    /// As minisign writes it.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

/// Where the signature of a plugin's file is.
#[must_use]
pub fn beside(plugin: &Path) -> PathBuf {
    let mut name = plugin.as_os_str().to_owned();
    name.push(".minisig");
    PathBuf::from(name)
}

/// The text of the signature of a plugin's file, if there is one.
///
/// # Errors
/// It is there and cannot be read.
pub fn of(plugin: &Path) -> Result<Option<String>, String> {
    let file = beside(plugin);
    match read(&file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}

/// Which of `keys` made `signature` over `wasm`. Both the signature of the bytes and that of its comment must be right.
///
/// # Errors
/// It is no signature, or by none of them.
pub fn verify<'a>(wasm: &[u8], signature: &str, keys: &'a [Key]) -> Result<&'a Key, String> {
    let decoded = Signature::decode(signature);
    let decoded = decoded.map_err(|_| String::from("its signature is none of minisign's"))?;
    // Without hashing first, the old kind of signature, a file must be in memory as a whole to sign it; minisign itself has
    // not made any since 0.8.
    let mut signers = keys.iter();
    signers
        .find(|signer| signer.key.verify(wasm, &decoded, false).is_ok())
        .ok_or_else(|| {
            let known: Vec<&str> = keys.iter().map(Key::text).collect();
            format!(
                "its signature is by none of the keys that are trusted ({})",
                if known.is_empty() {
                    String::from("none is")
                } else {
                    known.join(", ")
                }
            )
        })
}

fn read(file: &Path) -> std::io::Result<String> {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::fs::File::open(file)?
        .take(MAX_BYTES + 1)
        .read_to_string(&mut text)?;
    if read as u64 > MAX_BYTES {
        return Err(std::io::Error::other(format!(
            "is larger than {MAX_BYTES} bytes"
        )));
    }
    Ok(text)
}
