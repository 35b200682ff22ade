//! Files that only their owner may read, and that appear whole or not at all.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// Creates a file with this content, mode 0600, that survives a power loss from here on. A file that is there already is
/// left as it is, which is no error: of several processes that do this at once, one wins.
///
/// The content is complete before the file has its name, and no descriptor of it is closed afterwards: SQLite loses its
/// locks when some other descriptor of a database is.
///
/// # Errors
/// The directory is not there or not writable, or there is no randomness.
pub(crate) fn create_once(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let unnamed = fresh_name(directory)?;
    let named = write(&unnamed, content).and_then(|()| match std::fs::hard_link(&unnamed, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    });
    let removed = std::fs::remove_file(&unnamed);
    named?;
    removed?;
    sync_directory(directory)
}

fn fresh_name(directory: &Path) -> std::io::Result<PathBuf> {
    let number = getrandom::u64().map_err(std::io::Error::other)?;
    Ok(directory.join(format!(".doorward-new-{number:016x}")))
}

fn write(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Makes the name of a new file survive a power loss.
fn sync_directory(directory: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    std::fs::File::open(directory)?.sync_all()?;
    #[cfg(not(unix))]
    let _ = directory;
    Ok(())
}
