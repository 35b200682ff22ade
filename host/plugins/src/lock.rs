//! `doorward.lock`, beside the configuration: which plugin runs under which id, by the digest of its bytes.
//!
//! It is written when an operator has seen what a plugin is, and read whenever one is loaded. Nothing in it grants anything:
//! which hosts a plugin reaches is in the configuration; here stands what was granted when it was added, for whoever reads it.

use crate::digest::{digest, is_digest};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Its name.
pub const FILE: &str = "doorward.lock";
/// Largest lockfile that is read: 1 MiB, some thousand plugins.
const MAX_BYTES: u64 = 1 << 20;
/// The one shape that there is.
const VERSION: u32 = 1;
const PREAMBLE: &str = "# Which plugins `doorward serve` runs, by their digests. Written by `doorward provider add` and `remove`; keep it with \
                        the configuration.\n";

/// A plugin that was let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The id of its `[[provider]]`.
    pub id: String,
    /// Where it came from: the path of a file as it was typed, or `oci://` and a reference.
    pub source: String,
    /// SHA-256 of its bytes, 64 lower-case hexadecimal digits.
    pub sha256: String,
    /// The version of `doorward:provider` that it was built against.
    pub contract: String,
    /// Hosts that it was granted when it was added.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// The public key by which its signature was verified, as minisign writes it; none if nobody asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
}

/// A lockfile. One that is not there is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    path: PathBuf,
    entries: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    version: u32,
    #[serde(default)]
    provider: Vec<Entry>,
}

/// Why a plugin is not the one that was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mismatch {
    /// Nothing of this id was let in.
    Absent {
        /// The id.
        id: String,
        /// The plugin's file.
        file: PathBuf,
        /// The lockfile.
        lock: PathBuf,
    },
    /// Other bytes were.
    Differs {
        /// The id.
        id: String,
        /// The plugin's file.
        file: PathBuf,
        /// The lockfile.
        lock: PathBuf,
        /// The digest of the file.
        found: String,
        /// The digest in the lockfile.
        locked: String,
    },
}

impl Lock {
    /// Reads the lockfile in the directory of a configuration.
    ///
    /// # Errors
    /// It cannot be read, is larger than 1 MiB, or is not what [`Lock::save`] writes.
    pub fn load(directory: &Path) -> Result<Self, String> {
        let path = directory.join(FILE);
        let named = |problem: String| format!("{}: {problem}", path.display());
        let size = match std::fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self {
                    path,
                    entries: Vec::new(),
                });
            }
            Err(error) => return Err(named(error.to_string())),
        };
        if size > MAX_BYTES {
            return Err(named(format!("is larger than {MAX_BYTES} bytes")));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| named(error.to_string()))?;
        let entries = parse(&text).map_err(named)?;
        Ok(Self { path, entries })
    }

    /// The entries, by id.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of an id.
    #[must_use]
    pub fn entry(&self, id: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// Whether `wasm`, read from `file`, is what was let in under `id`.
    ///
    /// # Errors
    /// It is not.
    pub fn check(&self, id: &str, file: &Path, wasm: &[u8]) -> Result<(), Mismatch> {
        let Some(entry) = self.entry(id) else {
            return Err(Mismatch::Absent {
                id: id.to_owned(),
                file: file.to_owned(),
                lock: self.path.clone(),
            });
        };
        let found = digest(wasm);
        if found == entry.sha256 {
            return Ok(());
        }
        Err(Mismatch::Differs {
            id: id.to_owned(),
            file: file.to_owned(),
            lock: self.path.clone(),
            found,
            locked: entry.sha256.clone(),
        })
    }

    /// Lets a plugin in, instead of what there was under its id.
    pub fn put(&mut self, entry: Entry) {
        self.remove(&entry.id);
        self.entries.push(entry);
        self.entries.sort_by(|one, other| one.id.cmp(&other.id));
    }

    /// Takes an id out; whether it was there.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.entries.len();
        self.entries.retain(|entry| entry.id != id);
        self.entries.len() < before
    }

    /// Writes it: whole or not at all.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self) -> Result<(), String> {
        let document = Document {
            version: VERSION,
            provider: self.entries.clone(),
        };
        let text = toml::to_string(&document).map_err(|error| error.to_string())?;
        write_whole(&self.path, format!("{PREAMBLE}{text}").as_bytes())
            .map_err(|error| format!("cannot write {}: {error}", self.path.display()))
    }
}

