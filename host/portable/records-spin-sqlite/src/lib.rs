//! Records over Spin's SQLite: one table in the database with the label `default`, or that which the variable
//! `sqlite_database` names.
//!
//! Spin gives no transactions over several calls, so every write is one conditional statement with `RETURNING`: what it
//! decides on is what it changes, and SQLite's own lock makes it atomic across all processes on the file (with libSQL, across
//! all machines on the server). Spin leaves SQLite's defaults alone: a rollback journal, flushed with every write.

mod database;
mod statements;
mod store;

pub use store::Sqlite;

#[cfg(target_family = "wasm")]
mod exports {
    type Component = doorward_portable_records::Exported<crate::Sqlite>;
    doorward_portable_records::bindings::export!(Component with_types_in doorward_portable_records::bindings);
}
