//! Compiled components on disk, so that the second start compiles nothing.
//!
//! A file is named by the SHA-256 of the component, the version of wasmtime and everything in the engine's
//! configuration that the code depends on. Loading it runs it: the directory (0700) and the file (0600) must belong to
//! the user that this process runs as, and beside the code stands its SHA-256. Whatever does not fit is compiled anew.

use sha2::{Digest, Sha256};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use wasmtime::Engine;
use wasmtime::component::Component;

/// The cache; without a directory it compiles.
pub(crate) struct CompiledCache {
    directory: Option<PathBuf>,
    compatibility: u64,
}

impl CompiledCache {
    /// Opens the cache, and creates its directory if it is not there. A directory that others can write to, or read, is
    /// not used: the log says so.
    pub(crate) fn open(directory: Option<&Path>, engine: &Engine) -> Self {
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let directory = directory.and_then(|directory| match private_directory(directory) {
            Ok(()) => Some(directory.to_owned()),
            Err(reason) => {
                tracing::warn!(directory = %directory.display(), %reason, "compiled components are not cached");
                None
            }
        });
        Self {
            directory,
            compatibility: hasher.finish(),
        }
    }

    /// The component, from its file or by compiling it.
    pub(crate) fn component(
        &self,
        engine: &Engine,
        name: &str,
        wasm: &[u8],
    ) -> wasmtime::Result<Component> {
        let Some(directory) = &self.directory else {
            return Component::new(engine, wasm);
        };
        let path = directory.join(format!("{}.cwasm", self.key(wasm)));
        if let Some(component) = load(engine, name, &path) {
            return Ok(component);
        }
        let started = std::time::Instant::now();
        let component = Component::new(engine, wasm)?;
        tracing::info!(
            component = name,
            ms = started.elapsed().as_millis(),
            "compiled"
        );
        if let Err(error) = store(&path, &component.serialize()?) {
            tracing::warn!(component = name, path = %path.display(), %error, "cannot cache the compiled component");
        }
        Ok(component)
    }

    fn key(&self, wasm: &[u8]) -> String {
        let mut digest = Sha256::new();
        digest.update(b"wasmtime 48.0.8\0");
        digest.update(self.compatibility.to_be_bytes());
        digest.update(wasm);
        hex(&digest.finalize())
    }
}

/// Loads a file of the cache; `None` if it is not there, not ours, or not what was written.
#[expect(
    unsafe_code,
    reason = "the one place that runs code from a file: see SAFETY"
)]
fn load(engine: &Engine, name: &str, path: &Path) -> Option<Component> {
    if !path.try_exists().unwrap_or(false) {
        return None;
    }
    if let Err(reason) = trustworthy(path) {
        tracing::warn!(component = name, path = %path.display(), %reason, "compiled component is not used");
        return None;
    }
    // SAFETY: `deserialize_file` asks that the file be what `Component::serialize` wrote, unchanged for as long as it
    // is mapped. Only this user (or root, who can do anything) can have written it: `trustworthy` found the file and its
    // directory to be this user's and closed to all others, and its digest to be the one written with it. `store`
    // replaces files by `rename` only, so that a mapped file never changes.
    match unsafe { Component::deserialize_file(engine, path) } {
        Ok(component) => Some(component),
        Err(error) => {
            tracing::warn!(component = name, path = %path.display(), %error, "compiled component does not load");
            None
        }
    }
}

fn trustworthy(path: &Path) -> Result<(), String> {
    let metadata = path.symlink_metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err(String::from("it is not a regular file"));
    }
    private_to_us(&metadata)?;
    let code = std::fs::read(path).map_err(|error| error.to_string())?;
    let written = std::fs::read_to_string(digest_path(path))
        .map_err(|error| format!("its digest: {error}"))?;
    if written == hex(&Sha256::digest(&code)) {
        Ok(())
    } else {
        Err(String::from("its digest is another"))
    }
}

fn private_directory(directory: &Path) -> Result<(), String> {
    let created = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory);
    created.map_err(|error| format!("cannot create it: {error}"))?;
    let metadata = directory
        .symlink_metadata()
        .map_err(|error| error.to_string())?;
    if !metadata.is_dir() {
        return Err(String::from("it is not a directory"));
    }
    private_to_us(&metadata)
}

fn private_to_us(metadata: &std::fs::Metadata) -> Result<(), String> {
    if metadata.uid() != rustix::process::geteuid().as_raw() {
        return Err(String::from("it belongs to another user"));
    }
    match metadata.mode() & 0o077 {
        0 => Ok(()),
        _ => Err(format!(
            "others may use it: its mode is {:o}",
            metadata.mode() & 0o777
        )),
    }
}

/// Writes the code and its digest, each under a temporary name first. The digest goes last: without it, or with that of
/// other code, the file is not used.
fn store(path: &Path, code: &[u8]) -> std::io::Result<()> {
    write_atomically(path, code)?;
    write_atomically(&digest_path(path), hex(&Sha256::digest(code)).as_bytes())
}

fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&temporary, path)
}

fn digest_path(path: &Path) -> PathBuf {
    path.with_extension("sha256")
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests;
