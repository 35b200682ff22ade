//! `fermyon:spin/sqlite@2.0.0` as Spin's default backend serves it: one file, and a connection of its own for every `open`.
//!
//! Nothing is set on a connection: `SQLite` keeps its rollback journal, waits up to five seconds (rusqlite's default) for
//! a lock, and then, or at once where waiting could not help, answers `database is locked`, which a guest sees as `io`.

use crate::bindings::fermyon::spin::sqlite as wit;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};

/// The name of the file in the state directory, as Spin names it.
pub const FILE_NAME: &str = "sqlite_db.db";
/// The label that is there without further configuration. No other can be configured here.
pub const DEFAULT_LABEL: &str = "default";
/// Connections that one guest may have open.
const CONNECTIONS: usize = 256;
/// Bytes of one answer.
const ANSWER_BYTES: usize = 128 << 20;

/// The databases of one guest.
pub struct Sqlite {
    granted: BTreeSet<String>,
    file: PathBuf,
    connections: ResourceTable,
}

/// An open database. The file is opened with the first statement, as on Spin.
pub struct Connection {
    file: PathBuf,
    database: Arc<Mutex<Option<rusqlite::Connection>>>,
}

impl Sqlite {
    /// Databases for one guest: `granted` is the manifest's `sqlite_databases`, `file` holds that of the label `default`.
    #[must_use]
    pub fn new(granted: impl IntoIterator<Item = String>, file: PathBuf) -> Self {
        let mut connections = ResourceTable::new();
        connections.set_max_capacity(CONNECTIONS);
        Self {
            granted: granted.into_iter().collect(),
            file,
            connections,
        }
    }

    fn open(&mut self, label: &str) -> Result<Resource<Connection>, wit::Error> {
        if !self.granted.contains(label) {
            return Err(wit::Error::AccessDenied);
        }
        if label != DEFAULT_LABEL {
            return Err(wit::Error::NoSuchDatabase);
        }
        let connection = Connection {
            file: self.file.clone(),
            database: Arc::default(),
        };
        self.connections
            .push(connection)
            .map_err(|_full| wit::Error::Io(String::from("too many connections opened")))
    }
}

/// Links the interface; `get` finds the guest's databases in the data of its store.
///
/// # Errors
/// If the linker has the interface already.
pub fn add_to_linker<T: Send + 'static>(
    linker: &mut Linker<T>,
    get: fn(&mut T) -> &mut Sqlite,
) -> wasmtime::Result<()> {
    wit::add_to_linker::<T, Sqlite>(linker, get)
}

impl HasData for Sqlite {
    type Data<'a> = &'a mut Sqlite;
}

impl wit::Host for Sqlite {}

impl wit::HostConnection for Sqlite {
    async fn open(
        &mut self,
        database: String,
    ) -> wasmtime::Result<Result<Resource<Connection>, wit::Error>> {
        Ok(self.open(&database))
    }

    async fn execute(
        &mut self,
        connection: Resource<Connection>,
        statement: String,
        parameters: Vec<wit::Value>,
    ) -> wasmtime::Result<Result<wit::QueryResult, wit::Error>> {
        let connection = self.connections.get(&connection)?;
        let (file, database) = (connection.file.clone(), Arc::clone(&connection.database));
        let answer = tokio::task::spawn_blocking(move || {
            let mut database = database.lock().unwrap_or_else(PoisonError::into_inner);
            let database = match &mut *database {
                Some(open) => open,
                closed => closed.insert(rusqlite::Connection::open(file)?),
            };
            run(database, &statement, parameters)
        });
        Ok(match answer.await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(error)) => Err(wit::Error::Io(error.to_string())),
            Err(error) => Err(wit::Error::Io(error.to_string())),
        })
    }

    async fn drop(&mut self, connection: Resource<Connection>) -> wasmtime::Result<()> {
        self.connections.delete(connection)?;
        Ok(())
    }
}

/// Why a statement has no answer.
enum Failure {
    Sqlite(rusqlite::Error),
    TooLarge,
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(error) => error.fmt(formatter),
            Self::TooLarge => write!(
                formatter,
                "query result exceeds limit of {ANSWER_BYTES} bytes"
            ),
        }
    }
}

fn run(
    database: &rusqlite::Connection,
    statement: &str,
    parameters: Vec<wit::Value>,
) -> Result<wit::QueryResult, Failure> {
    let mut statement = database.prepare_cached(statement)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let parameters = rusqlite::params_from_iter(parameters.into_iter().map(to_sqlite));
    let mut found = statement.query(parameters)?;
    let (mut rows, mut bytes) = (Vec::new(), 0_usize);
    while let Some(row) = found.next()? {
        let values = (0..columns.len())
            .map(|column| Ok(from_sqlite(column, row.get_ref(column)?)?))
            .collect::<Result<Vec<_>, Failure>>()?;
        bytes = bytes.saturating_add(values.iter().map(size).sum());
        if bytes > ANSWER_BYTES {
            return Err(Failure::TooLarge);
        }
        rows.push(wit::RowResult { values });
    }
    Ok(wit::QueryResult { columns, rows })
}

fn to_sqlite(value: wit::Value) -> rusqlite::types::Value {
    match value {
        wit::Value::Integer(integer) => rusqlite::types::Value::Integer(integer),
        wit::Value::Real(real) => rusqlite::types::Value::Real(real),
        wit::Value::Text(text) => rusqlite::types::Value::Text(text),
        wit::Value::Blob(blob) => rusqlite::types::Value::Blob(blob),
        wit::Value::Null => rusqlite::types::Value::Null,
    }
}

fn from_sqlite(
    column: usize,
    value: rusqlite::types::ValueRef<'_>,
) -> rusqlite::Result<wit::Value> {
    use rusqlite::types::ValueRef;
    Ok(match value {
        ValueRef::Integer(integer) => wit::Value::Integer(integer),
        ValueRef::Real(real) => wit::Value::Real(real),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => wit::Value::Text(text.to_owned()),
            Err(error) => return Err(rusqlite::Error::Utf8Error(column, error)),
        },
        ValueRef::Blob(blob) => wit::Value::Blob(blob.to_vec()),
        ValueRef::Null => wit::Value::Null,
    })
}

fn size(value: &wit::Value) -> usize {
    let contents = match value {
        wit::Value::Text(text) => text.len(),
        wit::Value::Blob(blob) => blob.len(),
        wit::Value::Integer(_) | wit::Value::Real(_) | wit::Value::Null => 0,
    };
    contents.saturating_add(size_of::<wit::Value>())
}

#[cfg(test)]
mod tests;
