//! The database file: how it comes into being and how every connection to it is set up.
//!
//! The file is never opened by anything but SQLite once it exists: closing any other descriptor of it would drop the
//! POSIX locks that SQLite holds in this process.

use crate::records::private_file;
use anyhow::Context as _;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::path::Path;
use std::time::{Duration, Instant};

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Point reads and listings; any write is refused by SQLite.
    Read,
    /// Reads and writes.
    Write,
}

/// How a connection behaves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConnectionOptions {
    /// How long to wait for a lock that another connection or process holds.
    pub(crate) busy_timeout: Duration,
    /// Whether a commit waits until the disk has it (`synchronous=FULL`), or survives only a crash of the process.
    pub(crate) durable: bool,
    /// Upper bound of the file in bytes; past it writes fail as if the disk were full. `None`: the disk is the bound.
    pub(crate) max_bytes: Option<u64>,
}

/// Creates an empty database file that only its owner may read, unless there is a file already; tightens the mode of one
/// that others may read. Two processes doing so at once end up with one file.
///
/// # Errors
/// The directory is not there or not writable.
pub(crate) fn prepare_file(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        return tighten(path)
            .with_context(|| format!("cannot restrict {} to its owner", path.display()));
    }
    private_file::create_once(path, &[])
        .with_context(|| format!("cannot create the database {}", path.display()))
}

#[cfg(unix)]
fn tighten(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(path = %path.display(), mode = format!("{:o}", mode & 0o777), "the database was readable by others; restricting it to its owner");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn tighten(_path: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Opens a connection to a file that [`prepare_file`] has made. Never creates one, so that a database which somebody
/// removed is an error and not an empty store.
///
/// # Errors
/// Whatever SQLite says.
pub(crate) fn connect(
    path: &Path,
    access: Access,
    options: &ConnectionOptions,
) -> rusqlite::Result<Connection> {
    let mode = match access {
        Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
        Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE,
    };
    // One thread at a time uses a connection, so that SQLite's own mutexes would be paid for nothing.
    let connection = Connection::open_with_flags(path, mode | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(options.busy_timeout)?;
    connection.set_prepared_statement_cache_capacity(32);
    connection.pragma_update(None, "trusted_schema", false)?;
    if access == Access::Write {
        enter_wal(&connection, options.busy_timeout)?;
        connection.pragma_update(
            None,
            "synchronous",
            if options.durable { "FULL" } else { "NORMAL" },
        )?;
        // macOS: fsync alone leaves the data in the drive's cache.
        connection.pragma_update(None, "fullfsync", options.durable)?;
        limit_size(&connection, options.max_bytes)?;
    }
    Ok(connection)
}

/// Switches to the write-ahead log. SQLite does not wait for a lock here by itself, and two processes may start at once.
fn enter_wal(connection: &Connection, patience: Duration) -> rusqlite::Result<()> {
    let deadline = Instant::now() + patience;
    loop {
        let switched = connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0));
        match switched {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Err(error) if error.sqlite_error_code() != Some(ErrorCode::DatabaseBusy) => {
                return Err(error);
            }
            Err(error) if Instant::now() >= deadline => return Err(error),
            // A mode other than WAL means "could not switch now": someone else holds the file.
            Ok(mode) if Instant::now() >= deadline => {
                return Err(rusqlite::Error::InvalidParameterName(format!(
                    "journal_mode stays {mode}: this file system offers no shared memory, which the write-ahead log needs"
                )));
            }
            _ => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

fn limit_size(connection: &Connection, max_bytes: Option<u64>) -> rusqlite::Result<()> {
    let Some(max_bytes) = max_bytes else {
        return Ok(());
    };
    let page_size: u32 = connection.pragma_query_value(None, "page_size", |row| row.get(0))?;
    let pages = (max_bytes / u64::from(page_size.max(1))).clamp(1, u64::from(u32::MAX - 1));
    connection.pragma_update_and_check(None, "max_page_count", pages.cast_signed(), |_| Ok(()))
}
