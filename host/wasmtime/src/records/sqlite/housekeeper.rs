//! What happens behind everyone's back: expired records are deleted, and the write-ahead log is moved into the database
//! file before it grows.

use super::database::{self, Access, ConnectionOptions};
use super::operation::Operation;
use super::queue::Queue;
use rusqlite::Connection;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

/// Expired records deleted in one go: about a millisecond of the writer's time.
const SWEEP_RECORDS: u32 = 128;

/// The state of the housekeeping thread.
pub(super) struct Housekeeper {
    pub(super) path: PathBuf,
    pub(super) options: ConnectionOptions,
    pub(super) queue: Queue,
    pub(super) interval: Duration,
    /// A word asks for a checkpoint; when nobody is left to say one, the store is gone.
    pub(super) checkpoints: Receiver<()>,
}

impl Housekeeper {
    /// Works until the writer is gone or the store closes.
    pub(super) fn run(self) {
        let mut connection = None;
        let mut next_sweep = Instant::now() + self.interval;
        loop {
            match self
                .checkpoints
                .recv_timeout(next_sweep.saturating_duration_since(Instant::now()))
            {
                Ok(()) => self.checkpoint(&mut connection),
                Err(RecvTimeoutError::Timeout) => {
                    if self.sweep().is_none() {
                        return;
                    }
                    next_sweep = Instant::now() + self.interval;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Deletes expired records a few at a time, between other writes. `None`: the store is closed.
    fn sweep(&self) -> Option<()> {
        loop {
            let outcome = self.queue.submit(Operation::Sweep {
                limit: SWEEP_RECORDS,
            });
            if self.queue.is_closed() {
                return None;
            }
            // An outage or a full queue: there will be a next time.
            let Ok(outcome) = outcome else {
                return Some(());
            };
            match outcome.blocking_recv() {
                Ok(Ok(removed)) if removed >= u64::from(SWEEP_RECORDS) => {}
                Ok(_) => return Some(()),
                Err(_) => return None,
            }
        }
    }

    fn checkpoint(&self, kept: &mut Option<Connection>) {
        let connection = match kept.take() {
            Some(connection) => Ok(connection),
            None => database::connect(&self.path, Access::Write, &self.options),
        };
        let done = connection.and_then(|connection| checkpoint(&connection).map(|()| connection));
        match done {
            Ok(connection) => *kept = Some(connection),
            Err(error) => {
                tracing::warn!(%error, "the write-ahead log could not be moved into the database");
            }
        }
    }
}

/// Moves as much of the log as can be moved without anyone waiting.
fn checkpoint(connection: &Connection) -> rusqlite::Result<()> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_row| Ok(()))
}
