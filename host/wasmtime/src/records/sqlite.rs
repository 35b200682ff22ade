//! Records in one SQLite file: nothing to install, durable, and fast enough for a million users on one machine.
//!
//! Reads run on the caller's thread ([`readers`]); writes are committed in groups by one thread ([`writer`]). The file is
//! in WAL mode, so that neither waits for the other, and other processes (the command line) may use it at the same time.
//! Versions come from one sequence in the database: unique for all keys and for ever.

pub(crate) mod database;
mod housekeeper;
mod operation;
mod queue;
mod readers;
pub(crate) mod schema;
mod writer;

#[cfg(test)]
mod tests;

use super::{
    Answer, Clock, Entry, Failure, Listed, Store, check_key, check_key_part, check_limit,
    check_value,
};
use anyhow::Context as _;
use database::ConnectionOptions;
use housekeeper::Housekeeper;
use operation::Operation;
use queue::Queue;
use readers::Readers;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;
use writer::Writer;

/// Longest that a read waits for a lock: it holds up the thread that serves requests. In WAL mode reads wait only while
/// another process recovers or closes the database.
const READ_PATIENCE: Duration = Duration::from_millis(250);

/// How a store behaves. Every field has a default.
#[derive(Debug, Clone)]
pub(crate) struct SqliteOptions {
    /// Whether an acknowledged write survives a power loss and not only `kill -9`. Default: yes.
    pub(crate) durable: bool,
    /// How long a write waits for another process that holds the database. Default: 2 s.
    pub(crate) busy_timeout: Duration,
    /// Most writes that may wait; more are refused as unavailable. Default: 4096.
    pub(crate) queue: usize,
    /// Read connections that are kept open. Default: 8.
    pub(crate) readers: usize,
    /// How often expired records are deleted; they are absent from the second they expire in any case. Default: 30 s.
    pub(crate) sweep_interval: Duration,
    /// Upper bound of the database file in bytes. Default: none but the disk.
    pub(crate) max_bytes: Option<u64>,
    /// The time that expiry goes by. Default: the machine's.
    pub(crate) clock: Clock,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durable: true,
            busy_timeout: Duration::from_secs(2),
            queue: 4096,
            readers: 8,
            sweep_interval: Duration::from_secs(30),
            max_bytes: None,
            clock: Clock::system(),
        }
    }
}

/// A store of records in one SQLite file.
pub(crate) struct SqliteRecords {
    readers: Arc<Readers>,
    queue: Queue,
    clock: Clock,
}

impl SqliteRecords {
    /// Opens the database at `path`; creates it, for its owner only, if it is not there, and brings it up to date.
    ///
    /// # Errors
    /// The file cannot be created, is another program's, was written by a newer Doorward, or is locked.
    pub(crate) fn open(path: &Path, options: SqliteOptions) -> anyhow::Result<Arc<Self>> {
        let connections = ConnectionOptions {
            busy_timeout: options.busy_timeout,
            durable: options.durable,
            max_bytes: options.max_bytes,
        };
        database::prepare_file(path)?;
        let mut connection = writer::open(path, &connections)
            .with_context(|| format!("cannot open the database {}", path.display()))?;
        schema::migrate(&mut connection)
            .with_context(|| format!("cannot use the database {}", path.display()))?;

        let (queue, commands, waiting) = Queue::new(options.queue);
        let (checkpoint, checkpoints) = sync_channel(1);
        let writer = Writer {
            path: path.to_owned(),
            options: connections,
            clock: options.clock.clone(),
            connection: Some(connection),
            commands,
            waiting,
            checkpoint,
            unchecked_bytes: 0,
            failing: false,
        };
        let housekeeper = Housekeeper {
            path: path.to_owned(),
            options: connections,
            queue: queue.clone(),
            interval: options.sweep_interval,
            checkpoints,
        };
        spawn("records-writer", move || writer.run())?;
        spawn("records-housekeeper", move || housekeeper.run())?;
        let reading = ConnectionOptions {
            busy_timeout: connections.busy_timeout.min(READ_PATIENCE),
            ..connections
        };
        let readers = Arc::new(Readers::new(path.to_owned(), reading, options.readers));
        Ok(Arc::new(Self {
            readers,
            queue,
            clock: options.clock,
        }))
    }

    /// Refuses new writes, finishes those that wait, and closes the database. Reads work on, each by opening it again.
    pub(crate) async fn close(&self) {
        self.queue.close().await;
        self.readers.close();
    }
}

impl Drop for SqliteRecords {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(run)
        .with_context(|| format!("cannot start the thread {name}"))?;
    Ok(())
}

impl Store for SqliteRecords {
    fn get<'a>(&'a self, key: &'a str) -> Answer<'a, Option<Entry>> {
        Box::pin(async move {
            check_key(key)?;
            self.readers.get(key, self.clock.now_i64())
        })
    }

    fn insert<'a>(
        &'a self,
        key: &'a str,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        Box::pin(async move {
            check_key(key)?;
            check_value(&value)?;
            self.queue
                .write(Operation::Insert {
                    key: key.into(),
                    value,
                    expires_at,
                })
                .await
        })
    }

    fn replace<'a>(
        &'a self,
        key: &'a str,
        version: u64,
        value: Vec<u8>,
        expires_at: Option<u64>,
    ) -> Answer<'a, u64> {
        Box::pin(async move {
            check_key(key)?;
            check_value(&value)?;
            self.queue
                .write(Operation::Replace {
                    key: key.into(),
                    version,
                    value,
                    expires_at,
                })
                .await
        })
    }

    fn remove<'a>(&'a self, key: &'a str, version: Option<u64>) -> Answer<'a, ()> {
        Box::pin(async move {
            check_key(key)?;
            self.queue
                .write(Operation::Remove {
                    key: key.into(),
                    version,
                })
                .await
                .map(|_none| ())
        })
    }

    fn increment<'a>(&'a self, key: &'a str, by: u64, expires_at: u64) -> Answer<'a, u64> {
        Box::pin(async move {
            check_key(key)?;
            self.queue
                .write(Operation::Increment {
                    key: key.into(),
                    by,
                    expires_at,
                })
                .await
        })
    }

    fn list<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        limit: u32,
    ) -> Answer<'a, Vec<Listed>> {
        Box::pin(async move {
            check_key_part("prefix", prefix)?;
            check_key_part("key to list after", after.unwrap_or_default())?;
            check_limit(limit)?;
            // Up to 1000 records of 256 KiB: not on a thread that serves requests.
            let (prefix, after, now) = (
                prefix.to_owned(),
                after.map(str::to_owned),
                self.clock.now_i64(),
            );
            let readers = Arc::clone(&self.readers);
            tokio::task::spawn_blocking(move || readers.list(&prefix, after.as_deref(), limit, now))
                .await
                .unwrap_or_else(|error| Err(Failure::Unavailable(error.to_string())))
        })
    }

    fn ready(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            self.readers.get("ready", self.clock.now_i64())?;
            self.queue.write(Operation::Probe).await.map(|_version| ())
        })
    }
}
