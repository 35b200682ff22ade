//! The table of signing keys. It lies in the database of records, so that one file is all there is to back up.

use super::schedule::Note;
use crate::records::sqlite::database::{self, Access, ConnectionOptions};
use crate::records::sqlite::schema;
use anyhow::Context as _;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use std::path::Path;
use std::time::Duration;

/// A row as it is stored.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    /// Given by the database; of a key that is not in it yet, 0.
    pub(super) number: i64,
    /// RFC 7638 thumbprint of the public key.
    pub(super) kid: String,
    /// JOSE name.
    pub(super) alg: String,
    /// The private key, PKCS#8 DER, sealed.
    pub(super) sealed: Vec<u8>,
    pub(super) created_at: u64,
    pub(super) activates_at: u64,
    pub(super) dropped_at: Option<u64>,
}

/// A connection of the keyring's own: it is used a few times a day, and asked for its generation now and then.
pub(super) struct Table(Connection);

impl Table {
    /// Opens the database, and makes it if it is not there.
    pub(super) fn open(path: &Path, busy_timeout: Duration) -> anyhow::Result<Self> {
        database::prepare_file(path)?;
        let options = ConnectionOptions {
            busy_timeout,
            durable: true,
            max_bytes: None,
        };
        let mut connection = database::connect(path, Access::Write, &options)
            .with_context(|| format!("cannot open the database {}", path.display()))?;
        // A deleted key is overwritten, not only forgotten.
        connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
        schema::migrate(&mut connection)
            .with_context(|| format!("cannot use the database {}", path.display()))?;
        Ok(Self(connection))
    }

    /// Changes with every change of the keys, by whichever process.
    pub(super) fn generation(&self) -> rusqlite::Result<i64> {
        generation(&self.0)
    }

    /// All keys and the generation that they are of.
    pub(super) fn load(&mut self) -> rusqlite::Result<(i64, Vec<Stored>)> {
        let reading = self.0.transaction()?;
        Ok((generation(&reading)?, rows(&reading)?))
    }

    /// Adds, marks and removes keys in one step: `decide` sees what is there, and nobody else changes it meanwhile.
    pub(super) fn change(
        &mut self,
        decide: impl FnOnce(&[Stored]) -> Change,
    ) -> rusqlite::Result<bool> {
        let writing = self
            .0
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let change = decide(&rows(&writing)?);
        if change.is_empty() {
            return Ok(false);
        }
        for key in &change.add {
            insert(&writing, key)?;
        }
        for (kid, note) in &change.note {
            writing.execute(
                "UPDATE signing_key SET dropped_at = ?2 WHERE kid = ?1",
                params![kid, note.dropped_at().map(time)],
            )?;
        }
        for kid in &change.remove {
            writing.execute("DELETE FROM signing_key WHERE kid = ?1", [kid])?;
        }
        writing.execute(
            "UPDATE keyring SET generation = generation + 1 WHERE id = 1",
            [],
        )?;
        writing.commit()?;
        Ok(true)
    }
}

/// What [`Table::change`] shall do.
#[derive(Debug, Default)]
pub(super) struct Change {
    pub(super) add: Vec<Stored>,
    /// By `kid`.
    pub(super) note: Vec<(String, Note)>,
    /// By `kid`.
    pub(super) remove: Vec<String>,
}

impl Change {
    fn is_empty(&self) -> bool {
        self.add.is_empty() && self.note.is_empty() && self.remove.is_empty()
    }
}

fn generation(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached("SELECT generation FROM keyring WHERE id = 1")?
        .query_row([], |row| row.get(0))
}

fn rows(connection: &Connection) -> rusqlite::Result<Vec<Stored>> {
    let mut statement = connection.prepare_cached("SELECT kid, alg, sealed, created_at, activates_at, number, dropped_at FROM signing_key ORDER BY activates_at, number")?;
    let rows = statement.query_map([], |row| {
        Ok(Stored {
            number: row.get(5)?,
            kid: row.get(0)?,
            alg: row.get(1)?,
            sealed: row.get(2)?,
            created_at: row.get::<_, i64>(3)?.unsigned_abs(),
            activates_at: row.get::<_, i64>(4)?.unsigned_abs(),
            dropped_at: row.get::<_, Option<i64>>(6)?.map(i64::unsigned_abs),
        })
    })?;
    rows.collect()
}

/// As SQLite keeps numbers.
fn time(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn insert(writing: &Transaction<'_>, key: &Stored) -> rusqlite::Result<()> {
    writing.execute(
        "INSERT INTO signing_key (kid, alg, sealed, created_at, activates_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![key.kid, key.alg, key.sealed, time(key.created_at), time(key.activates_at)],
    )?;
    Ok(())
}
