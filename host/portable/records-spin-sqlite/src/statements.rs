//! The SQL. Versions and times are 63-bit integers; `counter` is set for counters and only for them.
//!
//! Keys compare byte by byte (`BINARY`, the default), and a prefix is a range, so that `%` and `_` are letters like others.

/// What a new database needs, statement by statement; each does nothing if it has been done.
pub(crate) const SCHEMA: [&str; 2] = [
    "CREATE TABLE IF NOT EXISTS doorward_record (
        key        TEXT    NOT NULL PRIMARY KEY,
        value      BLOB    NOT NULL,
        version    INTEGER NOT NULL,
        expires_at INTEGER NOT NULL,
        counter    INTEGER
    )",
    "CREATE INDEX IF NOT EXISTS doorward_record_expiry ON doorward_record (expires_at)",
];

/// Key, now.
pub(crate) const GET: &str =
    "SELECT value, version, counter FROM doorward_record WHERE key = ?1 AND expires_at > ?2";

/// Key, value, version, expiry, now.
pub(crate) const INSERT: &str = "
    INSERT INTO doorward_record (key, value, version, expires_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (key) DO UPDATE
    SET value = excluded.value, version = excluded.version, expires_at = excluded.expires_at, counter = NULL
    WHERE doorward_record.expires_at <= ?5
    RETURNING version";

/// Key, value, version, expiry, now, old version.
pub(crate) const REPLACE: &str = "
    UPDATE doorward_record SET value = ?2, version = ?3, expires_at = ?4, counter = NULL
    WHERE key = ?1 AND version = ?6 AND expires_at > ?5
    RETURNING version";

/// Key.
pub(crate) const REMOVE: &str = "DELETE FROM doorward_record WHERE key = ?1 RETURNING version";

/// Key, version, now.
pub(crate) const REMOVE_VERSION: &str = "DELETE FROM doorward_record WHERE key = ?1 AND version = ?2 AND expires_at > ?3 RETURNING version";

/// Key, by, version, expiry, now. What stands right of `=` is the row as it was. A record that is no counter has none, and
/// `NULL <= …` is not true.
pub(crate) const INCREMENT: &str = "
    INSERT INTO doorward_record (key, value, version, expires_at, counter) VALUES (?1, x'', ?3, ?4, ?2)
    ON CONFLICT (key) DO UPDATE
    SET value = x'', version = excluded.version,
        counter = CASE WHEN doorward_record.expires_at <= ?5 THEN ?2 ELSE doorward_record.counter + ?2 END,
        expires_at = CASE WHEN doorward_record.expires_at <= ?5 THEN excluded.expires_at ELSE doorward_record.expires_at END
    WHERE doorward_record.expires_at <= ?5 OR doorward_record.counter <= 9223372036854775807 - ?2
    RETURNING counter";

/// From (inclusive), to (exclusive), after, now, limit.
pub(crate) const LIST: &str = "
    SELECT key, value, version, counter FROM doorward_record
    WHERE key >= ?1 AND key < ?2 AND key > ?3 AND expires_at > ?4 ORDER BY key LIMIT ?5";

/// Until, at most.
pub(crate) const SWEEP: &str = "
    DELETE FROM doorward_record WHERE rowid IN
    (SELECT rowid FROM doorward_record WHERE expires_at <= ?1 ORDER BY expires_at LIMIT ?2)";
