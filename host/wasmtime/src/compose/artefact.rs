//! The files that a composition consists of.

use super::manifest;
use super::offers::Role;
use super::picture::{self, Pieces, Provider};
use super::wiring::Wiring;
use super::{Options, Store, Target, part, script, spin};
use crate::config::Config;
use anyhow::{Context as _, ensure};
use std::path::Path;

/// Memories that Spin lets one component have, its dependencies counted in (`SPIN_WASMTIME_MAX_MEMORIES` is for operators of
/// Spin themselves).
const SPIN_MEMORIES: u32 = 32;

/// A file of a composition.
pub(crate) struct File {
    /// Its name in the directory.
    pub(crate) name: &'static str,
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
    /// Who may read, write and run it, as POSIX has it.
    pub(crate) mode: u32,
}

impl File {
    /// One for everyone to read.
    pub(crate) fn new(name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name,
            bytes: bytes.into(),
            mode: 0o644,
        }
    }
}

/// What a composition consists of.
pub(crate) struct Artefact {
    /// The files, `doorward.json` last.
    pub(crate) files: Vec<File>,
    /// SHA-256 of the core.
    pub(crate) core: String,
    /// Memories of one instance, of all components together.
    pub(crate) memories: u32,
}

/// Composes and writes down everything, in memory.
///
/// # Errors
/// Something does not fit, or the host cannot run it.
pub(super) fn build(
    config: &Config,
    options: Options,
    store: Option<Store>,
    pieces: &Pieces,
    providers: &[Provider],
    settings: &str,
) -> anyhow::Result<Artefact> {
    let baked = if options.baked() { settings } else { "{}" };
    let server = picture::server(pieces, providers, options.target, baked)?;
    let mut wirings = vec![("doorward.wasm", server)];
    let mut files = Vec::new();
    match options.target {
        Target::Spin => {
            let (part, role) = match store {
                Some(Store::Redis) => (&pieces.records_spin_redis, Role::SpinRedis),
                _ => (&pieces.records_spin_sqlite, Role::SpinSqlite),
            };
            let variables = &pieces.variables_spin;
            let (records, reads_variables) = picture::spin_records(part, role, variables)?;
            wirings.push(("records.wasm", records));
            wirings.push(("variables.wasm", picture::spin_variables(variables)?));
            let manifest = spin::manifest(config, settings, options, store, reads_variables)?;
            files.push(File::new("spin.toml", manifest));
        }
        Target::Wasmtime => files.push(File {
            mode: 0o755,
            ..File::new(
                "serve.sh",
                script::serve(config, options, memories_of(&wirings)),
            )
        }),
        Target::Workers => {}
    }
    if !options.baked() {
        // It holds what guards clients' secrets, and whatever operators tell their plugins. Who starts the host reads it.
        files.push(File {
            mode: 0o600,
            ..File::new("settings.json", settings)
        });
    }
    let memories = memories_of(&wirings);
    ensure!(
        options.target != Target::Spin || memories <= SPIN_MEMORIES,
        "the composition has {memories} memories, and Spin lets a component have {SPIN_MEMORIES}: each provider takes 4, so \
         configure fewer of them"
    );
    for (name, wiring) in &wirings {
        files.push(File::new(name, wiring.encode()?));
    }
    let core = pieces.core.digest();
    let wirings: Vec<&Wiring> = wirings.iter().map(|(_, wiring)| wiring).collect();
    let manifest = manifest::document(options, store, &core, &wirings, &files);
    files.sort_by_key(|file| file.name);
    files.push(File::new("doorward.json", manifest));
    Ok(Artefact {
        files,
        core,
        memories,
    })
}

impl Artefact {
    /// Writes the files into a directory, which is made if it is not there. Each appears whole or not at all; the manifest
    /// comes last, so that it never speaks of files that are not there.
    ///
    /// # Errors
    /// A file cannot be written.
    pub(crate) fn write(&self, directory: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("cannot make the directory {}", directory.display()))?;
        for file in &self.files {
            write(directory, file)
                .with_context(|| format!("cannot write {}", directory.join(file.name).display()))?;
        }
        Ok(())
    }

    /// Names and SHA-256 of the files.
    pub(crate) fn digests(&self) -> impl Iterator<Item = (&'static str, String)> {
        let files = self.files.iter();
        files.map(|file| (file.name, part::digest(&file.bytes)))
    }
}

/// Linear memories of all files together.
fn memories_of(wirings: &[(&'static str, Wiring)]) -> u32 {
    wirings.iter().map(|(_, wiring)| wiring.memories()).sum()
}

fn write(directory: &Path, file: &File) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let unfinished = directory.join(format!(".{}.{}", file.name, std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(file.mode);
    let written = options.open(&unfinished).and_then(|mut open| {
        open.write_all(&file.bytes)?;
        open.sync_all()?;
        std::fs::rename(&unfinished, directory.join(file.name))
    });
    if written.is_err() {
        // What is left of it would be in the way of the next try.
        let _ = std::fs::remove_file(&unfinished);
    }
    written
}
