//! The file system: the few calls that the store makes, with errors that say what could not be done and where.

use doorward_portable_records::{Answer, Failure};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// `ENOTEMPTY` of WASI's C library.
const WASI_ENOTEMPTY: i32 = 55;

/// What a call came to that may find its target gone or taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Done {
    /// It was done.
    Yes,
    /// What it acts on is not there.
    Gone,
    /// Its target is there, or is not empty.
    Taken,
}

/// An error of the file system for the operator.
#[expect(clippy::needless_pass_by_value, reason = "for `map_err`")]
pub(crate) fn failed(what: &str, path: &Path, error: io::Error) -> Failure {
    Failure::Unavailable(format!("cannot {what} {}: {error}", path.display()))
}

fn outcome(result: io::Result<()>, what: &str, path: &Path) -> Answer<Done> {
    match result {
        Ok(()) => Ok(Done::Yes),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => Ok(Done::Gone),
            ErrorKind::AlreadyExists | ErrorKind::DirectoryNotEmpty => Ok(Done::Taken),
            // The standard library has no kind for it on WASI.
            _ if cfg!(target_os = "wasi") && error.raw_os_error() == Some(WASI_ENOTEMPTY) => {
                Ok(Done::Taken)
            }
            _ => Err(failed(what, path, error)),
        },
    }
}

/// Renames a file or a directory.
pub(crate) fn rename(from: &Path, to: &Path) -> Answer<Done> {
    outcome(fs::rename(from, to), "rename", from)
}

/// Removes a file.
pub(crate) fn unlink(path: &Path) -> Answer<Done> {
    outcome(fs::remove_file(path), "remove", path)
}

/// Removes a directory if it is empty.
pub(crate) fn rmdir(path: &Path) -> Answer<Done> {
    outcome(fs::remove_dir(path), "remove", path)
}

/// Creates one directory.
pub(crate) fn mkdir(path: &Path) -> Answer<Done> {
    outcome(fs::create_dir(path), "create", path)
}

/// Flushes the entries of a directory to the disk.
pub(crate) fn sync(directory: &Path) -> Answer<Done> {
    let flushed = File::open(directory).and_then(|open| open.sync_all());
    outcome(flushed, "flush", directory)
}

/// Creates a file with contents and flushes it; not its entry in the directory. `Gone`: there is no directory for it.
pub(crate) fn create(path: &Path, contents: &[u8]) -> Answer<Done> {
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .and_then(|mut file| {
            file.write_all(contents)?;
            file.sync_all()
        });
    outcome(written, "write", path)
}

/// Reads a whole file; `None` if it is not there.
pub(crate) fn read(path: &Path) -> Answer<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(contents) => Ok(Some(contents)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path, error)),
    }
}

/// Whether something is there.
pub(crate) fn exists(path: &Path) -> Answer<bool> {
    fs::exists(path).map_err(|error| failed("look for", path, error))
}

/// Calls `visit` with the names in a directory until it answers `false`; `Gone` if there is no such directory. A name that
/// vanishes meanwhile may be left out.
pub(crate) fn each_name(directory: &Path, mut visit: impl FnMut(&str) -> bool) -> Answer<Done> {
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Done::Gone),
        Err(error) => return Err(failed("list", directory, error)),
    };
    for entry in entries {
        match entry {
            // A name that is no Unicode is not ours.
            Ok(entry) => match entry.file_name().to_str() {
                Some(name) if !visit(name) => break,
                _ => {}
            },
            // The host looks at each entry by itself, and this one was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(failed("list", directory, error)),
        }
    }
    Ok(Done::Yes)
}