fn parse(text: &str) -> Result<Vec<Entry>, String> {
    let document: Document = toml::from_str(text).map_err(|error| error.to_string())?;
    if document.version != VERSION {
        return Err(format!(
            "is of version {}, and this doorward reads version {VERSION}",
            document.version
        ));
    }
    for (index, entry) in document.provider.iter().enumerate() {
        if !is_digest(&entry.sha256) {
            return Err(format!("the sha256 of {:?} is no digest", entry.id));
        }
        let mut before = document.provider.iter().take(index);
        if before.any(|other| other.id == entry.id) {
            return Err(format!("has two entries of id {:?}", entry.id));
        }
    }
    Ok(document.provider)
}

/// Writes a file under another name first, so that nobody sees half of it.
///
/// # Errors
/// The directory or the file cannot be written.
pub fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(format!(".{}.tmp", std::process::id()));
    let unfinished = PathBuf::from(unfinished);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    let written = options.open(&unfinished).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)
    });
    if written.is_err() {
        // What is left of it would be in the way of the next try.
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}

impl fmt::Display for Mismatch {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { id, file, lock } => write!(
                formatter,
                "{0} is not in {1}: see what it is with `doorward provider inspect {0}`, and let it in with `doorward provider \
                 add {0} --id {id}`",
                file.display(),
                lock.display()
            ),
            Self::Differs {
                id,
                file,
                lock,
                found,
                locked,
            } => write!(
                formatter,
                "{0} is not the plugin that was let in: its SHA-256 is {found}, {1} says {locked}. Put the old file back, or, if \
                 this one is wanted, let it in with `doorward provider add {0} --id {id}`",
                file.display(),
                lock.display()
            ),
        }
    }
}

impl std::error::Error for Mismatch {}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, wasm: &[u8]) -> Entry {
        Entry {
            id: id.to_owned(),
            source: String::from("x.wasm"),
            sha256: digest(wasm),
            contract: String::from("0.1.0"),
            hosts: vec![String::from("api.example")],
            signer: None,
        }
    }

    #[test]
    fn what_was_put_is_read_again_in_the_order_of_ids() {
        let directory = tempfile::tempdir().unwrap();
        let mut lock = Lock::load(directory.path()).unwrap();
        assert!(lock.entries().is_empty());
        lock.put(entry("b", b"two"));
        lock.put(entry("a", b"one"));
        lock.put(entry("b", b"three"));
        lock.save().unwrap();
        let read = Lock::load(directory.path()).unwrap();
        assert_eq!(read, lock);
        let ids: Vec<_> = read.entries().iter().map(|entry| &entry.id).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(read.entry("b"), Some(&entry("b", b"three")));
        assert!(lock.remove("b") && !lock.remove("b"));
    }

    #[test]
    fn other_bytes_and_other_ids_are_refused_with_the_cure() {
        let directory = tempfile::tempdir().unwrap();
        let mut lock = Lock::load(directory.path()).unwrap();
        lock.put(entry("a", b"one"));
        let file = Path::new("plugins/a.wasm");
        assert_eq!(lock.check("a", file, b"one"), Ok(()));
        let differs = lock.check("a", file, b"two").unwrap_err().to_string();
        let absent = lock.check("b", file, b"one").unwrap_err().to_string();
        for part in [digest(b"one"), digest(b"two"), FILE.to_owned()] {
            assert!(differs.contains(&part), "{differs}");
        }
        assert!(
            differs.contains("`doorward provider add plugins/a.wasm --id a`"),
            "{differs}"
        );
        assert!(
            absent.contains("`doorward provider add plugins/a.wasm --id b`"),
            "{absent}"
        );
    }

    #[test]
    fn what_is_no_lockfile_is_not_read_as_an_empty_one() {
        let directory = tempfile::tempdir().unwrap();
        let good = toml::to_string(&Document {
            version: VERSION,
            provider: vec![entry("a", b"one")],
        })
        .unwrap();
        let twice = format!("{good}\n{}", good.replace("version = 1", "").trim_start());
        for (text, says) in [
            (String::from("version = 2"), "version 2"),
            (String::new(), "version"),
            (good.replace("source", "sauce"), "sauce"),
            (good.replace(&digest(b"one"), "00"), "is no digest"),
            (twice, "two entries"),
            ("#".repeat(1 + (1 << 20)), "larger than"),
        ] {
            std::fs::write(directory.path().join(FILE), &text).unwrap();
            let error = Lock::load(directory.path()).unwrap_err();
            assert!(error.contains(says) && error.contains(FILE), "{error}");
        }
    }
}
