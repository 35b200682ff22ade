//! The database behind the label: one statement at a time, with the table made when it is missed.

use crate::statements::SCHEMA;
use bindings::fermyon::spin::sqlite::{Connection, Error};
use doorward_portable_records::{Answer, Failure, pause, unavailable};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

#[expect(
    clippy::pedantic,
    reason = "generated from the WIT, where the documentation is"
)]
mod bindings {
    wit_bindgen::generate!({ world: "fermyon:spin/client", path: "wit" });
}
pub(crate) use bindings::fermyon::spin::sqlite::Value;

/// How long a locked database is tried again. Spin itself has waited for five seconds before it says so, except where
/// waiting could not have helped.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection.
#[derive(Debug)]
pub(crate) struct Database {
    connection: Rc<Connection>,
    label: String,
}

thread_local! {
    /// The connection of this instance, which serves one request, and its label.
    static CONNECTION: RefCell<Option<(String, Rc<Connection>)>> = const { RefCell::new(None) };
}

impl Database {
    pub(crate) fn open(label: String) -> Answer<Self> {
        let open = CONNECTION.with_borrow(|open| match open {
            Some((its, connection)) if *its == label => Some(Rc::clone(connection)),
            _ => None,
        });
        let connection = match open {
            Some(connection) => connection,
            None => Rc::new(Connection::open(&label).map_err(|error| explained(&label, &error))?),
        };
        CONNECTION.set(Some((label.clone(), Rc::clone(&connection))));
        Ok(Self { connection, label })
    }

    /// Runs a statement and answers its rows.
    pub(crate) fn run(&self, statement: &str, parameters: &[Value]) -> Answer<Vec<Vec<Value>>> {
        match self.patiently(statement, parameters) {
            Err(error) if is_new(&error) => {
                for step in SCHEMA {
                    self.patiently(step, &[])
                        .map_err(|error| explained(&self.label, &error))?;
                }
                self.patiently(statement, parameters)
            }
            answer => answer,
        }
        .map_err(|error| explained(&self.label, &error))
    }

    fn patiently(&self, statement: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, Error> {
        let begun = Instant::now();
        let mut attempt = 0;
        loop {
            match self.connection.execute(statement, parameters) {
                Ok(result) => return Ok(result.rows.into_iter().map(|row| row.values).collect()),
                Err(error) if is_busy(&error) && begun.elapsed() < PATIENCE => {
                    attempt += 1;
                    pause(attempt);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// A statement that failed like this has changed nothing.
fn is_busy(error: &Error) -> bool {
    matches!(error, Error::Io(text) if text.contains("database is locked") || text.contains("database table is locked"))
}

fn is_new(error: &Error) -> bool {
    matches!(error, Error::Io(text) if text.contains("no such table"))
}

fn explained(label: &str, error: &Error) -> Failure {
    match error {
        Error::NoSuchDatabase => unavailable(format_args!(
            "Spin knows no SQLite database `{label}`: configure it in the runtime configuration, or set the variable `sqlite_database`"
        )),
        Error::AccessDenied => unavailable(format_args!(
            "this component may not use the SQLite database `{label}`: add it to `sqlite_databases` in spin.toml"
        )),
        Error::InvalidConnection => unavailable(format_args!(
            "the SQLite database `{label}` closed the connection"
        )),
        Error::DatabaseFull => unavailable(format_args!("the SQLite database `{label}` is full")),
        Error::Io(text) => unavailable(format_args!("the SQLite database `{label}`: {text}")),
    }
}
