//! The one thread that writes. It takes whatever waits in its queue, runs it inside one transaction and commits once
//! (group commit), so that many writers share the cost of one durable commit; a single write never waits for company.

use super::database::{self, Access, ConnectionOptions};
use super::operation::{self, Outcome, Versions};
use super::queue::{Command, Job, Waiting};
use crate::records::{Clock, Failure};
use rusqlite::{Connection, ErrorCode};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Most writes in one transaction.
const BATCH_OPERATIONS: usize = 512;
/// Most bytes in one transaction, roughly.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// How much is written, roughly, before the housekeeper is asked to move the log into the database file.
const CHECKPOINT_BYTES: usize = 4 * 1024 * 1024;
/// Length of the log, in bytes, past which writers wait until it is empty. Below it a checkpoint disturbs nobody, but
/// writes that never pause could keep it from ever reaching the end of the log.
const LOG_BYTES: u64 = 64 * 1024 * 1024;
/// What a write adds to the log beside its value: a page each for the record, its key and its expiry.
const PAGES_PER_WRITE: usize = 3 * 4096;

/// The state of the writing thread.
pub(super) struct Writer {
    pub(super) path: PathBuf,
    pub(super) options: ConnectionOptions,
    pub(super) clock: Clock,
    /// `None` after an error that the connection may not have survived: the next batch opens another.
    pub(super) connection: Option<Connection>,
    pub(super) commands: Receiver<Command>,
    pub(super) waiting: Waiting,
    /// A word on this channel asks for a checkpoint.
    pub(super) checkpoint: SyncSender<()>,
    pub(super) unchecked_bytes: usize,
    pub(super) failing: bool,
}

impl Writer {
    /// Works until it is told to close or nobody is left to ask.
    pub(super) fn run(mut self) {
        while let Ok(first) = self.commands.recv() {
            let (jobs, close) = self.gather(first);
            self.commit(jobs);
            self.contain_log();
            if let Some(done) = close {
                self.finish();
                // Whoever closed may have stopped waiting.
                let _ = done.send(());
                return;
            }
        }
        self.finish();
    }

    /// Everything that waits now, up to the bounds of a batch, and whether closing was asked for after it.
    fn gather(&self, first: Command) -> (Vec<Job>, Option<oneshot::Sender<()>>) {
        let mut jobs = Vec::new();
        let mut bytes = 0;
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Close(done) => return (jobs, Some(done)),
                Command::Write(job) => {
                    let weight = job.operation.weight();
                    self.waiting.release(weight);
                    bytes += weight;
                    jobs.push(job);
                }
            }
            let full = jobs.len() >= BATCH_OPERATIONS || bytes >= BATCH_BYTES;
            next = if full {
                None
            } else {
                self.commands.try_recv().ok()
            };
        }
        (jobs, None)
    }

    /// Runs a batch and answers everyone in it, only after the commit.
    fn commit(&mut self, jobs: Vec<Job>) {
        if jobs.is_empty() {
            return;
        }
        match self.apply(&jobs) {
            Ok(outcomes) => {
                self.note_recovery();
                self.note_written(&jobs);
                for (job, outcome) in jobs.into_iter().zip(outcomes) {
                    // Whoever asked may have gone; the write stands.
                    let _ = job.reply.send(outcome);
                }
            }
            Err(error) => {
                self.note_failure(&error);
                let text = error.to_string();
                for job in jobs {
                    let _ = job.reply.send(Err(Failure::Unavailable(text.clone())));
                }
            }
        }
    }

    fn apply(&mut self, jobs: &[Job]) -> rusqlite::Result<Vec<Outcome>> {
        let connection = match self.connection.take() {
            Some(connection) => connection,
            None => open(&self.path, &self.options)?,
        };
        let result = transact(&connection, jobs, &self.clock);
        let healthy = result.as_ref().err().is_none_or(is_passing) && recover(&connection);
        self.connection = healthy.then_some(connection);
        result
    }

    fn note_written(&mut self, jobs: &[Job]) {
        self.unchecked_bytes += jobs
            .iter()
            .map(|job| job.operation.weight() + PAGES_PER_WRITE)
            .sum::<usize>();
    }

    /// Asks for a checkpoint when there is enough for one; makes one itself when asking did not help.
    fn contain_log(&mut self) {
        if self.unchecked_bytes < CHECKPOINT_BYTES {
            return;
        }
        self.unchecked_bytes = 0;
        if log_length(&self.path) > LOG_BYTES {
            self.empty_log();
        } else {
            // Full: one is asked for already. Closed: there is no housekeeper any more, and the store is closing.
            let _ = self.checkpoint.try_send(());
        }
    }

    /// Moves the whole log into the database file, if that can be done in the time that anyone waits for a lock.
    fn empty_log(&self) {
        let Some(connection) = &self.connection else {
            return;
        };
        let deadline = Instant::now() + self.options.busy_timeout;
        // SQLite does not wait for a checkpoint that is under way, which is likely the housekeeper's.
        while !truncate_log(connection) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn note_failure(&mut self, error: &rusqlite::Error) {
        if !self.failing {
            self.failing = true;
            tracing::error!(%error, database = %self.path.display(), "records cannot be written");
        }
    }

    fn note_recovery(&mut self) {
        if self.failing {
            self.failing = false;
            tracing::info!(database = %self.path.display(), "records can be written again");
        }
    }

    /// Leaves a database without a log behind, if nobody else is using it.
    fn finish(&mut self) {
        self.empty_log();
        self.connection = None;
    }
}

fn log_length(database: &Path) -> u64 {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(0, |log| log.len())
}

/// Whether everything in the log is in the database now. If not, nothing is lost: the log is read again at the next start.
fn truncate_log(connection: &Connection) -> bool {
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| {
        row.get::<_, bool>(0)
    });
    busy.is_ok_and(|busy| !busy)
}

/// Opens the connection of a writer: checkpoints are the housekeeper's, so that no commit pays for one.
pub(super) fn open(path: &Path, options: &ConnectionOptions) -> rusqlite::Result<Connection> {
    let connection = database::connect(path, Access::Write, options)?;
    connection.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    Ok(connection)
}

fn transact(
    connection: &Connection,
    jobs: &[Job],
    clock: &Clock,
) -> rusqlite::Result<Vec<Outcome>> {
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    let mut versions = Versions::load(connection)?;
    let outcomes = jobs
        .iter()
        .map(|job| operation::execute(connection, &job.operation, &mut versions, clock.now_i64()))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    versions.store(connection)?;
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(outcomes)
}

/// Whether the error says something about the moment (a lock, a full disk) and nothing about the connection.
fn is_passing(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked | ErrorCode::DiskFull)
    )
}

/// Ends a transaction that an error left open; whether the connection can be used again.
fn recover(connection: &Connection) -> bool {
    connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()
}
