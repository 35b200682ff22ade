//! The schema of the database and its migrations: records and signing keys live in one file.

use anyhow::{Context as _, bail, ensure};
use rusqlite::{Connection, TransactionBehavior};

/// Marks a database as Doorward's (`PRAGMA application_id`): `DrWd` in ASCII.
const APPLICATION_ID: i32 = 0x4472_5764;

/// What leads from version `n` (the index) to `n + 1`. Append only: a released step never changes.
const MIGRATIONS: &[&str] = &[INITIAL, DROPPED_KEYS];

/// `record.counter` is set for counters and only for them; their `value` is empty.
/// `sequence.next` is the version that the next write of any record gets.
/// `signing_key.number` says which of two keys that activate in the same second came later.
/// `keyring.generation` changes with every change of `signing_key`.
const INITIAL: &str = "
    CREATE TABLE record (
        id         INTEGER PRIMARY KEY,
        key        TEXT    NOT NULL UNIQUE,
        value      BLOB    NOT NULL,
        version    INTEGER NOT NULL,
        expires_at INTEGER,
        counter    INTEGER
    ) STRICT;
    CREATE INDEX record_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE sequence (
        id   INTEGER PRIMARY KEY CHECK (id = 1),
        next INTEGER NOT NULL
    ) STRICT;
    INSERT INTO sequence VALUES (1, 1);
    CREATE TABLE signing_key (
        number       INTEGER PRIMARY KEY AUTOINCREMENT,
        kid          TEXT    NOT NULL UNIQUE,
        alg          TEXT    NOT NULL,
        sealed       BLOB    NOT NULL,
        created_at   INTEGER NOT NULL,
        activates_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE keyring (
        id         INTEGER PRIMARY KEY CHECK (id = 1),
        generation INTEGER NOT NULL
    ) STRICT;
    INSERT INTO keyring VALUES (1, 0);
";

/// `signing_key.dropped_at`: since when its algorithm is not configured any more.
const DROPPED_KEYS: &str = "ALTER TABLE signing_key ADD COLUMN dropped_at INTEGER;";

/// Brings the database to the version of this program, in one transaction; safe to run by several processes at once.
///
/// # Errors
/// The file is some other program's, or was written by a newer Doorward, or cannot be written.
pub(crate) fn migrate(connection: &mut Connection) -> anyhow::Result<()> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .context("cannot lock the database")?;
    let found = version_of(&transaction)?;
    for (step, script) in MIGRATIONS.iter().enumerate().skip(found) {
        transaction
            .execute_batch(script)
            .with_context(|| format!("migration {} of the database failed", step + 1))?;
    }
    if found < MIGRATIONS.len() {
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", u32::try_from(MIGRATIONS.len())?)?;
        transaction
            .commit()
            .context("cannot write the schema of the database")?;
    }
    Ok(())
}

/// How many migrations the database has behind it.
fn version_of(connection: &Connection) -> anyhow::Result<usize> {
    let application: i32 = connection
        .pragma_query_value(None, "application_id", |row| row.get(0))
        .context("not a database")?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let tables: i64 =
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    if application != APPLICATION_ID {
        ensure!(
            application == 0 && version == 0 && tables == 0,
            "this SQLite file belongs to another program; give Doorward a file of its own"
        );
    }
    let version = usize::try_from(version).context("the database has a negative version")?;
    if version > MIGRATIONS.len() {
        bail!(
            "the database has version {version}, this program knows versions up to {}: it was written by a newer Doorward; \
             run that one, or restore the copy from before its upgrade",
            MIGRATIONS.len()
        );
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_database_gets_the_schema_once() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        assert_eq!(version_of(&connection).unwrap(), MIGRATIONS.len());
    }

    #[test]
    fn a_database_of_a_newer_program_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate(&mut connection).unwrap();
        connection.pragma_update(None, "user_version", 99).unwrap();
        let error = migrate(&mut connection).unwrap_err().to_string();
        assert!(
            error.contains("newer Doorward") && error.contains("99"),
            "{error}"
        );
        let version: i64 = connection
            .pragma_query_value(None, "user_version", |row| row.get(0))
            .unwrap();
        assert_eq!(version, 99);
    }

    #[test]
    fn a_database_of_another_program_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
        let error = migrate(&mut connection).unwrap_err().to_string();
        assert!(error.contains("another program"), "{error}");
        let tables: i64 = connection
            .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
            .unwrap();
        assert_eq!(tables, 1);
    }
}
